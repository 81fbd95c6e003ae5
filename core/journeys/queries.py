"""Reads of journeys."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.models import Badge
from core.journeys.course import Course, Done, course_of
from core.journeys.facts import Trail
from core.journeys.models import KINDS, Journey, JourneyStep

TRAILS_MAX = 1000
LIST_MAX = 50


class Way(NamedTuple):
    """One member's journey, with all that a card shows: what is to be done, and what is done."""

    journey_id: int
    member_id: int
    badge: Badge
    course: Course
    done: dict[str, Done]
    round: int
    origin: str
    enrolled_by: int | None
    enrolled_at: datetime
    completed_at: datetime | None
    award_id: int | None


async def trails(session: AsyncSession, *, workspace_id: int) -> Sequence[Trail]:
    """The journeys that there are and that are enabled."""
    rows = await session.scalars(
        select(Badge)
        .where(Badge.workspace_id == workspace_id, Badge.is_enabled, Badge.kind.in_(KINDS))
        .order_by(Badge.id)
        .limit(TRAILS_MAX)
    )
    return [Trail.of(badge) for badge in rows]


async def named(session: AsyncSession, name: str, *, workspace_id: int) -> Sequence[Badge]:
    """Journeys of a name, without regard to case; names may repeat."""
    rows = await session.scalars(
        select(Badge)
        .where(
            Badge.workspace_id == workspace_id,
            Badge.kind.in_(KINDS),
            func.lower(Badge.name) == func.lower(literal(name.strip())),
        )
        .order_by(Badge.is_enabled.desc(), Badge.id)
        .limit(LIST_MAX)
    )
    return rows.all()


async def way(session: AsyncSession, journey_id: int, *, workspace_id: int) -> Way | None:
    found = await _ways(session, Journey.id == journey_id, workspace_id=workspace_id, limit=1)
    return found[0] if found else None


async def ways_of(
    session: AsyncSession, member_id: int, *, workspace_id: int, badge_id: int | None = None, limit: int = 10
) -> Sequence[Way]:
    """A member's journeys: those under way first, the latest first among them; to one badge alone if it is named."""
    of_member = Journey.member_id == member_id
    condition = of_member if badge_id is None else of_member & (Journey.badge_id == badge_id)
    return await _ways(session, condition, workspace_id=workspace_id, limit=limit)


async def _ways(session: AsyncSession, condition: object, *, workspace_id: int, limit: int) -> Sequence[Way]:
    rows = (
        await session.execute(
            select(Journey, Badge)
            .join(Badge, (Badge.workspace_id == Journey.workspace_id) & (Badge.id == Journey.badge_id))
            .where(Journey.workspace_id == workspace_id, condition)  # type: ignore[arg-type]
            .order_by(Journey.completed_at.desc().nulls_first(), Journey.enrolled_at.desc(), Journey.id.desc())
            .limit(limit)
            .execution_options(populate_existing=True)
        )
    ).all()
    steps = await session.scalars(
        select(JourneyStep)
        .where(JourneyStep.workspace_id == workspace_id, JourneyStep.journey_id.in_([row[0].id for row in rows]))
        .order_by(JourneyStep.done_at)
        .execution_options(populate_existing=True)
    )
    done: dict[int, dict[str, Done]] = {row[0].id: {} for row in rows}
    for each in steps:
        done[each.journey_id][each.step] = Done(each.step, each.done_at, each.how, each.event, each.actor_id)
    return [_way(journey, badge, done[journey.id]) for journey, badge in rows]


def _way(journey: Journey, badge: Badge, done: dict[str, Done]) -> Way:
    return Way(
        journey_id=journey.id,
        member_id=journey.member_id,
        badge=badge,
        course=course_of(Trail.of(badge).definition),
        done=done,
        round=journey.round,
        origin=journey.origin,
        enrolled_by=journey.enrolled_by,
        enrolled_at=journey.enrolled_at,
        completed_at=journey.completed_at,
        award_id=journey.award_id,
    )
