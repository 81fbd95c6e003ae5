"""The verbs of journeys: set out, be touched by what happens, have a step ticked."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.activities.service import type_name
from core.badges import service as badges
from core.badges.checks import BadgeGiverGone, check_giver, check_people, check_receivers, check_time, zone_of
from core.badges.definition.people import Entry
from core.badges.models import Badge
from core.errors import Refusal
from core.journeys import enrolling, queries, settling, tending, walking
from core.journeys.course import Done
from core.journeys.eligible import Asking
from core.journeys.enrolling import Enrolled
from core.journeys.facts import Told, Trail, Walk
from core.journeys.models import COHORT, HAND, SELF, TICK, Journey
from core.journeys.refusals import (
    JourneyNotEnrolled,
    JourneyNotForSelf,
    JourneyNotYours,
    JourneyRulesUnmet,
    JourneyStepDone,
    JourneyStepOutOfOrder,
    JourneyStepUnknown,
    JourneyTickOneself,
    JourneyUnderWay,
)
from core.journeys.settling import Moved
from core.people import queries as people
from core.people.models import ACTIVE, Workspace
from core.people.queries import Person
from core.rules.listening import listener

ROLES = frozenset({"admin", "coordinator"})


class Event(NamedTuple):
    """Something that happened to a member and is no activity that is kept; without a time it is now."""

    member_id: int
    type: str
    at: datetime | None = None


def may_guide(actor: Person) -> bool:
    """Whether a role of theirs lets a member enrol others and tick their steps."""
    return actor.status == ACTIVE and bool(ROLES & set(actor.roles))


async def enrol(
    session: AsyncSession,
    *,
    workspace: Workspace,
    badge: Badge,
    members: Sequence[Person],
    actor: Person,
    now: datetime,
) -> Enrolled:
    """Let members set out: oneself, or others by a coordinator; all of them or none.

    Raises JourneyNotYours, JourneyNotForSelf, JourneyRulesUnmet, JourneyUnderWay, what core.badges.checks raises of the badge and
    of receivers, and what limits the badge; then nothing of the transaction may be kept.
    """
    trail = Trail.of(badge)
    is_self = [each.member_id for each in members] == [actor.member_id]
    await _check_actor(session, workspace, trail, actor, is_self=is_self)
    check_time(badge, trail.definition, zone_of(trail.definition, workspace), now)
    ids = sorted(each.member_id for each in check_people(workspace, badge, None, members))
    await check_receivers(session, workspace=workspace, badge=badge, definition=trail.definition, member_ids=ids)
    asking = Asking(SELF if is_self else HAND, ids, by=actor.member_id, ignores_rules=may_guide(actor))
    made = await enrolling.enrol(session, trail, asking, workspace=workspace, now=now)
    if made.many < len(ids):
        raise await _why_not(session, workspace, trail, ids, members, now)
    walks = await walking.lock(session, {badge.id: trail}, ids, workspace_id=workspace.id)
    await settling.look(session, walks, workspace=workspace, now=now)
    return made


async def _check_actor(
    session: AsyncSession, workspace: Workspace, trail: Trail, actor: Person, *, is_self: bool
) -> None:
    if actor.has_left:
        raise BadgeGiverGone
    if not is_self and not may_guide(actor):
        raise JourneyNotYours(journey=trail.badge.name)
    if is_self and not may_guide(actor) and (trail.badge.is_secret or trail.definition.assigner):
        raise JourneyNotForSelf(journey=trail.badge.name)
    await check_giver(session, workspace=workspace, badge=trail.badge, definition=trail.definition, giver=actor)


async def _why_not(
    session: AsyncSession,
    workspace: Workspace,
    trail: Trail,
    ids: Sequence[int],
    members: Sequence[Person],
    now: datetime,
) -> Refusal:
    """What keeps the first of those who did not set out. All of them are asked after: who did set out is on the way by now."""
    names = {each.member_id: each.name for each in members}
    before = await session.scalars(
        select(Journey.member_id).where(
            Journey.workspace_id == workspace.id,
            Journey.badge_id == trail.badge.id,
            Journey.member_id.in_(ids),
            Journey.completed_at.is_(None),
            Journey.enrolled_at != now,
        )
    )
    if (first := min(before, default=None)) is not None:
        return JourneyUnderWay(journey=trail.badge.name, name=names[first])
    for member_id in ids:
        limit = await badges.limit_in_the_way(
            session, workspace=workspace, badge=trail.badge, member_id=member_id, now=now
        )
        if limit is not None:
            return limit
    return JourneyRulesUnmet(journey=trail.badge.name, name=names[ids[0]])


async def enrol_cohort(
    session: AsyncSession, *, workspace: Workspace, badge: Badge, entries: Sequence[Entry], now: datetime
) -> Enrolled:
    """Let everybody set out whom the entries name and who may. Raises what stands in everybody's way."""
    trail = Trail.of(badge)
    check_time(badge, trail.definition, zone_of(trail.definition, workspace), now)
    return await enrolling.enrol(session, trail, _cohort(entries), workspace=workspace, now=now)


