"""What each kind of delivery does, inside its transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from sqlalchemy.ext.asyncio import AsyncSession

from bots.addresses import place_key
from bots.chat import (
    Account,
    Arrived,
    Audience,
    Deleted,
    Edited,
    Gone,
    Incoming,
    Manner,
    Moved,
    Part,
    PlaceKind,
    Pressed,
    Reply,
    Said,
)
from bots.commands import COMMANDS, PRESSES, kudos
from bots.commands.help import unknown
from bots.grammar import Command, parse
from bots.recognition import Home, Profiles, recognise
from bots.turn import Turn
from bots.views.places import CODE_PLACE
from cards.words import words_for
from core import tokens
from core.errors import Refusal
from core.kudos import queries as kudos_queries
from core.kudos.service import TooManyReceivers
from core.people import queries, service
from core.people.models import Conversation

ARRIVAL_ECHO = timedelta(seconds=10)
NAMES_PEOPLE = frozenset({"kudos", "points"})


class WorkspaceUnknown(Refusal):
    """A private chat with somebody whom no workspace knows."""

    code = "workspace_unknown"


class NotConnected(Refusal):
    """A group that belongs to no workspace."""

    code = "not_connected"


class Refused(Exception):
    """A Refusal to somebody whose language is known."""

    def __init__(self, refusal: Refusal, locale: str | None) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.locale = locale


@dataclass(frozen=True, slots=True)
class Scope:
    """What the acts of one delivery share."""

    session: AsyncSession
    now: datetime
    home: Home
    profiles: Profiles
    is_development: bool


def read(parts: Sequence[Part]) -> Command:
    words = words_for("en")
    return parse(parts, verbs=words.verbs(), subverbs=words.subverbs())


def asks_to_connect(incoming: Incoming) -> bool:
    command = read(incoming.act.parts) if isinstance(incoming.act, Said) else Command("")
    return command.verb == "admin" and command.subverb == "connect"


def invitation(incoming: Incoming) -> str:
    """The code of `/admin connect CODE`, empty if there is none."""
    if not isinstance(incoming.act, Said) or not asks_to_connect(incoming):
        return ""
    return next(iter(read(incoming.act.parts).text.split()), "")


def refusal(incoming: Incoming, refused: Refusal | Refused) -> Reply:
    """Say no where it was asked: to a press in passing, to a message with a message."""
    known = refused if isinstance(refused, Refused) else Refused(refused, _asked_locale(incoming))
    reference = {"code": known.refusal.code, "details": known.refusal.details, "locale": known.locale}
    manner = Manner.TOAST if isinstance(incoming.act, Pressed) else Manner.POST
    return Reply("refusal", reference, Audience.QUIET, manner)


def outside(incomings: Sequence[Incoming]) -> list[tuple[Incoming, Reply]]:
    """What is said where no workspace is known: a greeting in a group, to everybody else that they are not known."""
    answers = []
    for incoming in incomings:
        is_personal = incoming.place.kind is PlaceKind.PERSONAL
        if isinstance(incoming.act, Arrived) and not is_personal:
            answers.append((incoming, Reply("welcome", {"is_personal": False, "is_connected": False}, Audience.HERE)))
        elif isinstance(incoming.act, Said | Pressed | Arrived) and incoming.sender.foreign != "bot":
            answers.append((incoming, refusal(incoming, WorkspaceUnknown() if is_personal else NotConnected())))
    return answers


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
    turn = await _turn(scope, incoming, command, message_id=message_id)
    if not command.typed_verb:
        command = replace(command, verb="help")
    run = COMMANDS.get(command.verb)
    if run is None:
        return _spoken(turn, unknown(command))
    try:
        reply = await run(replace(turn, command=command))
    except Refusal as refused:
        raise Refused(refused, _locale(turn)) from refused
    assert reply is not None
    return _spoken(turn, reply)


async def _pressed(scope: Scope, incoming: Incoming, act: Pressed) -> Reply:
    issued = await tokens.find(scope.session, act.token)
    if issued.workspace_id != scope.home.workspace_id or issued.verb not in PRESSES:
        raise tokens.Closed
    turn = replace(await _turn(scope, incoming, Command("")), press=issued)
    try:
        await tokens.press(
            scope.session, issued, member_id=turn.member.member_id, conversation=place_key(incoming.place)
        )
        reply = await PRESSES[issued.verb](turn)
    except Refusal as refused:
        raise Refused(refused, _locale(turn)) from refused
    assert reply is not None
    return _spoken(turn, reply)


async def _followed(scope: Scope, incoming: Incoming, act: Edited | Deleted) -> Reply | None:
    """A message was changed or deleted: the kudos it gave follows. One that only now says `/kudos` gives one."""
    given = await _kudos_of(scope, incoming, act.message_id)
    command = read(act.parts) if isinstance(act, Edited) else Command("")
    if given is None and command.verb != "kudos":
        return None
    if given is None or command.verb == "kudos":
        turn = await _turn(scope, incoming, command, message_id=act.message_id)
    else:
        turn = await _turn(scope, incoming, Command(""))
    try:
        if given is None:
            reply = await kudos.run(turn)
        elif isinstance(act, Deleted):
            reply = await kudos.withdraw(turn, given)
        else:
            reply = await kudos.edit(turn, given) if command.verb == "kudos" else None
    except Refusal as refused:
        raise Refused(refused, _locale(turn)) from refused
    return _spoken(turn, reply) if reply else None


async def _kudos_of(scope: Scope, incoming: Incoming, message_id: str) -> int | None:
    place = await _place(scope, incoming)
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
    before = await _place(scope, incoming)
    if before is not None and not before.is_gone and scope.now - before.heard_at < ARRIVAL_ECHO:
        return None
    if is_personal:
        turn = await _turn(scope, incoming, Command(""))
        place, locale = turn.conversation, _locale(turn)
    else:
        place, locale = await _keep_place(scope, incoming, member_id=None), None
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


async def _turn(scope: Scope, incoming: Incoming, command: Command, *, message_id: str = "") -> Turn:
    """Recognise everybody the command is about, and the place it was said in."""
    session, home, place = scope.session, scope.home, incoming.place
    workspace = await queries.workspace(session, home.workspace_id)
    mentioned = _mentioned(incoming, command)
    if len(mentioned) > workspace.receivers_max:
        raise TooManyReceivers(count=len(mentioned), limit=workspace.receivers_max)
    if home.joins:
        await service.bind(
            session, workspace_id=workspace.id, platform=place.platform, tenant=place.tenant, remote_id=place.remote_id
        )
    people = await recognise(session, home, incoming, mentioned, scope.profiles, locale=_asked_locale(incoming))
    member = people[incoming.sender.remote_id]
    if home.invitation:
        await tokens.press(session, home.invitation, member_id=member.member_id, conversation=CODE_PLACE)
    return Turn(
        session=session,
        now=scope.now,
        workspace=workspace,
        member=member,
        conversation=await _keep_place(scope, incoming, member_id=member.member_id),
        incoming=incoming,
        people=people,
        command=command,
        message_id=message_id,
        is_invited=home.invitation is not None,
        is_development=scope.is_development,
    )


def _mentioned(incoming: Incoming, command: Command) -> Sequence[Account]:
    """The accounts whose members the command needs; those it only speaks of are left alone."""
    if command.verb not in NAMES_PEOPLE:
        return ()
    act = incoming.act
    if (
        command.verb == "kudos"
        and isinstance(act, Said)
        and act.replied_to
        and not command.receivers
        and not command.subverb
    ):
        return (act.replied_to,)
    return command.receivers


async def _keep_place(scope: Scope, incoming: Incoming, *, member_id: int | None) -> Conversation:
    place = incoming.place
    known = await _place(scope, incoming)
    if known is not None and _is_current(known, incoming, member_id):
        return known
    return await service.keep_place(
        scope.session,
        workspace_id=scope.home.workspace_id,
        platform=place.platform,
        tenant=place.tenant,
        remote_id=place.remote_id,
        kind=place.kind.value,
        name=place.name,
        reference=place.reference,
        member_id=member_id,
    )


async def _place(scope: Scope, incoming: Incoming) -> Conversation | None:
    place = incoming.place
    rows = await queries.places(
        scope.session, [(place.platform, place.tenant, place.remote_id)], workspace_id=scope.home.workspace_id
    )
    return rows[0] if rows else None


def _is_current(known: Conversation, incoming: Incoming, member_id: int | None) -> bool:
    place = incoming.place
    owner = member_id if place.kind is PlaceKind.PERSONAL else None
    is_named = not place.name or place.name == known.name
    return (
        is_named and not known.is_gone and known.member_id == owner and dict(known.reference) == dict(place.reference)
    )


def _spoken(turn: Turn, reply: Reply) -> Reply:
    """The answer in the asker's language; what everybody is to see stays in the workspace's."""
    if reply.audience is Audience.HERE:
        return reply
    reference: Mapping[str, object] = {**reply.reference, "locale": _locale(turn)}
    return replace(reply, reference=reference)


def _locale(turn: Turn) -> str:
    return turn.member.locale or _asked_locale(turn.incoming) or turn.workspace.locale


def _asked_locale(incoming: Incoming) -> str | None:
    return getattr(incoming.act, "locale", None)
