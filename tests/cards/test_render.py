"""What each surface makes of the elements, and what it does when there is no room."""

from collections.abc import Callable
from typing import Any

import pytest

from cards.model import (
    Action,
    Button,
    Buttons,
    Card,
    Choice,
    Column,
    Divider,
    Element,
    Facts,
    Heading,
    Image,
    Link,
    Mention,
    Paragraph,
    PeopleInput,
    Progress,
    Quote,
    Refresh,
    Table,
    Text,
    TextInput,
)
from cards.render import Context, Rendered, adaptive, blockkit, plain, telegram
from cards.render import adaptive_elements as elements
from tests.judges import adaptive as teams_judge
from tests.judges import slack as slack_judge
from tests.judges import telegram as telegram_judge


def buttons_of(rendered: Rendered) -> list[tuple[str, Any]]:
    """Kind and data of the buttons at the end of an Adaptive Card."""
    return [(action["type"], action["data"]) for action in rendered.payload["body"][-1]["actions"]]


Render = Callable[[Card, Context], Rendered]
RENDERERS: dict[str, Render] = {
    "adaptive": adaptive.render,
    "blockkit": blockkit.render,
    "telegram": telegram.render,
    "plain": plain.render,
}
FAULTS: dict[str, Callable[[Any], list[str]]] = {
    "adaptive": teams_judge.faults,
    "blockkit": slack_judge.faults,
    "telegram": telegram_judge.faults,
    "plain": lambda payload: [] if payload["text"] else ["empty"],
}
INPUTS = (
    TextInput("why", "Why?", placeholder="For …", multiline=True, length_max=1000, required=True),
    Choice("badge", "Badge", (("1", "Star"), ("2", "Rocket")), value="2"),
    PeopleInput("who", "Who?", required=True),
)
SEND, OPEN, LOOK = Action("x_send", member_id=1), Action("form", member_id=1, argument="x"), Action("x_look")
FORM = Card("x", (TextInput("why", "Why?"),), submit=Button("Send", SEND), opener=Button("Open", OPEN))
FORM_TOKENS = {SEND: "send", OPEN: "open"}
PAIR = (Column("Name"), Column("Points", "right"))
ALL: tuple[Element, ...] = (
    Heading("Title"),
    Paragraph(
        (Text("plain "), Text("code", code=True), Link("link", "https://example.com/?a=1&b=2"), Mention(1, "Ana"))
    ),
    Quote("first\n\nsecond"),
    Facts((("Total", "5"),)),
    Table(PAIR, (("Ana", "5"), ("Luis", "3")), frozenset({1})),
    Divider(),
    Table(PAIR, (("Eva", "1"),)),
    Image("https://example.com/a.png", "A podium"),
    Progress("Hours", 0.75),
    *INPUTS,
    Buttons((Button("Join", Action("join")), Button("Site", Link("Site", "https://example.com")))),
)
TOKENS = {Action("join"): "t" * 22}


def render(name: str, *shown: Element, accounts: dict[int, str] | None = None) -> Rendered:
    return RENDERERS[name](Card("summary", tuple(shown)), Context(TOKENS, accounts or {}))


