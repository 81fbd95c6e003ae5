"""Campaigns: the public card that goes along with one, lists of them and of those who stand, and results."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cards.forms import OPEN
from cards.model import (
    Action,
    Button,
    Buttons,
    Card,
    Column,
    Divider,
    Element,
    Heading,
    Line,
    Mode,
    Paragraph,
    Progress,
    Quote,
    Table,
    Text,
)
from cards.people import Person, named
from cards.words import Words, plain

SHOW = "campaign_show"
NOMINATE_FORM, VOTE_FORM = "nominate", "vote"
LIFETIME = timedelta(days=400)
"""As long as a campaign may last."""
PER_PAGE = 8
REASON_SHOWN = 300
TOP = 3
MEDALS = {1: "🥇", 2: "🥈", 3: "🥉"}
DIGEST_SHOWN = 16


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign as everybody may see it. `winners` are those whom the outcome is about, with `votes` each; `standing` the first
    of those who stand, `candidates` how many do. `reason` is why it was cancelled, `too_few` the number of nominations it takes
    where that is the reason."""

    campaign_id: int
    name: str
    emoji: str
    state: str
    starts_at: datetime
    nominations_end_at: datetime
    voting_end_at: datetime
    zone: str
    points: int
    is_secret: bool
    is_runoff: bool
    candidates: int
    standing: tuple[Person, ...]
    ballots: int
    electorate: int
    outcome: str = ""
    winners: tuple[Person, ...] = ()
    votes: int = 0
    reason: str = ""
    too_few: int = 0
    digest: str = ""

    @property
    def title(self) -> str:
        return f"{self.emoji} {self.name}".strip()

    @property
    def moment(self) -> datetime:
        """When its present state ends."""
        return {"draft": self.starts_at, "nomination": self.nominations_end_at}.get(self.state, self.voting_end_at)


@dataclass(frozen=True, slots=True)
class CandidateView:
    """`reasons` are the newest; `votes` and `place` are None before the close."""

    person: Person
    nominations: int
    comments: int
    reasons: tuple[str, ...]
    said: tuple[tuple[Person, str], ...] = ()
    votes: int | None = None
    place: int | None = None


def campaign(words: Words, view: CampaignView) -> Card:
    """The public card. It shows a turnout while votes are cast, and never who is ahead."""
    return Card(_summary(words, view), (Heading(view.title), *_told(words, view), *_ways(words, view)))


def _summary(words: Words, view: CampaignView) -> str:
    moment = words.moment(view.moment, view.zone)
    return words(f"campaigns.summary.{view.state}", name=view.name, **_used(view.state, moment=moment))


def _used(state: str, **values: str) -> dict[str, str]:
    return values if state in {"draft", "nomination", "voting"} else {}


def _told(words: Words, view: CampaignView) -> Iterator[Element]:
    moment = words.moment(view.moment, view.zone)
    if view.is_runoff:
        yield Paragraph((Text(words("campaigns.runoff"), italic=True),))
    match view.state:
        case "draft":
            yield Paragraph(words.line("campaigns.draft", moment=moment))
        case "nomination":
            yield Paragraph(words.line("campaigns.nomination", moment=moment))
        case "voting":
            key = "campaigns.voting_secret" if view.is_secret else "campaigns.voting_open"
            yield Paragraph(words.line(key, moment=moment))
        case "cancelled":
            yield from _cancelled(words, view)
        case _:
            yield Paragraph(outcome_of(words, view))
    if view.state in {"draft", "nomination", "voting"}:
        yield from _under_way(words, view)
    elif view.state == "closed":
        yield Paragraph((Text(_turnout(words, view), subtle=True),))


def _cancelled(words: Words, view: CampaignView) -> Iterator[Element]:
    yield Paragraph(words.line("campaigns.cancelled"))
    if view.too_few:
        yield Paragraph(words.line("campaigns.too_few", count=view.too_few))
    elif view.reason:
        yield Quote(view.reason)


def _under_way(words: Words, view: CampaignView) -> Iterator[Element]:
    if view.points:
        points = words("amounts.points", count=view.points)
        yield Paragraph((Text(words("campaigns.prize", points=points), subtle=True),))
    if view.candidates:
        shown = named(words, (*view.standing, *_unnamed(view)))
        yield Paragraph(words.line("campaigns.standing", count=view.candidates, names=shown))
    elif view.state == "nomination":
        yield Paragraph(words.line("campaigns.nobody"))
    if view.state == "voting":
        yield Progress(_turnout(words, view), view.ballots / view.electorate if view.electorate else 0.0)


def _unnamed(view: CampaignView) -> tuple[Person, ...]:
    """Stand-ins for those who are only counted: `named` shows five at most, so none of these is read."""
    return tuple(Person(0, "") for _ in range(view.candidates - len(view.standing)))


def _turnout(words: Words, view: CampaignView) -> str:
    return words("campaigns.turnout", ballots=view.ballots, electorate=view.electorate)


