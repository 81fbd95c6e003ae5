"""The Bot API's methods, `/bot{token}/{method}`."""

import json
from collections.abc import Awaitable, Callable
from typing import Protocol

from aiohttp import web

from bots.simulator.telegram.asking import formatted, parameters, text_of
from bots.simulator.telegram.chats import Chats
from bots.simulator.telegram.entities import units, user
from bots.simulator.telegram.ephemeral import Ephemerals
from bots.simulator.telegram.errors import BotApiError, bad_request
from bots.simulator.telegram.keyboards import check_beneath, check_markup
from bots.simulator.telegram.updates import UpdateQueue
from bots.simulator.transcript import Message
from bots.simulator.world import Conversation, Json, Person

CAPTION_MAX = 1024
TOAST_MAX = 200
CALLBACK_SECONDS = 60.0
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
Method = Callable[[Json], Awaitable[object]]


class Board(Protocol):
    """Where the Bot API puts what the bot sends."""

    messages: list[Message]

    def post(self, conversation: Conversation, content: Json, *, visible_to: Person | None = None) -> Message: ...

    def rewrite(self, message: Message, content: Json) -> None: ...

    def erase(self, message: Message) -> None: ...

    def message(self, conversation: Conversation, number: int) -> Message | None: ...

    def toast(self, message: Message, person_id: int, text: str) -> None: ...


