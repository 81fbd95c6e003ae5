"""The doctor says what is wrong and what to do about it, and never a secret."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer
from sqlalchemy import text

from bots.keys import keyring
from bots.settings import Settings
from bots.store import ensure_workspace, found_workspace, open_database
from core.database import Sessions
from core.installations import service as installations
from core.people import directory
from core.people import service as people
from migrations import upgrade
from tests.cli.conftest import Command
from tests.cli.test_queues import park_deliveries, park_messages
from tests.factories import make_company, make_member, make_place

CANARY = "canary-3f9c1e"
SECRETS = (
    "PLAUDIT_SECRET_KEY",
    "PLAUDIT_TEAMS_APP_PASSWORD",
    "PLAUDIT_SLACK_SIGNING_SECRET",
    "PLAUDIT_SLACK_BOT_TOKEN",
    "PLAUDIT_TELEGRAM_BOT_TOKEN",
    "PLAUDIT_TELEGRAM_SECRET",
)


def remark(said: str, subject: str) -> str:
    """The lines of the report about a subject."""
    return "\n".join(line for line in said.splitlines() if line.strip().startswith(subject))


async def test_fresh_installation(plaudit: Command, configured: Sessions) -> None:
    await make_company(configured, 0)
    ended = await plaudit("doctor")
    assert ended.code == 0
    for channel in ("Teams", "Slack", "Telegram"):
        assert "not configured" in remark(ended.out, channel)
        assert f"set PLAUDIT_{channel.upper()}_" in remark(ended.out, channel)
    assert "PLAUDIT_TEAMS_SERVICE_HOSTS" not in ended.out, "what has a default need not be set"
    assert "PostgreSQL 1" in remark(ended.out, "Database")
    assert "admin grant" in remark(ended.out, "Admins")
    assert "/admin connect" in remark(ended.out, "Conversations")
    assert "Nothing is broken." in ended.out


async def test_all_is_well_and_no_secret_is_shown(
    plaudit: Command, configured: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, f"{CANARY}-{name}-0123456789abcdef")
    monkeypatch.setenv("PLAUDIT_TEAMS_APP_ID", "app")
    monkeypatch.setenv("PLAUDIT_TEAMS_TENANT_IDS", "t1,t2")
    monkeypatch.setenv("PLAUDIT_MODE", "production")
    workspace, _ = await make_company(configured, 0)
    async with configured.begin(workspace.id) as (session, _):
        ana = await make_member(session, workspace, "Ana")
        await people.make_admin(session, ana.member_id, workspace_id=workspace.id)
        await make_place(session, workspace, is_connected=True)
        await make_place(session, workspace, is_connected=True)
        await make_place(session, workspace, platform="teams", is_connected=True)
    ended = await plaudit("doctor")
    assert ended.code == 0
    assert CANARY not in ended.out + ended.err
    assert "2 tenants" in remark(ended.out, "Teams")
    assert "by webhook" in remark(ended.out, "Telegram")
    assert "connected: 2 on slack, 1 on teams" in remark(ended.out, "Conversations")
    assert "1" in remark(ended.out, "Admins")
    assert "BROKEN" not in ended.out


async def test_half_configured_channel(plaudit: Command, configured: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAUDIT_SLACK_BOT_TOKEN", f"xoxb-{CANARY}")
    monkeypatch.setenv("PLAUDIT_TEAMS_APP_ID", "app")
    ended = await plaudit("doctor")
    assert ended.code == 1
    assert "PLAUDIT_SLACK_SIGNING_SECRET is missing or empty" in remark(ended.out, "Slack")
    assert "Basic Information" in remark(ended.out, "Slack")
    assert remark(ended.out, "Teams").count("BROKEN") == 2
    assert "To mend: 3." in ended.out
    assert CANARY not in ended.out


async def test_slack_in_its_other_ways(plaudit: Command, configured: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAUDIT_SLACK_CLIENT_ID", "1.2")
    monkeypatch.setenv("PLAUDIT_SLACK_APP_TOKEN", f"xoxb-{CANARY}")
    ended = await plaudit("doctor")
    assert ended.code == 1
    assert "PLAUDIT_PUBLIC_URL is missing or empty" in remark(ended.out, "Public address")
    assert "PLAUDIT_SLACK_CLIENT_SECRET is missing or empty" in remark(ended.out, "Slack")
    assert "xapp-" in remark(ended.out, "Slack")
    assert CANARY not in ended.out
    assert "install-link" in remark(ended.out, "Slack workspaces")


async def test_tokens_that_another_key_sealed(
    plaudit: Command, configured: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, _ = await make_company(configured, 0)
    sealed = keyring(Settings()).seal(b"xoxb", about=installations.about(workspace.id, "T1"))
    async with configured.begin(workspace.id) as (session, _):
        granted = installations.Granted("T1", "A1", "U1", "B1", ())
        await installations.install(session, granted, workspace_id=workspace.id, sealed_token=sealed)
    assert "1 installed, 0 uninstalled" in remark((await plaudit("doctor")).out, "Slack workspaces")
    monkeypatch.setenv("PLAUDIT_SECRET_KEY", f"{CANARY}-0123456789abcdef0123456789abcdef")
    ended = await plaudit("doctor")
    assert ended.code == 1
    assert "plaudit slack reseal" in remark(ended.out, "Slack workspaces")
    assert CANARY not in ended.out


async def test_setting_that_cannot_be_read(plaudit: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAUDIT_PORT", CANARY)
    monkeypatch.setenv("PLAUDIT_TIMEZONE", "Mars/Olympus")
    ended = await plaudit("doctor")
    assert ended.code == 1
    assert "PLAUDIT_PORT" in ended.out
    assert "Europe/Madrid" in ended.out
    assert CANARY not in ended.out


@pytest.mark.usefixtures("empty")
async def test_tables_that_are_missing(plaudit: Command) -> None:
    ended = await plaudit("doctor")
    assert ended.code == 1
    assert "plaudit migrate" in remark(ended.out, "Schema")


async def test_parked_items(plaudit: Command, configured: Sessions) -> None:
    await park_messages(configured, 2)
    await park_deliveries(configured, 1)
    ended = await plaudit("doctor")
    assert ended.code == 1
    assert "2 parked" in remark(ended.out, "Outbox")
    assert "1 parked" in remark(ended.out, "Inbox")


@pytest.fixture
async def platform() -> AsyncIterator[BaseTestServer]:
    async def refuse(request: web.Request) -> web.Response:
        assert "Authorization" not in request.headers
        assert CANARY not in str(request.url)
        raise web.HTTPNotFound

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", refuse)
    async with TestServer(application) as server:
        yield server


async def test_online_asks_whether_platforms_answer(
    plaudit: Command, configured: Sessions, monkeypatch: pytest.MonkeyPatch, platform: BaseTestServer
) -> None:
    monkeypatch.setenv("PLAUDIT_TELEGRAM_BOT_TOKEN", CANARY)
    monkeypatch.setenv("PLAUDIT_TELEGRAM_MODE", "polling")
    monkeypatch.setenv("PLAUDIT_TELEGRAM_API_URL", str(platform.make_url("/")))
    monkeypatch.setenv("PLAUDIT_SLACK_BOT_TOKEN", CANARY)
    monkeypatch.setenv("PLAUDIT_SLACK_SIGNING_SECRET", CANARY)
    monkeypatch.setenv("PLAUDIT_SLACK_API_URL", "http://127.0.0.1:1/api/")
    offline = await plaudit("doctor")
    assert "online" not in offline.out
    ended = await plaudit("doctor", "--online")
    assert ended.code == 1
    assert "answers (404)" in remark(ended.out, "Telegram online")
    assert "does not answer" in remark(ended.out, "Slack online")
    assert "Teams online" not in ended.out


@pytest.fixture
def data() -> Iterator[Path]:
    # Not tmp_path: pytest closes its parent to everybody else, the server's user included.
    with tempfile.TemporaryDirectory(prefix="plaudit-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


async def test_embedded_database_is_made_and_found_again(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLAUDIT_DATABASE_URL", raising=False)
    for expected in (1, None):
        async with open_database(Settings(), root=data) as sessions:
            await upgrade(sessions.engine)
            assert await ensure_workspace(sessions, time_zone="Europe/Madrid") == expected
    async with open_database(Settings(), root=data) as sessions:
        assert await found_workspace(sessions, name="Second", time_zone="Etc/UTC") == 2
        async with sessions.begin(role="ops") as (session, _):
            assert [home.name for home in await directory.workspaces(session)] == ["My company", "Second"]
            assert await session.scalar(text("SELECT count(*) FROM account WHERE balance IS NULL")) == 6
            assert await session.scalar(text("SELECT count(*) FROM tag")) == 30


async def test_of_processes_that_start_at_once_one_founds_the_workspace(configured: Sessions) -> None:
    made = await asyncio.gather(*(ensure_workspace(configured, time_zone="Etc/UTC") for _ in range(8)))
    assert len([each for each in made if each is not None]) == 1
