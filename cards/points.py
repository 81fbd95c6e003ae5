"""Cards about points: a member's figures and every movement behind them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cards.kudos import AllowanceView
from cards.model import Card, Column, Element, Facts, Heading, Paragraph, Table, Text
from cards.people import Person
from cards.words import Words


@dataclass(frozen=True, slots=True)
class PointsView:
    """`total` is all that was ever earned, `current` the balance, `owed` what later earnings settle first.

    Of other people (`is_self` false) only the total is shown.
    """

    person: Person
    is_self: bool
    total: int
    current: int
    owed: int
    allowance: AllowanceView | None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One movement; `amount` is signed, `other` names whom it came from or went to."""

    at: datetime
    reason: str
    amount: int
    balance_after: int
    other: str | None


def points(words: Words, view: PointsView) -> Card:
    if not view.is_self:
        return _of_other(words, view)
    figures = [
        (words("points.current"), words.number(view.current)),
        (words("points.total"), words.number(view.total)),
    ]
    if view.allowance is not None:
        figures.append((words("points.allowance"), _left(words, view.allowance)))
    return Card(
        words("points.own_summary", points=words("amounts.points", count=view.current)),
        (Heading(words("points.own")), Facts(tuple(figures)), *_notes(words, view)),
    )


def history(words: Words, rows: tuple[HistoryRow, ...], zone: str) -> Card:
    """`rows` newest first; days are told in the IANA zone."""
    title = words("points.history")
    if not rows:
        empty = words.line("points.history_empty")
        return Card(words("points.history_empty"), (Heading(title), Paragraph(empty)))
    columns = (
        Column(words("points.day")),
        Column(words("points.reason")),
        Column(words("points.amount"), "right"),
        Column(words("points.balance"), "right"),
    )
    return Card(title, (Heading(title), Table(columns, tuple(_cells(words, row, zone) for row in rows))))


def _of_other(words: Words, view: PointsView) -> Card:
    total = words("amounts.points", count=view.total)
    return Card(
        words("points.of_summary", name=view.person.name, points=total),
        (Paragraph(words.line("points.of_summary", name=view.person.called(), points=total)),),
    )


def _left(words: Words, allowance: AllowanceView) -> str:
    moment = words.moment(allowance.resets_at, allowance.zone)
    return words("points.allowance_left", left=allowance.left, total=allowance.total, moment=moment)


def _notes(words: Words, view: PointsView) -> Iterator[Element]:
    if view.owed > 0:
        owed = Text(words("amounts.points", count=view.owed), bold=True)
        yield Paragraph(words.line("points.owed", points=owed))
    yield Paragraph(words.line("points.hint"))


def _cells(words: Words, row: HistoryRow, zone: str) -> tuple[str, ...]:
    key = f"points.reasons.{row.reason}"
    reason = words(key if key in words else "points.reasons.unknown")
    if row.other:
        reason = words("points.reason_of", reason=reason, name=row.other)
    sign = "+" if row.amount > 0 else ""
    return words.day(row.at, zone), reason, sign + words.number(row.amount), words.number(row.balance_after)
