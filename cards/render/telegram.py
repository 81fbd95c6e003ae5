"""Card → `sendMessage` of Telegram's Bot API, as HTML.

Telegram makes links of whatever looks like an address, a @name, a #tag or a /command, also in text that a bot escaped. In what
members typed a word joiner, which nobody sees, breaks that up. Bounds: https://core.telegram.org/bots/api#sendmessage.
"""

import html
import re
from collections.abc import Iterator
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
    Picker,
    Progress,
    Quote,
    Run,
    Table,
    Text,
    TextInput,
)
from cards.render import Context, Rendered
from cards.render.columns import aligned, width
from cards.render.shrink import shrunk
from cards.render.text import bar, clipped, is_subtle, units, visible

TEXT_MAX = 4096  # UTF-16 code units, tags and entities not counted
ENTITIES_MAX = 100
TABLE_WIDTH = 32
COLUMNS_MAX = 3
LABEL_MAX = 64
CALLBACK_BYTES_MAX = 64
SHORT_LABEL = 12

_TAG = re.compile(r"<[^>]*>")
_OPENING_TAG = re.compile(r"<[a-z]")
_COMMAND = re.compile(r"/[a-z_]{1,32}")
_JOINER = "\u2060"
_SUSPECT = re.compile(r"[@#$/.:]|\d[\d -]{11}")
_LINKED = re.compile(
    r"""
      (?<=[@\#])(?=\w)                          # @name, #tag
    | (?<=\$)(?=[A-Z])                          # $USD
    | (?<!\w/)(?<=/)(?=\w)                      # /command
    | (?<=:)(?=//)                              # any scheme
    | (?<=\S\.)(?=\D)(?=\S) | (?<=\D\.)(?=\S)   # a host's name
    | (?<=\d\.)(?=\d+\.\d+)                     # its number
    | (?<=\d)(?=(?:[ -]?\d){12})                # a card's number
    | (?<=[@\#$/])$ | ^(?=\.\S)                # any of it begun in one run and ended in the next
    """,
    re.VERBOSE,
)

Json = dict[str, Any]


def render(card: Card, context: Context) -> Rendered:
    """Parameters of `sendMessage` without `chat_id`. Raises KeyError for an action without a token."""
    card = card.as_message()
    writer = _Writer(context)
    dropped: list[str] = []
    text = writer.text(card)
    while _length(text) > TEXT_MAX and (smaller := shrunk(card)) is not None:
        card, phrase = smaller
        dropped.append(phrase)
        writer = _Writer(context)
        text = writer.text(card)
    if len(_OPENING_TAG.findall(text)) > ENTITIES_MAX:
        dropped.append(f"formatting beyond {ENTITIES_MAX} entities")
    payload: Json = {"text": text, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}
    keyboard = [row for element in card.elements for row in writer.rows(element)]
    if markup := _beneath(card.picker) if card.picker else {"inline_keyboard": keyboard} if keyboard else None:
        payload["reply_markup"] = markup
    return Rendered(payload, (*dropped, *writer.dropped), context.tokens[card.way] if card.way else "")


def _beneath(picker: Picker) -> Json:
    """The keyboard in place of the one for letters, which stays until it is taken away; a message has either this or buttons of
    its own."""
    if not picker.label:
        return {"remove_keyboard": True}
    asked = {"request_id": picker.request, "user_is_bot": False, "max_quantity": picker.most, "request_name": True}
    button = {"text": clipped(visible(picker.label), LABEL_MAX), "request_users": asked}
    return {"keyboard": [[button]], "resize_keyboard": True}


def unlinked(text: str) -> str:
    """The text with nothing in it that Telegram would make a link of."""
    return _LINKED.sub(_JOINER, text) if _SUSPECT.search(text) else text


