"""POST /hooks/{name}: events of systems that speak neither AMQP nor any of the chats, signed with a secret of each hook's own."""

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web

TIMESTAMP: Final = "X-Plaudit-Timestamp"
SIGNATURE: Final = "X-Plaudit-Signature"
IDEMPOTENCY_KEY: Final = "Idempotency-Key"
CLOCK_SKEW_MAX: Final = 300  # seconds, in both directions
SIZE_MAX: Final = 256 * 1024
RETRY_SECONDS: Final = 60

_TIMESTAMP_SHAPE = re.compile(r"[0-9]{1,12}")
_SIGNATURE_SHAPE = re.compile(r"v1=[0-9a-f]{64}")
_KEY_SHAPE = re.compile(r"[\x21-\x2d\x2f-\x7e]{1,200}")  # no dot: it ends the key in what is signed

Receive = Callable[[str, str, bytes], Awaitable[tuple[int, Mapping[str, Any]]]]
"""(hook, idempotency key or empty, body) → (status, JSON)."""


class Wrong(Exception):
    """The request is refused before anybody looks into its body."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"error": {"code": code, "message": message}}


def routes(secrets: Mapping[str, bytes], receive: Receive, clock: Callable[[], float]) -> list[web.RouteDef]:
    """`clock` is Unix time."""

    async def hook(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        try:
            secret = secrets.get(name)
            if secret is None:
                raise Wrong(404, "hook_unknown", "There is no hook of this name; see PLAUDIT_HOOKS.")
            body = await _read(request)
            key = _authenticate(request, body, secret, clock())
        except Wrong as wrong:
            return _answer(wrong.status, wrong.body)
        return _answer(*await receive(name, key, body))

    return [web.post("/hooks/{name}", hook)]


def sign(body: bytes, *, secret: bytes, timestamp: str, key: str = "") -> str:
    """HMAC-SHA256 over `timestamp.body`, or `timestamp.key.body` with an idempotency key: who repeats a request cannot make
    another of it. The two cannot be taken for each other, as a body is a JSON object."""
    signed = f"{timestamp}.{key}.".encode() if key else f"{timestamp}.".encode()
    return "v1=" + hmac.digest(secret, signed + body, "sha256").hex()


def _authenticate(request: web.Request, body: bytes, secret: bytes, now: float) -> str:
    """The idempotency key, once it is sure that somebody with the secret sent all this now. Raises Wrong."""
    timestamp = _only(request, TIMESTAMP, _TIMESTAMP_SHAPE)
    signature = _only(request, SIGNATURE, _SIGNATURE_SHAPE)
    if abs(now - int(timestamp)) > CLOCK_SKEW_MAX:
        raise Wrong(
            401, "timestamp_old", f"{TIMESTAMP} is more than {CLOCK_SKEW_MAX} seconds from now; correct the clock."
        )
    key = request.headers.get(IDEMPOTENCY_KEY, "")
    is_one = len(request.headers.getall(IDEMPOTENCY_KEY, [])) < 2 and (not key or _KEY_SHAPE.fullmatch(key))
    if not is_one or not hmac.compare_digest(sign(body, secret=secret, timestamp=timestamp, key=key), signature):
        message = f"{SIGNATURE} does not match; sign timestamp.body, or timestamp.key.body with an {IDEMPOTENCY_KEY}"
        raise Wrong(401, "signature_wrong", f"{message} of 1 to 200 visible ASCII characters without a dot.")
    return key


def _only(request: web.Request, name: str, shape: re.Pattern[str]) -> str:
    values = request.headers.getall(name, [])
    if len(values) != 1 or shape.fullmatch(values[0]) is None:
        wanted = "Unix time in seconds" if name == TIMESTAMP else "v1= and 64 hexadecimal digits"
        raise Wrong(401, "header_wrong", f"{name} is missing, given twice or malformed; send {wanted}.")
    return values[0]


async def _read(request: web.Request) -> bytes:
    """The body's own bytes. Raises Wrong."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Wrong(415, "encoding_wrong", "Send the body as it is, without Content-Encoding.")
    if request.content_type != "application/json" or (request.charset or "utf-8").lower() != "utf-8":
        raise Wrong(415, "type_wrong", "Send application/json in UTF-8.")
    too_large = Wrong(413, "too_large", f"The body is larger than {SIZE_MAX // 1024} KB; send several events.")
    if (request.content_length or 0) > SIZE_MAX:
        raise too_large
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise too_large from None
    if len(body) > SIZE_MAX:
        raise too_large
    return body


def _answer(status: int, body: Mapping[str, Any]) -> web.Response:
    headers = {"Retry-After": str(RETRY_SECONDS)} if status == 503 else {}
    return web.json_response(body, status=status, headers=headers)
