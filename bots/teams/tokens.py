"""The bot's own access token for the Bot Connector (Entra's client-credentials flow), fetched without blocking."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import aiohttp

from bots.sending import Transient
from bots.teams.keys import read_capped
from bots.teams.service import is_loopback, is_trustworthy

LOGIN = "https://login.microsoftonline.com"
MULTI_TENANT = "botframework.com"
SCOPE = "https://api.botframework.com/.default"
FETCH_TIMEOUT = 5.0
MARGIN = 300.0
ANSWER_BYTES_MAX = 100_000

log = logging.getLogger(__name__)


class AccessTokens:
    """One token, renewed shortly before it expires. The SDK's own fetch blocks the event loop and is made per turn.

    `authority` is Entra's address, `tenant` a directory's id or `botframework.com`. Without a `password` (unsigned
    development) there is no token. `clock` gives seconds since 1970.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        app_id: str,
        password: str,
        tenant: str,
        authority: str,
        clock: Callable[[], float],
    ) -> None:
        self._session = session
        self._url = f"{authority.rstrip('/')}/{tenant}/oauth2/v2.0/token"
        self._form = {
            "grant_type": "client_credentials",
            "client_id": app_id,
            "client_secret": password,
            "scope": SCOPE,
        }
        self._is_needed = bool(password)
        self._clock = clock
        self._token = ""
        self._good_until = float("-inf")
        self._fetching = asyncio.Lock()

    async def get(self, service_url: str) -> str:
        """The token for a Bot Connector, empty if none is needed. Raises Transient.

        Entra's token is for Microsoft's Connector: one on this machine (Agents Playground) never sees it.
        """
        if not self._is_needed or (is_loopback(service_url) and not is_loopback(self._url)):
            return ""
        if self._clock() < self._good_until:
            return self._token
        async with self._fetching:
            if self._clock() >= self._good_until:
                await self._fetch()
            return self._token

    def forget(self, token: str) -> None:
        """The Connector refused it; the next call fetches another."""
        if token == self._token:
            self._good_until = float("-inf")

    async def _fetch(self) -> None:
        if not is_trustworthy(self._url):
            raise Transient("the token service is not reached over https")
        try:
            async with asyncio.timeout(FETCH_TIMEOUT):
                status, answer = await self._ask()
        except (aiohttp.ClientError, TimeoutError, ValueError) as failure:
            raise Transient(f"the token service cannot be reached: {type(failure).__name__}") from None
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if status != 200 or not isinstance(token, str) or not isinstance(seconds, int):
            log.warning("the token service refused the Teams bot's credentials: %s", _error(answer))
            raise Transient(f"the token service answered {status}")
        self._token = token
        self._good_until = self._clock() + max(seconds - MARGIN, seconds / 2)

    async def _ask(self) -> tuple[int, dict[str, Any]]:
        async with self._session.post(self._url, data=self._form, allow_redirects=False) as response:
            answer = json.loads(await read_capped(response, ANSWER_BYTES_MAX))
            return response.status, answer if isinstance(answer, dict) else {}


def _error(answer: dict[str, Any]) -> str:
    """OAuth's short error word; the description names the app and is left out."""
    error = answer.get("error")
    return error[:40] if isinstance(error, str) and error.replace("_", "").isalnum() else "unknown"
