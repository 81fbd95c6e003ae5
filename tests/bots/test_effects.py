"""What the jobs of badges do once the process is put together: rules award, lotteries and campaigns are opened."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bots import effects
from core.activities import service as activities
from core.badges.models import Badge
from core.people.models import Workspace
from core.schedule import badges
from core.schedule.registry import Run
from tests.core.badges.stock import make_badge
from tests.factories import make_members

NOON = datetime(2030, 5, 6, 12, 0, tzinfo=UTC)


async def run(session: AsyncSession, workspace: Workspace, badge: Badge) -> Mapping[str, Any]:
    effects.fill()
    return await badges.perform(session, Run(workspace.id, f"badge:{badge.id}", "2030-05-06", NOON, NOON, badge.id))


async def test_rules_award(session: AsyncSession, workspace: Workspace) -> None:
    ana, _ = await make_members(session, workspace, 2)
    born = "UPDATE profile SET birth_month = 5, birth_day = 6 WHERE workspace_id = :w AND member_id = :m"
    await session.execute(text(born), {"w": workspace.id, "m": ana.member_id})
    badge = await make_badge(
        session,
        workspace,
        reward_type="Computed Badge",
        rules=["Birthday"],
        job={"trigger": "cron", "cron": {"hour": 12}},
    )
    assert await run(session, workspace, badge) == {"awarded": 1}


async def test_a_lottery_is_among_those_who_meet_the_other_rules(session: AsyncSession, workspace: Workspace) -> None:
    members = await make_members(session, workspace, 5)
    for member in members[:2]:
        await activities.logged_in(session, workspace=workspace, member=member, now=NOON)
    metric = {"metric": "activities.count", "threshold": 1, "function_params": {"type": "login"}}
    badge = await make_badge(
        session,
        workspace,
        reward_type="Computed Badge",
        rules=[["AchievementRule", metric], ["RandomUsers", {"count": 3}]],
        job={"trigger": "cron", "cron": {"hour": 12}},
    )
    await run(session, workspace, badge)
    entrants = await session.scalar(
        text(
            "SELECT array_length(string_to_array(trim(convert_from(entrants, 'UTF8'), E'\\n'), E'\\n'), 1) FROM draw_list WHERE workspace_id = :w"
        ),
        {"w": workspace.id},
    )
    assert entrants == 2


async def test_a_campaign_is_opened_once_a_period(session: AsyncSession, workspace: Workspace) -> None:
    badge = await make_badge(
        session,
        workspace,
        reward_type="Nomination Badge",
        nomination_config={"nomination_duration_days": 5, "voting_duration_days": 3},
        job={"trigger": "cron", "cron": {"hour": 12}},
    )
    opened = await run(session, workspace, badge)
    assert opened["campaign"] > 0
    assert await run(session, workspace, badge) == {"campaign": 0}
