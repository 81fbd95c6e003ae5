"""The SDK's ConnectorClient over our own aiohttp session: one client per Bot Connector, no threads, no hidden retries."""

from typing import Any

import aiohttp
from botframework.connector.aio import ConnectorClient
from botframework.connector.auth import ConnectorFactory
from botframework.connector.bot_framework_sdk_client_async import BotFrameworkConnectorConfiguration
from msrest.pipeline import Request, Response
from msrest.pipeline.async_abc import AsyncHTTPPolicy, AsyncHTTPSender, AsyncPipeline

from bots.sending import Ambiguous, Permanent, Transient
from bots.teams.errors import ConnectorRefusal, error_code
from bots.teams.keys import read_capped
from bots.teams.service import ServiceHosts
from bots.teams.tokens import AccessTokens

# The service answers within 15 s or not at all; a delivery's lease is longer than both together.
TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=3)
ANSWER_BYTES_MAX = 1_000_000
CLIENTS_MAX = 64
# Microsoft's "Send and receive targeted messages in group conversations".
TARGETED = "?isTargetedActivity=true"


class Connectors(ConnectorFactory):  # type: ignore[misc]  # the SDK ships no types
    """Clients by service URL. Stock botbuilder builds one per turn, which is half of what a turn costs.

    The pipeline is ours, so msrest's `ClientRetryPolicy` (three silent repeats of a POST) is never in the way: what to
    repeat is decided by `bots.deliver` alone.
    """

    def __init__(self, session: aiohttp.ClientSession, tokens: AccessTokens, services: ServiceHosts) -> None:
        self._sender = _Sender(session)
        self._tokens = tokens
        self._services = services
        self._clients: dict[str, ConnectorClient] = {}

    async def create(self, service_url: str, _audience: str | None = None) -> ConnectorClient:
        return self.get(service_url)

    def get(self, service_url: str) -> ConnectorClient:
        """Raises Permanent if the address is not an allowed one: the bot's token never goes there."""
        if not self._services.allows(service_url):
            raise Permanent("the service URL's host is not listed in PLAUDIT_TEAMS_SERVICE_HOSTS")
        client = self._clients.get(service_url)
        if client is None:
            if len(self._clients) >= CLIENTS_MAX:
                self._clients.clear()
            client = self._clients[service_url] = self._build(service_url)
        return client

    def _build(self, service_url: str) -> ConnectorClient:
        def pipeline(_: BotFrameworkConnectorConfiguration) -> AsyncPipeline[Any, Any]:
            return AsyncPipeline([_Bearer(self._tokens, service_url)], self._sender)

        # The SDK builds a pipeline of its own around the credentials too, before it takes ours: they must be two objects.
        credentials = _Bearer(self._tokens, service_url)
        configuration = BotFrameworkConnectorConfiguration(credentials, service_url, pipeline_type=pipeline)
        return ConnectorClient(credentials, custom_configuration=configuration)


class _Bearer(AsyncHTTPPolicy[Any, Any]):
    """Puts the bot's token on a request; msrest takes a policy wherever it takes credentials."""

    def __init__(self, tokens: AccessTokens, service_url: str) -> None:
        super().__init__()
        self._tokens = tokens
        self._service_url = service_url

    async def send(self, request: Request[Any], **kwargs: Any) -> Response[Any, Any]:
        token = await self._tokens.get(self._service_url)
        if token:
            request.http_request.headers["Authorization"] = f"Bearer {token}"
        try:
            return await self.next.send(request, **kwargs)  # type: ignore[union-attr]
        except ConnectorRefusal as refusal:
            if refusal.status == 401:
                self._tokens.forget(token)
            raise


class _Sender(AsyncHTTPSender[Any, Any]):
    """Raises ConnectorRefusal for every answer that is no success, and a SendError when there is none."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def __aexit__(self, *_: object) -> None:
        """The session is not ours to close."""

    async def send(self, request: Request[Any], *, is_targeted: bool = False, **_: Any) -> Response[Any, Any]:
        """`is_targeted` comes from the caller through the SDK, which knows no such message."""
        asked = request.http_request
        try:
            async with self._session.request(
                asked.method,
                asked.url + TARGETED if is_targeted else asked.url,
                data=asked.data,
                headers=dict(asked.headers),
                timeout=TIMEOUT,
                allow_redirects=False,
            ) as response:
                body = await read_capped(response, ANSWER_BYTES_MAX)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as failure:
            raise Transient(f"the Connector cannot be reached: {type(failure).__name__}") from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as failure:
            raise Ambiguous(f"the Connector's answer was lost: {type(failure).__name__}") from None
        if not 200 <= response.status < 300:
            raise ConnectorRefusal(response.status, error_code(body), response.headers)
        return Response(request, _Answer(response, body))


class _Answer:
    """A response in the shape that msrest's deserializer reads."""

    def __init__(self, response: aiohttp.ClientResponse, body: bytes) -> None:
        self.status_code = response.status
        self.reason = response.reason
        self.headers = {"content-type": "application/json"}
        self.context: dict[str, Any] = {}
        self._body = body

    def body(self) -> bytes:
        return self._body

    def text(self) -> str:
        return self._body.decode("utf-8-sig", "replace")
