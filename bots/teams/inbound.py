"""POST /api/messages: malformed is 4xx, forged is 401, not for us is 403, accepted means stored."""

import logging
from typing import Any

from aiohttp import web
from botbuilder.core import InvokeResponse
from botbuilder.schema import Activity
from msrest.exceptions import DeserializationError  # type: ignore[attr-defined]

from bots.desk import Desk
from bots.strict_json import SIZE_MAX, BadJson, parse_object
from bots.teams.activity import STORED, Envelope, read_envelope
from bots.teams.auth import Doorkeeper, Forbidden, Origin, Unauthorized
from bots.teams.turn import Adapter, Authentication, Delivery, Wording

INVOKE = "invoke"

log = logging.getLogger(__name__)


class Front:
    """The HTTP half of the SDK's CloudAdapter, written anew."""

    def __init__(self, doorkeeper: Doorkeeper, authentication: Authentication, wording: Wording) -> None:
        self._doorkeeper = doorkeeper
        self._authentication = authentication
        self._adapter = Adapter(authentication)
        self._wording = wording

    async def receive(self, request: web.Request, desk: Desk) -> web.Response:
        body = await _read(request)
        envelope, activity = _open(body)
        claims = await self._let_in(request, envelope)
        if envelope.kind not in STORED and envelope.kind != INVOKE:
            return web.Response(status=200)
        delivery = Delivery(body, desk, self._wording)
        caller = self._authentication.result(claims)
        response = await self._adapter.process_activity(caller, activity, delivery.on_turn)
        return _answer(response) if envelope.kind == INVOKE else web.Response(status=202)

    async def _let_in(self, request: web.Request, envelope: Envelope) -> dict[str, Any]:
        origin = Origin(request.remote or "", request.url.host or "", request.headers)
        try:
            claims = await self._doorkeeper.identify(
                request.headers.get("Authorization", ""),
                origin,
                channel=envelope.channel,
                service_url=envelope.service_url,
            )
            self._doorkeeper.admit(tenant=envelope.tenant, service_url=envelope.service_url)
        except Unauthorized as refusal:
            log.warning("an activity was refused: %s", refusal)
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"}) from None
        except Forbidden as refusal:
            log.warning("an activity was refused: %s", refusal)
            raise web.HTTPForbidden from None
        return claims


async def _read(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    if (request.content_length or 0) > SIZE_MAX:
        raise web.HTTPRequestEntityTooLarge(max_size=SIZE_MAX, actual_size=request.content_length or 0)
    try:
        # aiohttp stops at the application's own limit, which also holds for a body that unpacks to more.
        body = await request.read()
    except web.RequestPayloadError:
        raise web.HTTPBadRequest from None
    if len(body) > SIZE_MAX:
        raise web.HTTPRequestEntityTooLarge(max_size=SIZE_MAX, actual_size=len(body))
    try:
        return parse_object(body)
    except BadJson as fault:
        log.warning("an activity was refused: %s", fault)
        raise web.HTTPBadRequest from None


def _open(body: dict[str, Any]) -> tuple[Envelope, Activity]:
    """The activity as ours and as the SDK's."""
    try:
        envelope = read_envelope(body)
        activity = Activity().deserialize(body)
    except (ValueError, DeserializationError, AttributeError, TypeError) as fault:
        # The SDK's messages quote the body.
        log.warning("an activity was refused: malformed (%s)", type(fault).__name__)
        raise web.HTTPBadRequest from None
    # With `expectReplies` the SDK would answer with a list of replies instead of what the handler returns.
    activity.delivery_mode = None
    return envelope, activity


def _answer(response: InvokeResponse) -> web.Response:
    if response.body is None:
        return web.Response(status=int(response.status))
    return web.json_response(response.body, status=int(response.status))
