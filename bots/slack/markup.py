"""Slack's message text, as members and `should_escape` produce it, → text and people in their order."""

import re
from collections.abc import Iterator

from bots.chat import Account, Part, Typed

# Slack escapes every < > & that a person types, so an angle bracket in the text is always Slack's own.
_TOKEN = re.compile(r"<([^<>]*)>")
_TYPED = re.compile(r"(?<![\w@./&+-])@(\w+(?:[.'-]\w+)*)")
_PERSON = re.compile(r"@([UW][A-Z0-9]+)(?:\|(.*))?", re.DOTALL)
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
_ENTITY = re.compile("&(?:amp|lt|gt);")


def read_parts(text: str, *, bot: str = "") -> tuple[Part, ...]:
    """People are `Account`s, hand-typed names `Typed`, all else literal text; mentions of `bot` are left out.

    Channels and user groups are `Typed` with their id; `@channel`, `@here` and links become the words that members see.
    """
    return tuple(_joined(_pieces(text, bot)))


def mentions(text: str, person: str) -> bool:
    """Whether Slack (not somebody's typing) put a mention of `person` into `text`."""
    return bool(person) and any(_person_id(token) == person for token in _TOKEN.findall(text))


def _pieces(text: str, bot: str) -> Iterator[Part]:
    end = 0
    for match in _TOKEN.finditer(text):
        yield from _typed(_decoded(text[end : match.start()]))
        end = match.end()
        if not bot or _person_id(match[1]) != bot:
            yield _meaning(match[1])
    yield from _typed(_decoded(text[end:]))


def _joined(pieces: Iterator[Part]) -> Iterator[Part]:
    """Neighbouring texts as one; blanks around what was left out stay as they were typed."""
    pending = ""
    for piece in pieces:
        if isinstance(piece, str):
            pending += piece
            continue
        if pending:
            yield pending
        pending = ""
        yield piece
    if pending:
        yield pending


def _typed(text: str) -> Iterator[Part]:
    end = 0
    for match in _TYPED.finditer(text):
        yield text[end : match.start()]
        yield Typed(match[1])
        end = match.end()
    yield text[end:]


def _person_id(token: str) -> str:
    match = _PERSON.fullmatch(token)
    return match[1] if match else ""


def _meaning(token: str) -> Part:
    person = _PERSON.fullmatch(token)
    if person:
        return Account(person[1], name=_decoded(person[2] or "").removeprefix("@"))
    target, _, label = token.partition("|")
    if target.startswith("#"):
        return Typed("#" + _decoded(label or target[1:]).removeprefix("#"), crowd=target[1:])
    if target.startswith("!subteam^"):
        group = target.removeprefix("!subteam^")
        return Typed(_decoded(label or group).removeprefix("@"), crowd=group)
    if target.startswith("!"):
        return _broadcast(target[1:], _decoded(label))
    return _decoded(label or target)


def _broadcast(target: str, label: str) -> str:
    """`!here`, `!date^…|fallback`: literally what members see, which notifies nobody."""
    kind = target.partition("^")[0]
    if kind == "date":
        return label
    return "@" + (label or kind).removeprefix("@")


def _decoded(text: str) -> str:
    return _ENTITY.sub(lambda match: _ENTITIES[match[0]], text) if "&" in text else text
