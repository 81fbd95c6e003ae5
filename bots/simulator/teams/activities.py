"""Activities as Teams sends them to a bot. Source: Microsoft's Bot Framework Activity schema and Teams' own examples."""

import html
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bots.simulator.world import Conversation, Json, Part, Person, World

KINDS = {"personal": "personal", "group": "groupChat", "channel": "channel"}


class ActivityMaker:
    """`service_url` is where the bot answers; it is set once the server runs."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.service_url = ""

    def message(
        self,
        person: Person,
        conversation: Conversation,
        parts: Sequence[Part],
        *,
        activity_id: str,
        thread: str = "",
        targeted: bool = False,
    ) -> Json:
        """What a person wrote; mentions are `<at>Name</at>` with an entity each. `targeted`: only the bot can read it."""
        frame = self._frame("message", person, conversation, activity_id, thread)
        return {
            **frame,
            "recipient": {**frame["recipient"], "isTargeted": True} if targeted else frame["recipient"],
            "text": "".join(f"<at>{part.name}</at>" if isinstance(part, Person) else part for part in parts),
            "textFormat": "plain",
            "attachments": [{"contentType": "text/html", "content": _as_html(parts)}],
            "entities": [*(_mention(part) for part in parts if isinstance(part, Person)), _client_info(person)],
        }

    def change(self, kind: str, original: Json, *, event: str) -> Json:
        """`messageUpdate` or `messageDelete` of a message activity; it keeps the message's id."""
        stamps = self._stamps(self._world.clock(), original["entities"][-1]["timezone"])
        changed = {**original, **stamps, "type": kind, "channelData": {**original["channelData"], "eventType": event}}
        if kind == "messageDelete":
            changed.pop("text", None)
            changed.pop("attachments", None)
        return changed

    def invoke(
        self,
        person: Person,
        conversation: Conversation,
        name: str,
        value: Any,
        *,
        activity_id: str,
        reply_to: str = "",
        thread: str = "",
    ) -> Json:
        """A press, a dialog or a message extension: what wants an answer in the HTTP body."""
        frame = self._frame("invoke", person, conversation, activity_id, thread)
        replied = {"replyToId": reply_to} if reply_to else {}
        return {
            **frame,
            **replied,
            "name": name,
            "value": value,
            "channelData": {**frame["channelData"], "source": {"name": "message"}, "legacy": {"replyToId": reply_to}},
        }

    def members(self, conversation: Conversation, change: str, people: Sequence[Person], *, by: Person) -> Json:
        """conversationUpdate; `change` is `membersAdded` or `membersRemoved`."""
        frame = self._frame("conversationUpdate", by, conversation, f"f:{self._world.ids.uuid()}", "")
        event = {"membersAdded": "teamMemberAdded", "membersRemoved": "teamMemberRemoved"}[change]
        data = {**frame["channelData"], "eventType": event} if conversation.kind == "channel" else frame["channelData"]
        listed = [{"id": person.teams_id, "aadObjectId": person.aad_id} for person in people]
        return {**frame, change: listed, "channelData": data}

    def installation(self, conversation: Conversation, action: str, *, by: Person) -> Json:
        """installationUpdate; `action` is `add`, `remove`, `add-upgrade` or `remove-upgrade`."""
        frame = self._frame("installationUpdate", by, conversation, f"f:{self._world.ids.uuid()}", "")
        return {**frame, "action": action, "channelData": {**frame["channelData"], "source": {"name": "message"}}}

    def reaction(self, person: Person, conversation: Conversation, message_id: str, kind: str, *, added: bool) -> Json:
        frame = self._frame("messageReaction", person, conversation, f"f:{self._world.ids.uuid()}", message_id)
        return {**frame, "reactionsAdded" if added else "reactionsRemoved": [{"type": kind}], "replyToId": message_id}

    def _frame(self, kind: str, person: Person, conversation: Conversation, activity_id: str, thread: str) -> Json:
        world = self._world
        return {
            "type": kind,
            "id": activity_id,
            **self._stamps(world.clock(), person.time_zone),
            "serviceUrl": self.service_url,
            "channelId": "msteams",
            "from": {"id": person.teams_id, "name": person.name, "aadObjectId": person.aad_id},
            "conversation": self._conversation(conversation, thread),
            "recipient": {"id": world.bot.teams_id, "name": world.bot.name},
            "entities": [_client_info(person)],
            "channelData": self._channel_data(conversation),
            "locale": person.locale,
        }

    def _conversation(self, conversation: Conversation, thread: str) -> Json:
        named: Json = {"conversationType": KINDS[conversation.kind], "tenantId": self._world.tenant_id}
        if conversation.kind == "personal":
            return {**named, "id": conversation.id}
        root = f";messageid={thread}" if conversation.kind == "channel" and thread else ""
        return {**named, "isGroup": True, "id": conversation.id + root}

    def _channel_data(self, conversation: Conversation) -> Json:
        tenant: Json = {"tenant": {"id": self._world.tenant_id}}
        if conversation.kind != "channel":
            return tenant
        return {
            "teamsChannelId": conversation.id,
            "teamsTeamId": conversation.team_id,
            "channel": {"id": conversation.id, "name": conversation.name},
            "team": {"id": conversation.team_id, "name": conversation.team_name},
            **tenant,
        }

    def _stamps(self, now: datetime, time_zone: str) -> Json:
        local = now.astimezone(ZoneInfo(time_zone))
        return {
            "timestamp": now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "localTimestamp": local.isoformat(timespec="milliseconds"),
            "localTimezone": time_zone,
        }


def _mention(person: Person) -> Json:
    return {
        "type": "mention",
        "mentioned": {"id": person.teams_id, "name": person.name},
        "text": f"<at>{person.name}</at>",
    }


def _client_info(person: Person) -> Json:
    country = person.locale.partition("-")[2] or "US"
    return {
        "type": "clientInfo",
        "locale": person.locale,
        "country": country,
        "platform": "Windows",
        "timezone": person.time_zone,
    }


def _as_html(parts: Sequence[Part]) -> str:
    """The copy that Teams attaches; unlike `text` it is escaped."""
    item = "http://schema.skype.com/Mention"
    pieces = []
    for index, part in enumerate(parts):
        if isinstance(part, Person):
            pieces.append(f'<span itemscope itemtype="{item}" itemid="{index}">{html.escape(part.name)}</span>')
            continue
        pieces.append(html.escape(part).replace("\n", "<br>"))
    return f"<p>{''.join(pieces)}</p>"
