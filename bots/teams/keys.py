"""The Bot Connector's public keys, kept and refreshed without ever blocking the event loop."""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt

from bots.teams.service import is_trustworthy

LIFETIME = 24 * 60 * 60.0
RETRY_PAUSE = 60.0
FETCH_TIMEOUT = 3.0
DOCUMENT_BYTES_MAX = 1_000_000
ALGORITHM = "RS256"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`endorsements` are the channels the key may sign for; empty means that the document does not say."""

    jwk: jwt.PyJWK
    endorsements: frozenset[str]


class KeyRing:
    """Keys by id. `clock` gives seconds since 1970.

    An unknown id fetches the document again, at most once a minute, so that rotated keys work at once and forged ids cost
    nothing. A failed fetch keeps the keys there are. Source: Microsoft's "Authentication with the Bot Connector API".
    """

    def __init__(self, session: aiohttp.ClientSession, metadata_url: str, clock: Callable[[], float]) -> None:
        self._session = session
        self._metadata_url = metadata_url
        self._clock = clock
        self._keys: dict[str, SigningKey] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def get(self, kid: str) -> SigningKey | None:
        """The key, None if Microsoft does not publish it."""
        if self._is_current(kid):
            return self._keys[kid]
        async with self._fetching:
            if not self._is_current(kid) and self._clock() - self._tried_at >= RETRY_PAUSE:
                await self._refresh()
        return self._keys.get(kid)

    def _is_current(self, kid: str) -> bool:
        return kid in self._keys and self._clock() - self._fetched_at < LIFETIME

    async def _refresh(self) -> None:
        self._tried_at = self._clock()
        try:
            async with asyncio.timeout(FETCH_TIMEOUT):
                metadata = await self._document(self._metadata_url)
                keys = _read_keys(await self._document(metadata["jwks_uri"]))
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as failure:
            log.warning("the Bot Connector's keys could not be fetched: %s", type(failure).__name__)
            return
        self._keys = keys
        self._fetched_at = self._clock()

    async def _document(self, url: str) -> Any:
        if not is_trustworthy(url):
            raise ValueError("keys are fetched over https only")
        async with self._session.get(url, allow_redirects=False) as response:
            if response.status != 200:
                raise ValueError(f"status {response.status}")
            return json.loads(await read_capped(response, DOCUMENT_BYTES_MAX))


async def read_capped(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """A response's body. Raises ValueError when it is longer than `limit` bytes."""
    body = b""
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise ValueError("the answer is too long")
    return body


def _read_keys(document: Any) -> dict[str, SigningKey]:
    keys = {}
    for entry in document["keys"]:
        if not isinstance(entry, dict) or entry.get("kty") != "RSA" or not isinstance(entry.get("kid"), str):
            continue
        try:
            jwk = jwt.PyJWK(entry, algorithm=ALGORITHM)
        except jwt.PyJWTError:
            continue
        keys[entry["kid"]] = SigningKey(jwk, frozenset(entry.get("endorsements") or ()))
    if not keys:
        raise ValueError("the document holds no usable key")
    return keys
