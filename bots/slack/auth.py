"""Is this request Slack's? Slack's version 0 signatures, checked before anything reads the body."""

import hashlib
import hmac
import re
from typing import Final

from multidict import CIMultiDict, CIMultiDictProxy

CLOCK_SKEW_MAX: Final = 300  # seconds, in both directions
SIGNATURE: Final = "X-Slack-Signature"
TIMESTAMP: Final = "X-Slack-Request-Timestamp"

_SIGNATURE_SHAPE = re.compile(r"v0=[0-9a-f]{64}")
_TIMESTAMP_SHAPE = re.compile(r"[0-9]{1,12}")

Headers = CIMultiDictProxy[str] | CIMultiDict[str]


class Unsigned(Exception):
    """Nobody with the signing secret sent this body now. The message is a short English phrase for the operator."""


def authenticate(headers: Headers, body: bytes, *, secret: str, now: float) -> None:
    """Raise Unsigned unless `body` carries Slack's signature of the last 300 seconds; `now` is Unix time."""
    timestamp = _only(headers, TIMESTAMP, _TIMESTAMP_SHAPE)
    signature = _only(headers, SIGNATURE, _SIGNATURE_SHAPE)
    if abs(now - int(timestamp)) > CLOCK_SKEW_MAX:
        raise Unsigned("the timestamp is too far from now")
    if not hmac.compare_digest(sign(body, secret=secret, timestamp=timestamp), signature):
        raise Unsigned("the signature does not match")


def sign(body: bytes, *, secret: str, timestamp: str) -> str:
    """The signature that Slack documents: HMAC-SHA256 over `v0:timestamp:body`."""
    signed = b"v0:" + timestamp.encode("ascii") + b":" + body
    return "v0=" + hmac.new(secret.encode("utf-8"), signed, hashlib.sha256).hexdigest()


def _only(headers: Headers, name: str, shape: re.Pattern[str]) -> str:
    values = headers.getall(name, [])
    if len(values) != 1:
        raise Unsigned(f"{name} is missing or given twice")
    if shape.fullmatch(values[0]) is None:
        raise Unsigned(f"{name} is malformed")
    return values[0]
