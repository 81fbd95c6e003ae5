"""What an operator sees: results on standard output, progress and complaints on standard error."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

WIDTH_OF_A_FILE = 240
"""Nothing is wrapped for a narrow screen when the output goes to a file or a pipe."""


def out() -> Console:
    return _console(stderr=False)


def errors() -> Console:
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = shutil.get_terminal_size().columns if stream.isatty() else WIDTH_OF_A_FILE
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)


def say(line: str) -> None:
    """A line of the result; nothing in it is markup."""
    out().print(line, markup=False, soft_wrap=True)


def complain(line: str) -> None:
    errors().print(line, markup=False, soft_wrap=True)


def show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table; nothing in its cells is markup."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    out().print(table)


class Bar:
    """Progress of something counted, shown on a terminal only."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def advance(self, steps: int = 1) -> None:
        self._progress.advance(self._task, steps)


@contextmanager
def progress(doing: str, total: int) -> Iterator[Bar]:
    console = errors()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        yield Bar(shown, shown.add_task(doing, total=total))


@contextmanager
def busy(doing: str) -> Iterator[None]:
    """A sign of life for what cannot be counted, shown on a terminal only."""
    console = errors()
    if not console.is_terminal:
        yield
        return
    with console.status(doing):
        yield
