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

from bots.desk import Desk
from bots.teams import answers
from bots.teams.activity import invoked, read_envelope
from bots.teams.auth import Doorkeeper
from bots.teams.connector import Connectors
from bots.teams.fields import inside, text
from bots.teams.invokes import DIALOGS

AUDIENCE = "https://api.botframework.com"
# Teams waits 15 s for the answer to a press, 5 s for a dialog's; this leaves room for the way there and back.
INVOKE_WINDOW, DIALOG_WINDOW = 10.0, 3.5
BOT_NAME = "Plaudit"

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
        incoming = invoked(self._body)
        if incoming is None:
            return InvokeResponse(status=501)
        name, locale = turn_context.activity.name, turn_context.activity.locale or ""
        window = DIALOG_WINDOW if name in DIALOGS else INVOKE_WINDOW
        try:
            answer = await self._desk.answer(incoming, body=self._body, window=window)
        except Exception:
            # An edge: what leaves here becomes an empty 501 in the SDK, and the presser would see nothing.
            log.exception("a press in Teams failed")
            return InvokeResponse(status=200, body=answers.apology(name, self._wording("failed", locale)))
        title = text(inside(self._body, "recipient"), "name") or BOT_NAME
        later = self._wording("later", locale)
        return InvokeResponse(status=200, body=answers.body_of(name, answer, later=later, title=title))
