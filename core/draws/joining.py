"""Taking part in a draw that members join, and taking part no more."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.draws import announce
from core.draws.eligible import may_enter
from core.draws.models import Draw
from core.draws.service import DrawClosed, DrawJoined, DrawNotForYou, DrawNotJoined
from core.people.models import Member, Profile
from core.people.queries import Person

# Whoever joins holds the draw, so that it is not frozen between this look and the row; the database's clock decides.
_JOIN = text("""
WITH open_draw AS (
    SELECT id FROM draw WHERE workspace_id = :workspace_id AND id = :draw_id AND state = 'open' AND is_opt_in
    AND closes_at > clock_timestamp() FOR SHARE
)
INSERT INTO draw_entrant (workspace_id, draw_id, member_id) SELECT :workspace_id, id, :member_id FROM open_draw
WHERE NOT EXISTS (
    SELECT FROM draw_entrant JOIN member ON member.workspace_id = draw_entrant.workspace_id AND member.id = draw_entrant.member_id
    WHERE draw_entrant.workspace_id = :workspace_id AND draw_entrant.draw_id = :draw_id AND member.merged_into = :member_id)
ON CONFLICT DO NOTHING RETURNING draw_id
""")
_LEAVE = text("""
WITH open_draw AS (
    SELECT id FROM draw WHERE workspace_id = :workspace_id AND id = :draw_id AND state = 'open' AND is_opt_in
    AND closes_at > clock_timestamp() FOR SHARE
)
DELETE FROM draw_entrant USING open_draw, member
WHERE draw_entrant.workspace_id = :workspace_id AND draw_entrant.draw_id = open_draw.id
  AND member.workspace_id = :workspace_id AND member.id = draw_entrant.member_id
  AND coalesce(member.merged_into, member.id) = :member_id RETURNING draw_id
""")
_IS_OPEN = text(
    "SELECT 1 FROM draw WHERE workspace_id = :workspace_id AND id = :draw_id AND state = 'open' AND is_opt_in"
    " AND closes_at > clock_timestamp()"
)


async def join(
    session: AsyncSession,
    *,
    draw: Draw,
    member: Person,
    also: ColumnElement[bool] | None = None,
    now: datetime,
) -> None:
    """Take part in a draw, once. `also` is what its prize asks of a member. Raises DrawNotForYou, DrawClosed, DrawJoined."""
    await _require_open(session, draw, member)
    fits = (
        select(Member.id)
        .outerjoin(Profile, (Profile.workspace_id == Member.workspace_id) & (Profile.member_id == Member.id))
        .where(Member.workspace_id == draw.workspace_id, Member.id == member.member_id)
        .where(may_enter(draw, also=also, now=now))
    )
    if (await session.execute(fits)).first() is None:
        raise DrawNotForYou(draw=draw.name)
    if (await session.execute(_JOIN, _of(draw, member))).first() is None:
        await _require_open(session, draw, member)
        raise DrawJoined(draw=draw.name)
    await announce.changed(session, draw)


async def leave(session: AsyncSession, *, draw: Draw, member: Person) -> None:
    """Take part no more. Raises DrawClosed, DrawNotJoined."""
    if (await session.execute(_LEAVE, _of(draw, member))).first() is None:
        await _require_open(session, draw, member)
        raise DrawNotJoined(draw=draw.name)
    await announce.changed(session, draw)


def _of(draw: Draw, member: Person) -> dict[str, Any]:
    return {"workspace_id": draw.workspace_id, "draw_id": draw.id, "member_id": member.member_id}


async def _require_open(session: AsyncSession, draw: Draw, member: Person) -> None:
    values = {"workspace_id": draw.workspace_id, "draw_id": draw.id}
    if (await session.execute(_IS_OPEN, values)).first() is None:
        raise DrawClosed(draw=draw.name)
    if member.has_left:
        raise DrawNotForYou(draw=draw.name)
