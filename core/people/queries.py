"""Reads of people and places."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.database import Hot
from core.people.models import ACTIVE, LEFT, Binding, Conversation, Member, PlatformIdentity, Profile, Workspace


class Person(NamedTuple):
    """A member as commands need them. `name` is empty once the personal row is erased."""

    member_id: int
    name: str
    status: str
    roles: tuple[str, ...]
    is_provisional: bool
    locale: str | None
    time_zone: str | None

    @property
    def is_admin(self) -> bool:
        return "admin" in self.roles and self.status == ACTIVE

    @property
    def has_left(self) -> bool:
        return self.status == LEFT


class Line(NamedTuple):
    """Where a member can be reached in private. `remote_id` is empty when the chat has to be opened first."""

    member_id: int
    platform: str
    tenant: str
    person: str
    remote_id: str
    reference: Mapping[str, Any]

    @property
    def scope(self) -> str:
        """The conversation that messages on this line are paced with."""
        return f"{self.platform}:{self.tenant}:{self.remote_id or '@' + self.person}"

    @property
    def address(self) -> Mapping[str, Any]:
        """Where a message of the outbox goes that is for this member alone."""
        return {
            "platform": self.platform,
            "tenant": self.tenant,
            "remote_id": self.remote_id,
            "kind": "personal",
            "name": "",
            "reference": dict(self.reference),
            "person": self.person,
        }


_PERSON = (
    Member.id,
    func.coalesce(Profile.display_name, ""),
    Member.status,
    Member.roles,
    Member.is_provisional,
    Profile.locale,
    Profile.time_zone,
)
_OF_MEMBER = (Profile.workspace_id == Member.workspace_id) & (Profile.member_id == Member.id)

_KNOWN = (
    select(PlatformIdentity.remote_id, *_PERSON)
    .join(Member, (Member.workspace_id == PlatformIdentity.workspace_id) & (Member.id == PlatformIdentity.member_id))
    .outerjoin(Profile, _OF_MEMBER)
    .where(
        PlatformIdentity.workspace_id == bindparam("workspace_id"),
        PlatformIdentity.platform == bindparam("platform"),
        PlatformIdentity.tenant == bindparam("tenant"),
        PlatformIdentity.remote_id == func.any(bindparam("remote_ids")),
    )
)

# OFFSET 0 keeps the heir a column: behind row-level security no index is asked for the value of a coalesce.
_PEOPLE = Hot(
    "SELECT heirs.asked, member.id, coalesce(profile.display_name, ''), member.status, member.roles, member.is_provisional,"
    " profile.locale, profile.time_zone FROM (SELECT id AS asked, coalesce(merged_into, id) AS living FROM member"
    " WHERE workspace_id = :workspace_id AND id = ANY(CAST(:members AS bigint[])) OFFSET 0) AS heirs"
    " JOIN member ON member.workspace_id = :workspace_id AND member.id = heirs.living"
    " LEFT JOIN profile ON profile.workspace_id = member.workspace_id AND profile.member_id = member.id"
)

# One line a member: a private chat that they used, most recent first, else an account that can be written to unasked, else, for
# who is in no chat, their e-mail: its address stays in the profile, and the line says whose it is.
LINE_ROWS = (
    "(SELECT DISTINCT ON (identity.member_id) identity.member_id, identity.platform, identity.tenant, identity.remote_id AS person,"
    " coalesce(chat.remote_id, '') AS remote_id,"
    " coalesce(chat.reference, (SELECT reference FROM conversation AS any_chat WHERE any_chat.workspace_id = :workspace_id"
    " AND any_chat.platform = identity.platform AND any_chat.tenant = identity.tenant AND any_chat.reference <> '{}'"
    " ORDER BY heard_at DESC LIMIT 1), '{}') AS reference"
    " FROM identity LEFT JOIN conversation AS chat ON chat.workspace_id = identity.workspace_id"
    " AND chat.platform = identity.platform AND chat.tenant = identity.tenant AND chat.member_id = identity.member_id"
    " AND chat.kind = 'personal' AND NOT chat.is_gone"
    " WHERE identity.workspace_id = :workspace_id AND identity.member_id = ANY(:members) AND NOT identity.is_alias"
    " AND (chat.id IS NOT NULL OR identity.platform <> 'telegram')"
    " ORDER BY identity.member_id, chat.heard_at DESC NULLS LAST, identity.platform)"
    " UNION ALL SELECT profile.member_id, 'email', CAST(profile.workspace_id AS text), CAST(profile.member_id AS text), '', '{}'"
    " FROM profile WHERE profile.workspace_id = :workspace_id AND profile.member_id = ANY(:members)"
    " AND profile.email IS NOT NULL AND NOT EXISTS (SELECT FROM identity WHERE identity.workspace_id = profile.workspace_id"
    " AND identity.member_id = profile.member_id)"
)
_LINES = text(LINE_ROWS)

_ACCOUNTS = text(
    "SELECT member_id, remote_id FROM identity WHERE workspace_id = :workspace_id AND platform = :platform"
    " AND tenant = :tenant AND member_id = ANY(:members) AND NOT is_alias ORDER BY linked_at"
)


async def known(
    session: AsyncSession, *, workspace_id: int, platform: str, tenant: str, remote_ids: Sequence[str]
) -> Mapping[str, Person]:
    """Members behind accounts of one tenant, by remote id; accounts that nobody knows are missing."""
    values = {"workspace_id": workspace_id, "platform": platform, "tenant": tenant, "remote_ids": list(remote_ids)}
    rows = await session.execute(_KNOWN, values)
    return {row[0]: _person(row[1:]) for row in rows}


def _person(row: Sequence[Any]) -> Person:
    return Person(row[0], row[1], row[2], tuple(row[3]), row[4], row[5], row[6])


async def people(session: AsyncSession, member_ids: Sequence[int], *, workspace_id: int) -> Mapping[int, Person]:
    """Members by id; for one who was merged, the one who lives on."""
    rows = await _PEOPLE.all(session, {"workspace_id": workspace_id, "members": list(set(member_ids))})
    return {row[0]: _person(row[1:]) for row in rows}


async def in_group(session: AsyncSession, name: str, *, workspace_id: int, limit: int) -> Sequence[Person]:
    """Active members of a group of the company. Case, blanks, hyphens and underscores in its name do not matter."""
    same = text(
        "EXISTS (SELECT FROM unnest(profile.groups) AS held WHERE"
        " lower(regexp_replace(held, '[[:space:]_-]+', '', 'g')) = lower(regexp_replace(:name, '[[:space:]_-]+', '', 'g')))"
    )
    rows = await session.execute(
        select(*_PERSON)
        .join(Profile, _OF_MEMBER)
        .where(Member.workspace_id == workspace_id, Member.status != LEFT, Member.merged_into.is_(None), same)
        .order_by(Member.id)
        .limit(limit)
        .params(name=name)
    )
    return [_person(row) for row in rows]


async def accounts(
    session: AsyncSession, member_ids: Sequence[int], *, workspace_id: int, platform: str, tenant: str
) -> Mapping[int, str]:
    """The remote id of each member who has an account in a tenant."""
    values = {"workspace_id": workspace_id, "platform": platform, "tenant": tenant, "members": list(member_ids)}
    return {row.member_id: row.remote_id for row in await session.execute(_ACCOUNTS, values)}


async def aliases(session: AsyncSession, remote_ids: Sequence[str], *, workspace_id: int) -> Mapping[str, str]:
    """The second names of accounts by their first: in Teams the Entra object id, which its people pickers know."""
    other = aliased(PlatformIdentity)
    rows = await session.execute(
        select(PlatformIdentity.remote_id, other.remote_id)
        .join(
            other,
            (other.workspace_id == PlatformIdentity.workspace_id)
            & (other.platform == PlatformIdentity.platform)
            & (other.tenant == PlatformIdentity.tenant)
            & (other.member_id == PlatformIdentity.member_id)
            & other.is_alias,
        )
        .where(
            PlatformIdentity.workspace_id == workspace_id,
            PlatformIdentity.remote_id.in_(remote_ids),
            PlatformIdentity.is_alias.is_(False),
        )
    )
    return {row[0]: row[1] for row in rows}


async def lines(session: AsyncSession, member_ids: Sequence[int], *, workspace_id: int) -> Sequence[Line]:
    """The best private line to each member who has one."""
    rows = await session.execute(_LINES, {"workspace_id": workspace_id, "members": list(member_ids)})
    return [Line(*row) for row in rows]


async def email_of(session: AsyncSession, member_id: int, *, workspace_id: int) -> str:
    """Empty if there is none."""
    of_member = (Profile.workspace_id == workspace_id, Profile.member_id == member_id)
    return await session.scalar(select(Profile.email).where(*of_member)) or ""


async def workspace(session: AsyncSession, workspace_id: int) -> Workspace:
    return (await session.execute(select(Workspace).where(Workspace.id == workspace_id))).scalar_one()


async def workspace_of(session: AsyncSession, *, platform: str, tenant: str, remote_id: str) -> int | None:
    """The workspace that a tenant (or within it one conversation) is bound to. Read as ops."""
    rows = await session.execute(
        select(Binding.workspace_id, Binding.remote_id).where(
            Binding.platform == platform,
            Binding.tenant == tenant,
            or_(Binding.remote_id == "", Binding.remote_id == remote_id),
        )
    )
    return next((row.workspace_id for row in sorted(rows, key=lambda row: row.remote_id, reverse=True)), None)


async def only_workspace(session: AsyncSession) -> int | None:
    """The workspace of a server that has just one. Read as ops."""
    ids = (await session.scalars(select(Workspace.id).limit(2))).all()
    return ids[0] if len(ids) == 1 else None


async def has_admin(session: AsyncSession, *, workspace_id: int) -> bool:
    found = await session.scalar(
        select(Member.id)
        .where(Member.workspace_id == workspace_id, Member.roles.contains(["admin"]), Member.status == ACTIVE)
        .limit(1)
    )
    return found is not None


async def connected(session: AsyncSession, *, workspace_id: int) -> Sequence[Conversation]:
    """Conversations that get the cards of all chats."""
    rows = await session.scalars(
        select(Conversation)
        .where(Conversation.workspace_id == workspace_id, Conversation.is_connected, Conversation.is_gone.is_(False))
        .order_by(Conversation.id)
        .limit(100)
    )
    return rows.all()


async def rosters(
    session: AsyncSession, *, workspace_id: int, platform: str, tenant: str, limit: int
) -> Sequence[Conversation]:
    """Conversations whose members a platform may be asked for, one a team: connected ones first, then the latest heard of."""
    team = func.coalesce(Conversation.reference["team_id"].astext, Conversation.remote_id)
    one_each = (
        select(Conversation.id)
        .where(
            Conversation.workspace_id == workspace_id,
            Conversation.platform == platform,
            Conversation.tenant == tenant,
            Conversation.kind != "personal",
            Conversation.is_gone.is_(False),
        )
        .distinct(team)
        .order_by(team, Conversation.is_connected.desc(), Conversation.heard_at.desc())
    )
    rows = await session.scalars(
        select(Conversation)
        .where(Conversation.workspace_id == workspace_id, Conversation.id.in_(one_each))
        .order_by(Conversation.is_connected.desc(), Conversation.heard_at.desc(), Conversation.id)
        .limit(limit)
    )
    return rows.all()


async def places(
    session: AsyncSession, keys: Sequence[tuple[str, str, str]], *, workspace_id: int
) -> Sequence[Conversation]:
    """Conversations by (platform, tenant, remote id)."""
    rows = await session.scalars(
        select(Conversation).where(
            Conversation.workspace_id == workspace_id,
            tuple_(Conversation.platform, Conversation.tenant, Conversation.remote_id).in_(keys),
        )
    )
    return rows.all()


async def public_id(session: AsyncSession, member_id: int, *, workspace_id: int) -> UUID:
    """By which a member is known outside: on pages, and on sealed lists."""
    found = await session.execute(
        select(Member.public_id).where(Member.workspace_id == workspace_id, Member.id == member_id)
    )
    return found.scalar_one()
