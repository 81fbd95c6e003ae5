"""What the clock does: steps that make ranks of big boards quick, and snapshots of what ended. And how the boards are read."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from bots.ticker import rank_all
from core.database import Sessions
from core.leaderboards import service, statements, upkeep
from core.leaderboards.asking import Asked, Crew
from core.leaderboards.models import MEASURES
from core.leaderboards.queries import Ranking
from core.people.models import Workspace
from core.people.queries import Person
from tests.core.leaderboards.boards import at, board, earn, give_scores, ids, ranks
from tests.factories import enter, make_company, make_members, make_workspace

MANY = 12_000
CROWD = text("INSERT INTO member (workspace_id) SELECT :w FROM generate_series(1, :many)")
ROWS = text(
    "INSERT INTO profile (workspace_id, member_id, display_name, department, groups)"
    " SELECT workspace_id, id, 'x', CASE WHEN id % 1000 = 0 THEN 'Sales' ELSE 'Other' END, ARRAY['g' || id % 100] FROM member WHERE workspace_id = :w"
)
SCORES = text(
    "INSERT INTO leaderboard_total (workspace_id, member_id, measure, period, score, is_ranked)"
    " SELECT workspace_id, id, 'points', 'all', 1 + (id * 7919) % :spread, true FROM member WHERE workspace_id = :w"
)
STEPS = text("SELECT measure, period, count(*) AS steps FROM leaderboard_step WHERE workspace_id = :w GROUP BY 1, 2")


async def crowd(session: AsyncSession, spread: int) -> Workspace:
    """Twelve thousand members with scores of all time from 1 to `spread`; the session goes on as ops."""
    workspace = await make_workspace(session)
    values = {"w": workspace.id, "many": MANY, "spread": spread}
    await enter(session, workspace.id, role="ops")
    await session.execute(CROWD, values)
    await session.execute(SCORES, values)
    return workspace


async def company_of(session: AsyncSession, workspace: Workspace) -> upkeep.Company:
    return next(each for each in await upkeep.companies(session) if each.workspace_id == workspace.id)


@pytest.mark.parametrize("spread", [3, 40, 7000])
async def test_ranks_by_steps_are_the_ranks_by_counting(session: AsyncSession, now: datetime, spread: int) -> None:
    """Three scores with thousands each, forty with hundreds, and almost one for each."""
    workspace = await crowd(session, spread)
    asked = {
        "workspace_id": workspace.id,
        "measure": "points",
        "period": "all",
        "scores": list(range(0, spread + 1, 1 + spread // 50)),
    }
    counted = [tuple(row) for row in await session.execute(statements.RANKS, asked)]
    await upkeep.make_steps(session, await company_of(session, workspace), now=now)
    [made] = (await session.execute(STEPS, {"w": workspace.id})).all()
    assert (made.measure, made.period) == ("points", "all")
    assert 3 <= made.steps <= MANY // upkeep.STEP
    assert [tuple(row) for row in await session.execute(statements.RANKS, asked)] == counted
    assert counted[0] == (0, MANY + 1)


async def test_between_two_minutes_a_rank_is_off_by_no_more_than_moved(session: AsyncSession, now: datetime) -> None:
    workspace = await crowd(session, 7000)
    await upkeep.make_steps(session, await company_of(session, workspace), now=now)
    await enter(session, workspace.id)
    (ana,) = await make_members(session, workspace, 1)
    await earn(session, workspace, ana, 1_000_000, now)
    found = await board(session, workspace, now, reader=ana)
    assert (found.own, found.participants) == (found.rows[0], MANY)
    assert found.rows[0].rank == 1


async def test_small_boards_have_no_steps_and_old_ones_lose_theirs(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    await session.execute(
        text("INSERT INTO leaderboard_step VALUES (:w, 'points', '1999', 5, 9000)"), {"w": workspace.id}
    )
    await enter(session, workspace.id, role="ops")
    company = await company_of(session, workspace)
    assert not company.is_big
    await upkeep.make_steps(session, company, now=now)
    assert (await session.execute(STEPS, {"w": workspace.id})).all() == []


async def plan(session: AsyncSession, statement: TextClause, **values: Any) -> str:
    """How the database would read it, as the app."""
    asked = statement.text
    for name, value in values.items():
        written = (
            f"'{{{','.join(map(str, value))}}}'::bigint[]"
            if isinstance(value, Sequence) and not isinstance(value, str)
            else repr(value)
        )
        asked = re.sub(rf"(?<!:):{name}\b", written, asked)
    return "\n".join((await session.execute(text("EXPLAIN " + asked.replace(":", "\\:")))).scalars())


async def test_no_hot_statement_reads_a_whole_table(session: AsyncSession, now: datetime) -> None:
    workspace = await crowd(session, 7000)
    await session.execute(ROWS, {"w": workspace.id})
    await upkeep.make_steps(session, await company_of(session, workspace), now=now)
    await session.execute(text("SET LOCAL ROLE NONE"))
    for table in ("member", "profile", "leaderboard_total", "leaderboard_step"):
        await session.execute(text(f"ANALYZE {table}"))
    await enter(session, workspace.id)
    of_board = {"workspace_id": workspace.id, "measure": "points", "period": "all"}
    point = {**of_board, "score": 3000, "member": 5}
    plans = [
        await plan(session, statements.BELOW, **point),
        await plan(session, statements.ABOVE, **point),
        await plan(session, statements.RANKS, **of_board, scores=[0, 17, 3000]),
        await plan(session, statements.OWN, **of_board, member=5),
        await plan(session, statements.OF_CREW["department"], **point, above=0, below=11, crew="Sales"),
    ]
    for text_of_plan in plans:
        assert not re.search("Seq Scan on (member|profile|leaderboard_total)", text_of_plan)
        assert "Sort Key: leaderboard_total" not in text_of_plan
        assert "ix_leaderboard_total_ranking" in text_of_plan or "pk_leaderboard_total" in text_of_plan
    assert "Index Only Scan" in plans[0]
    counting = "SELECT * FROM board_changes(ARRAY[:w], ARRAY[:m], ARRAY['points'], ARRAY[now()], ARRAY[1::bigint])"
    assert "Seq Scan on member" not in await plan(session, text(counting), w=workspace.id, m=5)


async def snapshots(session: AsyncSession, workspace: Workspace) -> list[tuple[Any, ...]]:
    rows = await session.execute(
        text(
            "SELECT measure, timeframe, period, participants, average, median, is_current FROM leaderboard_snapshot"
            " WHERE workspace_id = :w AND measure = 'points' ORDER BY timeframe, period"
        ),
        {"w": workspace.id},
    )
    return [tuple(row) for row in rows]


async def aged(session: AsyncSession, **policy: Any) -> tuple[Workspace, list[Person]]:
    """A workspace that was made long ago, with four members."""
    workspace = await make_workspace(session, **policy)
    members = await make_members(session, workspace, 4)
    await enter(session, workspace.id, role="ops")
    await session.execute(text("UPDATE workspace SET created_at = '2020-01-01' WHERE id = :w"), {"w": workspace.id})
    return workspace, members


async def test_what_ended_is_kept_once_and_the_latest_is_current(session: AsyncSession) -> None:
    workspace, members = await aged(session, time_zone="Europe/Madrid")
    for member, amount in zip(members, (9, 5, 5, 1), strict=True):
        await earn(session, workspace, member, amount, at("2026-10-30T12:00"))
    await service.hide(session, members[3].member_id, workspace_id=workspace.id)
    company = await company_of(session, workspace)
    november = at("2026-10-31T23:00")  # in Madrid
    await upkeep.take_snapshots(session, company, now=november)
    taken = await snapshots(session, workspace)
    assert ("points", "month", "2026-10", 3, Decimal("6.33"), 5, True) in taken
    assert ("points", "today", "2026-10-31", 0, None, None, True) in taken
    assert ("points", "all", "2026-10-31", 3, Decimal("6.33"), 5, True) in taken
    assert [row[1] for row in taken] == ["all", "month", "quarter", "today", "week", "year"]
    rankings = await session.scalar(
        text(
            "SELECT rankings FROM leaderboard_snapshot WHERE workspace_id = :w AND measure = 'points' AND timeframe = 'month'"
        ),
        {"w": workspace.id},
    )
    first, second, third = (member.member_id for member in members[:3])
    assert rankings == [
        {"member": first, "rank": 1, "score": 9},
        {"member": second, "rank": 2, "score": 5},
        {"member": third, "rank": 2, "score": 5},
    ]
    await upkeep.take_snapshots(session, company, now=november + timedelta(hours=1))
    assert await snapshots(session, workspace) == taken
    await earn(session, workspace, members[0], 1, november)
    await upkeep.take_snapshots(session, company, now=at("2026-12-01T00:00"))
    months = [row for row in await snapshots(session, workspace) if row[1] == "month"]
    assert months == [
        ("points", "month", "2026-10", 3, Decimal("6.33"), 5, False),
        ("points", "month", "2026-11", 1, 1, 1, True),
    ]


async def test_nothing_is_kept_of_before_a_workspace_began(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    await enter(session, workspace.id, role="ops")
    await upkeep.take_snapshots(session, await company_of(session, workspace), now=now)
    assert await snapshots(session, workspace) == []


async def test_two_replicas_keep_one_snapshot_each_and_do_not_wait(database: Sessions) -> None:
    workspace, members = await make_company(database, 2)
    async with database.begin(workspace.id) as (session, _):
        await give_scores(session, workspace, members, [5, 3])
    async with database.begin(role="ops") as (session, _):
        await session.execute(text("UPDATE workspace SET created_at = '2020-01-01'"))
    async with database.begin(role="ops") as (holder, _):
        company = await company_of(holder, workspace)
        assert await upkeep.claim(holder, company)
        await rank_all(database)  # somebody else is at it: nothing to wait for
        assert await snapshots(holder, workspace) == []
    for _ in range(2):
        await rank_all(database)
    async with database.begin(role="ops") as (session, _):
        found = await snapshots(session, workspace)
        count = await session.scalar(text("SELECT count(*) FROM leaderboard_snapshot"))
    assert [row[3] for row in found] == [2, 0, 0, 0, 0, 0]
    assert count == 6 * len(MEASURES)


async def test_a_reader_of_a_big_board_has_a_rank(session: AsyncSession, now: datetime) -> None:
    workspace = await crowd(session, 7000)
    await upkeep.make_steps(session, await company_of(session, workspace), now=now)
    await enter(session, workspace.id)
    (ana,) = await make_members(session, workspace, 1)
    await give_scores(session, workspace, [ana], [3500])
    found = await board(session, workspace, now, Asked(period="all", turn="own"), ana)
    ranking = Ranking(session, workspace.id, "points", "all")
    above = await session.scalar(
        text("SELECT count(*) FROM leaderboard_total WHERE workspace_id = :w AND score > 3500"), {"w": workspace.id}
    )
    assert found.own is not None
    assert found.own.rank == 1 + (above or 0)
    assert ana.member_id in ids(found.rows)
    assert ranks(found.rows) == sorted(ranks(found.rows))
    assert await ranking.own(ana.member_id) == (False, found.own.point)
    assert Crew("team", "g1").kind in statements.OF_CREW
