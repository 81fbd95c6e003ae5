"""The Web API's methods, `/api/{method}`."""

import json
from collections.abc import Callable
from typing import Protocol

from aiohttp import web

from bots.simulator.slack.blocks import faults, with_ids
from bots.simulator.slack.errors import SlackApiError
from bots.simulator.slack.views import View, check_view, view_object
from bots.simulator.slack.workspace import Workspace
from bots.simulator.transcript import Message
from bots.simulator.world import Conversation, Json, Person

TEXT_MAX = 40_000
JSON_FIELDS = frozenset({"blocks", "attachments", "metadata", "view"})


class Board(Protocol):
    """Where the Web API puts what the bot sends."""

    def post(self, conversation: Conversation, content: Json, *, visible_to: Person | None = None) -> Message: ...

    def rewrite(self, message: Message, content: Json) -> None: ...

    def erase(self, message: Message) -> None: ...

    def message(self, conversation: Conversation, ts: str) -> Message | None: ...

    def show_view(self, view: View) -> None: ...


class WebApi:
    """The methods for one workspace; who may call them is decided in `app`."""

    def __init__(self, workspace: Workspace, board: Board) -> None:
        self._workspace = workspace
        self._board = board
        self._methods: dict[str, Callable[[Json], Json]] = {
            "api.test": lambda asked: {"args": asked},
            "auth.test": self._auth_test,
            "users.info": self._users_info,
            "users.lookupByEmail": self._users_lookup,
            "conversations.open": self._conversations_open,
            "conversations.info": self._conversations_info,
            "conversations.members": self._conversations_members,
            "chat.postMessage": self._post_message,
            "chat.postEphemeral": self._post_ephemeral,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "views.open": self._views_open,
            "views.update": self._views_update,
            "views.publish": self._views_publish,
        }

    @property
    def team_id(self) -> str:
        return self._workspace.world.slack_team_id

    @property
    def team_name(self) -> str:
        return self._workspace.world.slack_domain

    @property
    def bot_user_id(self) -> str:
        return self._workspace.world.bot.slack_id

    def now(self) -> float:
        return self._workspace.now()

    def call(self, method: str, asked: Json) -> Json:
        """Raises SlackApiError."""
        if method not in self._methods:
            raise SlackApiError("unknown_method")
        return self._methods[method](asked)

    def _auth_test(self, _: Json) -> Json:
        world = self._workspace.world
        return {
            "url": f"https://{world.slack_domain}.slack.com/",
            "team": world.slack_domain,
            "user": world.bot.name.lower(),
            "team_id": world.slack_team_id,
            "user_id": world.bot.slack_id,
            "bot_id": self._workspace.bot_id,
            "is_enterprise_install": False,
        }

    def _users_info(self, asked: Json) -> Json:
        return {"user": self._workspace.user(self._workspace.person(asked.get("user", "")))}

    def _users_lookup(self, asked: Json) -> Json:
        for person in self._workspace.world.people:
            if not person.is_bot and person.email.lower() == str(asked.get("email", "")).lower():
                return {"user": self._workspace.user(person)}
        raise SlackApiError("users_not_found")

    def _conversations_open(self, asked: Json) -> Json:
        users = str(asked.get("users", "")).split(",")
        if len(users) != 1 or not users[0]:
            raise SlackApiError("users_list_not_supplied" if not users[0] else "method_not_supported_for_channel_type")
        person = self._workspace.person(users[0])
        if person.is_bot:
            raise SlackApiError("cannot_dm_bot")
        conversation = self._workspace.world.personal("slack", person)
        return {"channel": {"id": conversation.id}}

    def _conversations_info(self, asked: Json) -> Json:
        return {"channel": self._workspace.channel(self._workspace.conversation(asked.get("channel", "")))}

    def _conversations_members(self, asked: Json) -> Json:
        conversation = self._workspace.conversation(asked.get("channel", ""))
        bots = [self._workspace.world.bot] if conversation.has_bot else []
        members = [person.slack_id for person in (*conversation.members, *bots)]
        begin, limit = int(asked.get("cursor") or 0), int(asked.get("limit") or 100)
        following = str(begin + limit) if begin + limit < len(members) else ""
        return {"members": members[begin : begin + limit], "response_metadata": {"next_cursor": following}}

    def _post_message(self, asked: Json) -> Json:
        conversation = self._writable(asked)
        message = self._board.post(conversation, self._content(asked))
        return {"channel": conversation.id, "ts": message.id, "message": message.payload}

    def _post_ephemeral(self, asked: Json) -> Json:
        conversation = self._writable(asked)
        person = self._workspace.person(asked.get("user", ""))
        if person not in conversation.members:
            raise SlackApiError("user_not_in_channel")
        return {"message_ts": self._board.post(conversation, self._content(asked), visible_to=person).id}

    def _update(self, asked: Json) -> Json:
        message = self._own(asked, "cant_update_message")
        self._board.rewrite(message, self._content(asked))
        return {
            "channel": message.conversation.id,
            "ts": message.id,
            "text": message.payload.get("text", ""),
            "message": message.payload,
        }

    def _delete(self, asked: Json) -> Json:
        message = self._own(asked, "cant_delete_message")
        self._board.erase(message)
        return {"channel": message.conversation.id, "ts": message.id}

    def _views_open(self, asked: Json) -> Json:
        view = check_view(asked.get("view"))
        if view["type"] != "modal":
            raise SlackApiError("invalid_arguments", ["only modals can be opened [json-pointer:/view/type]"])
        person = self._workspace.use_trigger(str(asked.get("trigger_id", "")))
        opened = View(person, self._view_object(view))
        self._workspace.views.append(opened)
        self._board.show_view(opened)
        return {"view": opened.payload}

    def _views_update(self, asked: Json) -> Json:
        given = check_view(asked.get("view"))
        for view in self._workspace.views:
            is_named = asked.get("external_id") and asked["external_id"] == view.payload["external_id"]
            if view.id != asked.get("view_id") and not is_named:
                continue
            if not view.is_open:
                break
            if asked.get("hash") not in (None, "", view.payload["hash"]):
                raise SlackApiError("hash_conflict")
            view.payload = self._view_object(given, view.id)
            self._board.show_view(view)
            return {"view": view.payload}
        raise SlackApiError("not_found")

    def _views_publish(self, asked: Json) -> Json:
        view = check_view(asked.get("view"))
        if view["type"] != "home":
            raise SlackApiError("invalid_arguments", ["only a home view can be published [json-pointer:/view/type]"])
        person = self._workspace.person(asked.get("user_id", ""))
        known = self._workspace.homes.get(person)
        home = View(person, self._view_object(view, known.id if known else ""))
        self._workspace.homes[person] = home
        self._board.show_view(home)
        return {"view": home.payload}

    def _view_object(self, view: Json, view_id: str = "") -> Json:
        workspace = self._workspace
        return view_object(view, workspace.world, app_id=workspace.app_id, bot_id=workspace.bot_id, view_id=view_id)

    def _writable(self, asked: Json) -> Conversation:
        conversation = self._workspace.conversation(str(asked.get("channel", "")))
        if not conversation.has_bot:
            raise SlackApiError("not_in_channel")
        return conversation

    def _own(self, asked: Json, refusal: str) -> Message:
        conversation = self._workspace.conversation(str(asked.get("channel", "")))
        message = self._board.message(conversation, str(asked.get("ts", "")))
        if message is None or message.is_deleted or message.visible_to is not None:
            raise SlackApiError("message_not_found")
        if message.author != self._workspace.world.bot:
            raise SlackApiError(refusal)
        return message

    def _content(self, asked: Json) -> Json:
        return checked_content(asked, self._workspace)


def checked_content(asked: Json, workspace: Workspace) -> Json:
    """Text, blocks and thread of a message to be. Raises SlackApiError."""
    text, blocks = asked.get("text") or "", asked.get("blocks") or []
    if not text and not blocks and not asked.get("attachments"):
        raise SlackApiError("no_text")
    if len(text) > TEXT_MAX:
        raise SlackApiError("msg_too_long")
    if found := faults(blocks):
        raise SlackApiError("invalid_blocks", found)
    content: Json = {"text": text}
    if blocks:
        content["blocks"] = with_ids(blocks, lambda: workspace.world.ids.hexadecimal(5))
    if asked.get("thread_ts"):
        content["thread_ts"] = str(asked["thread_ts"])
    return content


async def arguments(request: web.Request) -> Json:
    """Query, form or JSON; lists and objects inside form fields are JSON text."""
    given: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read())
        except ValueError:
            raise SlackApiError("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackApiError("json_not_object")
        return {**given, **body}
    for name, value in (await request.post()).items():
        given[name] = _decoded(str(value)) if name in JSON_FIELDS else str(value)
    return given


def _decoded(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        raise SlackApiError("invalid_blocks_format") from None