@pytest.mark.parametrize("name", RENDERERS)
class TestEverySurface:
    def test_takes_every_element(self, name: str) -> None:
        rendered = render(name, *ALL)
        assert FAULTS[name](rendered.payload) == []
        text = str(rendered.payload)
        assert all(word in text for word in ("Title", "second", "Luis", "▰▰▰▰▰▰▰▰▱▱ 75 %", "podium", "Join"))

    @pytest.mark.parametrize("element", ALL, ids=lambda element: type(element).__name__)
    def test_takes_each_element_alone(self, name: str, element: Element) -> None:
        rendered = render(name, element)
        assert FAULTS[name](rendered.payload) == [] or (
            name == "blockkit" and isinstance(element, (*map(type, INPUTS),))
        )

    def test_shows_the_summary_of_a_card_without_elements(self, name: str) -> None:
        payload = render(name).payload
        assert FAULTS[name](payload) == []
        assert "summary" in str(payload)

    def test_is_pure(self, name: str) -> None:
        assert render(name, *ALL) == render(name, *ALL)

    def test_a_share_out_of_bounds_is_full_or_empty(self, name: str) -> None:
        assert "100 %" in str(render(name, Progress("x", 1.5)).payload)
        assert " 0 %" in str(render(name, Progress("x", -1)).payload)

    @pytest.mark.parametrize(
        "big",
        [
            Quote("word " * 8000),
            Paragraph((Text("x" * 40_000),)),
            Facts((("title", "value " * 20),) * 400),
            Table((Column("a"), Column("b")), (("x" * 90, "1"),) * 600),
            Paragraph(tuple(Mention(number, f"Name {number} " * 9) for number in range(500))),
        ],
        ids=lambda element: type(element).__name__,
    )
    def test_what_is_too_big_is_cut_and_said(self, name: str, big: Element) -> None:
        buttons = Buttons((Button("Join", Action("join")),))
        rendered = render(name, Heading("Title"), big, buttons)
        if name == "plain":
            return
        assert FAULTS[name](rendered.payload) == []
        assert rendered.dropped
        assert "Join" in str(rendered.payload)
        assert "Title" in str(rendered.payload)


@pytest.mark.parametrize("name", ["adaptive", "blockkit", "telegram"])
def test_an_action_without_a_token_is_a_bug(name: str) -> None:
    with pytest.raises(KeyError):
        RENDERERS[name](Card("x", (Buttons((Button("Join", Action("leave")),)),)), Context())


