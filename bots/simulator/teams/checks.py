"""What the Connector refuses in an activity, with its own error codes."""

import re

from aiohttp import web

from bots.simulator.reading.adaptive import actions
from bots.simulator.world import Json

ACTIVITY_BYTES_MAX = 80 * 1024
CARD_TYPE = "application/vnd.microsoft.card.adaptive"
CARD_TYPES = re.compile(
    r"^application/vnd\.microsoft\.(card\.\w+|teams\.\w[\w.]*)$|^image/(png|jpe?g|gif)$|^text/html$"
)
CARD_VERSIONS = frozenset({"1.0", "1.1", "1.2", "1.3", "1.4", "1.5"})
ACTIONS = frozenset({"Action.Execute", "Action.OpenUrl", "Action.Submit", "Action.ShowCard", "Action.ToggleVisibility"})
REFRESH_USERS_MAX = 60


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
    if len((card.get("refresh") or {}).get("userIds") or []) > REFRESH_USERS_MAX:
        raise ConnectorError(400, "BadSyntax", "Invalid adaptive card: refresh.userIds has more than 60 users")
