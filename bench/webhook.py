"""A signed slash command from the wire to its acknowledgement, against slack-bolt that does nothing but acknowledge.

Ours checks the signature, claims the delivery, finds the people, moves the points, owes the cards and answers with a receipt;
nothing is sent meanwhile. The limit is slack-bolt's own aiohttp route with a listener that acknowledges. Both are driven over
16 kept connections from this very process, so the driver's own cost is in both figures.

Then the same commands come at a steady pace to a whole process, which at the same time sends what 10,000 rows of its outbox owe.
"""

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from itertools import count
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from sqlalchemy import text

from bench.company import CHANNEL, TEAM, found, user
from bench.database import analyze, on_database
from bench.figures import Figure, Rate, middle
from bench.wire import CONNECTIONS, Lines, flood, lines, post_request, served
from bots import app
from bots.settings import Settings
from bots.slack.webhook import PATH
from core.database import Sessions

GOAL = 0.4
OPERATIONS = 600
ROUNDS = 5
MEMBERS = 200
OWED = 10_000
CHANNELS = 1000
PER_SECOND, SECONDS = 200, 10
P99_MILLISECONDS_MAX = 100
LOST_SECONDS = 10
"""What a command counts that was answered with an error: a server that refuses is not quick."""
SECRET = "bench-signing-secret-of-no-workspace"
_COUNT = text("SELECT count(*) FROM kudos")
# The card of the first kudos, in as many channels as a big company has, some of them busy.
_OWE = text("""
WITH wanted AS (
    SELECT number, concat_ws(':', 'slack', CAST(:team AS text), concat('C', number % :channels)) AS scope
    FROM generate_series(1, :owed - (SELECT count(*) FROM outbox WHERE state = 'pending')) AS number
), scopes AS (INSERT INTO outbox_scope (scope) SELECT DISTINCT scope FROM wanted ON CONFLICT DO NOTHING)
INSERT INTO outbox (workspace_id, dedup_key, scope, kind, address, reference, priority)
SELECT first.workspace_id, concat('bench', number), wanted.scope, first.kind,
       first.address || jsonb_build_object('remote_id', concat('C', number % :channels)), first.reference, first.priority
FROM (SELECT * FROM outbox WHERE kind = 'kudos_card' ORDER BY id LIMIT 1) AS first, wanted
""")
_STATES = text(
    "SELECT count(*) FILTER (WHERE state = 'pending') AS pending, count(*) FILTER (WHERE state = 'sent') AS sent FROM outbox"
)
_numbers = count(1)


def run() -> list[Figure]:
    return on_database(_measure)


async def _measure(sessions: Sessions, _: str) -> list[Figure]:
    await found(sessions, members=MEMBERS)
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(served(_slack_api()))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        settings = Settings(
            slack_signing_secret=SecretStr(SECRET),
            slack_bot_token=SecretStr("xoxb-bench"),
            slack_api_url=f"http://127.0.0.1:{api}/api/",
        )
        at_rest = await _at_rest(sessions, app.build(settings, sessions, http))
        at_work = await _at_work(sessions, app.build(settings, sessions, http))
    return [at_rest, at_work]


async def _at_rest(sessions: Sessions, built: app.Application) -> Figure:
    async with AsyncExitStack() as stack:
        for channel in built.channels:
            stack.push_async_callback(channel.platform.close)
        ports = [await stack.enter_async_context(served(each)) for each in (built.web, _bolt())]
        app.freeze()
        ours, limit = await _rounds(sessions, *[await stack.enter_async_context(lines(port)) for port in ports])
    stored = await _stored(sessions)
    assert stored == OPERATIONS * (ROUNDS + 1), f"{stored} kudos"
    work = (
        f"{stored} signed commands each way on {CONNECTIONS} connections, median of {ROUNDS} interleaved rounds; "
        f"CPU of this process {ours.cpu:.0f} µs against {limit.cpu:.0f} µs each"
    )
    return Figure("webhook", "slash commands a second", ours.per_second, limit.per_second, "min", GOAL, work)


async def _rounds(sessions: Sessions, ours: Lines, bolt: Lines) -> tuple[Rate, Rate]:
    taken: tuple[list[Rate], list[Rate]] = ([], [])
    for turn in range(ROUNDS + 1):
        for kept, line in zip(taken, (ours, bolt), strict=True):
            kept.append(await flood(line, [_request(next(_numbers)) for _ in range(OPERATIONS)]))
        if turn == 0:
            await analyze(sessions)
    return middle(taken[0][1:]), middle(taken[1][1:])  # the first warms up


