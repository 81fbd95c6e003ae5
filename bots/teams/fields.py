"""Reading an activity's JSON: what has to be there, and what may be missing or anything."""

from collections.abc import Mapping
from typing import Any

LENGTH_MAX = 1000


def required_object(holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Raises ValueError, without quoting."""
    value = holder.get(key)
    if not isinstance(value, dict):
        raise ValueError(f"{key} is missing")  # noqa: TRY004 - what `parse` promises
    return value


def required_text(holder: Mapping[str, Any], key: str) -> str:
    """Raises ValueError, without quoting."""
    value = holder.get(key)
    if not isinstance(value, str) or not value or len(value) > LENGTH_MAX:
        raise ValueError(f"{key} is missing")
    return value


def inside(holder: Any, *path: str) -> Mapping[str, Any]:
    """The object at the end of the path; empty if there is none."""
    for key in path:
        holder = holder.get(key) if isinstance(holder, dict) else None
    return holder if isinstance(holder, dict) else {}


def text(holder: Mapping[str, Any], key: str) -> str:
    value = holder.get(key)
    return value if isinstance(value, str) else ""


def locale(body: Mapping[str, Any]) -> str | None:
    return text(body, "locale") or None
