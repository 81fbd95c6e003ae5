"""Cards about journeys: how far a member is, what comes next, what there is to set out on; and certificates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cards.model import Action, Button, Buttons, Card, Element, Heading, Image, Line, Mode, Paragraph, Progress, Text
from cards.people import Person
from cards.words import Words, plain

LOOK, SET_OUT = "journey_look", "journey_enrol"
LIFETIME = timedelta(days=30)
STEPS_MAX = 20


@dataclass(frozen=True, slots=True)
class StepView:
    """`done_at` is None while it is to be done; `is_next` if it may be done now. `ticked_by` says that it is done, if anybody."""

    name: str
    description: str
    done_at: datetime | None
    is_next: bool
    ticked_by: Person | None = None


@dataclass(frozen=True, slots=True)
class WayView:
    """One journey of `member`. `is_own` tells whether that is the reader; `round` counts how often they set out."""

    badge_id: int
    journey: str
    emoji: str
    description: str
    points: int
    member: Person
    is_own: bool
    round: int
    is_ordered: bool
    steps: tuple[StepView, ...]
    completed_at: datetime | None
    zone: str

    @property
    def count(self) -> int:
        return sum(step.done_at is not None for step in self.steps)


@dataclass(frozen=True, slots=True)
class OfferView:
    """A journey that the reader may set out on."""

    badge_id: int
    journey: str
    emoji: str
    points: int
    steps: int


def listed(words: Words, reader_id: int, ways: Sequence[WayView], offers: Sequence[OfferView]) -> Card:
    """The reader's journeys, and those they may set out on."""
    title = words("journeys.title")
    elements: list[Element] = [Heading(title)]
    if not ways:
        elements.append(Paragraph((Text(words("journeys.none")),)))
    for way in ways:
        elements += [_bar(words, way), Paragraph((Text(_next(words, way), subtle=True),))]
    if ways:
        buttons = (Button(words("journeys.look", journey=way.journey), _look(way, reader_id)) for way in ways[:5])
        elements.append(Buttons(tuple(buttons)))
    if offers:
        elements += _offers(words, reader_id, offers)
    return Card(title, tuple(elements))


def _offers(words: Words, reader_id: int, offers: Sequence[OfferView]) -> Iterator[Element]:
    yield Paragraph((Text(words("journeys.offered"), bold=True),))
    for offer in offers:
        facts = [words("journeys.steps", count=offer.steps)]
        facts += [words("amounts.points", count=offer.points)] if offer.points else []
        name = f"{offer.emoji} {offer.journey}".strip()
        yield Paragraph((Text(name, bold=True), Text(" · ".join(["", *facts]), subtle=True)))
    yield Buttons(
        tuple(
            Button(words("journeys.set_out", journey=offer.journey), _set_out(offer.badge_id, reader_id))
            for offer in offers
        )
    )


def way(words: Words, view: WayView) -> Card:
    """One journey, step by step."""
    told = _told(words, view)
    elements = [Heading(f"{view.emoji} {view.journey}".strip()), Paragraph(told), *_about(view), _bar(words, view)]
    elements += [_step(words, view, step) for step in view.steps[:STEPS_MAX]]
    if len(view.steps) > STEPS_MAX:
        elements.append(Paragraph((Text(words("amounts.more", count=len(view.steps) - STEPS_MAX), subtle=True),)))
    if view.completed_at is None:
        elements.append(Paragraph((Text(_next(words, view)),)))
    return Card(plain(told), tuple(elements))


def offer(words: Words, reader_id: int, view: WayView, *, may_set_out: bool) -> Card:
    """A journey that the reader is not on."""
    told = words.line("journeys.not_on_it", journey=Text(view.journey, bold=True))
    elements: list[Element] = [Heading(f"{view.emoji} {view.journey}".strip()), Paragraph(told), *_about(view)]
    elements += [_step(words, view, step) for step in view.steps[:STEPS_MAX]]
    if may_set_out:
        button = Button(words("journeys.begin"), _set_out(view.badge_id, reader_id), style="primary")
        elements.append(Buttons((button,)))
    return Card(plain(told), tuple(elements))


