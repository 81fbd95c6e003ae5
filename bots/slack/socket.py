"""Socket Mode: Slack's deliveries over a websocket that we open, for whoever has no public address.

Each takes the way of a request's body, and is acknowledged when that would have been answered with a 2xx. What was kept and
could not be acknowledged comes again, and is recognised as a repeat. Slack renews its connections every few hours: it says so,
and the next one is open before the last one is left.
"""

import asyncio
import json
import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from slack_bolt.response import BoltResponse

from bots.desk import Desk
from bots.sending import Permanent, RetryAfter, SendError
from bots.slack.api import Api
from bots.slack.identity import NotOurs
from bots.slack.platform import SlackPlatform
from bots.slack.webhook import SIZE_MAX, Webhook
from bots.strict_json import parse_object

ENVELOPE_MAX: Final = SIZE_MAX + 4096
AT_ONCE: Final = 16
STEADY_SECONDS: Final = 10.0
"""A connection that lasted so long was a good one: the next is opened without a pause."""

_KINDS = frozenset({"events_api", "slash_commands", "interactive"})

log = logging.getLogger(__name__)

Websocket = aiohttp.ClientWebSocketResponse[bool]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds: between signs of life, and the pauses after failures, doubled from the first to the longest."""

    heartbeat: float = 10.0
    pause_first: float = 0.5
    pause_longest: float = 60.0


class SocketMode:
    """`api` carries the app-level token, which opens connections and nothing else."""

    def __init__(self, platform: SlackPlatform, desk: Desk, api: Api, *, rhythm: Rhythm | None = None) -> None:
        self._webhook = Webhook(platform, desk)
        self._api = api
        self._rhythm = rhythm or Rhythm()

    async def listen(self) -> None:
        """Until cancelled; then nothing more is taken, and what was taken is finished and acknowledged."""
        failures = 0
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    lasted = await self._one_connection(group)
                    failures = 0 if lasted >= STEADY_SECONDS else failures + 1
                    pause = self._pause(failures)
                except SendError as error:
                    failures += 1
                    pause = error.seconds if isinstance(error, RetryAfter) else self._pause(failures)
                    log.warning("no connection to Slack, trying again in %.0f s: %s", pause, error.reason)
                await asyncio.sleep(pause)

    async def _one_connection(self, group: asyncio.TaskGroup) -> float:
        """Open a connection, and return when the next one is wanted: the seconds it lasted until then. Raises a SendError."""
        answer = await self._api.ask("apps.connections.open", {})
        url = answer.get("url")
        if not isinstance(url, str):
            raise Permanent("apps.connections.open: unreadable answer")
        websocket = await self._api.connect(url, heartbeat=self._rhythm.heartbeat, size_max=ENVELOPE_MAX)
        clock = asyncio.get_running_loop().time
        connection, began = Connection(websocket, self._webhook, self._api), clock()
        group.create_task(connection.serve())
        await connection.is_ending.wait()
        return clock() - began

    def _pause(self, failures: int) -> float:
        """None without failures; with jitter, so that replicas do not come all at once."""
        if not failures:
            return 0.0
        doubled = self._rhythm.pause_first * 2.0 ** min(failures - 1, 30)
        return random.uniform(0.5, 1) * min(self._rhythm.pause_longest, doubled)


class Connection:
    """One websocket. `is_ending` is set when another one is wanted; this one goes on until Slack closes it."""

    def __init__(self, websocket: Websocket, webhook: Webhook, api: Api) -> None:
        self.is_ending = asyncio.Event()
        self._websocket = websocket
        self._webhook = webhook
        self._api = api
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def serve(self) -> None:
        """Take what comes until the connection or this task ends, and acknowledge all that was taken."""
        is_cancelled = False
        try:
            async with asyncio.TaskGroup() as group:
                try:
                    await self._read(group)
                except asyncio.CancelledError:
                    is_cancelled = True
                self.is_ending.set()
        finally:
            self.is_ending.set()
            await self._websocket.close()
        if is_cancelled:
            raise asyncio.CancelledError

    async def _read(self, group: asyncio.TaskGroup) -> None:
        async for message in self._websocket:
            if message.type is aiohttp.WSMsgType.ERROR:
                return
            envelope = _envelope(message.data)
            kind = envelope.get("type")
            if kind == "disconnect":
                self._leave(str(envelope.get("reason", "")))
            elif kind in _KINDS:
                await self._turns.acquire()
                group.create_task(self._take(envelope))

    def _leave(self, reason: str) -> None:
        if reason == "link_disabled":
            log.warning("Slack has Socket Mode switched off for this app: switch it on under Settings, Socket Mode")
        self.is_ending.set()

    async def _take(self, envelope: Mapping[str, Any]) -> None:
        try:
            response = await self._worked(envelope.get("payload"))
            if 200 <= response.status < 300:
                await self._acknowledge(envelope, response.body)
        finally:
            self._turns.release()

    async def _worked(self, payload: object) -> BoltResponse:
        """What a request with this body would have been answered."""
        if not isinstance(payload, dict):
            return BoltResponse(status=400)
        try:
            return await self._webhook.dispatch(payload)
        except NotOurs:
            return BoltResponse(status=403)
        except ValueError:
            log.warning("Slack sent by Socket Mode what is not understood")
            return BoltResponse(status=400)
        except Exception:
            log.exception("a delivery by Socket Mode failed")
            return BoltResponse(status=500)

    async def _acknowledge(self, envelope: Mapping[str, Any], body: str) -> None:
        """With the answer, where one is waited for. If nobody can hear us any more, a command's goes by its response_url."""
        answer = json.loads(body) if body and envelope.get("accepts_response_payload") else None
        told = {"envelope_id": envelope.get("envelope_id"), **({"payload": answer} if answer else {})}
        try:
            await self._websocket.send_str(json.dumps(told))
        except (aiohttp.ClientError, ConnectionError):
            log.info("a delivery could not be acknowledged; if Slack sends it again it is known")
            if answer:
                await self._answer_late(envelope["payload"], answer)

    async def _answer_late(self, payload: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        try:
            await self._api.respond(str(payload.get("response_url", "")), answer)
        except SendError as error:
            log.warning("the answer to a command was lost with its connection: %s", error.reason)


def _envelope(data: object) -> Mapping[str, Any]:
    """Empty for what is not one: read as strictly as a request's body."""
    try:
        return parse_object(data.encode(), limit=ENVELOPE_MAX) if isinstance(data, str) else {}
    except ValueError:
        log.warning("Slack sent by Socket Mode what cannot be read")
        return {}
