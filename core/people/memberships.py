"""Which of several workspaces the private chat of an account belongs to, on a platform without tenants."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.people.models import PlatformIdentity, Workspace


class Membership(NamedTuple):
    """A workspace that knows an account; `chosen_at` is when its owner last said that it is meant in private chats."""

    workspace_id: int
    name: str
    chosen_at: datetime | None


async def of_account(
    session: AsyncSession, *, platform: str, tenant: str, remote_id: str, limit: int = 20
) -> Sequence[Membership]:
    """The workspaces that know an account: the one chosen last first, then those linked last. Read as ops."""
    rows = await session.execute(
        select(Workspace.id, Workspace.name, PlatformIdentity.chosen_at)
        .join(PlatformIdentity, PlatformIdentity.workspace_id == Workspace.id)
        .where(
            PlatformIdentity.platform == platform,
            PlatformIdentity.tenant == tenant,
            PlatformIdentity.remote_id == remote_id,
        )
        .order_by(PlatformIdentity.chosen_at.desc().nulls_last(), PlatformIdentity.linked_at.desc())
        .limit(limit)
    )
    return [Membership._make(row) for row in rows]


async def choose(session: AsyncSession, *, workspace_id: int, platform: str, tenant: str, remote_id: str) -> None:
    """The private chat of an account belongs to this workspace from now on."""
    await session.execute(
        update(PlatformIdentity)
        .where(
            PlatformIdentity.workspace_id == workspace_id,
            PlatformIdentity.platform == platform,
            PlatformIdentity.tenant == tenant,
            PlatformIdentity.remote_id == remote_id,
        )
        .values(chosen_at=func.clock_timestamp())
    )
