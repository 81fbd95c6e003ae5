"""Every example of the predecessor's page that a rule drives, to its end: the award, its points, and who is told."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.models import Badge
from core.people.models import Workspace
from core.people.queries import Person
from core.rules import service
from tests.books import assert_balanced
from tests.core.badges.stock import EXAMPLES, describe, make_badge
from tests.core.rules.stage import NOON, days, did, did_daily, evaluate, ids, told, was_there, winners
from tests.factories import current, make_members

TODAY = NOON.date()
MONTH_END = datetime(2026, 10, 31, 16, tzinfo=UTC)  # a Saturday


async def example(session: AsyncSession, workspace: Workspace, name: str, **more: Any) -> Badge:
    given = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    (given,) = given if isinstance(given, list) else (given,)
    return await make_badge(session, workspace, **({"reward_type": None, "points": None} | given | more))


@pytest.fixture
async def people(session: AsyncSession, workspace: Workspace) -> list[Person]:
    return await make_members(session, workspace, 4)


async def assert_awarded(
    session: AsyncSession, workspace: Workspace, badge: Badge, *holders: Person, kind: str = "badge_notice"
) -> list[dict[str, Any]]:
    """Exactly these hold it, once, have its points, and are told; how it came about, for each."""
    made = await winners(session, workspace, badge)
    assert sorted(each.member_id for each in made) == sorted(ids(holders))
    for holder in holders:
        assert await current(session, workspace, holder, now=NOON) == badge.points
    assert all((each.transfer_id is not None) == bool(badge.points) for each in made)
    owed = [reference["reader"] for what, reference in await told(session, workspace) if what == kind]
    assert sorted(owed) == sorted(ids(holders))
    assert {each.why["by"] for each in made} <= {"rule"}
    await assert_balanced(session, workspace)
    return [dict(each.why["rules"][0]) if each.why["rules"] else {} for each in made]


async def streak(session: AsyncSession, workspace: Workspace, member: Person, length: int) -> None:
    await did_daily(session, workspace, member, "login", days(TODAY - timedelta(days=length - 1), TODAY))


@pytest.mark.parametrize("name", ["consistency_king", "consistency_king_2", "rule_achievementrule_get_login_streak"])
async def test_login_streak_of_30_days(
    session: AsyncSession, workspace: Workspace, people: list[Person], name: str
) -> None:
    ana, luis, eva, _ = people
    badge = await example(session, workspace, name)
    await streak(session, workspace, ana, 30)
    await streak(session, workspace, luis, 29)
    await did_daily(session, workspace, eva, "login", days(TODAY - timedelta(days=45), TODAY - timedelta(days=3)))
    made = await evaluate(session, workspace, badge)
    assert (made.awarded, made.members, made.refused) == (1, (ana.member_id,), None)
    (why,) = await assert_awarded(session, workspace, badge, ana)
    assert (why["metric"], why["value"], why["threshold"], why["operator"]) == (
        "rewards.functions.engagement.get_login_streak", 30, 30, "gte",
    )  # fmt: skip
    assert (await evaluate(session, workspace, badge)).awarded == 0


@pytest.mark.parametrize("name", ["perfect_attendance_monthly", "perfect_attendance_monthly_2", "rule_attendancerule"])
async def test_attendance(session: AsyncSession, workspace: Workspace, people: list[Person], name: str) -> None:
    ana, luis, eva, _ = people
    badge = await example(session, workspace, name)
    october = days(date(2026, 9, 30), date(2026, 11, 1), weekdays=True)
    await was_there(session, workspace, ana, october)
    await was_there(session, workspace, luis, october[:9] + october[10:])
    await was_there(session, workspace, eva, days(date(2026, 10, 1), date(2026, 10, 29)))
    made = await evaluate(session, workspace, badge, now=MONTH_END)
    assert (made.awarded, made.members) == (1, (ana.member_id,))
    (why,) = await assert_awarded(session, workspace, badge, ana)
    assert (why["rule"], why["value"]) == ("AttendanceRule", 0)


async def test_attendance_may_miss_two_days(session: AsyncSession, workspace: Workspace, people: list[Person]) -> None:
    ana, luis, *_ = people
    badge = await example(session, workspace, "excellent_attendance")
    there = days(TODAY - timedelta(days=29), TODAY, weekdays=True)
    await was_there(session, workspace, ana, there[:3] + there[5:])
    await was_there(session, workspace, luis, there[:3] + there[6:])
    await evaluate(session, workspace, badge)
    (why,) = await assert_awarded(session, workspace, badge, ana)
    assert (why["value"], why["allowed"]) == (2, 2)


async def test_rolling_attendance_counts_up_to_today_or_yesterday(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    ana, luis, eva, _ = people
    badge = await example(session, workspace, "rolling_30_day_streak")
    await was_there(session, workspace, ana, days(TODAY - timedelta(days=29), TODAY, weekdays=True))
    await was_there(
        session, workspace, luis, days(TODAY - timedelta(days=30), TODAY - timedelta(days=1), weekdays=True)
    )
    await was_there(session, workspace, eva, days(TODAY - timedelta(days=30), TODAY - timedelta(days=2), weekdays=True))
    await evaluate(session, workspace, badge)
    await assert_awarded(session, workspace, badge, ana, luis)


@pytest.mark.parametrize(
    ("name", "chosen"),
    [("daily_lottery", 1), ("daily_lottery_winner", 1), ("monthly_mega_lottery", 3), ("rule_randomusers", 2)],
)
async def test_lottery(
    session: AsyncSession, workspace: Workspace, people: list[Person], name: str, chosen: int
) -> None:
    *here, gone = people
    badge = await example(session, workspace, name)
    for member in here:
        await describe(session, workspace, member, department="Sales", job_code="ASSOCIATE", hire_date=date(2020, 1, 1))
    if name == "rule_randomusers":  # 5 of those who fit; two do
        await describe(session, workspace, here[0], hire_date=TODAY - timedelta(days=89))
        await describe(session, workspace, gone, department="Support")
    else:
        await describe(session, workspace, gone, department="Sales")
        from sqlalchemy import text

        await session.execute(text("UPDATE member SET status = 'left' WHERE id = :m"), {"m": gone.member_id})
    made = await evaluate(session, workspace, badge, run="2026-11-20T16:00", seed="a seed")
    assert made.awarded == chosen
    holders = [each for each in here if each.member_id in made.members]
    whys = await assert_awarded(session, workspace, badge, *holders)
    assert {why["seed"] for why in whys} == {"a seed"}
    again = await evaluate(session, workspace, badge, run="2026-11-20T16:00")
    assert (again.awarded, again.refused) == (0, None)


async def test_birthday(session: AsyncSession, workspace: Workspace, people: list[Person]) -> None:
    ana, luis, *_ = people
    badge = await example(session, workspace, "happy_birthday")
    await describe(session, workspace, ana, birth_month=11, birth_day=20)
    await describe(session, workspace, luis, birth_month=11, birth_day=21)
    await evaluate(session, workspace, badge)
    await assert_awarded(session, workspace, badge, ana)


async def test_employment_anniversaries(session: AsyncSession, workspace: Workspace, people: list[Person]) -> None:
    ana, luis, *_ = people
    for member, hired in zip(people, ("2025-11-20", "2021-11-20", "2026-11-20", "2021-11-19"), strict=True):
        await describe(session, workspace, member, hire_date=date.fromisoformat(hired))
    every = await example(session, workspace, "1_year_anniversary")
    fifth = await example(session, workspace, "5_year_milestone", points=7)
    assert (await evaluate(session, workspace, every)).members == (ana.member_id, luis.member_id)
    assert [each.why["rules"][0]["value"] for each in await winners(session, workspace, every)] == [1, 5]
    assert (await evaluate(session, workspace, fifth)).members == (luis.member_id,)
    assert await current(session, workspace, luis, now=NOON) == every.points + 7


async def test_sales_target_is_a_truth(session: AsyncSession, workspace: Workspace, people: list[Person]) -> None:
    ana, luis, eva, _ = people
    badge = await example(session, workspace, "rule_achievementrule_check_sales_target")
    await did(session, workspace, ana, "Sales", times=100)
    await did(session, workspace, luis, "sale", times=99)
    await did(session, workspace, eva, "sale", times=200, at=NOON - timedelta(days=30))
    await evaluate(session, workspace, badge)
    (why,) = await assert_awarded(session, workspace, badge, ana)
    assert why["value"] is True


async def test_all_rules_of_elite_performer_have_to_hold(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    ana, luis, eva, _ = people
    badge = await example(session, workspace, "elite_performer")
    october = days(date(2026, 10, 1), date(2026, 10, 31))
    for member, sales, there in ((ana, 100, october), (luis, 100, october[1:]), (eva, 99, october)):
        await did(session, workspace, member, "sale", times=sales)
        await was_there(session, workspace, member, there)
    await evaluate(session, workspace, badge)
    await assert_awarded(session, workspace, badge, ana)
    (made,) = await winners(session, workspace, badge)
    assert [rule["rule"] for rule in made.why["rules"]] == ["AchievementRule", "AttendanceRule"]


async def test_top_seller(session: AsyncSession, workspace: Workspace, people: list[Person]) -> None:
    ana, luis, eva, _ = people
    badge = await example(session, workspace, "top_seller")
    for member, sold in ((ana, 500), (luis, 900), (eva, 900)):
        await did(session, workspace, member, "sale", quantity=sold)
    await did(session, workspace, ana, "sale", quantity=5000, at=NOON - timedelta(days=40))
    await evaluate(session, workspace, badge)
    await assert_awarded(session, workspace, badge, luis, eva)
    assert [(each.why["rank"], each.why["sales_count"]) for each in await winners(session, workspace, badge)] == [
        (1, 900), (1, 900),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["welcome_badge", "welcome_to_navigator"])
async def test_login_badge_comes_with_each_login(
    session: AsyncSession, workspace: Workspace, people: list[Person], name: str
) -> None:
    ana, *_ = people
    badge = await example(session, workspace, name)
    for later in (0, 0, 1):
        await service.touch(
            session,
            workspace_id=workspace.id,
            members=[ana.member_id],
            types={"login"},
            now=NOON + timedelta(days=later),
        )
    made = await winners(session, workspace, badge)
    assert [(each.member_id, each.period, each.why["event"]) for each in made] == [
        (ana.member_id, "on:2026-11-20", "login"), (ana.member_id, "on:2026-11-21", "login"),
    ]  # fmt: skip
    assert await current(session, workspace, ana, now=NOON) == 20
    refused = (await evaluate(session, workspace, badge)).refused
    assert refused is not None
    assert refused.code == "badge_needs_event"
