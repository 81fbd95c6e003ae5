"""What a member holds, as somebody reads it: what is secret stays so for whoever has not earned it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

LIST_MAX = 200


class Held(NamedTuple):
    """A badge of a collection. `times` counts standing awards; `holders` how many members have the badge, of `members`.

    Of a badge that is `is_hidden` from the reader only its time is told: the other fields are empty.
    """

    badge_id: int
    name: str
    description: str
    rarity: str
    color: str
    icon: str
    emoji: str
    points: int
    times: int
    first_at: datetime
    last_at: datetime
    is_showcased: bool
    is_hidden: bool
    holders: int
    members: int


_COLLECTION = text("""
WITH mine AS (
    SELECT badge_id, count(*) AS times, min(awarded_at) AS first_at, max(awarded_at) AS last_at
    FROM award WHERE workspace_id = :workspace_id AND member_id = :member_id AND revoked_at IS NULL GROUP BY badge_id
)
, page AS (
    SELECT badge.*, mine.times, mine.first_at, mine.last_at, shown.place,
           badge.is_secret AND NOT EXISTS (
               SELECT FROM award AS own WHERE own.workspace_id = :workspace_id AND own.badge_id = badge.id
               AND own.member_id = :reader_id AND own.revoked_at IS NULL) AS is_hidden
    FROM mine JOIN badge ON badge.workspace_id = :workspace_id AND badge.id = mine.badge_id
    LEFT JOIN award_showcase AS shown ON shown.workspace_id = :workspace_id AND shown.member_id = :member_id
         AND shown.badge_id = mine.badge_id
    ORDER BY shown.place NULLS LAST, mine.last_at DESC, badge.id DESC LIMIT :limit OFFSET :offset
)
SELECT id, name, coalesce(definition ->> 'description', '') AS description, rarity, coalesce(definition ->> 'color', '') AS color,
       coalesce(definition ->> 'icon', '') AS icon, coalesce(definition ->> 'emoji', '') AS emoji, points, times, first_at,
       last_at, place IS NOT NULL AS is_showcased, is_hidden,
       (SELECT count(DISTINCT award.member_id) FROM award
        JOIN member ON member.workspace_id = award.workspace_id AND member.id = award.member_id AND member.status <> 'left'
        WHERE award.workspace_id = :workspace_id AND award.badge_id = page.id AND award.revoked_at IS NULL) AS holders,
       (SELECT count(*) FROM member WHERE member.workspace_id = :workspace_id AND member.status <> 'left'
        AND member.merged_into IS NULL) AS members
FROM page ORDER BY place NULLS LAST, last_at DESC, id DESC
""")
_COUNT = text(
    "SELECT count(DISTINCT badge_id) FROM award WHERE workspace_id = :workspace_id AND member_id = :member_id"
    " AND revoked_at IS NULL"
)


async def collection(
    session: AsyncSession,
    *,
    workspace_id: int,
    member_id: int,
    reader_id: int,
    limit: int = LIST_MAX,
    offset: int = 0,
) -> Sequence[Held]:
    """What a member holds, showcased first, then latest first, as `reader_id` may see it."""
    values = {
        "workspace_id": workspace_id,
        "member_id": member_id,
        "reader_id": reader_id,
        "limit": limit,
        "offset": offset,
    }
    return [_seen(Held(*row)) for row in await session.execute(_COLLECTION, values)]


def _seen(held: Held) -> Held:
    """What may leave this module."""
    if not held.is_hidden:
        return held
    return Held(0, "", "", "", "", "", "", 0, 0, held.first_at, held.last_at, False, True, 0, held.members)


async def count(session: AsyncSession, *, workspace_id: int, member_id: int) -> int:
    """How many badges a member holds, each once however often it was given."""
    values = {"workspace_id": workspace_id, "member_id": member_id}
    return int((await session.execute(_COUNT, values)).scalar_one())
