"""A CSV file as records under a heading. What the columns are and what their cells say is for whoever imports them."""

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from core.people.importing.cells import Fault, shown

ROWS_MAX = 200_000


def decoded(content: bytes) -> str | Fault:
    """The text of a file in UTF-8, or the line that is not."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Fault(content.count(b"\n", 0, error.start) + 1, "", "", "not_utf8")


class Reading(ABC):
    """What has been read of a file so far, with `,` or `;` between its cells."""

    known: Collection[str]
    """The columns by name, for who misspells one."""

    def __init__(self, text: str) -> None:
        heading = text.split("\n", 1)[0]
        delimiter = ";" if heading.count(";") > heading.count(",") else ","
        self.reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        self.faults: list[Fault] = []

    def run(self) -> None:
        """Read it to its end; what is wrong is in `faults`."""
        try:
            self._read()
        except csv.Error as error:
            self.faults.append(Fault(self.reader.line_num, "", "", "not_csv", {"why": str(error)}))

    def is_known(self, column: str) -> bool:
        return column in self.known

    def told_of(self, nearest: str) -> dict[str, Any]:
        """The details of a column that nobody knows."""
        return {"nearest": nearest}

    @abstractmethod
    def check(self, columns: Sequence[str | None]) -> None:
        """Note what the heading lacks."""

    @abstractmethod
    def row(self, line: int, record: Sequence[str], columns: Sequence[str | None]) -> None:
        """Take one record, or note what is wrong with it."""

    def _read(self) -> None:
        records = self._records()
        heading = next(records, None)
        if heading is None:
            self.faults.append(Fault(1, "", "", "empty"))
            return
        columns = [*self._columns(heading[1])]
        self.check(columns)
        count = 0
        for count, (line, record) in enumerate(records, 1):
            if count > ROWS_MAX:
                self.faults.append(Fault(line, "", "", "too_many_rows", {"limit": ROWS_MAX}))
                return
            self.row(line, record, columns)
        if not count:
            self.faults.append(Fault(1, "", "", "empty"))

    def _records(self) -> Iterator[tuple[int, Sequence[str]]]:
        """Records with the line that each begins on; a quoted cell may go over several, blank lines are left out."""
        line = 1
        for record in self.reader:
            if any(cell.strip() for cell in record):
                yield line, record
            line = self.reader.line_num + 1

    def _columns(self, heading: Sequence[str]) -> Iterator[str | None]:
        """The column of each position: empty where the heading is, None where we know no such column or had it before."""
        seen: set[str] = set()
        for typed in heading:
            column = typed.strip().casefold()
            if column in seen and column:
                self.faults.append(Fault(1, shown(typed), "", "column_twice"))
                yield None
            elif not column or self.is_known(column):
                seen.add(column)
                yield column
            else:
                near = get_close_matches(column, self.known, 1)
                details = self.told_of(near[0] if near else "")
                self.faults.append(Fault(1, shown(typed), "", "column_unknown", details))
                yield None
