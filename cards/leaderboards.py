"""The leaderboard: a page of ranks, the reader's own place, and buttons for pages, periods and measures."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cards.model import Action, Button, Buttons, Card, Column, Element, Heading, Mode, Paragraph, Table, Text
from cards.people import Person
from cards.words import Words
from core.leaderboards.asking import CHANNEL, Asked, Point
from core.leaderboards.models import MEASURES, PERIODS

VERB, SHARE = "leaderboard", "leaderboard_share"
MEDALS = {1: "🥇", 2: "🥈", 3: "🥉"}
LIFETIME = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Row:
    """Ties share a rank."""

    rank: int
    person: Person
    score: int

    @property
    def point(self) -> Point:
        return Point(self.score, self.person.member_id)

    @property
    def next_point(self) -> Point:
        """Where the row below begins, if there is one of the same score."""
        return Point(self.score, self.person.member_id + 1)


@dataclass(frozen=True, slots=True)
class LeaderboardView:
    """A page of what was `asked` in the half-open period [`starts_at`, `ends_at`), told in the IANA `zone`.

    `before` and `after` tell whether there are more pages. `own` is the reader's row wherever it is, `neighbours` the rows
    around it (itself included) when it is not on the page. `reader_id` is None where many people read the card. Who `hides` is
    told so, and the rank they would have, if it is known. `share_id` is 0 where there is nobody to share it with.
    """

    asked: Asked
    starts_at: datetime | None
    ends_at: datetime | None
    zone: str
    rows: tuple[Row, ...]
    own: Row | None
    neighbours: tuple[Row, ...]
    participants: int
    reader_id: int | None
    before: bool = False
    after: bool = False
    hides: bool = False
    hidden_rank: int | None = None
    share_id: int = 0


def page(words: Words, view: LeaderboardView) -> Card:
    asked = view.asked
    title = words(
        "leaderboards.title",
        measure=words(f"leaderboards.measures.{asked.measure}"),
        period=words(f"leaderboards.periods.{asked.period}"),
    )
    body = _ranks(words, view) if view.rows else (Paragraph(words.line("leaderboards.empty")),)
    elements: tuple[Element, ...] = (
        Heading(title),
        *_about(words, view),
        *body,
        *_own(words, view),
        *_pages(words, view),
        _measures(words, view),
        _periods(words, view),
        *_share(words, view),
    )
    return Card(_summary(words, view, title), elements)


def _summary(words: Words, view: LeaderboardView, title: str) -> str:
    """Who leads is known on the first page alone."""
    if not view.rows:
        return words("leaderboards.summary_empty", title=title)
    if view.rows[0].rank > 1:
        return title
    return words("leaderboards.summary", title=title, name=view.rows[0].person.name)


def _about(words: Words, view: LeaderboardView) -> Iterator[Element]:
    """Whose ranking it is, the first and last day of the period, and how many take part."""
    told = []
    crew = view.asked.crew
    if crew is not None:
        name = "" if crew.kind == CHANNEL else crew.name
        told.append(words(f"leaderboards.crews.{crew.kind}", name=name))
    if view.starts_at is not None and view.ends_at is not None:
        first = words.date(view.starts_at, view.zone)
        last = words.date(view.ends_at - timedelta(microseconds=1), view.zone)
        told.append(first if first == last else words("leaderboards.range", first=first, last=last))
    if view.participants:
        told.append(words("amounts.people", count=view.participants))
    if told:
        yield Paragraph((Text(" · ".join(told), subtle=True),))


def _ranks(words: Words, view: LeaderboardView) -> Iterator[Element]:
    score = words(f"leaderboards.scores.{view.asked.measure}")
    columns = (Column(words("leaderboards.rank")), Column(words("leaderboards.name")), Column(score, "right"))
    listed = {row.person.member_id for row in view.rows}
    around = tuple(row for row in view.neighbours if row.person.member_id not in listed)
    shown = _in_order(view.rows, around if view.own is not None and view.own not in view.rows else ())
    rows = tuple(_cells(words, row) for row in shown)
    yield Table(columns, rows, frozenset(index for index, row in enumerate(shown) if _is_reader(view, row)))


def _in_order(rows: tuple[Row, ...], around: tuple[Row, ...]) -> list[Row | None]:
    """The page and the reader's neighbours, whichever comes first; None stands for the ranks between them."""
    if not around:
        return [*rows]
    is_above = around[0].rank < rows[0].rank
    return [*around, None, *rows] if is_above else [*rows, None, *around]


def _own(words: Words, view: LeaderboardView) -> Iterator[Element]:
    if view.reader_id is None:
        return
    if view.own is not None:
        yield Paragraph(words.line("leaderboards.own", rank=view.own.rank, participants=view.participants))
    elif view.hides and view.hidden_rank is not None:
        yield Paragraph(words.line("leaderboards.hidden_rank", rank=view.hidden_rank))
    elif view.hides:
        yield Paragraph(words.line("leaderboards.hidden"))
    elif view.rows:
        yield Paragraph(words.line("leaderboards.unranked"))


def _cells(words: Words, row: Row | None) -> tuple[str, ...]:
    if row is None:
        return words("leaderboards.gap"), "", ""
    return MEDALS.get(row.rank) or words.number(row.rank), row.person.name, words.number(row.score)


def _is_reader(view: LeaderboardView, row: Row | None) -> bool:
    return row is not None and row.person.member_id == view.reader_id


def _pages(words: Words, view: LeaderboardView) -> Iterator[Element]:
    buttons = []
    if view.rows and view.before:
        buttons.append(
            _turn(words("leaderboards.previous"), replace(view.asked, turn="until", point=view.rows[0].point))
        )
    if view.own is not None and view.own not in view.rows:
        buttons.append(_turn(words("leaderboards.mine"), replace(view.asked.first, turn="own")))
    if view.rows and view.after:
        buttons.append(
            _turn(words("leaderboards.next"), replace(view.asked, turn="from", point=view.rows[-1].next_point))
        )
    if buttons:
        yield Buttons(tuple(buttons))


def _measures(words: Words, view: LeaderboardView) -> Buttons:
    return Buttons(
        tuple(
            _choice(
                words,
                words(f"leaderboards.choices.{measure}"),
                replace(view.asked.first, measure=measure),
                is_chosen=measure == view.asked.measure,
            )
            for measure in MEASURES
        )
    )


def _periods(words: Words, view: LeaderboardView) -> Buttons:
    return Buttons(
        tuple(
            _choice(
                words,
                words(f"leaderboards.buttons.{period}"),
                replace(view.asked.first, period=period),
                is_chosen=period == view.asked.period,
            )
            for period in PERIODS
        )
    )


def _choice(words: Words, label: str, asked: Asked, *, is_chosen: bool) -> Button:
    """The chosen one leads to its first page."""
    if not is_chosen:
        return _turn(label, asked)
    return replace(_turn(words("leaderboards.chosen", period=label), asked), style="primary")


def _turn(label: str, asked: Asked) -> Button:
    return Button(label, Action(VERB, mode=Mode.REPEATABLE, lifetime=LIFETIME, argument=asked.as_argument()))


def _share(words: Words, view: LeaderboardView) -> Iterator[Element]:
    """One press for each time the card was asked for."""
    if view.share_id and view.rows:
        argument = view.asked.as_argument()
        action = Action(SHARE, object_id=view.share_id, mode=Mode.SINGLE, lifetime=LIFETIME, argument=argument)
        yield Buttons((Button(words("leaderboards.share"), action),))
