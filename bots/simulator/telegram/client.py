"""`TelegramSimulator`: the Bot API for the bot, and people who use Telegram."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from aiohttp import web

from bots.simulator.courier import Delivery
from bots.simulator.loopback import Fault
from bots.simulator.stage import Stage
from bots.simulator.telegram.bot_api import BotApi
from bots.simulator.telegram.chats import Callback, Chats, button, membership
from bots.simulator.telegram.entities import user, written
from bots.simulator.telegram.errors import BotApiError, too_many_requests
from bots.simulator.telegram.keyboards import buttons, picker
from bots.simulator.telegram.updates import UpdateQueue
from bots.simulator.transcript import Message, Reading, Transcript
from bots.simulator.world import Conversation, Json, Person, UnknownName, World

PATIENCE = 60.0
DEFAULT_TOKEN = "1234567890:AAsimulatedsimulatedsimulatedsimula"  # noqa: S105  (of nobody's bot)


@dataclass(frozen=True, slots=True)
class Said:
    """`update` is None where privacy mode keeps the message from the bot; `delivery` also when the bot polls."""

    message: Message
    update: Json | None
    delivery: Delivery | None


class TelegramSimulator(Stage):
    """`bot_url` is the webhook; empty means polling. The bot may change both by setWebhook and deleteWebhook."""

    platform = "telegram"

    def __init__(
        self,
        world: World,
        *,
        bot_url: str = "",
        token: str = DEFAULT_TOKEN,
        secret: str = "",
        transcript: Transcript | None = None,
        patience: float = PATIENCE,
    ) -> None:
        super().__init__(world, bot_url=bot_url, patience=patience, transcript=transcript)
        self.token = token
        self.chats = Chats(world)
        self.updates = UpdateQueue(self.courier, first_id=world.ids.number(9))
        self.updates.set_webhook(bot_url, secret)
        self.api = BotApi(self.chats, self.updates, self, token=token)
        self.api.add_routes(self.server.app)

    async def say(self, person: Person, conversation: Conversation, text: str) -> Said:
        """`text` may hold `@[Name]` (picked from the list) and hand-typed `@names`."""
        return await self._say(person, conversation, text, {})

    async def reply(self, person: Person, to: Message, text: str) -> Said:
        return await self._say(person, to.conversation, text, {"reply_to_message": to.payload})

    async def press_start(self, person: Person, payload: str = "") -> Said:
        """Open the private chat, from a deep link if there is a payload; the bot may write to them from now on."""
        conversation = self.world.personal("telegram", person)
        self.chats.blocked.discard(person)
        conversation.has_bot = True
        return await self._say(person, conversation, f"/start {payload}".strip(), {})

    async def edit(self, message: Message, text: str) -> Delivery | None:
        """The author changes a message of theirs. (Telegram never tells bots of deletions.)"""
        new_text, entities = written(self.world.parts(text))
        kept = {key: value for key, value in message.payload.items() if key not in ("text", "entities")}
        payload = {**kept, "text": new_text, "edit_date": self._now(), **({"entities": entities} if entities else {})}
        self._rewrite(message, payload, _read(payload))
        return await self._push("edited_message", payload) if self._is_heard(message.conversation, payload) else None

    async def press(self, person: Person, message: Message, title: str) -> Said:
        """Press an inline button of the newest version; `update` is the callback_query's."""
        pressed = button(message, title)
        if "callback_data" not in pressed:
            raise UnknownName(f"{title!r} opens a link; Telegram tells the bot nothing")
        return await self.press_data(person, message, pressed["callback_data"])

    async def press_data(self, person: Person, message: Message, data: str) -> Said:
        """A callback with data of one's own choice, as modified clients can send it."""
        query_id = str(self.world.ids.number(18))
        self.chats.callbacks[query_id] = Callback(person, message, self.world.clock().timestamp())
        query = {
            "id": query_id,
            "from": user(person),
            "message": message.payload,
            "chat_instance": str(self.world.ids.number(18)),
            "data": data,
        }
        update = self.updates.make("callback_query", query)
        return Said(message, update, await self.updates.push(update))

    async def share(self, person: Person, people: Sequence[Person]) -> Said:
        """Choose people with the button that the bot shows beneath the private chat."""
        conversation = self.world.personal("telegram", person)
        asked = picker(self.chats.beneath.get(conversation.id))
        if not 1 <= len(people) <= asked.get("max_quantity", 1):
            raise UnknownName(f"{len(people)} people; the button takes up to {asked.get('max_quantity', 1)}")
        if self.chats.beneath[conversation.id].get("one_time_keyboard"):
            del self.chats.beneath[conversation.id]
        return await self.share_as(person, asked, people)

    async def share_as(self, person: Person, asked: Json, people: Sequence[Person]) -> Said:
        """The answer to a `request_users` button; with one of one's own choice, as modified clients can send it."""
        users = [_shared(each, is_named=asked.get("request_name", False)) for each in people]
        shared = {"user_ids": [each.telegram_id for each in people], "users": users, "request_id": asked["request_id"]}
        conversation = self.world.personal("telegram", person)
        payload = {**self._frame(conversation, person), "users_shared": shared}
        message = self._record(self._message(conversation, person, payload), "said")
        update = self.updates.make("message", payload)
        return Said(message, update, await self.updates.push(update))

    def picker(self, person: Person) -> Json | None:
        """The `request_users` of the button that the private chat shows now, if it shows one."""
        markup = self.chats.beneath.get(self.world.personal("telegram", person).id)
        return picker(markup) if markup and "keyboard" in markup else None

    async def promote_bot(self, conversation: Conversation, by: Person) -> Delivery | None:
        """The bot becomes an administrator of the group."""
        self.chats.administered.add(conversation.id)
        return await self.my_chat_member(conversation, by, old="member", new="administrator")

    async def react(self, person: Person, message: Message, emoji: str, *, instead_of: str = "") -> Delivery | None:
        """Put an emoji on a message, in place of an earlier one; an empty one takes it away. Bots hear of it as administrators."""
        if message.conversation.kind != "personal" and message.conversation.id not in self.chats.administered:
            return None
        content = {
            "chat": self.chats.chat(message.conversation),
            "message_id": int(message.id),
            "user": user(person),
            "date": self._now(),
            "old_reaction": [{"type": "emoji", "emoji": instead_of}] if instead_of else [],
            "new_reaction": [{"type": "emoji", "emoji": emoji}] if emoji else [],
        }
        return await self._push("message_reaction", content)

    async def block(self, person: Person) -> Delivery | None:
        self.chats.blocked.add(person)
        conversation = self.world.personal("telegram", person)
        return await self.my_chat_member(conversation, person, old="member", new="kicked")

    async def add_bot(self, conversation: Conversation, by: Person) -> list[Delivery | None]:
        conversation.has_bot = True
        changed = await self.my_chat_member(conversation, by, old="left", new="member")
        return [changed, await self._service(conversation, by, {"new_chat_members": [user(self.world.bot)]})]

    async def remove_bot(self, conversation: Conversation, by: Person) -> Delivery | None:
        conversation.has_bot = False
        return await self.my_chat_member(conversation, by, old="member", new="kicked")

    async def my_chat_member(self, conversation: Conversation, by: Person, *, old: str, new: str) -> Delivery | None:
        """The bot's own membership changed; statuses are `member`, `left`, `kicked`, `administrator`, …"""
        bot = self.world.bot
        return await self._push(
            "my_chat_member",
            {
                "chat": self.chats.chat(conversation),
                "from": user(by),
                "date": self._now(),
                "old_chat_member": membership(bot, old),
                "new_chat_member": membership(bot, new),
            },
        )

    async def migrate(self, conversation: Conversation) -> Conversation:
        """The group becomes a supergroup with another id; calls to the old id are told so."""
        moved = self.world.channel("telegram", conversation.name, conversation.members)
        by = conversation.person
        await self._service(conversation, by, {"migrate_to_chat_id": int(moved.id)})
        conversation.moved_to = moved
        await self._service(moved, by, {"migrate_from_chat_id": int(conversation.id)})
        return moved

    async def redeliver(self, update: Json, *, url: str = "", secret: str | None = None) -> Delivery:
        """The same update once more to the webhook, or to another replica's; `secret` "" sends none."""
        return await self.courier.deliver(self.updates.raw(update, secret=secret), url=url)

    def post(self, conversation: Conversation, content: Json, *, visible_to: Person | None = None) -> Message:
        payload = {**self._frame(conversation, self.world.bot), **content}
        message = self._message(conversation, self.world.bot, payload)
        if visible_to is None:
            return self._record(message, "posted")
        payload["receiver_user"] = user(visible_to)
        return self._record(replace(message, id=str(content["ephemeral_message_id"]), visible_to=visible_to), "private")

    def rewrite(self, message: Message, content: Json) -> None:
        payload = {**content, "edit_date": self._now()}
        self._rewrite(message, payload, _read(payload))

    def erase(self, message: Message) -> None:
        self._erase(message)

    def message(self, conversation: Conversation, number: int) -> Message | None:
        for message in self.messages:
            if message.conversation is conversation and message.id == str(number):
                return message
        return None

    def toast(self, message: Message, person_id: int, text: str) -> None:
        person = next(person for person in self.world.people if person.telegram_id == person_id)
        self._toast(message.conversation, person, text)

    async def _say(self, person: Person, conversation: Conversation, text: str, extras: Json) -> Said:
        visible, entities = written(self.world.parts(text))
        frame = self._frame(conversation, person)
        payload = {**frame, **extras, "text": visible, **({"entities": entities} if entities else {})}
        message = self._record(self._message(conversation, person, payload), "said")
        if not self._is_heard(conversation, payload):
            return Said(message, None, None)
        update = self.updates.make("message", payload)
        return Said(message, update, await self.updates.push(update))

    def _is_heard(self, conversation: Conversation, payload: Json) -> bool:
        """Privacy mode: in groups a bot hears commands, mentions of itself and answers to itself."""
        if not conversation.has_bot or payload["from"]["is_bot"] or conversation.moved_to:
            return False
        if conversation.kind == "personal":
            return conversation.person not in self.chats.blocked
        name = f"@{self.world.bot.telegram_username}".lower()
        text = payload["text"]
        command = text.split(maxsplit=1)[0].lower() if text.startswith("/") else ""
        is_for_bot = bool(command) and ("@" not in command or command.endswith(name))
        answered = payload.get("reply_to_message", {}).get("from", {}).get("id")
        return is_for_bot or (not command and name in text.lower()) or answered == self.world.bot.telegram_id

    async def _service(self, conversation: Conversation, by: Person, content: Json) -> Delivery | None:
        return await self._push("message", {**self._frame(conversation, by), **content})

    async def _push(
        self, kind: Literal["message", "edited_message", "my_chat_member", "message_reaction"], content: Json
    ) -> Delivery | None:
        return await self.updates.push(self.updates.make(kind, content))

    def _frame(self, conversation: Conversation, author: Person) -> Json:
        number = self.chats.next_number(conversation)
        return {"message_id": number, "from": user(author), "chat": self.chats.chat(conversation), "date": self._now()}

    def _message(self, conversation: Conversation, author: Person, payload: Json) -> Message:
        number = str(payload["message_id"])
        return Message(conversation, number, author, payload, _read(payload), self.world.clock())

    def _now(self) -> int:
        return int(self.world.clock().timestamp())

    def _name_of(self, request: web.Request) -> str:
        return request.path.rsplit("/", 1)[-1]

    def _refusal(self, fault: Fault) -> web.Response:
        if fault.status == 429:
            return too_many_requests(fault.retry_after).response()
        return BotApiError(fault.status, "Bad Gateway" if fault.status == 502 else "Internal Server Error").response()


def _shared(person: Person, *, is_named: bool) -> Json:
    """A SharedUser object."""
    account = user(person)
    names: Json = {name: account[name] for name in ("first_name", "last_name") if name in account}
    return {"user_id": person.telegram_id, **(names if is_named else {})}


def _read(payload: Json) -> Reading:
    lines = ["(image)"] if "photo" in payload else []
    lines += ["(people)"] if "users_shared" in payload else []
    lines += (payload.get("text") or payload.get("caption") or "").splitlines()
    return Reading(tuple(lines), tuple(found["text"] for found in buttons(payload.get("reply_markup"))))
