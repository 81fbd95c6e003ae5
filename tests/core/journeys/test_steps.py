"""Steps: done by what happens, by what holds, by a coordinator's word; in order, since the journey began, and once."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.checks import BadgeClosed, BadgeReceiverGone
from core.journeys import refusals, service
from core.people.models import Workspace
from core.people.queries import Person
from tests.books import assert_balanced
from tests.core.journeys.road import SCORE, done, enrol, happen, make_guide, make_journey, owed, tick, way
from tests.core.rules.stage import did, winners
from tests.factories import current, make_member, make_members

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def ana(session: AsyncSession, workspace: Workspace) -> Person:
    return await make_member(session, workspace, "Ana")


@pytest.fixture
async def guide(session: AsyncSession, workspace: Workspace) -> Person:
    return await make_guide(session, await make_member(session, workspace, "Gabi"))


async def test_a_workflow_goes_from_the_first_step_to_the_badge(
    session: AsyncSession, workspace: Workspace, ana: Person, guide: Person, now: datetime
) -> None:
    badge = await make_journey(session, workspace)
    assert await enrol(session, workspace, badge, [ana], guide, now) == 1
    await happen(session, workspace, ana, "login", now + MINUTE)
    assert await done(session, workspace, ana, badge) == ["First Login"]
    await happen(
        session, workspace, ana, "complete_profile", now + 2 * MINUTE
    )  # a step of no event has that of its name
    assert await done(session, workspace, ana, badge) == ["First Login", "Complete Profile"]
    assert await winners(session, workspace, badge) == []
    (moved,) = await tick(session, workspace, badge, "take training", [ana], guide, now + 3 * MINUTE)
    (award,) = await winners(session, workspace, badge)
    assert (moved.steps, moved.award_id) == (("Take Training",), award.id)
    assert (award.member_id, award.giver_id, award.why) == (
        ana.member_id,
        None,
        {"by": "journey", "round": 1, "rules": []},
    )
    assert await current(session, workspace, ana, now=now) == 20
    found = await way(session, workspace, ana, badge)
    assert found is not None
    assert (found.completed_at, found.award_id) == (now + 3 * MINUTE, award.id)
    assert [(each.how, each.event, each.actor_id) for each in found.done.values()] == [
        ("event", "login", None), ("event", "complete_profile", None), ("tick", "", guide.member_id),
    ]  # fmt: skip
    # One message in private that follows, and the card of the award.
    assert await owed(session, workspace) == [{"journey": found.journey_id, "reader": ana.member_id, "revision": 4}]
    assert [each["reader"] for each in await owed(session, workspace, "badge_notice")] == [ana.member_id]
    await assert_balanced(session, workspace)


async def test_events_out_of_order_and_before_the_start_do_not_count(
    session: AsyncSession, workspace: Workspace, ana: Person, guide: Person, now: datetime
) -> None:
    steps = [{"step": "A", "event": "task"}, {"step": "B", "event": "training"}]
    badge = await make_journey(session, workspace, workflow=steps)
    await happen(session, workspace, ana, "task", now - MINUTE)
    await enrol(session, workspace, badge, [ana], guide, now)
    await happen(session, workspace, ana, "training", now + MINUTE)
    assert await done(session, workspace, ana, badge) == []
    await happen(session, workspace, ana, "task", now + 2 * MINUTE)
    assert await done(session, workspace, ana, badge) == ["A"]
    await happen(session, workspace, ana, "training", now + 3 * MINUTE)
    assert len(await winners(session, workspace, badge)) == 1


async def test_what_is_told_at_once_counts_in_its_own_order(
    session: AsyncSession, workspace: Workspace, ana: Person, guide: Person, now: datetime
) -> None:
    """B happened before and after A, and all of it is heard of at the same moment: the later one is the second step."""
    steps = [{"step": "A", "event": "task"}, {"step": "B", "event": "training"}]
    badge = await make_journey(session, workspace, workflow=steps)
    await enrol(session, workspace, badge, [ana], guide, now)
    for kind, minutes in (("training", 1), ("training", 2), ("task", 3), ("training", 4)):
        await did(session, workspace, ana, kind, at=now + minutes * MINUTE)
    await happen(session, workspace, ana, "login", now + 5 * MINUTE)  # touches nothing of it
    assert await done(session, workspace, ana, badge) == []
    await happen(session, workspace, ana, "sale", now + 5 * MINUTE)
    assert await done(session, workspace, ana, badge) == []
    await service.on_touch(
        session, workspace=workspace, members=[ana.member_id], types={"task", "training"}, now=now + 6 * MINUTE
    )
    found = await way(session, workspace, ana, badge)
    assert found is not None
    assert {name: each.at for name, each in found.done.items()} == {"A": now + 3 * MINUTE, "B": now + 4 * MINUTE}


@pytest.mark.parametrize("kind", ["workflow", "challenges"])
async def test_one_event_does_one_step(
    session: AsyncSession, workspace: Workspace, ana: Person, guide: Person, now: datetime, kind: str
) -> None:
    visits = [{"step": f"Visit {number}", "event": "visits"} for number in (1, 2, 3)]
    name = "Workflow Badge" if kind == "workflow" else "Challenge"
    badge = await make_journey(session, workspace, reward_type=name, **{kind: visits})
    await enrol(session, workspace, badge, [ana], guide, now)
    for number in (1, 2, 3):
        assert await winners(session, workspace, badge) == []
        await happen(session, workspace, ana, "visit", now + number * MINUTE)
        assert len(await done(session, workspace, ana, badge)) == number
        again = {"members": [ana.member_id], "types": {"visit"}, "now": now + number * MINUTE}
        await service.on_touch(session, workspace=workspace, **again)  # type: ignore[arg-type]
    assert len(await winners(session, workspace, badge)) == 1


async def test_a_challenge_has_no_order(
    session: AsyncSession, workspace: Workspace, ana: Person, guide: Person, now: datetime
) -> None:
    badge = await make_journey(
        session, workspace, reward_type="Challenge", challenges=["Write", {"step": "Read", "event": "reading"}, "Talk"]
    )
    await enrol(session, workspace, badge, [ana], guide, now)
    await tick(session, workspace, badge, "Talk", [ana], guide, now)
    await happen(session, workspace, ana, "reading", now + MINUTE)
    assert await done(session, workspace, ana, badge) == ["Read", "Talk"]
    await tick(session, workspace, badge, "Write", [ana], guide, now + 2 * MINUTE)
    assert len(await winners(session, workspace, badge)) == 1


async def test_conditions_are_met_in_order_by_what_is_true(
    session: AsyncSession, workspace: Workspace, ana: Person, guide: Person, now: datetime
) -> None:
    """The sale came before the test was passed, and counts as soon as it is."""
    sale = {"function_path": "rewards.functions.sales.check_first_sale", "threshold": 1}
    steps = [{"step": "Product Knowledge", "condition": SCORE}, {"step": "First Sale", "condition": sale}]
    badge = await make_journey(session, workspace, workflow=steps)
    await happen(session, workspace, ana, "product_knowledge", now - MINUTE, quantity=90)
    await enrol(session, workspace, badge, [ana], guide, now)
    assert await done(session, workspace, ana, badge) == []
    await happen(session, workspace, ana, "sale", now + MINUTE)
    assert await done(session, workspace, ana, badge) == []
    await happen(session, workspace, ana, "product_knowledge", now + 2 * MINUTE, quantity=10)
    assert len(await winners(session, workspace, badge)) == 1


async def test_a_condition_that_does_not_hold_is_waited_for(
    session: AsyncSession, workspace: Workspace, ana: Person, guide: Person, now: datetime
) -> None:
    badge = await make_journey(session, workspace, workflow=[{"step": "Test", "condition": SCORE}])
    await enrol(session, workspace, badge, [ana], guide, now)
    await happen(session, workspace, ana, "product_knowledge", now + MINUTE, quantity=79)
    assert await done(session, workspace, ana, badge) == []
    await happen(session, workspace, ana, "product_knowledge", now + 2 * MINUTE, quantity=80)
    assert len(await winners(session, workspace, badge)) == 1


async def test_event_and_condition_of_one_step_are_both_needed(
    session: AsyncSession, workspace: Workspace, ana: Person, guide: Person, now: datetime
) -> None:
    step = {"step": "Exam", "event": "exam", "condition": SCORE}
    badge = await make_journey(session, workspace, workflow=[step])
    await enrol(session, workspace, badge, [ana], guide, now)
    await happen(session, workspace, ana, "exam", now + MINUTE)
    assert await done(session, workspace, ana, badge) == []
    await happen(session, workspace, ana, "product_knowledge", now + 2 * MINUTE, quantity=85)
    assert len(await winners(session, workspace, badge)) == 1


async def test_events_that_are_no_activities(
    session: AsyncSession, workspace: Workspace, ana: Person, guide: Person, now: datetime
) -> None:
    badge = await make_journey(session, workspace, workflow=[{"step": "Signed", "event": "hr.contract.signed"}, "Met"])
    eva = await make_member(session, workspace, "Eva")
    await enrol(session, workspace, badge, [ana, eva], guide, now)
    at = now + MINUTE
    events = [(ana.member_id, "hr.contract.signed"), (eva.member_id, "hr.contract.read")]
    moved = await service.touched(session, workspace_id=workspace.id, events=events, now=at)
    assert [(each.member_id, each.steps) for each in moved] == [(ana.member_id, ("Signed",))]
    assert await service.touched(session, workspace_id=workspace.id, events=events, now=at) == []
    assert await done(session, workspace, eva, badge) == []


async def test_ticks_are_refused(
    session: AsyncSession, workspace: Workspace, ana: Person, guide: Person, now: datetime
) -> None:
    badge = await make_journey(session, workspace)
    eva, gone = await make_member(session, workspace, "Eva"), await make_member(session, workspace, status="left")
    await enrol(session, workspace, badge, [ana], guide, now)

    async def refused(step: str, member: Person, actor: Person, refusal: type[Exception]) -> dict[str, object]:
        with pytest.raises(refusal) as caught:
            await tick(session, workspace, badge, step, [member], actor, now)
        return dict(caught.value.details)  # type: ignore[attr-defined]

    await refused("First Login", ana, eva, refusals.JourneyNotYours)
    await refused("First Login", guide, guide, refusals.JourneyTickOneself)
    await refused("First Login", gone, guide, BadgeReceiverGone)
    assert (await refused("First Login", eva, guide, refusals.JourneyNotEnrolled))["name"] == "Eva"
    unknown = await refused("Frist login", ana, guide, refusals.JourneyStepUnknown)
    assert unknown["known"] == "First Login, Complete Profile, Take Training"
    early = await refused("Take Training", ana, guide, refusals.JourneyStepOutOfOrder)
    assert (early["step"], early["following"]) == ("Take Training", "First Login")
    await tick(session, workspace, badge, "First Login", [ana], guide, now)
    await refused("first login", ana, guide, refusals.JourneyStepDone)
    for step in ("Complete Profile", "Take Training"):
        await tick(session, workspace, badge, step, [ana], guide, now)
    await refused("Take Training", ana, guide, refusals.JourneyStepDone)  # the journey is over
    assert len(await winners(session, workspace, badge)) == 1


async def test_a_tick_for_several_is_for_all_or_none(
    session: AsyncSession, workspace: Workspace, guide: Person, now: datetime
) -> None:
    badge = await make_journey(session, workspace, workflow=["Only"])
    one, two, three = await make_members(session, workspace, 3)
    await enrol(session, workspace, badge, [one, two], guide, now)
    with pytest.raises(refusals.JourneyNotEnrolled):
        async with session.begin_nested():
            await tick(session, workspace, badge, "Only", [one, three], guide, now)
    assert await done(session, workspace, one, badge) == []
    await tick(session, workspace, badge, "Only", [one, two], guide, now)
    made = await winners(session, workspace, badge)
    assert [each.member_id for each in made] == [one.member_id, two.member_id]
    assert len({each.act_id for each in made}) == 1


async def test_outside_of_its_times_nothing_counts(
    session: AsyncSession, workspace: Workspace, ana: Person, guide: Person, now: datetime
) -> None:
    badge = await make_journey(session, workspace, workflow=[{"step": "Only", "event": "task"}])
    await enrol(session, workspace, badge, [ana], guide, now)
    closed = (now + timedelta(days=40)).strftime("%Y-%m-%d")
    badge = await make_journey(
        session, workspace, reward_id=badge.reward_id, workflow=[{"step": "Only", "event": "task"}],
        availability_rule={"start_date": closed},
    )  # fmt: skip
    with pytest.raises(BadgeClosed):
        await tick(session, workspace, badge, "Only", [ana], guide, now)
    await happen(session, workspace, ana, "task", now + MINUTE)
    assert await done(session, workspace, ana, badge) == []


async def test_steps_that_the_definition_gains_or_loses(
    session: AsyncSession, workspace: Workspace, ana: Person, guide: Person, now: datetime
) -> None:
    badge = await make_journey(session, workspace, workflow=["A", "B", "C"])
    await enrol(session, workspace, badge, [ana], guide, now)
    await tick(session, workspace, badge, "A", [ana], guide, now)
    badge = await make_journey(session, workspace, reward_id=badge.reward_id, workflow=["Z", "A", "C"])
    with pytest.raises(refusals.JourneyStepOutOfOrder):
        await tick(session, workspace, badge, "C", [ana], guide, now)
    await tick(session, workspace, badge, "Z", [ana], guide, now)
    await tick(session, workspace, badge, "C", [ana], guide, now)
    assert len(await winners(session, workspace, badge)) == 1


async def test_another_workspace_knows_nothing_of_it(
    session: AsyncSession, workspace: Workspace, ana: Person, guide: Person, now: datetime
) -> None:
    badge = await make_journey(session, workspace, workflow=[{"step": "Only", "event": "task"}])
    await enrol(session, workspace, badge, [ana], guide, now)
    await session.execute(text("SELECT set_config('plaudit.workspace_id', '0', true)"))
    for table in ("journey", "journey_step"):
        assert (await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0
