"""The menu behind `/` is told to Telegram when it changes."""

from typing import Any

from bots.manifest.telegram import menus
from bots.simulator.telegram import TelegramSimulator
from bots.simulator.world import example_world
from bots.telegram.platform import TelegramPlatform
from tests.telegram.conftest import SECRET

MENUS = list(menus())


async def test_telegram_is_told_of_what_is_new_only() -> None:
    world = example_world()
    async with TelegramSimulator(world, token=f"{world.bot.telegram_id}:simulated") as telegram:
        await start(telegram)
        assert len(telegram.server.called("setMyCommands")) == len(MENUS)
        await start(telegram)
        assert len(telegram.server.called("setMyCommands")) == len(MENUS)
        key = next(iter(telegram.api.commands))
        changed: list[dict[str, Any]] = telegram.api.commands[key][:-1]
        telegram.api.commands[key] = changed
        await start(telegram)
        assert len(telegram.server.called("setMyCommands")) == len(MENUS) + 1
        assert telegram.api.commands[key] != changed


async def start(telegram: TelegramSimulator) -> None:
    platform = TelegramPlatform(token=telegram.token, secret=SECRET, api_url=telegram.url, mode="webhook")
    await platform.start()
    await platform.close()
