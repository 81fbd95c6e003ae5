"""Who may migrate: an owner without a superuser's rights, as companies have them, on a server that never saw us."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

import migrations
from core import embedded
from core.database import Role, Sessions, connect

MADE_BEFOREHAND = "CREATE ROLE plaudit_app NOLOGIN; CREATE ROLE plaudit_ops NOLOGIN;"


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not tmp_path: pytest closes its parent to everybody else, the server's user included.
    with tempfile.TemporaryDirectory(prefix="plaudit-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.mark.parametrize(
    "preparation",
    [
        pytest.param("CREATE ROLE owner LOGIN CREATEROLE", id="who may make roles"),
        pytest.param(
            f"{MADE_BEFOREHAND} CREATE ROLE owner LOGIN; GRANT plaudit_app, plaudit_ops TO owner",
            id="who was given both",
        ),
    ],
)
async def test_an_ordinary_owner_migrates_and_becomes_either_role(folder: Path, preparation: str) -> None:
    with embedded.start(folder, durable=False) as server:
        admin = await asyncpg.connect(server.dsn("postgres").replace("+asyncpg", ""))
        await admin.execute(preparation)
        await admin.execute("CREATE DATABASE company OWNER owner")
        await admin.close()
        await _migrate_and_work(server.dsn("company"))


async def _migrate_and_work(dsn: str) -> None:
    engine = connect(make_url(dsn).set(username="owner").render_as_string(hide_password=False))
    roles: tuple[Role, ...] = ("app", "ops")
    try:
        await migrations.upgrade(engine)
        for role in roles:
            async with Sessions(engine).begin(role=role) as (_, now):
                assert now.tzinfo is not None
    finally:
        await engine.dispose()