def outcome_of(words: Words, view: CampaignView) -> Line:
    key = f"campaigns.outcomes.{view.outcome}"
    if not view.winners:
        return words.line(key)
    names = words.join([person.mention() for person in view.winners])
    return words.line(key, names=names, votes=words("campaigns.votes", count=view.votes))


def _ways(words: Words, view: CampaignView) -> Iterator[Element]:
    """What anybody can do here; each press opens something for its presser alone."""
    buttons = []
    if view.state == "nomination":
        buttons.append(_opening(words("campaigns.nominate"), view.campaign_id, NOMINATE_FORM))
    if view.state == "voting":
        buttons.append(_opening(words("campaigns.vote"), view.campaign_id, VOTE_FORM))
    if view.candidates:
        buttons.append(_showing(words("campaigns.show"), view.campaign_id, 1))
    if buttons:
        yield Buttons(tuple(buttons))


def _opening(label: str, campaign_id: int, form: str) -> Button:
    return Button(label, Action(OPEN, campaign_id, Mode.REPEATABLE, lifetime=LIFETIME, argument=form), "primary")


def _showing(label: str, campaign_id: int, page: int) -> Button:
    return Button(label, Action(SHOW, campaign_id, Mode.REPEATABLE, lifetime=LIFETIME, argument=str(page)))


def results(words: Words, view: CampaignView, top: tuple[CandidateView, ...]) -> Card:
    """How a campaign ended: the first three with what was said for them, and how many voted."""
    outcome = outcome_of(words, view)
    elements: list[Element] = [Heading(words("campaigns.results", name=view.title)), Paragraph(outcome)]
    counted = tuple(each for each in top if each.place is not None)
    if counted and view.ballots:
        columns = (Column(words("leaderboards.rank")), Column(words("leaderboards.name")))
        score = Column(words("campaigns.vote_column"), "right")
        elements.append(Table((*columns, score), tuple(_row(words, each) for each in counted)))
        elements += [
            element
            for each in counted
            if each.reasons
            for element in (Paragraph((each.person.called(),)), Quote(shortened(each.reasons[-1])))
        ]
    elements.append(Paragraph((Text(_turnout(words, view), subtle=True),)))
    if view.digest:
        digest = Text(view.digest[:DIGEST_SHOWN], code=True)
        elements.append(Paragraph(words.line("campaigns.record", digest=digest)))
    return Card(words("campaigns.results_summary", name=view.name, outcome=plain(outcome)), tuple(elements))


def _row(words: Words, each: CandidateView) -> tuple[str, ...]:
    place = each.place or 0
    return MEDALS.get(place) or words.number(place), each.person.name, words.number(each.votes or 0)


def shortened(text: str) -> str:
    return text if len(text) <= REASON_SHOWN else text[: REASON_SHOWN - 1] + "…"


def overview(words: Words, views: tuple[CampaignView, ...]) -> Card:
    """What is under way."""
    title = words("campaigns.list")
    if not views:
        empty = words.line("campaigns.list_empty")
        return Card(plain(empty), (Paragraph(empty),))
    elements: list[Element] = [Heading(title)]
    for view in views:
        elements += [Paragraph((Text(view.title, bold=True),)), *_told(words, view), *_ways(words, view), Divider()]
    return Card(title, tuple(elements[:-1]))


def candidates(words: Words, view: CampaignView, listed: tuple[CandidateView, ...], page: int) -> Card:
    """A page of those who stand, with what is said for them, for one reader."""
    elements: list[Element] = [Heading(view.title), *_told(words, view)]
    for each in listed:
        elements += _candidate(words, each)
    ways = [*_pages(words, view, page)]
    if ways:
        elements.append(Buttons(tuple(ways)))
    if view.state == "nomination":
        elements.append(Buttons((_opening(words("campaigns.nominate"), view.campaign_id, NOMINATE_FORM),)))
    if view.state == "voting":
        elements.append(Buttons((_opening(words("campaigns.vote"), view.campaign_id, VOTE_FORM),)))
    return Card(_summary(words, view), tuple(elements))


def _candidate(words: Words, each: CandidateView) -> Iterator[Element]:
    figures = [words("campaigns.nominations", count=each.nominations)]
    if each.comments:
        figures.append(words("campaigns.comments", count=each.comments))
    yield Divider()
    yield Paragraph((each.person.called(), Text(f" · {' · '.join(figures)}", subtle=True)))
    yield from (Quote(shortened(reason)) for reason in each.reasons)
    for person, text in each.said:
        yield Paragraph((person.called(), Text(f": {shortened(text)}")))


def _pages(words: Words, view: CampaignView, page: int) -> Iterator[Button]:
    if page > 1:
        yield _showing(words("campaigns.previous"), view.campaign_id, page - 1)
    if page * PER_PAGE < view.candidates:
        yield _showing(words("campaigns.next"), view.campaign_id, page + 1)
