"""Which days attendance asks for: units, fixed and rolling, weekends, holidays and calendars."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.definition.rules import AttendanceRule
from core.people.models import Workspace
from core.rules import attendance
from core.rules.asking import Asked
from tests.core.badges.stock import make_badge
from tests.core.rules.stage import days, evaluate, is_free, was_there, winners
from tests.factories import make_member, make_members

CHRISTMAS, EPIPHANY = date(2026, 12, 25), date(2026, 1, 6)


def asked(today: str, **more: Any) -> Asked:
    moment = datetime.fromisoformat(today).replace(hour=12, tzinfo=UTC)
    return Asked(workspace_id=1, badge_id=1, zone=ZoneInfo("Etc/UTC"), now=moment, **more)


def rule(**fields: Any) -> AttendanceRule:
    return AttendanceRule.model_validate({"type": "AttendanceRule", **fields})


WINDOWS: list[tuple[dict[str, Any], str, list[tuple[str, str, int]]]] = [
    # The last whole month; the current one as soon as none of its days is left.
    ({"unit": "month"}, "2026-11-20", [("2026-10-01", "2026-10-31", 31)]),
    ({"unit": "month"}, "2026-11-30", [("2026-11-01", "2026-11-30", 30)]),
    ({"unit": "month", "only_weekdays": True}, "2026-10-30", [("2026-10-01", "2026-10-31", 22)]),
    ({"unit": "month", "only_weekdays": True}, "2026-10-29", [("2026-09-01", "2026-09-30", 22)]),
    ({"unit": "month", "count": 3}, "2026-03-15", [("2025-12-01", "2026-02-28", 90)]),
    ({"unit": "week"}, "2026-11-20", [("2026-11-09", "2026-11-15", 7)]),
    ({"unit": "week", "count": 2, "only_weekdays": True}, "2026-11-20", [("2026-11-09", "2026-11-22", 10)]),
    # Days, and what rolls: up to today or yesterday.
    ({"count": 5}, "2026-11-20", [("2026-11-16", "2026-11-20", 5), ("2026-11-15", "2026-11-19", 5)]),
    ({"count": 1, "unit": "week", "period_type": "rolling"}, "2026-11-20", [("2026-11-14", "2026-11-20", 7), ("2026-11-13", "2026-11-19", 7)]),
    ({"count": 1, "unit": "month", "period_type": "rolling"}, "2026-03-30", [("2026-03-01", "2026-03-30", 30), ("2026-03-01", "2026-03-29", 29)]),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "today", "expected"), WINDOWS, ids=lambda value: str(value)[:70])
def test_windows(fields: dict[str, Any], today: str, expected: list[tuple[str, str, int]]) -> None:
    found = attendance.windows(rule(**fields), asked(today))
    assert [(each.first.isoformat(), each.last.isoformat(), len(each.required)) for each in found] == expected


def test_holidays_need_not_be_attended() -> None:
    known = {"": frozenset({CHRISTMAS}), "madrid": frozenset({EPIPHANY})}
    month = {"unit": "month", "only_weekdays": True}
    december, january = asked("2026-12-31", holidays=known), asked("2026-01-31", holidays=known)

    def required(question: Asked, **more: Any) -> int:
        (window,) = attendance.windows(rule(**month, **more), question)
        return len(window.required)

    assert (required(december), required(december, holidays=False)) == (22, 23)
    assert (required(january), required(january, holidays="Madrid")) == (22, 21)


def test_names_of_attendance_and_types_of_activity() -> None:
    names = [None, "employee_attendance", "Attendance", "Visits", "login"]
    assert [attendance.type_of(rule(dataset=name)) for name in names] == ["attendance"] * 3 + ["visit", "login"]


async def test_a_months_award_belongs_to_that_month(session: AsyncSession, workspace: Workspace) -> None:
    """Looked at in November, October's is October's; at the end of November there is room for November's."""
    ana = await make_member(session, workspace)
    badge = await make_badge(
        session,
        workspace,
        reward_type="Achievement Badge",
        multiple=True,
        timeframe="monthly",
        rules=[["AttendanceRule", {"unit": "month"}]],
    )
    await was_there(session, workspace, ana, days(date(2026, 10, 1), date(2026, 11, 30)))
    for day in ("2026-11-02", "2026-11-20", "2026-11-30", "2026-12-05"):
        await evaluate(session, workspace, badge, now=datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC))
    assert [each.period for each in await winners(session, workspace, badge)] == ["2026-10", "2026-11"]


async def test_a_holiday_kept_by_the_workspace_is_not_missed(session: AsyncSession, workspace: Workspace) -> None:
    ana, luis = await make_members(session, workspace, 2)
    badge = await make_badge(
        session,
        workspace,
        reward_type="Achievement Badge",
        rules=[["AttendanceRule", {"count": 5, "holidays": ["madrid"]}]],
    )
    there = days(date(2026, 11, 16), date(2026, 11, 20))
    await was_there(session, workspace, ana, [day for day in there if day.day not in {17, 18}])
    await was_there(session, workspace, luis, [day for day in there if day.day not in {17, 19}])
    await is_free(session, workspace, date(2026, 11, 17))
    await is_free(session, workspace, date(2026, 11, 18), "madrid")
    await is_free(session, workspace, date(2026, 11, 19), "berlin")
    assert (await evaluate(session, workspace, badge)).members == (ana.member_id,)


async def test_where_nothing_is_asked_nothing_is_earned(session: AsyncSession, workspace: Workspace) -> None:
    await make_members(session, workspace, 2)
    badge = await make_badge(
        session,
        workspace,
        reward_type="Achievement Badge",
        rules=[["AttendanceRule", {"count": 1, "only_weekdays": True}]],
    )
    sunday = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert (await evaluate(session, workspace, badge, now=sunday)).awarded == 0
    await is_free(session, workspace, date(2026, 11, 20))
    await is_free(session, workspace, date(2026, 11, 19))
    assert (await evaluate(session, workspace, badge)).awarded == 0


async def test_a_window_over_several_months_is_counted_whole(session: AsyncSession, workspace: Workspace) -> None:
    ana, luis = await make_members(session, workspace, 2)
    badge = await make_badge(
        session,
        workspace,
        reward_type="Achievement Badge",
        rules=[["AttendanceRule", {"count": 70, "period_type": "rolling", "match": "partial", "deviation": 1}]],
    )
    last = date(2026, 11, 20)
    there = days(last - timedelta(days=69), last)
    await was_there(session, workspace, ana, there[:30] + there[31:])
    await was_there(session, workspace, luis, there[:30] + there[31:50] + there[51:69])
    assert (await evaluate(session, workspace, badge)).members == (ana.member_id,)
