"""The demo's own PostgreSQL, and in it a copy of a template: every run begins in the same state, and soon.

Whatever database is configured stays untouched. The server is the demo's alone, since one that is joined ends with whoever
started it: a second demo at the same time takes the next folder.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import date, datetime
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
from sqlalchemy import text

import migrations
from bots.cli.screen import Bar, progress
from bots.demo import books
from bots.demo.company import COMPANY, TIME_ZONE, Company
from bots.demo.history import Chronicle, Policy
from bots.store import data_root, found_workspace
from core import embedded
from core.database import Sessions, connect
from core.embedded import EmbeddedError, Server

DEMOS_MAX = 9
PREFIX = "plaudit_demo_"
RUN = f"{PREFIX}run"
UNFINISHED = f"{PREFIX}unfinished"
STEPS = 5


def local_today() -> date:
    return datetime.now(ZoneInfo(TIME_ZONE)).date()


@contextmanager
def own_server(root: Path | None) -> Iterator[Server]:
    """A server of this process, its data under `root` or in the project's own folder. From the main thread.

    Raises EmbeddedError.
    """
    place = root or data_root() / "demo"
    for number in range(1, DEMOS_MAX + 1):
        with embedded.start(place if number == 1 else place.with_name(f"{place.name}-{number}")) as server:
            if server.process is not None:
                yield server
                return
    raise EmbeddedError(f"{DEMOS_MAX} demos run already; end one of them first.")


@asynccontextmanager
async def fresh_copy(server: Server, company: Company, today: date) -> AsyncIterator[Sessions]:
    """Sessions on a database of this run: the company and its history up to yesterday."""
    template = f"{PREFIX}{_fingerprint(today)}"
    dsn = server.dsn("postgres")
    if not await embedded.database_exists(dsn, template):
        await _make(server, template, company, today)
    await embedded.drop_database(dsn, RUN)
    await embedded.create_database(dsn, RUN, template)
    engine = connect(server.dsn(RUN))
    try:
        yield Sessions(engine)
    finally:
        await engine.dispose()


def _fingerprint(today: date) -> str:
    """Changes whenever a template made now would be another one: with the schema, the generator, or the day."""
    sources = [files("migrations") / "versions", files("bots.demo"), files("core.kudos") / "tags.py"]
    parts = [source for folder in sources for source in (folder.iterdir() if folder.is_dir() else [folder])]
    digest = sha256(today.isoformat().encode())
    for part in sorted(parts, key=lambda part: part.name):
        if part.is_file():
            digest.update(part.read_bytes())
    return digest.hexdigest()[:12]


async def _make(server: Server, template: str, company: Company, today: date) -> None:
    """Under another name until it is complete; older ones go."""
    dsn = server.dsn("postgres")
    with progress(f"Founding {COMPANY}: 200 people, three months of thanks", STEPS) as bar:
        for old in await _ours(dsn):
            await embedded.drop_database(dsn, old)
        await embedded.create_database(dsn, UNFINISHED)
        bar.advance()
        await _fill(server.dsn(UNFINISHED), company, today, bar)
        await _execute(dsn, f'ALTER DATABASE "{UNFINISHED}" RENAME TO "{template}"')


async def _fill(dsn: str, company: Company, today: date, bar: Bar) -> None:
    engine = connect(dsn)
    try:
        await migrations.upgrade(engine)
        bar.advance()
        workspace_id = await found_workspace(Sessions(engine), name=COMPANY, time_zone=TIME_ZONE)
        bar.advance()
        async with engine.begin() as connection:
            empty = await books.open_books(connection, workspace_id)
            policy = await connection.execute(
                text("SELECT allowance_points, pair_points_max FROM workspace WHERE id = :id"), {"id": workspace_id}
            )
            chronicle = Chronicle(company.colleagues, Policy(*policy.one()), today)
            full = books.filled(empty, company, chronicle.thanks())
            bar.advance()
            await books.write(connection, full)
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("ANALYZE"))
        bar.advance()
    finally:
        await engine.dispose()


async def _ours(dsn: str) -> list[str]:
    connection = await asyncpg.connect(_plain(dsn))
    try:
        rows = await connection.fetch("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", PREFIX)
    finally:
        await connection.close()
    return [row["datname"] for row in rows]


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(_plain(dsn))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _plain(dsn: str) -> str:
    return dsn.replace("postgresql+asyncpg:", "postgresql:", 1)
