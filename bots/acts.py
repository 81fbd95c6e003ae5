"""What each kind of delivery does, inside its transaction."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from bots.addresses import place_key
from bots.chat import Arrived, Audience, Deleted, Edited, Gone, Incoming, Moved, PlaceKind, Pressed, Reply, Said
from bots.commands import COMMANDS, PRESSES, kudos, link
from bots.commands.help import unknown
from bots.grammar import Command
from bots.refusing import Refused
from bots.turn import Turn
from bots.turns import Scope, find_place, keep_place, link_code, locale_of, make_turn, read
from core import tokens
from core.errors import Refusal
from core.kudos import queries as kudos_queries
from core.kudos.service import GiverLeft
from core.people import service

LINK = Command("link", "link")
ARRIVAL_ECHO = timedelta(seconds=10)


async def perform(scope: Scope, incoming: Incoming) -> Reply | None:
    """Do what a delivery asks. Raises a Refusal, Refused, or what `recognise` raises; then nothing may be kept."""
    match incoming.act:
        case Said(parts=parts, message_id=message_id):
            return await _said(scope, incoming, read(parts), message_id)
        case Pressed():
            return await _pressed(scope, incoming, incoming.act)
        case Edited() | Deleted():
            return await _followed(scope, incoming, incoming.act)
        case Arrived():
            return await _arrived(scope, incoming)
        case Gone():
            await _gone(scope, incoming)
            return None
        case Moved(remote_id=new):
            await _moved(scope, incoming, new)
            return None
        case _:
            assert_never(incoming.act)


async def _said(scope: Scope, incoming: Incoming, command: Command, message_id: str) -> Reply:
    if await link.is_from_stranger(scope, incoming):
        return await link.claim_by_stranger(scope, incoming)
    turn = await make_turn(scope, incoming, command, message_id=message_id)
    if not command.typed_verb:
        command = replace(command, verb="help")
    run = COMMANDS.get(command.verb)
    if run is None:
        return _spoken(turn, unknown(command))
    try:
        _require_membership(turn)
        reply = await run(replace(turn, command=command))
    except Refusal as refused:
        raise Refused(refused, locale_of(turn)) from refused
    assert reply is not None
    return _spoken(turn, reply)


async def _pressed(scope: Scope, incoming: Incoming, act: Pressed) -> Reply:
    issued = await tokens.find(scope.session, act.token)
    if issued.workspace_id != scope.home.workspace_id or issued.verb not in PRESSES:
        raise tokens.Closed
    turn = replace(await make_turn(scope, incoming, Command("")), press=issued)
    try:
        _require_membership(turn)
        await tokens.press(
            scope.session, issued, member_id=turn.member.member_id, conversation=place_key(incoming.place)
        )
        reply = await PRESSES[issued.verb](turn)
    except Refusal as refused:
        raise Refused(refused, locale_of(turn)) from refused
    assert reply is not None
    return _spoken(turn, reply)


def _require_membership(turn: Turn) -> None:
    if turn.member.has_left:
        raise GiverLeft


async def _followed(scope: Scope, incoming: Incoming, act: Edited | Deleted) -> Reply | None:
    """A message was changed or deleted: the kudos it gave follows. One that only now says `/kudos` gives one."""
    given = await _kudos_of(scope, incoming, act.message_id)
    command = read(act.parts) if isinstance(act, Edited) else Command("")
    if given is None and command.verb != "kudos":
        return None
    about = command if command.verb == "kudos" else Command("")
    turn = await make_turn(scope, incoming, about, message_id=act.message_id)
    try:
        if given is None:
            reply = await kudos.run(turn)
        elif isinstance(act, Deleted):
            reply = await kudos.withdraw(turn, given)
        else:
            reply = await kudos.edit(turn, given) if command.verb == "kudos" else None
    except Refusal as refused:
        raise Refused(refused, locale_of(turn)) from refused
    return _spoken(turn, reply) if reply else None


async def _kudos_of(scope: Scope, incoming: Incoming, message_id: str) -> int | None:
    place = await find_place(scope, incoming)
    if place is None or not message_id:
        return None
    given = await kudos_queries.of_message(
        scope.session, workspace_id=scope.home.workspace_id, conversation_id=place.id, message_id=message_id
    )
    return given.id if given else None


async def _arrived(scope: Scope, incoming: Incoming) -> Reply | None:
    """In a private chat somebody starts to talk with us; in a group all we know is that we were added.

    Platforms tell of one arrival in several ways at once: it is greeted once.
    """
    is_personal = incoming.place.kind is PlaceKind.PERSONAL
    if link_code(incoming):
        return await _said(scope, incoming, LINK, "")
    before = await find_place(scope, incoming)
    if before is not None and not before.is_gone and scope.now - before.heard_at < ARRIVAL_ECHO:
        return None
    if is_personal:
        turn = await make_turn(scope, incoming, Command(""))
        place, locale = turn.conversation, locale_of(turn)
    else:
        place, locale = await keep_place(scope, incoming, member_id=None), None
    reference = {"is_personal": is_personal, "is_connected": place.is_connected, "locale": locale}
    return Reply("welcome", reference, Audience.HERE)


async def _gone(scope: Scope, incoming: Incoming) -> None:
    place = incoming.place
    await service.leave_place(
        scope.session,
        workspace_id=scope.home.workspace_id,
        platform=place.platform,
        tenant=place.tenant,
        remote_id=place.remote_id,
    )


async def _moved(scope: Scope, incoming: Incoming, new: str) -> None:
    place = incoming.place
    await service.move_place(
        scope.session,
        workspace_id=scope.home.workspace_id,
        platform=place.platform,
        tenant=place.tenant,
        old=place.remote_id,
        new=new,
    )


def _spoken(turn: Turn, reply: Reply) -> Reply:
    """The answer in the asker's language; what everybody is to see stays in the workspace's."""
    if reply.audience is Audience.HERE:
        return reply
    reference: Mapping[str, object] = {**reply.reference, "locale": locale_of(turn)}
    return replace(reply, reference=reference)
