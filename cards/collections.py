"""What a member holds, a page at a time; on one's own page the badges to show first are chosen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cards.model import Action, Button, Buttons, Card, Element, Heading, Mode, Paragraph, Text
from cards.people import Person
from cards.words import Words

PAGE, SHOWCASE = "badges", "badge_showcase"
LIFETIME = timedelta(days=30)
SHOWN, HIDDEN = "1", "0"


@dataclass(frozen=True, slots=True)
class HeldView:
    """A badge of the page. Of one that `is_hidden` from the reader nothing is told but when it came."""

    badge_id: int
    name: str
    emoji: str
    rarity: str
    times: int
    first_at: datetime
    last_at: datetime
    holders: int
    members: int
    is_showcased: bool
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class CollectionView:
    """Page `page` of `pages`, from 1. `is_self`: the reader looks at their own."""

    person: Person
    is_self: bool
    held: tuple[HeldView, ...]
    total: int
    page: int
    pages: int
    zone: str
    showcase_max: int


def page(words: Words, view: CollectionView) -> Card:
    title = words("badges.own") if view.is_self else words("badges.of", name=view.person.name)
    if not view.held:
        key = "badges.none_own" if view.is_self else "badges.none"
        return Card(title, (Heading(title), Paragraph(words.line(key))))
    count = words("badges.count", count=view.total)
    lines = (line for held in view.held for line in _lines(words, view, held))
    elements = (Heading(title), Paragraph((Text(count, subtle=True),)), *lines, *_endings(words, view))
    return Card(words("badges.collection_summary", title=title, figure=count), elements)


def _lines(words: Words, view: CollectionView, held: HeldView) -> Iterator[Element]:
    last = words.date(held.last_at, view.zone)
    if held.is_hidden:
        yield Paragraph((Text("🤫 "), Text(words("badges.secret"), italic=True), Text(f" · {last}", subtle=True)))
        return
    name = f"{held.emoji} {held.name}" if held.emoji else held.name
    star = (Text("★ "),) if held.is_showcased else ()
    rarity = words(f"badges.rarities.{held.rarity}")
    first = words.date(held.first_at, view.zone)
    when = words("badges.times", count=held.times, first=first, last=last) if held.times > 1 else last
    shared = words("badges.held_by", holders=held.holders, members=held.members)
    yield Paragraph((*star, Text(name, bold=True), Text(f" · {rarity} · {when} · {shared}", subtle=True)))


def _endings(words: Words, view: CollectionView) -> Iterator[Element]:
    if view.is_self:
        yield Paragraph((Text(words("badges.showcase_hint", count=view.showcase_max), subtle=True),))
        yield Buttons(tuple(_toggle(view, held) for held in view.held))
    if view.pages > 1:
        yield Buttons(tuple(_turns(words, view)))


def _toggle(view: CollectionView, held: HeldView) -> Button:
    """The button says what it makes of the badge, so that a press that comes twice does the same."""
    wanted = HIDDEN if held.is_showcased else SHOWN
    action = Action(
        SHOWCASE,
        held.badge_id,
        Mode.REPEATABLE,
        member_id=view.person.member_id,
        lifetime=LIFETIME,
        argument=f"{wanted}:{view.page}",
    )
    return Button(f"{'★' if held.is_showcased else '☆'} {held.name}", action)


def _turns(words: Words, view: CollectionView) -> Iterator[Button]:
    if view.page > 1:
        yield Button(words("badges.page_before"), _turn(view, view.page - 1))
    if view.page < view.pages:
        yield Button(words("badges.page_after"), _turn(view, view.page + 1))


def _turn(view: CollectionView, number: int) -> Action:
    return Action(PAGE, view.person.member_id, Mode.REPEATABLE, lifetime=LIFETIME, argument=str(number))
