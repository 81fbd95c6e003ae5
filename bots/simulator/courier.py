"""The inbound side: carries a platform's requests to the bot and keeps a log of what came back."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Any

import aiohttp

from bots.simulator.clock import Clock


@dataclass(frozen=True, slots=True)
class Raw:
    """A request as it goes over the wire; change a copy with `dataclasses.replace` to forge one."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    kind: str = ""

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the bot answered. `status` 0 means nothing came back, then `error` says why; `latency` is in seconds."""

    raw: Raw
    url: str
    at: datetime
    latency: float
    status: int
    body: bytes = b""
    content_type: str = ""
    error: str = ""

    @property
    def is_accepted(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The answer's body, None if it is empty."""
        return json.loads(self.body) if self.body else None


class Courier:
    """`url` is the bot's endpoint, `patience` how many seconds the platform waits for an answer."""

    def __init__(self, url: str, *, clock: Clock, patience: float) -> None:
        self.url = url
        self.patience = patience
        self.log: list[Delivery] = []
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, raw: Raw, *, url: str = "") -> Delivery:
        """`url` sends it elsewhere, to another replica for instance."""
        target, at, begun = url or self.url, self._clock(), perf_counter()
        try:
            status, body, content_type = await self._post(raw, target)
            delivery = Delivery(raw, target, at, perf_counter() - begun, status, body, content_type)
        except (aiohttp.ClientError, TimeoutError) as failure:
            error = str(failure) or type(failure).__name__
            delivery = Delivery(raw, target, at, perf_counter() - begun, 0, error=error)
        self.log.append(delivery)
        return delivery

    async def deliver_copies(self, raw: Raw, copies: int = 4, *, urls: Sequence[str] = ()) -> list[Delivery]:
        """The same request several times at once, taking turns over `urls`."""
        targets = [urls[number % len(urls)] if urls else "" for number in range(copies)]
        return list(await asyncio.gather(*(self.deliver(raw, url=target) for target in targets)))

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, raw: Raw, url: str) -> tuple[int, bytes, str]:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        timeout = aiohttp.ClientTimeout(total=self.patience)
        async with self._session.post(
            url, data=raw.body, headers=raw.headers, timeout=timeout, allow_redirects=False
        ) as answer:
            return answer.status, await answer.read(), answer.content_type
