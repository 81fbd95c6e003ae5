"""A small Slack Web API on loopback: records calls, answers what a test says."""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

OK = {
    "auth.test": {"ok": True, "team_id": "T0ACME001", "user_id": "U0PLAUDIT", "bot_id": "B0PLAUDIT"},
    "chat.postMessage": {"ok": True, "channel": "C0GENERAL", "ts": "1795600020.000100"},
    "chat.update": {"ok": True, "channel": "C0GENERAL", "ts": "1795600010.000900"},
    "chat.postEphemeral": {"ok": True, "message_ts": "1795600021.000100"},
    "conversations.open": {"ok": True, "channel": {"id": "D0ANABOT1"}},
    "views.open": {"ok": True, "view": {"id": "V0FORM0001"}},
    "views.update": {"ok": True, "view": {"id": "V0FORM0001"}},
    "views.publish": {"ok": True, "view": {"id": "V0HOME0001"}},
    "response_url": {"ok": True},
}


@dataclass
class Call:
    method: str
    arguments: dict[str, Any]
    authorization: str


@dataclass
class FakeSlack:
    """`answers[method]` is a list of answers to come: an object, or a whole response; after them `OK`."""

    calls: list[Call] = field(default_factory=list)
    answers: dict[str, list[dict[str, Any] | web.Response]] = field(default_factory=dict)

    async def receive(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        form = request.content_type != "application/json"
        arguments = dict(await request.post()) if form else await request.json()
        self.calls.append(Call(method, arguments, request.headers.get("Authorization", "")))
        waiting = self.answers.get(method)
        answer = waiting.pop(0) if waiting else OK[method]
        return answer if isinstance(answer, web.StreamResponse) else web.json_response(answer)

    @property
    def methods(self) -> list[str]:
        return [call.method for call in self.calls]

    def served(self) -> TestServer:
        app = web.Application()
        app.router.add_post("/api/{method}", self.receive)
        return TestServer(app)
