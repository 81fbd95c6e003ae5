"""Telegram's HTML, parsed as strictly as its server does, with its words for what is wrong.

Source: "HTML style" in the Bot API's page on formatting options, and TDLib's parser, against which the tests compare.
"""

import html
import re
from dataclasses import dataclass, field

from bots.simulator.telegram.entities import units
from bots.simulator.world import Json

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
    "blockquote": "blockquote",
}
TOKEN = re.compile(r"<[^<>]*>?|&#?\w+;?|[^<&]+|[<&]")
OPENING = re.compile(r"<([A-Za-z][\w-]*)((?:\s+[\w-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[A-Za-z0-9.-]+))?)*)\s*>")
CLOSING = re.compile(r"</\s*([A-Za-z][\w-]*)?\s*>")
ATTRIBUTE = re.compile(r"([\w-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9.-]+)))?")
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


class ParseError(Exception):
    """The words after "Bad Request: can't parse entities: "."""


@dataclass(slots=True)
class _Open:
    tag: str
    attributes: dict[str, str]
    offset: int
    byte: int


@dataclass(slots=True)
class _Parse:
    text: str = ""
    stack: list[_Open] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)


def parse_html(source: str) -> tuple[str, list[Json]]:
    """The visible text and its entities. Raises ParseError."""
    state, byte = _Parse(), 0
    for match in TOKEN.finditer(source):
        token = match.group()
        if token.startswith("</"):
            _close(state, token, byte)
        elif token.startswith("<"):
            _open(state, token, byte)
        else:
            state.text += _decoded(token)
        byte += len(token.encode())
    if state.stack:
        last = state.stack[-1]
        raise ParseError(f'Can\'t find end tag corresponding to start tag "{last.tag}"')
    for entity in state.entities:
        if entity["type"] == "code":
            entity.pop("language", None)
    state.entities.reverse()  # of two that cover the same text, the outer one comes first
    return state.text, sorted(state.entities, key=lambda entity: (entity["offset"], -entity["length"]))


def _open(state: _Parse, token: str, byte: int) -> None:
    named = re.match(r"<([^\s>]*)(.?)", token, re.DOTALL)
    if named is None or not named.group(2):
        raise ParseError(f"Unclosed start tag at byte offset {byte}")
    tag = named.group(1).lower()
    if tag not in TAGS:
        raise ParseError(f'Unsupported start tag "{tag}" at byte offset {byte}')
    if not token.endswith(">"):
        raise ParseError(f"Unclosed start tag at byte offset {byte}")
    match = OPENING.fullmatch(token)
    if match is None:
        raise ParseError(f"Unexpected end of name token at byte offset {byte + len(named.group().encode())}")
    attributes = {
        found.group(1).lower(): html.unescape(found.group(2) or found.group(3) or found.group(4) or "")
        for found in ATTRIBUTE.finditer(match.group(2))
    }
    if tag == "span" and attributes.get("class") != "tg-spoiler":
        raise ParseError(f'Tag "span" must have class "tg-spoiler" at byte offset {byte}')
    state.stack.append(_Open(tag, attributes, units(state.text), byte))


def _close(state: _Parse, token: str, byte: int) -> None:
    match = CLOSING.fullmatch(token)
    if not state.stack:
        raise ParseError(f"Unexpected end tag at byte offset {byte}")
    if match is None:
        raise ParseError(f"Unclosed end tag at byte offset {byte}")
    opened = state.stack.pop()
    tag = (match.group(1) or opened.tag).lower()
    if tag != opened.tag:
        raise ParseError(f'Unmatched end tag at byte offset {byte}, expected "</{opened.tag}>", found "</{tag}>"')
    length = units(state.text) - opened.offset
    if not length:
        return
    if opened.tag == "pre":
        _merge_code(state, opened, length)
    state.entities += _entity(opened, length, state.text)


def _merge_code(state: _Parse, opened: _Open, length: int) -> None:
    """`<pre><code class="language-…">` is one entity, a pre with a language."""
    inner = state.entities[-1] if state.entities else {}
    if (
        inner.get("type") == "code"
        and "language" in inner
        and (inner["offset"], inner["length"]) == (opened.offset, length)
    ):
        state.entities.pop()
        opened.attributes["language"] = inner["language"]


def _entity(opened: _Open, length: int, text: str) -> list[Json]:
    entity: Json = {"type": TAGS[opened.tag], "offset": opened.offset, "length": length}
    if opened.tag == "a":
        # Without an address the text is the address; what is no address is no link, as on the real server.
        url = opened.attributes.get("href") or text.encode("utf-16-le")[opened.offset * 2 :].decode("utf-16-le")
        return [{**entity, "url": url}] if _is_url(url) else []
    if opened.tag == "tg-emoji":
        if not opened.attributes.get("emoji-id", "").isdigit():
            raise ParseError("Invalid custom emoji identifier specified")
        return [{**entity, "custom_emoji_id": opened.attributes["emoji-id"]}]
    language = opened.attributes.get("language", "")
    if opened.tag == "code" and opened.attributes.get("class", "").startswith("language-"):
        language = opened.attributes["class"].removeprefix("language-")
    if opened.tag in ("code", "pre") and language:
        return [{**entity, "language": language}]
    if opened.tag == "blockquote" and "expandable" in opened.attributes:
        return [{**entity, "type": "expandable_blockquote"}]
    return [entity]


def _is_url(url: str) -> bool:
    return bool(re.match(r"(?:tg|https?|ton|mailto|tonsite)://?\S+|mailto:\S+", url)) or "." in url.strip(".")


def _decoded(token: str) -> str:
    if not token.startswith("&"):
        return token
    if (name := token.strip("&;")) in NAMED:
        return NAMED[name]
    return html.unescape(token) if re.fullmatch(r"&#(?:\d{1,7}|x[0-9a-fA-F]{1,6});", token) else token