async def _at_work(sessions: Sessions, built: app.Application) -> Figure:
    """How long an acknowledgement takes when commands come whether the one before is answered or not."""
    async with sessions.begin(role="ops", statement_seconds=60) as (session, _):
        await session.execute(_OWE, {"owed": OWED, "channels": CHANNELS, "team": TEAM})
        owed, sent_before = (await session.execute(_STATES)).one()
    assert owed == OWED, owed
    await analyze(sessions)
    before = await _stored(sessions)
    async with app.running(built, host="127.0.0.1", port=0) as address, _pool(int(address.rpartition(":")[2])) as pool:
        taken = await _steadily(pool)
    async with sessions.begin(role="ops") as (session, _):
        sent = (await session.execute(_STATES)).one().sent - sent_before
    assert await _stored(sessions) - before + await _put_off(sessions) >= len(taken)
    lost = PER_SECOND * SECONDS - len(taken)
    p99 = quantiles([*taken, *[LOST_SECONDS] * lost], n=100)[-1] * 1e3
    work = (
        f"{len(taken)} commands at {PER_SECOND} a second and {lost} in vain, half of them within {median(taken) * 1e3:.0f} ms, the last after "
        f"{max(taken) * 1e3:.0f}; {sent} of {OWED:,} owed messages in {CHANNELS} channels were sent meanwhile, as the platform's pace lets"
    )
    return Figure("webhook", "99 of 100 commands within, ms", p99, P99_MILLISECONDS_MAX, "max", 1, work)


@asynccontextmanager
async def _pool(port: int) -> AsyncIterator[Lines]:
    async with lines(port, count=PER_SECOND) as made:
        yield made


async def _steadily(to: Lines) -> list[float]:
    taken: list[float] = []

    async def send(due: float) -> None:
        with suppress(AssertionError):
            await to.post(_request(next(_numbers)))
            taken.append(time.perf_counter() - due)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(PER_SECOND * SECONDS):
            due = began + number / PER_SECOND
            await asyncio.sleep(due - time.perf_counter())
            group.create_task(send(due))
    return taken


async def _put_off(sessions: Sessions) -> int:
    """Commands that were acknowledged and are still to be done."""
    async with sessions.begin(role="ops") as (session, _):
        return int(await session.scalar(text("SELECT count(*) FROM inbox WHERE state <> 'done'")) or 0)


async def _stored(sessions: Sessions) -> int:
    async with sessions.begin(role="ops") as (session, _):
        return int((await session.execute(_COUNT)).scalar_one())


def _request(number: int) -> bytes:
    giver, receiver = number % MEMBERS, (number + 1 + number // MEMBERS) % MEMBERS
    receiver = receiver if receiver != giver else (giver + 1) % MEMBERS
    fields = {
        "team_id": TEAM,
        "team_domain": "bench",
        "channel_id": CHANNEL,
        "channel_name": "general",
        "user_id": user(giver),
        "user_name": "member",
        "command": "/kudos",
        "text": f"<@{user(receiver)}|member> for staying late, night {number}",
        "api_app_id": "A0BENCH0001",
        "response_url": "https://hooks.slack.com/commands/1/2/3",
        "trigger_id": f"{number}.1.abc",
    }
    body = urlencode(fields).encode()
    stamp = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={signature}",
    }
    return post_request(PATH, body, headers)


def _bolt() -> web.Application:
    """slack-bolt as its documentation shows it, without a round trip to Slack for each request."""

    async def authorize(**_: Any) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_user_id="U0BENCHBOT1", bot_id="B0BENCH0001")

    bolt = AsyncApp(signing_secret=SECRET, authorize=authorize, process_before_response=True)

    async def acknowledge(ack: Any) -> None:
        await ack("thanked")

    bolt.command("/kudos")(acknowledge)

    async def receive(request: web.Request) -> web.Response:
        response: web.Response = await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))
        return response

    application = web.Application()
    application.router.add_post(PATH, receive)
    return application


def _slack_api() -> web.Application:
    """Says whose token it is, and takes every message."""
    stamps = count(1)

    async def answer(request: web.Request) -> web.Response:
        if request.path.endswith("auth.test"):
            return web.json_response({"ok": True, "team_id": TEAM, "user_id": "U0BENCHBOT1", "bot_id": "B0BENCH0001"})
        return web.json_response({"ok": True, "channel": CHANNEL, "ts": f"1.{next(stamps):06}"})

    application = web.Application()
    application.router.add_post("/api/{method}", answer)
    return application
