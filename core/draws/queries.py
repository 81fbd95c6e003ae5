"""Reads of draws."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.draws import sealing
from core.draws.lottery import FORMAT
from core.draws.models import DRAWN, FROZEN, NAME_MAX, OPEN, PAID, Draw

LIST_MAX = 20


class Winner(NamedTuple):
    """A rank of a draw. `member_id` is who lives on of the entrant; `prize` None for a reserve, or who was `passed_over`."""

    rank: int
    member_id: int
    prize: int | None
    passed_over: str | None


_ENTRANTS = text("""
SELECT draw_entrant.draw_id, count(DISTINCT coalesce(member.merged_into, member.id)) FROM draw_entrant
JOIN member ON member.workspace_id = draw_entrant.workspace_id AND member.id = draw_entrant.member_id
WHERE draw_entrant.workspace_id = :workspace_id AND draw_entrant.draw_id = ANY(CAST(:draws AS bigint[])) GROUP BY 1
""")
_JOINED_BY = text("""
SELECT DISTINCT draw_entrant.draw_id FROM draw_entrant
JOIN member ON member.workspace_id = draw_entrant.workspace_id AND member.id = draw_entrant.member_id
WHERE draw_entrant.workspace_id = :workspace_id AND draw_entrant.draw_id = ANY(CAST(:draws AS bigint[]))
  AND coalesce(member.merged_into, member.id) = :member_id
""")
_RANKS = text("""
SELECT draw_result.rank, coalesce(draw_result.paid_to, member.merged_into, member.id), draw_result.prize, draw_result.passed_over
FROM draw_result JOIN member ON member.workspace_id = draw_result.workspace_id AND member.id = draw_result.entrant_id
WHERE draw_result.workspace_id = :workspace_id AND draw_result.draw_id = :draw_id ORDER BY draw_result.rank LIMIT :limit
""")
_RESULT = text("""
SELECT draw_result.rank, member.public_id FROM draw_result
JOIN member ON member.workspace_id = draw_result.workspace_id AND member.id = draw_result.entrant_id
WHERE draw_result.workspace_id = :workspace_id AND draw_result.draw_id = :draw_id ORDER BY draw_result.rank
""")


async def get(session: AsyncSession, draw_id: int, *, workspace_id: int) -> Draw | None:
    found: Draw | None = await session.scalar(
        select(Draw)
        .where(Draw.workspace_id == workspace_id, Draw.id == draw_id)
        .execution_options(populate_existing=True)
    )
    return found


async def by_public_id(session: AsyncSession, public_id: UUID) -> Draw | None:
    """Of every workspace; run as ops."""
    found: Draw | None = await session.scalar(select(Draw).where(Draw.public_id == public_id))
    return found


async def named(session: AsyncSession, name: str, *, workspace_id: int) -> Draw | None:
    """The draw of a name, without regard to case: one that can be joined, else the latest. Without a name the latest of all."""
    found = select(Draw).where(Draw.workspace_id == workspace_id)
    if name:
        found = found.where(func.lower(Draw.name) == func.lower(name.strip()[:NAME_MAX]))
    found = found.order_by((Draw.is_opt_in & (Draw.state == OPEN)).desc(), Draw.opened_at.desc(), Draw.id.desc())
    draw: Draw | None = await session.scalar(found.limit(1))
    return draw


async def list_draws(session: AsyncSession, *, workspace_id: int, limit: int = LIST_MAX) -> Sequence[Draw]:
    """Draws that go on, those that are open first; then the latest that are over."""
    going_on = Draw.state.in_((OPEN, FROZEN, DRAWN))
    rows = await session.scalars(
        select(Draw)
        .where(Draw.workspace_id == workspace_id)
        .order_by(going_on.desc(), (Draw.state == OPEN).desc(), Draw.opened_at.desc(), Draw.id.desc())
        .limit(limit)
    )
    return rows.all()


async def count_entrants(session: AsyncSession, draws: Sequence[Draw], *, workspace_id: int) -> Mapping[int, int]:
    """How many have joined each of the draws, by id; those that nobody joined are missing."""
    values = {"workspace_id": workspace_id, "draws": [draw.id for draw in draws]}
    return {row[0]: row[1] for row in await session.execute(_ENTRANTS, values)}


async def joined_by(
    session: AsyncSession, draw_ids: Sequence[int], member_id: int, *, workspace_id: int
) -> frozenset[int]:
    """Which of the draws a member has joined."""
    values = {"workspace_id": workspace_id, "draws": list(draw_ids), "member_id": member_id}
    return frozenset((await session.execute(_JOINED_BY, values)).scalars())


async def winners(session: AsyncSession, draw: Draw, *, limit: int) -> Sequence[Winner]:
    """The first ranks of a draw."""
    values = {"workspace_id": draw.workspace_id, "draw_id": draw.id, "limit": limit}
    return [Winner(*row) for row in await session.execute(_RANKS, values)]


async def record(session: AsyncSession, draw: Draw) -> dict[str, Any] | None:
    """What anybody can recompute a draw from (core.draws.proof), as JSON. None before it is drawn: the seed is secret."""
    if draw.state not in {DRAWN, PAID}:
        return None
    assert draw.seed is not None
    assert draw.commitment is not None
    assert draw.list_hash is not None
    sealed = await sealing.entrants(session, draw.id, workspace_id=draw.workspace_id)
    rows = await session.execute(_RESULT, {"workspace_id": draw.workspace_id, "draw_id": draw.id})
    return {
        "format": FORMAT,
        "draw": str(draw.public_id),
        "name": draw.name,
        "winners": draw.winners,
        "reserves": draw.reserves,
        "entrants": sealed.decode(),
        "list_hash": draw.list_hash.hex(),
        "commitment": draw.commitment.hex(),
        "seed": draw.seed.hex(),
        "result": [[row.rank, str(row.public_id)] for row in rows],
    }
