"""Cards about badges: the public one of an act of giving, the receiver's, the giver's receipt, and what is left after a revocation.

A secret badge is named to those alone who hold it or gave it; on the card that everybody sees it is "a secret badge".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cards import reasons
from cards.model import Action, Button, Buttons, Card, Element, Image, Line, Mode, Paragraph, Quote, Text
from cards.people import Person, named
from cards.words import Words, plain

LIKE, STORY, TAKE_BACK, CHOOSE = "badge_like", "badge_story", "badge_undo", "badge_choose"
LIFETIME = timedelta(days=90)
CHOICE_LIFETIME = timedelta(hours=1)
MENTIONED_MAX = 6


@dataclass(frozen=True, slots=True)
class AwardView:
    """One act: a badge that went to all `receivers`. `giver` is None if a rule gave it; `said` is the badge's own message,
    `picture` an address of ours, empty where there is none. `points` are those of each; `why` is what all of them tell of their
    origin."""

    act_id: int
    badge: str
    emoji: str
    description: str
    rarity: str
    giver: Person | None
    receivers: tuple[Person, ...]
    message: str
    said: str
    points: int
    picture: str = ""
    is_secret: bool = False
    likes: int = 0
    comments: int = 0
    why: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OptionView:
    """One of several badges of a name."""

    badge_id: int
    emoji: str
    rarity: str
    points: int
    description: str
    group: str


def given(words: Words, view: AwardView) -> Card:
    """For everybody in the conversation."""
    mentioned = [person.mention() for person in view.receivers]
    receivers = words.join(mentioned) if len(mentioned) <= MENTIONED_MAX else named(words, view.receivers)
    quiet = sentence(words, view, named(words, view.receivers), hides=view.is_secret)
    spoken = sentence(words, view, receivers, hides=view.is_secret)
    about_it = about(words, view, hides=view.is_secret)
    return Card(plain(quiet), (Paragraph(spoken), *about_it, _responses(words, view)))


def received(words: Words, view: AwardView) -> Card:
    """For one receiver, in private."""
    badge = badge_of(view)
    if view.giver is None:
        told = words.line("badges.won", badge=badge)
    else:
        told = words.line("badges.received", giver=view.giver.called(), badge=badge)
    return Card(plain(told), (Paragraph(told), *about(words, view)))


def crowd(words: Words, name: str, emoji: str, count: int, *, hides: bool) -> Card:
    """For everybody in the conversation, when so many earned a badge at once that each is told alone."""
    badge = Text(f"{emoji} {name}" if emoji else name, bold=True)
    told = (
        words.line("badges.crowd_secret", count=count)
        if hides
        else words.line("badges.crowd", count=count, badge=badge)
    )
    return Card(plain(told), (Paragraph(told),))


def revoked(words: Words, view: AwardView, *, hides: bool = False) -> Card:
    """Takes the place of either card once nobody of the act holds the badge any more; nothing of the message stays."""
    told = words.line("badges.revoked_secret") if hides else words.line("badges.revoked", badge=badge_of(view))
    return Card(plain(told), (Paragraph(told),))


def receipt(words: Words, view: AwardView, undo_until: datetime, *, now: datetime) -> Card:
    """For the giver: what it brings, and Take back while there is time."""
    told = words.line("badges.receipt", badge=badge_of(view), receivers=named(words, view.receivers))
    elements = (Paragraph(told), Paragraph((Text(_brings(words, view), subtle=True),)))
    if undo_until <= now or view.giver is None:
        return Card(plain(told), elements)
    return Card(plain(told), (*elements, *_take_back(words, view, view.giver, undo_until - now)))


def taken_back(words: Words, view: AwardView) -> Card:
    """For the giver, after Take back."""
    told = words.line("badges.taken_back", badge=badge_of(view), receivers=named(words, view.receivers))
    returned = (Paragraph((Text(words("badges.returned"), subtle=True),)),) if view.points else ()
    return Card(plain(told), (Paragraph(told), *returned))


def liked(words: Words, view: AwardView) -> Card:
    """A passing note to who pressed the button; the summary alone says it."""
    told = words.line("badges.liked", receivers=named(words, view.receivers, most=3))
    count = words.line("badges.likes", count=view.likes)
    return Card(plain(told), (Paragraph((*told, Text(" "), *count)),))


def which(words: Words, name: str, draft_id: int, giver_id: int, options: tuple[OptionView, ...]) -> Card:
    """Several badges have the name that was typed: a button for each."""
    told = words.line("badges.which", badge=Text(name, bold=True))
    listed = [_option(words, number, option) for number, option in enumerate(options, 1)]
    buttons = tuple(
        Button(
            words("badges.which_one", number=number),
            Action(CHOOSE, draft_id, member_id=giver_id, lifetime=CHOICE_LIFETIME, argument=str(option.badge_id)),
        )
        for number, option in enumerate(options, 1)
    )
    return Card(plain(told), (Paragraph(told), *listed, Buttons(buttons)))


def _option(words: Words, number: int, option: OptionView) -> Paragraph:
    facts = [option.emoji, words(f"badges.rarities.{option.rarity}"), option.group]
    facts += [words("kudos.points", count=option.points) if option.points else "", option.description]
    told = " · ".join(each for each in facts if each)
    return Paragraph((Text(f"{words.number(number)}. ", bold=True), Text(told)))


def sentence(words: Words, view: AwardView, receivers: Line, *, hides: bool = False) -> Line:
    """Who gave whom what."""
    if view.giver is None and hides:
        return words.line("badges.earned_secret", receivers=receivers)
    if view.giver is None:
        return words.line("badges.earned", receivers=receivers, badge=badge_of(view))
    if hides:
        return words.line("badges.given_secret", giver=view.giver.called(), receivers=receivers)
    return words.line("badges.given", giver=view.giver.called(), receivers=receivers, badge=badge_of(view))


def badge_of(view: AwardView) -> Line:
    return (Text(f"{view.emoji} {view.badge}" if view.emoji else view.badge, bold=True),)


def about(words: Words, view: AwardView, *, hides: bool = False) -> Iterator[Element]:
    """What the badge is for, what was said with it, and what it brings."""
    if hides:
        yield Paragraph((Text(words("badges.secret_about"), subtle=True),))
        yield from (Quote(each) for each in (view.message,) if each)
        return
    yield from (Image(each, view.badge) for each in (view.picture,) if each)
    yield from (Paragraph((Text(each),)) for each in (view.description, view.said) if each)
    yield from (Quote(each) for each in (view.message,) if each)
    if why := reasons.told(words, view.why):
        yield Paragraph(why)
    facts = [words(f"badges.rarities.{view.rarity}")]
    if view.points:
        key = "kudos.points_each" if len(view.receivers) > 1 else "kudos.points"
        facts.append(words(key, count=view.points))
    yield Paragraph((Text(" · ".join(facts), subtle=True),))


def like_button(words: Words, view: AwardView) -> Button:
    label = words("badges.like_count", count=view.likes) if view.likes else words("badges.like")
    return Button(label, Action(LIKE, view.act_id, Mode.PER_MEMBER, lifetime=LIFETIME))


def _responses(words: Words, view: AwardView) -> Buttons:
    said = words("badges.details_count", count=view.comments) if view.comments else words("badges.details")
    story = Button(said, Action(STORY, view.act_id, Mode.REPEATABLE, lifetime=LIFETIME))
    return Buttons((like_button(words, view), story))


def _brings(words: Words, view: AwardView) -> str:
    if not view.points:
        return words("badges.brings_nothing")
    key = "badges.brings_each" if len(view.receivers) > 1 else "badges.brings"
    return words(key, points=words("amounts.points", count=view.points))


def _take_back(words: Words, view: AwardView, giver: Person, left: timedelta) -> Iterator[Element]:
    minutes = max(1, round(left.total_seconds() / 60))
    yield Paragraph((Text(words("kudos.undo_within", count=minutes), subtle=True),))
    action = Action(TAKE_BACK, view.act_id, member_id=giver.member_id, lifetime=left)
    yield Buttons((Button(words("badges.take_back"), action),))
