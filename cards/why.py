"""Why: what one's points of this month are made of, and what stands between a member and a badge."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cards import reasons
from cards.model import Card, Element, Facts, Heading, Paragraph, Quote, Text
from cards.people import Person
from cards.refusals import sentence
from cards.words import Words, plain

CAME: Mapping[str, str] = {"draw": "drawn", "journey": "completed", "campaign": "voted"}
"""How a badge came that nobody gave, by what its award says; rules award the others."""


@dataclass(frozen=True, slots=True)
class Share:
    """Points earned for one reason, in `times` transfers."""

    reason: str
    times: int
    points: int


@dataclass(frozen=True, slots=True)
class BadgeWhy:
    """`holder` has (or has not) the badge since `since`; `own` tells whether that is the reader. The refusals (code, details)
    are what keeps the reader from giving it, and the holder from getting it. `why` is what the award tells of its origin,
    `verdicts` whether each rule holds at this moment, with its figures. `is_by_rule`: nobody gives it."""

    badge: str
    holder: Person
    own: bool
    since: datetime | None
    giver: Person | None
    message: str
    against_giving: tuple[tuple[str, Mapping[str, Any]], ...]
    against_getting: tuple[tuple[str, Mapping[str, Any]], ...]
    zone: str
    why: Mapping[str, Any] = field(default_factory=dict)
    verdicts: tuple[tuple[bool, Mapping[str, Any]], ...] = ()
    is_by_rule: bool = False


def points(words: Words, shares: Sequence[Share]) -> Card:
    """For the member whose points they are."""
    total = words("amounts.points", count=sum(share.points for share in shares))
    title = words("why.points", points=total)
    known = Facts(tuple((_reason(words, share.reason), _share(words, share)) for share in shares))
    elements = (known,) if shares else (Paragraph((Text(words("why.none")),)),)
    hint = Paragraph(words.line("why.hint"))
    return Card(title, (Heading(title), *elements, Paragraph((Text(words("why.counted"), subtle=True),)), hint))


def badge(words: Words, view: BadgeWhy) -> Card:
    held = _held(words, view)
    rest = _rules(words, view) if view.is_by_rule else _obstacles(words, view)
    return Card(plain(held), (Heading(view.badge), Paragraph(held), *_message(view), *rest))


def _held(words: Words, view: BadgeWhy) -> Any:
    holder = {} if view.own else {"holder": view.holder.called()}
    whose = "own" if view.own else "other"
    if view.since is None:
        return words.line(f"why.not_held.{whose}", **holder)
    date = words.date(view.since, view.zone)
    if view.giver is None:
        came = CAME.get(view.why.get("by", ""), "earned")
        return words.line(f"why.{came}.{whose}", date=date, **holder)
    return words.line(f"why.given.{whose}", date=date, giver=view.giver.called(), **holder)


def _message(view: BadgeWhy) -> Iterator[Element]:
    if view.message:
        yield Quote(view.message)


def _rules(words: Words, view: BadgeWhy) -> Iterator[Element]:
    """By which rules it came, and how the rules stand now."""
    if came := reasons.reasons(words, view.why):
        yield Paragraph((Text(words("why.given_by"), bold=True),))
        yield from (Paragraph((Text(f"• {each}"),)) for each in came)
    if view.verdicts or view.against_getting:
        yield Paragraph((Text(words("why.rules_now"), bold=True),))
    yield from (Paragraph((Text(each),)) for each in reasons.bullets(words, view.verdicts))
    for code, details in view.against_getting:
        yield Paragraph((Text("✗ "), *sentence(words, code, details)))


def _obstacles(words: Words, view: BadgeWhy) -> Iterator[Element]:
    if not view.against_giving and (view.own or not view.against_getting):
        yield Paragraph((Text(words("why.may_give_somebody" if view.own else "why.may_give")),))
        return
    yield Paragraph((Text(words("why.may_not_give"), bold=True),))
    for code, details in (*view.against_giving, *(() if view.own else view.against_getting)):
        yield Paragraph((Text("• "), *sentence(words, code, details)))


def _reason(words: Words, reason: str) -> str:
    key = f"points.reasons.{reason}"
    return words(key if key in words else "points.reasons.unknown")


def _share(words: Words, share: Share) -> str:
    return words("why.share", points=words("amounts.points", count=share.points), count=share.times)
