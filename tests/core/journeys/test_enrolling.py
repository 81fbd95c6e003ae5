"""Setting out: by oneself, by a coordinator, by itself, by rules, by cohort, by a badge that was won; again, and who may not."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import revoking
from core.badges import service as awards
from core.badges.checks import BadgeDisabled, BadgeNotForThem, BadgeReceiverGone
from core.badges.definition.people import Entry
from core.journeys import queries, refusals, service, tending
from core.journeys.facts import Trail
from core.people.models import Workspace
from core.people.queries import Person
from tests.core.badges.stock import describe, make_badge
from tests.core.journeys.road import SCORE, done, enrol, happen, make_guide, make_journey, owed, tick, way
from tests.core.rules.stage import did, winners
from tests.factories import make_member, make_members

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def people(session: AsyncSession, workspace: Workspace) -> list[Person]:
    return await make_members(session, workspace, 4)


@pytest.fixture
async def guide(session: AsyncSession, workspace: Workspace) -> Person:
    return await make_guide(session, await make_member(session, workspace, "Gabi"))


async def on_the_way(session: AsyncSession, workspace: Workspace) -> list[int]:
    rows = await session.execute(
        text("SELECT member_id FROM journey WHERE workspace_id = :w AND completed_at IS NULL ORDER BY 1"),
        {"w": workspace.id},
    )
    return list(rows.scalars())


async def tend(session: AsyncSession, workspace: Workspace, now: datetime) -> tuple[int, int]:
    """What the clock does: how many it enrolled, how many journeys it moved."""
    trails = await tending.open_trails(session, workspace=workspace, now=now)
    made = [await tending.enrol_all(session, each, workspace=workspace, now=now) for each in trails.values()]
    looked = await tending.look(session, trails, workspace=workspace, now=now)
    assert looked.is_last
    return sum(made), len(looked.moved)


async def test_by_oneself(session: AsyncSession, workspace: Workspace, people: list[Person], now: datetime) -> None:
    badge = await make_journey(session, workspace)
    ana, luis, *_ = people
    assert await enrol(session, workspace, badge, [ana], ana, now) == 1
    assert await owed(session, workspace) == []
    with pytest.raises(refusals.JourneyUnderWay) as caught:
        await enrol(session, workspace, badge, [ana], ana, now + MINUTE)
    assert caught.value.details == {"journey": "Onboarding Champion", "name": "Member 1"}
    with pytest.raises(refusals.JourneyNotYours):
        await enrol(session, workspace, badge, [luis], ana, now)
    assert await on_the_way(session, workspace) == [ana.member_id]


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"is_secret": True}, refusals.JourneyNotForSelf),
        ({"assigner": [{"groups": ["trainers"]}]}, refusals.JourneyNotForSelf),
        ({"is_enabled": False}, BadgeDisabled),
        ({"awardee": [{"departments": ["Sales"]}]}, BadgeNotForThem),
        ({"rules": [["AchievementRule", SCORE]]}, refusals.JourneyRulesUnmet),
    ],
)
async def test_not_by_oneself(
    session: AsyncSession,
    workspace: Workspace,
    people: list[Person],
    now: datetime,
    fields: dict[str, Any],
    refusal: type[Exception],
) -> None:
    badge = await make_journey(session, workspace, **fields)
    with pytest.raises(refusal):
        await enrol(session, workspace, badge, people[:1], people[0], now)
    assert await on_the_way(session, workspace) == []


async def test_by_a_coordinator_for_all_or_none(
    session: AsyncSession, workspace: Workspace, people: list[Person], guide: Person, now: datetime
) -> None:
    badge = await make_journey(session, workspace, rules=[["AchievementRule", SCORE]])
    one, two, three, _ = people
    assert await enrol(session, workspace, badge, [one, two, two], guide, now) == 2
    assert [each["reader"] for each in await owed(session, workspace)] == [one.member_id, two.member_id]
    found = await way(session, workspace, one, badge)
    assert found is not None
    assert (found.origin, found.enrolled_by) == ("hand", guide.member_id)
    with pytest.raises(refusals.JourneyUnderWay):
        async with session.begin_nested():
            await enrol(session, workspace, badge, [three, two], guide, now + MINUTE)
    assert await on_the_way(session, workspace) == [one.member_id, two.member_id]
    gone = await make_member(session, workspace, status="left")
    with pytest.raises(BadgeReceiverGone):
        await enrol(session, workspace, badge, [gone], guide, now)


async def test_by_itself(session: AsyncSession, workspace: Workspace, people: list[Person], now: datetime) -> None:
    """Whoever may have the badge is on the way since there is the badge, whenever the clock notices."""
    await make_member(session, workspace, status="left")
    await describe(session, workspace, people[3], department="Legal")
    for person in people[:3]:
        await describe(session, workspace, person, department="Sales")
    badge = await make_journey(
        session, workspace, auto_enroll=True, awardee=[{"departments": ["Sales"]}], workflow=[{"step": "Go", "event": "task"}, "On"]
    )  # fmt: skip
    assert await tend(session, workspace, now + MINUTE) == (3, 0)
    assert await tend(session, workspace, now + MINUTE) == (0, 0)
    assert await on_the_way(session, workspace) == [each.member_id for each in people[:3]]
    assert await owed(session, workspace) == []
    late = await make_member(session, workspace, "Late")
    await describe(session, workspace, late, department="Sales")
    await happen(session, workspace, late, "task", now + 2 * MINUTE)
    assert await done(session, workspace, late, badge) == ["Go"]


async def test_by_rules(session: AsyncSession, workspace: Workspace, people: list[Person], now: datetime) -> None:
    """Who meets them sets out, at the touch or by the clock; the rules decide about the start, not about the badge."""
    badge = await make_journey(
        session, workspace, rules=[["AchievementRule", SCORE]], workflow=[{"step": "Sell", "event": "sale"}]
    )
    await happen(session, workspace, people[0], "product_knowledge", now + MINUTE, quantity=70)
    await happen(session, workspace, people[1], "product_knowledge", now + MINUTE, quantity=90)
    assert await on_the_way(session, workspace) == []  # its steps look at sales alone
    assert await tend(session, workspace, now + MINUTE) == (1, 0)
    assert await on_the_way(session, workspace) == [people[1].member_id]
    assert [each["reader"] for each in await owed(session, workspace)] == [people[1].member_id]
    await happen(session, workspace, people[1], "sale", now + 2 * MINUTE)
    assert [each.member_id for each in await winners(session, workspace, badge)] == [people[1].member_id]


async def test_by_cohort(session: AsyncSession, workspace: Workspace, people: list[Person], now: datetime) -> None:
    badge = await make_journey(session, workspace)
    one, two, three, four = people
    await describe(session, workspace, one, department="Sales", job_code="AE")
    await describe(session, workspace, two, department="Sales")
    await describe(session, workspace, three, groups=["Field"], programs=["ramp"])
    await describe(session, workspace, four, department="Legal")
    entry = Entry(departments=("sales",), job_codes=("ae",))
    asked: dict[str, Any] = {"workspace": workspace, "badge": badge, "now": now}
    planned = await service.plan_cohort(session, **asked, entries=[entry])
    assert (planned.many, list(planned.members)) == (1, [one.member_id])
    assert await on_the_way(session, workspace) == []
    made = await service.enrol_cohort(session, **asked, entries=[entry, Entry(groups=("field",), programs=("Ramp",))])
    assert (made.many, list(made.members)) == (2, [one.member_id, three.member_id])
    again = await service.enrol_cohort(session, **asked, entries=[Entry(departments=("Sales",))])
    assert (again.many, list(again.members)) == (1, [two.member_id])
    found = await way(session, workspace, two, badge)
    assert found is not None
    assert found.origin == "cohort"


async def test_winners_of_a_badge(
    session: AsyncSession, workspace: Workspace, people: list[Person], guide: Person, now: datetime
) -> None:
    prize = await make_badge(session, workspace, reward="Prize")
    badge = await make_journey(
        session, workspace, enroll_winners_of=[prize.reward_id], multiple=True, workflow=["Speech"]
    )
    assert await tend(session, workspace, now) == (0, 0)
    given: dict[str, Any] = {"workspace": workspace, "badge": prize, "giver": guide}
    await awards.award(session, **given, receivers=people[:2], now=now + MINUTE)
    assert await tend(session, workspace, now + 2 * MINUTE) == (2, 0)
    assert await tend(session, workspace, now + 2 * MINUTE) == (0, 0)
    assert len(await owed(session, workspace)) == 2
    await tick(session, workspace, badge, "Speech", people[:1], guide, now + 3 * MINUTE)
    assert await tend(session, workspace, now + 4 * MINUTE) == (0, 0)  # that win has had its journey


async def test_once_for_ever_and_again_after_it_was_taken_back(
    session: AsyncSession, workspace: Workspace, people: list[Person], guide: Person, now: datetime
) -> None:
    badge = await make_journey(session, workspace, workflow=["Only"])
    ana = people[0]
    await enrol(session, workspace, badge, [ana], ana, now)
    await tick(session, workspace, badge, "Only", [ana], guide, now)
    with pytest.raises(awards.BadgeHeld):
        await enrol(session, workspace, badge, [ana], ana, now + MINUTE)
    (award,) = await winners(session, workspace, badge)
    await revoking.revoke(session, workspace=workspace, award_id=award.id, actor=guide, reason="mistake", now=now)
    await enrol(session, workspace, badge, [ana], ana, now + MINUTE)
    await tick(session, workspace, badge, "Only", [ana], guide, now + MINUTE)
    assert [each.revoked_at is None for each in await winners(session, workspace, badge)] == [False, True]


async def test_multiple_begins_again_and_counts_anew(
    session: AsyncSession, workspace: Workspace, people: list[Person], now: datetime
) -> None:
    steps = [{"step": "Sell", "event": "sale"}, {"step": "Test", "condition": SCORE}]
    badge = await make_journey(session, workspace, multiple=True, auto_enroll=True, workflow=steps)
    ana = people[0]
    await happen(session, workspace, ana, "product_knowledge", now + MINUTE, quantity=90)
    await happen(session, workspace, ana, "sale", now + 2 * MINUTE)
    assert len(await winners(session, workspace, badge)) == 1
    found = await way(session, workspace, ana, badge)
    assert found is not None
    assert (found.round, found.done) == (2, {})
    await happen(session, workspace, ana, "sale", now + 3 * MINUTE)
    assert await done(session, workspace, ana, badge) == ["Sell"]  # the test was passed before
    assert len(await winners(session, workspace, badge)) == 1
    await happen(session, workspace, ana, "product_knowledge", now + 4 * MINUTE, quantity=10)
    assert [each.period for each in await winners(session, workspace, badge)] == ["round:1", "round:2"]


async def test_a_calendar_limit_lets_nobody_set_out_before_the_next_period(
    session: AsyncSession, workspace: Workspace, people: list[Person], guide: Person, now: datetime
) -> None:
    badge = await make_journey(
        session, workspace, multiple=True, timeframe="monthly", workflow=["Only"], auto_enroll=True
    )
    ana = people[0]
    await tend(session, workspace, now)
    await tick(session, workspace, badge, "Only", [ana], guide, now)
    assert ana.member_id not in await on_the_way(session, workspace)
    with pytest.raises(awards.BadgeHeldThisPeriod):
        await enrol(session, workspace, badge, [ana], ana, now)
    await tend(session, workspace, now + timedelta(days=32))
    assert ana.member_id in await on_the_way(session, workspace)


async def test_the_clock_finds_what_nobody_noticed(
    session: AsyncSession, workspace: Workspace, people: list[Person], now: datetime
) -> None:
    """An activity that touched nothing; a condition, only where the badge is evaluated by itself."""
    step = [{"step": "Test", "condition": SCORE}]
    by_event = await make_journey(session, workspace, workflow=[{"step": "Sell", "event": "sale"}])
    quiet = await make_journey(session, workspace, reward="Quiet", workflow=step)
    loud = await make_journey(session, workspace, reward="Loud", workflow=step, auto_evaluation=True)
    ana = people[0]
    for badge in (by_event, quiet, loud):
        await enrol(session, workspace, badge, [ana], ana, now)
    await did(session, workspace, ana, "sale", at=now + MINUTE)
    await did(session, workspace, ana, "product_knowledge", at=now + MINUTE, quantity=99)
    assert await tend(session, workspace, now + 9 * MINUTE) == (0, 0)  # it looked a moment ago
    assert await tend(session, workspace, now + 11 * MINUTE) == (0, 2)
    assert [len(await winners(session, workspace, each)) for each in (by_event, quiet, loud)] == [1, 0, 1]
    assert await tend(session, workspace, now + 30 * MINUTE) == (0, 0)


async def test_who_may_not_have_the_badge_at_the_end_gets_it_when_they_may(
    session: AsyncSession, workspace: Workspace, people: list[Person], now: datetime
) -> None:
    badge = await make_journey(
        session, workspace, conditions={"department": "Sales"}, workflow=[{"step": "Sell", "event": "sale"}]
    )
    ana = people[0]
    await describe(session, workspace, ana, department="Sales")
    await enrol(session, workspace, badge, [ana], ana, now)
    await describe(session, workspace, ana, department="Legal")
    await happen(session, workspace, ana, "sale", now + MINUTE)
    assert await done(session, workspace, ana, badge) == ["Sell"]
    assert await winners(session, workspace, badge) == []
    await describe(session, workspace, ana, department="Sales")
    assert await tend(session, workspace, now + 11 * MINUTE) == (0, 1)
    assert len(await winners(session, workspace, badge)) == 1


async def test_rules_that_choose_enrol_nobody(
    session: AsyncSession, workspace: Workspace, people: list[Person], guide: Person, now: datetime
) -> None:
    badge = await make_journey(session, workspace, rules=[["RandomUsers", {"count": 2}]], auto_enroll=True)
    assert await tend(session, workspace, now) == (0, 0)
    assert await enrol(session, workspace, badge, people[:1], guide, now) == 1
    (trail,) = await queries.trails(session, workspace_id=workspace.id)
    assert isinstance(trail, Trail)
