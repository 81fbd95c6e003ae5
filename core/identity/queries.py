"""Reads of identity."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.identity.models import Link
from core.people.models import Member, PlatformIdentity
from core.people.queries import Line


class History(NamedTuple):
    """What a member brings along: whole points they can spend, kudos they gave and received that stand."""

    points: int
    kudos: int

    def __bool__(self) -> bool:
        return any(self)


_LINE = text(
    "SELECT identity.member_id, identity.platform, identity.tenant, identity.remote_id AS person,"
    " coalesce(chat.remote_id, CASE identity.platform WHEN 'telegram' THEN identity.remote_id ELSE '' END) AS remote_id,"
    " coalesce(chat.reference, (SELECT reference FROM conversation AS any_chat WHERE any_chat.workspace_id = :workspace_id"
    " AND any_chat.platform = identity.platform AND any_chat.tenant = identity.tenant AND any_chat.reference <> '{}'"
    " ORDER BY heard_at DESC LIMIT 1), '{}') AS reference"
    " FROM identity LEFT JOIN conversation AS chat ON chat.workspace_id = identity.workspace_id"
    " AND chat.platform = identity.platform AND chat.tenant = identity.tenant AND chat.member_id = identity.member_id"
    " AND chat.kind = 'personal' AND NOT chat.is_gone"
    " AND (identity.platform <> 'telegram' OR chat.remote_id = identity.remote_id)"
    " WHERE identity.workspace_id = :workspace_id AND identity.member_id = :member_id AND identity.platform = :platform"
    " AND identity.tenant = :tenant AND identity.remote_id = :remote_id ORDER BY chat.heard_at DESC NULLS LAST LIMIT 1"
)

_HISTORY = text(
    "SELECT coalesce((SELECT sum(balance) FROM account WHERE workspace_id = :workspace_id AND member_id = :member_id"
    " AND kind = 'earned'), 0)::bigint AS points,"
    " (SELECT count(*) FROM kudos WHERE workspace_id = :workspace_id AND giver_id = :member_id AND undone_at IS NULL)"
    " + (SELECT count(*) FROM kudos_receiver JOIN kudos ON kudos.workspace_id = kudos_receiver.workspace_id"
    " AND kudos.id = kudos_receiver.kudos_id WHERE kudos_receiver.workspace_id = :workspace_id"
    " AND kudos_receiver.member_id = :member_id AND kudos.undone_at IS NULL) AS kudos"
)


async def get(session: AsyncSession, link_id: int, *, workspace_id: int) -> Link | None:
    found: Link | None = await session.scalar(select(Link).where(Link.workspace_id == workspace_id, Link.id == link_id))
    return found


async def living(session: AsyncSession, member_id: int, *, workspace_id: int) -> int:
    """The member, or the one they were merged into."""
    found = await session.scalar(
        select(func.coalesce(Member.merged_into, Member.id)).where(
            Member.workspace_id == workspace_id, Member.id == member_id
        )
    )
    return member_id if found is None else int(found)


async def elder(session: AsyncSession, member_ids: Sequence[int], *, workspace_id: int) -> int:
    """Of members the one who was there first: into whom a merge would merge the others."""
    found = await session.scalar(
        select(Member.id)
        .where(Member.workspace_id == workspace_id, Member.id.in_(member_ids))
        .order_by(Member.created_at, Member.id)
        .limit(1)
    )
    assert found is not None
    return int(found)


async def statuses(session: AsyncSession, member_ids: Sequence[int], *, workspace_id: int) -> Sequence[str]:
    rows = await session.scalars(
        select(Member.status).where(Member.workspace_id == workspace_id, Member.id.in_(member_ids))
    )
    return rows.all()


async def owner(session: AsyncSession, *, workspace_id: int, platform: str, tenant: str, remote_id: str) -> int | None:
    """The member whose account it is."""
    found: int | None = await session.scalar(
        select(PlatformIdentity.member_id).where(
            PlatformIdentity.workspace_id == workspace_id,
            PlatformIdentity.platform == platform,
            PlatformIdentity.tenant == tenant,
            PlatformIdentity.remote_id == remote_id,
        )
    )
    return found


async def line(
    session: AsyncSession, *, member_id: int, workspace_id: int, platform: str, tenant: str, remote_id: str
) -> Line | None:
    """Where one account of a member can be written to in private; None if it is not theirs."""
    values = {"workspace_id": workspace_id, "member_id": member_id, "platform": platform, "tenant": tenant}
    row = (await session.execute(_LINE, {**values, "remote_id": remote_id})).first()
    return Line(*row) if row else None


async def history(session: AsyncSession, member_id: int, *, workspace_id: int) -> History:
    values = {"workspace_id": workspace_id, "member_id": member_id}
    return History(*(await session.execute(_HISTORY, values)).one())
