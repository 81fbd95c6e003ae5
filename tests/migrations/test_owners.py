"""Who may migrate: an owner without superuser's rights, as companies have them."""

from itertools import count

import asyncpg
import pytest
from sqlalchemy import make_url

import migrations
from core import embedded
from core.database import Sessions, connect

_numbers = count(1)


@pytest.mark.parametrize(
    "preparation",
    [
        pytest.param("CREATE ROLE {owner} LOGIN CREATEROLE", id="an owner who may make roles"),
        pytest.param(
            "CREATE ROLE {owner} LOGIN; GRANT plaudit_app, plaudit_ops TO {owner}", id="an owner who was given both"
        ),
    ],
)
async def test_an_owner_without_superusers_rights_migrates_and_works(template: str, preparation: str) -> None:
    template_url = make_url(template)
    name = f"{template_url.database}_owner_{next(_numbers)}"
    server = template_url.set(database="postgres").render_as_string(hide_password=False)
    admin = await asyncpg.connect(server.replace("+asyncpg", ""))
    await admin.execute(preparation.format(owner=name))
    await admin.execute(f"CREATE DATABASE {name} OWNER {name}")
    engine = connect(template_url.set(database=name, username=name).render_as_string(hide_password=False))
    try:
        await migrations.upgrade(engine)
        for role in ("app", "ops"):
            async with Sessions(engine).begin(role=role) as (_, now):  # type: ignore[arg-type]
                assert now.tzinfo is not None
    finally:
        await engine.dispose()
        await embedded.drop_database(server, name)
        await admin.execute(f"DROP OWNED BY {name}")
        await admin.execute(f"DROP ROLE {name}")
        await admin.close()
