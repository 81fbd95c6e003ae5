"""The dates and times that a cron trigger names, on the wall: no zone, no clock."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from core.badges.definition.cron import FIELDS, RANGES, Values, read_field
from core.badges.definition.job import Cron


@dataclass(frozen=True, slots=True)
class Plan:
    """A cron trigger, read. Hours, minutes and seconds ascend."""

    years: frozenset[int]
    months: frozenset[int]
    weeks: frozenset[int]
    day: Values
    weekdays: frozenset[int]
    hours: Sequence[int]
    minutes: Sequence[int]
    seconds: Sequence[int]


@lru_cache(maxsize=1024)
def plan(cron: Cron) -> Plan:
    """Fields below the smallest that is set are at their first value, all others at any; as APScheduler has it."""
    given = {name: getattr(cron, name) for name in FIELDS}
    order = ("year", "month", "day", "week", "day_of_week", "hour", "minute", "second")
    smallest = max(order.index(name) for name, field in given.items() if field is not None)
    read: dict[str, Values] = {}
    for place, name in enumerate(order):
        field = given[name]
        if field is None:
            is_first = place > smallest and name not in {"week", "day_of_week"}
            field = str(RANGES[name][0]) if is_first else "*"
        values = read_field(name, field)
        assert values is not None, f"{name} was checked when the job was read"
        read[name] = values
    numbers = {name: read[name].numbers for name in order}
    times = [tuple(sorted(numbers[name])) for name in ("hour", "minute", "second")]
    return Plan(
        numbers["year"],
        numbers["month"],
        numbers["week"],
        read["day"],
        numbers["day_of_week"],
        times[0],
        times[1],
        times[2],
    )


def days(plan: Plan, first: date, last: date, *, is_reversed: bool = False) -> Iterator[date]:
    """The dates of a plan from `first` to `last`, both of them included; the latest first if `is_reversed`."""
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    for number in reversed(months) if is_reversed else months:
        year, month = divmod(number, 12)
        if year not in plan.years or month + 1 not in plan.months:
            continue
        found = _of_month(plan, year, month + 1)
        for each in reversed(found) if is_reversed else found:
            if first <= each <= last:
                yield each


def _of_month(plan: Plan, year: int, month: int) -> list[date]:
    weekday_of_first, length = monthrange(year, month)
    numbers = {day for day in plan.day.numbers if day <= length}
    if plan.day.is_last:
        numbers.add(length)
    for ordinal, weekday in plan.day.weekdays:
        of_weekday = range(1 + (weekday - weekday_of_first) % 7, length + 1, 7)
        if -1 <= ordinal < len(of_weekday):
            numbers.add(of_weekday[ordinal])
    dates = (date(year, month, day) for day in sorted(numbers))
    return [each for each in dates if each.weekday() in plan.weekdays and each.isocalendar().week in plan.weeks]


def times(plan: Plan, day: date, hour: int, *, is_reversed: bool = False) -> Iterator[datetime]:
    """The times of a plan within an hour of a day."""
    minutes, seconds = plan.minutes, plan.seconds
    if is_reversed:
        minutes, seconds = minutes[::-1], seconds[::-1]
    for minute in minutes:
        for second in seconds:
            yield datetime(day.year, day.month, day.day, hour, minute, second)  # noqa: DTZ001 - on the wall
