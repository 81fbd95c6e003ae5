"""POST /slack/events: one URL for events, commands and buttons; checked by us, dispatched by slack-bolt."""

import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bots.chat import Answer, Audience, Desk, Incoming, PlaceKind
from bots.slack.auth import Unsigned, authenticate
from bots.slack.events import WANTED
from bots.slack.identity import NotOurs
from bots.slack.outbound import content
from bots.slack.platform import SlackPlatform
from bots.strict_json import parse_object
from cards.words import words_for

PATH: Final = "/slack/events"
SIZE_MAX: Final = 262_144
WINDOW: Final = 2.0  # seconds; Slack gives up after three
FIELDS_MAX: Final = 64

log = logging.getLogger(__name__)


def routes(platform: SlackPlatform, desk: Desk) -> list[web.RouteDef]:
    return [web.post(PATH, Webhook(platform, desk).receive)]


class Webhook:
    def __init__(self, platform: SlackPlatform, desk: Desk) -> None:
        self._platform = platform
        self._desk = desk
        self._bolt = self._listening()

    async def receive(self, request: web.Request) -> web.Response:
        raw = await _read(request)
        try:
            authenticate(request.headers, raw, secret=self._platform.signing_secret, now=self._platform.clock())
        except Unsigned as error:
            log.info("a request that is not Slack's: %s", error)
            raise web.HTTPUnauthorized from None
        try:
            return await self._dispatch(_decode(request, raw))
        except NotOurs:
            raise web.HTTPForbidden from None
        except ValueError:
            raise web.HTTPBadRequest from None

    async def _dispatch(self, body: dict[str, Any]) -> web.Response:
        if body.get("type") == "app_rate_limited":
            log.warning("Slack holds events back: over 30,000 in an hour")
            return web.Response()
        incoming = None
        if not _is_handshake(body):
            await self._platform.recognise(body)
            found = self._platform.parse(body)
            if not found:
                return web.Response()
            incoming = found[0]
        return await to_aiohttp_response(await self._bolt.async_dispatch(_bolt_request(body, incoming)))

    def _listening(self) -> AsyncApp:
        """Bolt with every built-in check that is not already made; listeners answer before the response is written.

        The token stays with `bots.slack.api`: this client never calls, and a client with a token would ask `auth.test`
        by itself. Bolt's own loggers take the level of the one given.
        """
        bolt = AsyncApp(
            logger=logging.getLogger("slack_bolt"),
            name="slack_bolt.listeners",
            process_before_response=True,
            request_verification_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
            signing_secret=self._platform.signing_secret,
            client=AsyncWebClient(base_url=self._platform.api_url, retry_handlers=[]),
            authorize=_Known(self._platform),
        )
        for kind in WANTED:
            bolt.event(kind)(self._on_event)
        bolt.command(re.compile("^/"))(self._on_command)
        bolt.action(re.compile(""))(self._on_press)
        bolt.error(self._on_error)
        return bolt

    async def _on_event(self, body: dict[str, Any], context: AsyncBoltContext) -> BoltResponse:
        incoming: Incoming = context["incoming"]
        place = incoming.place
        await self._desk.store(
            "slack", place.tenant, incoming.delivery_id, place.remote_id or place.tenant, _kept(body)
        )
        return BoltResponse(status=200)

    async def _on_command(self, body: dict[str, Any], context: AsyncBoltContext) -> BoltResponse:
        incoming: Incoming = replace(context["incoming"], answers_in_body=True)
        answer = await self._desk.answer(incoming, body=_kept(body), window=WINDOW)
        if answer is None:
            return BoltResponse(status=200)
        return BoltResponse(status=200, body=_answered(answer, incoming))

    async def _on_press(self, body: dict[str, Any], context: AsyncBoltContext) -> BoltResponse:
        """The answer travels through the outbox; Slack shows a press's body to nobody."""
        await self._desk.answer(context["incoming"], body=_kept(body), window=WINDOW)
        return BoltResponse(status=200)

    async def _on_error(self, error: Exception, body: dict[str, Any]) -> BoltResponse:
        """Nothing is acknowledged that was not kept: Slack repeats an event, and marks a button as failed."""
        reference = _reference(body)
        log.error("delivery %s failed", reference, exc_info=error)
        if "command" not in body:
            return BoltResponse(status=500)
        text = words_for(None)("refusals.broken", reference=reference)
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": text})


