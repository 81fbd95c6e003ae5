"""A draw of 10 winners among a million: sealing the list, drawing from it, and proving the record, against reading the entrants once.

The limit is one `SELECT` of the same members with their tickets through raw asyncpg, every row taken into this process. Ours is the
service as the schedule calls it, each step in a transaction of its own, and then the verifier that needs nothing of ours.
"""

import time
from statistics import median

import asyncpg
from sqlalchemy import text

from bench.database import analyze, on_database
from bench.figures import Figure
from core.badges import drawing
from core.database import Sessions
from core.draws import proof, queries, service
from core.draws.models import Draw
from core.draws.service import Prize
from core.people import service as people
from core.people.models import Workspace
from core.points import service as points

GOAL = 3.0
ENTRANTS = 1_000_000
WINNERS = 10
ROUNDS = 5
STATEMENT_SECONDS = 300

_MEMBERS = """
WITH made AS (INSERT INTO member (workspace_id) SELECT :w FROM generate_series(1, :n) RETURNING id)
INSERT INTO profile (workspace_id, member_id, display_name, department) SELECT :w, id, 'Member ' || id, 'Sales' FROM made
"""
LIMIT = """
SELECT public_id, 1 AS tickets FROM member LEFT JOIN profile ON profile.workspace_id = member.workspace_id AND profile.member_id = member.id
WHERE member.workspace_id = $1 AND status <> 'left' AND merged_into IS NULL
"""


def run() -> list[Figure]:
    return on_database(_measure)


async def _measure(sessions: Sessions, dsn: str) -> list[Figure]:
    workspace = await _company(sessions)
    reader = await asyncpg.connect(dsn)
    read: list[float] = []
    parts: list[tuple[float, float, float]] = []
    try:
        for number in range(ROUNDS):
            read.append(await _read(reader, workspace))
            parts.append(await _hold(sessions, workspace, number))
    finally:
        await reader.close()
    ours, limit = median(sum(each) for each in parts), median(read)
    sealed, drawn, proven = (median(each[place] for each in parts) for place in range(3))
    work = (
        f"{ENTRANTS:,} entrants, {WINNERS} winners, {ROUNDS} draws: sealed in {sealed:.2f} s, drawn in {drawn:.2f} s, exported and"
        f" proven in {proven:.2f} s; each record held"
    )
    return [Figure("draw", "seconds to seal, draw and prove, to reading once", ours, limit, "max", GOAL, work)]


async def _company(sessions: Sessions) -> Workspace:
    async with sessions.begin(role="ops", statement_seconds=STATEMENT_SECONDS) as (session, _):
        workspace = await people.create_workspace(session, name="Acme", time_zone="Etc/UTC")
        await points.open_system_accounts(session, workspace_id=workspace.id)
        await session.execute(text(_MEMBERS), {"w": workspace.id, "n": ENTRANTS})
    await analyze(sessions)
    return workspace


async def _read(reader: asyncpg.Connection, workspace: Workspace) -> float:
    began = time.perf_counter()
    rows = await reader.fetch(LIMIT, workspace.id)
    taken = time.perf_counter() - began
    assert len(rows) == ENTRANTS
    return taken


async def _hold(sessions: Sessions, workspace: Workspace, number: int) -> tuple[float, float, float]:
    """Seconds to seal, to draw, and to prove."""
    async with sessions.begin(workspace.id) as (session, now):
        draw = await service.open_draw(
            session,
            workspace=workspace,
            name=f"Draw {number}",
            prize=Prize(points=1),
            winners=WINNERS,
            notice=service.NOTICE * 0,
            now=now,
        )
    assert draw is not None
    times = [time.perf_counter()]
    for state in ("frozen", "drawn"):
        await _step(sessions, draw, state)
        times.append(time.perf_counter())
    async with sessions.begin(workspace.id, statement_seconds=STATEMENT_SECONDS) as (session, _):
        found = await queries.get(session, draw.id, workspace_id=workspace.id)
        assert found is not None
        record = await queries.record(session, found)
    assert [wrong for _, wrong in proof.examine(record)] == [""] * 4
    times.append(time.perf_counter())
    return times[1] - times[0], times[2] - times[1], times[3] - times[2]


async def _step(sessions: Sessions, draw: Draw, state: str) -> None:
    async with sessions.begin(draw.workspace_id, statement_seconds=STATEMENT_SECONDS) as (session, now):
        came_to = await drawing.advance(session, workspace_id=draw.workspace_id, draw_id=draw.id, now=now)
    assert came_to == state
