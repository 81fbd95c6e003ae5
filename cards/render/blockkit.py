"""Card → Block Kit for Slack messages; `blockkit_views` does modals and App Home.

Text of members stands in `rich_text` and `plain_text`, which know no mrkdwn; only the fallback `text` is read as mrkdwn and
is escaped. Bounds: https://docs.slack.dev/reference/block-kit.
"""

import re
from collections.abc import Iterator
from itertools import count
from typing import Any, assert_never

from cards.model import (
    Button,
    Buttons,
    Card,
    Choice,
    Divider,
    Element,
    Facts,
    Heading,
    Image,
    Line,
    Link,
    Mention,
    Paragraph,
    PeopleInput,
    Progress,
    Quote,
    Run,
    Table,
    Text,
    TextInput,
)
from cards.render import Context, Rendered
from cards.render.columns import aligned
from cards.render.shrink import characters, shrunk
from cards.render.text import bar, clipped, is_subtle, read, visible
from cards.words import shown

BLOCKS_MAX = 50
MESSAGE_MAX = 12_000  # characters in all blocks; Slack answers msg_blocks_too_long somewhat above
TEXT_MAX = 3000
HEADER_MAX = 150
LABEL_MAX = 75
ALT_MAX = 2000
BUTTONS_MAX = 25
TABLE_ROWS_MAX = 100
TABLE_COLUMNS_MAX = 20
TABLE_TEXT_MAX = 10_000
MONOSPACED_WIDTH = 60
BLANK = "\u00a0"
STYLES = ("bold", "italic", "code")
LASTING = frozenset({"actions", "input"})

_CALL = re.compile(r"@(?=\w)")

Json = dict[str, Any]


def render(card: Card, context: Context) -> Rendered:
    """`{"text", "blocks"}`. Raises KeyError for an action without a token."""
    card, cut = fitting(card.as_message())
    writer = Writer(context)
    blocks = [block for element in card.elements for block in writer.blocks(element)]
    text = fallback(card.summary)
    payload = {"text": text if text.strip() or not blocks else "…", "blocks": writer.fitted(blocks, BLOCKS_MAX)}
    return Rendered(payload, (*cut, *writer.dropped))


def fitting(card: Card) -> tuple[Card, list[str]]:
    """The card with no more to read than Slack takes, and phrases about what was cut."""
    cut: list[str] = []
    while characters(card) > MESSAGE_MAX and (smaller := shrunk(card)) is not None:
        card, phrase = smaller
        cut.append(phrase)
    return card, cut


def fallback(summary: str) -> str:
    """The notification's text. Slack reads it as mrkdwn: nothing in it may link, or call `@here` together."""
    text = clipped(visible(summary), TEXT_MAX).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _CALL.sub("@\u2060", text)


