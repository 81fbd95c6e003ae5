"""POST /slack/events: one URL for events, commands, buttons and forms; checked by us, dispatched by slack-bolt."""

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

from bots.chat import Answer, Audience, Gone, Incoming, PlaceKind
from bots.desk import Desk
from bots.sending import SendError
from bots.slack import modals
from bots.slack.auth import Unsigned, authenticate
from bots.slack.events import WANTED
from bots.slack.identity import NotOurs
from bots.slack.outbound import content
from bots.slack.platform import SlackPlatform
from bots.strict_json import parse_object
from cards.words import words_for

PATH: Final = "/slack/events"
SIZE_MAX: Final = 262_144
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
            return await to_aiohttp_response(await self.dispatch(_decode(request, raw)))
        except NotOurs:
            raise web.HTTPForbidden from None
        except ValueError:
            raise web.HTTPBadRequest from None

    async def dispatch(self, body: dict[str, Any]) -> BoltResponse:
        """What Slack is answered to a body that is certainly its own. Raises NotOurs, and ValueError for what it never sends."""
        if body.get("type") == "app_rate_limited":
            log.warning("Slack holds events back: over 30,000 in an hour")
            return BoltResponse(status=200)
        incoming = None
        if not _is_handshake(body):
            try:
                await self._platform.recognise(body)
            except ValueError:
                raise
            except Exception as error:  # noqa: BLE001 - the edge, as `_on_error` is behind it: the database is away
                return await self._on_error(error, body)
            found = self._platform.parse(body)
            if not found:
                return BoltResponse(status=200)
            incoming = found[0]
        return await self._bolt.async_dispatch(_bolt_request(body, incoming))

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
        bolt.shortcut(re.compile(""))(self._on_press)
        bolt.view(re.compile(""))(self._on_submission)
        bolt.error(self._on_error)
        return bolt

    async def _on_event(self, body: dict[str, Any], context: AsyncBoltContext) -> BoltResponse:
        incoming: Incoming = context["incoming"]
        place = incoming.place
        is_farewell = isinstance(incoming.act, Gone) and not place.remote_id
        if is_farewell and not await self._platform.access.left(place.tenant, self._told_at(body)):
            return BoltResponse(status=200)
        await self._desk.store(
            "slack", place.tenant, incoming.delivery_id, place.remote_id or place.tenant, _kept(body)
        )
        return BoltResponse(status=200)

    async def _on_command(self, body: dict[str, Any], context: AsyncBoltContext) -> BoltResponse:
        incoming: Incoming = replace(context["incoming"], answers_in_body=True)
        answer = await self._desk.answer(incoming, body=_kept(body), window=self._platform.window.answer)
        if answer is None or await self._is_shown(answer, incoming, body):
            return BoltResponse(status=200)
        return BoltResponse(status=200, body=_answered(answer, incoming))

    async def _on_press(self, body: dict[str, Any], context: AsyncBoltContext) -> BoltResponse:
        """Slack shows the body to nobody: forms open, and what is pressed in a view is answered in one. Anything else travels
        through the outbox."""
        incoming: Incoming = replace(context["incoming"], answers_in_body=True)
        answer = await self._desk.answer(incoming, body=_kept(body), window=self._platform.window.answer)
        if answer is not None:
            await self._is_shown(answer, incoming, body)
        return BoltResponse(status=200)

    def _told_at(self, body: Mapping[str, Any]) -> float:
        said = body.get("event_time")
        return float(said) if isinstance(said, int) else self._platform.clock()

    async def _on_submission(self, body: dict[str, Any], context: AsyncBoltContext) -> BoltResponse:
        incoming: Incoming = replace(context["incoming"], answers_in_body=True)
        answer = await self._desk.answer(incoming, body=_kept(body), window=self._platform.window.answer)
        return BoltResponse(status=200, body=dict(modals.submitted(answer, body)))

    async def _is_shown(self, answer: Answer, incoming: Incoming, body: dict[str, Any]) -> bool:
        """Whether the answer was a view and needs no body any more; one that Slack does not show is sent as a message."""
        if not modals.is_view(answer):
            return False
        try:
            await self._platform.show(answer, incoming, body)
        except (SendError, TimeoutError) as error:
            log.info("a view was not shown: %s", error)
            await self._desk.owe(incoming, answer)
        return True

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
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,  # noqa: ARG002
        user_id: str | None,  # noqa: ARG002
        **_: str | None,
    ) -> AuthorizeResult:
        incoming: Incoming | None = context["incoming"]
        identity = self._platform.access.bot(incoming.place.tenant if incoming else "")
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
