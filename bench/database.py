"""An embedded PostgreSQL of the bench's own, as durable as a real one, gone when the bench ends."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import make_url, text

import migrations
from core import embedded
from core.database import Sessions, connect

Result = TypeVar("Result")
DATABASE = "bench"


@contextmanager
def _server() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="plaudit-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)  # the server's user has to get there
        with embedded.start(Path(folder)) as server:
            yield server.dsn(DATABASE)


@asynccontextmanager
async def _sessions(dsn: str) -> AsyncIterator[Sessions]:
    await embedded.create_database(
        make_url(dsn).set(database="postgres").render_as_string(hide_password=False), DATABASE
    )
    engine = connect(dsn)
    try:
        await migrations.upgrade(engine)
        yield Sessions(engine)
    finally:
        await engine.dispose()


def on_database(bench: Callable[[Sessions, str], Awaitable[Result]]) -> Result:
    """Run a bench with sessions on an empty, migrated database and its `postgresql://` URL, in the loop of production."""

    async def run(dsn: str) -> Result:
        async with _sessions(dsn) as sessions:
            return await bench(sessions, dsn.replace("postgresql+asyncpg:", "postgresql:", 1))

    with _server() as dsn:
        return in_loop(lambda: run(dsn))


async def analyze(sessions: Sessions) -> None:
    """What autovacuum does within a minute of a table's filling: a plan that was made without statistics measures nothing."""
    async with sessions.engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(text("ANALYZE"))


def in_loop(main: Callable[[], Awaitable[Result]]) -> Result:
    """Run `main` in uvloop, as `plaudit run` does."""
    from uvloop import new_event_loop

    async def begun() -> Result:
        return await main()

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(begun())
