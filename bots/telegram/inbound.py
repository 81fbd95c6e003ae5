"""Updates in: the webhook's route, and the one place where an update becomes a stored delivery."""

from collections.abc import Mapping
from typing import Any

from aiohttp import ClientPayloadError, web

from bots.desk import Desk
from bots.strict_json import SIZE_MAX, BadJson, parse_object
from bots.telegram.auth import SECRET_HEADER
from bots.telegram.platform import TelegramPlatform
from bots.telegram.updates import THUMB

PATH = "/telegram/webhook"
_CHAT_HOLDERS = ("message", "edited_message", "my_chat_member", "message_reaction")
_ID_MAX = 2**63


class NotAnUpdate(ValueError):
    """A body of another shape than Telegram's."""


async def accept(desk: Desk, bot_id: str, update: Mapping[str, Any]) -> bool:
    """Store an update of a kind we want; returns after the commit, False if it was not for us.

    Raises NotAnUpdate before anything is stored.
    """
    update_id = update_number(update)
    chat_id = _chat_id(update)
    if chat_id is None:
        return False
    await desk.store("telegram", bot_id, f"update:{update_id}", str(chat_id), update)
    return True


def update_number(update: Mapping[str, Any]) -> int:
    return _number(update.get("update_id"), "update_id", lowest=0)


def _chat_id(update: Mapping[str, Any]) -> int | None:
    """None for kinds that we do not want, for presses on messages that belong to no chat of ours, and for reactions that mean
    nothing to us: in a group where the bot is an administrator everybody's are told."""
    for kind in _CHAT_HOLDERS:
        if kind in update:
            held = _object(update[kind], kind)
            is_wanted = kind != "message_reaction" or _has_thumb(held, "old") != _has_thumb(held, "new")
            return _id_of(held.get("chat")) if is_wanted else None
    if "callback_query" not in update:
        return None
    message = _object(update["callback_query"], "callback_query").get("message")
    return None if message is None else _id_of(_object(message, "message").get("chat"))


def _has_thumb(change: Mapping[str, Any], when: str) -> bool:
    reactions = change.get(f"{when}_reaction")
    found = reactions if isinstance(reactions, list) else []
    return any(isinstance(each, dict) and str(each.get("emoji", "")).startswith(THUMB) for each in found)


def _id_of(chat: object) -> int | None:
    return None if chat is None else _number(_object(chat, "chat").get("id"), "chat.id", lowest=-_ID_MAX)


def _object(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise NotAnUpdate(f"{name} is not an object")
    return value


def _number(value: object, name: str, *, lowest: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value < _ID_MAX:
        raise NotAnUpdate(f"{name} is not a number of Telegram's")
    return value


def routes(platform: TelegramPlatform, desk: Desk) -> list[web.RouteDef]:
    """POST /telegram/webhook: 403 without the secret, 4xx for what is no update, 200 once it is stored; none when polling.

    Anything that keeps an update from being stored becomes a 5xx, after which Telegram sends it again.
    """

    async def receive(request: web.Request) -> web.Response:
        if not platform.is_genuine(request.headers.getall(SECRET_HEADER, [])):
            return web.Response(status=403)
        try:
            await accept(desk, platform.bot_id, parse_object(await _body(request), limit=SIZE_MAX))
        except (BadJson, NotAnUpdate) as error:
            return web.Response(status=400, text=str(error))
        return web.Response()

    return [web.post(PATH, receive)] if platform.mode == "webhook" else []


async def _body(request: web.Request) -> bytes:
    """At most 256 KB, whatever Content-Length or a compression promises. Raises HTTPRequestEntityTooLarge, BadJson."""
    body = bytearray()
    try:
        async for chunk in request.content.iter_chunked(65_536):
            body += chunk
            if len(body) > SIZE_MAX:
                raise web.HTTPRequestEntityTooLarge(max_size=SIZE_MAX, actual_size=len(body))
    except (web.RequestPayloadError, ClientPayloadError):
        raise BadJson("the body could not be read") from None
    return bytes(body)
