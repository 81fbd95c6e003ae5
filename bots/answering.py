"""Where and how an answer reaches the person who asked."""

from collections.abc import Iterator
from dataclasses import replace

from bots.addresses import paced_with, to_address
from bots.chat import Act, Answer, Audience, Incoming, Manner, PlaceKind, Platform, Pressed, Reply, Said, Target
from bots.gestures import Visited
from cards.refusals import refusal
from cards.render import Context
from cards.words import words_for
from core import outbox
from core.outbox import Outgoing

PRIVATELY = frozenset({Audience.PRIVATE, Audience.ASIDE})
UNPACED = {Manner.TOAST: ":toasts", Manner.PAGE: ":pages"}
"""What is no message of the conversation, and where it waits for its turn instead."""


def outgoing(platform: Platform, incoming: Incoming, reply: Reply) -> Target:
    """The target of a reply: private where it has to be, whispered where the platform can, else said where it was asked."""
    act, place = incoming.act, incoming.place
    is_personal = place.kind is PlaceKind.PERSONAL
    whispers = platform.can_whisper or incoming.is_visiting
    is_whispered = incoming.is_whispered or (reply.audience is Audience.QUIET and whispers)
    is_rewritten = isinstance(act, Pressed) and act.wants_form_back and not incoming.in_dialog
    is_handed_over = isinstance(act, Pressed) and incoming.is_visiting and reply.audience is Audience.HERE
    return Target(
        place=place,
        person=incoming.sender.remote_id,
        message_id=_standing(act) or reply.message_id,
        reply_to=act.message_id if isinstance(act, Said) and not is_personal else "",
        interaction=act.interaction if isinstance(act, Pressed) else "",
        response_url=incoming.response_url,
        private=not is_personal and (reply.audience in PRIVATELY or is_whispered),
        optional=not is_personal and (reply.audience is Audience.ASIDE or incoming.is_visiting),
        quiet=not is_personal and reply.audience is Audience.QUIET,
        alert=reply.manner is Manner.TOAST and bool(reply.reference.get("input")),
        # A form that is answered to a press on a message takes the message's place.
        manner=Manner.EDIT if reply.manner is Manner.FORM and is_rewritten else _manner(act, reply.manner),
        # What the asker is to post themselves leaves the dialog.
        in_dialog=incoming.in_dialog and not is_handed_over,
    )


def _standing(act: Act) -> str:
    if isinstance(act, Visited):
        return act.shown
    return act.message_id if isinstance(act, Pressed) else ""


def _manner(act: Act, manner: Manner) -> Manner:
    """What is pressed in a view is answered in one: there is no message to rewrite."""
    return Manner.FORM if isinstance(act, Pressed) and act.in_view else manner


def messages(platform: Platform, incoming: Incoming, reply: Reply, key: str) -> Iterator[Outgoing]:
    """What the outbox owes for a reply; a press that the platform waits for is also answered by itself.

    Where we are visiting we cannot write: what everybody was to see there is left out, the rest goes to the asker's own chat.
    """
    if incoming.is_visiting and reply.audience is Audience.HERE:
        return
    target = outgoing(platform, incoming, reply)
    # A dialog is closed by now, and nothing opens by itself.
    if incoming.in_dialog or Manner.FORM in (reply.manner, target.manner):
        target = replace(target, message_id="", manner=Manner.POST)
    yield _answer(target, reply, key)
    is_pressed = isinstance(incoming.act, Pressed) and platform.must_answer_presses
    if is_pressed and reply.manner is not Manner.TOAST:
        yield _answer(replace(target, manner=Manner.TOAST), Reply("pressed"), f"{key}:pressed")


def broken(platform: Platform, incoming: Incoming, reference: str) -> Answer:
    """The answer to a delivery that met a bug of ours; needs no database."""
    words = words_for(getattr(incoming.act, "locale", None))
    card = refusal(words, "broken", {"reference": reference})
    manner = Manner.TOAST if isinstance(incoming.act, Pressed) else Manner.POST
    context = Context(locale=words.locale, is_form=_manner(incoming.act, manner) is Manner.FORM)
    reply = Reply("broken", {"reference": reference}, Audience.QUIET)
    return Answer(platform.render(card, context), card.summary, Audience.PRIVATE, manner, reply=reply)


def _answer(target: Target, reply: Reply, key: str) -> Outgoing:
    # What is no message is not paced with the conversation's.
    scope = paced_with(target) + UNPACED.get(target.manner, "")
    return Outgoing(key, scope, reply.kind, to_address(target), reply.reference, outbox.ANSWER)
