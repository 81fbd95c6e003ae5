"""What keeps rules from awarding: times, limits, people; and what they do when many earn something at once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import revoking
from core.badges.models import Badge
from core.people.models import Workspace
from core.people.queries import Person
from core.rules import service
from core.rules.awarding import TOGETHER_MAX
from tests.books import assert_balanced
from tests.core.badges.stock import describe, make_badge
from tests.core.rules.stage import NOON, did, evaluate, ids, told, winners
from tests.factories import current, enter, make_member, make_members, make_place, make_workspace

THREE = ["AchievementRule", {"metric": "activities.count", "function_params": {"type": "sale"}, "threshold": 3}]


async def achievement(session: AsyncSession, workspace: Workspace, **fields: Any) -> Badge:
    return await make_badge(
        session, workspace, **({"reward_type": "Achievement Badge", "rules": [THREE], "points": 5} | fields)
    )


@pytest.fixture
async def people(session: AsyncSession, workspace: Workspace) -> list[Person]:
    """Three who have all that is needed."""
    found = await make_members(session, workspace, 3)
    for each in found:
        await did(session, workspace, each, "sale", times=3)
    return found


CLOSED: list[tuple[dict[str, Any], str]] = [
    ({"availability_rule": {"start_date": "12-01", "end_date": "12-31"}}, "badge_closed"),
    ({"availability_rule": {"start_time": "13:00", "end_time": "14:00"}}, "badge_closed"),
    ({"availability_rule": {"end_date": "2026-11-19"}}, "badge_over"),
    ({"availability_rule": {"start_time": "12:00", "end_time": "13:00"}, "timezone": "Asia/Tokyo"}, "badge_closed"),
    ({"effective_date": "2026-11-21"}, "badge_not_yet"),
    ({"is_enabled": False}, "badge_disabled"),
    ({"rules": [THREE, "EarlyBird"]}, "badge_closed"),
    ({"rules": [THREE, ["MidWeekMotivator"]]}, "badge_closed"),
    ({"rules": [THREE, ["QuarterEndChampion"]]}, "badge_closed"),
    ({"rules": [THREE, ["SeasonalBonus", {"season": "summer"}]]}, "badge_closed"),
]


@pytest.mark.parametrize(("fields", "code"), CLOSED, ids=lambda value: str(value)[:60])
async def test_outside_of_its_times_nothing_is_awarded(
    session: AsyncSession, workspace: Workspace, people: list[Person], fields: dict[str, Any], code: str
) -> None:
    badge = await achievement(session, workspace, **fields)
    made = await evaluate(session, workspace, badge)
    assert made.refused is not None
    assert (made.awarded, made.refused.code) == (0, code)
    touched = await service.touch(session, workspace_id=workspace.id, members=ids(people), types={"sale"}, now=NOON)
    assert sum(each.awarded for each in touched) == 0
    assert await winners(session, workspace, badge) == []
    assert await told(session, workspace) == []


async def test_clock_rules_hold_at_their_moments(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    badge = await achievement(session, workspace, rules=[THREE, "EarlyBird", ["MidWeekMotivator"]])
    wednesday = datetime(2026, 11, 25, 6, tzinfo=UTC)
    moments = {wednesday - timedelta(seconds=1): 0, wednesday - timedelta(days=1): 0, wednesday: 3}
    for moment, awarded in moments.items():
        assert (await evaluate(session, workspace, badge, now=moment)).awarded == awarded


async def test_only_those_who_may_have_it(session: AsyncSession, workspace: Workspace, people: list[Person]) -> None:
    ana, luis, eva = people
    await describe(session, workspace, ana, department="Sales", attributes={"level": 4})
    await describe(session, workspace, luis, department="Sales", attributes={"level": 2})
    await describe(session, workspace, eva, department="Support", attributes={"level": 4})
    badge = await achievement(
        session, workspace, awardee=[{"departments": ["sales"]}], conditions={"level": {"gte": 3}}
    )
    assert (await evaluate(session, workspace, badge)).members == (ana.member_id,)


async def test_leavers_and_other_companies_get_nothing(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    badge = await achievement(session, workspace)
    await session.execute(text("UPDATE member SET status = 'left' WHERE id = :m"), {"m": people[0].member_id})
    other = await make_workspace(session)
    stranger = await make_member(session, other)
    await did(session, other, stranger, "sale", times=3)
    await enter(session, workspace.id, role="ops")  # past the wall: the query itself has to know
    made = await evaluate(session, workspace, badge)
    assert made.members == (people[1].member_id, people[2].member_id)
    elsewhere = await evaluate(session, other, badge)
    assert elsewhere.refused is not None
    assert elsewhere.refused.code == "badge_gone"


FREED: list[tuple[dict[str, Any], timedelta]] = [
    ({"multiple": True, "timeframe": "daily"}, timedelta(days=1)),
    ({"multiple": True, "timeframe": "monthly"}, timedelta(days=11)),
    ({"multiple": True, "timeframe": "rolling:3d"}, timedelta(days=3)),
    ({"multiple": True, "cooldown_minutes": 90, "timeframe": "hourly"}, timedelta(minutes=90)),
    ({"multiple": True}, timedelta(days=1)),
]


@pytest.mark.parametrize(("limit", "later"), FREED, ids=str)
async def test_limits_leave_room_again(
    session: AsyncSession, workspace: Workspace, people: list[Person], limit: dict[str, Any], later: timedelta
) -> None:
    badge = await achievement(session, workspace, **limit)
    counts = [
        (await evaluate(session, workspace, badge, now=moment)).awarded
        for moment in (NOON, NOON, NOON + timedelta(minutes=20), NOON + later, NOON + later)
    ]
    assert counts == [3, 0, 0, 3, 0]
    await assert_balanced(session, workspace)


async def test_what_was_revoked_may_be_earned_again(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    badge = await achievement(session, workspace)
    await evaluate(session, workspace, badge)
    first = (await winners(session, workspace, badge))[0]
    admin = people[1]._replace(roles=("member", "admin"))
    await revoking.revoke(session, workspace=workspace, award_id=first.id, actor=admin, reason="mistake", now=NOON)
    assert await current(session, workspace, people[0], now=NOON) == 0
    assert (await evaluate(session, workspace, badge)).members == (people[0].member_id,)
    assert await current(session, workspace, people[0], now=NOON) == 5


@pytest.mark.parametrize("kind", ["User Badge", "Nomination Badge"])
async def test_what_comes_in_another_way_is_not_evaluated(
    session: AsyncSession, workspace: Workspace, people: list[Person], kind: str
) -> None:
    badge = await achievement(session, workspace, reward_type=kind)
    made = await evaluate(session, workspace, badge)
    assert made.refused is not None
    assert made.refused.code == "badge_not_by_rule"


async def test_touch_looks_at_what_was_touched_alone(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    ana, luis, _ = people
    sales = await achievement(session, workspace)
    await achievement(
        session,
        workspace,
        rules=[["AchievementRule", {"metric": "activities.count", "function_params": {"type": "visit"}}]],
    )
    on_event = await achievement(session, workspace, reward_type="Automated Badge", rules=[], events=["Sales"])
    rich = await achievement(
        session,
        workspace,
        rules=[
            ["AchievementRule", {"function_path": "rewards.functions.engagement.get_points_earned", "threshold": 10}]
        ],
    )
    done = await service.touch(session, workspace_id=workspace.id, members=[ana.member_id], types={"sale"}, now=NOON)
    awarded = {each.badge_id: each.members for each in done if each.awarded}
    assert awarded == {badge.id: (ana.member_id,) for badge in (sales, on_event, rich)}
    assert {each.member_id for each in await winners(session, workspace, sales)} == {ana.member_id}
    done = await service.touch(session, workspace_id=workspace.id, members=[luis.member_id], types={"task"}, now=NOON)
    assert done == []


async def test_many_at_once_are_told_each_and_in_one_card(session: AsyncSession, workspace: Workspace) -> None:
    crowd = await make_members(session, workspace, TOGETHER_MAX + 1)
    await make_place(session, workspace, is_connected=True)
    badge = await make_badge(session, workspace, reward_type="Computed Badge", rules=[["RandomUsers", {"count": 1000}]])
    made = await evaluate(session, workspace, badge)
    assert (made.awarded, made.act_id) == (TOGETHER_MAX + 1, None)
    given = await winners(session, workspace, badge)
    assert len({each.act_id for each in given}) == TOGETHER_MAX + 1
    owed = await told(session, workspace)
    assert [reference for kind, reference in owed if kind == "badge_crowd"] == [
        {"badge": badge.id, "count": TOGETHER_MAX + 1}
    ]
    notices = [(reference["act"], reference["reader"]) for kind, reference in owed if kind == "badge_notice"]
    assert sorted(notices) == sorted((each.act_id, each.member_id) for each in given)
    assert {reader for _, reader in notices} == set(ids(crowd))
    await assert_balanced(session, workspace)


async def test_a_few_at_once_stand_on_one_card(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    await make_place(session, workspace, is_connected=True)
    badge = await achievement(session, workspace)
    made = await evaluate(session, workspace, badge)
    assert await told(session, workspace) == [("badge_card", {"act": made.act_id})]


async def test_everyday_awards_are_told_in_private(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    await make_place(session, workspace, is_connected=True)
    await make_badge(session, workspace, reward_type="Automated Badge")
    await service.touch(session, workspace_id=workspace.id, members=ids(people), types={"login"}, now=NOON)
    assert sorted({kind for kind, _ in await told(session, workspace)}) == ["badge_notice"]


@pytest.mark.parametrize(
    ("today", "holds"), [("2027-02-28", True), ("2028-02-28", False), ("2028-02-29", True), ("2027-03-01", False)]
)
async def test_29_february_is_celebrated_on_the_28th_of_other_years(
    session: AsyncSession, workspace: Workspace, people: list[Person], today: str, holds: bool
) -> None:
    ana, luis, _ = people
    await describe(session, workspace, ana, birth_month=2, birth_day=29, hire_date=date(2024, 2, 29))
    await describe(session, workspace, luis, birth_month=2, birth_day=27)
    now = datetime.fromisoformat(today).replace(hour=12, tzinfo=UTC)
    for rule in ("Birthday", "EmploymentDuration"):
        badge = await make_badge(session, workspace, reward_type="Computed Badge", rules=[rule])
        assert (await evaluate(session, workspace, badge, now=now)).members == ((ana.member_id,) if holds else ())


async def test_a_birthday_is_one_in_the_zone_of_the_badge(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    await describe(session, workspace, people[0], birth_month=11, birth_day=21)
    badge = await make_badge(
        session, workspace, reward_type="Computed Badge", rules=["Birthday"], timezone="Pacific/Auckland", multiple=True
    )
    counts = [
        (await evaluate(session, workspace, badge, now=NOON + timedelta(hours=hours), run=str(hours))).awarded
        for hours in (-2, 0, 3, 22, 24)
    ]
    assert counts == [0, 1, 0, 0, 0]  # 21 November in Auckland is 11:00 UTC on the 20th to 11:00 UTC on the 21st
