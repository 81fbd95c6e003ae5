"""Forms in chats that show no inputs: what is filled in is kept between the steps, and sent as any other form is.

Commands and forms know nothing of it. A form that a command opens becomes a message with a button for each input; when its own
button is pressed, the press is given what was filled in, as platforms with inputs give it.
"""

from dataclasses import replace
from typing import Any

from bots.addresses import place_key
from bots.chat import Account, Incoming, Manner, Place, PlaceKind, PlatformName, Pressed, Reply, Said
from bots.turn import Turn
from bots.turns import Scope
from cards.forms import PEOPLE
from cards.steps import LIFETIME
from core import drafts, tokens
from core.drafts import Draft
from core.tokens import Issued

BY_STEPS: frozenset[PlatformName] = frozenset({"telegram"})
"""Platforms that show no inputs."""
VIEW = "form_steps"

_KEPT_APART = frozenset({"reader", "nonce", "people", "values"})


def chat_of(incoming: Incoming) -> str:
    """The key of the sender's private chat, wherever they speak. On Telegram it has the number of the account."""
    place = incoming.place
    if place.kind is PlaceKind.PERSONAL:
        return place_key(place)
    return place_key(Place(place.platform, place.tenant, incoming.sender.remote_id, PlaceKind.PERSONAL))


async def opened(turn: Turn, reply: Reply) -> Reply:
    """A reply that opens a form, made into one that begins to fill it in by steps; any other reply as it is."""
    incoming, given = turn.incoming, reply.reference
    if reply.manner is not Manner.FORM or incoming.place.platform not in BY_STEPS:
        return reply
    await drafts.start(
        turn.session,
        workspace_id=turn.workspace.id,
        conversation=chat_of(incoming),
        member_id=turn.member.member_id,
        kind=reply.kind,
        nonce=given["nonce"],
        reference={name: value for name, value in given.items() if name not in _KEPT_APART},
        values=given.get("values", {}),
        people=[
            (remote_id, turn.people[remote_id].name)
            for remote_id in given.get("people", ())
            if remote_id in turn.people
        ],
        expires_at=turn.now + LIFETIME,
    )
    return replace(reply, kind=VIEW, reference=about(turn), manner=Manner.POST)


def about(turn: Turn, *, asked: str = "", page: int = 0) -> dict[str, Any]:
    """What the message is about that stands for the form: all of it, or the one input that is `asked` for."""
    reference: dict[str, Any] = {"reader": turn.member.member_id, "conversation": chat_of(turn.incoming)}
    return {**reference, "asked": asked, "page": page} if asked else reference


async def filled(scope: Scope, incoming: Incoming, issued: Issued) -> Incoming:
    """The press that sends a form, with what was filled in. Raises Closed when that form is no longer open."""
    act = incoming.act
    if incoming.place.platform not in BY_STEPS or not isinstance(act, Pressed):
        return incoming
    draft = await _held(scope, incoming)
    if draft is None or draft.nonce != issued.argument:
        raise tokens.Closed
    people = tuple(Account(remote_id, name, is_picked=True) for remote_id, name in draft.people)
    return replace(incoming, act=replace(act, inputs=draft.filled, people={PEOPLE: people}))


async def sent(turn: Turn) -> None:
    """The form was taken: nothing of it is kept."""
    if turn.incoming.place.platform in BY_STEPS:
        await drafts.close(turn.session, workspace_id=turn.workspace.id, conversation=chat_of(turn.incoming))


async def awaiting(scope: Scope, incoming: Incoming) -> Draft | None:
    """The form that the message of a private chat answers a question of; None for commands and where nothing was asked."""
    act, place = incoming.act, incoming.place
    if place.platform not in BY_STEPS or place.kind is not PlaceKind.PERSONAL or not isinstance(act, Said):
        return None
    if act.parts and isinstance(act.parts[0], str) and act.parts[0].lstrip().startswith("/"):
        return None
    draft = await _held(scope, incoming)
    return draft if draft is not None and draft.awaited else None


async def _held(scope: Scope, incoming: Incoming) -> Draft | None:
    return await drafts.hold(
        scope.session, workspace_id=scope.home.workspace_id, conversation=place_key(incoming.place)
    )
