"""Which database this process uses: the configured one, else the embedded one; and the first workspace in it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import asyncpg
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from bots import functions
from bots.settings import Misconfigured, Settings
from core import embedded
from core.database import Sessions, connect
from core.kudos import service as kudos
from core.people import directory
from core.people import service as people
from core.points import service as points

PROJECT = Path(__file__).resolve().parents[1]
DATABASE = "plaudit"
FIRST_WORKSPACE = "My company"

_DRIVER = "postgresql+asyncpg"
_SCHEMES = {"postgres", "postgresql", _DRIVER}
_UNDERSTOOD = {"host", "port", "ssl"}
_HARMLESS = {"application_name", "channel_binding", "connect_timeout", "gssencmode", "target_session_attrs"}  # of libpq


class DatabaseUnreachable(Exception):
    """No connection to the database. The message says why and what to do, and holds nothing of its URL."""


def configured_url(settings: Settings) -> str:
    """`PLAUDIT_DATABASE_URL` for our driver, empty if it is not set. Raises Misconfigured, which never shows the URL."""
    given = settings.database_url.get_secret_value().strip()
    if not given:
        return ""
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise Misconfigured([_NOT_A_URL]) from None
    if url.drivername not in _SCHEMES or not (url.database or "").strip():
        raise Misconfigured([_NOT_A_URL])
    return _with_our_driver(url).render_as_string(hide_password=False)


_NOT_A_URL = "PLAUDIT_DATABASE_URL is not understood: write postgresql://user:password@host:5432/database"


def _with_our_driver(url: URL) -> URL:
    query = {name: value for name, value in url.query.items() if name not in _HARMLESS}
    if "sslmode" in query:  # libpq's name for what asyncpg calls ssl
        query["ssl"] = query.pop("sslmode")
    if strange := sorted(set(query) - _UNDERSTOOD):
        names = ", ".join(strange)
        raise Misconfigured([f"PLAUDIT_DATABASE_URL has parameters that are not understood: take out {names}"])
    return url.set(drivername=_DRIVER, query=query)


def data_root() -> Path:
    """Where the embedded database's data are, or would be."""
    return embedded.default_root(PROJECT)


@contextmanager
def server_url(settings: Settings, *, root: Path | None = None) -> Iterator[str]:
    """URL of our database. If none is configured the embedded server runs meanwhile, its data under `root`.

    To be entered from the main thread (see core.embedded). Raises Misconfigured, EmbeddedError.
    """
    if url := configured_url(settings):
        yield url
        return
    with embedded.start(root or data_root(), pg_bin=settings.pg_bin) as server:
        yield server.dsn(DATABASE)


@asynccontextmanager
async def open_database(settings: Settings, *, root: Path | None = None) -> AsyncIterator[Sessions]:
    """Sessions on our database, which answers. Raises Misconfigured, EmbeddedError, DatabaseUnreachable."""
    with server_url(settings, root=root) as url:
        if not configured_url(settings):
            await _create(url)
        engine = connect(url)
        try:
            await _probe(Sessions(engine))
            yield Sessions(engine)
        finally:
            await engine.dispose()


async def _create(url: str) -> None:
    """Make the embedded server's database if it is not there yet."""
    server = make_url(url).set(database="postgres").render_as_string(hide_password=False)
    if not await embedded.database_exists(server, DATABASE):
        with suppress(asyncpg.DuplicateDatabaseError):
            await embedded.create_database(server, DATABASE)


async def _probe(sessions: Sessions) -> None:
    try:
        async with sessions.engine.connect():
            return
    except asyncpg.InvalidCatalogNameError:
        why = "there is no such database: create it, or correct PLAUDIT_DATABASE_URL"
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError):
        why = "it refuses the user or the password: correct PLAUDIT_DATABASE_URL"
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, DBAPIError) as error:
        why = f"no connection ({type(error).__name__}): see that it runs, and that PLAUDIT_DATABASE_URL names its host and port"
    raise DatabaseUnreachable(f"The database cannot be used; {why}.")


async def found_workspace(sessions: Sessions, *, name: str, time_zone: str) -> int:
    """A new workspace with its system accounts and tags; returns its id."""
    async with sessions.begin(role="ops") as (session, _):
        return await _found(session, name, time_zone)


async def ensure_workspace(sessions: Sessions, *, time_zone: str) -> int | None:
    """Make the first workspace where there is none, so that a fresh installation just works; its id, else None."""
    async with sessions.begin(role="ops") as (session, _):
        await directory.hold_workspaces(session)
        if await directory.workspaces(session):
            return None
        return await _found(session, FIRST_WORKSPACE, time_zone)


async def _found(session: AsyncSession, name: str, time_zone: str) -> int:
    workspace = await people.create_workspace(session, name=name, time_zone=time_zone)
    await points.open_system_accounts(session, workspace_id=workspace.id)
    await kudos.seed_tags(session, workspace_id=workspace.id)
    return workspace.id


async def check_functions(sessions: Sessions, settings: Settings) -> None:
    """Whether the names that stored badges call are registered in this process. Raises Misconfigured."""
    async with sessions.begin(role="ops") as (session, _):
        await functions.check(session, settings.functions)
