"""Block Kit → text: what Slack shows, without looks."""

import html
import re
from collections.abc import Callable, Iterator

from bots.simulator.transcript import Reading
from bots.simulator.world import Json, UnknownName

REFERENCE = re.compile(r"<([@#!]?)([^>|]*)(?:\|([^>]*))?>")
STYLES = re.compile(r"(?<![\w*_~`])([*_~])(\S(?:.*?\S)?)\1(?![\w*_~`])")
SIGNS = {"@": "@", "#": "#", "!": "@", "": ""}

NameOf = Callable[[str], str]
"""The name of a user or channel id."""


def read_message(message: Json, name_of: NameOf) -> Reading:
    """Blocks if there are any, otherwise the text: as Slack does."""
    blocks = message.get("blocks") or []
    if not blocks:
        return Reading(tuple(read_mrkdwn(message.get("text") or "", name_of).splitlines()))
    lines = [line for block in blocks for line in _lines(block, name_of)]
    pressable = [block for block in blocks if block.get("type") != "input"]
    return Reading(tuple(lines), tuple(_label(element) for element in elements(pressable) if "action_id" in element))


def read_mrkdwn(text: str, name_of: NameOf) -> str:
    def shown(match: re.Match[str]) -> str:
        sign, target, label = match.groups()
        return SIGNS[sign] + (label or (name_of(target) if sign in ("@", "#") else target.split("^")[0]))

    return html.unescape(STYLES.sub(r"\2", REFERENCE.sub(shown, text)))


def elements(blocks: list[Json]) -> Iterator[Json]:
    """Every interactive element in reading order."""
    for block in blocks:
        if block.get("type") == "actions":
            yield from block.get("elements", [])
        if block.get("type") == "section" and "accessory" in block:
            yield block["accessory"]
        if block.get("type") == "input":
            yield block.get("element", {})


def find_button(blocks: list[Json], text: str) -> tuple[Json, Json]:
    """Block and button with that text. Raises UnknownName with the texts there are."""
    titles = []
    for block in blocks:
        for element in elements([block]):
            title = (element.get("text") or {}).get("text", "")
            titles.append(title)
            if title == text and element.get("type") == "button":
                return block, element
    raise UnknownName(f"no button {text!r} to press; there are: {', '.join(titles)}")


def _label(element: Json) -> str:
    text = element.get("text") or element.get("placeholder") or {}
    return str(text.get("text", element.get("type", "")))


def _lines(block: Json, name_of: NameOf) -> Iterator[str]:
    kind = block.get("type", "")
    if kind in ("header", "section"):
        yield from _text(block.get("text"), name_of)
        for field in block.get("fields", []):
            yield ": ".join(_text(field, name_of))
    elif kind == "context":
        yield " ".join(line for element in block.get("elements", []) for line in _text(element, name_of))
    elif kind == "markdown":
        yield from block.get("text", "").splitlines()
    elif kind == "image":
        yield f"(image: {block.get('alt_text', '')})"
    elif kind == "rich_text":
        yield from _rich(block, name_of).splitlines()
    elif kind == "table":
        yield from (" | ".join(_cell(cell, name_of) for cell in row) for row in block.get("rows", []))
    elif kind == "input":
        yield f"{block.get('label', {}).get('text', '')}: <{_label(block.get('element', {}))}>"


def _text(text: Json | None, name_of: NameOf) -> list[str]:
    if not text:
        return []
    if text.get("type") == "image":
        return [f"(image: {text.get('alt_text', '')})"]
    if text.get("type") == "mrkdwn":
        return read_mrkdwn(text["text"], name_of).splitlines()
    return str(text.get("text", "")).splitlines()


def _cell(cell: Json, name_of: NameOf) -> str:
    return (
        _rich(cell, name_of).strip()
        if cell.get("type") == "rich_text"
        else str(cell.get("text", cell.get("value", "")))
    )


def _rich(node: Json, name_of: NameOf) -> str:
    kind = node.get("type")
    if kind in ("rich_text", "rich_text_list"):
        return "\n".join(_rich(child, name_of) for child in node.get("elements", []))
    if kind in ("rich_text_section", "rich_text_quote", "rich_text_preformatted"):
        return "".join(_rich(child, name_of) for child in node.get("elements", []))
    if kind == "user":
        return "@" + name_of(node.get("user_id", ""))
    if kind == "emoji":
        return f":{node.get('name', '')}:"
    return str(node.get("text") or node.get("url") or node.get("range") or "")
