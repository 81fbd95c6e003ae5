"""What members type, made safe to keep: normalised, without control characters, within a length."""

import re
import unicodedata

TAG_LENGTH_MAX = 40

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINER, _SELECTOR = "\u200d", "\ufe0f"  # what emoji are built with
_KEPT = {"\n", _JOINER, _SELECTOR}
_FLAG_TAGS = range(0xE0020, 0xE0080)  # subdivision flags are spelled with these
_PICTURES = range(0x1F000, 0x1FB00)  # also those that this Python's Unicode does not know yet
_BREAK = re.compile(r"\r\n?")
_FLAG_OR_HIDDEN = re.compile("(\U0001f3f4[\U000e0030-\U000e007a]{3,6}\U000e007f)|[\U000e0020-\U000e007f]")
_LOOSE_SELECTOR = re.compile("(?<![^\\s\u200d\ufe0f])\ufe0f+|(?<=\ufe0f)\ufe0f+")
_LOOSE_JOINER = re.compile("(?<!\\S)\u200d+|\u200d+(?!\\S)|(?<=\u200d)\u200d+")
_BLANKS = re.compile("(?:[^\\S\n]|[\u115f\u1160\u2800\u3164\uffa0])+")  # letters that look like nothing are blanks
_BREAKS = re.compile(r"\n{3,}")
_UNSEEN_MARK = re.compile("[\u034f\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def clean(typed: str) -> str:
    """NFC, without NUL, control, bidi and zero-width characters, blanks folded, at most two line breaks in a row."""
    kept = "".join(filter(_is_kept, _BREAK.sub("\n", typed).replace("\t", " ")))
    kept = _FLAG_OR_HIDDEN.sub(lambda match: match[1] or "", kept)
    kept = _LOOSE_JOINER.sub("", _LOOSE_SELECTOR.sub("", _BLANKS.sub(" ", kept)))
    lines = "\n".join(line.strip() for line in _BLANKS.sub(" ", kept).split("\n"))
    # Last, as what was between a letter and its accent is gone now.
    return unicodedata.normalize("NFC", _BREAKS.sub("\n\n", lines).strip())


def _is_kept(character: str) -> bool:
    if character in _KEPT or ord(character) in _FLAG_TAGS or ord(character) in _PICTURES:
        return True
    return unicodedata.category(character) not in _INVISIBLE


def clean_name(typed: str, length_max: int = 80) -> str:
    """A display name on one line; never empty."""
    return clean(typed).replace("\n", " ")[:length_max].strip() or "?"


def tag_name(typed: str) -> str:
    """`#Team Work` → `teamwork`; empty when nothing of it is a letter, digit, `_` or `-`."""
    folded = unicodedata.normalize("NFKC", clean(typed)).casefold()
    kept = unicodedata.normalize("NFKC", "".join(filter(_is_in_tag, _UNSEEN_MARK.sub("", folded))))
    name = kept[:TAG_LENGTH_MAX].strip("-_")
    return name if any(map(str.isalnum, name)) else ""


def _is_in_tag(character: str) -> bool:
    # Marks are the vowels of many scripts.
    return character.isalnum() or character in "-_" or unicodedata.category(character) in {"Mn", "Mc"}
