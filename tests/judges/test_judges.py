"""The judges bite: what the platforms refuse, they refuse."""

from typing import Any

import pytest

from tests.judges import adaptive, slack, telegram

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def button(**keys: Any) -> Json:
    return {"type": "button", "text": plain("ok"), "action_id": "a", **keys}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def table(rows: int) -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * rows}


def rich(text: str) -> Json:
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}],
    }


GOOD_BLOCKS = {
    "a table": [table(3)],
    "fifty blocks": [{"type": "divider"}] * 50,
    "a button": [actions(button(value="1", style="danger"))],
    "rich text": [rich("x")],
}
BAD_BLOCKS = {
    "text too long": [section("x" * 3001)],
    "empty text": [section("")],
    "empty rich text": [rich("")],
    "header in mrkdwn": [{"type": "header", "text": {"type": "mrkdwn", "text": "no"}}],
    "header too long": [{"type": "header", "text": plain("x" * 151)}],
    "label too long": [actions(button(text=plain("x" * 76)))],
    "value too long": [actions(button(value="x" * 2001))],
    "unknown style": [actions(button(style="green"))],
    "too many buttons": [actions(*[button(action_id=f"a{number}") for number in range(26)])],
    "one action_id twice": [actions(button(), button())],
    "no buttons": [actions()],
    "unknown key": [{**section("x"), "fact": 1}],
    "unknown block": [{"type": "adaptive", "text": plain("x")}],
    "image without alternative": [{"type": "image", "image_url": "https://example.com/y.png"}],
    "too many blocks": [{"type": "divider"}] * 51,
    "table too long": [table(101)],
    "two tables": [table(1), table(1)],
}


@pytest.mark.parametrize("blocks", GOOD_BLOCKS.values(), ids=GOOD_BLOCKS)
def test_slack_accepts(blocks: list[Json]) -> None:
    assert slack.faults({"text": "x", "blocks": blocks}) == []


@pytest.mark.parametrize("blocks", BAD_BLOCKS.values(), ids=BAD_BLOCKS)
def test_slack_refuses(blocks: list[Json]) -> None:
    assert slack.faults({"text": "x", "blocks": blocks})


def test_slack_wants_a_fallback() -> None:
    assert slack.faults({"text": " ", "blocks": [rich("x")]})


def view(*blocks: Json, **keys: Any) -> Json:
    return {"type": "modal", "title": plain("Title"), "submit": plain("Send"), "blocks": list(blocks), **keys}


def entry(element: Json, **keys: Any) -> Json:
    return {"type": "input", "block_id": "b", "label": plain("Label"), "element": {"action_id": "b", **element}, **keys}


def option(value: str) -> Json:
    return {"text": plain("x"), "value": value}


TYPED = {"type": "plain_text_input", "max_length": 5}
PICKED = {"type": "radio_buttons", "options": [option("1")]}
GOOD_VIEWS = {
    "a form": view(entry({**TYPED, "initial_value": "12345"})),
    "something chosen": view(entry({**PICKED, "initial_option": option("1")})),
    "people": view(entry({"type": "multi_users_select", "initial_users": ["U1"]}, optional=True)),
    "a hundred blocks": view(*[{"type": "divider"}] * 100),
    "a page": {"type": "home", "blocks": [actions(button(value="1"))], "private_metadata": "x" * 3000},
}
BAD_VIEWS = {
    "unknown type": view(rich("x"), type="sheet"),
    "no title": {"type": "modal", "blocks": [rich("x")]},
    "title too long": view(rich("x"), title=plain("x" * 25)),
    "empty title": view(rich("x"), title=plain("")),
    "close too long": view(rich("x"), close=plain("x" * 25)),
    "submit too long": view(rich("x"), submit=plain("x" * 25)),
    "title in mrkdwn": view(rich("x"), title={"type": "mrkdwn", "text": "x"}),
    "metadata too long": view(rich("x"), private_metadata="x" * 3001),
    "nothing to see": view(),
    "too many blocks": view(*[{"type": "divider"}] * 101),
    "an input without submit": {"type": "modal", "title": plain("x"), "blocks": [entry(TYPED)]},
    "a table": view(table(1)),
    "one block_id twice": view(entry(TYPED), entry(TYPED)),
    "a page with a title": {"type": "home", "blocks": [rich("x")], "title": plain("x")},
    "value too long": view(entry({**TYPED, "initial_value": "123456"})),
    "chosen without being offered": view(entry({**PICKED, "initial_option": option("2")})),
    "several chosen, one not offered": view(
        entry({"type": "multi_static_select", "options": [option("1")], "initial_options": [option("2")]})
    ),
    "too many radio buttons": view(entry({**PICKED, "options": [option(str(number)) for number in range(11)]})),
    "no options": view(entry({**PICKED, "options": []})),
    "option too long": view(entry({**PICKED, "options": [{"text": plain("x" * 76), "value": "1"}]})),
    "no label": view({"type": "input", "element": TYPED}),
    "placeholder too long": view(entry({**TYPED, "placeholder": plain("x" * 151)})),
}