class _Known(AsyncAuthorize):
    """Who we are, without asking Slack for every delivery."""

    def __init__(self, platform: SlackPlatform) -> None:
        self._platform = platform

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,  # noqa: ARG002
        enterprise_id: str | None,
        team_id: str | None,  # noqa: ARG002
        user_id: str | None,  # noqa: ARG002
        **_: str | None,
    ) -> AuthorizeResult:
        identity = self._platform.identity
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=identity.team_id,
            bot_user_id=identity.user_id or None,
            bot_id=identity.bot_id or None,
        )


def _bolt_request(body: dict[str, Any], incoming: Incoming | None) -> AsyncBoltRequest:
    """`socket_mode` is bolt's way to take a body that is checked and parsed already.

    Its HTTP mode takes every form with the word "payload" anywhere in it for a button's, and loses a command that says it.
    """
    try:
        return AsyncBoltRequest(body=body, mode="socket_mode", context={"incoming": incoming})
    except (AttributeError, KeyError, TypeError):  # it looks for ids all over the body and expects their types
        raise ValueError("a field has a type that Slack never sends") from None


def _is_handshake(body: Mapping[str, Any]) -> bool:
    """What bolt answers by itself: Slack trying out the URL or its certificate."""
    if body.get("type") == "url_verification":
        if not isinstance(body.get("challenge"), str):
            raise ValueError("a challenge is text")
        return True
    return "ssl_check" in body


def _answered(answer: Answer, incoming: Incoming) -> dict[str, Any]:
    """In a direct message between two people the other one would read along: only its asker sees the answer there."""
    is_shown = answer.audience is Audience.HERE and incoming.place.kind is not PlaceKind.PERSONAL
    return {"response_type": "in_channel" if is_shown else "ephemeral", **content(answer.rendered, answer.summary)}


def _kept(body: Mapping[str, Any]) -> dict[str, Any]:
    """Without Slack's old verification token, which is a secret and of no use."""
    return {key: value for key, value in body.items() if key != "token"}


def _reference(body: Mapping[str, Any]) -> str:
    """The same number in the log and in what the person reads."""
    source = str(body.get("trigger_id") or body.get("event_id") or "")
    return hashlib.sha256(source.encode()).hexdigest()[:8]


async def _read(request: web.Request) -> bytes:
    """The body's own bytes. Slack neither compresses nor exceeds the limit."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise web.HTTPUnsupportedMediaType
    if (request.content_length or 0) > SIZE_MAX:
        raise web.HTTPRequestEntityTooLarge(SIZE_MAX, request.content_length or 0)
    raw = await request.read()
    if len(raw) > SIZE_MAX:
        raise web.HTTPRequestEntityTooLarge(SIZE_MAX, len(raw))
    return raw


def _decode(request: web.Request, raw: bytes) -> dict[str, Any]:
    """JSON, a command's form, or a form whose `payload` is JSON. Raises ValueError."""
    if (request.charset or "utf-8").lower() != "utf-8":
        raise web.HTTPUnsupportedMediaType
    if request.content_type == "application/json":
        return parse_object(raw, limit=SIZE_MAX)
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType
    pairs = parse_qsl(
        raw.decode("utf-8"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=FIELDS_MAX
    )
    form = dict(pairs)
    if len(form) != len(pairs) or any("\0" in value for value in form.values()):
        raise ValueError("a field appears twice, or holds what no database stores")
    return parse_object(form["payload"].encode("utf-8"), limit=SIZE_MAX) if "payload" in form else dict(form)
