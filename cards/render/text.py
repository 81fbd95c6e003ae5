"""Text as every surface needs it: nothing invisible that turns or breaks it, and cut where a person would cut."""

import re
import unicodedata

from cards.model import Line, Mention, Text
from cards.words import shown

# What no surface shows and some refuse: control characters, lone surrogates, and the characters that turn the direction of
# all that follows them. The words of members are cleaned on arrival (`core.text`); names from directories come as they are.
_BREAKS = re.compile("\r\n?|[\u2028\u2029\u0085\u000b\u000c]")
_UNSHOWN = re.compile("[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_SUSPECT = re.compile(f"{_BREAKS.pattern}|{_UNSHOWN.pattern}")
_JOINER = "\u200d"
_BAR_LENGTH = 10


def visible(text: str) -> str:
    """The text without what cannot be shown; line breaks are `\\n`."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSHOWN.sub("", _BREAKS.sub("\n", text)) if _SUSPECT.search(text) else text


def one_line(text: str) -> str:
    return " ".join(visible(text).split())


def clipped(text: str, length_max: int) -> str:
    """At most `length_max` characters, the last of them `…` if something is missing; no emoji is cut in two."""
    if len(text) <= length_max:
        return text
    end = max(0, length_max - 1)
    while end and _continues(text, end):
        end -= 1
    return text[:end].rstrip() + "…" if length_max else ""


def units(text: str) -> int:
    """Length in UTF-16 code units, as Telegram counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def bar(share: float) -> str:
    """`▰▰▰▱ 75 %` for a share from 0.0 to 1.0; what lies outside is full or empty."""
    bounded = min(1.0, max(0.0, share))
    full = round(bounded * _BAR_LENGTH)
    return "▰" * full + "▱" * (_BAR_LENGTH - full) + f" {round(bounded * 100)} %"


def is_subtle(line: Line) -> bool:
    """All of it is an aside, without links or mentions."""
    return all(isinstance(run, Text) and run.subtle for run in line)


def has_mention(line: Line) -> bool:
    return any(isinstance(run, Mention) for run in line)


def read(line: Line) -> str:
    """The line as plain text."""
    return visible("".join(shown(run) for run in line))


def _continues(text: str, index: int) -> bool:
    """Would a cut before `index` split what is drawn as one?"""
    character = text[index]
    return (
        character in {_JOINER, "\ufe0f"}
        or text[index - 1] == _JOINER
        or unicodedata.combining(character) > 0
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )
