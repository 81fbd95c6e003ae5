"""The small Markdown of Adaptive Cards' TextBlock, in which alone Teams knows mentions. What people typed is escaped."""

import re

_SPECIAL = re.compile(r"[\\`*_\[\]<>~&|]")
# A list, a heading or a quote begins with these at the start of a line.
_LINE_START = re.compile(r"^(\s*\d*)([-+#=.)])", re.MULTILINE)
# Four blanks or a tab there begin a block of code.
_INDENT = re.compile(r"^[^\S\n]+", re.MULTILINE)
# Clients replace {{DATE(…)}} and {{TIME(…)}} wherever they stand; a word joiner between the braces stops that.
_FUNCTION = re.compile(r"\{(?=\{)")
_BETWEEN_LETTERS = re.compile(r"[^\W_](?:.*[^\W_])?", re.DOTALL)
_EMPHASIS = re.compile(r"[\\`*\[\]<>~|]+|(?<!\w)_+|_+(?!\w)")
_NOT_IN_MENTION = re.compile(r"[\\`*_\[\]<>~&|#\n]+")


def literal(text: str) -> str:
    """Shown as typed where Markdown is not read."""
    return _FUNCTION.sub("{\u2060", text) if "{{" in text else text


def escaped(text: str) -> str:
    """Shown as typed where Markdown is read, but for blanks at the start of a line."""
    return _LINE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", _INDENT.sub(" ", literal(text))))


def strong(text: str) -> str:
    """Bold from the first letter or digit to the last: beside anything else Markdown does not see the asterisks as such."""
    core = _BETWEEN_LETTERS.search(text)
    if core is None:
        return escaped(text)
    return f"{escaped(text[: core.start()])}**{escaped(core[0])}**{escaped(text[core.end() :])}"


def unread(text: str) -> str:
    """Without what begins a link or an emphasis, for labels in which some clients read Markdown and others show it."""
    return " ".join(_EMPHASIS.sub(" ", literal(text)).split()) or "–"


def mention_name(name: str) -> str:
    """What may stand between `<at>` and `</at>`: the name without anything that Markdown or XML would read."""
    return " ".join(_NOT_IN_MENTION.sub(" ", literal(name)).split()) or "@"
