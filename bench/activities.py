"""Recording activities in batches of a thousand, against COPY and one upsert.

The limit copies the rows into a table without anything and inserts them from there, those that are known left out, into a table
with the same columns, one unique key for source and reference, and a key of its own; and adds up what they come to for each
member and type by one upsert. It knows no wall between companies, no partitions, no foreign keys, no days in a row, no months,
no zones of members, and nobody who was merged.
"""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from statistics import median
from typing import Any

import asyncpg
from sqlalchemy import text

from bench.database import analyze, on_database
from bench.figures import Figure
from core.activities import service
from core.activities.service import Deed
from core.database import Sessions
from core.people import service as people

MEMBERS = 20_000
BATCH = 1000
BATCHES = 40
WARM = 10

TABLES = """
CREATE UNLOGGED TABLE bare_stage (workspace_id bigint, member_id bigint, type text, occurred_at timestamptz, quantity numeric, source text, reference text);
CREATE TABLE bare_activity (workspace_id bigint NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY, member_id bigint NOT NULL, type text NOT NULL,
    occurred_at timestamptz NOT NULL, quantity numeric NOT NULL, source text NOT NULL, reference text NOT NULL, PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, source, reference));
CREATE INDEX ON bare_activity (workspace_id, member_id, type, occurred_at);
CREATE TABLE bare_tally (workspace_id bigint, type text, member_id bigint, times bigint, quantity numeric, PRIMARY KEY (workspace_id, type, member_id));
"""
UPSERT = """
WITH fresh AS (
    INSERT INTO bare_activity (workspace_id, member_id, type, occurred_at, quantity, source, reference)
    SELECT * FROM bare_stage ON CONFLICT DO NOTHING RETURNING workspace_id, type, member_id, quantity
)
INSERT INTO bare_tally AS kept SELECT workspace_id, type, member_id, count(*), sum(quantity) FROM fresh GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
ON CONFLICT (workspace_id, type, member_id) DO UPDATE SET times = kept.times + excluded.times, quantity = kept.quantity + excluded.quantity
"""
COLUMNS = ["workspace_id", "member_id", "type", "occurred_at", "quantity", "source", "reference"]


def run() -> list[Figure]:
    return on_database(_measure)


async def _measure(sessions: Sessions, dsn: str) -> list[Figure]:
    workspace_id, ids = await _company(sessions)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(TABLES)
        ours, limits = [], []
        now = datetime.now(UTC)
        chance = Random(7)
        for number in range(BATCHES + WARM):
            # A day each two batches, as they come: most members go on with their run, some begin another.
            at = now - timedelta(days=(BATCHES + WARM - number) // 2)
            deeds = [
                Deed(member_id, "sale", at, "crm", f"{number}:{place}", Decimal(place % 50))
                for place, member_id in enumerate(chance.sample(ids, BATCH))
            ]
            limits.append(await _bare(connection, workspace_id, deeds))
            ours.append(await _record(sessions, workspace_id, deeds, now))
            if number == WARM // 2:
                await analyze(sessions)
    finally:
        await connection.close()
    await _assert_done(sessions)
    ours_per_second, limit = (BATCH / median(seconds[WARM:]) for seconds in (ours, limits))
    work = f"{BATCHES} batches of {BATCH} each way, one connection, median, interleaved; {MEMBERS:,} members"
    return [Figure("activities", "activities a second", ours_per_second, limit, "min", 0.5, work)]


async def _company(sessions: Sessions) -> tuple[int, list[int]]:
    async with sessions.begin(role="ops", statement_seconds=120) as (session, _):
        workspace = await people.create_workspace(session, name="Bench", time_zone="Europe/Madrid")
        filled = await session.execute(
            text("INSERT INTO member (workspace_id) SELECT :w FROM generate_series(1, :n) RETURNING id"),
            {"w": workspace.id, "n": MEMBERS},
        )
        ids = list(filled.scalars())
        await session.execute(
            text("INSERT INTO profile (workspace_id, member_id, display_name) SELECT workspace_id, id, 'x' FROM member")
        )
        return workspace.id, ids


async def _record(sessions: Sessions, workspace_id: int, deeds: list[Deed], now: datetime) -> float:
    began = time.perf_counter()
    async with sessions.begin(workspace_id) as (session, _):
        made = await service.record(session, workspace_id=workspace_id, activities=deeds, now=now)
    assert made.recorded == len(deeds)
    return time.perf_counter() - began


async def _bare(connection: Any, workspace_id: int, deeds: list[Deed]) -> float:
    began = time.perf_counter()
    rows = [
        (workspace_id, deed.member_id, deed.type, deed.occurred_at, deed.quantity, deed.source, deed.reference)
        for deed in deeds
    ]
    async with connection.transaction():
        await connection.execute("TRUNCATE bare_stage")
        await connection.copy_records_to_table("bare_stage", records=rows, columns=COLUMNS)
        await connection.execute(UPSERT)
    return time.perf_counter() - began


async def _assert_done(sessions: Sessions) -> None:
    """A bench that did less than it says has measured nothing."""
    async with sessions.begin(role="ops") as (session, _):
        counts = tuple(
            (
                await session.execute(
                    text("SELECT (SELECT count(*) FROM activity), (SELECT sum(times) FROM activity_tally)")
                )
            ).one()
        )
    assert counts == ((BATCHES + WARM) * BATCH,) * 2, counts
