"""Where and how an answer reaches the person who asked."""

from collections.abc import Iterator
from dataclasses import replace

from bots.addresses import place_key, to_address
from bots.chat import Answer, Audience, Incoming, Manner, PlaceKind, Platform, Pressed, Reply, Said, Target
from cards.refusals import refusal
from cards.render import Context
from cards.words import words_for
from core import outbox
from core.outbox import Outgoing

PRIVATELY = frozenset({Audience.PRIVATE, Audience.ASIDE})


def outgoing(platform: Platform, incoming: Incoming, reply: Reply) -> Target:
    """The target of a reply: private where it has to be, whispered where the platform can, else said where it was asked."""
    act, place = incoming.act, incoming.place
    is_personal = place.kind is PlaceKind.PERSONAL
    is_whispered = reply.audience is Audience.QUIET and platform.can_whisper
    return Target(
        place=place,
        person=incoming.sender.remote_id,
        message_id=act.message_id if isinstance(act, Pressed) else "",
        reply_to=act.message_id if isinstance(act, Said) and not is_personal else "",
        interaction=act.interaction if isinstance(act, Pressed) else "",
        response_url=incoming.response_url,
        private=not is_personal and (reply.audience in PRIVATELY or is_whispered),
        optional=not is_personal and reply.audience is Audience.ASIDE,
        manner=reply.manner,
    )


def messages(platform: Platform, incoming: Incoming, reply: Reply, key: str) -> Iterator[Outgoing]:
    """What the outbox owes for a reply; a press that the platform waits for is also answered by itself."""
    target = outgoing(platform, incoming, reply)
    yield _answer(target, reply, key)
    is_pressed = isinstance(incoming.act, Pressed) and platform.must_answer_presses
    if is_pressed and reply.manner is not Manner.TOAST:
        yield _answer(replace(target, manner=Manner.TOAST), Reply("pressed"), f"{key}:pressed")


def broken(platform: Platform, incoming: Incoming, reference: str) -> Answer:
    """The answer to a delivery that met a bug of ours; needs no database."""
    words = words_for(getattr(incoming.act, "locale", None))
    card = refusal(words, "broken", {"reference": reference})
    manner = Manner.TOAST if isinstance(incoming.act, Pressed) else Manner.POST
    return Answer(platform.render(card, Context(locale=words.locale)), card.summary, Audience.PRIVATE, manner)


def _answer(target: Target, reply: Reply, key: str) -> Outgoing:
    # Passing notes are no messages: they are not paced with the conversation's.
    scope = place_key(target.place) + (":toasts" if target.manner is Manner.TOAST else "")
    return Outgoing(key, scope, reply.kind, to_address(target), reply.reference, outbox.ANSWER)
