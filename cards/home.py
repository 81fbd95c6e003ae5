"""A member's own page: figures, what came and went lately, and buttons for what is done most."""

from collections.abc import Iterator
from dataclasses import dataclass

from cards.forms import OPEN
from cards.kudos import AllowanceView, KudosView, latest
from cards.model import Action, Button, Buttons, Card, Element, Facts, Heading, Mode, Paragraph
from cards.words import Words

SAY = "say"
"""Presses that say a command, which is the action's argument."""


@dataclass(frozen=True, slots=True)
class HomeView:
    """`current` is the balance, `total` all that was ever earned; `received` and `given` are the latest kudos, newest first,
    the counts those in all; `zone` is an IANA name."""

    member_id: int
    name: str
    current: int
    total: int
    allowance: AllowanceView | None
    badges: int
    received: tuple[KudosView, ...]
    given: tuple[KudosView, ...]
    received_count: int
    given_count: int
    zone: str


def home(words: Words, view: HomeView) -> Card:
    title = words("home.title", name=view.name)
    lately = (*latest(words, "received", view.received, view.zone), *latest(words, "given", view.given, view.zone))
    empty = () if lately else (Paragraph(words.line("kudos.none")),)
    figures = Facts(tuple(_figures(words, view)))
    elements: tuple[Element, ...] = (Heading(title), figures, _buttons(words, view), *lately, *empty)
    return Card(title, elements)


def _figures(words: Words, view: HomeView) -> Iterator[tuple[str, str]]:
    yield words("points.current"), words("amounts.points", count=view.current)
    yield words("points.total"), words("amounts.points", count=view.total)
    if view.allowance is not None:
        allowance = view.allowance
        moment = words.moment(allowance.resets_at, allowance.zone)
        left = words("points.allowance_left", left=allowance.left, total=allowance.total, moment=moment)
        yield words("points.allowance"), left
    yield words("home.received"), words.number(view.received_count)
    yield words("home.given"), words.number(view.given_count)
    if view.badges:
        yield words("home.badges"), words.number(view.badges)


def _buttons(words: Words, view: HomeView) -> Buttons:
    give = Action(OPEN, mode=Mode.REPEATABLE, member_id=view.member_id, argument="kudos")
    choose = Action(OPEN, mode=Mode.REPEATABLE, member_id=view.member_id, argument="settings")
    return Buttons(
        (
            Button(words("forms.kudos.open"), give, "primary"),
            _saying(words, view, "leaderboard", "leaderboard"),
            _saying(words, view, "history", "points history"),
            Button(words("forms.settings.open"), choose),
            _saying(words, view, "help", "help"),
        )
    )


def _saying(words: Words, view: HomeView, name: str, command: str) -> Button:
    action = Action(SAY, mode=Mode.REPEATABLE, member_id=view.member_id, argument=command)
    return Button(words(f"home.{name}"), action)
