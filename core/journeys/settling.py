"""What became of journeys that were moved: written down, ended, told, and begun again where they may be had more than once."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.callbacks import service as callbacks
from core.callbacks.service import COMPLETED, STEP, Call
from core.journeys import announce, enrolling, walking
from core.journeys.facts import Told, Trail, Walk
from core.people.models import Workspace


@dataclass(frozen=True, slots=True)
class Moved:
    """Steps that were done on one journey. `award_id` is what it ended with, if it ended."""

    journey_id: int
    badge_id: int
    member_id: int
    steps: tuple[str, ...]
    award_id: int | None = None


async def look(
    session: AsyncSession, walks: Sequence[Walk], *, workspace: Workspace, now: datetime, told: Told | None = None
) -> Sequence[Moved]:
    """Move locked journeys by what is known, and settle what came of it."""
    await walking.move(session, walks, workspace=workspace, now=now, told=told)
    return await settle(session, walks, workspace=workspace, now=now)


async def settle(
    session: AsyncSession, walks: Sequence[Walk], *, workspace: Workspace, now: datetime
) -> Sequence[Moved]:
    """Keep the steps that were added to journeys, and end those that are through."""
    await walking.write(session, walks, workspace_id=workspace.id)
    ended = await walking.end(session, walks, workspace=workspace, now=now)
    changed = [walk for walk in walks if walk.made or walk.journey_id in ended]
    await announce.went_on(session, [walk.journey_id for walk in changed], workspace_id=workspace.id)
    calls = [call for walk in changed for call in _calls(walk, ended.get(walk.journey_id))]
    await callbacks.owe(session, calls, workspace_id=workspace.id)
    await _begin_again(session, [walk for walk in changed if walk.journey_id in ended], workspace, now)
    return [_moved(walk, ended) for walk in changed]


def _calls(walk: Walk, award_id: int | None) -> Iterator[Call]:
    """What the badge calls at the steps that were done, and at the end."""
    definition, badge_id = walk.trail.definition, walk.trail.badge.id
    own = {step.step: step.callbacks for step in definition.steps}
    for each in walk.made:
        of_step = (
            *own[each.step],
            *definition.step_callbacks.get(each.step, ()),
            *definition.step_callbacks.get("*", ()),
        )
        for name in dict.fromkeys(of_step):
            yield Call(name, STEP, walk.journey_id, badge_id, walk.member_id, each.step)
    if award_id is not None:
        for name in definition.completion_callbacks:
            yield Call(name, COMPLETED, award_id, badge_id, walk.member_id)


def _moved(walk: Walk, ended: Mapping[int, int]) -> Moved:
    steps = tuple(each.step for each in walk.made)
    return Moved(walk.journey_id, walk.trail.badge.id, walk.member_id, steps, ended.get(walk.journey_id))


async def _begin_again(session: AsyncSession, walks: Sequence[Walk], workspace: Workspace, now: datetime) -> None:
    """Whoever is through with a journey that may be made more than once, and that members set out on by themselves."""
    again: defaultdict[int, list[Walk]] = defaultdict(list)
    for walk in walks:
        if walk.trail.definition.multiple and enrolling.is_automatic(walk.trail):
            again[walk.trail.badge.id].append(walk)
    for together in again.values():
        trail: Trail = together[0].trail
        asking = enrolling.automatic(trail, [walk.member_id for walk in together])
        await enrolling.enrol(session, trail, asking, workspace=workspace, now=now)
