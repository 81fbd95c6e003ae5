"""Requests as Slack sends them to a bot. Source: Slack's reference of interaction payloads, commands and events."""

from collections.abc import Sequence

from bots.simulator.slack.workspace import Workspace, handle
from bots.simulator.transcript import Message
from bots.simulator.world import Conversation, Json, Part, Person

TOKEN = "simulatedverificationtoken"  # noqa: S105  (the deprecated verification token, which nobody may trust)


class PayloadMaker:
    """`url` is where response_urls live; it is set once the server runs."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._world = workspace.world
        self.url = ""

    def slash(self, person: Person, conversation: Conversation, command: str, parts: Sequence[Part]) -> dict[str, str]:
        """The form fields of a slash command, mentions escaped (`should_escape: true`)."""
        return {
            "token": TOKEN,
            "team_id": self._world.slack_team_id,
            "team_domain": self._world.slack_domain,
            "channel_id": conversation.id,
            "channel_name": "directmessage" if conversation.kind == "personal" else conversation.name,
            "user_id": person.slack_id,
            "user_name": handle(person),
            "command": command,
            "text": escaped(parts, with_names=True),
            "api_app_id": self._workspace.app_id,
            "is_enterprise_install": "false",
            "response_url": self._response_url(person, conversation, None),
            "trigger_id": self._workspace.new_trigger(person),
        }

    def block_actions(self, person: Person, message: Message, action: Json) -> Json:
        """A press on an element of a message; ephemeral messages do not travel with it."""
        conversation, is_ephemeral = message.conversation, message.visible_to is not None
        container = {
            "type": "message",
            "message_ts": message.id,
            "channel_id": conversation.id,
            "is_ephemeral": is_ephemeral,
        }
        return {
            "type": "block_actions",
            **self._common(person),
            "container": container,
            "channel": self._channel(conversation),
            **({} if is_ephemeral else {"message": message.payload}),
            "state": {"values": {}},
            "response_url": self._response_url(person, conversation, message),
            "actions": [action],
        }

    def view_actions(self, person: Person, view: Json, action: Json) -> Json:
        """A press on an element of a modal or of App Home. Slack sends no response_url for these."""
        return {
            "type": "block_actions",
            **self._common(person),
            "container": {"type": "view", "view_id": view["id"]},
            "view": view,
            "actions": [action],
        }

    def view_submission(self, person: Person, view: Json) -> Json:
        user = {"id": person.slack_id, "name": handle(person), "team_id": self._world.slack_team_id}
        return {"type": "view_submission", **self._common(person), "user": user, "view": view, "response_urls": []}

    def view_closed(self, person: Person, view: Json) -> Json:
        common = {key: value for key, value in self._common(person).items() if key != "trigger_id"}
        return {"type": "view_closed", **common, "view": view, "is_cleared": False}

    def message_shortcut(self, person: Person, message: Message, callback_id: str) -> Json:
        common = {key: value for key, value in self._common(person).items() if key != "api_app_id"}
        return {
            "type": "message_action",
            "action_ts": f"{self._world.stamp() / 1000:.6f}",
            **common,
            "callback_id": callback_id,
            "message_ts": message.id,
            "channel": self._channel(message.conversation),
            "message": message.payload,
            "response_url": self._response_url(person, message.conversation, message),
        }

    def global_shortcut(self, person: Person, callback_id: str) -> Json:
        stamp = f"{self._world.stamp() / 1000:.6f}"
        return {"type": "shortcut", "action_ts": stamp, **self._common(person), "callback_id": callback_id}

    def envelope(self, event: Json) -> Json:
        """An event as the Events API posts it."""
        ids = self._world.ids
        authorization = {
            "enterprise_id": None,
            "team_id": self._world.slack_team_id,
            "user_id": self._world.bot.slack_id,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": TOKEN,
            "team_id": self._world.slack_team_id,
            "api_app_id": self._workspace.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": ids.slack("Ev"),
            "event_time": int(self._workspace.now()),
            "authorizations": [authorization],
            "is_ext_shared_channel": False,
            "event_context": f"4-{ids.hexadecimal(40)}",
        }

    def said(self, person: Person, text: str, ts: str, *, thread: str = "") -> Json:
        """A message of a person as it lies in the channel."""
        threaded = {"thread_ts": thread} if thread else {}
        return {
            "type": "message",
            "user": person.slack_id,
            "text": text,
            "ts": ts,
            "team": self._world.slack_team_id,
            **threaded,
        }

    def changed(self, conversation: Conversation, subtype: str, ts: str, told: Json) -> Json:
        """The event about a person's change of a message; it has a `ts` of its own."""
        kinds = {"personal": "im", "group": "group", "channel": "channel"}
        place = {"channel": conversation.id, "channel_type": kinds[conversation.kind]}
        return {"type": "message", "subtype": subtype, "hidden": True, **place, "ts": ts, "event_ts": ts, **told}

    def pressed(self, block: Json, element: Json) -> Json:
        """An entry of `actions`, for a button."""
        kept: Json = {key: element[key] for key in ("value", "url") if key in element}
        text = {"emoji": True, **element.get("text", {})}
        stamp = f"{self._world.stamp() / 1000:.6f}"
        ids = {"action_id": element["action_id"], "block_id": block["block_id"]}
        return {**ids, "text": text, **kept, "type": element["type"], "action_ts": stamp}

    def _common(self, person: Person) -> Json:
        name = handle(person)
        return {
            "user": {"id": person.slack_id, "username": name, "name": name, "team_id": self._world.slack_team_id},
            "api_app_id": self._workspace.app_id,
            "token": TOKEN,
            "trigger_id": self._workspace.new_trigger(person),
            "team": {"id": self._world.slack_team_id, "domain": self._world.slack_domain},
            "is_enterprise_install": False,
        }

    def _channel(self, conversation: Conversation) -> Json:
        name = "directmessage" if conversation.kind == "personal" else conversation.name
        return {"id": conversation.id, "name": name}

    def _response_url(self, person: Person, conversation: Conversation, message: Message | None) -> str:
        return self.url + self._workspace.new_response_path(person, conversation, message)


def escaped(parts: Sequence[Part], *, with_names: bool = False) -> str:
    """Text as Slack stores it: `&`, `<` and `>` escaped, people as `<@U…>` or, in slash commands, `<@U…|name>`."""
    pieces = []
    for part in parts:
        if isinstance(part, Person):
            pieces.append(f"<@{part.slack_id}|{handle(part)}>" if with_names else f"<@{part.slack_id}>")
            continue
        pieces.append(part.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
    return "".join(pieces)
