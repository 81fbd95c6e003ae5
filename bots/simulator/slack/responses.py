"""Answers outside of the Web API: the body of a slash command's HTTP answer, and response_urls."""

import json
from typing import Protocol

from aiohttp import web

from bots.simulator.courier import Delivery
from bots.simulator.slack.errors import SlackApiError
from bots.simulator.slack.web_api import checked_content
from bots.simulator.slack.workspace import RESPONSE_SECONDS, RESPONSE_USES, ResponseUrl, Workspace
from bots.simulator.transcript import Message
from bots.simulator.world import Conversation, Json, Person


class Board(Protocol):
    def post(self, conversation: Conversation, content: Json, *, visible_to: Person | None = None) -> Message: ...

    def rewrite(self, message: Message, content: Json) -> None: ...

    def erase(self, message: Message) -> None: ...

    def toast(self, conversation: Conversation, person: Person, text: str) -> None: ...


class Responses:
    """A response_url works five times within thirty minutes."""

    def __init__(self, workspace: Workspace, board: Board) -> None:
        self._workspace = workspace
        self._board = board

    def add_routes(self, app: web.Application) -> None:
        team = self._workspace.world.slack_team_id
        app.router.add_post(f"/actions/{{team:{team}}}/{{number}}/{{secret}}", self._handle)

    def show_body(self, person: Person, conversation: Conversation, delivery: Delivery, command: str) -> None:
        """What Slack shows after a slash command: the answer, or that it failed."""
        if delivery.status != 200:
            word = "dispatch_failed" if delivery.status else "operation_timeout"
            self._board.toast(conversation, person, f'{command} failed with the error "{word}"')
            return
        answer = _parsed(delivery)
        if not answer.get("text") and not answer.get("blocks"):
            return
        try:
            self._show(ResponseUrl(person, conversation, None, 0.0), answer)
        except SlackApiError as error:
            self._board.toast(conversation, person, f'{command} failed with the error "{error.error}"')

    async def _handle(self, request: web.Request) -> web.Response:
        key = "/".join(request.match_info[part] for part in ("team", "number", "secret"))
        known = self._workspace.response_urls.get(key)
        if known is None:
            return web.json_response({"ok": False, "error": "invalid_url"}, status=404)
        if self._workspace.now() - known.made_at > RESPONSE_SECONDS:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        if known.uses >= RESPONSE_USES:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        try:
            answer = json.loads(await request.read())
            if not isinstance(answer, dict):
                raise SlackApiError("invalid_payload")
            self._show(known, answer)
        except SlackApiError as error:
            return web.json_response({"ok": False, "error": error.error}, status=400)
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        known.uses += 1
        return web.Response(text="ok")

    def _show(self, origin: ResponseUrl, answer: Json) -> None:
        """`response_type` is ephemeral unless it says in_channel."""
        if answer.get("delete_original") and origin.message is not None:
            self._board.erase(origin.message)
            return
        content = checked_content(answer, self._workspace)
        if answer.get("replace_original") and origin.message is not None:
            self._board.rewrite(origin.message, content)
            return
        is_public = answer.get("response_type") == "in_channel"
        self._board.post(origin.conversation, content, visible_to=None if is_public else origin.person)


def _parsed(delivery: Delivery) -> Json:
    """Slack takes JSON if the answer says so, otherwise the body is the text."""
    if delivery.content_type != "application/json":
        return {"text": delivery.body.decode("utf-8", "replace").strip()}
    try:
        parsed = delivery.json()
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
