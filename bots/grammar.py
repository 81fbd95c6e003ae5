"""Text → command. Pure: no session, no clock, no platform.

`[/]verb [subverb] [@people …] ["Name of a thing"] [free text] [#tags] [+points]`, in any case and any language that has a locale
file. The people at the beginning receive; who is named later, in the middle of a sentence, is only spoken of. If nobody is named
at the beginning, everybody who is named receives.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from bots.chat import Account, Part, Typed
from core.leaderboards.asking import CREWS
from core.leaderboards.models import MEASURES, PERIODS

SUBVERBS: Mapping[str, frozenset[str]] = {
    "kudos": frozenset({"undo", "me", "top", "private"}),
    "badge": frozenset({"undo", "story", "comment", "report", "revoke"}),
    "journey": frozenset({"enroll", "tick"}),
    "points": frozenset({"history"}),
    "leaderboard": frozenset({*MEASURES, *PERIODS, *CREWS}),
    "lottery": frozenset({"join", "leave", "open", "cancel", "proof"}),
    "settings": frozenset({"language", "zone", "quiet", "notices", "ranks", "workspace"}),
    "admin": frozenset({"connect", "disconnect", "mode", "campaign"}),
    "nominate": frozenset({"withdraw", "decline", "comment"}),
    "vote": frozenset({"withdraw"}),
    "results": frozenset({"receipt"}),
}
FURTHER: Mapping[str, frozenset[str]] = {
    "campaign": frozenset({"open", "next", "cancel", "add", "remove", "tie"}),
}
"""What may follow a subverb: `/admin campaign open` has the subverb `campaign open`."""

ALONE = frozenset({"undo", "me", "top"})
"""Subverbs that nothing may follow: `/kudos me` is a question, `/kudos me and my team …` is not."""

NAMES_THINGS = frozenset({"badge", "why", "journey", "nominate", "vote", "campaigns", "results", "lottery", "admin"})
"""Verbs of things that have names: a name stands in quotation marks at the beginning, before or after the people. Their text
keeps its tags and amounts, as nothing else is made of them."""

_QUOTES: Mapping[str, str] = {'"': '"”“', "“": "”“", "”": "”", "„": "“”", "«": "»", "»": "«", "＂": "＂", "「": "」"}
_CLOSED = re.compile(r"[.,:;!?]*")
_WORD = re.compile(r"\S+")
_POINTS = re.compile(r"\+[-+.,\"'\d]\S*|\+(?:nan|inf|infinity|true|false)", re.IGNORECASE)
_TAG = re.compile(r"#\w[\w-]*[.,;:!?]*")
_BEFORE_MARK = re.compile(r" ([!?.,;:]+)(?= |$)")  # "@Ana" and "!" were two tokens
_SEPARATORS = frozenset({",", ":", "-", "—"})
_JOINTS = frozenset(
    {",", "&", "and", "y", "e", "und", "et", "with", "con", "mit", "avec", "com", "to", "a", "an", "à", "ao"}
)


@dataclass(frozen=True, slots=True)
class Command:
    """What a message asks. `verb` is empty when nobody knows it; `typed_verb` is what was written.

    `crowds` are channels and groups that are to receive, which only those at the beginning do.
    `points` are the tokens after a `+`, unread: whether they are amounts is for the command to say. `quoted` is the name of a
    thing, without its quotation marks.
    """

    verb: str
    typed_verb: str = ""
    subverb: str = ""
    receivers: tuple[Account, ...] = ()
    typed: tuple[str, ...] = ()
    crowds: tuple[Typed, ...] = ()
    text: str = ""
    tags: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    quoted: str = ""

    @property
    def is_bare(self) -> bool:
        """Whether nothing but the verb was written."""
        said = (self.subverb, self.receivers, self.typed, self.crowds, self.text, self.tags, self.points, self.quoted)
        return not any(said)


class _Token(NamedTuple):
    """A word or a person; `before` is what stood before it: nothing, a blank, or line breaks."""

    part: Part
    before: str

    @property
    def word(self) -> str:
        """Empty for a person."""
        return self.part if isinstance(self.part, str) else ""


def parse(parts: Sequence[Part], *, verbs: Mapping[str, str], subverbs: Mapping[str, str]) -> Command:
    """Read a message. `verbs` and `subverbs` map case-folded spellings to their names."""
    tokens = _tokens(parts)
    if not tokens or not tokens[0].word:
        return Command("")
    typed_verb = tokens[0].word.lstrip("/").strip(".,:;!").casefold()
    verb = verbs.get(typed_verb, "")
    tokens = tokens[1:]
    subverb = _subverb(verb, tokens, subverbs)
    if subverb:
        tokens = tokens[1:]
    if further := _further(subverb, tokens, subverbs):
        subverb, tokens = f"{subverb} {further}", tokens[1:]
    return _arguments(Command(verb, typed_verb, subverb), tokens)


def written(text: str) -> Command:
    """What was written into a form: no verb, no people, but tags and amounts as in a message."""
    return _arguments(Command(""), _tokens([text]))


def _tokens(parts: Sequence[Part]) -> list[_Token]:
    """Words and people in order."""
    tokens: list[_Token] = []
    blank = ""
    for part in parts:
        if not isinstance(part, str):
            tokens.append(_Token(part, _gap(blank)))
            blank = ""
            continue
        end = 0
        for match in _WORD.finditer(part):
            tokens.append(_Token(match.group(), _gap(blank + part[end : match.start()])))
            blank, end = "", match.end()
        blank += part[end:]
    return tokens


def _gap(blank: str) -> str:
    return "\n" * blank.count("\n") or " "[: len(blank)]


def _subverb(verb: str, tokens: Sequence[_Token], subverbs: Mapping[str, str]) -> str:
    if not tokens:
        return ""
    subverb = subverbs.get(tokens[0].word.casefold(), "")
    if subverb not in SUBVERBS.get(verb, ()):
        return ""
    if subverb in ALONE and len(tokens) > 1:
        return ""
    return subverb


def _further(subverb: str, tokens: Sequence[_Token], subverbs: Mapping[str, str]) -> str:
    further = subverbs.get(tokens[0].word.casefold(), "") if tokens else ""
    return further if further in FURTHER.get(subverb, ()) else ""


def _arguments(command: Command, tokens: Sequence[_Token]) -> Command:
    points = tuple(token.word for token in tokens if _POINTS.fullmatch(token.word))
    quoted, tokens = _quoted(tokens) if command.verb in NAMES_THINGS else ("", tokens)
    if command.verb in NAMES_THINGS:
        words, tags = list(tokens), tuple[str, ...]()
    else:
        words, tags = _without_outer_tags([token for token in tokens if not _POINTS.fullmatch(token.word)])
    leading = _leading(words)
    named = [token.part for token in (words[:leading] if leading else words)]
    return replace(
        command,
        receivers=tuple(dict.fromkeys(part for part in named if isinstance(part, Account))),
        typed=tuple(part.name.removeprefix("@") for part in named if isinstance(part, Typed) and not part.crowd),
        crowds=tuple(dict.fromkeys(part for part in named if leading and isinstance(part, Typed) and part.crowd)),
        text=_text(words[leading:] if leading else _without_last_people(words)),
        tags=tags,
        points=points,
        quoted=quoted,
    )


def _quoted(tokens: Sequence[_Token]) -> tuple[str, Sequence[_Token]]:
    """The name in quotation marks at the beginning, and everything else. Marks that are not closed are text like any other."""
    start = _leading(tokens)
    closing = _QUOTES.get(tokens[start].word[:1]) if start < len(tokens) else None
    if closing is None:
        return "", tokens
    name = ""
    for index, token in enumerate(tokens[start:], start):
        if isinstance(token.part, Account):
            break
        said = token.word or _spoken(token.part)
        word = said[1:] if index == start else said
        name += token.before + word if index > start else word
        ended = [place for mark in closing if (place := word.find(mark)) >= 0]
        if ended:
            return _closed(tokens, start, index, name, word, min(ended))
    return "", tokens


def _closed(
    tokens: Sequence[_Token], start: int, index: int, name: str, word: str, end: int
) -> tuple[str, Sequence[_Token]]:
    """`word` is the last one of the name, its closing mark at `end`. What is glued to the mark begins the text."""
    found = name[: len(name) - len(word) + end].strip()
    rest = word[end + 1 :][len(_CLOSED.match(word[end + 1 :]).group()) :]  # type: ignore[union-attr]  # matches always
    kept = [_Token(rest, " ")] if rest else []
    return (found, [*tokens[:start], *kept, *tokens[index + 1 :]]) if found else ("", tokens)


def _without_outer_tags(words: Sequence[_Token]) -> tuple[list[_Token], tuple[str, ...]]:
    """Tags at the ends are labels and leave the text; a tag inside a sentence is also a word of it."""
    tags = tuple(token.word.lstrip("#").rstrip(".,;:!?") for token in words if _is_tag(token))
    kept = list(words)
    while kept and _is_tag(kept[-1]):
        kept.pop()
    first = next((index for index, token in enumerate(kept) if token.word and not _is_tag(token)), len(kept))
    return [token for index, token in enumerate(kept) if index >= first or not _is_tag(token)], tags


def _is_tag(token: _Token) -> bool:
    return _TAG.fullmatch(token.word) is not None


def _leading(words: Sequence[_Token]) -> int:
    """How many tokens the people at the beginning take up, with the words that join them; 0 if nobody stands there."""
    end = 0
    for index, token in enumerate(words):
        if not token.word:
            end = index + 1
        elif token.word.strip(",").casefold() not in _JOINTS | {""}:
            break
    follows = words[end].word if end and end < len(words) else ""
    return end + 1 if follows in _SEPARATORS else end


def _without_last_people(words: Sequence[_Token]) -> Sequence[_Token]:
    end = len(words)
    while end and isinstance(words[end - 1].part, Account):
        end -= 1
    return words[:end]


def _text(words: Sequence[_Token]) -> str:
    return "".join(token.before + (token.word or _spoken(token.part)) for token in words).strip()


def _spoken(part: Part) -> str:
    if isinstance(part, str):
        return part
    return part.name if part.name.startswith("#") else "@" + part.name.removeprefix("@")
