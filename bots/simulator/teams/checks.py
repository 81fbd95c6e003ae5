"""What the Connector refuses in an activity, with its own error codes."""

import re

from aiohttp import web

from bots.simulator.reading.adaptive import actions, inputs
from bots.simulator.world import Json

ACTIVITY_BYTES_MAX = 80 * 1024
CARD_TYPE = "application/vnd.microsoft.card.adaptive"
CARD_TYPES = re.compile(
    r"^application/vnd\.microsoft\.(card\.\w+|teams\.\w[\w.]*)$|^image/(png|jpe?g|gif)$|^text/html$"
)
CARD_VERSIONS = frozenset({"1.0", "1.1", "1.2", "1.3", "1.4", "1.5"})
ACTIONS = frozenset({"Action.Execute", "Action.OpenUrl", "Action.Submit", "Action.ShowCard", "Action.ToggleVisibility"})
REFRESH_USERS_MAX = 60
USER_PREFIXES = ("29:", "8:orgid:")
DATASETS = frozenset({"graph.microsoft.com/users", "graph.microsoft.com/users?scope=currentContext"})
OBJECT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ConnectorError(Exception):
    """An answer of the Connector that is not a success."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def response(self) -> web.Response:
        return web.json_response({"error": {"code": self.code, "message": self.message}}, status=self.status)


def check_activity(activity: Json, size: int) -> None:
    """`size` is that of the request's body in bytes. Raises ConnectorError."""
    if size > ACTIVITY_BYTES_MAX:
        raise ConnectorError(413, "MessageSizeTooBig", "Message size too large.")
    kind = activity.get("type")
    if kind not in ("message", "typing", "invokeResponse", "event", "trace"):
        raise ConnectorError(400, "BadSyntax", f"Unknown activity type {kind!r}")
    attachments = activity.get("attachments") or []
    if kind == "message" and not activity.get("text") and not attachments:
        raise ConnectorError(400, "BadSyntax", "Activity must include non empty 'text' field or at least 1 attachment")
    for attachment in attachments:
        _check_attachment(attachment)
    for entity in activity.get("entities") or []:
        if (
            entity.get("type") == "mention"
            and entity.get("text")
            and entity["text"] not in (activity.get("text") or "")
        ):
            raise ConnectorError(400, "BadArgument", "Mentioned entity's text was not found in the activity's text")


def _check_attachment(attachment: Json) -> None:
    kind = attachment.get("contentType") or ""
    if not CARD_TYPES.match(kind):
        raise ConnectorError(400, "BadSyntax", f"Unknown attachment type {kind!r}")
    if kind == CARD_TYPE:
        check_card(attachment.get("content"))


def check_card(card: object) -> None:
    """An Adaptive Card as Teams takes it: version up to 1.5, known actions, Execute with a verb. Raises ConnectorError."""
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        raise ConnectorError(400, "BadSyntax", "Invalid adaptive card: content must be an object of type AdaptiveCard")
    if card.get("version") not in CARD_VERSIONS:
        raise ConnectorError(
            400, "BadSyntax", f"Invalid adaptive card: version {card.get('version')!r} is not supported"
        )
    body = card.get("body")
    if not isinstance(body, list) or not all(isinstance(element, dict) and element.get("type") for element in body):
        raise ConnectorError(400, "BadSyntax", "Invalid adaptive card: body must be a list of elements")
    for action in actions(card):
        if action["type"] not in ACTIONS:
            raise ConnectorError(400, "BadSyntax", f"Invalid adaptive card: unknown action {action['type']!r}")
    _check_refresh(card.get("refresh"))
    for element in inputs(card):
        _check_people(element)


def _check_refresh(refresh: Json | None) -> None:
    if refresh is None:
        return
    user_ids = refresh.get("userIds") or []
    if (refresh.get("action") or {}).get("type") != "Action.Execute":
        raise ConnectorError(400, "BadSyntax", "Invalid adaptive card: refresh needs an Action.Execute")
    if len(user_ids) > REFRESH_USERS_MAX:
        raise ConnectorError(400, "BadSyntax", "Invalid adaptive card: refresh.userIds has more than 60 users")
    if not user_ids or not all(each.startswith(USER_PREFIXES) for each in user_ids):
        raise ConnectorError(400, "BadSyntax", "Invalid adaptive card: refresh.userIds are ids of users")


def _check_people(element: Json) -> None:
    """A people picker: its list is one of Microsoft's, and whoever is chosen already is named by Entra's object id."""
    data = element.get("choices.data")
    if data is None:
        return
    if data.get("type") != "Data.Query" or data.get("dataset") not in DATASETS:
        raise ConnectorError(400, "BadSyntax", "Invalid adaptive card: a people picker needs a known dataset")
    chosen = [each for each in element.get("value", "").split(",") if each]
    if not all(OBJECT_ID.fullmatch(each) for each in chosen):
        raise ConnectorError(400, "BadSyntax", "Invalid adaptive card: a people picker knows people by object ids")