class TestTeams:
    def test_a_press_carries_the_token_and_nothing_else(self) -> None:
        (buttons,) = render("adaptive", Buttons((Button("Join", Action("join"), "primary"),))).payload["body"]
        assert buttons["actions"] == [
            {
                "type": "Action.Execute",
                "title": "Join",
                "verb": "plaudit",
                "data": {"token": "t" * 22},
                "style": "positive",
            }
        ]

    def test_it_is_wide_and_of_version_1_5(self) -> None:
        payload = render("adaptive", Heading("x")).payload
        assert (payload["version"], payload["msteams"], payload["lang"]) == ("1.5", {"width": "Full"}, "en")

    def test_two_people_of_one_name_are_told_apart(self) -> None:
        line = Paragraph((Mention(1, "Ana"), Text(" and "), Mention(2, "Ana"), Text(" and "), Mention(1, "Ana")))
        payload = render("adaptive", line, accounts={1: "29:a", 2: "29:b"}).payload
        assert payload["body"][0]["text"] == "<at>Ana</at> and <at>Ana (2)</at> and <at>Ana</at>"
        assert [(entity["text"], entity["mentioned"]["id"]) for entity in payload["msteams"]["entities"]] == [
            ("<at>Ana</at>", "29:a"),
            ("<at>Ana (2)</at>", "29:b"),
        ]

    def test_people_without_an_account_are_named(self) -> None:
        payload = render("adaptive", Paragraph((Mention(1, "Ana"),))).payload
        assert payload["body"][0]["inlines"] == [{"type": "TextRun", "text": "Ana", "weight": "Bolder"}]
        assert "entities" not in payload["msteams"]

    def test_divider_is_a_line_above_the_next_block(self) -> None:
        body = render("adaptive", Heading("a"), Divider(), Heading("b")).payload["body"]
        assert [block.get("separator") for block in body] == [None, True]

    def test_people_are_picked_from_the_directory(self) -> None:
        (picker,) = render("adaptive", INPUTS[2]).payload["body"]
        assert picker["choices.data"] == {"type": "Data.Query", "dataset": "graph.microsoft.com/users"}
        assert (picker["id"], picker["isMultiSelect"], picker["isRequired"]) == ("who", True, True)

    def test_a_form_stands_in_a_private_message_and_behind_a_button_in_a_group(self) -> None:
        private = adaptive.render(FORM, Context(tokens=FORM_TOKENS))
        group = adaptive.render(FORM, Context(tokens=FORM_TOKENS, in_group=True))
        assert [block["type"] for block in private.payload["body"]] == ["Input.Text", "ActionSet"]
        assert buttons_of(private) == [("Action.Execute", {"token": "send"})]
        assert [block["type"] for block in group.payload["body"]] == ["ActionSet"]
        assert buttons_of(group) == [("Action.Submit", {"msteams": {"type": "task/fetch"}, "token": "open"})]

    @pytest.mark.parametrize("in_group", [True, False])
    def test_a_dialog_knows_only_submit(self, in_group: bool) -> None:
        dialog = adaptive.render(FORM, Context(tokens=FORM_TOKENS, is_form=True, in_group=in_group))
        assert [block["type"] for block in dialog.payload["body"]] == ["Input.Text", "ActionSet"]
        assert buttons_of(dialog) == [("Action.Submit", {"token": "send"})]
        assert teams_judge.faults(dialog.payload) == []

    def test_a_card_is_refreshed_for_those_it_looks_different_to(self) -> None:
        card = Card("x", refresh=Refresh(LOOK, (1, 2, 3)))
        accounts = {1: "29:one", 2: "5d0f6a1c-0f35-4c9a-a8de-3a3c6f0e8a11"}
        payload = adaptive.render(card, Context(tokens={LOOK: "t"}, accounts=accounts)).payload
        action = {"type": "Action.Execute", "verb": "plaudit", "data": {"token": "t"}}
        assert payload["refresh"] == {"action": action, "userIds": ["29:one"]}
        assert teams_judge.faults(payload) == []

    def test_a_list_of_nobody_would_refresh_it_for_all(self) -> None:
        card = Card("x", refresh=Refresh(LOOK, (1, 2)))
        for accounts in ({}, {1: "5d0f6a1c-0f35-4c9a-a8de-3a3c6f0e8a11"}):
            assert "refresh" not in adaptive.render(card, Context(tokens={LOOK: "t"}, accounts=accounts)).payload

    def test_no_more_than_60_have_a_view_of_their_own(self) -> None:
        card = Card("x", refresh=Refresh(LOOK, tuple(range(100))))
        accounts = {number: f"29:{number}" for number in range(100)}
        payload = adaptive.render(card, Context(tokens={LOOK: "t"}, accounts=accounts)).payload
        assert len(payload["refresh"]["userIds"]) == 60

    def test_unknown_and_mistyped_properties_are_refused(self) -> None:
        with pytest.raises(TypeError, match="colour"):
            elements.TextBlock(text="x", colour="red")
        with pytest.raises(TypeError, match="text"):
            elements.TextBlock(text=5)

    def test_nothing_of_the_package_is_left_in_the_card(self) -> None:
        def check(value: Any) -> None:
            assert type(value) in {dict, list, str, int, bool}
            for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
                check(item)

        check(render("adaptive", *ALL).payload)


