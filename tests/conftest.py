"""One PostgreSQL per run, started when the first test asks for it; a template migrated once, and copies of it.

`session` is for services and queries: a transaction that is rolled back. `database` is for races and HTTP: a database of
its own, dropped afterwards. PLAUDIT_TEST_DATABASE_URL names a server to use instead of the embedded one.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncSession

import migrations
from core import embedded
from core.database import Sessions, Transaction, connect
from core.people.models import Workspace
from tests.factories import make_workspace

# The machine may be busy with other things: an example is not wrong because it is late.
hypothesis.settings.register_profile("plaudit", deadline=None)
hypothesis.settings.load_profile("plaudit")

GIVEN = "PLAUDIT_TEST_DATABASE_URL"
_names = (f"plaudit_test_{os.getpid()}_{number}" for number in count(1))
_owned = ExitStack()


def _named(dsn: str, database: str) -> str:
    return make_url(dsn).set(database=database).render_as_string(hide_password=False)


def _prepared() -> str:
    """Start the server, migrate the template, and return its URL. From the main thread, with no event loop running."""
    given = os.environ.get(GIVEN)
    if given is None:
        # Not tmp_path: pytest closes its parent to everybody else, the server's user included.
        folder = _owned.enter_context(tempfile.TemporaryDirectory(prefix="plaudit-", dir="/tmp"))
        Path(folder).chmod(0o755)
        given = _owned.enter_context(embedded.start(Path(folder), durable=False)).dsn("postgres")
    template = _named(given, next(_names))
    with asyncio.Runner() as runner:
        runner.run(_migrate(given, template))
    _owned.callback(_drop, given, template)
    return template


async def _migrate(server: str, template: str) -> None:
    await embedded.create_database(server, str(make_url(template).database))
    engine = connect(template)
    try:
        await migrations.upgrade(engine)
    finally:
        await engine.dispose()


def _drop(server: str, template: str) -> None:
    with asyncio.Runner() as runner:
        runner.run(embedded.drop_database(server, str(make_url(template).database)))


def pytest_configure_node(node: Any) -> None:
    """With xdist the controller owns the server: a worker may end before the others have finished."""
    if not hasattr(node.config, "plaudit_template"):
        node.config.plaudit_template = _prepared()
    node.workerinput["plaudit_template"] = node.config.plaudit_template


def pytest_unconfigure() -> None:
    _owned.close()


@pytest.fixture(scope="session")
def template(pytestconfig: pytest.Config) -> str:
    """URL of the migrated database that others are copied from; nobody connects to it."""
    handed: dict[str, str] = getattr(pytestconfig, "workerinput", {})
    return handed.get("plaudit_template") or _prepared()


@asynccontextmanager
async def _copy(template: str) -> AsyncIterator[Sessions]:
    dsn = _named(template, next(_names))
    server = _named(template, "postgres")
    await embedded.create_database(server, str(make_url(dsn).database), str(make_url(template).database))
    engine = connect(dsn)
    try:
        yield Sessions(engine)
    finally:
        await engine.dispose()
        await embedded.drop_database(server, str(make_url(dsn).database))


@pytest.fixture
async def database(template: str) -> AsyncIterator[Sessions]:
    """A database of the test's own, for what commits."""
    async with _copy(template) as sessions:
        yield sessions


@pytest.fixture(scope="session")
async def _shared(template: str) -> AsyncIterator[Sessions]:
    async with _copy(template) as sessions:
        yield sessions


@pytest.fixture
async def transaction(_shared: Sessions) -> AsyncIterator[Transaction]:
    """A transaction as ops that is rolled back; `tests.factories.enter` changes its role and workspace.

    It is given the time of maintenance: the machine may be busy, and a connection that lives for the whole run has
    planned for tables that were empty.
    """
    async with _shared.begin(role="ops", statement_seconds=60) as begun:
        yield begun
        await begun.session.rollback()


@pytest.fixture
def session(transaction: Transaction) -> AsyncSession:
    return transaction.session


@pytest.fixture
def now(transaction: Transaction) -> datetime:
    return transaction.now


@pytest.fixture
async def workspace(session: AsyncSession) -> Workspace:
    """A workspace with the default policy; `session` is the app's, inside it."""
    return await make_workspace(session)
