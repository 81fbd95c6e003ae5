"""Card → Adaptive Card 1.5 for Microsoft Teams.

A message's buttons are Universal Actions (Action.Execute). A dialog knows only Action.Submit, and what opens one is that, too.

Text of members goes into TextRuns, which know no markup. Only where somebody is mentioned, and in headings and facts, it has
to be a TextBlock, which reads Markdown: there it is escaped (`cards.render.markdown`).
"""

from collections.abc import Iterator
from itertools import chain, count
from typing import Any, assert_never

import orjson

from cards.forms import OPEN
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
    Refresh,
    Run,
    Table,
    Text,
    TextInput,
)
from cards.render import Context, Rendered
from cards.render import adaptive_elements as adaptive
from cards.render.adaptive_inputs import shown_input
from cards.render.columns import width
from cards.render.markdown import escaped, literal, mention_name, strong
from cards.render.shrink import shrunk
from cards.render.text import bar, visible
from cards.words import shown

SIZE_MAX = 28_000  # bytes; Teams refuses cards beyond 28 KB
VERB = "plaudit"
BUTTONS_PER_SET = 3  # beyond that Teams cuts the labels
LINES_OF_QUOTE_MAX = 60
SHARE_MIN, SHARE_MAX = 4, 24
STYLES = {"primary": "positive", "danger": "destructive"}
REFRESHED_MAX = 60  # more people than that cannot have views of their own
USER_PREFIX = "29:"


def render(card: Card, context: Context) -> Rendered:
    """The card as a dict. Raises KeyError for an action without a token."""
    dropped: list[str] = []
    card = card.as_form() if context.is_form or not context.in_group else card.as_message()
    payload = _Writer(context).card(card)
    while len(orjson.dumps(payload)) > SIZE_MAX:
        smaller = shrunk(card)
        if smaller is None:
            dropped.append("card above 28 KB")
            break
        card, phrase = smaller
        dropped.append(phrase)
        payload = _Writer(context).card(card)
    return Rendered(payload, tuple(dropped))


class _Writer:
    """One card being written. Mentions are collected on the way, because Teams wants a list of them beside the card."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._mentions: dict[int, adaptive.Mention] = {}

    def card(self, card: Card) -> dict[str, Any]:
        body = list(self._body(card))
        written = adaptive.AdaptiveCard(
            version=adaptive.VERSION,
            lang=self._context.locale,
            body=body or [adaptive.RichTextBlock(inlines=[literal(visible(card.summary))])],
            fallback_text=escaped(visible(card.summary)),
            msteams={"width": "Full", **self._entities()},
            refresh=self._refresh(card.refresh),
        )
        payload: dict[str, Any] = adaptive.rendered(written)
        return payload

    def _body(self, card: Card) -> Iterator[Any]:
        """A divider is a property of the block below it."""
        is_divided = False
        for element in card.elements:
            for block in self._blocks(element):
                if is_divided:
                    block.separator, block.spacing = True, "Medium"
                is_divided = False
                yield block
            is_divided = is_divided or isinstance(element, Divider)

    def _blocks(self, element: Element) -> Iterator[Any]:  # noqa: C901 - one case for each element
        match element:
            case Heading(text):
                yield adaptive.TextBlock(
                    text=escaped(visible(text)), size="Large", weight="Bolder", wrap=True, style="heading"
                )
            case Paragraph(runs):
                yield from self._paragraph(runs)
            case Quote(text):
                yield _quote(text)
            case Facts(pairs):
                yield adaptive.FactSet(facts=[_fact(title, value) for title, value in pairs])
            case Table():
                yield _table(element)
            case Image(url, alt):
                yield adaptive.Image(url=url, altText=visible(alt))
            case Progress(label, share):
                yield adaptive.RichTextBlock(inlines=[literal(f"{visible(label)} {bar(share)}")])
            case Divider():
                return
            case Buttons(buttons):
                yield from self._buttons(buttons)
            case TextInput() | Choice() | PeopleInput():
                yield shown_input(element)
            case _:
                assert_never(element)

    def _paragraph(self, runs: Line) -> Iterator[Any]:
        if any(isinstance(run, Mention) and run.member_id in self._context.accounts for run in runs):
            yield adaptive.TextBlock(text="".join(self._marked(run) for run in runs), wrap=True)
        elif inlines := [_inline(run) for run in runs if shown(run)]:
            yield adaptive.RichTextBlock(inlines=inlines)

    def _marked(self, run: Run) -> str:
        match run:
            case Text(text):
                return strong(visible(text)) if run.bold else escaped(visible(text))
            case Mention(member_id, name):
                account = self._context.accounts.get(member_id)
                return self._mention(member_id, name, account) if account else strong(visible(name))
            case Link(text, url):
                return f"[{escaped(visible(text))}]({url})"
            case _:
                assert_never(run)

    def _mention(self, member_id: int, name: str, account: str) -> str:
        """Teams tells mentions apart by their text, so two people of one name are numbered."""
        if member_id not in self._mentions:
            plain = mention_name(visible(name))
            taken = {mention.text for mention in self._mentions.values()}
            texts = chain([plain], (f"{plain} ({number})" for number in count(2)))
            text = next(text for text in texts if f"<at>{text}</at>" not in taken)
            self._mentions[member_id] = adaptive.Mention(f"<at>{text}</at>", account, plain)
        return self._mentions[member_id].text

    def _entities(self) -> dict[str, Any]:
        if not self._mentions:
            return {}
        return {"entities": [mention.entity() for mention in self._mentions.values()]}

    def _refresh(self, refresh: Refresh | None) -> Any:
        """Without a list Teams would refresh the card for everybody; it knows people by their `29:` ids alone."""
        if refresh is None:
            return None
        accounts = [self._context.accounts.get(member_id, "") for member_id in refresh.members[:REFRESHED_MAX]]
        user_ids = [account for account in accounts if account.startswith(USER_PREFIX)]
        if not user_ids:
            return None
        token = self._context.tokens[refresh.action]
        return adaptive.Refresh(action=adaptive.Execute(verb=VERB, data={"token": token}), user_ids=user_ids)

    def _buttons(self, buttons: tuple[Button, ...]) -> Iterator[Any]:
        for start in range(0, len(buttons), BUTTONS_PER_SET):
            actions = [self._action(button) for button in buttons[start : start + BUTTONS_PER_SET]]
            yield adaptive.ActionSet(actions=actions)

    def _action(self, button: Button) -> Any:
        title = visible(button.label)
        if isinstance(button.action, Link):
            return adaptive.OpenUrl(title=title, url=button.action.url)
        data: dict[str, Any] = {"token": self._context.tokens[button.action]}
        style = STYLES.get(button.style)
        if self._context.is_form:
            return adaptive.Submit(title=title, data=data, style=style)
        if button.action.verb == OPEN:
            return adaptive.Submit(title=title, data={"msteams": {"type": "task/fetch"}, **data}, style=style)
        return adaptive.Execute(title=title, verb=VERB, data=data, style=style)


def _inline(run: Run) -> Any:
    match run:
        case Text(text, bold, italic, subtle, code):
            shown_text = literal(visible(text))
            if not (bold or italic or subtle or code):
                return shown_text
            return adaptive.TextRun(
                text=shown_text,
                weight="Bolder" if bold else None,
                italic=italic or None,
                isSubtle=subtle or None,
                fontType="Monospace" if code else None,
            )
        case Mention(_, name):
            return adaptive.TextRun(text=literal(visible(name)), weight="Bolder")
        case Link(text, url):
            return adaptive.TextRun(text=literal(visible(text)), select_action=adaptive.OpenUrl(url=url))
        case _:
            assert_never(run)


def _quote(text: str) -> Any:
    """A block for each line, because a TextRun loses line breaks; blank lines become distance."""
    lines = visible(text).strip("\n").split("\n", LINES_OF_QUOTE_MAX)
    lines[-1] = lines[-1].replace("\n", " ")
    items = []
    spacing = None
    for line in lines:
        if line.strip():
            items.append(
                adaptive.RichTextBlock(inlines=[adaptive.TextRun(text=literal(line), italic=True)], spacing=spacing)
            )
        spacing = "None" if line.strip() else "Default"
    return adaptive.Container(style="emphasis", items=items)


def _fact(title: str, value: str) -> Any:
    return adaptive.Fact(title=escaped(visible(title)), value=escaped(visible(value)))


def _table(table: Table) -> Any:
    """The widths are shares of the card, as wide as what stands in the columns."""
    grid = [tuple(column.title for column in table.columns), *table.rows]
    columns = [
        adaptive.TableColumn(
            width=min(SHARE_MAX, max(SHARE_MIN, *(width(row[index]) for row in grid))),
            horizontal_cell_content_alignment="Right" if column.align == "right" else None,
        )
        for index, column in enumerate(table.columns)
    ]
    rows = [_row(cells, is_bold=index == 0 or index - 1 in table.highlighted) for index, cells in enumerate(grid)]
    for index in table.highlighted:
        rows[index + 1].style = "accent"
    return adaptive.Table(columns=columns, rows=rows, first_row_as_header=True, show_grid_lines=False)


def _row(cells: tuple[str, ...], *, is_bold: bool) -> Any:
    return adaptive.TableRow(cells=[adaptive.TableCell(items=_cell(visible(text), is_bold=is_bold)) for text in cells])


def _cell(text: str, *, is_bold: bool) -> list[Any]:
    if not text:
        return []
    inline = adaptive.TextRun(text=literal(text), weight="Bolder") if is_bold else literal(text)
    return [adaptive.RichTextBlock(inlines=[inline])]
