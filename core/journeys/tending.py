"""What the clock does for journeys: let set out whoever should be on the way, and look for what was missed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.checks import check_time, zone_of
from core.badges.models import Badge
from core.errors import Refusal
from core.journeys import enrolling, queries, settling, walking
from core.journeys.eligible import Asking
from core.journeys.facts import Trail, Walk
from core.journeys.models import KINDS, WINNER, Journey
from core.journeys.settling import Moved
from core.people.models import Workspace

LOOK_AFTER = timedelta(minutes=10)
"""How long the clock leaves a journey alone after it looked at it."""
WORKSPACES_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Looked:
    """At how many journeys the clock looked, and what it found. `is_last`: none is left to look at."""

    count: int
    moved: Sequence[Moved]
    is_last: bool


async def workspaces(session: AsyncSession) -> Sequence[int]:
    """Workspaces that have journeys. Run as ops."""
    rows = await session.scalars(
        select(Badge.workspace_id)
        .where(Badge.is_enabled, Badge.kind.in_(KINDS))
        .distinct()
        .order_by(Badge.workspace_id)
        .limit(WORKSPACES_MAX)
    )
    return rows.all()


async def open_trails(session: AsyncSession, *, workspace: Workspace, now: datetime) -> Mapping[int, Trail]:
    """The journeys that are open at this moment, by their badge."""
    return {
        trail.badge.id: trail
        for trail in await queries.trails(session, workspace_id=workspace.id)
        if is_open(trail, workspace, now)
    }


def is_open(trail: Trail, workspace: Workspace, now: datetime) -> bool:
    try:
        check_time(trail.badge, trail.definition, zone_of(trail.definition, workspace), now)
    except Refusal:
        return False
    return True


async def enrol_all(session: AsyncSession, trail: Trail, *, workspace: Workspace, now: datetime) -> int:
    """Let everybody set out who should be on the way: by auto_enroll, by the badge's rules, by a badge that was won. Returns how
    many that were. Raises BadgePerMember: a rule can be asked for touched members only."""
    count = 0
    if enrolling.is_automatic(trail):
        made = await enrolling.enrol(session, trail, enrolling.automatic(trail), workspace=workspace, now=now)
        count += made.many
    if trail.definition.enroll_winners_of:
        made = await enrolling.enrol(session, trail, Asking(WINNER), workspace=workspace, now=now)
        count += made.many
    return count


async def look(session: AsyncSession, trails: Mapping[int, Trail], *, workspace: Workspace, now: datetime) -> Looked:
    """Look at journeys that were not looked at for a while: at what happened and was not noticed, at conditions of badges that
    are evaluated by themselves, and at members who may have now what they could not have when they were through."""
    walks = await walking.lock_waiting(session, trails, workspace_id=workspace.id, before=now - LOOK_AFTER)
    await session.execute(
        update(Journey)
        .where(Journey.workspace_id == workspace.id, Journey.id.in_([walk.journey_id for walk in walks]))
        .values(looked_at=now)
    )
    quiet = [walk for walk in walks if _waits_for_touch(walk)]
    moved = await settling.look(session, [walk for walk in walks if walk not in quiet], workspace=workspace, now=now)
    return Looked(len(walks), moved, len(walks) < walking.WALKS_MAX)


def _waits_for_touch(walk: Walk) -> bool:
    """Whether nothing but conditions is left, which are looked at when something touches them unless the badge says otherwise."""
    course = walk.trail.course
    left = course.reachable(walk.done)
    return bool(left) and not walk.trail.definition.auto_evaluation and all(s.step not in course.events for s in left)
