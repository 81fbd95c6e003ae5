"""Four schedulers, killed again and again: each slot has exactly one effect."""

import asyncio
from collections import Counter
from datetime import timedelta

from sqlalchemy import text

from core.database import Sessions
from core.schedule.due import SLOTS_MAX
from tests.factories import make_company
from tests.replicas import replicas

REPLICAS, SLOTS, KILLS = 4, 1000, 40
SECONDS_MAX = 120


async def test_each_slot_has_one_effect_over_replicas_that_are_killed(database: Sessions) -> None:
    assert SLOTS <= SLOTS_MAX
    workspace, _ = await make_company(database, 0)
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE effect (id bigserial, workspace_id bigint, key text)"))
        await connection.execute(text("GRANT ALL ON effect TO plaudit_app"))
        await connection.execute(text("GRANT ALL ON SEQUENCE effect_id_seq TO plaudit_app"))
        await connection.execute(
            text("UPDATE workspace SET jobs_since = now() - CAST(:behind AS interval)"),
            {"behind": timedelta(seconds=SLOTS)},
        )
    async with (
        replicas(database, "tests.core.schedule.replica", number=REPLICAS) as running,
        asyncio.timeout(SECONDS_MAX),
    ):
        await _owe(database, SLOTS)
        begun = await _count(database)
        while (done := await _count(database)) < SLOTS or running.killed < KILLS:
            await asyncio.sleep(running.chance.uniform(0.01, 0.2))
            if running.killed < KILLS:
                await running.kill_one()
        assert begun < done
    async with database.begin(workspace.id) as (session, _):
        effects = Counter((await session.execute(text("SELECT key FROM effect"))).scalars())
        runs = dict((await session.execute(text("SELECT period_key, outcome FROM job_run"))).tuples().all())
        gaps = await session.scalar(
            text(
                "SELECT count(*) FROM (SELECT key::timestamptz - lag(key::timestamptz) OVER (ORDER BY key) AS gap FROM effect) AS x"
                " WHERE gap <> interval '1 second'"
            )
        )
    assert running.killed >= KILLS
    assert len(effects) >= SLOTS
    assert set(effects.values()) == {1}
    assert runs == dict.fromkeys(effects, "done")
    assert gaps == 0


async def _owe(database: Sessions, seconds: int) -> None:
    """Let the job, once it is there, owe what was due in the last seconds."""
    while True:
        async with database.begin(role="ops") as (session, _):
            found = await session.execute(
                text("UPDATE job SET since = now() - CAST(:behind AS interval), next_at = now() RETURNING name"),
                {"behind": timedelta(seconds=seconds)},
            )
            if found.first():
                return
        await asyncio.sleep(0.05)


async def _count(database: Sessions) -> int:
    async with database.begin(role="ops") as (session, _):
        return int(await session.scalar(text("SELECT count(*) FROM job_run WHERE outcome = 'done'")) or 0)
