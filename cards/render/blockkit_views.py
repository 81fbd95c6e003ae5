"""Card → Block Kit for Slack's views: modals, where forms are filled in, and App Home.

A view shows no native table and no fallback text. Each input is a block whose `block_id` and `action_id` are the input's name,
so that a refusal can name the block. Bounds: https://docs.slack.dev/reference/views and the reference of each element.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from cards.model import Button, Card, Choice, Element, Heading, Input, Link, Paragraph, PeopleInput, Text, TextInput
from cards.render import Context, Rendered, blockkit
from cards.render.blockkit import Json, Writer, fitting, plain_text
from cards.render.text import clipped, one_line, visible
from cards.words import words_for

BLOCKS_MAX = 100
TITLE_MAX = 24
LABEL_MAX = 2000
PLACEHOLDER_MAX = 150
VALUE_MAX = 3000
OPTION_MAX = 75
OPTIONS_MAX = 100
RADIO_MAX = 5
"""More than these are a menu; Slack would take ten, but they would push the rest of the form out of sight."""


def render(card: Card, context: Context) -> Rendered:
    """A message, and with it the `view` where the context asks for one: the message stands in where no view can be shown."""
    message = blockkit.render(card, context)
    if not (context.is_form or context.is_page):
        return message
    view = modal(card, context) if context.is_form else home(card, context)
    return Rendered({**message.payload, "view": view.payload}, (*message.dropped, *view.dropped))


def modal(card: Card, context: Context) -> Rendered:
    """A form, or without `submit` something to look at. The token of what it submits is its `private_metadata`."""
    words = words_for(context.locale)
    title, elements = _title(card)
    writer = Writer(context, is_view=True)
    blocks, cut = _blocks(replace(card, elements=elements), writer)
    view: Json = {
        "type": "modal",
        "title": plain_text(title),
        "close": plain_text(_short(words("forms.cancel" if card.submit else "forms.close"))),
        "blocks": blocks,
    }
    return Rendered({**view, **_submit(card.submit, context)}, (*cut, *writer.dropped))


def home(card: Card, context: Context) -> Rendered:
    writer = Writer(context, is_view=True)
    blocks, cut = _blocks(card.as_message(), writer)
    return Rendered({"type": "home", "blocks": blocks}, (*cut, *writer.dropped))


def _title(card: Card) -> tuple[str, tuple[Element, ...]]:
    """The card's heading goes up to where Slack has a title; one that is too long for it stays below as well."""
    first = card.elements[0] if card.elements else None
    if not isinstance(first, Heading):
        return _short(card.summary), card.elements
    heading = visible(first.text)
    return _short(heading), card.elements if len(heading) > TITLE_MAX else card.elements[1:]


def _short(text: str) -> str:
    """What stands in the frame of a modal: one line, never empty."""
    return clipped(one_line(text), TITLE_MAX) or "…"


def _submit(button: Button | None, context: Context) -> Json:
    if button is None:
        return {}
    assert not isinstance(button.action, Link)
    return {
        "callback_id": button.action.verb,
        "submit": plain_text(_short(button.label)),
        "private_metadata": context.tokens[button.action],
    }


def _blocks(card: Card, writer: Writer) -> tuple[list[Json], list[str]]:
    """What the card shows, inputs among it; never nothing, which Slack refuses."""
    card, cut = fitting(card)
    elements = card.elements or (Paragraph((Text(card.summary),)),)
    blocks: list[Json] = []
    for element in elements:
        if isinstance(element, TextInput | Choice | PeopleInput):
            blocks += _input(element, writer)
        else:
            blocks += writer.blocks(element)
    return writer.fitted(blocks, BLOCKS_MAX), cut


def _input(element: Input, writer: Writer) -> Iterator[Json]:
    written = _element(element, writer)
    if written is None:
        return
    # What is chosen from the start cannot be left empty: "(optional)" behind it would only puzzle.
    is_needed = element.required or "initial_option" in written
    yield {
        "type": "input",
        "block_id": element.name,
        "label": plain_text(writer.cut(element.label, LABEL_MAX, "label")),
        "element": {**written, "action_id": element.name},
        **({} if is_needed else {"optional": True}),
    }


def _element(element: Input, writer: Writer) -> Json | None:
    match element:
        case TextInput():
            return _text_input(element, writer)
        case Choice():
            return _choice(element, writer)
        case PeopleInput(several=True, accounts=accounts):
            return {"type": "multi_users_select", **({"initial_users": list(accounts)} if accounts else {})}
        case PeopleInput(accounts=accounts):
            return {"type": "users_select", **({"initial_user": accounts[0]} if accounts else {})}
        case _:
            assert_never(element)


def _text_input(element: TextInput, writer: Writer) -> Json:
    length_max = min(element.length_max, VALUE_MAX)
    written: Json = {"type": "plain_text_input", "multiline": element.multiline, "max_length": length_max}
    if value := visible(element.value):
        written["initial_value"] = writer.cut(value, length_max, f"value of {element.name}")
    if placeholder := visible(element.placeholder):
        written["placeholder"] = plain_text(writer.cut(placeholder, PLACEHOLDER_MAX, "placeholder"))
    return written


def _choice(element: Choice, writer: Writer) -> Json | None:
    """None where there is nothing to choose from: Slack knows no empty menu."""
    if len(element.options) > OPTIONS_MAX:
        writer.dropped.append(f"{len(element.options) - OPTIONS_MAX} options beyond {OPTIONS_MAX}")
    options = [_option(value, label, writer) for value, label in element.options[:OPTIONS_MAX]]
    if not options:
        writer.dropped.append(f"input {element.name} without options")
        return None
    wanted = element.value.split(",") if element.several else [element.value]
    chosen = [option for option in options if option["value"] in wanted]
    if element.several:
        return {"type": "multi_static_select", "options": options, **({"initial_options": chosen} if chosen else {})}
    kind = "radio_buttons" if len(options) <= RADIO_MAX else "static_select"
    return {"type": kind, "options": options, **({"initial_option": chosen[0]} if chosen else {})}


def _option(value: str, label: str, writer: Writer) -> Json:
    return {"text": plain_text(writer.cut(label, OPTION_MAX, "option")), "value": value}
