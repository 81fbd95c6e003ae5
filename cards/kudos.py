"""Cards about kudos: the public one, the receiver's, the giver's receipt, and what is left after an undo."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cards.model import (
    Action,
    Button,
    Buttons,
    Card,
    Divider,
    Element,
    Facts,
    Heading,
    Mode,
    Paragraph,
    Quote,
    Refresh,
    Text,
)
from cards.people import Person, named
from cards.words import Words, plain

SECOND = "kudos_second"
UNDO = "kudos_undo"
LOOK = "kudos_look"
SECOND_LIFETIME = timedelta(days=90)
IN_ONE_SENTENCE_MAX = 6
LISTED_MAX = 10
EXCERPT_LENGTH = 280


@dataclass(frozen=True, slots=True)
class TagView:
    """`name` without its #."""

    name: str
    emoji: str = ""


@dataclass(frozen=True, slots=True)
class KudosView:
    """One act of thanks; `points_each` went to every receiver, `seconds` colleagues agreed."""

    kudos_id: int
    giver: Person
    receivers: tuple[Person, ...]
    message: str
    tags: tuple[TagView, ...]
    points_each: int
    seconds: int
    given_at: datetime
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class AllowanceView:
    """What a giver may still give in this period; `zone` is the IANA zone in which `resets_at` is told."""

    left: int
    total: int
    resets_at: datetime
    zone: str


def given(words: Words, view: KudosView, undo_left: timedelta = timedelta()) -> Card:
    """For everybody in the conversation. As long as the giver may undo it, the card looks like `own` to them."""
    second = () if view.is_private else (_second(words, view),)
    look = Action(LOOK, object_id=view.kudos_id, mode=Mode.REPEATABLE, lifetime=SECOND_LIFETIME)
    return Card(
        _summary(words, view),
        (*_thanks(words, view), *_what_for(words, view), *second),
        refresh=Refresh(look, (view.giver.member_id,)) if undo_left > timedelta() else None,
    )


def own(words: Words, view: KudosView, undo_left: timedelta) -> Card:
    """The same card as its giver sees it: with Undo while there is time, and how many agreed, which is not theirs to do."""
    agreed = (_subtle(words("kudos.seconded_count", count=view.seconds)),) if view.seconds else ()
    undo = tuple(_undo(words, view, undo_left)) if undo_left > timedelta() else ()
    return Card(_summary(words, view), (*_thanks(words, view), *_what_for(words, view), *agreed, *undo))


def received(words: Words, view: KudosView) -> Card:
    """For one receiver, in private. There is nothing to second in one's own thanks."""
    with_others = len(view.receivers) > 1
    key = "kudos.received_with" if with_others else "kudos.received"
    sentence = words.line(key, giver=view.giver.called(), receivers=named(words, view.receivers))
    summary = words("kudos.summary", sentence=plain(sentence), message=_one_line(view.message))
    private = (_subtle(words("kudos.private")),) if view.is_private else ()
    return Card(summary, (Paragraph(sentence), *_what_for(words, view), *private))


def undone(words: Words, view: KudosView) -> Card:
    """Takes the place of the public card; nothing of the message stays."""
    return Card(
        words("kudos.undone", giver=view.giver.name),
        (Paragraph(words.line("kudos.undone", giver=view.giver.called())),),
    )


def receipt(
    words: Words, view: KudosView, allowance: AllowanceView | None, undo_until: datetime, *, now: datetime
) -> Card:
    """For the giver: what it cost, what is left, and Undo while there is time."""
    key = "kudos.receipt_private" if view.is_private else "kudos.receipt"
    sentence = words.line(key, receivers=named(words, view.receivers))
    used = view.points_each * len(view.receivers)
    elements = (Paragraph(sentence), *_allowance(words, "kudos.cost" if used else "kudos.free", used, allowance))
    if undo_until <= now:
        return Card(plain(sentence), elements)
    return Card(plain(sentence), (*elements, *_undo(words, view, undo_until - now)))


def taken_back(words: Words, view: KudosView, allowance: AllowanceView | None) -> Card:
    """For the giver, after Undo."""
    sentence = words.line("kudos.taken_back", receivers=named(words, view.receivers))
    returned = view.points_each * len(view.receivers)
    allowances = _allowance(words, "kudos.returned", returned, allowance) if returned else ()
    return Card(plain(sentence), (Paragraph(sentence), *allowances))


