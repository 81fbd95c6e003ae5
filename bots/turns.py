"""From a delivery to a turn: what was asked, by whom, of whom, and where."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy.ext.asyncio import AsyncSession

from bots import contact
from bots.chat import Account, Arrived, Edited, Incoming, Part, Place, PlaceKind, Pressed, Profile, Said
from bots.directory import Directory, Strangers
from bots.grammar import Command, parse
from bots.recognition import CodeInvalid, Home, Rebound, recognise
from bots.turn import Turn
from bots.views.places import CODE_PLACE
from cards.words import words_for
from core import tokens
from core.badges.checks import BadgeToTooMany
from core.errors import Refusal
from core.kudos.service import TooManyReceivers
from core.people import queries, service
from core.people.models import Conversation
from core.people.queries import Person
from core.people.surroundings import Surroundings, surroundings


class CrowdUnknown(Refusal):
    """A channel, team or tag whose members the platform does not tell."""

    code = "crowd_unknown"


_CODE = re.compile(r"[\w-]{22}", re.ASCII)
NAMES_PEOPLE = frozenset({"kudos", "points", "badge", "badges", "journey", "why", "nominate", "admin"})
GOES_TO_ANSWERED = frozenset({"kudos", "badge", "nominate"})
"""Verbs that, naming nobody, are about the author of the message that they answer."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What the acts of one delivery share."""

    session: AsyncSession
    now: datetime
    home: Home
    directory: Directory
    is_development: bool


# Where a delivery belongs, who sent it and what it asks are three questions to the same words.
@lru_cache(maxsize=64)
def read(parts: tuple[Part, ...]) -> Command:
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


def chosen_workspace(incoming: Incoming) -> str:
    """The name in `/settings workspace NAME`, empty if that is not what is asked."""
    command = read(incoming.act.parts) if isinstance(incoming.act, Said) else Command("")
    return command.text.strip() if command.verb == "settings" and command.subverb == "workspace" else ""


def may_be_strangers(place: Place) -> bool:
    """A private chat on a platform without tenants: who speaks there need not belong to anybody."""
    return place.platform == "telegram" and place.kind is PlaceKind.PERSONAL


async def make_turn(
    scope: Scope, incoming: Incoming, command: Command, *, message_id: str = "", is_ballot: bool = False
) -> Turn:
    """Recognise everybody the command is about, and the place it was said in. Of a ballot no login is counted: written by the same
    transaction as the vote, its row would tell whose it is."""
    session, home, place = scope.session, scope.home, incoming.place
    crowds = _crowds(scope, command)
    mentioned = [*_mentioned(incoming, command), *(account for members in crowds.values() for account in members)]
    _, workspace, kept, known = await _around(scope, incoming, mentioned)
    _refuse_too_many(command, len(mentioned), workspace.receivers_max)
    if home.joins:
        await service.bind(
            session, workspace_id=workspace.id, platform=place.platform, tenant=place.tenant, remote_id=place.remote_id
        )
    people = await recognise(
        session, home, incoming, mentioned, known, scope.directory.profiles, locale=asked_locale(incoming)
    )
    member = people[incoming.sender.remote_id]
    if home.invitation:
        await _use(session, home.invitation, member)
    if not is_ballot:
        await contact.note(session, workspace=workspace, member=member, now=scope.now)
    return Turn(
        session=session,
        now=scope.now,
        workspace=workspace,
        member=member,
        conversation=await keep_place(scope, incoming, kept, member_id=member.member_id),
        incoming=incoming,
        people=people,
        command=command,
        crowds=crowds,
        message_id=message_id,
        is_invited=home.invitation is not None,
        is_development=scope.is_development,
    )


async def _around(scope: Scope, incoming: Incoming, mentioned: Sequence[Account]) -> Surroundings:
    """Raises Rebound if the workspace was remembered and the place has another by now."""
    place = incoming.place
    found = await surroundings(
        scope.session,
        workspace_id=scope.home.workspace_id,
        platform=place.platform,
        tenant=place.tenant,
        remote_id=place.remote_id,
        accounts=[remote_id for each in (incoming.sender, *mentioned) for remote_id in (each.remote_id, *each.also)],
    )
    if scope.home.is_remembered and found.home != scope.home.workspace_id:
        raise Rebound
    return found


def _refuse_too_many(command: Command, count: int, limit: int) -> None:
    if count > limit:
        raise (BadgeToTooMany if command.verb == "badge" else TooManyReceivers)(count=count, limit=limit)


async def _use(session: AsyncSession, invitation: tokens.Issued, member: Person) -> None:
    try:
        await tokens.press(session, invitation, member_id=member.member_id, conversation=CODE_PLACE)
    except tokens.AlreadyDone:
        raise CodeInvalid from None


def _mentioned(incoming: Incoming, command: Command) -> Sequence[Account]:
    """The accounts whose members the command needs; those it only speaks of are left alone."""
    if isinstance(incoming.act, Pressed):
        return tuple(account for chosen in incoming.act.people.values() for account in chosen)
    if command.verb not in NAMES_PEOPLE:
        return ()
    act = incoming.act
    if (
        command.verb in GOES_TO_ANSWERED
        and isinstance(act, Said | Edited)
        and act.replied_to
        and not (command.receivers or command.crowds or command.subverb)
    ):
        return (act.replied_to,)
    return command.receivers


def _crowds(scope: Scope, command: Command) -> Mapping[str, Sequence[Account]]:
    """Who is in the channels and groups that receive, without whoever is no colleague. Raises Strangers, CrowdUnknown."""
    rosters = scope.directory.rosters
    asked = [crowd.crowd for crowd in command.crowds] if command.verb in NAMES_PEOPLE else []
    if unknown := [crowd for crowd in asked if crowd not in rosters]:
        raise Strangers(crowds=unknown)
    names = {crowd.crowd: crowd.name for crowd in command.crowds}
    told: dict[str, Sequence[Account]] = {}
    for crowd in asked:
        roster = rosters[crowd]
        if roster is None:
            raise CrowdUnknown(name=names[crowd])
        told[crowd] = [account for account in roster if _is_colleague(account, scope.directory)]
    return told


def _is_colleague(account: Account, directory: Directory) -> bool:
    """Of somebody whom nobody named it is only asked, not refused, whether they belong to the company."""
    profile = directory.profiles.get(account.remote_id, Profile(account.name))
    return profile is not None and not (account.foreign or profile.foreign)


async def keep_place(
    scope: Scope, incoming: Incoming, known: Conversation | None, *, member_id: int | None
) -> Conversation:
    """Our row of the place, `known` if it was kept before; one that is kept nowhere, with the id 0, for a private chat that is
    not open yet."""
    place = incoming.place
    if not place.remote_id:
        return _nowhere(scope, place)
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
        is_visited=incoming.is_visiting and place.kind is not PlaceKind.PERSONAL,
    )


def _nowhere(scope: Scope, place: Place) -> Conversation:
    return Conversation(
        id=0,
        workspace_id=scope.home.workspace_id,
        platform=place.platform,
        tenant=place.tenant,
        remote_id="",
        kind=place.kind.value,
        name="",
        reference={},
        is_connected=False,
        is_gone=False,
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