@pytest.mark.parametrize("payload", GOOD_VIEWS.values(), ids=GOOD_VIEWS)
def test_slack_accepts_a_view(payload: Json) -> None:
    assert slack.view_faults(payload) == []


@pytest.mark.parametrize("payload", BAD_VIEWS.values(), ids=BAD_VIEWS)
def test_slack_refuses_a_view(payload: Json) -> None:
    assert slack.view_faults(payload)


def message(text: str = "a", *buttons: Json) -> Json:
    markup = {"reply_markup": {"inline_keyboard": [list(buttons)]}} if buttons else {}
    return {"chat_id": 1, "text": text, "parse_mode": "HTML", **markup}


GOOD_MESSAGES = {
    "formatting": message('<b>Kudos</b> to <a href="tg://user?id=42">Bob</a> &lt;3 &amp; <pre>x</pre>'),
    "quote": message("<blockquote>q</blockquote>"),
    "a button": message("a", {"text": "ok", "callback_data": "x" * 64}),
    "longest": message("&lt;" * 4096),
}
BAD_MESSAGES = {
    "unclosed": message("<b>unclosed"),
    "bare sign": message("a < b & c"),
    "unknown tag": message("<p>x</p>"),
    "too long": message("x" * 4097),
    "too long in UTF-16": message("🎉" * 2049),
    "nothing to see": message("<b> </b>"),
    "long data": message("a", {"text": "a", "callback_data": "ы" * 33}),
    "no action": message("a", {"text": "a"}),
    "wide row": message("a", *[{"text": "a", "callback_data": "x"}] * 9),
    "misspelt": {**message(), "reply_makrup": {}},
}


@pytest.mark.parametrize("parameters", GOOD_MESSAGES.values(), ids=GOOD_MESSAGES)
def test_telegram_accepts(parameters: Json) -> None:
    assert telegram.faults(parameters) == []


@pytest.mark.parametrize("parameters", BAD_MESSAGES.values(), ids=BAD_MESSAGES)
def test_telegram_refuses(parameters: Json) -> None:
    assert telegram.faults(parameters)


def test_telegram_finds_links_in_plain_text() -> None:
    assert telegram.links("/kudos @bob_smith #teamwork https://example.com/a") == [
        "/kudos",
        "@bob_smith",
        "#teamwork",
        "https://example.com/a",
    ]


def card(*body: Json, **keys: Any) -> Json:
    return {"type": "AdaptiveCard", "version": "1.5", "body": list(body), **keys}


def picker(dataset: str) -> Json:
    data = {"type": "Data.Query", "dataset": dataset}
    return {"type": "Input.ChoiceSet", "id": "p", "choices": [], "choices.data": data}


def refresh(*user_ids: str) -> Json:
    return {"action": {"type": "Action.Execute", "verb": "x"}, "userIds": list(user_ids)}


TEXT = {"type": "TextBlock", "text": "Hello <at>Ana</at>"}
ENTITY = {"type": "mention", "text": "<at>Ana</at>", "mentioned": {"id": "29:1", "name": "Ana"}}

GOOD_CARDS = {
    "text": card(TEXT),
    "a mention": card(TEXT, msteams={"entities": [ENTITY]}),
    "a picker": card(picker("graph.microsoft.com/users")),
    "a view of one's own": card(TEXT, msteams={"entities": [ENTITY]}, refresh=refresh("29:1")),
}
BAD_CARDS = {
    "no text": card({"type": "TextBlock"}),
    "unknown element": card({"type": "Text", "text": "x"}),
    "unknown key": card({**TEXT, "colour": "red"}),
    "unknown size": card({**TEXT, "size": "Huge"}),
    "nested JSON": card({"type": "ActionSet", "actions": ['{"type": "Action.OpenUrl"}']}),
    "link without address": card({"type": "ActionSet", "actions": [{"type": "Action.OpenUrl", "title": "x"}]}),
    "input without id": card({"type": "Input.Text"}),
    "two of one mention": card(TEXT, msteams={"entities": [ENTITY, ENTITY]}),
    "mention of nobody": card(msteams={"entities": [ENTITY]}),
    "picker of groups": card(picker("graph.microsoft.com/groups")),
    "picker with choices": card({**picker("graph.microsoft.com/users"), "choices": [{"title": "x", "value": "y"}]}),
    "refresh for nobody": card(TEXT, msteams={"entities": [ENTITY]}, refresh=refresh()),
    "refresh by object id": card(
        TEXT, msteams={"entities": [ENTITY]}, refresh=refresh("5d0f6a1c-0f35-4c9a-a8de-3a3c6f0e8a11")
    ),
    "refresh for too many": card(TEXT, msteams={"entities": [ENTITY]}, refresh=refresh(*["29:1"] * 61)),
    "too big": card({"type": "TextBlock", "text": "x" * 29_000}),
}


@pytest.mark.parametrize("payload", GOOD_CARDS.values(), ids=GOOD_CARDS)
def test_teams_accepts(payload: Json) -> None:
    assert adaptive.faults(payload) == []


@pytest.mark.parametrize("payload", BAD_CARDS.values(), ids=BAD_CARDS)
def test_teams_refuses(payload: Json) -> None:
    assert adaptive.faults(payload)
