"""Both directions of trust: the Connector's signed tokens to the bot, and the bot's client-credential tokens to the Connector.

Source: Microsoft's "Authentication with the Bot Connector API".
"""

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from bots.simulator.clock import Clock, Ids
from bots.simulator.world import Json

ISSUER = "https://api.botframework.com"
SCOPE = "https://api.botframework.com/.default"
LIFETIME = timedelta(hours=1)
MULTI_TENANT = "botframework.com"
LOGIN = "https://login.microsoftonline.com"


@dataclass(frozen=True, slots=True)
class SigningKey:
    kid: str
    private: rsa.RSAPrivateKey

    def public_jwk(self) -> Json:
        jwk = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**jwk, "kid": self.kid, "x5t": self.kid, "use": "sig", "endorsements": ["msteams"]}


class KeyRing:
    """The keys that the Connector signs with; the published ones are those of `published`, the newest signs."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self.published: list[SigningKey] = []
        self.rotate()

    @property
    def current(self) -> SigningKey:
        return self.published[-1]

    def rotate(self) -> SigningKey:
        """Publish a new key in place of the old ones."""
        self.published = [self.unpublished()]
        return self.current

    def unpublished(self) -> SigningKey:
        """A key that nobody vouches for."""
        return SigningKey(self._ids.hexadecimal(27), rsa.generate_private_key(public_exponent=65537, key_size=2048))

    def jwks(self) -> Json:
        return {"keys": [key.public_jwk() for key in self.published]}

    def add_routes(self, app: web.Application, url: Callable[[], str]) -> None:
        """Publish the keys and the document that leads to them; `url` is where the server is."""

        async def metadata(_: web.Request) -> web.Response:
            return web.json_response(
                {
                    "issuer": ISSUER,
                    "authorization_endpoint": "https://invalid.botframework.com",
                    "jwks_uri": f"{url()}/openid/keys",
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                }
            )

        async def keys(_: web.Request) -> web.Response:
            return web.json_response(self.jwks())

        app.router.add_get("/openid/.well-known/openidconfiguration", metadata)
        app.router.add_get("/openid/keys", keys)


@dataclass(frozen=True, slots=True)
class Forgery:
    """What a token has instead of the truth. A claim of None is left out; `key` None signs with the published one.

    With HS256 the secret is the public key's PEM, the classic confusion attack.
    """

    algorithm: str = "RS256"
    kid: str | None = ""
    key: SigningKey | None = None
    claims: Json = field(default_factory=dict)


def connector_token(
    ring: KeyRing, clock: Clock, *, app_id: str, service_url: str, forgery: Forgery | None = None
) -> str:
    """The bearer token that comes with every activity."""
    forgery = forgery or Forgery()
    now = int(clock().timestamp())
    claims: Json = {
        "iss": ISSUER,
        "aud": app_id,
        "nbf": now - 300,
        "iat": now,
        "exp": now + int(LIFETIME.total_seconds()),
        "serviceurl": service_url,
        **forgery.claims,
    }
    key = forgery.key or ring.current
    headers = {} if forgery.kid is None else {"kid": forgery.kid or key.kid}
    kept = {name: value for name, value in claims.items() if value is not None}
    if forgery.algorithm == "HS256":
        return _confused(kept, headers, key)
    secret = "" if forgery.algorithm == "none" else key.private
    return jwt.encode(kept, secret, algorithm=forgery.algorithm, headers=headers)


def _confused(claims: Json, headers: Json, key: SigningKey) -> str:
    """Made by hand, because PyJWT refuses to sign with a public key."""
    pem = key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    segments = [_segment(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT", **headers}, claims)]
    signature = hmac.digest(pem, ".".join(segments).encode(), "sha256")
    return ".".join((*segments, _segment(signature)))


def _segment(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


class TokenService:
    """Microsoft Entra's client-credentials endpoint for one app registration."""

    def __init__(self, *, app_id: str, app_password: str, tenant_id: str, clock: Clock, ids: Ids) -> None:
        self.app_id = app_id
        self.app_password = app_password
        self.tenant_id = tenant_id
        self._clock = clock
        self._ids = ids
        self._expiries: dict[str, float] = {}

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/{tenant}/oauth2/v2.0/token", self._issue)
        app.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", self._discover)

    def accepts(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        return scheme == "Bearer" and self._expiries.get(token, 0) > self._clock().timestamp()

    def expire_all(self) -> None:
        """Every token handed out so far stops working."""
        self._expiries.clear()

    async def _issue(self, request: web.Request) -> web.Response:
        form = await request.post()
        if request.match_info["tenant"] not in (self.tenant_id, MULTI_TENANT):
            return _denied(400, "invalid_request", f"AADSTS90002: Tenant '{request.match_info['tenant']}' not found.")
        if form.get("grant_type") != "client_credentials":
            return _denied(400, "unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.")
        if form.get("client_id") != self.app_id:
            return _denied(401, "unauthorized_client", "AADSTS700016: Application was not found in the directory.")
        if form.get("client_secret") != self.app_password:
            return _denied(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        if form.get("scope") != SCOPE:
            return _denied(400, "invalid_scope", "AADSTS70011: The provided value for 'scope' is not valid.")
        seconds = int(LIFETIME.total_seconds()) - 1
        token = self._ids.hexadecimal(64)
        self._expiries[token] = self._clock().timestamp() + seconds
        return web.json_response(
            {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token}
        )

    async def _discover(self, request: web.Request) -> web.Response:
        # Named as Microsoft names them: MSAL accepts https endpoints only, and a redirecting client maps them back here.
        tenant = request.match_info["tenant"]
        return web.json_response(
            {
                "issuer": f"{LOGIN}/{tenant}/v2.0",
                "authorization_endpoint": f"{LOGIN}/{tenant}/oauth2/v2.0/authorize",
                "token_endpoint": f"{LOGIN}/{tenant}/oauth2/v2.0/token",
            }
        )


def _denied(status: int, error: str, description: str) -> web.Response:
    code = int(description.split(":", maxsplit=1)[0].removeprefix("AADSTS"))
    return web.json_response({"error": error, "error_description": description, "error_codes": [code]}, status=status)
