"""The commands that a platform's menu lists: named as in English, which everybody may type, described in the reader's language."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cards.help import EXAMPLES
from cards.words import ENGLISH, words_for

Audience = Literal["private", "group", "administrators"]

PRIVATE = frozenset({"link"})
"""Typed in private only: menus of groups leave them out."""
ADMINISTRATORS = frozenset({"admin"})
"""Menus of groups show them to administrators, where a platform can tell these apart."""
HELP = "help"

_CODE = re.compile(r"\b[\w-]{22}\b")


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a menu."""

    verb: str
    about: str


def listed(locale: str, audience: Audience) -> Sequence[Listed]:
    """In the order of the help card."""
    words = words_for(locale)
    left_out = {"private": frozenset(), "group": PRIVATE | ADMINISTRATORS, "administrators": PRIVATE}[audience]
    return [Listed(verb, words(f"help.about.{verb}")) for verb in EXAMPLES if verb not in left_out]


def first(commands: Sequence[Listed], most: int) -> Sequence[Listed]:
    """As many as a menu has room for; help, which names all of them, is always among these."""
    if len(commands) <= most:
        return commands
    kept = [command for command in commands if command.verb != HELP][: most - 1]
    return [*kept, *(command for command in commands if command.verb == HELP)]


def arguments(verb: str) -> Sequence[str]:
    """What may follow the verb, from the English examples: `@Ana thank you …`, `undo`, …; nothing for `/points` alone."""
    words = words_for(ENGLISH)
    examples = (words(f"help.{verb}.{kind}.example") for kind in EXAMPLES[verb])
    return [_CODE.sub("CODE", after) for after in (example.partition(" ")[2] for example in examples) if after]
