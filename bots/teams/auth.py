"""Who may speak for Teams. The SDK's own checks accept too much (see `Doorkeeper`), so none of them is used."""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from typing import Any

import jwt

from bots.settings import LOOPBACK
from bots.teams.keys import ALGORITHM, KeyRing, SigningKey
from bots.teams.service import ServiceHosts

CHANNEL = "msteams"
PLAYGROUND_CHANNEL = "emulator"
ISSUER = "https://api.botframework.com"
LEEWAY = 300.0
PROOFS_MAX = 1000
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")


class Unauthorized(Exception):
    """The request does not prove that it comes from Teams; the message is for the operator's log."""


class Forbidden(Exception):
    """It comes from Teams, but not for us: another tenant or a Bot Connector that we do not know."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: the peer's address, the host it asked for, and its headers (any case)."""

    peer: str
    host: str
    headers: Mapping[str, str]

    @property
    def is_this_machine(self) -> bool:
        """A direct call over loopback: no proxy, and no web page that got itself resolved to 127.0.0.1."""
        if any(name in self.headers for name in FORWARDED):
            return False
        return _is_loopback(self.peer) and (self.host in LOOPBACK or _is_loopback(self.host))


class Doorkeeper:
    """Checks the Bot Connector's token, the tenant and the service URL of every activity.

    botbuilder accepts tokens without `exp`, activities without serviceUrl or channelId, and every tenant; here each of
    them is required. `unsigned` lets activities without a token in, from this machine only. `clock` is seconds since 1970.
    Source: Microsoft's "Authentication with the Bot Connector API", requirements 1 to 7.
    """

    def __init__(
        self,
        *,
        app_id: str,
        tenants: Collection[str],
        services: ServiceHosts,
        keys: KeyRing,
        unsigned: bool,
        clock: Callable[[], float],
    ) -> None:
        self._app_id = app_id
        self._tenants = frozenset(tenants)
        self._services = services
        self._keys = keys
        self._unsigned = unsigned
        self._clock = clock
        self._proofs: dict[bytes, _Proof] = {}

    async def identify(self, authorization: str, origin: Origin, *, channel: str, service_url: str) -> dict[str, Any]:
        """The token's claims, empty for an unsigned activity that may come in. Raises Unauthorized."""
        if self._unsigned and not authorization and origin.is_this_machine and channel in (CHANNEL, PLAYGROUND_CHANNEL):
            return {}
        if channel != CHANNEL:
            raise Unauthorized("another channel")
        return await self.verify(authorization, channel=channel, service_url=service_url)

    def admit(self, *, tenant: str, service_url: str) -> None:
        """Raises Forbidden."""
        if tenant not in self._tenants:
            raise Forbidden("tenant not listed in PLAUDIT_TEAMS_TENANT_IDS")
        if not self._services.allows(service_url):
            raise Forbidden("service URL's host not listed in PLAUDIT_TEAMS_SERVICE_HOSTS")

    async def verify(self, authorization: str, *, channel: str, service_url: str) -> dict[str, Any]:
        """The claims of a Bot Connector token for this activity. Raises Unauthorized."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("no bearer token")
        proof = await self._prove(token)
        if proof.key.endorsements and channel not in proof.key.endorsements:
            raise Unauthorized("the key is not endorsed for the channel")
        if proof.claims.get("serviceurl") != service_url:
            raise Unauthorized("the token is for another service URL")
        now = self._clock()
        if not _seconds(proof.claims["nbf"]) - LEEWAY <= now < _seconds(proof.claims["exp"]) + LEEWAY:
            raise Unauthorized("not valid now")
        return proof.claims

    async def _prove(self, token: str) -> "_Proof":
        """Teams sends one token for about an hour: its signature is computed once, as long as its key is published."""
        digest = sha256(token.encode("utf-8", "replace")).digest()
        known = self._proofs.get(digest)
        if known is not None and await self._keys.get(known.kid) is known.key:
            return known
        kid = _key_id(token)
        key = await self._keys.get(kid)
        if key is None:
            raise Unauthorized("unknown key")
        proof = _Proof(kid, key, self._decode(token, key.jwk))
        if len(self._proofs) >= PROOFS_MAX:
            self._proofs.clear()
        self._proofs[digest] = proof
        return proof

    def _decode(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        # Times are compared by `verify`, with the clock that was passed in.
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=self._app_id,
                issuer=ISSUER,
                options={
                    "require": ["iss", "aud", "exp", "nbf"],
                    "strict_aud": True,
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except jwt.PyJWTError as fault:
            raise Unauthorized(type(fault).__name__) from None
        except (ValueError, TypeError):
            raise Unauthorized("claims of the wrong type") from None


@dataclass(frozen=True, slots=True)
class _Proof:
    """A token whose signature, issuer and audience are right."""

    kid: str
    key: SigningKey
    claims: dict[str, Any]


def _key_id(token: str) -> str:
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError):
        raise Unauthorized("not a token") from None
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM or not isinstance(kid, str):
        raise Unauthorized("another algorithm, or no key named")
    return kid


def _seconds(claim: object) -> float:
    if isinstance(claim, bool) or not isinstance(claim, (int, float)) or not math.isfinite(claim):
        raise Unauthorized("a time is not a number")
    return float(claim)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
