"""What is known of members on their way, read for all of them at once: what happened, and which conditions hold."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Select, bindparam, literal, select, text, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.activities.models import ATTENDANCE
from core.badges import registry, timeframe
from core.badges.checks import zone_of
from core.badges.definition.model import Definition
from core.badges.definition.rules import AchievementRule
from core.badges.models import Badge
from core.journeys.course import Course, Done, Seen, course_of, types_of
from core.people.models import Member, Workspace
from core.rules import per_member
from core.rules.asking import Asked, among
from core.rules.candidates import joined
from core.rules.measures import measured


@dataclass(frozen=True, slots=True)
class Trail:
    """A badge whose steps are looked at, and its course."""

    badge: Badge
    definition: Definition
    course: Course

    @classmethod
    def of(cls, badge: Badge) -> "Trail":
        definition = Definition.model_validate(dict(badge.definition))
        return cls(badge, definition, course_of(definition))


@dataclass(slots=True)
class Walk:
    """A journey that is locked and under way, with what is done of it. `made` are the steps that this transaction adds."""

    journey_id: int
    trail: Trail
    member_id: int
    round: int
    started_at: datetime
    done: dict[str, Done] = field(default_factory=dict)
    made: list[Done] = field(default_factory=list)

    def add(self, steps: Sequence[Done]) -> None:
        self.made += steps
        self.done |= {each.step: each for each in steps}

    @property
    def is_through(self) -> bool:
        return not self.trail.course.missing(self.done)

    @property
    def since(self) -> datetime:
        """From when on events may count for the next step."""
        if not self.trail.course.is_ordered or not self.done:
            return self.started_at
        return max([self.started_at, *(each.at for each in self.done.values())])


# The earliest few of each kind that a journey wishes to know of. OFFSET 0 is not needed here: the wished rows are few, and the
# primary key of activities begins with the member.
_HAPPENED = text("""
SELECT wished.journey, wished.type, wished.kind, found.at FROM jsonb_to_recordset(:wishes)
    AS wished(journey bigint, member bigint, type text, kind text, since timestamptz, many int)
CROSS JOIN LATERAL (
    SELECT occurred_at AS at FROM activity
    WHERE activity.workspace_id = :workspace_id AND activity.member_id = wished.member
      AND activity.type = wished.type COLLATE "C" AND activity.occurred_at >= wished.since
    ORDER BY occurred_at LIMIT wished.many
) AS found
UNION ALL
SELECT wished.journey, wished.type, wished.kind, found.at FROM jsonb_to_recordset(:wishes)
    AS wished(journey bigint, member bigint, type text, kind text, since timestamptz, many int)
CROSS JOIN LATERAL (
    SELECT recorded_at AS at FROM attendance
    WHERE attendance.workspace_id = :workspace_id AND attendance.member_id = wished.member AND attendance.recorded_at >= wished.since
    ORDER BY recorded_at LIMIT wished.many
) AS found
WHERE wished.type = :attendance
ORDER BY journey, type, kind, at
""").bindparams(bindparam("wishes", type_=JSONB))

_EVENT, _FRESH = "event", "fresh"


Told = Mapping[int, Sequence[tuple[str, datetime]]]
"""Events by member that are no activities: nothing else keeps them."""


async def seen(
    session: AsyncSession, walks: Sequence[Walk], *, told: Told, workspace: Workspace, now: datetime
) -> Mapping[int, Seen]:
    """What is known for each journey, by its id."""
    happened: defaultdict[int, defaultdict[str, list[datetime]]] = defaultdict(lambda: defaultdict(list))
    fresh: defaultdict[int, set[str]] = defaultdict(set)
    for walk in walks:
        for event, at in told.get(walk.member_id, ()):
            happened[walk.journey_id][event].append(at)
            fresh[walk.journey_id].add(event)
    started = {walk.journey_id: walk.started_at for walk in walks}
    wishes = [wish for walk in walks for wish in _wishes(walk)]
    if wishes:
        values = {"workspace_id": workspace.id, "wishes": wishes, "attendance": ATTENDANCE}
        for row in await session.execute(_HAPPENED, values):
            if row.kind == _EVENT:
                happened[row.journey][row.type].append(row.at)
            elif row.at > started[row.journey]:
                fresh[row.journey].add(row.type)
    holding = await _holding(session, walks, workspace=workspace, now=now)
    return {each: Seen(happened[each], holding.get(each, ()), fresh[each]) for each in started}


def _wishes(walk: Walk) -> list[dict[str, Any]]:
    """What to ask of a journey: of each event as many as steps want it, of each type that a condition looks at whether there was
    one since the start. One more of each, as what happened at the very start does not count."""
    course = walk.trail.course
    missing = {step.step for step in course.missing(walk.done)}
    events = [event for step, event in course.events.items() if step in missing or not course.is_ordered]
    types = {
        each
        for step, rule in course.conditions.items()
        if step in missing and step not in course.events
        for each in types_of(rule) or ()
    }
    of_walk = {"journey": walk.journey_id, "member": walk.member_id}
    wished = [(each, _EVENT, walk.since, events.count(each) + 1) for each in sorted(set(events))]
    wished += [(each, _FRESH, walk.started_at, 2) for each in sorted(types)]
    return [
        {**of_walk, "type": type_, "kind": kind, "since": since.isoformat(), "many": many}
        for type_, kind, since, many in wished
    ]


async def _holding(
    session: AsyncSession, walks: Sequence[Walk], *, workspace: Workspace, now: datetime
) -> Mapping[int, set[str]]:
    """The conditions of missing steps that hold, by journey: each condition is one query over all who wait for it."""
    waiting: defaultdict[tuple[int, str], dict[int, Walk]] = defaultdict(dict)
    for walk in walks:
        for step in walk.trail.course.missing(walk.done):
            if step.condition is not None:
                waiting[walk.trail.badge.id, step.step][walk.member_id] = walk
    queries: list[Select[Any]] = []
    asked_for = list(waiting)
    for place, key in enumerate(asked_for):
        trail = next(iter(waiting[key].values())).trail
        rule = trail.course.conditions[key[1]]
        queries.append(await _query(session, place, trail, rule, list(waiting[key]), workspace=workspace, now=now))
    holding: defaultdict[int, set[str]] = defaultdict(set)
    for place, member_id in await session.execute(union_all(*queries)) if queries else ():
        key = asked_for[place]
        holding[waiting[key][member_id].journey_id].add(key[1])
    return holding


async def _query(
    session: AsyncSession,
    place: int,
    trail: Trail,
    rule: AchievementRule,
    members: Sequence[int],
    *,
    workspace: Workspace,
    now: datetime,
) -> Select[Any]:
    """(place, member_id) of those who meet a condition."""
    zone = zone_of(trail.definition, workspace)
    asked = Asked(
        workspace_id=workspace.id,
        badge_id=trail.badge.id,
        zone=zone,
        now=now,
        timeframe=trail.definition.timeframe,
        period=timeframe.current(trail.definition.timeframe, now, zone),
        members=tuple(sorted(set(members))),
    )
    named = registry.find("metric", rule.called)
    if named is not None and named.is_per_member:
        alone = trail.definition.model_copy(update={"rules": (rule,)})
        asked = replace(asked, measured=await per_member.values(session, alone, asked))
    measure = measured(rule, asked)
    return (
        select(literal(place, Integer), Member.id)
        .select_from(joined([measure]))
        .where(Member.workspace_id == workspace.id, Member.id == among(asked.members or ()), measure.holds)
    )
