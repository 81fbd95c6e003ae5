"""Cards about draws: the public one that goes with a draw, its result, the winner's, and how to verify it.

The hashes that are published ahead stand on the public card in full: a part of them would prove less.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cards.forms import OPEN as OPEN_FORM
from cards.model import Action, Button, Buttons, Card, Divider, Element, Facts, Heading, Line, Mode, Paragraph, Text
from cards.people import Person, named
from cards.words import Words, plain

JOIN, PROOF = "draw_join", "draw_proof"
LIFETIME = timedelta(days=120)
MENTIONED_MAX = 10
LISTED_MAX = 10
SHORT = 16
OPEN, FROZEN, DRAWN, PAID, VOID = "open", "frozen", "drawn", "paid", "void"


@dataclass(frozen=True, slots=True)
class DrawView:
    """`badge` is the prize's name with its emoji, `points` all that a winner gets. Hashes are hexadecimal, empty before they are
    sealed; so is `seed` before the draw. `opener` is None for a draw by the clock."""

    draw_id: int
    name: str
    badge: str
    points: int
    winners: int
    entrants: int
    tickets: int
    state: str
    is_opt_in: bool
    closes_at: datetime
    draws_at: datetime | None
    zone: str
    list_hash: str = ""
    commitment: str = ""
    seed: str = ""
    void_reason: str = ""
    opener: Person | None = None
    public_id: str = ""


@dataclass(frozen=True, slots=True)
class ResultView:
    """Winners and reserves in the order drawn; `passed_over` counts whom the prize could not reach."""

    winners: tuple[Person, ...]
    reserves: tuple[Person, ...]
    passed_over: int = 0


def card(words: Words, view: DrawView) -> Card:
    """For everybody in the conversation, edited as the draw goes on."""
    title = words("draws.title", name=view.name)
    told = _state(words, view)
    return Card(f"{title}: {plain(told)}", (Heading(title), Paragraph(_prize(words, view)), *_body(words, view, told)))


def _body(words: Words, view: DrawView, told: Line) -> Iterator[Element]:
    yield Paragraph(told)
    if view.list_hash:
        yield from _hashes(words, view)
    if view.state == OPEN:
        yield Buttons((_join(words, view),))
    elif view.state in {FROZEN, DRAWN, PAID}:
        yield Buttons((_verify(words, view),))


def _prize(words: Words, view: DrawView) -> Line:
    prize = _won(words, view)
    if view.opener is not None:
        return words.line("draws.prize_by", name=view.opener.called(), prize=prize, count=view.winners)
    return words.line("draws.prize", prize=prize, count=view.winners)


def _won(words: Words, view: DrawView) -> Line:
    """`🏅 Team player and 50 points`."""
    won = [Text(view.badge, bold=True)] if view.badge else []
    won += [Text(words("amounts.points", count=view.points), bold=True)] if view.points else []
    return words.join(won)


def _state(words: Words, view: DrawView) -> Line:
    if view.state == OPEN:
        return words.line("draws.open", at=_at(words, view.closes_at, view))
    if view.state == VOID:
        return words.line(f"draws.void.{view.void_reason}")
    if view.state == FROZEN:
        assert view.draws_at is not None
        return words.line("draws.frozen", count=view.entrants, at=_at(words, view.draws_at, view))
    return words.line("draws.drawn", count=view.entrants)


def _at(words: Words, at: datetime, view: DrawView) -> Text:
    return Text(f"{words.moment(at, view.zone)} ({view.zone})", bold=True)


def _hashes(words: Words, view: DrawView) -> Iterator[Element]:
    yield Paragraph(words.line("draws.list_hash", hash=Text(view.list_hash, code=True)))
    yield Paragraph(words.line("draws.commitment", hash=Text(view.commitment, code=True)))


def _join(words: Words, view: DrawView, member_id: int | None = None, label: str = "") -> Button:
    """The guard against joining twice is the member's row: who left may join again."""
    count = words("draws.join_count", count=view.entrants) if view.entrants else words("draws.join")
    action = Action(JOIN, view.draw_id, Mode.REPEATABLE, member_id=member_id, lifetime=LIFETIME)
    return Button(label or count, action, "primary")


def _verify(words: Words, view: DrawView) -> Button:
    return Button(words("draws.verify"), Action(PROOF, view.draw_id, Mode.REPEATABLE, lifetime=LIFETIME))


def result(words: Words, view: DrawView, ranked: ResultView) -> Card:
    """For everybody, once the prizes are given."""
    title = words("draws.result", name=view.name)
    if not ranked.winners:
        told = words.line("draws.nobody_won")
        return Card(f"{title}: {plain(told)}", (Heading(title), Paragraph(told), *_proven(words, view)))
    mentioned = [person.mention() for person in ranked.winners]
    spoken = words.join(mentioned) if len(mentioned) <= MENTIONED_MAX else named(words, ranked.winners)
    quiet = _winners(words, view, ranked, named(words, ranked.winners))
    told = _winners(words, view, ranked, spoken)
    elements = (Heading(title), Paragraph(told), *_reserves(words, ranked), *_proven(words, view))
    return Card(f"{title}: {plain(quiet)}", elements)


