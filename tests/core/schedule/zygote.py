"""Schedulers that may be killed: `python zygote.py DSN` forks one for each line it reads, and tells its process id.

Each does what a process of ours does, without pause. The job's effect is a row in a table that takes doubles, so that they show.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bots.ticker import run_jobs
from core.database import Sessions, connect
from core.schedule.registry import Run, job

_EFFECT = text("INSERT INTO effect (workspace_id, key) VALUES (:workspace_id, :key)")


@job("slots", interval={"seconds": 1}, catch_up="all")
async def slots(session: AsyncSession, run: Run) -> Mapping[str, int]:
    await session.execute(_EFFECT, {"workspace_id": run.workspace_id, "key": run.key})
    await session.execute(text("SELECT pg_sleep(0.002)"))
    return {"rows": 1}


async def work(dsn: str) -> None:
    engine = connect(dsn, pool_size=2)
    sessions = Sessions(engine)
    while True:
        await run_jobs(sessions)
        await asyncio.sleep(0.01)


def main(dsn: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            os.close(0)
            asyncio.run(work(dsn))
        print(child, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
