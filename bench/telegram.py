"""A Telegram update from the wire to its acknowledgement, against python-telegram-bot that hands it to an empty handler.

Ours checks the secret, reads the JSON strictly, stores the update and answers when that is committed; it is worked on later,
and not here. The limit is what a bot of python-telegram-bot's does behind the same server: read the JSON, make an `Update` of
it and await `Application.process_update`; it keeps nothing. Both are driven over 16 kept connections from this very process.
"""

import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import count
from typing import Any

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from sqlalchemy import text
from telegram import Update
from telegram.ext import Application, CommandHandler

from bench.database import on_database
from bench.figures import Figure, Rate, middle
from bench.wire import CONNECTIONS, Lines, flood, lines, post_request, served
from bots import app
from bots.settings import Settings
from bots.telegram.auth import SECRET_HEADER
from bots.telegram.inbound import PATH
from core.database import Sessions

GOAL = 0.5
OPERATIONS = 1500
ROUNDS = 5
CHATS = 50
TOKEN, SECRET = "7000000001:bench-token-of-no-bot-at-all-123456", "bench-secret"
_COUNT = text("SELECT count(*) FROM inbox WHERE state = 'pending'")
_numbers = count(1)


def run() -> list[Figure]:
    return on_database(_measure)


async def _measure(sessions: Sessions, _: str) -> list[Figure]:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        settings = Settings(telegram_bot_token=SecretStr(TOKEN), telegram_secret=SecretStr(SECRET))
        built = app.build(settings, sessions, http)
        for channel in built.channels:
            stack.push_async_callback(channel.platform.close)
        api = await stack.enter_async_context(served(_bot_api()))
        bot = Application.builder().token(TOKEN).base_url(f"http://127.0.0.1:{api}/bot").updater(None).build()
        stack.push_async_callback(bot.shutdown)
        ports = [await stack.enter_async_context(served(each)) for each in (built.web, await _bare(bot))]
        app.freeze()
        ours, limit = await _rounds([await stack.enter_async_context(lines(port)) for port in ports])
    async with sessions.begin(role="ops") as (session, _now):
        stored = (await session.execute(_COUNT)).scalar_one()
    assert stored == OPERATIONS * (ROUNDS + 1), f"{stored} stored"
    work = (
        f"{stored} updates each way on {CONNECTIONS} connections, median of {ROUNDS} interleaved rounds; "
        f"CPU of this process {ours.cpu:.0f} µs against {limit.cpu:.0f} µs each"
    )
    return [Figure("telegram", "updates a second", ours.per_second, limit.per_second, "min", GOAL, work)]


async def _rounds(both: Sequence[Lines]) -> list[Rate]:
    taken: tuple[list[Rate], list[Rate]] = ([], [])
    for _ in range(ROUNDS + 1):
        for kept, line in zip(taken, both, strict=True):
            kept.append(await flood(line, [_request(next(_numbers)) for _ in range(OPERATIONS)]))
    return [middle(kept[1:]) for kept in taken]  # the first warms up


def _request(number: int) -> bytes:
    update = {
        "update_id": number,
        "message": {
            "message_id": number,
            "from": {"id": 111111111, "is_bot": False, "first_name": "Ana", "username": "ana", "language_code": "es"},
            "chat": {"id": -4123456789 - number % CHATS, "title": "Team lunch", "type": "group"},
            "date": 1763654400,
            "text": "/kudos @luis for staying late",
            "entities": [
                {"type": "bot_command", "offset": 0, "length": 6},
                {"type": "mention", "offset": 7, "length": 5},
            ],
        },
    }
    headers = {"Content-Type": "application/json", SECRET_HEADER: SECRET}
    return post_request(PATH, json.dumps(update).encode(), headers)


async def _bare(bot: Application[Any, Any, Any, Any, Any, Any]) -> web.Application:
    """python-telegram-bot behind aiohttp, as its example of a custom webhook has it, but for the queue in between."""

    async def thank(*_: Any) -> None:
        return

    bot.add_handler(CommandHandler("kudos", thank))
    await bot.initialize()

    async def receive(request: web.Request) -> web.Response:
        await bot.process_update(Update.de_json(json.loads(await request.read()), bot.bot))
        return web.Response()

    application = web.Application()
    application.router.add_post(PATH, receive)
    return application


def _bot_api() -> web.Application:
    """Says who the bot is; nothing else is asked."""
    me = {"id": 7000000001, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, "result": me})

    application = web.Application()
    application.router.add_post("/{bot}/getMe", answer)
    return application