class TestSlack:
    def test_buttons_have_ids_of_their_own_and_the_token(self) -> None:
        twice = Buttons((Button("Join", Action("join")), Button("Join", Action("join"), "danger")))
        (actions,) = render("blockkit", twice).payload["blocks"]
        assert [(button["action_id"], button["value"], button.get("style")) for button in actions["elements"]] == [
            ("plaudit:1", "t" * 22, None),
            ("plaudit:2", "t" * 22, "danger"),
        ]

    def test_the_second_table_is_monospaced(self) -> None:
        table = Table(PAIR, (("Ana", "5"),))
        types = [block["type"] for block in render("blockkit", table, table).payload["blocks"]]
        assert types == ["table", "rich_text"]

    def test_mentions(self) -> None:
        line = Paragraph((Mention(1, "Ana"), Mention(2, "Luis")))
        (block,) = render("blockkit", line, accounts={1: "U1"}).payload["blocks"]
        assert block["elements"][0]["elements"] == [
            {"type": "user", "user_id": "U1"},
            {"type": "text", "text": "Luis", "style": {"bold": True}},
        ]

    def test_inputs_are_reported(self) -> None:
        dropped = render("blockkit", Heading("x"), *INPUTS).dropped
        assert dropped == ("input why needs a form", "input badge needs a form", "input who needs a form")

    def test_fallback_is_escaped_and_calls_nobody(self) -> None:
        assert blockkit.fallback("<!channel> & @here") == "&lt;!channel&gt; &amp; @\u2060here"

    def test_buttons_survive_too_many_blocks(self) -> None:
        paragraphs = [Paragraph((Text("x"),))] * 70
        rendered = render("blockkit", *paragraphs, Buttons((Button("Join", Action("join")),)))
        assert len(rendered.payload["blocks"]) == 50
        assert rendered.payload["blocks"][-1]["type"] == "actions"
        assert rendered.dropped == ("21 blocks beyond 50",)


class TestTelegram:
    def test_rows_of_two_or_of_three_short_ones(self) -> None:
        def rows(label: str) -> list[int]:
            buttons = Buttons((Button(label, Action("join")),) * 5)
            return [len(row) for row in render("telegram", buttons).payload["reply_markup"]["inline_keyboard"]]

        assert rows("Week") == [3, 2]
        assert rows("A much longer label") == [2, 2, 1]

    def test_without_buttons_no_keyboard(self) -> None:
        assert render("telegram", Heading("x")).payload == {
            "text": "<b>x</b>",
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
        }

    def test_a_token_too_long_is_a_bug(self) -> None:
        with pytest.raises(ValueError, match="64"):
            telegram.render(Card("x", (Buttons((Button("x", Action("a")),)),)), Context({Action("a"): "x" * 65}))

    def test_mentions_need_a_number(self) -> None:
        line = Paragraph((Mention(1, "Ana"), Mention(2, "Luis")))
        text = render("telegram", line, accounts={1: "42", 2: '1"onclick="x'}).payload["text"]
        assert text == '<a href="tg://user?id=42">Ana</a><b>Luis</b>'

    def test_a_lone_command_can_be_tapped_and_a_longer_one_copied(self) -> None:
        text = render(
            "telegram", Paragraph((Text("/help", code=True), Text(" "), Text("/kudos @x", code=True)))
        ).payload["text"]
        assert text == "/help <code>/kudos @x</code>"

    def test_tables_are_narrow_and_aligned(self) -> None:
        table = Table(
            (Column("#"), Column("Name"), Column("Points", "right")),
            (("🥇", "李小龍", "1,120"), ("10", "A very long name that does not fit", "5")),
            frozenset({1}),
        )
        rendered = render("telegram", table)
        lines = telegram_judge.shown(rendered.payload["text"]).split("\n")
        assert lines == [
            " #   Name                 Points",
            " 🥇  李小龍                1,120",
            "›10  A very long name t…       5",
        ]
        assert rendered.dropped == ("table cells cut",)

    def test_wide_tables_become_lines(self) -> None:
        table = Table((Column("Day"), *[Column("Column")] * 4), (("19 Nov 25", "a", "", "b", "c" * 40),))
        text = telegram_judge.shown(render("telegram", table).payload["text"])
        assert text.split("\n")[1] == "19 Nov 25 · a · b · " + "c" * 40

    def test_length_is_counted_without_tags_in_utf_16(self) -> None:
        assert render("telegram", Quote("<" * 4096)).dropped == ()
        assert render("telegram", Quote("🎉" * 2048)).dropped == ()
        assert render("telegram", Quote("🎉" * 2049)).dropped == ("quote cut",)
