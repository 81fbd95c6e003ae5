"""Which journeys there are for a member, and which one is meant by a name or a step."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.definition.findings import nearest
from core.badges.models import Badge
from core.journeys import queries, tending
from core.journeys.eligible import Asking, chosen_by
from core.journeys.facts import Trail
from core.journeys.models import SELF
from core.journeys.refusals import JourneyNone, JourneyStepNowhere, JourneyUnknown, JourneyWhich
from core.people.models import Workspace
from core.people.queries import Person

NAMED_MAX = 5


async def offered(
    session: AsyncSession, *, workspace: Workspace, member_id: int, now: datetime, limit: int
) -> Sequence[Badge]:
    """Journeys that a member may set out on by themselves at this moment, by name: one statement for all of them."""
    trails = [trail for trail in await queries.trails(session, workspace_id=workspace.id) if _is_for_self(trail)]
    trails = [trail for trail in trails if tending.is_open(trail, workspace, now)]
    able = [
        (await chosen_by(session, trail, Asking(SELF, [member_id]), workspace=workspace, now=now)).subquery()
        for trail in trails
    ]
    if not able:
        return []
    rows = union_all(
        *(
            select(literal(trail.badge.id, BigInteger)).select_from(each)
            for trail, each in zip(trails, able, strict=True)
        )
    )
    ids = set((await session.scalars(rows)).all())
    found = sorted((trail.badge for trail in trails if trail.badge.id in ids), key=lambda badge: badge.name.lower())
    return found[:limit]


def _is_for_self(trail: Trail) -> bool:
    return not (trail.badge.is_secret or trail.definition.assigner)


async def by_name(session: AsyncSession, name: str, *, workspace: Workspace, member: Person) -> Badge:
    """The journey of a name; a secret one only for who is on it, or holds a role. Raises JourneyUnknown, JourneyNone."""
    sees_secrets = bool({"admin", "coordinator"} & set(member.roles))
    ways = await queries.ways_of(session, member.member_id, workspace_id=workspace.id, limit=queries.LIST_MAX)
    own = {way.badge.id for way in ways}
    found = await queries.named(session, name, workspace_id=workspace.id)
    seen = [badge for badge in found if sees_secrets or not badge.is_secret or badge.id in own]
    if seen:
        return next((badge for badge in seen if badge.id in own), seen[0])
    trails = await queries.trails(session, workspace_id=workspace.id)
    names = [trail.badge.name for trail in trails if sees_secrets or not trail.badge.is_secret or trail.badge.id in own]
    if not names:
        raise JourneyNone
    near = nearest(name, names)
    known = ([near] if near else []) + [each for each in sorted(set(names)) if each != near]
    raise JourneyUnknown(typed=name[:60], known=", ".join(known[:NAMED_MAX]))


async def by_step(session: AsyncSession, step: str, member: Person, *, workspace: Workspace) -> Badge:
    """The journey that a member is on and that has such a step; if they are through with all that have it, the latest of these.

    Raises JourneyStepNowhere, JourneyWhich.
    """
    ways = await queries.ways_of(session, member.member_id, workspace_id=workspace.id, limit=queries.LIST_MAX)
    having = [way for way in ways if way.course.named(step) is not None]
    if not having:
        raise JourneyStepNowhere(step=step[:60], name=member.name)
    under_way = [way for way in having if way.completed_at is None]
    if len(under_way) > 1:
        raise JourneyWhich(known=", ".join(sorted({way.badge.name for way in under_way})))
    return (under_way or having)[0].badge
