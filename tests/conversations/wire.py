"""Every message that the simulators got from the bot, as it went over the wire, and what the judges say about it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.typedefs import Handler

from bots.simulator import Delivery, SlackSimulator, TeamsSimulator, TelegramSimulator
from tests.judges import adaptive, slack, telegram

Json = dict[str, Any]
Simulator = TeamsSimulator | SlackSimulator | TelegramSimulator

CARD = "application/vnd.microsoft.card.adaptive"
SLACK_MESSAGES = frozenset({"chat.postMessage", "chat.update", "chat.postEphemeral"})
TELEGRAM_MESSAGES = frozenset({"sendMessage", "editMessageText", "editEphemeralMessageText"})
OF_AN_EDIT = frozenset({"message_id", "message_thread_id", "receiver_user_id", "ephemeral_message_id"})
PROBE = "?"
"""No server can carry out the call that finds out whether it knows ephemeral messages."""


@dataclass(frozen=True, slots=True)
class Sent:
    """`name` is the API's word for the call, `payload` its arguments."""

    platform: str
    name: str
    payload: Json


@dataclass(slots=True)
class Wire:
    """`calls` are the bot's, answers in HTTP bodies are read from the simulators' logs."""

    simulators: tuple[Simulator, ...]
    calls: list[Sent] = field(default_factory=list)

    def attach(self) -> None:
        """Before the simulators start."""
        for simulator in self.simulators:
            simulator.server.app.middlewares.append(self._recorder(simulator))

    def messages(self) -> list[Sent]:
        """Posts, edits, whispers and answers in bodies, in no particular order."""
        answered = [
            sent for simulator in self.simulators for delivery in simulator.deliveries for sent in _answers(delivery)
        ]
        return [sent for sent in self.calls if _is_message(sent)] + answered

    def views(self) -> list[Sent]:
        """Slack's modals and pages of App Home."""
        return [sent for sent in self.calls if "view" in sent.payload]

    def faults(self) -> list[str]:
        """One sentence for each thing that a platform would refuse."""
        return [
            f"{sent.platform} {sent.name}: {fault}\n{json.dumps(sent.payload, ensure_ascii=False)[:2000]}"
            for sent in (*self.messages(), *self.views())
            for fault in _judged(sent)
        ]

    def _recorder(self, simulator: Simulator) -> Any:
        @web.middleware
        async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
            name = simulator._name_of(request)
            self.calls.append(Sent(simulator.platform, name, _arguments(request, await request.read())))
            return await handler(request)

        return record


def _arguments(request: web.Request, body: bytes) -> Json:
    if request.content_type == "application/json":
        parsed = json.loads(body or b"{}")
        return parsed if isinstance(parsed, dict) else {}
    if request.content_type != "application/x-www-form-urlencoded":
        return {}
    return {name: _decoded(name, value) for name, value in parse_qsl(body.decode(), keep_blank_values=True)}


def _decoded(name: str, value: str) -> Any:
    return json.loads(value) if name != "text" and value[:1] in ("[", "{") else value


def _answers(delivery: Delivery) -> Iterator[Sent]:
    if not delivery.body or delivery.content_type != "application/json":
        return
    body = delivery.json()
    if isinstance(body, dict) and body.get("type") == CARD:
        yield Sent("teams", "invoke", {"attachments": [{"contentType": CARD, "content": body["value"]}]})
    if isinstance(body, dict) and (cards := _in_dialog(body)):
        yield Sent("teams", "invoke", {"attachments": cards})
    if isinstance(body, dict) and "response_type" in body:
        yield Sent("slack", "body", body)


def _in_dialog(body: Json) -> list[Json]:
    """What a dialog shows, or leaves in the compose box."""
    task = body.get("task", {})
    if task.get("type") == "continue":
        return [task["value"]["card"]]
    return list(body.get("composeExtension", {}).get("attachments", []))


def _is_message(sent: Sent) -> bool:
    if sent.platform == "teams":
        return sent.name in ("POST activities", "PUT activities")
    if sent.platform == "slack":
        return sent.name in SLACK_MESSAGES or sent.name == "response_url"
    return sent.name in TELEGRAM_MESSAGES


def _judged(sent: Sent) -> list[str]:
    payload = sent.payload
    if sent.platform == "teams":
        return [fault for each in payload.get("attachments", []) for fault in adaptive.faults(each["content"])]
    if sent.platform == "slack":
        return slack.view_faults(payload["view"]) if "view" in payload else slack.faults(payload)
    if payload.get("ephemeral_message_parameters") == PROBE:
        return []
    return telegram.faults({name: value for name, value in payload.items() if name not in OF_AN_EDIT})
