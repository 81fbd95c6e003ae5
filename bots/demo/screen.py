"""How the story looks: a heading for each step, then every chat in which something changed, as its people see it."""

import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from bots.simulator import Entry

WIDTH_MAX, WIDTH_MIN = 100, 60
PLATFORMS = {"teams": "Microsoft Teams", "slack": "Slack", "telegram": "Telegram"}
COLOURS = {"teams": "magenta", "slack": "green", "telegram": "cyan"}
CHANGES = {"edited": "changes its message", "deleted": "deletes its message", "toast": "in passing"}
BOT = "Plaudit"
CELL = " | "
"""What the simulator puts between the cells of a table's row."""


class Screen:
    """Plain text in a file or a pipe, colours on a terminal; never wider than is pleasant to read."""

    def __init__(self) -> None:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH_MAX
        self._console = Console(width=max(WIDTH_MIN, min(width, WIDTH_MAX)), highlight=False, emoji=False, markup=False)
        self._steps = 0

    def title(self, line: str, below: str) -> None:
        self.line()
        self._wrapped(Text(line, style="bold"))
        self._wrapped(Text(below, style="dim"))

    def heading(self, what: str, why: str) -> None:
        self._steps += 1
        self._rule(f"{self._steps} · {what}")
        self._wrapped(Text(why, style="dim"))

    def note(self, line: str) -> None:
        self.line()
        self._wrapped(Text(line, style="italic"), "  ")

    def entries(self, entries: Sequence[Entry]) -> None:
        for (platform, name), shown in grouped(entries):
            self.line()
            colour = COLOURS[platform]
            self._wrapped(Text.assemble((PLATFORMS[platform], f"bold {colour}"), (f" · {name}", colour)), "  ")
            for entry in shown:
                self._entry(entry)

    def facts(self, title: str, facts: Sequence[tuple[str, str]]) -> None:
        self._rule(title)
        widest = max(len(name) for name, _ in facts)
        for name, value in facts:
            self._wrapped(Text(value), Text.assemble("  ", (name.ljust(widest), "dim"), "  "))

    def line(self, line: str = "") -> None:
        self._console.print(line, soft_wrap=True)

    def ask(self) -> None:
        """Leave the cursor behind a sign that a line may be typed."""
        self._console.print("› ", end="", style="bold")

    def waiting(self, doing: str) -> AbstractContextManager[object]:
        """A sign of life, on a terminal only."""
        return self._console.status(Text(doing, style="dim")) if self._console.is_terminal else nullcontext()

    def _rule(self, title: str) -> None:
        line = "─" * (self._console.width - cell_len(title) - 1)
        self.line()
        self._console.print(Text.assemble((title, "bold"), " ", (line, "dim")), no_wrap=True)

    def _entry(self, entry: Entry) -> None:
        marks = [CHANGES[entry.kind]] if entry.kind in CHANGES else []
        if entry.visible_to:
            marks.append(f"only {', '.join(entry.visible_to)} sees this")
        is_bot = entry.author == BOT
        author = (entry.author, "bold blue" if is_bot else "bold")
        self._wrapped(Text.assemble(author, (f"  ({'; '.join(marks)})" if marks else "", "dim")), "    ")
        buttons = ["  ".join(f"[ {button} ]".replace(" ", "\u00a0") for button in entry.buttons)]
        for line in [*aligned(entry.lines), *(buttons if entry.buttons else [])]:
            self._wrapped(Text(line), Text("    │ " if is_bot else "      ", style="dim"))

    def _wrapped(self, line: Text, margin: str | Text = "") -> None:
        """Print a line; what does not fit goes on below, beside the same margin (blanks, if the margin says something)."""
        first = margin if isinstance(margin, Text) else Text(margin)
        again = first if first.plain.strip(" ") in ("", "│") else Text(" " * first.cell_len)
        for number, part in enumerate(line.wrap(self._console, self._console.width - first.cell_len) or [Text()]):
            part.rstrip()
            whole = Text.assemble(again if number else first, part)
            whole.rstrip()
            self._console.print(whole, no_wrap=True)


def grouped(entries: Sequence[Entry]) -> Iterator[tuple[tuple[str, str], list[Entry]]]:
    """The entries of each chat together: first the chat in which somebody spoke, then the others by platform.

    What happens in several chats at once comes in no order of its own; this one makes two runs read alike.
    """
    order: dict[tuple[str, str], int] = {}
    for entry in entries:
        if entry.kind == "said":
            order.setdefault((entry.platform, entry.conversation), len(order))

    def rank(entry: Entry) -> tuple[int, int, str]:
        place = (entry.platform, entry.conversation)
        return order.get(place, len(order)), list(PLATFORMS).index(entry.platform), entry.conversation

    for _, found in groupby(sorted(entries, key=rank), key=rank):
        shown = list(found)
        yield (shown[0].platform, shown[0].conversation), shown


def aligned(lines: Iterable[str]) -> Iterator[str]:
    """Rows of a table one below the other, other lines as they are."""
    for count, found in groupby(lines, key=lambda line: line.count(CELL)):
        rows = [line.split(CELL) for line in found]
        widths = [max(cell_len(row[column]) for row in rows) for column in range(count + 1)]
        for row in rows:
            cells = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
            yield "  ".join(cells) if count else row[0]
