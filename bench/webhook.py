"""A signed slash command from the wire to its acknowledgement, against slack-bolt that does nothing but acknowledge.

Ours checks the signature, claims the delivery, finds the people, moves the points, owes the cards and answers with a receipt;
nothing is sent meanwhile. The limit is slack-bolt's own aiohttp route with a listener that acknowledges. Both are driven over
16 kept connections from this very process, so the driver's own cost is in both figures.
"""

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from sqlalchemy import text

from bench.database import analyze, on_database
from bench.figures import Figure, Rate, middle, rate
from bots import app
from bots.settings import Settings
from core.database import Sessions
from core.kudos import service as kudos
from core.people import service as people
from core.people.service import Contact
from core.points import service as points

GOAL = 0.4
CONNECTIONS = 16
OPERATIONS = 600
ROUNDS = 5
MEMBERS = 200
TEAM, CHANNEL, APP = "T0BENCH0001", "C0BENCH0001", "A0BENCH0001"
SECRET = "bench-signing-secret-of-no-workspace"
PATH = "/slack/events"
_GENEROUS = text("UPDATE workspace SET allowance_points = 1000000, pair_points_max = 1000000")
_COUNT = text("SELECT count(*) FROM kudos")
_numbers = count(1)


def run() -> list[Figure]:
    return on_database(_measure)


async def _measure(sessions: Sessions, _: str) -> list[Figure]:
    await _company(sessions)
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(_served(_slack_api()))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        settings = Settings(
            slack_signing_secret=SecretStr(SECRET),
            slack_bot_token=SecretStr("xoxb-bench"),
            slack_api_url=f"http://127.0.0.1:{api}/api/",
        )
        built = app.build(settings, sessions, http)
        for channel in built.channels:
            stack.push_async_callback(channel.platform.close)
        ports = [await stack.enter_async_context(_served(each)) for each in (built.web, _bolt())]
        ours, limit = await _rounds(sessions, *[await stack.enter_async_context(_lines(port)) for port in ports])
    async with sessions.begin(role="ops") as (session, _now):
        stored = (await session.execute(_COUNT)).scalar_one()
    assert stored == OPERATIONS * (ROUNDS + 1), f"{stored} kudos"
    work = (
        f"{stored} signed commands each way on {CONNECTIONS} connections, median of {ROUNDS} interleaved rounds; "
        f"CPU of this process {ours.cpu:.0f} µs against {limit.cpu:.0f} µs each"
    )
    return [Figure("webhook", "slash commands a second", ours.per_second, limit.per_second, "min", GOAL, work)]


async def _rounds(sessions: Sessions, ours: "Lines", bolt: "Lines") -> tuple[Rate, Rate]:
    taken: tuple[list[Rate], list[Rate]] = ([], [])
    for turn in range(ROUNDS + 1):
        for kept, lines in zip(taken, (ours, bolt), strict=True):
            requests = [_request(next(_numbers)) for _ in range(OPERATIONS)]
            kept.append(await rate(partial(_post, lines, requests), count=OPERATIONS, at_once=CONNECTIONS))
        if turn == 0:
            await analyze(sessions)
    return middle(taken[0][1:]), middle(taken[1][1:])  # the first warms up


class Lines:
    """Kept connections to one server, the bare minimum of a client."""

    def __init__(self, streams: Sequence[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> None:
        self._free = list(streams)

    async def post(self, request: bytes) -> bytes:
        """The body of the answer, which must be a 200."""
        reader, writer = self._free.pop()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        body = await reader.readexactly(int(length.split(b":")[1]))
        self._free.append((reader, writer))
        return body


async def _post(lines: Lines, requests: Sequence[bytes], number: int) -> None:
    await lines.post(requests[number])


@asynccontextmanager
async def _lines(port: int) -> AsyncIterator[Lines]:
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]
    yield Lines(streams)
    for _, writer in streams:
        writer.close()


@asynccontextmanager
async def _served(application: web.Application) -> AsyncIterator[int]:
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


def _request(number: int) -> bytes:
    giver, receiver = number % MEMBERS, (number + 1 + number // MEMBERS) % MEMBERS
    receiver = receiver if receiver != giver else (giver + 1) % MEMBERS
    fields = {
        "team_id": TEAM,
        "team_domain": "bench",
        "channel_id": CHANNEL,
        "channel_name": "general",
        "user_id": f"U0BENCH{giver:04}",
        "user_name": "member",
        "command": "/kudos",
        "text": f"<@U0BENCH{receiver:04}|member> for staying late, night {number}",
        "api_app_id": APP,
        "response_url": "https://hooks.slack.com/commands/1/2/3",
        "trigger_id": f"{number}.1.abc",
    }
    body = urlencode(fields).encode()
    stamp = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"X-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: v0={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


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
    """Says whose token it is; nothing else is asked."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, "team_id": TEAM, "user_id": "U0BENCHBOT1", "bot_id": "B0BENCH0001"})

    application = web.Application()
    application.router.add_post("/api/auth.test", answer)
    return application


async def _company(sessions: Sessions) -> None:
    """Members who know each other, bound and connected on Slack."""
    async with sessions.begin(role="ops") as (session, now):
        workspace = await people.create_workspace(session, name="Bench", time_zone="Europe/Madrid")
        await points.open_system_accounts(session, workspace_id=workspace.id)
        await kudos.seed_tags(session, workspace_id=workspace.id)
        await session.execute(_GENEROUS)
        await people.bind(session, workspace_id=workspace.id, platform="slack", tenant=TEAM)
    async with sessions.begin(workspace.id) as (session, now):
        contacts = [Contact("slack", TEAM, f"U0BENCH{number:04}", f"Member {number}") for number in range(MEMBERS)]
        for contact in contacts:
            member = await people.enrol(session, contact, workspace_id=workspace.id, is_provisional=False)
            await points.open_allowance(session, workspace=workspace, member_id=member.member_id, now=now)
            await points.open_earned(session, workspace_id=workspace.id, member_ids=[member.member_id])
        place = await people.keep_place(
            session,
            workspace_id=workspace.id,
            platform="slack",
            tenant=TEAM,
            remote_id=CHANNEL,
            kind="channel",
            name="general",
            reference={},
            member_id=None,
        )
        await people.connect(session, place, is_connected=True)
