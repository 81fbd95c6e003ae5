"""`TeamsSimulator`: the Connector's API for the bot, and people who use Teams."""

import json
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from bots.simulator.courier import Delivery, Raw
from bots.simulator.loopback import Fault
from bots.simulator.reading.adaptive import read_activity, read_card
from bots.simulator.stage import Stage
from bots.simulator.teams.activities import ActivityMaker
from bots.simulator.teams.checks import CARD_TYPE
from bots.simulator.teams.connector import Connector
from bots.simulator.teams.dialogs import DIALOGS, Dialogs, dialog_faults
from bots.simulator.teams.presses import (
    CARD_ANSWER,
    Invoked,
    filled_inputs,
    find_action,
    identity,
    invoke_faults,
    refresh_of,
)
from bots.simulator.teams.tokens import Forgery, KeyRing, SigningKey, TokenService, connector_token
from bots.simulator.transcript import Message, Transcript
from bots.simulator.world import Conversation, Json, Person, World

PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class Said:
    """`delivery` is None where Teams does not tell the bot: nobody mentioned it in a group chat or channel."""

    message: Message
    activity: Json
    delivery: Delivery | None


class TeamsSimulator(Stage):
    """`bot_url` is the bot's messaging endpoint (…/api/messages)."""

    platform = "teams"

    def __init__(
        self,
        world: World,
        *,
        bot_url: str,
        app_id: str,
        app_password: str,
        transcript: Transcript | None = None,
        patience: float = PATIENCE,
    ) -> None:
        super().__init__(world, bot_url=bot_url, patience=patience, transcript=transcript)
        self.app_id = app_id
        self.keys = KeyRing(world.ids)
        self.tokens = TokenService(
            app_id=app_id, app_password=app_password, tenant_id=world.tenant_id, clock=world.clock, ids=world.ids
        )
        self.dialogs = Dialogs(self)
        self._activities = ActivityMaker(world)
        self._sources: dict[Message, Json] = {}
        self.tokens.add_routes(self.server.app)
        Connector(world, self.tokens, self).add_routes(self.server.app)
        self.keys.add_routes(self.server.app, lambda: self.url)

    @property
    def service_url(self) -> str:
        """What activities carry as serviceUrl; its host is `127.0.0.1`."""
        return f"{self.url}/"

    @property
    def openid_metadata_url(self) -> str:
        return f"{self.url}/openid/.well-known/openidconfiguration"

    async def start(self, port: int = 0) -> None:
        await super().start(port)
        self._activities.service_url = self.service_url

    def rotate_keys(self) -> SigningKey:
        """Later tokens are signed with a new key, the old ones are no longer published."""
        return self.keys.rotate()

    def token(self, forgery: Forgery | None = None) -> str:
        """A bearer token of the Connector, or one that differs in the ways a `Forgery` names."""
        return connector_token(
            self.keys, self.world.clock, app_id=self.app_id, service_url=self.service_url, forgery=forgery
        )

    def raw(self, activity: Json, *, token: str | None = None) -> Raw:
        """The request that carries an activity; `token` "" sends none."""
        bearer = self.token() if token is None else token
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Microsoft-SkypeBotApi (simulated)"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        return Raw(json.dumps(activity, ensure_ascii=False).encode(), headers, activity["type"])

    async def say(
        self, person: Person, conversation: Conversation, text: str, *, thread: str = "", targeted: bool = False
    ) -> Said:
        """`text` may hold `@[Name]`. In a channel, `thread` is the root message to answer under. `targeted` is for the bot's
        eyes only: a slash command."""
        parts = self.world.parts(text)
        message_id = str(self.world.stamp())
        activity = self._activities.message(
            person, conversation, parts, activity_id=message_id, thread=thread or message_id, targeted=targeted
        )
        reader = person if targeted else None
        message = self._message(person, conversation, activity, thread=thread, visible_to=reader, message_id=message_id)
        self._sources[self._record(message, "said")] = activity
        is_addressed = targeted or conversation.kind == "personal" or self.world.bot in parts
        is_heard = conversation.has_bot and is_addressed
        return Said(message, activity, await self.send(activity) if is_heard else None)

    async def edit(self, message: Message, text: str) -> Delivery:
        """The author changes a message of theirs."""
        original = self._sources[message]
        fresh = self._activities.message(
            message.author,
            message.conversation,
            self.world.parts(text),
            activity_id=message.id,
            thread=message.thread or message.id,
        )
        activity = self._activities.change("messageUpdate", {**original, **fresh}, event="editMessage")
        self._rewrite(message, activity, read_activity(activity))
        return await self.send(activity)

    async def delete(self, message: Message) -> Delivery:
        """The author deletes a message of theirs."""
        activity = self._activities.change("messageDelete", self._sources[message], event="softDeleteMessage")
        self._erase(message)
        return await self.send(activity)

    async def press(self, person: Person, message: Message, title: str, inputs: Json | None = None) -> Invoked:
        """Press an Action.Execute of the newest version of the card that this person sees, with input values by id."""
        action = find_action(message.seen_by(person), title)
        if not message.conversation.has_bot:
            # A card that a person sent: Teams first adds the app whose card it is.
            await self.add_bot(message.conversation, by=person)
        return await self._execute(person, message, action, filled_inputs(message.seen_by(person), inputs or {}))

    async def look(self, person: Person, message: Message) -> Invoked | None:
        """The person's client shows the message: a card that refreshes for them is asked for anew, by itself."""
        refresh = refresh_of(message.seen_by(person))
        if refresh is None or person.teams_id not in refresh["userIds"]:
            return None
        return await self._execute(person, message, refresh["action"], {}, trigger="automatic")

    async def invoke(
        self, person: Person, conversation: Conversation, name: str, value: Any, *, about: Message | None = None
    ) -> Invoked:
        """Any other invoke: `composeExtension/fetchTask`, `task/submit`, …; `about` is the message it comes from."""
        activity = self._activities.invoke(
            person,
            conversation,
            name,
            value,
            activity_id=f"f:{self.world.ids.uuid()}",
            reply_to=about.id if about else "",
            thread=(about.thread or about.id) if about else "",
        )
        return await self._invoke(activity)

    async def install(self, person: Person) -> list[Delivery]:
        """The person adds the bot for themselves; it may write to them from now on."""
        return await self._membership(self.world.personal("teams", person), by=person, arrives=True)

    async def uninstall(self, person: Person) -> list[Delivery]:
        return await self._membership(self.world.personal("teams", person), by=person, arrives=False)

    async def add_bot(self, conversation: Conversation, by: Person) -> list[Delivery]:
        return await self._membership(conversation, by=by, arrives=True)

    async def remove_bot(self, conversation: Conversation, by: Person) -> list[Delivery]:
        return await self._membership(conversation, by=by, arrives=False)

    async def join(self, conversation: Conversation, person: Person, by: Person) -> Delivery:
        conversation.members.append(person)
        return await self.send(self._activities.members(conversation, "membersAdded", [person], by=by))

    async def leave(self, conversation: Conversation, person: Person) -> Delivery:
        conversation.members.remove(person)
        return await self.send(self._activities.members(conversation, "membersRemoved", [person], by=person))

    async def react(self, person: Person, message: Message, kind: str = "like", *, added: bool = True) -> Delivery:
        return await self.send(self._activities.reaction(person, message.conversation, message.id, kind, added=added))

    async def send(self, activity: Json, *, token: str | None = None, url: str = "") -> Delivery:
        """Any activity, freshly signed unless `token` says otherwise."""
        return await self.courier.deliver(self.raw(activity, token=token), url=url)

    async def redeliver(self, activity: Json, *, url: str = "") -> Delivery:
        """Teams repeats itself: the same activity, signed anew."""
        return await self.send(activity, url=url)

    async def reinvoke(self, activity: Json, *, new_id: bool = False) -> Invoked:
        """An invoke comes again: first with the same id, after a while with a new one."""
        return await self._invoke({**activity, "id": f"f:{self.world.ids.uuid()}"} if new_id else activity)

    def post(
        self, conversation: Conversation, activity: Json, *, thread: str, visible_to: Person | None = None
    ) -> Message:
        message = self._message(self.world.bot, conversation, activity, thread=thread, visible_to=visible_to)
        return self._record(message, "private" if visible_to else "posted")

    def post_as(self, person: Person, conversation: Conversation, activity: Json) -> Message:
        """What a person sends that the bot is not told of, like a card out of the compose box."""
        return self._record(self._message(person, conversation, activity), "said")

    def rewrite(self, message: Message, activity: Json) -> None:
        self._rewrite(message, activity, read_activity(activity))

    def erase(self, message: Message) -> None:
        self._erase(message)

    def message(self, conversation: Conversation, activity_id: str) -> Message | None:
        for message in self.messages:
            if message.conversation is conversation and message.id == activity_id:
                return message
        return None

    def _message(
        self,
        author: Person,
        conversation: Conversation,
        activity: Json,
        *,
        thread: str = "",
        visible_to: Person | None = None,
        message_id: str = "",
    ) -> Message:
        made_id, reading = message_id or str(self.world.stamp()), read_activity(activity)
        return Message(conversation, made_id, author, activity, reading, self.world.clock(), visible_to, thread)

    async def _execute(
        self, person: Person, message: Message, action: Json, filled: Json, *, trigger: str = "manual"
    ) -> Invoked:
        data = {**(action.get("data") or {}), **filled}
        value = {"action": {**identity(action), "data": data}, "trigger": trigger}
        invoked = await self.invoke(person, message.conversation, "adaptiveCard/action", value, about=message)
        self._show_answer(person, message, invoked)
        return invoked

    async def _membership(self, conversation: Conversation, *, by: Person, arrives: bool) -> list[Delivery]:
        conversation.has_bot = arrives
        change = "membersAdded" if arrives else "membersRemoved"
        update = self._activities.members(conversation, change, [self.world.bot], by=by)
        installation = self._activities.installation(conversation, "add" if arrives else "remove", by=by)
        return [await self.send(update), await self.send(installation)]

    async def _invoke(self, activity: Json) -> Invoked:
        delivery = await self.send(activity)
        try:
            body = delivery.json()
        except ValueError:
            body = None
        faults = invoke_faults(activity, delivery, body)
        if delivery.status == 200 and activity["name"] in DIALOGS:
            faults += dialog_faults(activity["name"], body)
        return Invoked(delivery.status, body, tuple(faults), activity, delivery)

    def _show_answer(self, person: Person, message: Message, invoked: Invoked) -> None:
        """A card as the answer replaces the message for the presser only; a text is a passing note."""
        if invoked.faults:
            self._toast(message.conversation, person, "Something went wrong. Please try again.")
            return
        if invoked.body["type"] != CARD_ANSWER:
            self._toast(message.conversation, person, str(invoked.body.get("value", "")))
            return
        card = invoked.body["value"]
        message.views[person] = {"type": "message", "attachments": [{"contentType": CARD_TYPE, "content": card}]}
        view = replace(message, visible_to=person)
        self.transcript.note(view, "private", at=self.world.clock(), reading=read_card(card))

    def _name_of(self, request: web.Request) -> str:
        """`POST activities`, `PUT activities`, `POST conversations`, `GET members`, `token`, `openid`, `keys`."""
        parts = request.path.strip("/").split("/")
        if parts[-1] in ("token", "keys"):
            return parts[-1]
        if parts[0] != "v3":
            return "openid"
        return f"{request.method} {parts[3] if len(parts) > 3 else 'conversations'}"

    def _refusal(self, fault: Fault) -> web.Response:
        if fault.status == 429:
            body = {"error": {"code": "429", "message": "API calls quota exceeded"}}
            return web.json_response(body, status=429, headers={"Retry-After": str(fault.retry_after)})
        return web.json_response({"error": {"code": "ServiceError", "message": "Unknown"}}, status=fault.status)