def seconded(words: Words, view: KudosView) -> Card:
    """A passing note to who pressed the button; the summary alone says it."""
    sentence = words.line("kudos.seconded", giver=view.giver.called(), receivers=named(words, view.receivers, most=3))
    count = words.line("kudos.seconded_count", count=view.seconds)
    return Card(plain(sentence), (Paragraph((*sentence, Text(" "), *count)),))


def mine(
    words: Words,
    received: tuple[KudosView, ...],
    given: tuple[KudosView, ...],
    received_count: int,
    given_count: int,
    *,
    zone: str = "Etc/UTC",
) -> Card:
    """For one member: how many in all, and the latest of both kinds, newest first."""
    counts = {"received": words.number(received_count), "given": words.number(given_count)}
    facts = Facts(
        (
            (words("kudos.received_count"), counts["received"]),
            (words("kudos.given_count"), counts["given"]),
        )
    )
    lately = (*latest(words, "received", received, zone), *latest(words, "given", given, zone))
    empty = () if lately else (Paragraph(words.line("kudos.none")),)
    return Card(words("kudos.mine_summary", **counts), (Heading(words("kudos.mine")), facts, *lately, *empty))


def _summary(words: Words, view: KudosView) -> str:
    sentence = words("kudos.given", giver=view.giver.name, receivers=named(words, view.receivers))
    return words("kudos.summary", sentence=sentence, message=_one_line(view.message))


def _thanks(words: Words, view: KudosView) -> Iterator[Element]:
    """Who thanked whom. A crowd gets a line of its own, so that the sentence stays a sentence."""
    people = words.join([person.mention() for person in view.receivers])
    giver = view.giver.mention()
    if len(view.receivers) <= IN_ONE_SENTENCE_MAX:
        yield Paragraph(words.line("kudos.given", giver=giver, receivers=people))
        return
    yield Paragraph(words.line("kudos.given_to_many", giver=giver, count=len(view.receivers)))
    yield Paragraph(people)


def _what_for(words: Words, view: KudosView) -> Iterator[Element]:
    yield Quote(view.message)
    details = [f"{tag.emoji} #{tag.name}".strip() for tag in view.tags]
    if view.points_each:
        key = "kudos.points_each" if len(view.receivers) > 1 else "kudos.points"
        details.append(words(key, count=view.points_each))
    if details:
        yield _subtle(" · ".join(details))


def _second(words: Words, view: KudosView) -> Buttons:
    label = words("kudos.second_count", count=view.seconds) if view.seconds else words("kudos.second")
    action = Action(SECOND, object_id=view.kudos_id, mode=Mode.PER_MEMBER, lifetime=SECOND_LIFETIME)
    return Buttons((Button(label, action),))


def _undo(words: Words, view: KudosView, left: timedelta) -> Iterator[Element]:
    yield _subtle(words("kudos.undo_within", count=max(1, round(left.total_seconds() / 60))))
    action = Action(UNDO, object_id=view.kudos_id, member_id=view.giver.member_id, lifetime=left)
    yield Buttons((Button(words("kudos.undo"), action),))


def _allowance(words: Words, key: str, points: int, allowance: AllowanceView | None) -> Iterator[Element]:
    if allowance is not None:
        yield Paragraph(
            words.line(
                key,
                points=words("amounts.points", count=points),
                left=allowance.left,
                total=allowance.total,
                moment=words.moment(allowance.resets_at, allowance.zone),
            )
        )


def latest(words: Words, side: str, views: tuple[KudosView, ...], zone: str) -> Iterator[Element]:
    """What a member `received` or `given` lately, newest first; nothing where there is nothing. `zone` is an IANA name."""
    if not views:
        return
    yield Divider()
    yield Paragraph((Text(words(f"kudos.{side}_latest"), bold=True),))
    key = "kudos.from_on" if side == "received" else "kudos.to_on"
    for view in views[:LISTED_MAX]:
        lock = (Text("🔒 "),) if view.is_private else ()
        line = words.line(
            key,
            giver=view.giver.called(),
            receivers=named(words, view.receivers, most=3),
            date=words.date(view.given_at, zone),
        )
        yield Paragraph((*lock, *line))
        yield Quote(_excerpt(view.message))


def _subtle(text: str) -> Paragraph:
    return Paragraph((Text(text, subtle=True),))


def _one_line(message: str) -> str:
    return _excerpt(" ".join(message.split()))


def _excerpt(message: str) -> str:
    return message if len(message) <= EXCERPT_LENGTH else message[: EXCERPT_LENGTH - 1].rstrip() + "…"
