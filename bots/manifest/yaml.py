"""YAML of what JSON can say, in blocks, as a person would write it. Whatever could be read as something else is quoted."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

Value = str | bool | int | Sequence["Value"] | Mapping[str, "Value"]

_PLAIN = re.compile(r"[A-Za-z/][\w/.-]*(?::[\w/.-]+)*", re.ASCII)
_OTHERWISE_READ = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
INDENT = "  "


def written(value: Mapping[str, Value]) -> str:
    return "\n".join(_mapping(value, "")) + "\n"


def _mapping(mapping: Mapping[str, Value], indent: str) -> Iterator[str]:
    for key, value in mapping.items():
        if isinstance(value, str | bool | int):
            yield f"{indent}{_scalar(key)}: {_scalar(value)}"
            continue
        yield f"{indent}{_scalar(key)}:"
        yield from _mapping(value, indent + INDENT) if isinstance(value, Mapping) else _list(value, indent + INDENT)


def _list(items: Sequence[Value], indent: str) -> Iterator[str]:
    """An item's own lines stand two columns in; the first of them takes the hyphen."""
    for item in items:
        if isinstance(item, str | bool | int):
            yield f"{indent}- {_scalar(item)}"
            continue
        inner = indent + INDENT
        lines = list(_mapping(item, inner) if isinstance(item, Mapping) else _list(item, inner))
        yield f"{indent}- {lines[0].removeprefix(inner)}"
        yield from lines[1:]


def _scalar(value: str | bool | int) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _OTHERWISE_READ:
        return value
    return json.dumps(value, ensure_ascii=False)
