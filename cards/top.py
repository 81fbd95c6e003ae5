"""Who is recognised most this month, and for what: the beginning of two leaderboards and the tags of the last 30 days."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cards.forms import OPEN
from cards.home import SAY
from cards.leaderboards import MEDALS
from cards.model import Action, Button, Buttons, Card, Element, Heading, Line, Mode, Paragraph, Text
from cards.people import Person
from cards.words import Words


@dataclass(frozen=True, slots=True)
class Ranked:
    """How many public kudos a member received, or gave. Ties share a rank."""

    rank: int
    person: Person
    count: int


@dataclass(frozen=True, slots=True)
class Trend:
    """A tag, and how many public kudos carried it."""

    name: str
    emoji: str
    uses: int


@dataclass(frozen=True, slots=True)
class TopView:
    """Both rankings begin with the first; `trends` are the most used ones, most used first."""

    reader_id: int
    recognised: tuple[Ranked, ...]
    generous: tuple[Ranked, ...]
    trends: tuple[Trend, ...]


def page(words: Words, view: TopView) -> Card:
    title = words("top.title")
    told = (
        *_ranking(words, "recognised", view.recognised),
        *_ranking(words, "generous", view.generous),
        *_trends(words, view.trends),
    )
    empty = () if told else (Paragraph(words.line("top.empty")),)
    summary = words("top.summary", title=title, name=view.recognised[0].person.name) if view.recognised else title
    return Card(summary, (Heading(title), *told, *empty, _buttons(words, view)))


def _ranking(words: Words, name: str, ranked: Sequence[Ranked]) -> Iterator[Element]:
    """A line for each member, so that it reads the same on the narrowest screen."""
    if not ranked:
        return
    yield Paragraph((Text(words(f"top.{name}"), bold=True),))
    for row in ranked:
        place = MEDALS.get(row.rank) or f"{words.number(row.rank)}."
        yield Paragraph((Text(f"{place} {row.person.name} · {words('top.kudos', count=row.count)}"),))


def _trends(words: Words, trends: Sequence[Trend]) -> Iterator[Element]:
    if not trends:
        return
    tags = " · ".join(f"{trend.emoji} #{trend.name} {words.number(trend.uses)}".strip() for trend in trends)
    told: Line = (Text(tags),)
    yield Paragraph((Text(words("top.trending"), bold=True),))
    yield Paragraph(told)


def _buttons(words: Words, view: TopView) -> Buttons:
    give = Action(OPEN, mode=Mode.REPEATABLE, member_id=view.reader_id, argument="kudos")
    board = Action(SAY, mode=Mode.REPEATABLE, member_id=view.reader_id, argument="leaderboard kudos")
    return Buttons((Button(words("forms.kudos.open"), give, "primary"), Button(words("home.leaderboard"), board)))
