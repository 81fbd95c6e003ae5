"""Block Kit as HTML, after the pictures in Slack's documentation: a mock-up of ours, not Slack."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

Json = dict[str, Any]

STYLES = {"bold": "b", "italic": "i", "code": "code"}


class Undrawn(Exception):
    """The mock-up does not know this part of Block Kit yet: teach it."""


def drawn(payload: Json, names: Mapping[str, str]) -> str:
    """The blocks of a message. `names` tells who a `<@U…>` is."""
    return _Message(names).blocks(payload["blocks"]) or f"<p>{escape(payload['text'])}</p>"


class _Message:
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def blocks(self, blocks: list[Json]) -> str:
        return "\n".join(f'<div class="block">{self._block(block)}</div>' for block in blocks)

    def _block(self, block: Json) -> str:
        match block["type"]:
            case "header":
                return f"<h3>{_lines(block['text']['text'])}</h3>"
            case "rich_text":
                return "".join(map(self._rich, block["elements"]))
            case "context":
                return f"<small>{' '.join(_lines(element['text']) for element in block['elements'])}</small>"
            case "divider":
                return "<hr>"
            case "image":
                return f'<figure role="img">{escape(block["alt_text"])}</figure>'
            case "actions":
                return f'<div class="buttons">{"".join(map(_button, block["elements"]))}</div>'
            case "table":
                return self._table(block)
            case other:
                raise Undrawn(f"block {other}")

    def _rich(self, element: Json) -> str:
        tags = {"rich_text_section": "p", "rich_text_quote": "blockquote", "rich_text_preformatted": "pre"}
        if element["type"] not in tags:
            raise Undrawn(element["type"])
        tag = tags[element["type"]]
        return f"<{tag}>{''.join(map(self._inline, element['elements']))}</{tag}>"

    def _inline(self, inline: Json) -> str:
        match inline["type"]:
            case "text":
                text = _lines(inline["text"])
                for style in inline.get("style", {}):
                    text = f"<{STYLES[style]}>{text}</{STYLES[style]}>"
                return text
            case "user":
                return f'<span class="mention">@{escape(self._names[inline["user_id"]])}</span>'
            case "link":
                return f"<a>{escape(inline['text'])}</a>"
            case other:
                raise Undrawn(other)

    def _table(self, table: Json) -> str:
        aligned = [column.get("align", "left") for column in table["column_settings"]]
        rows = [
            "".join(
                f'<{tag} class="{align}">{self._cell(cell)}</{tag}>' for align, cell in zip(aligned, row, strict=True)
            )
            for tag, row in _tagged(table["rows"])
        ]
        return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"

    def _cell(self, cell: Json) -> str:
        return _lines(cell["text"]) if cell["type"] == "raw_text" else self._block(cell)


def _tagged(rows: list[list[Json]]) -> Iterator[tuple[str, list[Json]]]:
    return (("td" if number else "th", row) for number, row in enumerate(rows))


def _button(button: Json) -> str:
    if button["type"] != "button":
        raise Undrawn(button["type"])
    return f'<button class="{button.get("style", "default")}">{escape(button["text"]["text"])}</button>'


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")