class BotApi:
    """`commands` are the lists given to setMyCommands, by (scope, language); `descriptions` the texts, by (method, language)."""

    def __init__(self, chats: Chats, updates: UpdateQueue, board: Board, *, token: str) -> None:
        self._chats = chats
        self._updates = updates
        self._board = board
        self._token = token
        self._ephemeral = Ephemerals(chats)
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.descriptions: dict[tuple[str, str], str] = {}
        self._methods: dict[str, Method] = {
            "getme": self._get_me,
            "getupdates": self._get_updates,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._get_webhook_info,
            "setmycommands": self._set_my_commands,
            "setmydescription": lambda asked: self._describe(asked, "description", 512),
            "setmyshortdescription": lambda asked: self._describe(asked, "short_description", 120),
            "getmycommands": self._get_my_commands,
            "sendmessage": self._send_message,
            "sendphoto": self._send_photo,
            "sendchataction": self._send_chat_action,
            "editmessagetext": self._edit_message_text,
            "editephemeralmessagetext": self._edit_ephemeral,
            "editmessagereplymarkup": self._edit_markup,
            "deletemessage": self._delete_message,
            "answercallbackquery": self._answer_callback_query,
            "getchat": self._get_chat,
            "getchatmember": self._get_chat_member,
        }

    def add_routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/bot{token}/{method}", self._handle)

    async def _handle(self, request: web.Request) -> web.Response:
        try:
            if request.match_info["token"] != self._token:
                raise BotApiError(401)
            method = self._methods.get(request.match_info["method"].lower())
            if method is None:
                raise BotApiError(404)
            result = await method(await parameters(request))
        except BotApiError as error:
            return error.response()
        return web.json_response({"ok": True, "result": result})

    async def _get_me(self, _: Json) -> Json:
        abilities = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
        return {**user(self._chats.world.bot), **abilities}

    async def _get_updates(self, asked: Json) -> list[Json]:
        if "allowed_updates" in asked:
            self._updates.allowed = frozenset(asked["allowed_updates"])
        return await self._updates.fetch(
            offset=int(asked.get("offset", 0)),
            limit=int(asked.get("limit", 100)),
            timeout=float(asked.get("timeout", 0)),
        )

    async def _set_webhook(self, asked: Json) -> bool:
        self._updates.set_webhook(str(asked.get("url", "")), str(asked.get("secret_token", "")))
        if "allowed_updates" in asked:
            self._updates.allowed = frozenset(asked["allowed_updates"])
        if asked.get("drop_pending_updates"):
            self._updates.pending.clear()
        return True

    async def _delete_webhook(self, asked: Json) -> bool:
        return await self._set_webhook({"drop_pending_updates": asked.get("drop_pending_updates", False)})

    async def _get_webhook_info(self, _: Json) -> Json:
        pending = len(self._updates.pending)
        return {"url": self._updates.webhook_url, "has_custom_certificate": False, "pending_update_count": pending}

    async def _set_my_commands(self, asked: Json) -> bool:
        commands = asked.get("commands") or []
        for command in commands:
            if not command.get("command", "").replace("_", "").isalnum() or len(command["command"]) > 32:
                raise bad_request("BOT_COMMAND_INVALID")
            if not 1 <= len(command.get("description", "")) <= 256:
                raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[_menu_of(asked)] = commands
        return True

    async def _describe(self, asked: Json, name: str, length_max: int) -> bool:
        if len(asked.get(name, "")) > length_max:
            raise bad_request(f"{name} is too long")
        self.descriptions[name, asked.get("language_code", "")] = asked.get(name, "")
        return True

    async def _get_my_commands(self, asked: Json) -> list[Json]:
        return self.commands.get(_menu_of(asked), [])

    async def _send_message(self, asked: Json) -> Json:
        content = text_of(asked)
        ephemeral = self._ephemeral.parameters(asked)
        conversation = self._chats.writable(asked.get("chat_id"))
        if ephemeral is None:
            return self._post(conversation, asked, content)
        receiver = self._ephemeral.receiver(conversation, ephemeral, asked)
        markup = check_markup(asked.get("reply_markup"))
        content |= {"reply_markup": markup} if markup else {}
        content |= {"message_id": 0, "ephemeral_message_id": self._chats.world.ids.number(8)}
        return self._board.post(conversation, content, visible_to=receiver).payload

    async def _edit_ephemeral(self, asked: Json) -> bool:
        if not self._chats.knows_ephemeral:
            raise BotApiError(404)
        message = self._ephemeral.find(self._board.messages, self._chats.writable(asked.get("chat_id")), asked)
        self._change_text(message, asked)
        return True

    async def _send_photo(self, asked: Json) -> Json:
        conversation = self._chats.writable(asked.get("chat_id"))
        if not asked.get("photo"):
            raise bad_request("there is no photo in the request")
        caption, entities = formatted(asked, "caption", CAPTION_MAX, "message caption is too long")
        size = len(asked["photo"]) if isinstance(asked["photo"], bytes) else 0
        ids = self._chats.world.ids
        photo = {"file_id": ids.hexadecimal(40), "file_unique_id": ids.hexadecimal(16), "width": 640, "height": 360}
        content: Json = {"photo": [{**photo, "file_size": size}]}
        content |= {"caption": caption, "caption_entities": entities} if caption else {}
        return self._post(conversation, asked, content)

    async def _send_chat_action(self, asked: Json) -> bool:
        self._chats.writable(asked.get("chat_id"))
        return True

    def _post(self, conversation: Conversation, asked: Json, content: Json) -> Json:
        markup = check_markup(asked.get("reply_markup"))
        self._keep_beneath(conversation, asked.get("reply_markup"))
        answered = (asked.get("reply_parameters") or {}).get("message_id") or asked.get("reply_to_message_id")
        if answered:
            replied = self._board.message(conversation, int(answered))
            is_optional = (asked.get("reply_parameters") or asked).get("allow_sending_without_reply")
            if replied is None and not is_optional:
                raise bad_request("message to be replied not found")
            content |= {"reply_to_message": replied.payload} if replied else {}
        content |= {"reply_markup": markup} if markup else {}
        return self._board.post(conversation, content).payload

    def _keep_beneath(self, conversation: Conversation, markup: object) -> None:
        beneath = check_beneath(markup, is_private=conversation.kind == "personal")
        if beneath is not None and "remove_keyboard" in beneath:
            self._chats.beneath.pop(conversation.id, None)
        elif beneath is not None:
            self._chats.beneath[conversation.id] = beneath

    async def _edit_message_text(self, asked: Json) -> Json:
        return self._change_text(self._own(asked, "edit"), asked)

    def _change_text(self, message: Message, asked: Json) -> Json:
        content = text_of(asked)
        markup = check_markup(asked.get("reply_markup"))
        if "text" not in message.payload:
            raise bad_request("there is no text in the message to edit")
        content |= {"reply_markup": markup} if markup else {}
        return self._change(message, content, ("text", "entities", "reply_markup"))

    async def _edit_markup(self, asked: Json) -> Json:
        message = self._own(asked, "edit")
        markup = check_markup(asked.get("reply_markup"))
        return self._change(message, {"reply_markup": markup} if markup else {}, ("reply_markup",))

    def _change(self, message: Message, content: Json, keys: tuple[str, ...]) -> Json:
        if {key: message.payload[key] for key in keys if key in message.payload} == content:
            raise bad_request(NOT_MODIFIED)
        kept = {key: value for key, value in message.payload.items() if key not in keys}
        self._board.rewrite(message, {**kept, **content})
        return message.payload

    async def _delete_message(self, asked: Json) -> bool:
        self._board.erase(self._own(asked, "delete"))
        return True

    async def _answer_callback_query(self, asked: Json) -> bool:
        callback = self._chats.callbacks.get(str(asked.get("callback_query_id", "")))
        now = self._chats.world.clock().timestamp()
        if callback is None or now - callback.made_at > CALLBACK_SECONDS:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        if units(asked.get("text", "")) > TOAST_MAX:
            raise bad_request("MESSAGE_TOO_LONG")
        if asked.get("text"):
            self._board.toast(callback.message, callback.person.telegram_id, asked["text"])
        return True

    async def _get_chat(self, asked: Json) -> Json:
        conversation = self._chats.find(asked.get("chat_id"))
        gifts = {"unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False, "premium_subscription": False}
        extras = {
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": {**gifts, "gifts_from_channels": False},
        }
        return {**self._chats.chat(conversation), **extras}

    async def _get_chat_member(self, asked: Json) -> Json:
        conversation = self._chats.find(asked.get("chat_id"))
        if conversation.kind != "personal" and not conversation.has_bot:
            raise BotApiError(403, "bot is not a member of the group chat")
        return self._chats.member(conversation, int(asked.get("user_id", 0)))

    def _own(self, asked: Json, verb: str) -> Message:
        conversation = self._chats.writable(asked.get("chat_id"))
        message = self._board.message(conversation, int(asked.get("message_id", 0)))
        if message is None or message.is_deleted:
            raise bad_request(f"message to {verb} not found")
        if message.author != self._chats.world.bot:
            raise bad_request("message can't be edited" if verb == "edit" else "message can't be deleted")
        return message


def _menu_of(asked: Json) -> tuple[str, str]:
    scope = json.dumps(asked.get("scope") or {"type": "default"}, sort_keys=True)
    return scope, asked.get("language_code", "")