def _winners(words: Words, view: DrawView, ranked: ResultView, winners: Line) -> Line:
    return words.line("draws.winners", winners=winners, prize=_won(words, view), count=len(ranked.winners))


def _reserves(words: Words, ranked: ResultView) -> Iterator[Element]:
    if ranked.passed_over:
        yield Paragraph((Text(words("draws.passed_over", count=ranked.passed_over), subtle=True),))
    if ranked.reserves:
        yield Paragraph(words.line("draws.reserves", reserves=named(words, ranked.reserves)))


def _proven(words: Words, view: DrawView) -> Iterator[Element]:
    """The hashes in short: in full they stand on the card that was there before."""
    short = {"list": f"{view.list_hash[:SHORT]}…", "seed": f"{view.commitment[:SHORT]}…"}
    proven = words("draws.proven", count=view.entrants, **short)
    yield Paragraph((Text(proven, subtle=True),))
    yield Buttons((_verify(words, view),))


def won(words: Words, view: DrawView) -> Card:
    """For a winner, in private."""
    told = words.line("draws.won", name=Text(view.name, bold=True), prize=_won(words, view))
    return Card(plain(told), (Paragraph(told), Buttons((_verify(words, view),))))


def joined(words: Words, view: DrawView) -> Card:
    return _said(words.line("draws.joined", name=Text(view.name, bold=True), at=_at(words, view.closes_at, view)))


def left(words: Words, view: DrawView) -> Card:
    return _said(words.line("draws.left", name=Text(view.name, bold=True)))


def opened(words: Words, view: DrawView) -> Card:
    """For who opened it."""
    told = words.line("draws.opened", name=Text(view.name, bold=True), at=_at(words, view.closes_at, view))
    return Card(plain(told), (Paragraph(told), Paragraph(words.line("draws.opened_next"))))


def cancelled(words: Words, view: DrawView) -> Card:
    return _said(words.line("draws.cancelled", name=Text(view.name, bold=True)))


def _said(told: Line) -> Card:
    return Card(plain(told), (Paragraph(told),))


def listed(
    words: Words, views: tuple[DrawView, ...], *, open_to: frozenset[int], reader_id: int, may_open: bool
) -> Card:
    """The draws for one reader. `open_to` are those that they can still join, `may_open` whether they may open one."""
    title = words("draws.list")
    elements: list[Element] = [Heading(title)]
    if not views:
        elements.append(Paragraph(words.line("draws.none")))
    for view in views:
        elements.append(Paragraph((Text(view.name, bold=True), Text(" · "), *_prize(words, view))))
        elements.append(Paragraph(_state(words, view)))
    buttons = [
        _join(words, view, reader_id, words("draws.join_one", name=view.name))
        for view in views
        if view.draw_id in open_to
    ]
    if may_open:
        action = Action(OPEN_FORM, 0, Mode.REPEATABLE, member_id=reader_id, argument="lottery")
        buttons.append(Button(words("forms.lottery.open"), action))
    return Card(title, (*elements, *((Buttons(tuple(buttons)),) if buttons else ())))


def proof(
    words: Words, view: DrawView, ranked: ResultView | None, *, reader_id: int, has_joined: bool, ticket: str
) -> Card:
    """One draw for one reader: how it stands, what is sealed, their ticket, and what to do to verify it."""
    title = words("draws.title", name=view.name)
    elements: list[Element] = [Heading(title), Paragraph(_prize(words, view)), Paragraph(_state(words, view))]
    if ranked is not None and ranked.winners:
        elements.append(Paragraph(_winners(words, view, ranked, named(words, ranked.winners))))
    if has_joined:
        elements.append(Paragraph(words.line("draws.in_it")))
    if view.state == OPEN and view.is_opt_in and not has_joined:
        elements.append(Buttons((_join(words, view, reader_id, words("draws.join")),)))
    if view.list_hash:
        elements += [Divider(), Facts(tuple(_sealed(words, view))), *_hashes(words, view)]
        if view.seed:
            elements.append(Paragraph(words.line("draws.seed", seed=Text(view.seed, code=True))))
        elements.append(Paragraph(words.line("draws.ticket", ticket=Text(ticket, code=True))))
        command = Text(f"plaudit draw record {view.public_id}", code=True)
        elements.append(Paragraph(words.line("draws.how", record=command)))
    return Card(title, tuple(elements))


def _sealed(words: Words, view: DrawView) -> Iterator[tuple[str, str]]:
    yield words("draws.entrants"), words.number(view.entrants)
    yield words("draws.tickets"), words.number(view.tickets)
