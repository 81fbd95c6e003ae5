"""People in the simulated Telegram, the real webhook and the real poller: what is stored reads as what they did."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bots.chat import Act, Arrived, Edited, Gone, Moved, Pressed, Said, Target
from bots.simulator.telegram import TelegramSimulator
from bots.simulator.world import World, example_world
from bots.telegram.inbound import PATH, routes
from bots.telegram.platform import Mode, TelegramPlatform
from bots.telegram.polling import Rhythm, poll
from cards.render import Rendered
from tests.telegram.conftest import SECRET
from tests.telegram.desk import MemoryDesk


@pytest.fixture
async def world() -> World:
    return example_world()


@pytest.fixture
async def telegram(world: World) -> AsyncIterator[TelegramSimulator]:
    async with TelegramSimulator(world, token=f"{world.bot.telegram_id}:simulated") as simulator:
        yield simulator


async def started(telegram: TelegramSimulator, mode: Mode) -> TelegramPlatform:
    platform = TelegramPlatform(token=telegram.token, secret=SECRET, api_url=telegram.url, mode=mode)
    await platform.start()
    return platform


def acts(platform: TelegramPlatform, desk: MemoryDesk) -> list[Act]:
    return [incoming.act for _, body in desk.stored.values() for incoming in platform.parse(body)]


async def talk(telegram: TelegramSimulator, world: World, platform: TelegramPlatform) -> None:
    ana, luis = world.person("Ana"), world.person("Luis")
    group = world.group("telegram", "Lunch", [ana, luis], has_bot=False)
    await telegram.press_start(ana, "join-1")
    await telegram.add_bot(group, ana)
    said = await telegram.say(ana, group, "/kudos 🎉 @[Luis] @nobody well done")
    await telegram.edit(said.message, "/kudos @[Luis] very well done")
    place = platform.parse({"update_id": 1, "message": said.message.payload})[0].place
    keyboard = {"inline_keyboard": [[{"text": "Undo", "callback_data": "t0ken"}]]}
    await platform.send(Target(place), Rendered({"text": "Luis!", "reply_markup": keyboard}), "Luis!")
    await telegram.press(ana, telegram.posts(group)[0], "Undo")
    await telegram.migrate(group)
    await telegram.block(ana)


EXPECTED = [Arrived, Arrived, Said, Edited, Pressed, Moved, Gone]


async def test_by_webhook(telegram: TelegramSimulator, world: World) -> None:
    platform, desk, app = await started(telegram, "webhook"), MemoryDesk(), web.Application()
    app.add_routes(routes(platform, desk))
    async with TestServer(app) as server:
        telegram.updates.set_webhook(str(server.make_url(PATH)), SECRET)
        await talk(telegram, world, platform)
        assert all(delivery.status == 200 for delivery in telegram.deliveries)
        assert [type(act) for act in acts(platform, desk)] == EXPECTED
        [said] = [act for act in acts(platform, desk) if isinstance(act, Said)]
        assert [getattr(part, "name", part) for part in said.parts] == [
            "/kudos 🎉 ",
            "Luis Ortega",
            " ",
            "@nobody",
            " well done",
        ]
        update = next(iter(desk.stored.values()))[1]
        assert (await telegram.redeliver(dict(update), secret="")).status == 403
        assert (await telegram.redeliver(dict(update))).status == 200
        assert [type(act) for act in acts(platform, desk)] == EXPECTED
    await platform.close()


async def test_by_polling(telegram: TelegramSimulator, world: World) -> None:
    platform, desk, stop = await started(telegram, "polling"), MemoryDesk(), asyncio.Event()
    telegram.updates.set_webhook("http://127.0.0.1:9/left-over", SECRET)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(poll(platform, desk, stop, rhythm=Rhythm(hold=1)))
        while telegram.updates.webhook_url:  # noqa: ASYNC110 - the poller deletes it
            await asyncio.sleep(0.005)
        await talk(telegram, world, platform)
        while len(acts(platform, desk)) < len(EXPECTED) or telegram.updates.pending:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        stop.set()
    assert [type(act) for act in acts(platform, desk)] == EXPECTED
    await platform.close()
