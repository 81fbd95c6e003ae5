"""Socket Mode as Slack offers it: connections that an app opened, envelopes down, acknowledgements up.

Source: Slack's "Using Socket Mode" and "Implementing Socket Mode without an SDK".
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

from bots.simulator.clock import Clock, Ids
from bots.simulator.courier import Courier, Raw
from bots.simulator.world import Json

ANSWERED = frozenset({"slash", "view_submission", "block_suggestion"})
"""What may be answered in the acknowledgement."""


@dataclass(slots=True)
class _Connection:
    websocket: web.WebSocketResponse
    request: web.Request
    waiting: dict[str, "asyncio.Future[Json]"] = field(default_factory=dict)
    is_leaving: bool = False


@dataclass(slots=True)
class Sockets:
    """`lost_acks` so many acknowledgements do not arrive, and take their connection along; `lost_deliveries` so many
    connections break as soon as an envelope is on its way."""

    lost_acks: int = 0
    lost_deliveries: int = 0
    greets: bool = True
    connections: list[_Connection] = field(default_factory=list)
    opened: int = 0
    _tickets: set[str] = field(default_factory=set, repr=False)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _ids: Ids = field(default_factory=lambda: Ids("sockets"))

    def issue(self, ticket: str) -> str:
        """A ticket opens one connection."""
        self._tickets.add(ticket)
        return ticket

    async def accept(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403)
        self._tickets.remove(ticket)
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        connection = _Connection(websocket, request)
        self.opened += 1
        self.connections.append(connection)
        self._changed.set()
        if self.greets:
            await websocket.send_json({"type": "hello", "num_connections": len(self.connections)})
        try:
            await self._read(connection)
        finally:
            self._end(connection)
        return websocket

    async def until(self, connections: int, *, opened: int = 0, timeout: float = 10.0) -> None:
        """Wait until so many are open, and at least `opened` have ever been."""
        async with asyncio.timeout(timeout):
            while len(self.connections) != connections or self.opened < opened:
                self._changed.clear()
                await self._changed.wait()

    async def refresh(self, reason: str = "refresh_requested", *, close: bool = False) -> None:
        """Tell the app to open other connections in place of these; `close` does not give it the time."""
        for connection in list(self.connections):
            connection.is_leaving = True
            await connection.websocket.send_json({"type": "disconnect", "reason": reason})
            if close:
                await connection.websocket.close()

    async def close_leaving(self) -> None:
        for connection in [each for each in self.connections if each.is_leaving]:
            await connection.websocket.close()

    def cut(self) -> None:
        """The network fails: nothing is said."""
        for connection in list(self.connections):
            self._end(connection)

    async def send(self, text: str) -> None:
        """Anything, to every connection."""
        for connection in list(self.connections):
            await connection.websocket.send_str(text)

    async def deliver(self, raw: Raw, *, patience: float) -> Json:
        """Send an envelope over the newest connection that stays; returns the acknowledgement's payload.

        Raises ClientConnectionError if there is none or it breaks, TimeoutError after `patience` seconds.
        """
        staying = [each for each in self.connections if not each.is_leaving] or self.connections
        if not staying:
            raise aiohttp.ClientConnectionError("no connection of the app is open")
        connection, envelope = staying[-1], self._envelope(raw)
        acknowledged = connection.waiting[envelope["envelope_id"]] = asyncio.get_running_loop().create_future()
        await connection.websocket.send_json(envelope)
        if self.lost_deliveries:
            self.lost_deliveries -= 1
            self._end(connection)
        return await asyncio.wait_for(acknowledged, patience)

    def _envelope(self, raw: Raw) -> Json:
        envelope: Json = {"envelope_id": self._ids.uuid(), "accepts_response_payload": raw.kind in ANSWERED}
        if raw.headers["Content-Type"] == "application/json":
            again = {"retry_attempt": int(raw.headers.get("X-Slack-Retry-Num", "0"))}
            reason = {"retry_reason": raw.headers.get("X-Slack-Retry-Reason", "")}
            return {**envelope, "type": "events_api", "payload": raw.json(), **again, **reason}
        form = dict(parse_qsl(raw.body.decode(), keep_blank_values=True))
        if "payload" in form:
            return {**envelope, "type": "interactive", "payload": json.loads(form["payload"])}
        return {**envelope, "type": "slash_commands", "payload": form}

    async def _read(self, connection: _Connection) -> None:
        async for message in connection.websocket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                return
            told: Mapping[str, Json] = json.loads(message.data)
            if self.lost_acks:
                self.lost_acks -= 1
                return
            acknowledged = connection.waiting.pop(str(told["envelope_id"]), None)
            if acknowledged is not None and not acknowledged.done():
                acknowledged.set_result(told.get("payload") or {})

    def _end(self, connection: _Connection) -> None:
        if connection not in self.connections:
            return
        self.connections.remove(connection)
        self._changed.set()
        if connection.request.transport is not None and not connection.websocket.closed:
            connection.request.transport.abort()
        for acknowledged in connection.waiting.values():
            if not acknowledged.done():
                acknowledged.set_exception(aiohttp.ClientConnectionError("the connection broke"))


class SocketCourier(Courier):
    """Carries what would be a request's body over the app's connections; an acknowledgement is a 200."""

    def __init__(self, sockets: Sockets, *, clock: Clock, patience: float) -> None:
        super().__init__("socket", clock=clock, patience=patience)
        self._sockets = sockets

    async def _post(self, raw: Raw, url: str) -> tuple[int, bytes, str]:  # noqa: ARG002 - there is one way
        payload = await self._sockets.deliver(raw, patience=self.patience)
        return 200, json.dumps(payload).encode() if payload else b"", "application/json"
