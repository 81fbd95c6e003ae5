"""A file of activities, attendance or holidays as rows: decoded, split, every cell checked by itself."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import zip_longest
from typing import Any, Literal

from core.activities.models import REFERENCE_LENGTH_MAX, TYPE_LENGTH_MAX
from core.activities.service import QUANTITY_MAX, type_name
from core.people.importing.cells import Fault, Malformed, email, shown
from core.people.importing.table import Reading, decoded
from core.text import clean

NAME_LENGTH_MAX = 200
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

Kind = Literal["activities", "attendance", "holidays"]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file; `values` are its cells by column, read."""

    line: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sheet:
    """`rows` are those without a fault."""

    kind: Kind
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]


def _member_id(typed: str) -> int:
    if not typed.isascii() or not typed.isdecimal() or not 0 < int(typed) < 2**63:
        raise Malformed("member_id")
    return int(typed)


def _type(typed: str) -> str:
    if name := type_name(typed):
        return name
    raise Malformed("type", limit=TYPE_LENGTH_MAX)


def _moment(typed: str) -> datetime:
    """Without an offset it is a time of the company's zone, told apart later on."""
    try:
        return datetime.fromisoformat(typed)
    except ValueError:
        raise Malformed("moment") from None


def _day(typed: str) -> date:
    try:
        if _DATE.fullmatch(typed):
            return date.fromisoformat(typed)
    except ValueError:
        pass
    raise Malformed("date")


def _quantity(typed: str) -> Decimal:
    try:
        quantity = Decimal(typed)
    except InvalidOperation:
        raise Malformed("quantity", limit=QUANTITY_MAX) from None
    if not quantity.is_finite() or not 0 <= quantity <= QUANTITY_MAX or quantity != round(quantity, 4):
        raise Malformed("quantity", limit=QUANTITY_MAX)
    return quantity


def _text(limit: int) -> Callable[[str], str]:
    def read_text(typed: str) -> str:
        told = clean(typed).replace("\n", " ")
        if len(told) > limit:
            raise Malformed("too_long", limit=limit)
        return told

    return read_text


_WHO: Mapping[str, Callable[[str], Any]] = {"email": email, "member_id": _member_id}
COLUMNS: Mapping[Kind, Mapping[str, Callable[[str], Any]]] = {
    "activities": {
        **_WHO,
        "type": _type,
        "occurred_at": _moment,
        "quantity": _quantity,
        "reference": _text(REFERENCE_LENGTH_MAX),
    },
    "attendance": {**_WHO, "day": _day},
    "holidays": {"day": _day, "calendar": _text(NAME_LENGTH_MAX), "name": _text(NAME_LENGTH_MAX)},
}
NEEDED: Mapping[Kind, Sequence[str]] = {
    "activities": ("type", "occurred_at"),
    "attendance": ("day",),
    "holidays": ("day",),
}
"""Besides who it was, where a file is about members: an address or an id."""


def read(content: bytes, kind: Kind) -> Sheet:
    """Read a CSV file in UTF-8, with `,` or `;` between its cells. What is wrong with it is in the sheet's `faults`."""
    text = decoded(content)
    if isinstance(text, Fault):
        return Sheet(kind, (), (text,))
    return _Reading(text, kind).sheet()


class _Reading(Reading):
    def __init__(self, text: str, kind: Kind) -> None:
        super().__init__(text)
        self.kind = kind
        self.known = COLUMNS[kind]
        self.rows: list[Row] = []

    def sheet(self) -> Sheet:
        self.run()
        return Sheet(self.kind, tuple(self.rows), tuple(self.faults))

    def told_of(self, nearest: str) -> dict[str, Any]:
        return {"nearest": nearest, "allowed": list(self.known)}

    def check(self, columns: Sequence[str | None]) -> None:
        for column in NEEDED[self.kind]:
            if column not in columns:
                self.faults.append(Fault(1, column, "", "no_column_of"))
        if self.kind != "holidays" and not set(_WHO) & set(columns):
            self.faults.append(Fault(1, "", "", "nobody_column"))

    def row(self, line: int, record: Sequence[str], columns: Sequence[str | None]) -> None:
        before = len(self.faults)
        values: dict[str, Any] = {}
        for column, typed in zip_longest(columns, map(str.strip, record), fillvalue=""):
            if column is None or not typed:
                continue
            if not column:
                self.faults.append(Fault(line, "", shown(typed), "no_column"))
                continue
            try:
                values[column] = COLUMNS[self.kind][column](typed)
            except Malformed as malformed:
                self.faults.append(Fault(line, column, shown(typed), malformed.code, malformed.details))
        if len(self.faults) > before:
            return
        for column in NEEDED[self.kind]:
            if column not in values and column in columns:
                self.faults.append(Fault(line, column, "", "missing"))
        if self.kind != "holidays" and len(set(_WHO) & set(values)) != 1:
            self.faults.append(Fault(line, "", "", "nobody"))
        if len(self.faults) == before and set(NEEDED[self.kind]) <= set(values):
            self.rows.append(Row(line, values))