class Writer:
    """One message or view being written: buttons are numbered, the first table of a message is a native one (a view has
    none), what is cut is noted."""

    def __init__(self, context: Context, *, is_view: bool = False) -> None:
        self.dropped: list[str] = []
        self._context = context
        self._numbers = count(1)
        self._has_table = is_view

    def fitted(self, blocks: list[Json], blocks_max: int) -> list[Json]:
        """At most so many blocks; those with buttons or inputs stay."""
        surplus = len(blocks) - blocks_max
        if surplus <= 0:
            return blocks
        self.dropped.append(f"{surplus} blocks beyond {blocks_max}")
        expendable = [index for index, block in enumerate(blocks) if block["type"] not in LASTING]
        left_out = set(expendable[len(expendable) - surplus :])
        return [block for index, block in enumerate(blocks) if index not in left_out]

    def blocks(self, element: Element) -> Iterator[Json]:  # noqa: C901 - one case for each element
        match element:
            case Heading(text):
                yield {"type": "header", "text": plain_text(self.cut(text, HEADER_MAX, "heading"))}
            case Paragraph(runs):
                yield from self._paragraph(runs)
            case Quote(text):
                inside = [_text(self.cut(text, TEXT_MAX, "quote"))]
                yield _rich({"type": "rich_text_quote", "elements": inside})
            case Facts(pairs):
                yield _rich(*(_section(_text(f"{title}: ", bold=True), _text(value)) for title, value in pairs))
            case Table():
                yield self._table(element)
            case Image(url, alt):
                yield {"type": "image", "image_url": url, "alt_text": self.cut(alt, ALT_MAX, "alternative text")}
            case Progress(label, share):
                yield _rich(_section(_text(f"{label} {bar(share)}")))
            case Divider():
                yield {"type": "divider"}
            case Buttons(buttons):
                yield from self._buttons(buttons)
            case TextInput(name) | Choice(name) | PeopleInput(name):
                self.dropped.append(f"input {name} needs a form")
            case _:
                assert_never(element)

    def _paragraph(self, runs: Line) -> Iterator[Json]:
        if not read(runs).strip():
            return
        if is_subtle(runs):
            yield {"type": "context", "elements": [plain_text(self.cut(read(runs), TEXT_MAX, "paragraph"))]}
            return
        yield _rich(_section(*(self._inline(run) for run in runs if shown(run))))

    def _inline(self, run: Run) -> Json:
        match run:
            case Text(text):
                return _text(
                    self.cut(text, TEXT_MAX, "paragraph"), **{name: True for name in STYLES if getattr(run, name)}
                )
            case Mention(member_id, name):
                account = self._context.accounts.get(member_id)
                return {"type": "user", "user_id": account} if account else _text(name, bold=True)
            case Link(text, url):
                return {"type": "link", "url": url, "text": visible(text)}
            case _:
                assert_never(run)

    def _table(self, table: Table) -> Json:
        """A native table once in a message; else, and where it is too big for Slack, monospaced text."""
        rows = len(table.rows) + 1
        characters = sum(len(cell) for row in table.rows for cell in row)
        is_native = rows <= TABLE_ROWS_MAX and len(table.columns) <= TABLE_COLUMNS_MAX and characters <= TABLE_TEXT_MAX
        if self._has_table or not is_native:
            return self._monospaced(table)
        self._has_table = True
        titles = [_cell(column.title, is_bold=False) for column in table.columns]
        cells = [
            [_cell(text, is_bold=index in table.highlighted) for text in row] for index, row in enumerate(table.rows)
        ]
        return {
            "type": "table",
            "column_settings": [
                {"align": column.align, "is_wrapped": column.align == "left"} for column in table.columns
            ],
            "rows": [titles, *cells],
        }

    def _monospaced(self, table: Table) -> Json:
        lines, is_cut = aligned(table, MONOSPACED_WIDTH)
        if is_cut:
            self.dropped.append("table cells cut")
        text = self.cut("\n".join(lines), TEXT_MAX, "table")
        return _rich({"type": "rich_text_preformatted", "elements": [_text(text)]})

    def _buttons(self, buttons: tuple[Button, ...]) -> Iterator[Json]:
        for start in range(0, len(buttons), BUTTONS_MAX):
            elements = [self._button(button) for button in buttons[start : start + BUTTONS_MAX]]
            yield {"type": "actions", "elements": elements}

    def _button(self, button: Button) -> Json:
        written: Json = {
            "type": "button",
            "action_id": f"plaudit:{next(self._numbers)}",
            "text": plain_text(self.cut(button.label, LABEL_MAX, "button label")),
        }
        if button.style != "default":
            written["style"] = button.style
        if isinstance(button.action, Link):
            return {**written, "url": button.action.url}
        return {**written, "value": self._context.tokens[button.action]}

    def cut(self, text: str, length_max: int, what: str) -> str:
        """What fits; Slack refuses empty texts, so a blank stands for nothing."""
        whole = visible(text)
        kept = clipped(whole, length_max)
        if kept != whole:
            self.dropped.append(f"{what} cut")
        return kept or BLANK


def plain_text(text: str) -> Json:
    """`emoji` would turn `:words:` of members into pictures."""
    return {"type": "plain_text", "text": text, "emoji": False}


def _rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def _section(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


def _text(text: str, **style: bool) -> Json:
    written: Json = {"type": "text", "text": visible(text) or BLANK}
    return {**written, "style": style} if style else written


def _cell(text: str, *, is_bold: bool) -> Json:
    if is_bold and text:
        return _rich(_section(_text(text, bold=True)))
    return {"type": "raw_text", "text": visible(text) or BLANK}
