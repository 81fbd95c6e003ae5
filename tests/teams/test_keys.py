"""The Connector's keys when their source is slow, broken or hostile. (What they are for is in test_auth.)"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bots.simulator.clock import Ids
from bots.simulator.teams.tokens import KeyRing as SimulatedKeys
from bots.teams import keys
from bots.teams.keys import KeyRing

GOOD = SimulatedKeys(Ids("keys")).jwks()
KID = GOOD["keys"][0]["kid"]
UNUSABLE: list[Any] = [
    {"kty": "EC", "kid": "e"},
    {"kty": "RSA", "kid": 5},
    {"kty": "RSA", "kid": "r", "n": "x", "e": "A"},
]


@dataclass
class Source:
    """A server of keys; `answer` is what /keys says, `pause` how long it thinks."""

    answer: str = json.dumps(GOOD)
    status: int = 200
    pause: float = 0.0
    jwks_uri: str = ""
    fetched: int = 0
    now: float = 1_000_000.0

    def clock(self) -> float:
        return self.now


@asynccontextmanager
async def ring_of(source: Source) -> AsyncIterator[KeyRing]:
    async def metadata(request: web.Request) -> web.Response:
        return web.json_response({"jwks_uri": source.jwks_uri or str(request.url.with_path("/keys"))})

    async def document(_: web.Request) -> web.Response:
        source.fetched += 1
        await asyncio.sleep(source.pause)
        return web.Response(text=source.answer, status=source.status)

    app = web.Application()
    app.add_routes([web.get("/openid", metadata), web.get("/keys", document)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as session:
        yield KeyRing(session, f"http://127.0.0.1:{runner.addresses[0][1]}/openid", source.clock)
    await runner.cleanup()


async def test_many_at_once_fetch_once() -> None:
    source = Source(pause=0.05)
    async with ring_of(source) as ring:
        found = await asyncio.gather(*(ring.get(KID) for _ in range(50)))
    assert all(found)
    assert source.fetched == 1


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "x",
        "[]",
        "{}",
        '{"keys": 5}',
        '{"keys": [5]}',
        '{"keys": []}',
        json.dumps({"keys": UNUSABLE}),
        "x" * 1_100_000,
    ],
)
async def test_a_broken_document_changes_nothing(answer: str) -> None:
    source = Source()
    async with ring_of(source) as ring:
        assert await ring.get(KID)
        source.answer, source.now = answer, source.now + 90_000
        assert await ring.get(KID)
        assert await ring.get("other") is None
    assert source.fetched == 2


async def test_unusable_keys_are_passed_over() -> None:
    source = Source(json.dumps({"keys": [*UNUSABLE, *GOOD["keys"]]}))
    async with ring_of(source) as ring:
        key = await ring.get(KID)
        assert key is not None
        assert key.endorsements == {"msteams"}
        assert await ring.get("r") is None


@pytest.mark.parametrize("status", [301, 302, 404, 500])
async def test_an_error_is_no_document(status: int) -> None:
    async with ring_of(Source(status=status)) as ring:
        assert await ring.get(KID) is None


async def test_a_slow_source_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "FETCH_TIMEOUT", 0.05)
    async with ring_of(Source(pause=5)) as ring:
        async with asyncio.timeout(1):
            assert await ring.get(KID) is None


@pytest.mark.parametrize("url", ["http://evil.example/keys", "file:///etc/passwd", "gopher://x"])
async def test_keys_are_not_fetched_from_where_they_could_be_replaced(url: str) -> None:
    source = Source(jwks_uri=url)
    async with ring_of(source) as ring:
        assert await ring.get(KID) is None
    assert source.fetched == 0


async def test_a_key_that_is_withdrawn_stops_within_a_day() -> None:
    source = Source()
    async with ring_of(source) as ring:
        assert await ring.get(KID)
        source.answer = json.dumps(SimulatedKeys(Ids("others")).jwks())
        source.now += 86_400
        assert await ring.get(KID) is None
