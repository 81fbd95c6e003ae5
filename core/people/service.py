"""Verbs on people and places: who somebody is, which chat this is, what belongs to the workspace."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func, insert, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Refusal
from core.people import queries
from core.people.models import Binding, Conversation, Member, PlatformIdentity, Profile, Workspace
from core.people.queries import Person
from core.text import clean_name


class AdminOnly(Refusal):
    code = "admin_only"


class PlaceTaken(Refusal):
    """The chat belongs to another workspace."""

    code = "place_taken"


@dataclass(frozen=True, slots=True)
class Contact:
    """An account as its platform describes it; `also` are further ids of the same account. `email` is a verified one."""

    platform: str
    tenant: str
    remote_id: str
    name: str
    also: tuple[str, ...] = ()
    email: str | None = None
    locale: str | None = None
    time_zone: str | None = None


# Two first contacts of one person at once: the second waits, and then finds the first.
_ENROL_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('enrol', :workspace_id))")


# The new place may have been heard of before the move was told; then it takes over what the old one was.
_MOVE_PLACE = (
    text(
        "UPDATE conversation AS there SET is_connected = there.is_connected OR here.is_connected FROM conversation AS here"
        " WHERE (there.workspace_id, there.platform, there.tenant, there.remote_id) = (:workspace_id, :platform, :tenant, :new)"
        " AND (here.workspace_id, here.platform, here.tenant, here.remote_id) = (:workspace_id, :platform, :tenant, :old)"
    ),
    text(
        "UPDATE conversation SET remote_id = CASE WHEN known.yes THEN remote_id ELSE :new END,"
        " is_gone = is_gone OR known.yes, is_connected = is_connected AND NOT known.yes FROM (SELECT EXISTS (SELECT"
        " FROM conversation WHERE (workspace_id, platform, tenant, remote_id) = (:workspace_id, :platform, :tenant, :new)) AS yes)"
        " AS known WHERE (workspace_id, platform, tenant, remote_id) = (:workspace_id, :platform, :tenant, :old)"
    ),
    text(
        "INSERT INTO binding (workspace_id, platform, tenant, remote_id) SELECT workspace_id, platform, tenant, :new FROM binding"
        " WHERE (workspace_id, platform, tenant, remote_id) = (:workspace_id, :platform, :tenant, :old) ON CONFLICT DO NOTHING"
    ),
    text(
        "DELETE FROM binding"
        " WHERE (workspace_id, platform, tenant, remote_id) = (:workspace_id, :platform, :tenant, :old)"
    ),
)


async def create_workspace(session: AsyncSession, *, name: str, time_zone: str, locale: str = "en") -> Workspace:
    """A new company with the default policy. Run as ops."""
    workspace = Workspace(name=clean_name(name), time_zone=time_zone, locale=locale)
    session.add(workspace)
    await session.flush()
    await session.refresh(workspace)
    return workspace


async def bind(session: AsyncSession, *, workspace_id: int, platform: str, tenant: str, remote_id: str = "") -> None:
    """Make a tenant, or one conversation of it, part of a workspace. Raises PlaceTaken."""
    values = {"platform": platform, "tenant": tenant, "remote_id": remote_id, "workspace_id": workspace_id}
    owner = await session.scalar(
        upsert(Binding)
        .values(**values)
        .on_conflict_do_update(index_elements=["platform", "tenant", "remote_id"], set_={"tenant": tenant})
        .returning(Binding.workspace_id)
    )
    if owner != workspace_id:
        raise PlaceTaken


async def bind_to_only_workspace(session: AsyncSession, *, platform: str, tenant: str) -> int | None:
    """Where there is one workspace, a tenant that may speak to us belongs to it. Run as ops."""
    only = await queries.only_workspace(session)
    if only is not None:
        await bind(session, workspace_id=only, platform=platform, tenant=tenant)
    return only


async def hold_enrolments(session: AsyncSession, *, workspace_id: int) -> None:
    """Let nobody else enrol or merge members until the end of the transaction."""
    await session.execute(_ENROL_LOCK, {"workspace_id": workspace_id})


async def enrol(session: AsyncSession, contact: Contact, *, workspace_id: int, is_provisional: bool) -> Person:
    """The member behind an account: the one who has it, else the one with its verified email, else a new one.

    Provisional: somebody else named the account, its owner has not been heard of yet.
    """
    await hold_enrolments(session, workspace_id=workspace_id)
    member_id = await _owner(session, contact, workspace_id) or await _new_member(
        session, contact, workspace_id, is_provisional
    )
    await _link(session, contact, workspace_id, member_id)
    return (await queries.people(session, [member_id], workspace_id=workspace_id))[member_id]


async def _owner(session: AsyncSession, contact: Contact, workspace_id: int) -> int | None:
    ids = [contact.remote_id, *contact.also]
    known = await queries.known(
        session, workspace_id=workspace_id, platform=contact.platform, tenant=contact.tenant, remote_ids=ids
    )
    if known:
        return next(known[remote_id].member_id for remote_id in ids if remote_id in known)
    if not contact.email:
        return None
    owner: int | None = await session.scalar(
        select(func.coalesce(Member.merged_into, Member.id))
        .join(Profile, (Profile.workspace_id == Member.workspace_id) & (Profile.member_id == Member.id))
        .where(Profile.workspace_id == workspace_id, Profile.email == contact.email.lower())
    )
    return owner


async def _new_member(session: AsyncSession, contact: Contact, workspace_id: int, is_provisional: bool) -> int:
    member_id = await session.scalar(
        insert(Member).values(workspace_id=workspace_id, is_provisional=is_provisional).returning(Member.id)
    )
    assert member_id is not None
    await session.execute(
        insert(Profile).values(
            workspace_id=workspace_id,
            member_id=member_id,
            display_name=clean_name(contact.name),
            email=contact.email.lower() if contact.email else None,
            locale=contact.locale,
            time_zone=contact.time_zone,
        )
    )
    return member_id


async def _link(session: AsyncSession, contact: Contact, workspace_id: int, member_id: int) -> None:
    rows = [
        {
            "workspace_id": workspace_id,
            "platform": contact.platform,
            "tenant": contact.tenant,
            "remote_id": remote_id,
            "member_id": member_id,
            "is_alias": remote_id != contact.remote_id,
        }
        for remote_id in dict.fromkeys([contact.remote_id, *contact.also])
    ]
    # An import may know an account by its alias alone; the first contact tells which id is the one to write to.
    linked = upsert(PlatformIdentity).values(rows)
    await session.execute(
        linked.on_conflict_do_update(
            index_elements=["workspace_id", "platform", "tenant", "remote_id"],
            set_={"is_alias": linked.excluded.is_alias},
            where=PlatformIdentity.is_alias.is_distinct_from(linked.excluded.is_alias),
        )
    )


async def greet(session: AsyncSession, person: Person, *, workspace_id: int, locale: str | None) -> Person:
    """A provisional member speaks: from now on a member like all."""
    await session.execute(
        update(Member)
        .where(Member.workspace_id == workspace_id, Member.id == person.member_id)
        .values(is_provisional=False)
    )
    await session.execute(
        update(Profile)
        .where(Profile.workspace_id == workspace_id, Profile.member_id == person.member_id)
        .values(locale=func.coalesce(Profile.locale, literal(locale)))
    )
    return person._replace(is_provisional=False, locale=person.locale or locale)


async def keep_place(
    session: AsyncSession,
    *,
    workspace_id: int,
    platform: str,
    tenant: str,
    remote_id: str,
    kind: str,
    name: str,
    reference: Mapping[str, Any],
    member_id: int | None,
    is_visited: bool = False,
) -> Conversation:
    """The row of a conversation, made or brought up to date; written at most once an hour if nothing changed.

    One that is only visited, because a member brought us into it, counts as one that we left until it is heard of otherwise.
    """
    place = upsert(Conversation).values(
        workspace_id=workspace_id,
        platform=platform,
        tenant=tenant,
        remote_id=remote_id,
        kind=kind,
        name=clean_name(name) if name else "",
        reference=dict(reference),
        member_id=member_id if kind == "personal" else None,
        is_gone=is_visited,
    )
    await session.execute(place.on_conflict_do_nothing() if is_visited else _up_to_date(place))
    rows = await queries.places(session, [(platform, tenant, remote_id)], workspace_id=workspace_id)
    return rows[0]


def _up_to_date(place: Insert) -> Insert:
    new = place.excluded
    changed = or_(
        Conversation.kind != new.kind,
        Conversation.reference != new.reference,
        (new.name != "") & (Conversation.name != new.name),
        Conversation.member_id.is_distinct_from(new.member_id),
        Conversation.is_gone,
        Conversation.heard_at < func.now() - text("interval '1 hour'"),
    )
    return place.on_conflict_do_update(
        constraint="uq_conversation_place",
        set_={
            "kind": new.kind,
            "reference": new.reference,
            "name": func.coalesce(func.nullif(new.name, ""), Conversation.name),
            "member_id": new.member_id,
            "is_gone": False,
            "heard_at": func.now(),
        },
        where=changed,
    )


async def connect(session: AsyncSession, conversation: Conversation, *, is_connected: bool) -> None:
    """Join a conversation to the workspace's cards, or take it out again."""
    await session.execute(
        update(Conversation)
        .where(Conversation.workspace_id == conversation.workspace_id, Conversation.id == conversation.id)
        .values(is_connected=is_connected)
    )


