"""What a certificate of an award says."""

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


class Certificate(NamedTuple):
    """`name` is the holder's, `locale` the language they read, or their company's; `time_zone` the company's."""

    public_id: uuid.UUID
    member_id: int
    name: str
    badge: str
    emoji: str
    color: str
    rarity: str
    points: int
    awarded_at: datetime
    locale: str
    time_zone: str


_CERTIFICATE = """
SELECT award.public_id, award.member_id, profile.display_name, badge.name, coalesce(badge.definition ->> 'emoji', ''),
       coalesce(badge.definition ->> 'color', ''), badge.rarity, award.points, award.awarded_at, coalesce(profile.locale, workspace.locale),
       workspace.time_zone
FROM award
JOIN badge ON badge.workspace_id = award.workspace_id AND badge.id = award.badge_id
JOIN profile ON profile.workspace_id = award.workspace_id AND profile.member_id = award.member_id
JOIN workspace ON workspace.id = award.workspace_id
WHERE award.revoked_at IS NULL AND
"""
_BY_ID = text(f"{_CERTIFICATE} award.workspace_id = :workspace_id AND award.id = :award_id")
_BY_PUBLIC_ID = text(f"{_CERTIFICATE} award.public_id = :public_id")


async def get(session: AsyncSession, award_id: int, *, workspace_id: int) -> Certificate | None:
    """None: there is no such award, it was taken back, or its holder was erased."""
    return await _one(session, _BY_ID, workspace_id=workspace_id, award_id=award_id)


async def shown(session: AsyncSession, public_id: uuid.UUID) -> Certificate | None:
    """Whoever was given the public id may see it. Run as ops: it tells no workspace."""
    return await _one(session, _BY_PUBLIC_ID, public_id=public_id)


async def _one(session: AsyncSession, statement: Any, **values: Any) -> Certificate | None:
    row = (await session.execute(statement, values)).first()
    return Certificate(*row) if row else None
