"""A bot without network, and a Bot API on loopback whose answers each test scripts."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bots.telegram.platform import TelegramPlatform
from tests.telegram.bot_api import BotApi

RECORDED = Path(__file__).resolve().parents[1] / "recorded" / "telegram"
TOKEN = "7000000001:AAE-not-a-real-token_but-shaped-like-one"
SECRET = "webhook-secret_0123456789"


def recorded(name: str) -> dict[str, Any]:
    update: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    return update


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi(TOKEN) as server:
        yield server


@pytest.fixture
async def platform(api: BotApi) -> AsyncIterator[TelegramPlatform]:
    made = TelegramPlatform(token=TOKEN, secret=SECRET, api_url=api.url, mode="webhook")
    yield made
    await made.close()


@pytest.fixture
def update() -> Callable[[str], dict[str, Any]]:
    return recorded
