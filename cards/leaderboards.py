"""The leaderboard: a page of ranks, the reader's own place, and buttons for the other periods."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cards.model import Action, Button, Buttons, Card, Column, Element, Heading, Mode, Paragraph, Table, Text
from cards.people import Person
from cards.words import Words

VERB = "leaderboard"
PERIODS = ("today", "week", "month", "quarter", "year", "all")
MEDALS = {1: "🥇", 2: "🥈", 3: "🥉"}
LIFETIME = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Row:
    """Ties share a rank."""

    rank: int
    person: Person
    score: int


@dataclass(frozen=True, slots=True)
class LeaderboardView:
    """A page of `measure` in the half-open period [`starts_at`, `ends_at`), told in the IANA `zone`.

    `own` is the reader's row wherever it is, `neighbours` the rows around it (itself included) when it is not on the page.
    `reader_id` is None where many people read the card.
    """

    measure: str
    period: str
    starts_at: datetime | None
    ends_at: datetime | None
    zone: str
    rows: tuple[Row, ...]
    own: Row | None
    neighbours: tuple[Row, ...]
    participants: int
    reader_id: int | None


def page(words: Words, view: LeaderboardView) -> Card:
    title = words(
        "leaderboards.title",
        measure=words(_known(words, "measures", view.measure)),
        period=words(f"leaderboards.periods.{view.period}"),
    )
    body = _ranks(words, view) if view.rows else (Paragraph(words.line("leaderboards.empty")),)
    elements: tuple[Element, ...] = (Heading(title), *_range(words, view), *body, _periods(words, view))
    return Card(_summary(words, view, title), elements)


def _summary(words: Words, view: LeaderboardView, title: str) -> str:
    if not view.rows:
        return words("leaderboards.summary_empty", title=title)
    return words("leaderboards.summary", title=title, name=view.rows[0].person.name)


def _range(words: Words, view: LeaderboardView) -> Iterator[Element]:
    """First and last day of the period, and how many take part."""
    told = []
    if view.starts_at is not None and view.ends_at is not None:
        first = words.date(view.starts_at, view.zone)
        last = words.date(view.ends_at - timedelta(microseconds=1), view.zone)
        told.append(first if first == last else words("leaderboards.range", first=first, last=last))
    if view.participants:
        told.append(words("amounts.people", count=view.participants))
    if told:
        yield Paragraph((Text(" · ".join(told), subtle=True),))


def _ranks(words: Words, view: LeaderboardView) -> Iterator[Element]:
    score = words(_known(words, "scores", view.measure))
    columns = (Column(words("leaderboards.rank")), Column(words("leaderboards.name")), Column(score, "right"))
    shown: list[Row | None] = [*view.rows]
    if view.own is not None and view.own not in view.rows:
        listed = {row.person.member_id for row in view.rows}
        around = [row for row in view.neighbours or (view.own,) if row.person.member_id not in listed]
        shown += [None, *around]
    rows = tuple(_cells(words, row) for row in shown)
    yield Table(columns, rows, frozenset(index for index, row in enumerate(shown) if _is_reader(view, row)))
    yield from _own(words, view)


def _own(words: Words, view: LeaderboardView) -> Iterator[Element]:
    if view.reader_id is None:
        return
    if view.own is None:
        yield Paragraph(words.line("leaderboards.unranked"))
        return
    yield Paragraph(words.line("leaderboards.own", rank=view.own.rank, participants=view.participants))


def _cells(words: Words, row: Row | None) -> tuple[str, ...]:
    """None stands for the ranks that are left out between the page and the reader."""
    if row is None:
        return words("leaderboards.gap"), "", ""
    return MEDALS.get(row.rank) or words.number(row.rank), row.person.name, words.number(row.score)


def _is_reader(view: LeaderboardView, row: Row | None) -> bool:
    return row is not None and row.person.member_id == view.reader_id


def _periods(words: Words, view: LeaderboardView) -> Buttons:
    return Buttons(tuple(_period(words, view, period) for period in PERIODS))


def _period(words: Words, view: LeaderboardView, period: str) -> Button:
    label = words(f"leaderboards.buttons.{period}")
    action = Action(VERB, mode=Mode.REPEATABLE, lifetime=LIFETIME, argument=f"{view.measure}:{period}")
    if period != view.period:
        return Button(label, action)
    return Button(words("leaderboards.chosen", period=label), action, "primary")


def _known(words: Words, kind: str, measure: str) -> str:
    key = f"leaderboards.{kind}.{measure}"
    return key if key in words else f"leaderboards.{kind}.unknown"
