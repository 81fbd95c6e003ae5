"""What a day or a week came to: figures, a podium, the kudos most colleagues seconded, badges, birthdays and streaks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from cards.forms import OPEN
from cards.home import SAY
from cards.kudos import KudosView
from cards.leaderboards import MEDALS
from cards.model import Action, Button, Buttons, Card, Divider, Element, Heading, Image, Mode, Paragraph, Quote, Text
from cards.people import Person, named
from cards.words import Words

LIFETIME = timedelta(days=7)
NOON = time(12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Figures:
    """Public kudos, who gave and who received them, and badges awarded."""

    kudos: int
    givers: int
    receivers: int
    awards: int


@dataclass(frozen=True, slots=True)
class Step:
    """A place on the podium; ties share a rank."""

    rank: int
    person: Person
    kudos: int


@dataclass(frozen=True, slots=True)
class WonView:
    """A badge that `count` members got, `people` being the first few of them."""

    name: str
    emoji: str
    count: int
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class BirthdayView:
    person: Person
    on: date


@dataclass(frozen=True, slots=True)
class StreakView:
    person: Person
    days: int


@dataclass(frozen=True, slots=True)
class DigestView:
    """The half-open period [`since`, `until`) in the IANA `zone`. `picture` is where the podium is drawn, empty if nowhere."""

    is_weekly: bool
    since: datetime
    until: datetime
    zone: str
    figures: Figures
    podium: tuple[Step, ...]
    praised: tuple[KudosView, ...]
    won: tuple[WonView, ...]
    birthdays: tuple[BirthdayView, ...]
    streaks: tuple[StreakView, ...]
    picture: str = ""


def digest(words: Words, view: DigestView) -> Card:
    title = words("digests.weekly" if view.is_weekly else "digests.daily")
    figures = _figures(words, view)
    elements: tuple[Element, ...] = (
        Heading(title),
        Paragraph((Text(_spell(words, view), subtle=True),)),
        *((Paragraph((Text(figures),)),) if figures else ()),
        *_podium(words, view),
        *_praised(words, view.praised),
        *_won(words, view.won),
        *_birthdays(words, view.birthdays),
        *_streaks(words, view.streaks),
        _buttons(words),
    )
    return Card(words("digests.summary", title=title, figures=figures) if figures else title, elements)


def _spell(words: Words, view: DigestView) -> str:
    first = words.date(view.since, view.zone)
    last = words.date(view.until - timedelta(microseconds=1), view.zone)
    return first if first == last else words("leaderboards.range", first=first, last=last)


def _figures(words: Words, view: DigestView) -> str:
    told = []
    if view.figures.kudos:
        given = words("digests.kudos", count=view.figures.kudos)
        told.append(words("digests.thanked", kudos=given, people=words("amounts.people", count=view.figures.receivers)))
    if view.figures.awards:
        told.append(words("digests.awards", count=view.figures.awards))
    return " ".join(told)


def _podium(words: Words, view: DigestView) -> Iterator[Element]:
    if not view.podium:
        return
    lines = [f"{MEDALS[step.rank]} {step.person.name} · {words('top.kudos', count=step.kudos)}" for step in view.podium]
    yield Paragraph((Text(words("top.recognised"), bold=True),))
    if view.picture:
        yield Image(view.picture, ", ".join(lines))
    yield Paragraph((Text("\n".join(lines)),))


def _praised(words: Words, kudos: Sequence[KudosView]) -> Iterator[Element]:
    if not kudos:
        return
    yield Divider()
    yield Paragraph((Text(words("digests.praised"), bold=True),))
    for each in kudos:
        giver, receivers = Text(each.giver.name, bold=True), named(words, each.receivers)
        yield Paragraph(words.line("kudos.given", giver=giver, receivers=receivers))
        yield Quote(each.message)


def _won(words: Words, won: Sequence[WonView]) -> Iterator[Element]:
    if not won:
        return
    yield Divider()
    yield Paragraph((Text(words("digests.won"), bold=True),))
    for each in won:
        people = [Text(person.name) for person in each.people]
        if more := each.count - len(people):
            people.append(Text(words("amounts.more", count=more)))
        badge = Text(f"{each.emoji} {each.name}".strip(), bold=True)
        yield Paragraph((badge, Text(" · "), *words.join(people)))


def _birthdays(words: Words, birthdays: Sequence[BirthdayView]) -> Iterator[Element]:
    """Those of one day in one line."""
    if not birthdays:
        return
    yield Divider()
    yield Paragraph((Text(words("digests.birthdays"), bold=True),))
    for day in dict.fromkeys(each.on for each in birthdays):
        people = [Text(each.person.name) for each in birthdays if each.on == day]
        yield Paragraph((Text(f"🎂 {words.date(datetime.combine(day, NOON), 'Etc/UTC')} · "), *words.join(people)))


def _streaks(words: Words, streaks: Sequence[StreakView]) -> Iterator[Element]:
    if not streaks:
        return
    yield Divider()
    yield Paragraph((Text(words("digests.streaks"), bold=True),))
    for each in streaks:
        yield Paragraph((Text(f"🔥 {each.person.name} · {words('digests.days', count=each.days)}"),))


def _buttons(words: Words) -> Buttons:
    """Whoever reads it may press."""
    give = Action(OPEN, mode=Mode.REPEATABLE, lifetime=LIFETIME, argument="kudos")
    board = Action(SAY, mode=Mode.REPEATABLE, lifetime=LIFETIME, argument="leaderboard kudos")
    return Buttons((Button(words("forms.kudos.open"), give, "primary"), Button(words("home.leaderboard"), board)))