async def leave_place(session: AsyncSession, *, workspace_id: int, platform: str, tenant: str, remote_id: str) -> None:
    """The bot is no longer in a conversation, or (`remote_id` empty) in any of the tenant; nothing is sent there until it
    is heard of again."""
    left = update(Conversation).where(
        Conversation.workspace_id == workspace_id, Conversation.platform == platform, Conversation.tenant == tenant
    )
    if remote_id:
        left = left.where(Conversation.remote_id == remote_id)
    await session.execute(left.values(is_gone=True))


async def move_place(
    session: AsyncSession, *, workspace_id: int, platform: str, tenant: str, old: str, new: str
) -> None:
    """A conversation got a new id: its row and its binding move along, into the row of the new one where there is one."""
    values = {"workspace_id": workspace_id, "platform": platform, "tenant": tenant, "old": old, "new": new}
    for statement in _MOVE_PLACE:
        await session.execute(statement, values)


async def switch(
    session: AsyncSession, *, workspace_id: int, switched: Literal["takes_events", "sends_notices"], is_on: bool
) -> None:
    """Let a company take events or send notices, or not. Run as ops."""
    await session.execute(update(Workspace).where(Workspace.id == workspace_id).values({switched: is_on}))


async def make_admin(session: AsyncSession, member_id: int, *, workspace_id: int) -> None:
    await session.execute(
        update(Member)
        .where(Member.workspace_id == workspace_id, Member.id == member_id, ~Member.roles.contains(["admin"]))
        .values(roles=func.array_append(Member.roles, "admin"))
    )