def enrolled(words: Words, journey: str, people: Line) -> Card:
    """For the coordinator who enrolled others."""
    told = words.line("journeys.enrolled", journey=Text(journey, bold=True), people=people)
    return Card(plain(told), (Paragraph(told),))


def ticked(words: Words, journey: str, step: str, people: Line, *, completed: int) -> Card:
    """For the coordinator who ticked a step."""
    told = words.line("journeys.ticked", step=Text(step, bold=True), journey=Text(journey, bold=True), people=people)
    ended = (Paragraph((Text(words("journeys.ended", count=completed)),)),) if completed else ()
    return Card(plain(told), (Paragraph(told), *ended))


def certificate(words: Words, badge: str, picture: str) -> Card:
    told = words.line("certificates.yours", badge=Text(badge, bold=True))
    image = (Image(picture, words("certificates.alt", badge=badge)),) if picture else ()
    return Card(plain(told), (Paragraph(told), *image))


def completion(words: Words, badge: str, points: int) -> Card:
    told = words.line("certificates.completed", badge=Text(badge, bold=True))
    brought = words("amounts.points", count=points)
    return Card(plain(told), (Paragraph(told), *((Paragraph((Text(brought, subtle=True),)),) if points else ())))


def _told(words: Words, view: WayView) -> Line:
    whose = "own" if view.is_own else "other"
    known = {"journey": Text(view.journey, bold=True), **({} if view.is_own else {"member": view.member.called()})}
    if view.completed_at is not None:
        return words.line(f"journeys.completed.{whose}", **known, date=words.date(view.completed_at, view.zone))
    if not view.count:
        return words.line(f"journeys.at_start.{whose}", **known)
    return words.line(f"journeys.under_way.{whose}", **known, done=view.count, all=len(view.steps))


def _about(view: WayView) -> tuple[Element, ...]:
    return (Paragraph((Text(view.description, subtle=True),)),) if view.description else ()


def _bar(words: Words, view: WayView) -> Progress:
    name = f"{view.emoji} {view.journey}".strip()
    label = words("journeys.progress", journey=name, done=view.count, all=len(view.steps))
    share = view.count / len(view.steps) if view.steps else 0.0
    return Progress(label, 1.0 if view.completed_at is not None else share)


def _step(words: Words, view: WayView, step: StepView) -> Paragraph:
    if step.done_at is not None:
        date = words.date(step.done_at, view.zone)
        by = words("journeys.by", date=date, name=step.ticked_by.name) if step.ticked_by else date
        return Paragraph((Text("✓ "), Text(step.name), Text(f" · {by}", subtle=True)))
    sign = "→ " if step.is_next and view.is_ordered else "○ "
    said = (Text(f" · {step.description}", subtle=True),) if step.description else ()
    return Paragraph((Text(sign), Text(step.name, bold=step.is_next and view.is_ordered), *said))


def _next(words: Words, view: WayView) -> str:
    if view.completed_at is not None:
        return words("journeys.done_on", date=words.date(view.completed_at, view.zone))
    following = next((step for step in view.steps if step.is_next), None)
    if following is None:
        return words("journeys.waits")
    if view.is_ordered:
        return words("journeys.next", step=following.name)
    return words("journeys.left", count=len(view.steps) - view.count)


def _look(view: WayView, reader_id: int) -> Action:
    return Action(LOOK, view.badge_id, Mode.REPEATABLE, member_id=reader_id, lifetime=LIFETIME)


def _set_out(badge_id: int, reader_id: int) -> Action:
    return Action(SET_OUT, badge_id, Mode.REPEATABLE, member_id=reader_id, lifetime=LIFETIME)
