"""JSON from outside, read strictly: one object, no duplicate keys, finite numbers, bounded size and depth."""

import json
import math
from typing import Any, NoReturn

DEPTH_MAX = 32
SIZE_MAX = 262_144
DIGITS_MAX = 20
REPLACEMENT = "\ufffd"


class BadJson(ValueError):
    """The body is not what a platform sends; the message never quotes it."""


def parse_object(body: bytes, *, limit: int = SIZE_MAX) -> dict[str, Any]:
    """The JSON object in a request's body (UTF-8, at most `limit` bytes, at most 32 levels deep).

    Raises BadJson for anything else: other encodings and types, duplicate keys, NaN, infinities, numbers that overflow to
    one, and integers of more than 20 digits. NUL and lone surrogates, which PostgreSQL cannot keep, become U+FFFD: refusing
    them would make the platforms that repeat until a 2xx repeat forever.
    """
    if len(body) > limit:
        raise BadJson("too large")
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_bounded,
        )
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise BadJson("not JSON") from None
    except RecursionError:
        raise BadJson("too deep") from None
    if not isinstance(value, dict):
        raise BadJson("not an object")
    _check_depth(value)
    is_storable = b"\\u0000" not in body and b"\\ud" not in body.lower()
    return value if is_storable else {_storable(key): _storable(item) for key, item in value.items()}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise BadJson("a key appears twice")
    return unique


def _refuse_constant(_name: str) -> NoReturn:
    raise BadJson("a number is not finite")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise BadJson("a number is not finite")
    return number


def _bounded(digits: str) -> int:
    if len(digits) > DIGITS_MAX:
        raise BadJson("a number is too long")
    return int(digits)


def _check_depth(value: dict[str, Any]) -> None:
    level: list[Any] = [value]
    for _ in range(DEPTH_MAX):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise BadJson("too deep")


def _children(node: Any) -> list[Any]:
    values = node.values() if isinstance(node, dict) else node
    return [value for value in values if isinstance(value, (dict, list))]


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\x00", REPLACEMENT)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value
