"""Slack's Web API and response_urls over one HTTP session: no redirects, no proxies of the environment, no retries."""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp import ClientHandlerType
from slack_sdk.web.async_client import AsyncWebClient

from bots.sending import Ambiguous, Permanent
from bots.slack.errors import Unreadable, from_code, from_status, translated

TIMEOUT: Final = aiohttp.ClientTimeout(total=10, sock_connect=5)


class Line:
    """One HTTP session for everything that a process asks of Slack; it opens with the first call."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    def opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=TIMEOUT, middlewares=(_only_json,))
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


class Api:
    """Calls raise a SendError (see `bots.slack.errors`) and nothing else. `token` may be empty where none is asked for."""

    def __init__(self, *, token: str, url: str, line: Line | None = None) -> None:
        self._token = token
        self._url = url.rstrip("/") + "/"
        self._line = line or Line()

    def speaking(self, token: str) -> "Api":
        """The same line with another token."""
        return Api(token=token, url=self._url, line=self._line)

    async def call(self, method: str, arguments: Mapping[str, Any], *, repeatable: bool = False) -> dict[str, Any]:
        """POST `arguments` as JSON. `repeatable`: a second call does no harm, so an unclear outcome is Transient."""
        with translated(method, repeatable=repeatable):
            answer = await self._client().api_call(method, json=dict(arguments))
            return _object(answer.data)

    async def ask(self, method: str, arguments: Mapping[str, str]) -> dict[str, Any]:
        """For methods that only read, and that take no JSON."""
        with translated(method, repeatable=True):
            answer = await self._client().api_call(method, data=dict(arguments))
            return _object(answer.data)

    async def introduce(self, method: str, arguments: Mapping[str, str], *, client: tuple[str, str]) -> dict[str, Any]:
        """For OAuth's methods: who calls is told by the app's client id and secret."""
        name, secret = client
        with translated(method):
            answer = await self._client().api_call(
                method, data=dict(arguments), auth={"client_id": name, "client_secret": secret}
            )
            return _object(answer.data)

    async def connect(self, url: str, *, heartbeat: float, size_max: int) -> "aiohttp.ClientWebSocketResponse[bool]":
        """Open a websocket that `apps.connections.open` named. The URL is the secret: it stands in no message of ours."""
        if not self._is_socket(url):
            raise Permanent("websocket: not a host of Slack")
        with translated("websocket", repeatable=True):
            return await self._line.opened().ws_connect(url, heartbeat=heartbeat, max_msg_size=size_max)

    async def respond(self, url: str, message: Mapping[str, Any], *, repeatable: bool = False) -> None:
        """Answer through a response_url: up to five times within 30 minutes. No token travels with it."""
        if not self._is_slack(url):
            raise Permanent("response_url: not a host of Slack")
        with translated("response_url", repeatable=repeatable):
            async with self._line.opened().post(
                url, json=dict(message), middlewares=(), allow_redirects=False
            ) as response:
                text = await response.text()
                if response.status != 200:
                    raise from_status("response_url", response.status, response.headers.get("Retry-After", ""))
                _check_accepted(text)

    async def close(self) -> None:
        await self._line.close()

    def _client(self) -> AsyncWebClient:
        client = AsyncWebClient(self._token, base_url=self._url, session=self._line.opened(), retry_handlers=[])
        client.proxy = None  # the SDK reads proxies from the environment by itself
        return client

    def _is_slack(self, url: str) -> bool:
        """`hooks.` before the API's own host over https, or the API's very origin (a simulated Slack)."""
        try:
            parts, api = urlsplit(url), urlsplit(self._url)
        except ValueError:
            return False
        if (parts.scheme, parts.netloc) == (api.scheme, api.netloc):
            return True
        return (parts.scheme, parts.netloc) == ("https", f"hooks.{api.hostname}")

    def _is_socket(self, url: str) -> bool:
        """A host below the API's own over wss, or the API's very origin over ws (a simulated Slack)."""
        try:
            parts, api = urlsplit(url), urlsplit(self._url)
            port = parts.port
        except ValueError:
            return False
        if (parts.scheme, parts.netloc) == ("ws", api.netloc) and api.scheme == "http":
            return True
        is_below = (parts.hostname or "").endswith(f".{api.hostname}") and "@" not in parts.netloc
        return parts.scheme == "wss" and is_below and port in (None, 443)


async def _only_json(request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
    """The SDK follows redirects and stumbles over a proxy's page that says 200; neither is an answer of Slack's."""
    response = await handler(request)
    is_other = response.status == 200 and response.content_type != "application/json"
    if is_other or 300 <= response.status < 400:
        response.close()
        raise Unreadable(response.status)
    return response


def _object(data: object) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise Unreadable(200)
    return data


def _check_accepted(text: str) -> None:
    """A response_url answers `ok`, or an object with `ok` and `error`."""
    if not text.startswith("{"):
        return
    try:
        answer = json.loads(text)
    except ValueError:
        raise Ambiguous("response_url: unreadable answer") from None
    if isinstance(answer, dict) and answer.get("ok") is False:
        raise from_code("response_url", str(answer.get("error", "")))
