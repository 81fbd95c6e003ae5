"""Who hides is on no board, ranks close up, and only they themselves learn where they would be."""

from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.leaderboards import service, upkeep
from core.leaderboards.asking import Asked, Crew
from core.people.models import Workspace
from tests.core.badges.stock import describe
from tests.core.identity.family import findings
from tests.core.leaderboards.boards import ALL_TIME, board, earn, give_scores, ids, ranks, totals
from tests.factories import enter, make_members, thank

LATE = text("UPDATE leaderboard_total SET is_ranked = NOT is_ranked WHERE member_id = :member")


@pytest.mark.parametrize("crew", [None, Crew("department", "Sales")])
async def test_ranks_close_up_and_open_again(
    session: AsyncSession, workspace: Workspace, now: datetime, crew: Crew | None
) -> None:
    members = await make_members(session, workspace, 4)
    await give_scores(session, workspace, members, [9, 8, 8, 7])
    for member in members:
        await describe(session, workspace, member, department="Sales")
    asked = Asked(period="all", crew=crew)
    hidden = members[1]
    for _ in range(2):
        await service.hide(session, hidden.member_id, workspace_id=workspace.id)
    found = await board(session, workspace, now, asked, members[3])
    assert (ids(found.rows), ranks(found.rows)) == (
        [members[place].member_id for place in (0, 2, 3)],
        [(1, 9), (2, 8), (3, 7)],
    )
    assert (found.participants, found.hides, found.hidden_rank) == (3, False, None)
    own = await board(session, workspace, now, asked, hidden)
    assert (own.own, own.neighbours, own.hides) == (None, [], True)
    assert own.hidden_rank == (2 if crew is None else None)
    await service.show(session, hidden.member_id, workspace_id=workspace.id)
    again = await board(session, workspace, now, asked, hidden)
    assert ranks(again.rows) == [(1, 9), (2, 8), (2, 8), (4, 7)]
    assert (again.own, again.hides) == (again.rows[1], False)


async def test_what_is_counted_meanwhile_is_there_when_they_come_back(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    await service.hide(session, luis.member_id, workspace_id=workspace.id)
    await thank(session, workspace, ana, [luis], now=now, points_each=5)
    for measure in ("points", "kudos"):
        assert (await board(session, workspace, now, Asked(measure, "all"))).rows == []
    assert (await totals(session, workspace, luis))["all"] == 5
    await service.show(session, luis.member_id, workspace_id=workspace.id)
    for measure in ("points", "kudos"):
        assert ids((await board(session, workspace, now, Asked(measure, "today"))).rows) == [luis.member_id]
    assert await findings(session, workspace) == []


async def test_who_leaves_and_comes_back(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    ana, luis = await make_members(session, workspace, 2)
    for member, amount in ((ana, 9), (luis, 5)):
        await earn(session, workspace, member, amount, now)
    status = text("UPDATE member SET status = :status WHERE id = :id")
    await session.execute(status, {"status": "left", "id": ana.member_id})
    found = await board(session, workspace, now, ALL_TIME, ana)
    assert (ids(found.rows), found.own, found.hides) == ([luis.member_id], None, False)
    await session.execute(status, {"status": "leave", "id": ana.member_id})
    assert ids((await board(session, workspace, now)).rows) == [ana.member_id, luis.member_id]


async def test_a_total_that_learns_it_late_shows_nobody_who_hides_and_is_put_right(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    """As if it had been begun while the member was hiding."""
    ana, luis = await make_members(session, workspace, 2)
    for member, amount in ((ana, 9), (luis, 5)):
        await earn(session, workspace, member, amount, now)
    await service.hide(session, ana.member_id, workspace_id=workspace.id)
    await session.execute(LATE, {"member": ana.member_id})
    assert ids((await board(session, workspace, now)).rows) == [luis.member_id]
    [finding] = await findings(session, workspace)
    assert (finding.code, finding.expected) == ("leaderboard_ranked", "not ranked")
    await enter(session, workspace.id, role="ops")
    await upkeep.set_right(session)
    assert ranks((await board(session, workspace, now)).rows) == [(1, 5)]
    assert await findings(session, workspace) == []
    await service.show(session, ana.member_id, workspace_id=workspace.id)
    await session.execute(LATE, {"member": ana.member_id})
    await enter(session, workspace.id, role="ops")
    await upkeep.set_right(session)
    assert ranks((await board(session, workspace, now)).rows) == [(1, 9), (2, 5)]


async def test_nobody_hides_somebody_of_another_workspace(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    (ana,) = await make_members(session, workspace, 1)
    await earn(session, workspace, ana, 5, now)
    await service.hide(session, ana.member_id, workspace_id=workspace.id + 1)
    assert ids((await board(session, workspace, now)).rows) == [ana.member_id]
