"""What is owed to callbacks: each call once, by every way to an award, and nothing of what is true no more."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import revoking, service
from core.callbacks import service as callbacks
from core.people.models import Workspace
from core.people.queries import Person
from tests.core.badges.stock import awards, make_badge
from tests.core.journeys.road import enrol, make_guide, make_journey, tick
from tests.core.rules.stage import did, evaluate
from tests.factories import make_member, make_members

MAIL, PAPER = "rewards.callbacks.send_completion_email", "rewards.callbacks.training.send_certificate"


@pytest.fixture
async def guide(session: AsyncSession, workspace: Workspace) -> Person:
    return await make_guide(session, await make_member(session, workspace, "Gabi"))


async def owed(session: AsyncSession, workspace: Workspace) -> list[tuple[str, dict[str, Any]]]:
    rows = await session.execute(
        text("SELECT dedup_key, reference FROM outbox WHERE workspace_id = :w AND kind = 'callback' ORDER BY id"),
        {"w": workspace.id},
    )
    return [(row.dedup_key, row.reference) for row in rows]


async def test_an_award_by_hand_owes_each_call_once(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    giver, *receivers = await make_members(session, workspace, 3)
    badge = await make_badge(session, workspace, awarded_callbacks=[MAIL, PAPER], multiple=True)
    given: dict[str, Any] = {"workspace": workspace, "badge": badge, "giver": giver, "now": now}
    await service.award(session, **given, receivers=receivers)
    made = await awards(session, workspace)
    calls = await owed(session, workspace)
    assert sorted(key for key, _ in calls) == sorted(
        f"callback:awarded:{award.id}:{name}" for award in made for name in (MAIL, PAPER)
    )
    await callbacks.owe_awarded(
        session, [MAIL], workspace_id=workspace.id, badge_id=badge.id, first=made[0].id, last=made[-1].id
    )
    assert await owed(session, workspace) == calls
    happened = await callbacks.happened(session, calls[0][1], calls[0][0], workspace_id=workspace.id)
    assert happened is not None
    assert (happened.badge, happened.event, happened.award_id) == ("Thanks", "awarded", made[0].id)
    assert happened.award_public_id == str(made[0].public_id)


async def test_an_award_by_rule_owes_it_too(session: AsyncSession, workspace: Workspace) -> None:
    members = await make_members(session, workspace, 2)
    rule = ["AchievementRule", {"metric": "activities.count", "function_params": {"type": "sale"}, "threshold": 1}]
    badge = await make_badge(
        session, workspace, reward_type="Achievement Badge", rules=[rule], awarded_callbacks=[MAIL], points=0
    )
    for member in members:
        await did(session, workspace, member, "sale")
    assert (await evaluate(session, workspace, badge)).awarded == 2
    assert [reference["member"] for _, reference in await owed(session, workspace)] == [
        member.member_id for member in members
    ]


async def test_steps_and_the_end_of_a_journey(
    session: AsyncSession, workspace: Workspace, guide: Person, now: datetime
) -> None:
    ana = await make_member(session, workspace, "Ana")
    badge = await make_journey(
        session,
        workspace,
        workflow=["First", {"step": "Second", "callbacks": [PAPER]}, "Third"],
        step_callbacks={"First": [MAIL], "*": [PAPER]},
        completion_callbacks=[MAIL, PAPER],
        awarded_callbacks=[MAIL],
    )
    await enrol(session, workspace, badge, [ana], guide, now)
    for step in ("First", "Second", "Third"):
        await tick(session, workspace, badge, step, [ana], guide, now)
    (award,) = await awards(session, workspace)
    told = [(each["event"], each["step"], each["name"]) for _, each in await owed(session, workspace)]
    assert sorted(told) == sorted(
        [
            ("step", "First", MAIL), ("step", "First", PAPER), ("step", "Second", PAPER), ("step", "Third", PAPER),
            ("awarded", "", MAIL), ("completed", "", MAIL), ("completed", "", PAPER),
        ]
    )  # fmt: skip
    calls = await owed(session, workspace)
    at_step = next(call for call in calls if call[1]["event"] == "step")
    ended = next(call for call in calls if call[1]["event"] == "completed")
    of_step = await callbacks.happened(session, at_step[1], at_step[0], workspace_id=workspace.id)
    of_end = await callbacks.happened(session, ended[1], ended[0], workspace_id=workspace.id)
    assert of_step is not None
    assert of_end is not None
    assert (of_step.award_id, of_step.at, of_end.award_id) == (None, now, award.id)
    await revoking.revoke(session, workspace=workspace, award_id=award.id, actor=guide, reason="mistake", now=now)
    assert await callbacks.happened(session, ended[1], ended[0], workspace_id=workspace.id) is None
    await session.execute(text("DELETE FROM profile WHERE member_id = :m"), {"m": ana.member_id})
    assert await callbacks.happened(session, at_step[1], at_step[0], workspace_id=workspace.id) is None
