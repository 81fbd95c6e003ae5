"""What Slack does in these tests: recorded deliveries, signed and posted; and a desk that writes down what it is handed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bots.chat import Answer, Incoming
from bots.slack.auth import SIGNATURE, TIMESTAMP, sign
from bots.slack.interactions import KINDS
from bots.slack.platform import SlackPlatform
from bots.slack.webhook import PATH, routes

RECORDED = Path(__file__).parents[1] / "recorded" / "slack"
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW = 1_795_600_000.0
TEAM = "T0ACME001"
BOT = "U0PLAUDIT"
JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"

NOT_FOR_US = (
    "message_channel",
    "message_bot",
    "message_own",
    "message_changed_talk",
    "message_changed_unfurled",
    "message_changed_own",
    "reaction_added",
    "member_joined_channel_other",
    "block_actions_link",
    "reaction_added_thumb_elsewhere",
    "app_home_opened_messages",
    "view_closed",
)

Body = dict[str, Any]
Client = TestClient[web.Request, web.Application]


def recorded(name: str) -> Body:
    body: Body = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    return body


def encoded(body: Mapping[str, Any]) -> tuple[bytes, str]:
    """A body as Slack puts it on the wire, and its content type."""
    if "command" in body:
        return urlencode(body).encode(), FORM_TYPE
    if body["type"] in KINDS:
        return urlencode({"payload": json.dumps(body)}).encode(), FORM_TYPE
    return json.dumps(body).encode(), JSON_TYPE


def signed(raw: bytes, *, at: float = NOW, secret: str = SECRET) -> dict[str, str]:
    timestamp = str(int(at))
    return {TIMESTAMP: timestamp, SIGNATURE: sign(raw, secret=secret, timestamp=timestamp)}


async def post(client: Client, raw: bytes, content_type: str = JSON_TYPE, **headers: str) -> tuple[int, str]:
    """POST a rightly signed body; (status, text)."""
    every = {"Content-Type": content_type, **signed(raw), **headers}
    async with client.post(PATH, data=raw, headers=every) as response:
        return response.status, await response.text()


async def deliver(client: Client, body: Mapping[str, Any]) -> tuple[int, str]:
    raw, content_type = encoded(body)
    return await post(client, raw, content_type)


@dataclass
class Stored:
    tenant: str
    delivery_id: str
    conversation: str
    body: Mapping[str, Any]


@dataclass
class FakeDesk:
    """Recognises repeats as the real one does; `failure` is raised instead, `answer_next` is what commands get."""

    answer_next: Answer | None = None
    failure: Exception | None = None
    stored: dict[str, Stored] = field(default_factory=dict)
    answered: dict[str, Incoming] = field(default_factory=dict)
    owed: list[tuple[Incoming, Answer]] = field(default_factory=list)
    bodies: list[Mapping[str, Any]] = field(default_factory=list)
    windows: list[float] = field(default_factory=list)

    @property
    def is_untouched(self) -> bool:
        return not self.stored and not self.answered

    async def store(
        self, platform: str, tenant: str, delivery_id: str, conversation: str, body: Mapping[str, Any]
    ) -> None:
        if self.failure:
            raise self.failure
        assert platform == "slack"
        self.stored.setdefault(delivery_id, Stored(tenant, delivery_id, conversation, body))

    async def answer(self, incoming: Incoming, *, body: Mapping[str, Any], window: float) -> Answer | None:
        if self.failure:
            raise self.failure
        self.bodies.append(body)
        self.windows.append(window)
        self.answered.setdefault(incoming.delivery_id, incoming)
        return self.answer_next

    async def owe(self, incoming: Incoming, answer: Answer) -> None:
        self.owed.append((incoming, answer))


def served(platform: SlackPlatform, desk: FakeDesk) -> TestServer:
    app = web.Application()
    app.add_routes(routes(platform, desk))
    return TestServer(app)