async def plan_cohort(
    session: AsyncSession, *, workspace: Workspace, badge: Badge, entries: Sequence[Entry], now: datetime
) -> Enrolled:
    """What `enrol_cohort` would do. Raises the same."""
    trail = Trail.of(badge)
    check_time(badge, trail.definition, zone_of(trail.definition, workspace), now)
    return await enrolling.plan(session, trail, _cohort(entries), workspace=workspace, now=now)


def _cohort(entries: Sequence[Entry]) -> Asking:
    return Asking(COHORT, entries=entries, ignores_rules=True)


async def tick(
    session: AsyncSession,
    *,
    workspace: Workspace,
    badge: Badge,
    step: str,
    members: Sequence[Person],
    actor: Person,
    now: datetime,
) -> Sequence[Moved]:
    """A coordinator says that members have done a step; for all of them or for none.

    Raises JourneyNotYours, JourneyTickOneself, JourneyStepUnknown, JourneyNotEnrolled, JourneyStepDone, JourneyStepOutOfOrder,
    and what core.badges.checks raises of the badge and of receivers; then nothing of the transaction may be kept.
    """
    trail = Trail.of(badge)
    await _check_actor(session, workspace, trail, actor, is_self=False)
    guided = {each.member_id: each for each in check_people(workspace, badge, None, members)}
    if actor.member_id in guided:
        raise JourneyTickOneself
    check_time(badge, trail.definition, zone_of(trail.definition, workspace), now)
    await check_receivers(
        session, workspace=workspace, badge=badge, definition=trail.definition, member_ids=sorted(guided)
    )
    wanted = trail.course.named(step)
    if wanted is None:
        raise JourneyStepUnknown(step=step, journey=badge.name, known=", ".join(trail.course.names))
    walks = await walking.lock(session, {badge.id: trail}, list(guided), workspace_id=workspace.id)
    for walk in walks:
        _check_step(walk, wanted.step, guided[walk.member_id], workspace.time_zone)
        walk.add([Done(wanted.step, now, TICK, actor_id=actor.member_id)])
    if missing := set(guided) - {walk.member_id for walk in walks}:
        raise await _not_on_it(session, trail, wanted.step, guided[min(missing)], workspace.time_zone)
    return await settling.look(session, walks, workspace=workspace, now=now)


def _check_step(walk: Walk, step: str, member: Person, zone: str) -> None:
    """Whether a step of a journey may be done now. Raises JourneyStepDone, JourneyStepOutOfOrder."""
    known = {"step": step, "journey": walk.trail.badge.name, "name": member.name}
    if (done := walk.done.get(step)) is not None:
        raise JourneyStepDone(**known, since_on=done.at.isoformat(), zone=zone)
    reachable = [each.step for each in walk.trail.course.reachable(walk.done)]
    if step not in reachable:
        raise JourneyStepOutOfOrder(**known, following=reachable[0])


async def _not_on_it(session: AsyncSession, trail: Trail, step: str, member: Person, zone: str) -> Refusal:
    """A member has no open journey to a badge: they never set out, or they are through with it."""
    ways = await queries.ways_of(
        session, member.member_id, workspace_id=trail.badge.workspace_id, badge_id=trail.badge.id, limit=1
    )
    known = {"journey": trail.badge.name, "name": member.name}
    if ways and (done := ways[0].done.get(step)) is not None:
        return JourneyStepDone(**known, step=step, since_on=done.at.isoformat(), zone=zone)
    return JourneyNotEnrolled(**known)


async def touched(
    session: AsyncSession, *, workspace_id: int, events: Sequence[Event | tuple[int, str]], now: datetime
) -> Sequence[Moved]:
    """Something happened to members that no activity tells of, such as a message of a queue: do the steps that wait for it.

    What is recorded as an activity needs no call: whoever touches the rules touches the journeys.
    """
    if not events:
        return []
    told: defaultdict[int, list[tuple[str, datetime]]] = defaultdict(list)
    for event in (Event(*each) for each in events):
        told[event.member_id].append((type_name(event.type) or event.type, event.at or now))
    types = {kind for each in told.values() for kind, _ in each}
    workspace = await people.workspace(session, workspace_id)
    return await _touch(session, workspace, sorted(told), types, now, told)


@listener
async def on_touch(
    session: AsyncSession, *, workspace: Workspace, members: Sequence[int], types: Collection[str], now: datetime
) -> None:
    """Activities of these types were recorded of members. Journeys are locked before what rules lock."""
    await _touch(session, workspace, sorted(set(members)), types, now, {})


async def _touch(
    session: AsyncSession,
    workspace: Workspace,
    members: Sequence[int],
    types: Collection[str],
    now: datetime,
    told: Told,
) -> Sequence[Moved]:
    trails = {
        trail.badge.id: trail
        for trail in await queries.trails(session, workspace_id=workspace.id)
        if trail.course.types is None or trail.course.types & set(types)
        if tending.is_open(trail, workspace, now)
    }
    if not trails:
        return []
    for trail in trails.values():
        if enrolling.is_automatic(trail):
            asking = enrolling.automatic(trail, members)
            await enrolling.enrol(session, trail, asking, workspace=workspace, now=now)
    walks = await walking.lock(session, trails, members, workspace_id=workspace.id)
    return await settling.look(session, walks, workspace=workspace, now=now, told=told)
