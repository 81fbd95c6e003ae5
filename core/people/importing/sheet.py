"""A people file as rows: decoded, split, every cell checked by itself. Knows nothing of who is in the workspace."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import zip_longest
from typing import Any

from core.people.importing import cells
from core.people.importing.cells import ATTRIBUTE, COLUMNS, PLATFORMS, Account, Fault, Malformed, shown

ROWS_MAX = 200_000
_ATTRIBUTE_NAME = re.compile(r"[\w-]{1,40}")


@dataclass(frozen=True, slots=True)
class Row:
    """One person. `values` holds the cells that say something, by column; None, or an empty list, clears."""

    line: int
    values: Mapping[str, Any]
    attributes: Mapping[str, str | None]
    accounts: tuple[Account, ...]

    @property
    def email(self) -> str | None:
        address: str | None = self.values.get("email")
        return address


@dataclass(frozen=True, slots=True)
class Sheet:
    """`rows` are those without a fault; `emails` are of all rows, as a manager's row may have a fault of its own."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    emails: frozenset[str]


def read(content: bytes) -> Sheet:
    """Read a CSV file in UTF-8, with `,` or `;` between its cells. What is wrong with it is in the sheet's `faults`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Sheet((), (Fault(line, "", "", "not_utf8"),), frozenset())
    return _Reading(text).sheet()


class _Reading:
    """What has been read of a file so far."""

    def __init__(self, text: str) -> None:
        heading = text.split("\n", 1)[0]
        delimiter = ";" if heading.count(";") > heading.count(",") else ","
        self.reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        self.rows: list[Row] = []
        self.faults: list[Fault] = []
        self.lines: dict[str, int] = {}

    def sheet(self) -> Sheet:
        try:
            self._read()
        except csv.Error as error:
            self.faults.append(Fault(self.reader.line_num, "", "", "not_csv", {"why": str(error)}))
        return Sheet(tuple(self.rows), tuple(self.faults), frozenset(self.lines))

    def _read(self) -> None:
        records = self._records()
        heading = next(records, None)
        if heading is None:
            self.faults.append(Fault(1, "", "", "empty"))
            return
        columns = self._columns(heading[1])
        if not {"email", *PLATFORMS} & set(columns):
            self.faults.append(Fault(1, "", "", "no_key_column"))
        count = 0
        for count, (line, record) in enumerate(records, 1):
            if count > ROWS_MAX:
                self.faults.append(Fault(line, "", "", "too_many_rows", {"limit": ROWS_MAX}))
                return
            self._row(line, record, columns)
        if not count:
            self.faults.append(Fault(1, "", "", "empty"))

    def _records(self) -> Iterator[tuple[int, Sequence[str]]]:
        """Records with the line that each begins on; a quoted cell may go over several, blank lines are left out."""
        line = 1
        for record in self.reader:
            if any(cell.strip() for cell in record):
                yield line, record
            line = self.reader.line_num + 1

    def _columns(self, heading: Sequence[str]) -> Sequence[str | None]:
        """The column of each position: empty where the heading is, None where we know no such column."""
        columns: list[str | None] = []
        for typed in heading:
            column = typed.strip().casefold()
            if column in columns and column:
                self.faults.append(Fault(1, shown(typed), "", "column_twice"))
                columns.append(None)
            elif not column or _is_known(column):
                columns.append(column)
            else:
                near = get_close_matches(column, COLUMNS, 1)
                self.faults.append(Fault(1, shown(typed), "", "column_unknown", {"nearest": near[0] if near else ""}))
                columns.append(None)
        return columns

    def _row(self, line: int, record: Sequence[str], columns: Sequence[str | None]) -> None:
        faults = len(self.faults)
        values: dict[str, Any] = {}
        attributes: dict[str, str | None] = {}
        accounts: list[Account] = []
        for column, typed in zip_longest(columns, map(str.strip, record), fillvalue=""):
            if column is None or not typed:
                continue
            try:
                if column in PLATFORMS:
                    accounts.append(cells.account(column, typed))
                elif column.startswith(ATTRIBUTE):
                    attributes[column.removeprefix(ATTRIBUTE)] = cells.parse(column, typed)
                else:
                    values[column] = cells.parse(column, typed)
            except Malformed as malformed:
                self.faults.append(Fault(line, column, shown(typed), malformed.code, malformed.details))
        row = Row(line, values, attributes, tuple(accounts))
        self._check(row, is_clean=len(self.faults) == faults)
        if len(self.faults) == faults:
            self.rows.append(row)

    def _check(self, row: Row, *, is_clean: bool) -> None:
        if is_clean and not row.email and not row.accounts:
            self.faults.append(Fault(row.line, "", "", "no_key"))
        if row.email is None:
            return
        first = self.lines.setdefault(row.email, row.line)
        if first != row.line:
            self.faults.append(Fault(row.line, "email", shown(row.email), "twice", {"first": first}))


def _is_known(column: str) -> bool:
    is_attribute = column.startswith(ATTRIBUTE) and _ATTRIBUTE_NAME.fullmatch(column.removeprefix(ATTRIBUTE))
    return column in COLUMNS or bool(is_attribute)
