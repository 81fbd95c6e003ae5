"""Messages out: posts, edits and toasts, each one call of the Bot API."""

import html
import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from telegram import Message, ReplyParameters
from telegram.error import ChatMigrated, TelegramError

from bots.chat import Place, PlaceKind, Sent, Target
from bots.sending import ChatClosed, Permanent, Transient
from bots.telegram.api import Api
from bots.telegram.errors import MISREAD, is_bad_request, translate
from bots.telegram.whispers import Whisper, Whispers
from cards.render import Rendered

TOAST_LENGTH_MAX = 200  # UTF-16 units
_TAG = re.compile(r"<[^>]*>")
log = logging.getLogger(__name__)


async def post(api: Api, whispers: Whispers, target: Target, rendered: Rendered, username: str) -> Sent:
    """`username` is the bot's own. Raises SendError. `Sent.place` is set when the message went elsewhere than to `target.place`:
    a private chat, or the supergroup that the group has become."""
    is_for_one = target.place.kind is not PlaceKind.PERSONAL and bool(target.person)
    if is_for_one and (target.private or target.quiet) and not rendered.start:
        whispered = await whispers.say(target, rendered.payload)
        if whispered is not None:
            return whispered
    if is_for_one and target.private:
        return await _post_privately(api, whispers, target, rendered, username)
    place = target.place if target.place.remote_id else replace(target.place, remote_id=target.person)
    sent = await _post_to(api, place, target.reply_to, rendered.payload)
    return sent if sent.place is not None or place == target.place else replace(sent, place=place)


async def _post_privately(api: Api, whispers: Whispers, target: Target, rendered: Rendered, username: str) -> Sent:
    """Into the private chat with the person. To somebody who never pressed Start, or blocked the bot, Telegram delivers
    nothing: then a reply in the group leads to that chat, and what was private (a code, a balance) is not said aloud."""
    chat = Place("telegram", target.place.tenant, target.person, PlaceKind.PERSONAL)
    try:
        return replace(await _post_to(api, chat, "", rendered.payload), place=chat)
    except Permanent as error:
        if not error.gone:
            raise
        if target.optional:
            raise ChatClosed(error.reason) from None
    way = _way_to(username, rendered.start)
    whispered = await whispers.say(target, way) if rendered.start else None
    return whispered or await _post_to(api, target.place, target.reply_to, way)


def _way_to(username: str, start: str) -> dict[str, Any]:
    """A message without words, because nobody knows here which language the person reads. With `start` the chat opens with what
    was asked for."""
    if not username:
        raise Transient("the bot's name, which the way to its private chat is made of, is not known yet")
    button = {"text": f"🔒 @{username}", "url": f"https://t.me/{username}" + (f"?start={start}" if start else "")}
    return {"text": "🔒", "reply_markup": {"inline_keyboard": [[button]]}}


async def _post_to(api: Api, place: Place, reply_to: str, payload: Mapping[str, Any]) -> Sent:
    try:
        message = await _send(api, place, reply_to, payload)
    except ChatMigrated as moved:
        return await _post_to_new(api, replace(place, remote_id=str(moved.new_chat_id), thread=""), payload)
    except TelegramError as error:
        raise translate(error) from error
    return Sent(str(message.message_id))


async def _post_to_new(api: Api, place: Place, payload: Mapping[str, Any]) -> Sent:
    """Without the reply: message ids of the old group mean other messages in the new one."""
    try:
        message = await _send(api, place, "", payload)
    except TelegramError as error:
        raise translate(error) from error
    return Sent(str(message.message_id), place)


async def _send(api: Api, place: Place, reply_to: str, payload: Mapping[str, Any]) -> Message:
    async def call(content: Mapping[str, Any]) -> Message:
        return await api.send_message(
            _chat_id(place),
            content["text"],
            message_thread_id=int(place.thread) if place.thread else None,
            reply_parameters=_answer_to(reply_to),
            api_kwargs=_besides_text(content),
        )

    try:
        return await call(payload)
    except TelegramError as error:
        if not _is_misread(error):
            raise
    return await call(_plain(payload))


def _answer_to(message_id: str) -> ReplyParameters | None:
    """What nobody else sees is not answered before everybody."""
    if not message_id or Whisper.read(message_id) is not None:
        return None
    return ReplyParameters(int(message_id), allow_sending_without_reply=True)


async def edit(api: Api, whispers: Whispers, target: Target, payload: Mapping[str, Any]) -> Sent:
    """Raises SendError. A message that already looks like this counts as edited."""
    if (whisper := Whisper.read(target.message_id)) is not None:
        return await whispers.edit(target, whisper, payload)
    place = target.place if target.place.remote_id else replace(target.place, remote_id=target.person)
    if not target.message_id:
        raise Permanent("there is no message to edit")
    try:
        await _edit(api, place, int(target.message_id), payload)
    except TelegramError as error:
        if not is_bad_request(error, "message is not modified"):
            # A group's message ids mean other messages in the supergroup it became: ChatMigrated is final here.
            raise translate(error, is_repeatable=True) from error
    return Sent(target.message_id)


async def _edit(api: Api, place: Place, message_id: int, payload: Mapping[str, Any]) -> None:
    async def call(content: Mapping[str, Any]) -> None:
        await api.edit_message_text(
            content["text"], _chat_id(place), message_id, api_kwargs=_besides_text(content, is_edit=True)
        )

    try:
        return await call(payload)
    except TelegramError as error:
        if not _is_misread(error):
            raise
    return await call(_plain(payload))


async def toast(api: Api, interaction: str, text: str, *, is_alert: bool) -> Sent:
    """Stops the spinning button and shows `text`, if any; an alert stays until it was read. Raises SendError; Permanent after
    about 15 minutes."""
    if not interaction:
        raise Permanent("there is no press to answer")
    try:
        await api.answer_callback_query(interaction, clip(text) or None, show_alert=is_alert or None)
    except TelegramError as error:
        raise translate(error, is_repeatable=True) from error
    return Sent()


def clip(text: str) -> str:
    """At most 200 UTF-16 units, no character cut in two."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * TOAST_LENGTH_MAX:
        return text
    return units[: 2 * (TOAST_LENGTH_MAX - 1)].decode("utf-16-le", "ignore") + "…"


def _chat_id(place: Place) -> int:
    """Only numbers: an `@name` would reach any public chat of that name."""
    try:
        return int(place.remote_id)
    except ValueError:
        raise Permanent("there is no chat to send to") from None


def _besides_text(payload: Mapping[str, Any], *, is_edit: bool = False) -> dict[str, Any]:
    """The renderer's other fields as they are. An edit takes inline keyboards only; without one the buttons go away."""
    others = {key: value for key, value in payload.items() if key != "text"}
    if is_edit and "inline_keyboard" not in others.get("reply_markup", {}):
        others.pop("reply_markup", None)
    return others


def _is_misread(error: TelegramError) -> bool:
    if not is_bad_request(error, MISREAD):
        return False
    log.error("Telegram cannot read our HTML, which is a bug of the renderer; the text goes out without formatting")
    return True


def _plain(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The same message without tags, so that the person gets an answer even so."""
    text = html.unescape(_TAG.sub("", payload["text"]))
    return {**{key: value for key, value in payload.items() if key != "parse_mode"}, "text": text}
