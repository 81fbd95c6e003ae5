"""A bot that only listens: it records what the simulators send and answers as the test says."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from bots.simulator import World, example_world

Answer = Callable[[web.Request], Awaitable[web.Response]]


async def accept(_: web.Request) -> web.Response:
    return web.Response(status=200)


@dataclass
class Listener:
    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answer: Answer = accept

    async def handle(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        self.headers.append(dict(request.headers))
        return await self.answer(request)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    bot = Listener()
    app = web.Application()
    app.router.add_post("/bot", bot.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    bot.url = f"http://127.0.0.1:{runner.addresses[0][1]}/bot"
    yield bot
    await runner.cleanup()


@pytest.fixture
def world() -> World:
    return example_world(app_id="11111111-2222-3333-4444-555555555555")
