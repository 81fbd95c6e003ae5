"""What each kind of delivery does, inside its transaction."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from bots import forms, stepping
from bots.addresses import place_key
from bots.chat import (
    Arrived,
    Audience,
    Deleted,
    Edited,
    Gone,
    Incoming,
    Manner,
    Moved,
    PlaceKind,
    Pressed,
    Reply,
    Said,
    Shared,
)
from bots.commands import BALLOTS, COMMANDS, FORMS, PRESSES, STARTS, kudos, link, steps
from bots.commands.help import unknown
from bots.gestures import Reacted, Visited
from bots.grammar import Command
from bots.recognition import Silence
from bots.refusing import Refused
from bots.turn import Run, Turn
from bots.turns import Scope, find_place, keep_place, locale_of, make_turn, read
from core import tokens
from core.errors import Refusal
from core.identity import service as identity
from core.kudos import queries as kudos_queries
from core.kudos.service import GiverLeft
from core.people import service
from core.standing import standing_at

LINK = Command("link", "link")
ARRIVAL_ECHO = timedelta(seconds=10)
SECONDING = frozenset({"👍"})


async def perform(scope: Scope, incoming: Incoming) -> Reply | None:
    """Do what a delivery asks. Raises a Refusal, Refused, or what `recognise` raises; then nothing may be kept."""
    match incoming.act:
        case Said(parts=parts, message_id=message_id):
            return await _said(scope, incoming, read(parts), message_id)
        case Pressed():
            return await _pressed(scope, incoming, incoming.act)
        case Shared():
            return _stepped(*await steps.shared(scope, incoming))
        case Edited() | Deleted():
            return await _followed(scope, incoming, incoming.act)
        case Reacted():
            await _reacted(scope, incoming, incoming.act)
            return None
        case Visited():
            return await _visited(scope, incoming)
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
    if (draft := await stepping.awaiting(scope, incoming)) is not None:
        return _stepped(*await steps.answered(scope, incoming, draft))
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
    return _spoken(turn, await stepping.opened(turn, reply))


def _stepped(turn: Turn, reply: Reply) -> Reply:
    """A step of a form was answered."""
    _require_membership(turn)
    return _spoken(turn, reply)


async def _pressed(scope: Scope, incoming: Incoming, act: Pressed) -> Reply:
    issued = await tokens.find(scope.session, act.token)
    if issued.workspace_id != scope.home.workspace_id or issued.verb not in PRESSES:
        raise tokens.Closed
    if issued.verb in FORMS:
        incoming = await stepping.filled(scope, incoming, issued)
    turn = await _turn_of_press(scope, incoming, issued)
    try:
        reply = await _use(turn, issued, PRESSES[issued.verb])
        if issued.verb in FORMS:
            await stepping.sent(turn)
    except Refusal as refused:
        raise _refused_press(turn, issued.verb, refused) from refused
    return _spoken(turn, reply)


async def _use(turn: Turn, issued: tokens.Issued, run: Run) -> Reply:
    _require_membership(turn)
    place = turn.incoming.place
    await tokens.press(turn.session, issued, member_id=turn.member.member_id, conversation=place_key(place))
    reply = await run(turn)
    assert reply is not None
    return await stepping.opened(turn, reply)


async def _turn_of_press(scope: Scope, incoming: Incoming, issued: tokens.Issued) -> Turn:
    """If somebody chosen in a form cannot be recognised it is its sender's to mend: then the turn of the sender alone says no."""
    is_ballot = issued.verb in BALLOTS
    try:
        return replace(await make_turn(scope, incoming, Command(""), is_ballot=is_ballot), press=issued)
    except Refusal as refused:
        act = incoming.act
        if not isinstance(act, Pressed) or not act.people:
            raise
        alone = await make_turn(scope, replace(incoming, act=replace(act, people={})), Command(""), is_ballot=is_ballot)
        if issued.member_id != alone.member.member_id:
            raise
        raise _refused_press(replace(alone, incoming=incoming, press=issued), issued.verb, refused) from refused


def _refused_press(turn: Turn, verb: str, refused: Refusal) -> Refused:
    """A form that was used already, or is not this one's to send, does not come back."""
    form = FORMS.get(verb)
    if form is None or isinstance(refused, tokens.AlreadyDone | tokens.NotForYou | tokens.OtherPlace):
        return Refused(refused, locale_of(turn))
    return Refused(
        refused,
        locale_of(turn),
        form=forms.again(turn, form, refused),
        wrong_input=form.wrong_input(refused.code),
    )


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


async def _reacted(scope: Scope, incoming: Incoming, act: Reacted) -> None:
    """A thumb under the card of a kudos seconds it. Who may not is not told so: they asked for nothing."""
    kudos_id = await standing_at(
        scope.session,
        "kudos",
        workspace_id=scope.home.workspace_id,
        scope=place_key(incoming.place),
        message_id=act.message_id,
    )
    if kudos_id is None or act.emoji not in SECONDING:
        return
    try:
        turn = await make_turn(scope, incoming, Command(""))
        await kudos.react(turn, kudos_id, added=act.added)
    except Refusal as refused:
        raise Silence from refused


async def _visited(scope: Scope, incoming: Incoming) -> Reply:
    turn = await make_turn(scope, incoming, Command(""))
    return _spoken(turn, Reply("home", {"reader": turn.member.member_id}, Audience.PRIVATE, Manner.PAGE))


async def _arrived(scope: Scope, incoming: Incoming) -> Reply | None:
    """In a private chat somebody starts to talk with us; in a group all we know is that we were added.

    Platforms tell of one arrival in several ways at once: it is greeted once.
    """
    is_personal = incoming.place.kind is PlaceKind.PERSONAL
    if isinstance(incoming.act, Arrived) and incoming.act.payload and is_personal:
        return await _linked_here(scope, incoming, incoming.act.payload)
    before = await find_place(scope, incoming)
    if before is not None and not before.is_gone and scope.now - before.heard_at < ARRIVAL_ECHO:
        return None
    if is_personal:
        turn = await make_turn(scope, incoming, Command(""))
        place, locale = turn.conversation, locale_of(turn)
    else:
        place, locale = await keep_place(scope, incoming, before, member_id=None), None
    reference = {"is_personal": is_personal, "is_connected": place.is_connected, "locale": locale}
    return Reply("welcome", reference, Audience.HERE)


async def _linked_here(scope: Scope, incoming: Incoming, payload: str) -> Reply:
    """A deep link: a code of `/link`, or a token of ours that a link may use. Any other is closed, and whoever came is welcome."""
    issued = await tokens.known(scope.session, payload)
    if await link.is_from_stranger(scope, incoming) or (issued is not None and issued.verb == identity.CODE_VERB):
        return await _said(scope, incoming, LINK, "")
    turn = await make_turn(scope, incoming, Command(""))
    if issued is None or issued.verb not in STARTS or issued.workspace_id != turn.workspace.id:
        closed = {"is_personal": True, "is_connected": turn.conversation.is_connected, "is_closed": True}
        return _spoken(turn, Reply("welcome", closed, Audience.PRIVATE))
    turn = replace(turn, press=issued)
    try:
        return _spoken(turn, await _use(turn, issued, STARTS[issued.verb]))
    except Refusal as refused:
        raise Refused(refused, locale_of(turn)) from refused


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
    reference: Mapping[str, object] = {"locale": locale_of(turn), **reply.reference}
    return replace(reply, reference=reference)
