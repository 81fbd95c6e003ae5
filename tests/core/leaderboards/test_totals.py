"""Totals follow whatever changes them, in the same transaction and in the period that it belongs to."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

import migrations
from core.badges import revoking
from core.badges import service as badges
from core.database import Sessions, constraint
from core.identity import service as identity
from core.kudos import service as kudos
from core.leaderboards import service
from core.leaderboards.asking import Asked
from core.people.models import Workspace
from core.points import service as points
from core.points.models import EARNING_REASONS
from tests.core.badges.stock import make_badge
from tests.core.identity.family import assert_clean, findings
from tests.core.leaderboards.boards import at, board, earn, ids, ranks, totals
from tests.factories import enter, make_member, make_members, make_workspace, thank

HOUR = timedelta(hours=1)


def in_all(score: int, day: str, week: str, month: str, quarter: str, year: str) -> dict[str, int]:
    return dict.fromkeys((day, week, month, quarter, year, "all"), score)


async def test_a_kudos_counts_for_its_giver_and_each_receiver_in_six_periods(
    session: AsyncSession, workspace: Workspace
) -> None:
    ana, luis, eva = await make_members(session, workspace, 3)
    now = at("2026-11-20T12:00")
    await thank(session, workspace, ana, [luis, eva], now=now, points_each=3)
    await thank(session, workspace, ana, [luis], now=now, points_each=2, message="again", is_private=True)
    keys = ("2026-11-20", "2026-W47", "2026-11", "2026-Q4", "2026")
    assert await totals(session, workspace, luis) == in_all(5, *keys)
    assert await totals(session, workspace, luis, "kudos") == in_all(2, *keys)
    assert await totals(session, workspace, eva, "kudos") == in_all(1, *keys)
    assert await totals(session, workspace, ana, "given") == in_all(2, *keys)
    assert await totals(session, workspace, ana, "kudos") == {}
    assert await totals(session, workspace, luis, "given") == {}


async def test_a_kudos_without_points_counts_as_a_kudos(session: AsyncSession, now: datetime) -> None:
    workspace = await make_workspace(session, kudos_points=0)
    ana, luis = await make_members(session, workspace, 2)
    given = await thank(session, workspace, ana, [luis], now=now)
    found = await board(session, workspace, now, Asked("kudos", "all"))
    assert (ids(found.rows), ranks(found.rows)) == ([luis.member_id], [(1, 1)])
    assert await totals(session, workspace, luis) == {}
    await kudos.undo(session, workspace=workspace, kudos_id=given, giver=ana, now=now)
    assert await totals(session, workspace, luis, "kudos") == {}
    assert await totals(session, workspace, ana, "given") == {}


async def test_undo_takes_back_what_was_counted_and_nothing_else(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis, eva = await make_members(session, workspace, 3)
    kept = await thank(session, workspace, ana, [luis], now=now, points_each=3)
    before = [
        await totals(session, workspace, who, what) for who, what in ((luis, "points"), (luis, "kudos"), (ana, "given"))
    ]
    undone = await thank(session, workspace, ana, [luis, eva], now=now, points_each=5, message="by mistake")
    await kudos.undo(session, workspace=workspace, kudos_id=undone, giver=ana, now=now)
    after = [
        await totals(session, workspace, who, what) for who, what in ((luis, "points"), (luis, "kudos"), (ana, "given"))
    ]
    assert after == before
    assert await totals(session, workspace, eva) == {}
    assert kept != undone
    assert await findings(session, workspace) == []


async def test_a_reversal_counts_in_the_month_of_what_it_reverses(session: AsyncSession, workspace: Workspace) -> None:
    (ana,) = await make_members(session, workspace, 1)
    october, november = at("2026-10-31T23:59"), at("2026-11-01T00:05")
    taken = await earn(session, workspace, ana, 9, october)
    await earn(session, workspace, ana, 4, november)
    await points.reverse(session, [taken], workspace_id=workspace.id, reason="revoked", actor_id=None, now=november)
    assert await totals(session, workspace, ana) == {
        "2026-11-01": 4,
        "2026-W44": 4,
        "2026-11": 4,
        "2026-Q4": 4,
        "2026": 4,
        "all": 4,
    }


async def test_what_a_member_spent_does_not_count_against_them(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    given = await thank(session, workspace, ana, [luis], now=now, points_each=5)
    assert (await totals(session, workspace, luis))["all"] == 5
    await kudos.undo(session, workspace=workspace, kudos_id=given, giver=ana, now=now)
    assert await totals(session, workspace, luis) == {}


async def test_an_award_counts_until_it_is_revoked(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    ana, luis, eva = await make_members(session, workspace, 3)
    badge = await make_badge(session, workspace, points=10, multiple=True)
    awards = [
        await badges.award(
            session, workspace=workspace, badge=badge, giver=ana, receivers=receivers, source=source, now=now
        )
        for receivers, source in (([luis, eva], "one"), ([luis], "two"))
    ]
    found = await board(session, workspace, now, Asked("badges", "all"))
    assert (ids(found.rows), ranks(found.rows)) == ([luis.member_id, eva.member_id], [(1, 2), (2, 1)])
    assert (await totals(session, workspace, luis))["all"] == 20
    await revoking.revoke(
        session, workspace=workspace, award_id=awards[1].award_ids[0], actor=ana, reason="mistake", now=now
    )
    assert (await totals(session, workspace, luis, "badges"))["all"] == 1
    assert (await totals(session, workspace, luis))["all"] == 10
    assert await findings(session, workspace) == []


async def test_a_merge_adds_up_what_both_have_and_takes_back_what_was_between_them(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, phone, luis = await make_members(session, workspace, 3)
    badge = await make_badge(session, workspace, points=10, multiple=False)
    for receiver in (ana, phone):
        await thank(session, workspace, luis, [receiver], now=now, points_each=2, message=receiver.name)
        await thank(session, workspace, receiver, [luis], now=now, points_each=1)
        await badges.award(session, workspace=workspace, badge=badge, giver=luis, receivers=[receiver], now=now)
    await thank(session, workspace, ana, [phone], now=now, points_each=7)
    await thank(session, workspace, luis, [ana, phone], now=now, points_each=1, message="both")
    await service.hide(session, phone.member_id, workspace_id=workspace.id)
    pair = (ana.member_id, phone.member_id)
    await identity.merge(session, workspace=workspace, member_ids=pair, actor_id=ana.member_id, now=now)
    has = {
        measure: (await totals(session, workspace, ana, measure))["all"]
        for measure in ("points", "kudos", "given", "badges")
    }
    assert has == {"points": 15, "kudos": 3, "given": 2, "badges": 1}
    for measure in has:
        assert await totals(session, workspace, phone, measure) == {}
    assert await findings(session, workspace) == []
    # Who hid one of the two hides the one that they are now.
    assert ids((await board(session, workspace, now)).rows) == [luis.member_id]


async def test_a_new_zone_tells_days_from_then_on_and_leaves_what_was_counted(
    session: AsyncSession, now: datetime
) -> None:
    workspace = await make_workspace(session, time_zone="Pacific/Kiritimati")
    (ana,) = await make_members(session, workspace, 1)
    first = await earn(session, workspace, ana, 5, now)
    before = await totals(session, workspace, ana)
    workspace.time_zone = "Etc/GMT+12"
    await session.flush()
    await points.reverse(session, [first], workspace_id=workspace.id, reason="revoked", actor_id=None, now=now)
    assert before
    assert await totals(session, workspace, ana) == {}
    later = now + HOUR
    await earn(session, workspace, ana, 3, later)
    assert (await totals(session, workspace, ana))[f"{later - 12 * HOUR:%Y-%m-%d}"] == 3
    found = [each for each in await findings(session, workspace) if each.code.startswith("leaderboard")]
    assert found == []


async def test_a_zone_that_nobody_knows_is_refused_when_it_is_set(session: AsyncSession, workspace: Workspace) -> None:
    with pytest.raises(DBAPIError, match="time zone"):
        await session.execute(
            text("UPDATE workspace SET time_zone = 'Mars/Olympus' WHERE id = :w"), {"w": workspace.id}
        )


async def test_no_total_is_below_zero(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    (ana,) = await make_members(session, workspace, 1)
    await earn(session, workspace, ana, 1, now)
    with pytest.raises(DBAPIError) as refused:
        await session.execute(text("UPDATE leaderboard_total SET score = -1"))
    assert constraint(refused.value) == "ck_leaderboard_total_score"


async def test_the_database_counts_what_the_code_calls_earned(session: AsyncSession) -> None:
    """Whoever adds a reason adds a migration that replaces the function, and counts what there is of it."""
    found = (await session.execute(text("SELECT earning_reasons()"))).scalar_one()
    assert tuple(found) == EARNING_REASONS


async def test_the_migration_counts_the_history(database: Sessions) -> None:
    """There and back: what is counted at once is what was counted one by one."""
    async with database.begin(role="ops") as (session, now):
        workspace = await make_workspace(session, time_zone="America/Los_Angeles")
        ana, luis, eva, gone = await make_members(session, workspace, 4)
        badge = await make_badge(session, workspace, points=10, multiple=False)
        await thank(session, workspace, ana, [luis, eva, gone], now=now, points_each=3)
        undone = await thank(session, workspace, ana, [luis], now=now, points_each=5, message="undone")
        await kudos.undo(session, workspace=workspace, kudos_id=undone, giver=ana, now=now)
        await badges.award(session, workspace=workspace, badge=badge, giver=ana, receivers=[luis, eva], now=now)
        await session.execute(text("UPDATE member SET status = 'left' WHERE id = :id"), {"id": gone.member_id})
        pair = (luis.member_id, eva.member_id)
        await identity.merge(session, workspace=workspace, member_ids=pair, actor_id=luis.member_id, now=now)
    kept = text("SELECT * FROM leaderboard_total WHERE score > 0 ORDER BY member_id, measure, period")
    async with database.begin(role="ops") as (session, _):
        before = [tuple(row) for row in await session.execute(kept)]
    assert len(before) == 6 * (1 + 3 + 2)  # Ana gave; Luis has points, kudos and a badge; who left has points and kudos
    await migrations.downgrade(database.engine, "0003")
    await migrations.upgrade(database.engine)
    async with database.begin(role="ops") as (session, _):
        assert [tuple(row) for row in await session.execute(kept)] == before
    await assert_clean(database)


async def test_another_workspaces_totals_are_its_own(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    other = await make_workspace(session)
    stranger, friend = await make_members(session, other, 2)
    await thank(session, other, stranger, [friend], now=now, points_each=9)
    await enter(session, workspace.id)
    ana = await make_member(session, workspace)
    await earn(session, workspace, ana, 1, now)
    found = await session.execute(text("SELECT DISTINCT workspace_id FROM leaderboard_total"))
    assert found.scalars().all() == [workspace.id]
    await service.hide(session, friend.member_id, workspace_id=workspace.id)
    await enter(session, workspace.id, role="ops")
    assert ids((await board(session, workspace, now, Asked("kudos", "all"))).rows) == []
    assert ids((await board(session, other, now, Asked("kudos", "all"))).rows) == [friend.member_id]
