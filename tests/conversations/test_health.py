"""Alive, ready, and figures; also when the database is away."""

import aiohttp
from sqlalchemy import make_url

from bots import app as composition
from bots.settings import Settings
from core.database import Sessions, connect
from tests.conversations.stage import Stage


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status, await answer.text()


async def test_alive_ready_and_counted(stage: Stage) -> None:
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", "@[Luis] for staying late")
    await stage.quiet()
    assert await get(f"{stage.url}/healthz") == (200, '{"status": "alive"}')
    status, body = await get(f"{stage.url}/readyz")
    assert (status, "ready" in body) == (200, True)
    status, figures = await get(f"{stage.url}/metrics")
    assert status == 200
    assert 'plaudit_messages_total{outcome="sent",platform="teams"} 1.0' in figures
    assert "plaudit_answer_seconds_count" in figures
    # Nothing in it says who or where.
    for secret in ("Luis", "Ana", stage.world.tenant_id, stage.slack_channel.id, str(stage.group.id)):
        assert secret not in figures


async def test_parked_messages_show_in_the_figures(stage: Stage) -> None:
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", "@[Luis] for staying late")
    await stage.quiet()
    await stage.sql("UPDATE outbox SET state = 'parked' WHERE id = (SELECT min(id) FROM outbox)")
    _, figures = await get(f"{stage.url}/metrics")
    assert 'plaudit_outbox_messages{state="parked"} 1.0' in figures


async def test_without_its_database_a_process_is_alive_and_not_ready() -> None:
    nowhere = make_url("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    engine = connect(nowhere.render_as_string())
    async with aiohttp.ClientSession() as http:
        application = composition.build(Settings(), Sessions(engine), http)
        async with composition.running(application, host="127.0.0.1", port=0) as url:
            assert (await get(f"{url}/healthz"))[0] == 200
            status, body = await get(f"{url}/readyz")
            assert status == 503
            assert '"database": false' in body
            status, figures = await get(f"{url}/metrics")
            assert status == 200
            assert "plaudit_deliveries" in figures
    await engine.dispose()


async def test_an_old_schema_is_not_ready(stage: Stage) -> None:
    await stage.alter("UPDATE alembic_version SET version_num = 'older'")
    status, body = await get(f"{stage.url}/readyz")
    assert status == 503
    assert '"schema": false' in body
