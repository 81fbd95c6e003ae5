"""Microsoft's own client talks to the bot, if it is installed (see README.md beside this file)."""

import asyncio
import os
import shutil
from pathlib import Path

import aiohttp
import pytest

from bots import app
from bots.settings import Settings
from core.database import Sessions
from tests.core.nominations.stock import make_campaign_badge
from tests.factories import make_company

HERE = Path(__file__).parent
MODULES = os.environ.get("PLAUDIT_PLAYGROUND", "")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
APP_ID = "11111111-2222-3333-4444-555555555555"
TENANT = "00000000-0000-0000-0000-000000000001"
SECONDS_MAX = 180

pytestmark = [
    pytest.mark.skipif(not MODULES, reason="PLAUDIT_PLAYGROUND does not name a folder with the Agents Playground"),
    pytest.mark.skipif(not CHROMIUM or not shutil.which("node"), reason="Chromium or Node.js is not installed"),
]


async def test_a_thank_you_in_channel_private_chat_and_group(database: Sessions, tmp_path: Path) -> None:
    await make_company(database, members=0)
    settings = Settings(
        teams_app_id=APP_ID,
        teams_unsigned=True,
        teams_tenant_ids=(TENANT,),
        teams_service_hosts=("localhost", "127.0.0.1"),
    )
    async with aiohttp.ClientSession() as http:
        bot = app.build(settings, database, http)
        async with app.running(bot, host="127.0.0.1", port=0) as url:
            status, output = await _play(f"{url}/api/messages", "thank_you.json", tmp_path)
    assert status == 0, f"{output}\nscreenshots and transcript: {tmp_path}"


async def test_a_campaign_from_nominations_to_results(database: Sessions, tmp_path: Path) -> None:
    workspace, _ = await make_company(database, members=0)
    async with database.begin(workspace.id) as (session, _now):
        await make_campaign_badge(session, workspace, max_nominations_per_user=2)
    settings = Settings(
        teams_app_id=APP_ID,
        teams_unsigned=True,
        teams_tenant_ids=(TENANT,),
        teams_service_hosts=("localhost", "127.0.0.1"),
    )
    async with aiohttp.ClientSession() as http:
        bot = app.build(settings, database, http)
        async with app.running(bot, host="127.0.0.1", port=0) as url:
            status, output = await _play(f"{url}/api/messages", "campaign.json", tmp_path)
    assert status == 0, f"{output}\nscreenshots and transcript: {tmp_path}"


async def _play(bot_url: str, steps: str, out: Path) -> tuple[int | None, str]:
    command = ["node", str(HERE / "playground_e2e.mjs"), "--bot", bot_url, "--steps", str(HERE / steps)]
    options = ["--out", str(out), "--modules", MODULES, "--chromium", str(CHROMIUM)]
    process = await asyncio.create_subprocess_exec(
        *command, *options, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(SECONDS_MAX):
        output, _ = await process.communicate()
    return process.returncode, output.decode(errors="replace")
