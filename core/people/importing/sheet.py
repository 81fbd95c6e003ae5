"""A people file as rows: decoded, split, every cell checked by itself. Knows nothing of who is in the workspace."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from core.people.importing import cells
from core.people.importing.cells import ATTRIBUTE, COLUMNS, PLATFORMS, Account, Fault, Malformed, shown
from core.people.importing.table import Reading, decoded

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
    text = decoded(content)
    if isinstance(text, Fault):
        return Sheet((), (text,), frozenset())
    return _Reading(text).sheet()


class _Reading(Reading):
    known = COLUMNS

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.rows: list[Row] = []
        self.lines: dict[str, int] = {}

    def sheet(self) -> Sheet:
        self.run()
        return Sheet(tuple(self.rows), tuple(self.faults), frozenset(self.lines))

    def is_known(self, column: str) -> bool:
        is_attribute = column.startswith(ATTRIBUTE) and _ATTRIBUTE_NAME.fullmatch(column.removeprefix(ATTRIBUTE))
        return column in COLUMNS or bool(is_attribute)

    def check(self, columns: Sequence[str | None]) -> None:
        if not {"email", *PLATFORMS} & set(columns):
            self.faults.append(Fault(1, "", "", "no_key_column"))

    def row(self, line: int, record: Sequence[str], columns: Sequence[str | None]) -> None:
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
