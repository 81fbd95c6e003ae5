"""The Bot API on loopback: says yes to everything, except where a test scripted another answer."""

import asyncio
import json
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web

ME = {"id": 7000000001, "is_bot": True, "first_name": "Plaudit", "username": "plaudit_bot"}


@dataclass(frozen=True)
class Call:
    """`fields` with JSON inside already decoded."""

    method: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Scripted:
    """What one call gets: `body` as it is; without one the connection is cut (`hangs`: nothing ever comes)."""

    status: int = 200
    body: bytes | None = None
    hangs: bool = False


class BotApi:
    def __init__(self, token: str) -> None:
        self.token = token
        self.url = ""
        self.calls: list[Call] = []
        self.paths: list[str] = []
        self.pending: list[dict[str, Any]] = []
        self.has_webhook = False
        self._scripts: dict[str, deque[Scripted]] = defaultdict(deque)
        self._stopping = asyncio.Event()
        self._message_id = 9000

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", self._answer)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = "http://{}:{}".format(*self._runner.addresses[0][:2])
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping.set()
        await self._runner.cleanup()

    def of(self, method: str) -> list[dict[str, Any]]:
        return [call.fields for call in self.calls if call.method == method]

    def say(self, method: str, result: Any) -> None:
        self._scripts[method].append(Scripted(body=json.dumps({"ok": True, "result": result}).encode()))

    def refuse(self, method: str, status: int, description: str, **parameters: Any) -> None:
        answer = {"ok": False, "error_code": status, "description": description}
        if parameters:
            answer["parameters"] = parameters
        self._scripts[method].append(Scripted(status, json.dumps(answer).encode()))

    def script(self, method: str, scripted: Scripted) -> None:
        self._scripts[method].append(scripted)

    async def _answer(self, request: web.Request) -> web.Response:
        prefix, _, method = request.path.rpartition("/")
        fields = {name: _decoded(str(value)) for name, value in (await request.post()).items()}
        self.paths.append(prefix)
        self.calls.append(Call(method, fields))
        if self._scripts[method]:
            return await self._play(self._scripts[method].popleft(), request)
        if method == "getUpdates":
            return await self._updates(fields)
        return web.json_response({"ok": True, "result": self._result(method, fields)})

    async def _play(self, scripted: Scripted, request: web.Request) -> web.Response:
        if scripted.hangs:
            await self._stopping.wait()
        if scripted.body is None and request.transport is not None:
            request.transport.abort()
        return web.Response(status=scripted.status, body=scripted.body)

    async def _updates(self, fields: dict[str, Any]) -> web.Response:
        """As Telegram: an offset forgets what is before it, an empty answer is held back."""
        if self.has_webhook:
            conflict = (
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete it first"
            )
            return web.json_response({"ok": False, "error_code": 409, "description": conflict}, status=409)
        if "offset" in fields:
            self.pending = [update for update in self.pending if update["update_id"] >= fields["offset"]]
        if not self.pending:
            await asyncio.sleep(min(0.02, fields["timeout"]))
        return web.json_response({"ok": True, "result": self.pending})

    def _result(self, method: str, fields: dict[str, Any]) -> Any:
        if method == "getMe":
            return ME
        if method == "deleteWebhook":
            self.has_webhook = False
        if method not in {"sendMessage", "editMessageText"}:
            return True
        self._message_id += 1
        chat = {"id": fields["chat_id"], "type": "private" if fields["chat_id"] > 0 else "supergroup"}
        return {
            "message_id": fields.get("message_id", self._message_id),
            "from": ME,
            "chat": chat,
            "date": 1763654400,
            "text": fields["text"],
        }


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