class _Writer:
    """One message being written; what is left out is noted."""

    def __init__(self, context: Context) -> None:
        self.dropped: list[str] = []
        self._context = context

    def text(self, card: Card) -> str:
        """Blocks are set apart by a blank line; a quote stands close to whose it is, and an aside close to its quote."""
        written = ""
        previous: Element | None = None
        for element in card.elements:
            block = self._block(element)
            if block and written:
                is_close = isinstance(element, Quote) or (isinstance(previous, Quote) and _is_aside(element))
                written += "\n" if is_close else "\n\n"
            if block:
                written, previous = written + block, element
        return written or _escaped(card.summary)

    def rows(self, element: Element) -> Iterator[list[Json]]:
        """Rows of two buttons, of three if all labels are short."""
        if not isinstance(element, Buttons):
            return
        is_short = all(width(button.label) <= SHORT_LABEL for button in element.buttons)
        per_row = 3 if is_short else 2
        for start in range(0, len(element.buttons), per_row):
            yield [self._button(button) for button in element.buttons[start : start + per_row]]

    def _block(self, element: Element) -> str:  # noqa: C901 - one case for each element
        match element:
            case Heading(text):
                return f"<b>{_escaped(text)}</b>"
            case Paragraph(runs):
                return self._line(runs)
            case Quote(text):
                return f"<blockquote>{_escaped(text)}</blockquote>" if visible(text).strip() else ""
            case Facts(pairs):
                return "\n".join(f"<b>{_escaped(title)}:</b> {_escaped(value)}" for title, value in pairs)
            case Table():
                return self._table(element)
            case Image(url, alt):
                self.dropped.append("image shown as a link")
                return f'<a href="{html.escape(url)}">{_escaped(alt)}</a>'
            case Progress(label, share):
                return f"{_escaped(label)} {bar(share)}"
            case Divider():
                return "————"
            case Buttons():
                return ""
            case TextInput(name) | Choice(name) | PeopleInput(name):
                self.dropped.append(f"input {name} needs a form")
                return ""
            case _:
                assert_never(element)

    def _line(self, runs: Line) -> str:
        return "".join(self._inline(run) for run in runs)

    def _inline(self, run: Run) -> str:
        match run:
            case Text(text, _, _, _, True):
                # A lone command of ours stays as it is: Telegram makes it one that can be tapped.
                return text if _COMMAND.fullmatch(text) else f"<code>{html.escape(visible(text), quote=False)}</code>"
            case Text(text, bold, italic):
                return _tagged(_tagged(_escaped(text), "i", used=italic), "b", used=bold)
            case Mention(member_id, name):
                account = self._context.accounts.get(member_id, "")
                if account.isdecimal():
                    return f'<a href="tg://user?id={account}">{_escaped(name)}</a>'
                return _tagged(_escaped(name), "b", used=True)
            case Link(text, url):
                return f'<a href="{html.escape(url)}">{_escaped(text)}</a>'
            case _:
                assert_never(run)

    def _table(self, table: Table) -> str:
        """Monospaced columns; where more than three do not fit side by side, a line of text for each row."""
        lines, is_cut = aligned(table, TABLE_WIDTH)
        if is_cut and len(table.columns) > COLUMNS_MAX:
            return _listed(table)
        if is_cut:
            self.dropped.append("table cells cut")
        text = html.escape("\n".join(lines), quote=False)
        return f"<pre>{text}</pre>"

    def _button(self, button: Button) -> Json:
        label = clipped(visible(button.label), LABEL_MAX)
        if isinstance(button.action, Link):
            return {"text": label, "url": button.action.url}
        token = self._context.tokens[button.action]
        if len(token.encode()) > CALLBACK_BYTES_MAX:
            raise ValueError(f"a token of {len(token.encode())} bytes; Telegram takes {CALLBACK_BYTES_MAX}")
        return {"text": label, "callback_data": token}


def _is_aside(element: Element) -> bool:
    return isinstance(element, Paragraph) and is_subtle(element.runs)


def _listed(table: Table) -> str:
    titles = _tagged(_escaped(" · ".join(column.title for column in table.columns)), "b", used=True)
    rows = (
        _tagged(_escaped(" · ".join(cell for cell in row if cell)), "b", used=index in table.highlighted)
        for index, row in enumerate(table.rows)
    )
    return "\n".join((titles, *rows))


def _escaped(text: str) -> str:
    return html.escape(unlinked(visible(text)), quote=False)


def _tagged(escaped: str, tag: str, *, used: bool) -> str:
    return f"<{tag}>{escaped}</{tag}>" if used and escaped else escaped


def _length(text: str) -> int:
    """What Telegram counts once it has read the tags; every `<` of a member is `&lt;` here."""
    return units(html.unescape(_TAG.sub("", text)))
