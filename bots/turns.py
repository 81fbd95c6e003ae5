"""From a delivery to a turn: what was asked, by whom, of whom, and where."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bots.chat import Account, Arrived, Edited, Incoming, Part, Place, PlaceKind, Said
from bots.grammar import Command, parse
from bots.recognition import CodeInvalid, Home, Profiles, recognise
from bots.turn import Turn
from bots.views.places import CODE_PLACE
from cards.words import words_for
from core import tokens
from core.kudos.service import TooManyReceivers
from core.people import queries, service
from core.people.models import Conversation
from core.people.queries import Person

_CODE = re.compile(r"[\w-]{22}", re.ASCII)
NAMES_PEOPLE = frozenset({"kudos", "points"})


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
    """The code of `/admin connect CODE` in a group, empty if there is none: a private chat is not connected by a code."""
    is_personal = incoming.place.kind is PlaceKind.PERSONAL
    if not isinstance(incoming.act, Said) or is_personal or not asks_to_connect(incoming):
        return ""
    return next(iter(read(incoming.act.parts).text.split()), "")


def link_code(incoming: Incoming) -> str:
    """The code of `/link CODE`, or of a deep link that says the same; empty if there is none."""
    if isinstance(incoming.act, Arrived):
        return incoming.act.payload if _CODE.fullmatch(incoming.act.payload) else ""
    command = read(incoming.act.parts) if isinstance(incoming.act, Said) else Command("")
    return next(iter(command.text.split()), "") if command.verb == "link" else ""


def may_be_strangers(place: Place) -> bool:
    """A private chat on a platform without tenants: who speaks there need not belong to anybody."""
    return place.platform == "telegram" and place.kind is PlaceKind.PERSONAL


async def make_turn(scope: Scope, incoming: Incoming, command: Command, *, message_id: str = "") -> Turn:
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
    people = await recognise(session, home, incoming, mentioned, scope.profiles, locale=asked_locale(incoming))
    member = people[incoming.sender.remote_id]
    if home.invitation:
        await _use(session, home.invitation, member)
    return Turn(
        session=session,
        now=scope.now,
        workspace=workspace,
        member=member,
        conversation=await keep_place(scope, incoming, member_id=member.member_id),
        incoming=incoming,
        people=people,
        command=command,
        message_id=message_id,
        is_invited=home.invitation is not None,
        is_development=scope.is_development,
    )


async def _use(session: AsyncSession, invitation: tokens.Issued, member: Person) -> None:
    try:
        await tokens.press(session, invitation, member_id=member.member_id, conversation=CODE_PLACE)
    except tokens.AlreadyDone:
        raise CodeInvalid from None


def _mentioned(incoming: Incoming, command: Command) -> Sequence[Account]:
    """The accounts whose members the command needs; those it only speaks of are left alone."""
    if command.verb not in NAMES_PEOPLE:
        return ()
    act = incoming.act
    if (
        command.verb == "kudos"
        and isinstance(act, Said | Edited)
        and act.replied_to
        and not command.receivers
        and not command.subverb
    ):
        return (act.replied_to,)
    return command.receivers


async def keep_place(scope: Scope, incoming: Incoming, *, member_id: int | None) -> Conversation:
    place = incoming.place
    known = await find_place(scope, incoming)
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


async def find_place(scope: Scope, incoming: Incoming) -> Conversation | None:
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


def locale_of(turn: Turn) -> str:
    return turn.member.locale or asked_locale(turn.incoming) or turn.workspace.locale


def asked_locale(incoming: Incoming) -> str | None:
    return getattr(incoming.act, "locale", None)
