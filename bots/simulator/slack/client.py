"""`SlackSimulator`: the Web API for the bot, and people who use Slack."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from aiohttp import web

from bots.simulator.courier import Delivery, Raw
from bots.simulator.loopback import Fault
from bots.simulator.reading.blocks import find_button, read_message
from bots.simulator.slack.app import App
from bots.simulator.slack.errors import SlackApiError
from bots.simulator.slack.payloads import PayloadMaker, escaped
from bots.simulator.slack.responses import Responses
from bots.simulator.slack.signing import signed_headers
from bots.simulator.slack.sockets import SocketCourier
from bots.simulator.slack.views import Value, View, check_view, filled_state, view_object
from bots.simulator.slack.web_api import WebApi
from bots.simulator.slack.workspace import Workspace
from bots.simulator.stage import Stage
from bots.simulator.transcript import Entry, Message, Transcript
from bots.simulator.world import Conversation, Json, Person, World

PATIENCE = 3.0
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
RETRY_DELAYS = (0.0, 0.05, 0.1)
DEFAULT_TOKEN = "xoxb-simulated-bot-token"  # noqa: S105  (of nobody's workspace)


class SlackSimulator(Stage):
    """`bot_url` is the one URL for events, commands and interactivity. `retry_delays` are seconds before each repeat of an
    event; Slack's own are at once, one minute, five minutes. Workspaces with the same `app` share its server; with an
    app-level token everything travels by Socket Mode."""

    platform = "slack"

    def __init__(
        self,
        world: World,
        *,
        bot_url: str,
        signing_secret: str,
        bot_token: str = DEFAULT_TOKEN,
        app: App | None = None,
        transcript: Transcript | None = None,
        patience: float = PATIENCE,
        retry_delays: Sequence[float] = RETRY_DELAYS,
    ) -> None:
        super().__init__(world, bot_url=bot_url, patience=patience, transcript=transcript)
        self.signing_secret = signing_secret
        self.retry_delays = tuple(retry_delays)
        self.app = app or App()
        self.server = self.app.host(self.server, world.ids.slack("A"))
        self.workspace = Workspace(world, self.app.id, world.ids.slack("B"), patience)
        self.payloads = PayloadMaker(self.workspace)
        self.app.admit(WebApi(self.workspace, self), bot_token)
        if self.app.app_token:
            self.courier = SocketCourier(self.app.sockets, clock=world.clock, patience=patience)
        self._responses = Responses(self.workspace, self)
        self._responses.add_routes(self.server.app)

    @property
    def api_url(self) -> str:
        """The Web API's base, with a trailing slash as slack_sdk wants it."""
        return f"{self.url}/api/"

    @property
    def views(self) -> list[View]:
        return self.workspace.views

    async def start(self, port: int = 0) -> None:
        await super().start(port)
        self.payloads.url = self.url

    def raw(self, body: bytes, content_type: str, kind: str, *, timestamp: int | str | None = None) -> Raw:
        """A signed request; to forge one, change the result's body or headers with `dataclasses.replace`."""
        moment = int(self.workspace.now()) if timestamp is None else timestamp
        return Raw(body, signed_headers(self.signing_secret, body, moment, content_type), kind)

    def form(self, fields: Mapping[str, str], kind: str) -> Raw:
        return self.raw(urlencode(fields).encode(), FORM, kind)

    def interactive(self, payload: Json) -> Raw:
        return self.form({"payload": json.dumps(payload)}, payload["type"])

    async def slash(self, person: Person, conversation: Conversation, command: str, text: str = "") -> Delivery:
        """`text` may hold `@[Name]`. The answer in the HTTP body is recorded as Slack would show it."""
        fields = self.payloads.slash(person, conversation, command, self.world.parts(text))
        typed = self.payloads.said(person, f"{command} {fields['text']}".strip(), self._ts())
        self._record(self._message(conversation, person, typed, visible_to=person), "said")
        delivery = await self.courier.deliver(self.form(fields, "slash"))
        self._responses.show_body(person, conversation, delivery, command)
        return delivery

    async def say(self, person: Person, conversation: Conversation, text: str, *, thread: str = "") -> Delivery | None:
        """The bot hears direct messages and mentions of itself; None otherwise."""
        message = self.write(person, conversation, text, thread=thread)
        event = {**message.payload, "channel": conversation.id, "event_ts": message.id}
        if conversation.kind == "personal":
            return await self.event({**event, "channel_type": "im"})
        if conversation.has_bot and f"<@{self.world.bot.slack_id}>" in event["text"]:
            return await self.event({**event, "type": "app_mention"})
        return None

    def write(self, person: Person, conversation: Conversation, text: str, *, thread: str = "") -> Message:
        """A person's message of which the bot is not told."""
        payload = self.payloads.said(person, escaped(self.world.parts(text)), self._ts(), thread=thread)
        return self._record(self._message(conversation, person, payload), "said")

    async def edit(self, message: Message, text: str) -> Delivery:
        """The author changes a message; Slack tells bots in the channel by `message_changed`."""
        previous, ts = message.payload, self._ts()
        edited = {"user": message.author.slack_id, "ts": ts}
        payload = {**previous, "text": escaped(self.world.parts(text)), "edited": edited}
        self._rewrite(message, payload, read_message(payload, self.workspace.name_of))
        told = {"message": payload, "previous_message": previous}
        return await self.event(self.payloads.changed(message.conversation, "message_changed", ts, told))

    async def delete(self, message: Message) -> Delivery:
        """The author deletes a message; Slack tells by `message_deleted`."""
        self._erase(message)
        told = {"deleted_ts": message.id, "previous_message": message.payload}
        return await self.event(self.payloads.changed(message.conversation, "message_deleted", self._ts(), told))

    async def press(self, person: Person, message: Message, text: str) -> Delivery:
        """Press the button with that text on the newest version of a message."""
        block, element = find_button(message.payload.get("blocks", []), text)
        action = self.payloads.pressed(block, element)
        return await self.courier.deliver(self.interactive(self.payloads.block_actions(person, message, action)))

    async def press_in_view(self, view: View, text: str) -> Delivery:
        """Press a button of a modal or of App Home."""
        block, element = find_button(view.payload["blocks"], text)
        payload = self.payloads.view_actions(view.person, view.payload, self.payloads.pressed(block, element))
        return await self.courier.deliver(self.interactive(payload))

    async def shortcut(self, person: Person, callback_id: str, message: Message | None = None) -> Delivery:
        """A message shortcut, or a global one without a message."""
        if message is None:
            return await self.courier.deliver(self.interactive(self.payloads.global_shortcut(person, callback_id)))
        return await self.courier.deliver(
            self.interactive(self.payloads.message_shortcut(person, message, callback_id))
        )

    async def submit(self, view: View, values: Mapping[str, Value]) -> Delivery:
        """Submit a modal with values by action_id; what the bot answers (`errors`, `update`, `clear`) is done to the view."""
        filled = {**view.payload, "state": filled_state(view.payload, values)}
        delivery = await self.courier.deliver(self.interactive(self.payloads.view_submission(view.person, filled)))
        if delivery.is_accepted:
            self._follow(view, delivery.json() or {})
        return delivery

    async def close_view(self, view: View) -> Delivery | None:
        view.is_open = False
        if not view.payload["notify_on_close"]:
            return None
        return await self.courier.deliver(self.interactive(self.payloads.view_closed(view.person, view.payload)))

    async def wait_for_view(self, person: Person, containing: str = "", timeout: float = 5.0) -> View:
        """The newest open modal of that person."""
        name = f"Modal of {person.first_name}"
        await self.transcript.wait_for(lambda entry: entry.conversation == name and containing in entry.text, timeout)
        return next(view for view in reversed(self.views) if view.person == person and view.is_open)

    async def event(self, event: Json) -> Delivery:
        """Any event, repeated until the bot answers 2xx or Slack gives up; the last answer."""
        return await self.redeliver(self.payloads.envelope(event))

    async def redeliver(self, envelope: Json, *, url: str = "") -> Delivery:
        """An envelope with its event_id as it was, repeats included."""
        delivery = await self.courier.deliver(self._event_raw(envelope), url=url)
        for number, delay in enumerate(self.retry_delays, start=1):
            if delivery.is_accepted:
                break
            await asyncio.sleep(delay)
            reason = "http_error" if delivery.status else "http_timeout"
            extra = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
            delivery = await self.courier.deliver(self._event_raw(envelope, extra), url=url)
        return delivery

    async def react(self, person: Person, message: Message, emoji: str, *, added: bool = True) -> Delivery:
        item = {"type": "message", "channel": message.conversation.id, "ts": message.id}
        event = {"user": person.slack_id, "reaction": emoji, "item_user": message.author.slack_id, "item": item}
        return await self.event(
            {"type": "reaction_added" if added else "reaction_removed", **event, "event_ts": self._ts()}
        )

    async def join(self, person: Person, conversation: Conversation) -> Delivery:
        """member_joined_channel; the bot itself joins when `person` is the bot."""
        if person == self.world.bot:
            conversation.has_bot = True
        elif person not in conversation.members:
            conversation.members.append(person)
        kind = "C" if conversation.kind == "channel" else "G"
        event = {"user": person.slack_id, "channel": conversation.id, "channel_type": kind}
        return await self.event(
            {"type": "member_joined_channel", **event, "team": self.world.slack_team_id, "event_ts": self._ts()}
        )

    async def team_join(self, person: Person) -> Delivery:
        return await self.event({"type": "team_join", "user": self.workspace.user(person), "event_ts": self._ts()})

    async def open_home(self, person: Person) -> Delivery:
        channel = self.world.personal("slack", person).id
        home = self.workspace.homes.get(person)
        shown = {"view": home.payload} if home else {}
        event = {"type": "app_home_opened", "user": person.slack_id, "channel": channel, "tab": "home", **shown}
        return await self.event({**event, "event_ts": self._ts()})

    async def uninstall(self) -> Delivery:
        self.app.leave(self.world.slack_team_id)
        return await self.event({"type": "app_uninstalled", "event_ts": self._ts()})

    async def verify_url(self) -> Delivery:
        """The handshake when the URL is entered; the answer must be the challenge."""
        body = {"token": "simulated", "challenge": self.world.ids.hexadecimal(40), "type": "url_verification"}
        return await self.courier.deliver(self.raw(json.dumps(body).encode(), JSON, "url_verification"))

    def post(self, conversation: Conversation, content: Json, *, visible_to: Person | None = None) -> Message:
        profile = {"id": self.workspace.bot_id, "name": self.world.bot.name}
        bot = {"bot_id": self.workspace.bot_id, "app_id": self.workspace.app_id, "bot_profile": profile}
        payload = {**self.payloads.said(self.world.bot, "", self._ts()), **bot, **content}
        message = self._message(conversation, self.world.bot, payload, visible_to=visible_to)
        return self._record(message, "private" if visible_to else "posted")

    def rewrite(self, message: Message, content: Json) -> None:
        kept = {key: value for key, value in message.payload.items() if key != "blocks"}
        edited = {"edited": {"user": self.world.bot.slack_id, "ts": self._ts()}}
        payload = {**kept, **content, **edited}
        self._rewrite(message, payload, read_message(payload, self.workspace.name_of))

    def erase(self, message: Message) -> None:
        self._erase(message)

    def toast(self, conversation: Conversation, person: Person, text: str) -> None:
        self._toast(conversation, person, text)

    def message(self, conversation: Conversation, ts: str) -> Message | None:
        for message in self.messages:
            if message.conversation is conversation and message.id == ts:
                return message
        return None

    def show_view(self, view: View) -> None:
        place = "Modal" if view.payload["type"] == "modal" else "App Home"
        reading = read_message(view.payload, self.workspace.name_of)
        lines = (view.payload["title"]["text"], *reading.lines) if place == "Modal" else reading.lines
        name = f"{place} of {view.person.first_name}"
        bot, now = self.world.bot.name, self.world.clock()
        self.transcript.add(Entry(now, "slack", name, "private", bot, lines, reading.buttons, (view.person.name,)))

    def _follow(self, view: View, answer: Json) -> None:
        action = answer.get("response_action", "")
        view.errors = answer.get("errors", {}) if action == "errors" else {}
        if action in ("update", "push"):
            given = check_view(answer.get("view"))
            ids = {"app_id": self.workspace.app_id, "bot_id": self.workspace.bot_id}
            view.payload = view_object(given, self.world, **ids, view_id=view.id)
            self.show_view(view)
        view.is_open = action in ("errors", "update", "push")

    def _message(
        self, conversation: Conversation, author: Person, payload: Json, *, visible_to: Person | None = None
    ) -> Message:
        reading = read_message(payload, self.workspace.name_of)
        thread = payload.get("thread_ts", "")
        return Message(
            conversation,
            payload["ts"],
            author,
            payload,
            reading,
            self.world.clock(),
            visible_to=visible_to,
            thread=thread,
        )

    def _event_raw(self, envelope: Json, extra: Mapping[str, str] | None = None) -> Raw:
        signed = self.raw(json.dumps(envelope).encode(), JSON, str(envelope.get("event", {}).get("type", "event")))
        return Raw(signed.body, {**signed.headers, **(extra or {})}, signed.kind)

    def _ts(self) -> str:
        stamp = self.world.stamp()
        return f"{stamp // 1000}.{stamp % 1000:03}{self.world.ids.number(3)}"

    def _name_of(self, request: web.Request) -> str:
        """`chat.postMessage`, …, `authorize`, `link`, or `response_url`."""
        is_response = request.path.startswith("/actions/")
        return "response_url" if is_response else request.path.strip("/").rpartition("/")[2]

    def _refusal(self, fault: Fault) -> web.Response:
        if fault.status != 429:
            return web.Response(status=fault.status, text="Server Error")
        response = SlackApiError("ratelimited").response()
        response.set_status(429)
        response.headers["Retry-After"] = str(fault.retry_after)
        return response
