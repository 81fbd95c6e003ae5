"""What operators ask about people and places: who is meant, and how many there are. Read as ops."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

WORKSPACES_MAX = 100


class Home(NamedTuple):
    workspace_id: int
    name: str


class Census(NamedTuple):
    """Admins are active ones; `connected` counts the conversations, by platform, that get the cards of all chats."""

    workspaces: int
    members: int
    admins: int
    connected: Mapping[str, int]


# Replicas that start together on a new database: the second waits, and then finds the first one's workspace.
_HOLD = text("SELECT pg_advisory_xact_lock(hashtext('plaudit workspaces'))")
_WORKSPACES = text("SELECT id, name FROM workspace ORDER BY id LIMIT :limit")

_BY_EMAIL = text(
    "SELECT coalesce(member.merged_into, member.id) FROM profile"
    " JOIN member ON member.workspace_id = profile.workspace_id AND member.id = profile.member_id"
    " WHERE profile.workspace_id = :workspace_id AND profile.email = lower(:email)"
)

_CENSUS = text(
    "SELECT (SELECT count(*) FROM workspace) AS workspaces,"
    " (SELECT count(*) FROM member WHERE merged_into IS NULL AND status <> 'left') AS members,"
    " (SELECT count(*) FROM member WHERE 'admin' = ANY(roles) AND status = 'active' AND merged_into IS NULL) AS admins,"
    " (SELECT coalesce(jsonb_object_agg(platform, total), '{}') FROM (SELECT platform, count(*) AS total FROM conversation"
    " WHERE is_connected AND NOT is_gone GROUP BY platform) AS per_platform) AS connected"
)


async def hold_workspaces(session: AsyncSession) -> None:
    """Let nobody else found a workspace until the end of the transaction."""
    await session.execute(_HOLD)


async def workspaces(session: AsyncSession) -> Sequence[Home]:
    rows = await session.execute(_WORKSPACES, {"limit": WORKSPACES_MAX})
    return [Home(*row) for row in rows]


async def by_email(session: AsyncSession, email: str, *, workspace_id: int) -> int | None:
    """The member with an address, the one who lives on if they were merged."""
    found: int | None = await session.scalar(_BY_EMAIL, {"workspace_id": workspace_id, "email": email})
    return found


async def census(session: AsyncSession) -> Census:
    return Census(*(await session.execute(_CENSUS)).one())
