"""The one statement that awards badges to everybody whom queries find, and what it came to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by, insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.models import Award, AwardGuard, Badge
from core.rules.asking import Asked
from core.rules.candidates import Wanted, candidates, free_at

TOGETHER_MAX = 50
"""As many awards of one evaluation stand on one card. When there are more each is an act of its own, and the card tells how many."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A badge to award to whoever meets what is asked; `why` is what all of its awards tell of their origin."""

    badge: Badge
    wanted: Wanted
    asked: Asked
    why: Mapping[str, Any]


class Given(NamedTuple):
    """Awards of one badge that a statement made: how many, between which ids, and the act if they are one.

    `members` are told as long as they are one act.
    """

    badge_id: int
    many: int
    first: int
    last: int
    act_id: int | None
    members: Sequence[int]


class Outcome(NamedTuple):
    """`undone` are (badge, member) whose guard was moved and who got nothing, as somebody else was quicker."""

    given: Sequence[Given]
    undone: Sequence[tuple[int, int]]


async def give(session: AsyncSession, grants: Sequence[Grant]) -> Outcome:
    """Award badges to everybody who may have them; their guards and keys have the last word.

    All guards are locked before anything else of anybody, in the order of badges and members, as a merge and an award by hand
    lock them: two that award several badges at once never wait for each other in a circle.
    """
    candidate = union_all(*(_rows(grant) for grant in sorted(grants, key=lambda grant: grant.badge.id))).cte(
        "candidate"
    )
    guarded = _guarded(candidate, grants)
    act = _acts(guarded)
    awarded = _awarded(candidate, guarded, act, grants[0].asked)
    rows = (await session.execute(_counted(guarded, awarded, act))).all()
    given = [
        Given(row.badge_id, row.many, row.first, row.last, row.act_id, row.members or ()) for row in rows if row.many
    ]
    undone = [(badge_id, member_id) for badge_id, member_id in (rows[0].undone or ())] if rows else []
    return Outcome(given, undone)


def _rows(grant: Grant) -> Select[Any]:
    found = candidates(grant.wanted, grant.asked).subquery()
    why = (
        literal(dict(grant.why), JSONB).op("||")(func.jsonb_build_object("rules", found.c.rules)).op("||")(found.c.more)
    )
    return select(
        literal(grant.badge.id, BigInteger).label("badge_id"),
        found.c.member_id,
        literal(grant.wanted.terms.period_key, Text).label("period"),
        literal(grant.badge.points, BigInteger).label("points"),
        why.label("why"),
    )


def _guarded(candidate: CTE, grants: Sequence[Grant]) -> CTE:
    asked = grants[0].asked
    rows = select(
        literal(asked.workspace_id, BigInteger), candidate.c.badge_id, candidate.c.member_id, literal(asked.now)
    ).order_by(candidate.c.badge_id, candidate.c.member_id)
    guard = insert(AwardGuard).from_select(["workspace_id", "badge_id", "member_id", "last_at"], rows)
    moved = guard.on_conflict_do_update(
        index_elements=["workspace_id", "badge_id", "member_id"],
        set_={"last_at": func.greatest(AwardGuard.last_at, guard.excluded.last_at)},
        where=_is_free(grants),
    )
    return moved.returning(AwardGuard.badge_id, AwardGuard.member_id, AwardGuard.last_at).cte("guarded")


def _is_free(grants: Sequence[Grant]) -> ColumnElement[bool] | None:
    """Whether the limits that roll let go of a guard; None where no badge has any."""
    limited = [grant for grant in grants if not grant.wanted.terms.gap.is_none]
    if not limited:
        return None
    others = AwardGuard.badge_id.not_in([grant.badge.id for grant in limited])
    return or_(
        others,
        *(
            and_(AwardGuard.badge_id == grant.badge.id, free_at(grant.wanted.terms) <= grant.asked.now)
            for grant in limited
        ),
    )


def _next_id() -> Any:
    return func.nextval(func.pg_get_serial_sequence("award", "id"))


def _acts(guarded: CTE) -> CTE:
    counted = select(guarded.c.badge_id, func.count().label("many")).group_by(guarded.c.badge_id).subquery()
    return select(counted.c.badge_id, counted.c.many, _next_id().label("id")).cte("act")


def _awarded(candidate: CTE, guarded: CTE, act: CTE, asked: Asked) -> CTE:
    is_theirs = (candidate.c.badge_id == guarded.c.badge_id) & (candidate.c.member_id == guarded.c.member_id)
    rows = (
        select(
            literal(asked.workspace_id, BigInteger),
            case((act.c.many <= TOGETHER_MAX, act.c.id), else_=_next_id()),
            guarded.c.badge_id,
            guarded.c.member_id,
            candidate.c.period,
            candidate.c.points,
            candidate.c.why,
            guarded.c.last_at,
        )
        .select_from(guarded.join(candidate, is_theirs).join(act, act.c.badge_id == guarded.c.badge_id))
        .order_by(guarded.c.badge_id, guarded.c.member_id)
    )
    columns = ["workspace_id", "act_id", "badge_id", "member_id", "period", "points", "why", "awarded_at"]
    once = insert(Award).from_select(columns, rows)
    once = once.on_conflict_do_nothing(
        index_elements=["workspace_id", "badge_id", "member_id", "period"], index_where=text("revoked_at IS NULL")
    )
    return once.returning(Award.id, Award.badge_id, Award.member_id).cte("awarded")


def _counted(guarded: CTE, awarded: CTE, act: CTE) -> Select[Any]:
    """A row for each badge; the pairs that came to nothing are looked for only if there are any."""
    is_one = act.c.many <= TOGETHER_MAX
    pairs = select(func.jsonb_agg(func.jsonb_build_array(guarded.c.badge_id, guarded.c.member_id))).where(
        tuple_(guarded.c.badge_id, guarded.c.member_id).not_in(select(awarded.c.badge_id, awarded.c.member_id))
    )
    locked, made = select(func.count()).select_from(guarded), select(func.count()).select_from(awarded)
    is_short = locked.scalar_subquery() > made.scalar_subquery()
    members = func.array_agg(aggregate_order_by(awarded.c.member_id, awarded.c.member_id)).filter(is_one)
    return (
        select(
            act.c.badge_id,
            func.count(awarded.c.id).label("many"),
            func.min(awarded.c.id).label("first"),
            func.max(awarded.c.id).label("last"),
            case((is_one, act.c.id)).label("act_id"),
            members.label("members"),
            case((is_short, pairs.scalar_subquery())).label("undone"),
        )
        .select_from(act.outerjoin(awarded, awarded.c.badge_id == act.c.badge_id))
        .group_by(act.c.badge_id, act.c.id, act.c.many)
        .order_by(act.c.badge_id)
    )
