"""Leaderboards of a million members: what the database takes for a page and for a rank, and what keeping totals costs a write.

The limit of reads is `SELECT 1` by the very way that ours go: the house's session, as the role that sees one workspace.
Totals stand there for all time and for one month. A write is one kudos as the product gives it, committed: it counts for two
members in three measures and six periods, which is 18 totals. Its limit is the same with the triggers taken off.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from statistics import median
from typing import Any

import asyncpg
from sqlalchemy import text

from bench.company import Company, found
from bench.database import analyze, on_database
from bench.figures import Figure
from bench.kudos import give
from core.database import Hot, Sessions
from core.kudos.wording import Wording
from core.leaderboards import upkeep
from core.leaderboards.asking import START, Point
from core.leaderboards.models import ALL_TIME, POINTS
from core.leaderboards.queries import PAGE_SIZE, Ranking

MEMBERS = 1_000_000
GIVERS = 100
READS = 400
WRITES = 1000
TURNS = 10
PAGE_MAX, RANK_MAX, WRITE_MAX = 3, 20, 2.5
TRIGGERS = {"transfer": "transfer_counts", "kudos": "kudos_counts", "kudos_receiver": "kudos_receiver_counts"}

_CROWD = "INSERT INTO member (workspace_id) SELECT $1 FROM generate_series(1, $2::int)"
_SCORES = """
INSERT INTO leaderboard_total (workspace_id, member_id, measure, period, score, is_ranked)
SELECT $1, id, 'points', period, 1 + floor(20000 * power(random(), 3)), true
FROM member, unnest($2::text[]) AS period WHERE workspace_id = $1 ORDER BY random()
"""
_MIDDLE = """
SELECT score, member_id FROM leaderboard_total WHERE workspace_id = $1 AND measure = 'points' AND period = 'all'
ORDER BY score DESC, member_id OFFSET $2 LIMIT $3
"""
_FLOOR = Hot(text("SELECT 1 WHERE 1 = :one"))


def run() -> list[Figure]:
    return on_database(_measure)


async def _measure(sessions: Sessions, dsn: str) -> list[Figure]:
    company = await found(sessions, members=GIVERS)
    owner = await asyncpg.connect(dsn)
    try:
        await _crowd(owner, company.workspace.id)
        await _prepare(sessions)
        middle = [Point(*row) for row in await owner.fetch(_MIDDLE, company.workspace.id, MEMBERS // 2, 10_000)]
        return [*await _reads(sessions, company, middle), await _writes(sessions, owner, company)]
    finally:
        await owner.close()


async def _crowd(owner: Any, workspace_id: int) -> None:
    await owner.execute(
        "SELECT setseed(0.5), set_config('session_replication_role', 'replica', false)"
    )  # no trigger, no check
    await owner.execute(_CROWD, workspace_id, MEMBERS - GIVERS)
    await owner.execute(_SCORES, workspace_id, [ALL_TIME, "2026-11"])
    await owner.execute("RESET session_replication_role")
    await owner.execute("VACUUM leaderboard_total")


async def _prepare(sessions: Sessions) -> None:
    """What the clock does each minute."""
    await analyze(sessions)
    async with sessions.begin(role="ops", statement_seconds=60) as (session, now):
        [company] = await upkeep.companies(session)
        await upkeep.make_steps(session, company, now=now)


async def _reads(sessions: Sessions, company: Company, middle: Sequence[Point]) -> list[Figure]:
    chance = Random(1)
    async with sessions.begin(company.workspace.id) as (session, _):
        ranking = Ranking(session, company.workspace.id, POINTS, ALL_TIME)

        async def floor() -> int:
            return len(await _FLOOR.all(session, {"one": 1}))

        async def top() -> int:
            return len(await ranking.near(START, below=PAGE_SIZE))

        async def page() -> int:
            return len(await ranking.near(chance.choice(middle), below=PAGE_SIZE))

        async def rank() -> int:
            return len(await ranking.ranks([], [], chance.choice(middle)))

        counts = [await each() for each in (floor, top, page, rank)]
        assert counts == [1, PAGE_SIZE, PAGE_SIZE, 2], counts
        limit, *ours = await _seconds([floor, top, page, rank], READS)
    work = f"{READS} times each in turns, {MEMBERS:,} members; medians {', '.join(f'{each * 1e6:.0f}' for each in ours)} µs against {limit * 1e6:.0f} µs"
    figures = zip(("top 10", "page in the middle", "rank of one"), ours, (PAGE_MAX, PAGE_MAX, RANK_MAX), strict=True)
    return [
        Figure("leaderboard", f"{what}, microseconds", taken * 1e6, limit * 1e6, "max", goal, work)
        for what, taken, goal in figures
    ]


async def _writes(sessions: Sessions, owner: Any, company: Company) -> Figure:
    """In turns of some hundred: a trigger is not put on and taken off for one write."""
    chance, taken = Random(1), {"ENABLE": [0.0], "DISABLE": [0.0]}

    async def write() -> None:
        giver, receiver = chance.sample(company.members, 2)
        await give(sessions, company, giver, receiver, Wording.of(f"for staying late, night {chance.random()}"))

    for turn in range(TURNS + 1):
        for state, kept in taken.items():
            await owner.execute(
                "".join(f"ALTER TABLE {table} {state} TRIGGER {name};" for table, name in TRIGGERS.items())
            )
            [seconds] = await _seconds([write], WRITES // TURNS)
            if turn:  # the first warms up
                kept.append(seconds)
    ours, limit = median(taken["ENABLE"][1:]), median(taken["DISABLE"][1:])
    counted = await owner.fetchval(
        "SELECT sum(score) FROM leaderboard_total WHERE measure = 'given' AND period = 'all'"
    )
    assert counted == WRITES + WRITES // TURNS, counted
    work = f"{WRITES} kudos each way on one connection, committed, in turns of {WRITES // TURNS}; medians of medians"
    return Figure("leaderboard", "a write with totals, microseconds", ours * 1e6, limit * 1e6, "max", WRITE_MAX, work)


async def _seconds(calls: Sequence[Callable[[], Awaitable[object]]], count: int) -> list[float]:
    """The median of each, called in turns."""
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(count):
        for kept, call in zip(taken, calls, strict=True):
            began = time.perf_counter()
            await call()
            kept.append(time.perf_counter() - began)
    return [median(kept) for kept in taken]
