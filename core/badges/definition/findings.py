"""What is found while definitions are read: faults, which stop an import, and warnings, which do not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

SHOWN_MAX = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """`path` is a JSON path from the root of the document, `code` says what, `details` are figures, limits and nearest names."""

    path: str
    code: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Findings:
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    def fault(self, path: str, code: str, **details: Any) -> None:
        self.faults.append(Fault(path, code, details))

    def warn(self, path: str, code: str, **details: Any) -> None:
        self.warnings.append(Fault(path, code, details))


def below(path: str, *keys: str | int) -> str:
    """The path of something inside: `$[0].rules[1]`; a key that is no plain word stands in quotes."""
    for key in keys:
        if isinstance(key, int):
            path += f"[{key}]"
        else:
            path += f".{key}" if key.replace("-", "_").isidentifier() else f'["{key[:SHOWN_MAX]}"]'
    return path


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.5) -> str:
    """The known name that looks most like this one, empty if none does."""
    found = get_close_matches(name, sorted(known), n=1, cutoff=cutoff)
    return found[0] if found else ""


def shown(value: object) -> str:
    """A value as it may be quoted in a sentence."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 1] + "…"
