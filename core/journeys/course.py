"""What is to be done on a journey, and what of it is done by what happened. Pure: no session, no clock."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from core.activities.service import type_name
from core.badges.definition.model import Definition, Step
from core.badges.definition.rules import AchievementRule
from core.journeys.models import CONDITION, EVENT
from core.rules import metrics


@dataclass(frozen=True, slots=True)
class Done:
    """A step that is done. `actor_id` is the coordinator who says so, `event` the activity that did it."""

    step: str
    at: datetime
    how: str
    event: str = ""
    actor_id: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one member: when events happened since the journey went on, the conditions that hold now, and the types
    of activities of which there was one since the journey began."""

    happened: Mapping[str, Sequence[datetime]]
    holding: Collection[str]
    fresh: Collection[str]


@dataclass(frozen=True)
class Course:
    """The steps of a journey, as the badge's definition has them now."""

    steps: tuple[Step, ...]
    is_ordered: bool

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(step.step for step in self.steps)

    @cached_property
    def events(self) -> Mapping[str, str]:
        """The event of each step that one does, by the step's name."""
        return {step.step: event for step in self.steps if (event := event_of(step))}

    @cached_property
    def conditions(self) -> Mapping[str, AchievementRule]:
        return {step.step: rule_of(step) for step in self.steps if step.condition is not None}

    @cached_property
    def types(self) -> frozenset[str] | None:
        """What touches the journey: events, and types of activities. None: a condition may depend on anything."""
        known = set(self.events.values())
        for rule in self.conditions.values():
            types = types_of(rule)
            if types is None:
                return None
            known |= types
        return frozenset(known)

    def named(self, typed: str) -> Step | None:
        """The step of a name, whatever its case."""
        wanted = typed.strip().casefold()
        return next((step for step in self.steps if step.step.casefold() == wanted), None)

    def missing(self, done: Collection[str]) -> list[Step]:
        return [step for step in self.steps if step.step not in done]

    def reachable(self, done: Collection[str]) -> list[Step]:
        """What may be done now: in order the next step alone, else all that are left."""
        missing = self.missing(done)
        return missing[:1] if self.is_ordered else missing


def course_of(definition: Definition) -> Course:
    return Course(definition.steps, definition.kind == "workflow")


def event_of(step: Step) -> str:
    """The type of activity that does a step: the one it names, else one of its own name if there is no condition either."""
    if step.event is not None:
        return type_name(step.event) or step.event
    return "" if step.condition is not None else type_name(step.step)


def rule_of(step: Step) -> AchievementRule:
    """A step's condition as a rule is written."""
    assert step.condition is not None
    return AchievementRule(type="AchievementRule", **dict(step.condition))


def types_of(rule: AchievementRule) -> frozenset[str] | None:
    return metrics.called_types(rule.called, rule.function_params)


def advance(
    course: Course, done: Mapping[str, Done], seen: Seen, *, started_at: datetime, round_: int, now: datetime
) -> list[Done]:
    """Steps that are done besides those that were: an event does one step, a condition is met by what is true now; a step that
    has both needs both.

    In order, an event counts only if it happened after the step before was done. Of a journey that begins again, a condition
    counts only if something that it looks at happened since.
    """
    made: list[Done] = []
    known = dict(done)
    used = Counter((each.event, each.at) for each in done.values() if each.how == EVENT)
    last: Done | None = None
    for step in course.steps:
        found = known.get(step.step)
        if found is None:
            after = last if course.is_ordered else None
            found = _by_event(course, step, seen, started_at, after, used) or _by_condition(
                course, step, seen, round_, now
            )
            if found is not None:
                made.append(found)
                used[found.event, found.at] += found.how == EVENT
            elif course.is_ordered:
                break
        if found is not None and (last is None or found.at >= last.at):
            last = found
    return made


def _by_event(
    course: Course,
    step: Step,
    seen: Seen,
    started_at: datetime,
    after: Done | None,
    used: Counter[tuple[str, datetime]],
) -> Done | None:
    event = course.events.get(step.step)
    if event is None or (step.condition is not None and step.step not in seen.holding):
        return None
    spent = dict(used)
    for at in seen.happened.get(event, ()):
        if spent.get((event, at), 0) > 0:
            spent[event, at] -= 1
        elif at > started_at and (after is None or at >= after.at):
            return Done(step.step, at, EVENT, event)
    return None


def _by_condition(course: Course, step: Step, seen: Seen, round_: int, now: datetime) -> Done | None:
    if step.step in course.events or step.step not in seen.holding:
        return None
    types = types_of(course.conditions[step.step])
    countable = None if types is None else types - {metrics.EARNED}
    is_fresh = bool(countable & set(seen.fresh)) if countable else round_ == 1
    return Done(step.step, now, CONDITION) if is_fresh else None
