"""Slack's modals and App Home: what stands in them, what they carry, and what happens when there is no room."""

from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as some

from cards.model import (
    Action,
    Button,
    Buttons,
    Card,
    Choice,
    Column,
    Divider,
    Element,
    Heading,
    Paragraph,
    PeopleInput,
    Quote,
    Table,
    Text,
    TextInput,
)
from cards.render import Context, blockkit, blockkit_views
from cards.words import Words, locale_names
from tests.cards.hostile import HOSTILE
from tests.cards.samples import SAMPLES, context_of
from tests.judges import slack as judge

SEND, OPEN = Action("send"), Action("open")
TOKENS = {SEND: "t" * 22, OPEN: "o" * 22}
MANY = tuple((str(number), f"Option {number}") for number in range(150))


def form(*elements: Element, title: str = "Title") -> Card:
    return Card("summary", (Heading(title), *elements), submit=Button("Send", SEND), opener=Button("Open", OPEN))


def modal(*elements: Element, **card: Any) -> dict[str, Any]:
    """The judged payload of a form."""
    payload = blockkit_views.modal(form(*elements, **card), Context(TOKENS)).payload
    assert judge.view_faults(payload) == []
    return payload


def element(shown: Element) -> dict[str, Any]:
    [block] = modal(shown)["blocks"]
    assert block["block_id"] == block["element"]["action_id"]
    written: dict[str, Any] = block["element"]
    return written


@pytest.mark.parametrize("locale", locale_names())
@pytest.mark.parametrize("name", SAMPLES)
def test_every_card_can_stand_in_a_modal_and_on_the_page(name: str, locale: str) -> None:
    """A press in a view is answered in a view, whatever the answer."""
    card = SAMPLES[name](Words(locale))
    for render in (blockkit_views.modal, blockkit_views.home):
        rendered = render(card, context_of(card, "modal", locale))
        assert judge.view_faults(rendered.payload) == []
        assert set(rendered.dropped) <= {"table cells cut"}


def test_only_a_context_that_asks_gets_a_view_and_always_the_message_that_stands_in_for_it() -> None:
    card = form(TextInput("why", "Why?"))
    message = blockkit.render(card, Context(TOKENS)).payload
    assert blockkit_views.render(card, Context(TOKENS)).payload == message
    for context in (Context(TOKENS, is_form=True), Context(TOKENS, is_page=True)):
        payload = blockkit_views.render(card, context).payload
        assert {**message, "view": payload["view"]} == payload
    assert "Open" in str(message)


def test_the_heading_is_the_title_and_the_token_is_carried() -> None:
    payload = modal(TextInput("why", "Why?"))
    assert payload["title"]["text"] == "Title"
    assert [block["type"] for block in payload["blocks"]] == ["input"]
    assert (payload["private_metadata"], payload["callback_id"]) == ("t" * 22, "send")
    assert (payload["submit"]["text"], payload["close"]["text"]) == ("Send", "Cancel")


def test_a_heading_too_long_for_a_title_stays_below_it() -> None:
    payload = modal(TextInput("why", "Why?"), title="Who leads this year in points")
    assert payload["title"]["text"] == "Who leads this year in…"
    assert payload["blocks"][0]["text"]["text"] == "Who leads this year in points"


def test_what_has_nothing_to_send_can_be_closed() -> None:
    card = Card("This has closed.", (Paragraph((Text("This has closed."),)),))
    payload = blockkit_views.modal(card, Context(locale="de")).payload
    assert judge.view_faults(payload) == []
    assert payload["close"]["text"] == "Schließen"
    assert not {"submit", "private_metadata", "callback_id"} & set(payload)


def test_a_card_without_elements_shows_its_summary() -> None:
    for render in (blockkit_views.modal, blockkit_views.home):
        payload = render(Card("Done"), Context()).payload
        assert judge.view_faults(payload) == []
        assert "Done" in str(payload["blocks"])


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        (
            PeopleInput("who", "Who?", accounts=("U1", "U2")),
            {"type": "multi_users_select", "initial_users": ["U1", "U2"]},
        ),
        (PeopleInput("who", "Who?"), {"type": "multi_users_select"}),
        (PeopleInput("who", "Who?", several=False, accounts=("U1",)), {"type": "users_select", "initial_user": "U1"}),
        (PeopleInput("who", "Who?", several=False), {"type": "users_select"}),
        (TextInput("why", "Why?", length_max=40), {"type": "plain_text_input", "multiline": False, "max_length": 40}),
    ],
)
def test_inputs(shown: PeopleInput | TextInput, written: dict[str, Any]) -> None:
    assert element(shown) == {**written, "action_id": shown.name}


