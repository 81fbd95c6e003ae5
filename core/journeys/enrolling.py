"""Who sets out on a journey: one statement for one member and for a whole company."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Text, case, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningInsert

from core.badges.checks import effective_at, zone_of
from core.badges.models import Award
from core.journeys import announce
from core.journeys.eligible import Asking, chosen_by
from core.journeys.facts import Trail
from core.journeys.models import AUTO, RULE, SELF, Journey
from core.people.models import Member, Workspace
from core.rules.candidates import CHOOSING

SHOWN_MAX = 50
"""As many of those who were enrolled are told by their ids."""
QUIET = (SELF, AUTO)
"""Who sets out like this is told nothing by itself: the first have their answer, the others hear of their first step."""


class Enrolled(NamedTuple):
    """How many set out, and who, as long as they are few."""

    many: int
    members: Sequence[int]


def is_automatic(trail: Trail) -> bool:
    """Whether members set out without being asked."""
    rules = trail.definition.rules
    return not any(isinstance(rule, CHOOSING) for rule in rules) and (trail.definition.auto_enroll or bool(rules))


def automatic(trail: Trail, members: Sequence[int] | None = None) -> Asking:
    return Asking(AUTO if trail.definition.auto_enroll else RULE, members)


async def plan(session: AsyncSession, trail: Trail, asking: Asking, *, workspace: Workspace, now: datetime) -> Enrolled:
    """What `enrol` would do."""
    found = (await chosen_by(session, trail, asking, workspace=workspace, now=now)).subquery()
    many = await session.scalar(select(func.count()).select_from(found)) or 0
    first = await session.scalars(select(found.c.member_id).order_by(found.c.member_id).limit(SHOWN_MAX))
    return Enrolled(many, first.all())


async def enrol(
    session: AsyncSession, trail: Trail, asking: Asking, *, workspace: Workspace, now: datetime
) -> Enrolled:
    """Let everybody set out who may and is not on the way; whoever has the badge for good, or may not have it again yet, is left
    out. When the badge is open is not asked here."""
    new = (await _insert(session, trail, asking, workspace, now)).cte("made")
    figures = (func.count().label("many"), func.min(new.c.id).label("first"), func.max(new.c.id).label("last"))
    counted = (await session.execute(select(*figures).select_from(new))).one()
    if not counted.many:
        return Enrolled(0, ())
    between = announce.Between(trail.badge.id, counted.first, counted.last)
    undone = await _undo_of_holders(session, trail, between) if not trail.definition.multiple else 0
    if asking.origin not in QUIET:
        await announce.set_out(session, between, workspace_id=workspace.id)
    return Enrolled(counted.many - undone, await _who(session, between, now, workspace_id=workspace.id))


async def _insert(
    session: AsyncSession, trail: Trail, asking: Asking, workspace: Workspace, now: datetime
) -> ReturningInsert[Any]:
    """A new round for each of those who are chosen. Whoever is being merged is waited for, and is then either there or not."""
    chosen = (await chosen_by(session, trail, asking, workspace=workspace, now=now)).subquery()
    before = select(func.max(Journey.round)).where(
        Journey.workspace_id == workspace.id,
        Journey.badge_id == trail.badge.id,
        Journey.member_id == chosen.c.member_id,
    )
    number = func.coalesce(before.correlate(chosen).scalar_subquery(), 0) + 1
    values = {
        "workspace_id": literal(workspace.id, BigInteger),
        "badge_id": literal(trail.badge.id, BigInteger),
        "member_id": chosen.c.member_id,
        "round": number,
        "origin": literal(asking.origin, Text),
        "enrolled_by": literal(asking.by, BigInteger),
        "enrolled_at": literal(now),
        "started_at": func.least(literal(now), _started_at(trail, asking, workspace, number, now)),
        "looked_at": literal(now),
    }
    is_chosen = (Member.workspace_id == workspace.id) & (Member.id == chosen.c.member_id)
    rows = select(*values.values()).select_from(chosen.join(Member, is_chosen)).where(Member.merged_into.is_(None))
    rows = rows.order_by(Member.id).with_for_update(read=True, of=Member)
    made = insert(Journey).from_select(list(values), rows).on_conflict_do_nothing()
    return made.returning(Journey.id)


def _started_at(trail: Trail, asking: Asking, workspace: Workspace, number: Any, now: datetime) -> Any:
    """Who is enrolled by itself was on the way since there is the badge, whenever it was noticed; again, from now on."""
    if asking.origin != AUTO:
        return literal(now)
    begins_at = effective_at(trail.definition, zone_of(trail.definition, workspace)) or trail.badge.created_at
    begun = max(begins_at, trail.badge.created_at)
    return case((number == 1, literal(begun)), else_=literal(now))


async def _undo_of_holders(session: AsyncSession, trail: Trail, between: announce.Between) -> int:
    """Whoever got the badge, once for all, while their setting out waited for the end of the journey before: the statement that
    let them set out could not see it yet, this one does."""
    held = select(1).where(
        Award.workspace_id == trail.badge.workspace_id,
        Award.badge_id == between.badge_id,
        Award.member_id == Journey.member_id,
        Award.revoked_at.is_(None),
    )
    gone = await session.execute(
        delete(Journey)
        .where(
            Journey.workspace_id == trail.badge.workspace_id,
            Journey.badge_id == between.badge_id,
            Journey.id.between(between.first, between.last),
            Journey.completed_at.is_(None),
            held.correlate(Journey).exists(),
        )
        .returning(Journey.id)
    )
    return len(gone.all())


async def _who(session: AsyncSession, between: announce.Between, now: datetime, *, workspace_id: int) -> Sequence[int]:
    rows = await session.scalars(
        select(Journey.member_id)
        .where(
            Journey.workspace_id == workspace_id,
            Journey.badge_id == between.badge_id,
            Journey.id.between(between.first, between.last),
            Journey.enrolled_at == now,
        )
        .order_by(Journey.member_id)
        .limit(SHOWN_MAX)
    )
    return rows.all()
