"""`Target` and rendered blocks → Slack's Web API."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bots.chat import Manner, PlaceKind, Sent, Target
from bots.sending import Permanent
from bots.slack.api import Api
from cards.render import Rendered
from cards.render.blockkit import fallback

# Nothing else of a payload reaches Slack: chat.postMessage refuses or obeys whatever it knows.
_CONTENT: Final = ("text", "blocks")
_QUIET: Final = {"unfurl_links": False, "unfurl_media": False}
# Why nothing can be whispered: we, or the person, are not in the conversation. Our own chat with them is always there.
_NOT_THERE: Final = ("not_in_channel", "channel_not_found", "user_not_in_channel", "is_archived")


class Outbound:
    def __init__(self, api: Api) -> None:
        self._api = api

    async def send(self, target: Target, rendered: Rendered, summary: str) -> Sent:
        """Post, edit or whisper. Raises a SendError."""
        message = content(rendered, summary)
        if target.manner is Manner.EDIT:
            return await self._edit(target, message)
        is_whisper = target.private and target.place.kind is not PlaceKind.PERSONAL
        if is_whisper or target.manner is Manner.TOAST:
            return await self._whisper(target, message)
        if target.place.kind is PlaceKind.PERSONAL:
            return await self._write_to_person(target, message)
        return await self._post(target, message)

    async def _post(self, target: Target, message: Mapping[str, Any]) -> Sent:
        place = target.place
        thread = {"thread_ts": place.thread} if place.thread else {}
        answer = await self._api.call("chat.postMessage", {"channel": place.remote_id, **message, **_QUIET, **thread})
        return Sent(str(answer.get("ts", "")))

    async def _write_to_person(self, target: Target, message: Mapping[str, Any]) -> Sent:
        """A command may be typed in a direct message between two people, where we are not: then in our own chat."""
        if not target.place.remote_id:
            return await self._post_directly(target, message)
        try:
            return await self._post(target, message)
        except Permanent as error:
            if not error.gone or not target.person:
                raise
        return await self._post_directly(target, message)

    async def _post_directly(self, target: Target, message: Mapping[str, Any]) -> Sent:
        answer = await self._api.call("conversations.open", {"users": target.person}, repeatable=True)
        channel = answer.get("channel")
        if not isinstance(channel, dict) or not channel.get("id"):
            raise Permanent("conversations.open: no channel")
        place = replace(target.place, remote_id=str(channel["id"]), thread="")
        sent = await self._post(replace(target, place=place), message)
        return Sent(sent.message_id, place)

    async def _edit(self, target: Target, message: Mapping[str, Any]) -> Sent:
        """By id where there is one; the pressed message's response_url also reaches where we are not a member."""
        url = target.interaction or target.response_url
        changed = {"blocks": [], **message}  # without blocks the old ones would stay
        if target.message_id:
            update = {"channel": target.place.remote_id, "ts": target.message_id, **changed}
            try:
                await self._api.call("chat.update", update, repeatable=True)
                return Sent(target.message_id)
            except Permanent:
                if not url:
                    raise
        if not url:
            raise Permanent("chat.update: no message to edit")
        await self._api.respond(url, {**changed, "replace_original": True}, repeatable=True)
        return Sent(target.message_id)

    async def _whisper(self, target: Target, message: Mapping[str, Any]) -> Sent:
        """Seen by one person, in the conversation; a response_url lives 30 minutes, after that by the person's id, and where
        that does not do in our own chat with them."""
        url = target.interaction or target.response_url
        if url:
            try:
                await self._api.respond(url, {**message, "response_type": "ephemeral", "replace_original": False})
                return Sent()
            except Permanent:
                if not target.person:
                    raise
        if not target.person:
            raise Permanent("chat.postEphemeral: no person to write to")
        place = target.place
        thread = {"thread_ts": place.thread} if place.thread else {}
        note = {"channel": place.remote_id, "user": target.person, **message, **thread}
        try:
            await self._api.call("chat.postEphemeral", note)
        except Permanent as error:
            if not error.reason.endswith(_NOT_THERE):
                raise
            private = replace(place, kind=PlaceKind.PERSONAL, name="")
            return await self._post_directly(replace(target, place=private), message)
        return Sent()


def content(rendered: Rendered, summary: str) -> dict[str, Any]:
    """What of a payload is the message itself: `text` (always) and `blocks` (if any)."""
    message = {key: rendered.payload[key] for key in _CONTENT if rendered.payload.get(key)}
    return {"text": fallback(summary), **message}
