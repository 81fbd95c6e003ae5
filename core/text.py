"""What members type, made safe to keep: normalised, without control characters, within a length."""

import re
import unicodedata

TAG_LENGTH_MAX = 40

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
_KEPT = {"\n", "\u200d", "\ufe0f"}  # line breaks; the joiner and the selector that emoji are built with
_BLANKS = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r"\n{3,}")
_NOT_IN_TAG = re.compile(r"[^\w-]+")
_EMOJI_TAGS = range(0xE0020, 0xE0080)  # subdivision flags are spelled with these


def clean(typed: str) -> str:
    """NFC, without NUL, control, bidi and zero-width characters, blanks folded, at most two line breaks in a row."""
    kept = "".join(
        character
        for character in unicodedata.normalize("NFC", typed.replace("\r\n", "\n").replace("\t", " "))
        if character in _KEPT or ord(character) in _EMOJI_TAGS or unicodedata.category(character) not in _INVISIBLE
    )
    lines = "\n".join(line.strip() for line in _BLANKS.sub(" ", kept).split("\n"))
    return _BREAKS.sub("\n\n", lines).strip().strip("\u200d\ufe0f")


def clean_name(typed: str, length_max: int = 80) -> str:
    """A display name on one line; never empty."""
    return clean(typed).replace("\n", " ")[:length_max].strip() or "?"


def tag_name(typed: str) -> str:
    """`#Team Work` → `teamwork`; empty when nothing of it is a letter, digit, `_` or `-`."""
    folded = unicodedata.normalize("NFKC", clean(typed)).casefold()
    return _NOT_IN_TAG.sub("", folded).strip("-_")[:TAG_LENGTH_MAX]
