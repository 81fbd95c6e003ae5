"""Text → command. Pure: no session, no clock, no platform.

`[/]verb [subverb] [@people …] [free text] [#tags] [+points]`, in any case and any language that has a locale file. The people
at the beginning receive; who is named later, in the middle of a sentence, is only spoken of. If nobody is named at the
beginning, everybody who is named receives.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bots.chat import Account, Part, Typed

SUBVERBS: Mapping[str, frozenset[str]] = {
    "kudos": frozenset({"undo", "me", "private"}),
    "points": frozenset({"history"}),
    "leaderboard": frozenset({"today", "week", "month", "quarter", "year", "all", "points"}),
    "admin": frozenset({"connect", "disconnect"}),
}
ALONE = frozenset({"undo", "me"})
"""Subverbs that nothing may follow: `/kudos me` is a question, `/kudos me and my team …` is not."""

_WORD = re.compile(r"\S+")
_POINTS = re.compile(r"\+[-+.,\"'\d]\S*|\+(?:nan|inf|infinity|true|false)", re.IGNORECASE)
_TAG = re.compile(r"#\w[\w-]*[.,;:!?]*")
_BEFORE_MARK = re.compile(r" ([!?.,;:]+)(?= |$)")  # "@Ana" and "!" were two tokens
_SEPARATORS = frozenset({",", ":", "-", "—"})
_JOINTS = frozenset({",", "&", "and", "y", "e", "und", "et", "with", "con", "to", "a"})


@dataclass(frozen=True, slots=True)
class Command:
    """What a message asks. `verb` is empty when nobody knows it; `typed_verb` is what was written.

    `points` are the tokens after a `+`, unread: whether they are amounts is for the command to say.
    """

    verb: str
    typed_verb: str = ""
    subverb: str = ""
    receivers: tuple[Account, ...] = ()
    typed: tuple[str, ...] = ()
    text: str = ""
    tags: tuple[str, ...] = ()
    points: tuple[str, ...] = ()

    @property
    def is_bare(self) -> bool:
        """Whether nothing but the verb was written."""
        return not (self.subverb or self.receivers or self.typed or self.text or self.tags or self.points)


def parse(parts: Sequence[Part], *, verbs: Mapping[str, str], subverbs: Mapping[str, str]) -> Command:
    """Read a message. `verbs` and `subverbs` map case-folded spellings to their names."""
    tokens = _tokens(parts)
    if not tokens or not isinstance(tokens[0], str):
        return Command("")
    typed_verb = tokens[0].lstrip("/").strip(".,:;!").casefold()
    verb = verbs.get(typed_verb, "")
    tokens = tokens[1:]
    subverb = _subverb(verb, tokens, subverbs)
    if subverb:
        tokens = tokens[1:]
    return _arguments(Command(verb, typed_verb, subverb), tokens)


def _tokens(parts: Sequence[Part]) -> list[Part]:
    """Words and people in order; line breaks stay at the front of the word that follows them."""
    tokens: list[Part] = []
    for part in parts:
        if not isinstance(part, str):
            tokens.append(part)
            continue
        end = 0
        for match in _WORD.finditer(part):
            breaks = "\n" * part.count("\n", end, match.start())
            tokens.append(breaks + match.group() if tokens else match.group())
            end = match.end()
    return tokens


def _subverb(verb: str, tokens: Sequence[Part], subverbs: Mapping[str, str]) -> str:
    if not tokens or not isinstance(tokens[0], str):
        return ""
    subverb = subverbs.get(tokens[0].strip().casefold(), "")
    if subverb not in SUBVERBS.get(verb, ()):
        return ""
    if subverb in ALONE and len(tokens) > 1:
        return ""
    return subverb


def _arguments(command: Command, tokens: Sequence[Part]) -> Command:
    points = tuple(token.strip() for token in tokens if isinstance(token, str) and _POINTS.fullmatch(token.strip()))
    words = [token for token in tokens if not (isinstance(token, str) and _POINTS.fullmatch(token.strip()))]
    words, tags = _without_outer_tags(words)
    leading = _leading(words)
    named = words[:leading] if leading else words
    receivers = tuple(dict.fromkeys(token for token in named if isinstance(token, Account)))
    typed = tuple(token.name.removeprefix("@") for token in named if isinstance(token, Typed))
    text = _text(words[leading:] if leading else _without_last_people(words))
    return Command(command.verb, command.typed_verb, command.subverb, receivers, typed, text, tags, points)


def _without_outer_tags(words: Sequence[Part]) -> tuple[list[Part], tuple[str, ...]]:
    """Tags at the ends are labels and leave the text; a tag inside a sentence is also a word of it."""
    tags = tuple(_tag(token) for token in words if _is_tag(token))
    kept = list(words)
    while kept and _is_tag(kept[-1]):
        kept.pop()
    first = next(
        (index for index, token in enumerate(kept) if isinstance(token, str) and not _is_tag(token)), len(kept)
    )
    return [token for index, token in enumerate(kept) if index >= first or not _is_tag(token)], tags


def _is_tag(token: Part) -> bool:
    return isinstance(token, str) and _TAG.fullmatch(token.strip()) is not None


def _tag(token: Part) -> str:
    return str(token).strip().lstrip("#").rstrip(".,;:!?")


def _leading(words: Sequence[Part]) -> int:
    """How many tokens the people at the beginning take up, with the words that join them; 0 if nobody stands there."""
    end = 0
    for index, token in enumerate(words):
        if not isinstance(token, str):
            end = index + 1
        elif token.strip().strip(",").casefold() not in _JOINTS | {""}:
            break
    follows = words[end] if end and end < len(words) else None
    return end + 1 if isinstance(follows, str) and follows.strip() in _SEPARATORS else end


def _without_last_people(words: Sequence[Part]) -> Sequence[Part]:
    end = len(words)
    while end and isinstance(words[end - 1], Account):
        end -= 1
    return words[:end]


def _text(words: Sequence[Part]) -> str:
    spoken = (token if isinstance(token, str) else f"@{token.name}".replace("@@", "@") for token in words)
    return _BEFORE_MARK.sub(r"\1", " ".join(spoken)).replace(" \n", "\n").strip()
