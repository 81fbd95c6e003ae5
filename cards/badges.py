"""Cards about badges: the public one of an act of giving, the receiver's, and what is left after a revocation."""

from dataclasses import dataclass

from cards.model import Card, Element, Line, Paragraph, Quote, Text
from cards.people import Person, named
from cards.words import Words, plain

MENTIONED_MAX = 6


@dataclass(frozen=True, slots=True)
class AwardView:
    """One act: a badge that went to all `receivers`. `giver` is None if a rule gave it; `said` is the badge's own message."""

    badge: str
    emoji: str
    description: str
    rarity: str
    giver: Person | None
    receivers: tuple[Person, ...]
    message: str
    said: str
    points: int


def given(words: Words, view: AwardView) -> Card:
    """For everybody in the conversation."""
    mentioned = [person.mention() for person in view.receivers]
    receivers = words.join(mentioned) if len(mentioned) <= MENTIONED_MAX else named(words, view.receivers)
    quiet = _sentence(words, view, named(words, view.receivers))
    return Card(plain(quiet), (Paragraph(_sentence(words, view, receivers)), *_about(words, view)))


def received(words: Words, view: AwardView) -> Card:
    """For one receiver, in private."""
    badge = _badge(view)
    if view.giver is None:
        sentence = words.line("badges.won", badge=badge)
    else:
        sentence = words.line("badges.received", giver=view.giver.called(), badge=badge)
    return Card(plain(sentence), (Paragraph(sentence), *_about(words, view)))


def revoked(words: Words, view: AwardView) -> Card:
    """Takes the place of either card once nobody of the act holds the badge any more; nothing of the message stays."""
    sentence = words.line("badges.revoked", badge=_badge(view))
    return Card(plain(sentence), (Paragraph(sentence),))


def _sentence(words: Words, view: AwardView, receivers: Line) -> Line:
    if view.giver is None:
        return words.line("badges.earned", receivers=receivers, badge=_badge(view))
    return words.line("badges.given", giver=view.giver.called(), receivers=receivers, badge=_badge(view))


def _badge(view: AwardView) -> Line:
    return (Text(f"{view.emoji} {view.badge}" if view.emoji else view.badge, bold=True),)


def _about(words: Words, view: AwardView) -> tuple[Element, ...]:
    key = "kudos.points_each" if len(view.receivers) > 1 else "kudos.points"
    facts = [words(f"badges.rarities.{view.rarity}")]
    if view.points:
        facts.append(words(key, count=view.points))
    told = [Paragraph((Text(each),)) for each in (view.description, view.said) if each]
    quoted = [Quote(view.message)] if view.message else []
    return (*told, *quoted, Paragraph((Text(" · ".join(facts), subtle=True),)))
