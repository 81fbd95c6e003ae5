"""The one statement that awards a badge to everybody a query finds, and what it came to."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import CTE, BigInteger, Select, case, func, literal, select, text, true
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by, insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.models import Award, AwardGuard, Badge
from core.badges.service import Terms
from core.rules.asking import Asked
from core.rules.candidates import free_at

TOGETHER_MAX = 50
"""As many awards of one evaluation stand on one card. When there are more each is an act of its own, and the card tells how many."""


class Given(NamedTuple):
    """Awards that one statement made: how many, the ids between which they are, and the act if they are one.

    `members` are told as long as they are one act; `undone` had their guard moved and got nothing, as somebody else was quicker.
    """

    many: int
    first: int
    last: int
    act_id: int | None
    members: list[int]
    undone: list[int]


async def give(
    session: AsyncSession, found: Select[Any], *, badge: Badge, terms: Terms, asked: Asked, why: Mapping[str, Any]
) -> Given:
    """Award a badge to everybody whom `found` (core.rules.candidates) finds; its guards and keys have the last word."""
    candidate = found.cte("candidate")
    guarded = _guarded(candidate, badge, terms, asked)
    act = select(_next_id().label("id"), select(func.count()).select_from(guarded).scalar_subquery().label("many")).cte(
        "act"
    )
    awarded = _awarded(candidate, guarded, act, badge, terms, why)
    row = (await session.execute(_counted(guarded, awarded, act))).one()
    return Given(row.made, row.first or 0, row.last or 0, row.act_id, row.members or [], row.undone or [])


def _next_id() -> Any:
    return func.nextval(func.pg_get_serial_sequence("award", "id"))


def _guarded(candidate: CTE, badge: Badge, terms: Terms, asked: Asked) -> CTE:
    """The guard is locked first, in the order of members: who comes second finds out here, and then at the award's key."""
    rows = select(
        literal(badge.workspace_id, BigInteger),
        literal(badge.id, BigInteger),
        candidate.c.member_id,
        literal(asked.now),
    ).order_by(candidate.c.member_id)
    guard = insert(AwardGuard).from_select(["workspace_id", "badge_id", "member_id", "last_at"], rows)
    moved = guard.on_conflict_do_update(
        index_elements=["workspace_id", "badge_id", "member_id"],
        set_={"last_at": func.greatest(AwardGuard.last_at, guard.excluded.last_at)},
        where=None if terms.gap.is_none else free_at(terms) <= asked.now,
    )
    return moved.returning(AwardGuard.member_id, AwardGuard.last_at).cte("guarded")


def _awarded(candidate: CTE, guarded: CTE, act: CTE, badge: Badge, terms: Terms, why: Mapping[str, Any]) -> CTE:
    told = literal(dict(why), JSONB).op("||")(func.jsonb_build_object("rules", candidate.c.rules))
    rows = (
        select(
            literal(badge.workspace_id, BigInteger),
            case((act.c.many <= TOGETHER_MAX, act.c.id), else_=_next_id()),
            literal(badge.id, BigInteger),
            guarded.c.member_id,
            literal(terms.period_key),
            literal(badge.points, BigInteger),
            told.op("||")(candidate.c.more),
            guarded.c.last_at,
        )
        .select_from(guarded.join(candidate, candidate.c.member_id == guarded.c.member_id).join(act, true()))
        .order_by(guarded.c.member_id)
    )
    columns = ["workspace_id", "act_id", "badge_id", "member_id", "period", "points", "why", "awarded_at"]
    once = insert(Award).from_select(columns, rows)
    once = once.on_conflict_do_nothing(
        index_elements=["workspace_id", "badge_id", "member_id", "period"], index_where=text("revoked_at IS NULL")
    )
    return once.returning(Award.id, Award.member_id).cte("awarded")


def _counted(guarded: CTE, awarded: CTE, act: CTE) -> Select[Any]:
    is_one = act.c.many <= TOGETHER_MAX
    members = func.array_agg(aggregate_order_by(awarded.c.member_id, awarded.c.member_id))
    undone = (
        select(func.array_agg(guarded.c.member_id))
        .select_from(guarded.outerjoin(awarded, awarded.c.member_id == guarded.c.member_id))
        .where(awarded.c.id.is_(None))
    )
    return select(
        select(func.count()).select_from(awarded).scalar_subquery().label("made"),
        select(func.min(awarded.c.id)).scalar_subquery().label("first"),
        select(func.max(awarded.c.id)).scalar_subquery().label("last"),
        select(case((is_one, act.c.id))).scalar_subquery().label("act_id"),
        select(members).where(select(is_one).scalar_subquery()).scalar_subquery().label("members"),
        undone.scalar_subquery().label("undone"),
    )
