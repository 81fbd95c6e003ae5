"""Attendance: which days have to be there, and how many of them a member missed."""

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, Select, and_, cast, column, false, func, literal, select, values
from sqlalchemy.dialects.postgresql import BIT

from core.activities.models import ATTENDANCE, ActivityMonth
from core.activities.service import month_of, type_name
from core.badges.definition.rules import AttendanceRule
from core.rules.asking import Asked, Measure

DATASETS = ("attendance", "employee_attendance")
"""Names of the attendance itself; any other is a type of activity, whose days are counted."""


@dataclass(frozen=True, slots=True)
class Window:
    """Days from `first` to `last`, of which those in `required` have to be there."""

    first: date
    last: date
    required: frozenset[date]

    @property
    def months(self) -> Mapping[date, int]:
        """The required days as bits of their months."""
        bits: dict[date, int] = {}
        for day in self.required:
            bits[day.replace(day=1)] = bits.get(day.replace(day=1), 0) | 1 << day.day - 1
        return bits


def type_of(rule: AttendanceRule) -> str:
    if rule.dataset is None or rule.dataset.casefold() in DATASETS:
        return ATTENDANCE
    return type_name(rule.dataset) or ATTENDANCE


def windows(rule: AttendanceRule, asked: Asked) -> list[Window]:
    """Any of these suffices. Fixed weeks and months: the last ones that are over, which they are once no day of them that is
    left has to be there. Days, and what rolls: up to today, or up to yesterday for whom today is not over."""
    if rule.unit != "day" and rule.period_type == "fixed":
        first, last = _last_units(rule, asked)
        return [_window(rule, asked, first, last)]
    ends = (asked.today, asked.today - timedelta(days=1))
    return [_window(rule, asked, _begin(rule, last), last) for last in ends]


def _begin(rule: AttendanceRule, last: date) -> date:
    if rule.unit == "month":
        month = month_of(last, -rule.count)
        day = min(last.day, calendar.monthrange(month.year, month.month)[1])
        return month.replace(day=day) + timedelta(days=1)
    return last - timedelta(days=rule.count * (7 if rule.unit == "week" else 1) - 1)


def _last_units(rule: AttendanceRule, asked: Asked) -> tuple[date, date]:
    first, following = _unit(rule.unit, asked.today)
    rest = _window(rule, asked, asked.today + timedelta(days=1), following - timedelta(days=1))
    if rest.required:
        following = first
    first, _ = _unit(rule.unit, following - timedelta(days=1))
    if rule.unit == "month":
        return month_of(first, 1 - rule.count), following - timedelta(days=1)
    return first - timedelta(weeks=rule.count - 1), following - timedelta(days=1)


def _unit(unit: str, day: date) -> tuple[date, date]:
    """The first day of a week or month, and of the one after it."""
    if unit == "month":
        return month_of(day, 0), month_of(day, 1)
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(weeks=1)


def _window(rule: AttendanceRule, asked: Asked, first: date, last: date) -> Window:
    free = _free(rule, asked)
    required = frozenset(
        day for day in _days(first, last) if day not in free and not (rule.only_weekdays and day.weekday() >= 5)
    )
    return Window(first, last, required)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))


def _free(rule: AttendanceRule, asked: Asked) -> frozenset[date]:
    """The company's holidays, and those of the calendars that the rule names, unless it says that they count."""
    if rule.holidays is False:
        return frozenset()
    named = rule.holidays if isinstance(rule.holidays, tuple) else ()
    calendars = ("", *(name.casefold() for name in named))
    return frozenset().union(*(asked.holidays.get(name, frozenset()) for name in calendars))


def measure(rule: AttendanceRule, asked: Asked) -> Measure:
    """Who missed no required day, or no more than the deviation."""
    found = [window for window in windows(rule, asked) if window.required]
    allowed = rule.deviation if rule.match == "partial" else 0
    latest = found[0] if found else windows(rule, asked)[0]
    facts = {
        "from": latest.first.isoformat(),
        "to": latest.last.isoformat(),
        "required": len(latest.required),
        "allowed": allowed,
        "type": type_of(rule),
    }
    if not found:
        return Measure("AttendanceRule", facts, false())
    rows = _missed(asked, type_of(rule), found).subquery()
    is_inner = allowed < len(latest.required)
    missed = rows.c.missed if is_inner else func.coalesce(rows.c.missed, len(latest.required))
    return Measure(
        "AttendanceRule",
        facts,
        missed <= allowed if allowed else missed == 0,  # of equality the planner expects few
        value=missed,
        source=rows,
        is_inner=is_inner,
    )


def _missed(asked: Asked, kind: str, found: list[Window]) -> Select[Any]:
    """(member_id, missed) of everybody who was there at all."""
    of_type = and_(ActivityMonth.workspace_id == asked.workspace_id, ActivityMonth.type == kind)
    if len(found) == 1 and len(found[0].months) == 1:
        ((month, bits),) = found[0].months.items()
        missed = len(found[0].required) - _count(ActivityMonth.days, bits)
        return asked.narrowed(
            select(ActivityMonth.member_id, missed.label("missed")).where(of_type, ActivityMonth.month == month)
        )
    months = sorted({month for window in found for month in window.months})
    asked_for = values(
        column("month", Date), *(column(f"bits_{place}", Integer) for place in range(len(found))), name="asked"
    ).data([(month, *(window.months.get(month, 0) for window in found)) for month in months])
    counted = [
        len(window.required) - func.sum(_count(ActivityMonth.days, asked_for.c[f"bits_{place}"]))
        for place, window in enumerate(found)
    ]
    return asked.narrowed(
        select(ActivityMonth.member_id, func.least(*counted).label("missed"))
        .join(asked_for, asked_for.c.month == ActivityMonth.month)
        .where(of_type)
        .group_by(ActivityMonth.member_id)
    )


def _count(days: Any, bits: Any) -> ColumnElement[int]:
    mask = literal(bits, Integer) if isinstance(bits, int) else bits
    return cast(func.bit_count(cast(days.op("&")(mask), BIT(32))), Integer)


def ends_on(rule: AttendanceRule, asked: Asked) -> date | None:
    """The last day of a fixed week or month that the rule looks at: its award belongs to that one's period."""
    if rule.unit == "day" or rule.period_type != "fixed":
        return None
    return windows(rule, asked)[0].last
