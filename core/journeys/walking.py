"""Journeys under way: locked first of all, moved on by what is known, written down, and ended by an award.

A journey is locked before guards, accounts and everything else of a member, by whoever moves it: two that do so at once never
wait for each other in a circle, and the last step is the last for one of them only.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import service as badges
from core.badges import timeframe
from core.badges.checks import zone_of
from core.journeys import facts
from core.journeys.course import Done, advance
from core.journeys.facts import Told, Trail, Walk
from core.journeys.models import Journey, JourneyStep
from core.people.models import Workspace
from core.rules import granting
from core.rules.asking import Asked
from core.rules.awarding import Given, Grant
from core.rules.candidates import Wanted

WALKS_MAX = 1000
LOCKED_MAX = 10_000
"""As many journeys the clock looks at in one transaction, and as many are moved by one touch; it comes back for the others."""

_LOCK = (
    select(Journey.id, Journey.badge_id, Journey.member_id, Journey.round, Journey.started_at)
    .where(Journey.completed_at.is_(None))
    .order_by(Journey.id)
    .limit(LOCKED_MAX)
    .with_for_update()
)

_WRITE = text("""
INSERT INTO journey_step (workspace_id, journey_id, step, done_at, how, event, actor_id)
SELECT :workspace_id, given.* FROM jsonb_to_recordset(:rows)
    AS given(journey_id bigint, step text, done_at timestamptz, how text, event text, actor_id bigint)
""").bindparams(bindparam("rows", type_=JSONB))

# The awards that this transaction made, each ending the journey that it was made for.
_END = text("""
UPDATE journey SET completed_at = :now, award_id = award.id FROM award
WHERE journey.workspace_id = :workspace_id AND journey.id = ANY(CAST(:journeys AS bigint[])) AND journey.completed_at IS NULL
  AND award.workspace_id = :workspace_id AND award.id BETWEEN :first AND :last
  AND award.badge_id = journey.badge_id AND award.member_id = journey.member_id AND award.revoked_at IS NULL
RETURNING journey.id, award.id AS award_id
""")


async def lock(
    session: AsyncSession, trails: Mapping[int, Trail], members: Sequence[int], *, workspace_id: int
) -> list[Walk]:
    """The open journeys of members to these badges, kept from everybody else until the end of the transaction."""
    found = _LOCK.where(
        Journey.workspace_id == workspace_id, Journey.badge_id.in_(trails), Journey.member_id.in_(members)
    )
    return await _walks(session, trails, found, workspace_id=workspace_id)


async def lock_waiting(
    session: AsyncSession, trails: Mapping[int, Trail], *, workspace_id: int, before: datetime
) -> list[Walk]:
    """Journeys that the clock has not looked at since `before`; those that somebody else is busy with are passed over."""
    ids = (
        select(Journey.id)
        .where(
            Journey.workspace_id == workspace_id,
            Journey.badge_id.in_(trails),
            Journey.completed_at.is_(None),
            Journey.looked_at < before,
        )
        .order_by(Journey.looked_at)
        .limit(WALKS_MAX)
    )
    found = _LOCK.with_for_update(skip_locked=True).where(Journey.workspace_id == workspace_id, Journey.id.in_(ids))
    return await _walks(session, trails, found, workspace_id=workspace_id)


async def _walks(session: AsyncSession, trails: Mapping[int, Trail], found: Any, *, workspace_id: int) -> list[Walk]:
    walks = [Walk(row[0], trails[row[1]], *row[2:]) for row in await session.execute(found)]
    by_id = {walk.journey_id: walk for walk in walks}
    rows = await session.scalars(
        select(JourneyStep)
        .where(JourneyStep.workspace_id == workspace_id, JourneyStep.journey_id.in_(by_id))
        .execution_options(populate_existing=True)
    )
    for row in rows if walks else ():
        done = Done(row.step, row.done_at, row.how, row.event, row.actor_id)
        by_id[row.journey_id].done[row.step] = done
    return walks


async def move(
    session: AsyncSession, walks: Sequence[Walk], *, workspace: Workspace, now: datetime, told: Told | None = None
) -> None:
    """Add to each journey the steps that what is known does. Asked again as long as it brought any on: behind a step that is
    done now, more may count than could be seen before."""
    moving = [walk for walk in walks if not walk.is_through]
    while moving:
        known = await facts.seen(session, moving, told=told or {}, workspace=workspace, now=now)
        moved: list[Walk] = []
        for walk in moving:
            seen, course = known[walk.journey_id], walk.trail.course
            made = advance(course, walk.done, seen, started_at=walk.started_at, round_=walk.round, now=now)
            walk.add(made)
            if made and not walk.is_through:
                moved.append(walk)
        moving = moved


async def write(session: AsyncSession, walks: Sequence[Walk], *, workspace_id: int) -> None:
    """Write down the steps that were added."""
    rows = [
        {
            "journey_id": walk.journey_id,
            "step": each.step,
            "done_at": each.at.isoformat(),
            "how": each.how,
            "event": each.event,
            "actor_id": each.actor_id,
        }
        for walk in walks
        for each in walk.made
    ]
    if rows:
        await session.execute(_WRITE, {"workspace_id": workspace_id, "rows": rows})


async def end(
    session: AsyncSession, walks: Sequence[Walk], *, workspace: Workspace, now: datetime
) -> Mapping[int, int]:
    """Award the badge of each journey whose steps are all done, and end it: (journey, award). One whose member may not have the
    badge at this moment stays as it is, and the clock tries again."""
    through: defaultdict[tuple[int, str], list[Walk]] = defaultdict(list)
    for walk in walks:
        if walk.is_through:
            through[walk.trail.badge.id, _source(walk)].append(walk)
    if not through:
        return {}
    grants = [
        _grant(together, source, workspace=workspace, now=now) for (_, source), together in sorted(through.items())
    ]
    ended: dict[int, int] = {}
    for given in await granting.grant(session, grants):
        ended |= await _end(session, given, [walk for walk in walks if walk.is_through], workspace.id, now)
    return ended


def _source(walk: Walk) -> str:
    """The key of the award where nothing limits how often a badge may be had: once for each round."""
    return f"round:{walk.round}"


def _grant(walks: Sequence[Walk], source: str, *, workspace: Workspace, now: datetime) -> Grant:
    trail = walks[0].trail
    zone = zone_of(trail.definition, workspace)
    asked = Asked(
        workspace_id=workspace.id,
        badge_id=trail.badge.id,
        zone=zone,
        now=now,
        timeframe=trail.definition.timeframe,
        period=timeframe.current(trail.definition.timeframe, now, zone),
        members=tuple(sorted(walk.member_id for walk in walks)),
    )
    plain = trail.definition.model_copy(update={"rules": ()})
    wanted = Wanted(plain, badges.terms_of(plain, workspace, now, source=source), source)
    return Grant(trail.badge, wanted, asked, {"by": "journey", "round": walks[0].round})


async def _end(
    session: AsyncSession, given: Given, walks: Collection[Walk], workspace_id: int, now: datetime
) -> dict[int, int]:
    values = {
        "workspace_id": workspace_id,
        "now": now,
        "journeys": [walk.journey_id for walk in walks if walk.trail.badge.id == given.badge_id],
        "first": given.first,
        "last": given.last,
    }
    return {row.id: row.award_id for row in await session.execute(_END, values)}
