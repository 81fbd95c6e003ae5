"""The broker for tests: the real one if it answers, behind a wire that can be cut, with names that are the test's own."""

import asyncio
import json
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel

from bots import broker
from bots.broker import Route

HOST, PORT = "127.0.0.1", 5672
REQUIRED = "PLAUDIT_REQUIRE_BROKER"


def url(port: int = PORT) -> str:
    return f"amqp://guest:guest@{HOST}:{port}/"


async def require_broker() -> None:
    """Skip the test where no broker answers; fail it where one is promised."""
    try:
        async with asyncio.timeout(5):
            connection = await aio_pika.connect(url())
            await connection.close()
    except broker.AWAY as error:
        absent = f"no RabbitMQ answers at {HOST}:{PORT} ({type(error).__name__})"
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(f"{absent}, and {REQUIRED}=1 promises one")
        pytest.skip(absent)


@dataclass(slots=True)
class Wire:
    """A way to the broker that breaks. `cuts` counts connections that were really cut."""

    port: int = 0
    cuts: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()
            self.cuts += 1
        self._open.clear()

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(HOST, PORT)
        self._open.add(writer)
        try:
            await asyncio.gather(_pipe(reader, there_writer), _pipe(there_reader, writer))
        finally:
            self._open.discard(writer)
            for end in (writer, there_writer):
                end.transport.abort()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def wired() -> AsyncIterator[Wire]:
    wire = Wire()
    server = await asyncio.start_server(wire.join, HOST, 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()
        wire.cut()


@dataclass(frozen=True, slots=True)
class Post:
    """Where tests put their messages, and what they see of the queues."""

    channel: AbstractChannel
    route: Route

    async def send(
        self,
        key: str = "sale",
        *,
        called: str | None = None,
        producer: str | None = "shop",
        body: Any = None,
        **fields: Any,
    ) -> None:
        """Without `called` the message has a blank id, which is none: the client makes one up where there is nothing."""
        exchange = await self.channel.get_exchange(self.route.exchange)
        content = json.dumps(fields).encode() if body is None else body
        sent = aio_pika.Message(
            content, message_id=called or " ", app_id=producer, delivery_mode=aio_pika.DeliveryMode.PERSISTENT
        )
        await exchange.publish(sent, routing_key=key)

    async def ready(self, queue: str = "") -> int:
        """Messages that are given to nobody."""
        declared = await self.channel.declare_queue(queue or self.route.queue, passive=True)
        return declared.declaration_result.message_count or 0


@asynccontextmanager
async def posting(**changed: Any) -> AsyncIterator[Post]:
    """An exchange and queues of the test's own, deleted afterwards."""
    await require_broker()
    name = f"plaudit-test-{secrets.token_hex(6)}"
    route = replace(Route(url(), exchange=name, queue=f"{name}.events"), **changed)
    connection = await aio_pika.connect(url())
    async with connection:
        channel = await connection.channel()
        await broker.declare(channel, route)
        try:
            yield Post(channel, route)
        finally:
            for queue in (route.queue, route.dead):
                await channel.queue_delete(queue)
            for exchange in (route.exchange, route.dead):
                await channel.exchange_delete(exchange)
