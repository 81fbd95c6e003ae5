"""Processes that are killed while they work. One parent loads everything and forks them, so that a new one is there at once.

As a command, `python replicas.py DSN MODULE` is that parent: for each line it reads it forks a process that runs MODULE's
`work(sessions)` on the database, and tells its id.
"""

import asyncio
import importlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from core.database import Sessions, connect

PROJECT = Path(__file__).resolve().parents[1]


class Replicas:
    def __init__(self, parent: asyncio.subprocess.Process, chance: Random) -> None:
        self.parent = parent
        self.chance = chance
        self.living: list[int] = []
        self.killed = 0

    async def start(self) -> None:
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.write(b"fork\n")
        self.living.append(int(await self.parent.stdout.readline()))

    async def kill_one(self) -> None:
        """Kill one of them, without warning, and start another."""
        victim = self.living.pop(self.chance.randrange(len(self.living)))
        os.kill(victim, signal.SIGKILL)  # raises where it has died by itself
        self.killed += 1
        await self.start()


@asynccontextmanager
async def replicas(database: Sessions, module: str, *, number: int) -> AsyncIterator[Replicas]:
    """So many processes at work, until the end of the block."""
    dsn = database.engine.url.render_as_string(hide_password=False)
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # beside this file stands a `bots` that is not the one
        __file__,
        dsn,
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    started = Replicas(parent, Random(20261121))
    try:
        for _ in range(number):
            await started.start()
        yield started
    finally:
        for process in started.living:
            os.kill(process, signal.SIGKILL)
        parent.kill()
        await parent.wait()


async def _run(dsn: str, module: str) -> None:
    await importlib.import_module(module).work(Sessions(connect(dsn, pool_size=2)))


def main(dsn: str, module: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    importlib.import_module(module)
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            os.close(0)
            asyncio.run(_run(dsn, module))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
