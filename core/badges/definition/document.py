"""Bytes → JSON values, strictly: each key once, finite numbers, no character that a database refuses, within limits per badge."""

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from core.badges.definition.findings import Findings, below

DEPTH_MAX = 8
NODES_MAX = 200
BYTES_MAX = 64 * 1024
DOCUMENT_BYTES_MAX = 16 * 1024 * 1024


class _Object(dict[str, Any]):
    """An object that remembers keys it was given twice."""

    repeated: tuple[str, ...] = ()


class _NotFinite:
    """What stands for NaN and Infinity, which are no JSON."""


def _object(pairs: Sequence[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        made.repeated = tuple(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return made


def parse(content: bytes, findings: Findings) -> list[tuple[str, dict[str, Any]]]:
    """The badges of a document with their paths: one object, or a list of them. What is wrong is in `findings`."""
    if len(content) > DOCUMENT_BYTES_MAX:
        findings.fault("$", "document_too_large", limit=DOCUMENT_BYTES_MAX // 1024**2)
        return []
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        findings.fault("$", "not_utf8", at=error.start)
        return []
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=lambda _: _NotFinite())
    except json.JSONDecodeError as error:
        findings.fault("$", "not_json", line=error.lineno, column=error.colno, why=error.msg)
        return []
    except RecursionError:
        findings.fault("$", "too_deep", limit=DEPTH_MAX)
        return []
    except ValueError:  # a number of more digits than Python converts
        findings.fault("$", "number_too_long")
        return []
    return badges(value, findings)


def badges(value: Any, findings: Findings) -> list[tuple[str, dict[str, Any]]]:
    """The objects of a parsed document that are within the limits."""
    if isinstance(value, dict):
        return [("$", value)] if _is_sound(value, "$", findings) else []
    if not isinstance(value, list):
        findings.fault("$", "not_badges")
        return []
    if not value:
        findings.fault("$", "empty")
    sound = []
    for place, each in enumerate(value):
        path = below("$", place)
        if not isinstance(each, dict):
            findings.fault(path, "not_a_badge")
        elif _is_sound(each, path, findings):
            sound.append((path, each))
    return sound


def _is_sound(badge: dict[str, Any], path: str, findings: Findings) -> bool:
    before = len(findings.faults)
    for nodes, (inner, value, depth) in enumerate(_nodes(badge, path, 1), start=1):
        if depth > DEPTH_MAX:
            findings.fault(inner, "too_deep", limit=DEPTH_MAX)
            return False
        if nodes > NODES_MAX:
            findings.fault(path, "too_many_nodes", limit=NODES_MAX)
            return False
        _check(value, inner, findings)
    if len(findings.faults) == before and len(json.dumps(badge, ensure_ascii=False).encode()) > BYTES_MAX:
        findings.fault(path, "too_large", limit=BYTES_MAX // 1024)
    return len(findings.faults) == before


def _nodes(value: Any, path: str, depth: int) -> Iterator[tuple[str, Any, int]]:
    yield path, value, depth
    if depth > DEPTH_MAX:
        return
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    for key, each in inner:
        yield from _nodes(each, below(path, key), depth + 1)


def _check(value: Any, path: str, findings: Findings) -> None:
    if isinstance(value, dict):
        for key in value.repeated if isinstance(value, _Object) else ():
            findings.fault(below(path, key), "key_repeated")
        if any(_is_forbidden(key) for key in value):
            findings.fault(path, "control_character")
    elif isinstance(value, _NotFinite) or (isinstance(value, float) and not math.isfinite(value)):
        findings.fault(path, "not_finite")
    elif isinstance(value, int) and abs(value) >= 2**63:
        findings.fault(path, "number_too_long")
    elif isinstance(value, str) and _is_forbidden(value):
        findings.fault(path, "control_character")


def _is_forbidden(text: str) -> bool:
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)
