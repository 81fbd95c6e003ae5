"""A scheduler that may be killed: it does what a process of ours does, without pause (see tests.replicas). The job's effect is a row
in a table that takes doubles, so that they show."""

import asyncio
from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bots.ticker import run_jobs
from core.database import Sessions
from core.schedule.registry import Run, job

_EFFECT = text("INSERT INTO effect (workspace_id, key) VALUES (:workspace_id, :key)")


async def slots(session: AsyncSession, run: Run) -> Mapping[str, int]:
    await session.execute(_EFFECT, {"workspace_id": run.workspace_id, "key": run.key})
    await session.execute(text("SELECT pg_sleep(0.002)"))
    return {"rows": 1}


async def work(sessions: Sessions) -> None:
    job("slots", interval={"seconds": 1}, catch_up="all")(slots)
    while True:
        await run_jobs(sessions)
        await asyncio.sleep(0.01)