def test_what_is_filled_in_already_and_no_more_than_may_be_typed() -> None:
    text = element(TextInput("why", "Why?", "for…" * 60, "x" * 5000, multiline=True, length_max=9000))
    assert (text["max_length"], len(text["initial_value"])) == (3000, 3000)
    assert len(text["placeholder"]["text"]) == 150


@pytest.mark.parametrize(
    ("options", "several", "kind"),
    [
        (MANY[:2], False, "radio_buttons"),
        (MANY[:5], False, "radio_buttons"),
        (MANY[:6], False, "static_select"),
        (MANY[:2], True, "multi_static_select"),
    ],
)
def test_few_options_are_seen_at_once(options: tuple[tuple[str, str], ...], several: bool, kind: str) -> None:
    written = element(Choice("which", "Which?", options, "1", several=several))
    assert written["type"] == kind
    chosen = written["initial_options"][0] if several else written["initial_option"]
    assert chosen["value"] == "1"


def test_what_is_chosen_has_to_be_an_option() -> None:
    assert "initial_option" not in element(Choice("which", "Which?", MANY[:3], "77"))
    several = element(Choice("which", "Which?", MANY[:3], "0,77,2", several=True))
    assert [option["value"] for option in several["initial_options"]] == ["0", "2"]


def test_only_what_may_be_left_empty_says_so() -> None:
    payload = modal(
        TextInput("a", "A", required=True),
        TextInput("b", "B"),
        Choice("c", "C", MANY[:2], "1"),
        Choice("d", "D", MANY[:2]),
        Choice("e", "E", MANY[:2], "1", several=True),
    )
    assert [block["block_id"] for block in payload["blocks"] if block.get("optional")] == ["b", "d", "e"]


def test_too_many_options_are_cut_and_none_is_no_menu() -> None:
    crowded = blockkit_views.modal(form(Choice("which", "W", MANY), Choice("none", "N", ())), Context(TOKENS))
    assert judge.view_faults(crowded.payload) == []
    assert crowded.dropped == ("50 options beyond 100", "input none without options")


def test_long_names_are_cut() -> None:
    rendered = blockkit_views.modal(form(Choice("which", "W" * 3000, (("1", "x" * 80),))), Context(TOKENS))
    assert judge.view_faults(rendered.payload) == []
    assert set(rendered.dropped) == {"label cut", "option cut"}


def test_inputs_and_buttons_stay_when_there_is_no_room() -> None:
    dividers = [Divider()] * 120
    card = form(*dividers, TextInput("why", "Why?"), Buttons((Button("Join", SEND),)))
    rendered = blockkit_views.modal(card, Context(TOKENS))
    assert judge.view_faults(rendered.payload) == []
    assert [block["type"] for block in rendered.payload["blocks"][-2:]] == ["input", "actions"]
    long = blockkit_views.home(Card("x", (Quote("word " * 8000),)), Context())
    assert judge.view_faults(long.payload) == []
    assert long.dropped


def test_a_table_is_monospaced() -> None:
    table = Table((Column("Name"), Column("Points", "right")), (("Ana", "5"),))
    [block] = blockkit_views.home(Card("x", (table,)), Context()).payload["blocks"]
    assert block["elements"][0]["type"] == "rich_text_preformatted"


def hostile_form(text: str) -> Card:
    """The text wherever a form can hold what somebody typed."""
    return Card(
        text,
        (
            Heading(text),
            Paragraph((Text(text),)),
            TextInput("why", text, text, text),
            Choice("one", text, (("1", text), ("2", "b")), "1"),
            Choice("all", text, (("1", text), ("2", "b")), "1,2", several=True),
        ),
        submit=Button(text, SEND),
        opener=Button(text, OPEN),
    )


def objects(value: Any) -> list[dict[str, Any]]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [*([value] if isinstance(value, dict) else []), *(found for item in inside for found in objects(item))]


def is_literal(text: str) -> None:
    for render in (blockkit_views.modal, blockkit_views.home):
        card = hostile_form(text)
        payload = render(card, Context(TOKENS)).payload
        assert judge.view_faults(payload) == [], text
        kinds = {thing.get("type") for thing in objects(payload)}
        assert not kinds & {"mrkdwn", "broadcast", "usergroup", "channel", "user", "link"}
        assert not any(thing.get("emoji") for thing in objects(payload))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_type_is_literal(text: str) -> None:
    is_literal(text)


@settings(max_examples=60, deadline=None)
@for_all(text=some.one_of(some.text(max_size=80), some.lists(some.sampled_from(HOSTILE)).map(" ".join)))
def test_whatever_is_typed_slack_takes_the_form(text: str) -> None:
    is_literal(text)
