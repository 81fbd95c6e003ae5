"""One turn of the SDK: Microsoft's CloudAdapter and TeamsActivityHandler with our authentication and our storage."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Literal

from botbuilder.core import CloudAdapterBase, InvokeResponse, TurnContext
from botbuilder.core.teams import TeamsActivityHandler
from botbuilder.schema import Activity
from botframework.connector.auth import (
    AuthenticateRequestResult,
    BotFrameworkAuthentication,
    ClaimsIdentity,
    ConnectorFactory,
)

from bots.chat import Answer, Desk, Manner
from bots.teams.activity import EXECUTE, pressed, read_envelope
from bots.teams.auth import Doorkeeper
from bots.teams.connector import Connectors
from bots.teams.outbound import CARD_TYPE

AUDIENCE = "https://api.botframework.com"
TEXT_TYPE = "application/vnd.microsoft.activity.message"
ERROR_TYPE = "application/vnd.microsoft.error"
# Teams waits 15 s for an invoke's answer; this leaves room for the way there and back.
INVOKE_WINDOW = 10.0

Wording = Callable[[Literal["later", "failed"], str], str]

log = logging.getLogger(__name__)


class Authentication(BotFrameworkAuthentication):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's seam for authentication, filled with `Doorkeeper`. There is no user sign-in and no streaming."""

    def __init__(self, doorkeeper: Doorkeeper, connectors: Connectors) -> None:
        self._doorkeeper = doorkeeper
        self._connectors = connectors

    async def authenticate_request(self, activity: Activity, auth_header: str) -> AuthenticateRequestResult:
        """Raises Unauthorized."""
        claims = await self._doorkeeper.verify(
            auth_header, channel=activity.channel_id, service_url=activity.service_url
        )
        return self.result(claims)

    def result(self, claims: Mapping[str, Any]) -> AuthenticateRequestResult:
        """What the SDK wants to know of a caller that the doorkeeper let in."""
        result = AuthenticateRequestResult()
        result.claims_identity = ClaimsIdentity(dict(claims), True)
        result.audience = AUDIENCE
        result.connector_factory = self._connectors
        return result

    async def authenticate_streaming_request(self, *_: str) -> AuthenticateRequestResult:
        raise PermissionError("streaming is not offered")

    def create_connector_factory(self, _: ClaimsIdentity) -> ConnectorFactory:
        return self._connectors

    async def create_user_token_client(self, _: ClaimsIdentity) -> None:
        """The SDK asks in every turn; a client would cost a millisecond and serve nobody."""


class Adapter(CloudAdapterBase):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's adapter without its HTTP half, which answers invokes with 500 and bad tokens with 500."""


class Delivery(TeamsActivityHandler):  # type: ignore[misc]  # the SDK ships no types
    """One activity on its way to the desk: `body` is it as Teams sent it."""

    def __init__(self, body: Mapping[str, Any], desk: Desk, wording: Wording) -> None:
        self._body = body
        self._desk = desk
        self._wording = wording

    async def on_message_activity(self, _turn: TurnContext) -> None:
        envelope = read_envelope(self._body)
        place = envelope.place
        await self._desk.store("teams", envelope.tenant, envelope.delivery_id, place.remote_id, self._body)

    on_message_update_activity = on_message_activity
    on_message_delete_activity = on_message_activity
    on_conversation_update_activity = on_message_activity
    on_installation_update = on_message_activity

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        """Other invokes get 501, the SDK's own word for "not mine", which Teams shows as an unsupported action."""
        activity = turn_context.activity
        if activity.name != EXECUTE:
            return InvokeResponse(status=501)
        locale = activity.locale or ""
        try:
            answer = await self._desk.answer(pressed(self._body), body=self._body, window=INVOKE_WINDOW)
        except Exception:
            # An edge: what leaves here becomes an empty 501 in the SDK, and the presser would see nothing.
            log.exception("a press in Teams failed")
            return InvokeResponse(status=200, body=_apology(self._wording("failed", locale)))
        return InvokeResponse(status=200, body=_invoke_body(answer, self._wording("later", locale)))


def _invoke_body(answer: Answer | None, later: str) -> dict[str, Any]:
    """Teams wants a card or a text that is not empty; everything else makes it say that something went wrong."""
    if answer is None:
        return {"statusCode": 200, "type": TEXT_TYPE, "value": later}
    if answer.manner is Manner.TOAST:
        return {"statusCode": 200, "type": TEXT_TYPE, "value": answer.summary or later}
    return {"statusCode": 200, "type": CARD_TYPE, "value": answer.rendered.payload}


def _apology(text: str) -> dict[str, Any]:
    return {"statusCode": 500, "type": ERROR_TYPE, "value": {"code": "InternalServerError", "message": text}}
