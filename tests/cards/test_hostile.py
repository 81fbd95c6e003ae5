"""What people type is shown as it is: it neither notifies, nor links, nor formats, nor imitates, on any surface."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as some
from markdown_it import MarkdownIt

from cards import kudos
from cards.kudos import KudosView, TagView
from cards.model import Card, Column, Facts, Heading, Mention, Paragraph, Quote, Table, Text
from cards.people import Person
from cards.render import Context, adaptive, blockkit, plain, telegram
from cards.render.markdown import strong
from cards.render.text import visible
from cards.words import words_for
from tests.cards.hostile import HOSTILE
from tests.judges import adaptive as teams_judge
from tests.judges import slack as slack_judge
from tests.judges import telegram as telegram_judge

ENGLISH = words_for("en")
MARKDOWN = MarkdownIt("commonmark").enable("strikethrough")
INVISIBLE = "\u2060"
hostile = some.one_of(
    some.sampled_from(HOSTILE), some.text(max_size=80), some.lists(some.sampled_from(HOSTILE)).map(" ".join)
)
short = hostile.map(lambda text: text[:300])


def everywhere(text: str) -> Card:
    """The text wherever a card can hold what somebody typed, each place between letters of its own."""
    return Card(
        f"a{text}a",
        (
            Heading(f"b{text[:100]}b"),
            Paragraph((Text(f"c{text}c"), Text(f"d{text}d", bold=True), Text(f"e{text}e", subtle=True, italic=True))),
            Paragraph(
                (Mention(1, f"f{text}f"), Text(f"g{text}g"), Mention(2, f"h{text}h"), Text(f"i{text}i", bold=True))
            ),
            Paragraph((Text(f"j{text}j", subtle=True),)),
            Quote(f"k{text}k"),
            Facts(((f"l{text}l", f"m{text}m"),)),
        ),
    )


def bare(text: str) -> Card:
    """The text where nothing of ours stands before or behind it."""
    return Card(
        text,
        (
            Heading(text[:100]),
            Paragraph((Text(text), Mention(1, "Ana"))),
            Paragraph((Mention(1, "Ana"), Text("\n"), Text(text, bold=True))),
            Paragraph((Mention(1, text), Mention(2, text), Text(text))),
            Quote(text),
            Facts(((text, text),)),
        ),
    )


def kudos_with(text: str) -> Card:
    """A real card whose people, message and tags are hostile."""
    person = Person(1, text)
    view = KudosView(
        7, person, (Person(2, text), Person(3, text)), text, (TagView(text),), 5, 3, datetime(2025, 1, 1, tzinfo=UTC)
    )
    return kudos.given(ENGLISH, view)


def context_of(card: Card, account: str) -> Context:
    return Context(tokens=dict.fromkeys(card.actions(), "token"), accounts={1: account})


def squeezed(text: str) -> str:
    """Without blanks and joiners, which surfaces may place differently."""
    return "".join(visible(text).replace(INVISIBLE, "").split())


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from objects(item)
    if isinstance(value, list):
        for item in value:
            yield from objects(item)


def read_markdown(text: str) -> str:
    """What a reader sees of a TextBlock. Fails if anything but bold was understood as markup."""
    shown = ""
    for token in MARKDOWN.parse(text):
        assert token.type in {"paragraph_open", "paragraph_close", "inline"}, (token.type, text)
        for child in token.children or []:
            assert child.type in {"text", "text_special", "softbreak", "strong_open", "strong_close", "html_inline"}, (
                text
            )
            assert child.type != "html_inline" or child.content in {"<at>", "</at>"}, text
            shown += child.content if child.type != "softbreak" else "\n"
    return shown


def read_adaptive(payload: dict[str, Any]) -> str:
    """All texts of a card in their order, Markdown read where Teams reads it."""
    shown = ""
    for thing in objects(payload["body"]):
        if thing.get("type") == "TextBlock":
            shown += read_markdown(thing["text"])
        elif thing.get("type") == "RichTextBlock":
            shown += "".join(inline if isinstance(inline, str) else inline["text"] for inline in thing["inlines"])
        elif "facts" in thing:
            shown += "".join(read_markdown(fact["title"]) + read_markdown(fact["value"]) for fact in thing["facts"])
    return shown


@pytest.mark.parametrize("text", HOSTILE)
def test_teams_shows_it_literally(text: str) -> None:
    rendered = adaptive.render(everywhere(text), context_of(everywhere(text), "29:1"))
    assert teams_judge.faults(rendered.payload) == []
    if rendered.dropped:
        return
    shown = squeezed(read_adaptive(rendered.payload))
    for mark in "cdeghijklm":
        assert squeezed(f"{mark}{text}{mark}") in shown, mark


@pytest.mark.parametrize("text", HOSTILE)
def test_teams_reads_no_functions_and_no_foreign_mentions(text: str) -> None:
    payload = adaptive.render(everywhere(text), context_of(everywhere(text), "29:1")).payload
    for thing in objects(payload):
        strings = [value for value in thing.values() if isinstance(value, str)]
        assert not any("{{" in value for value in strings)
    blocks = "\n".join(thing["text"] for thing in objects(payload) if thing.get("type") == "TextBlock")
    mentions = {entity["text"] for entity in payload["msteams"]["entities"]}
    assert sum(blocks.count(mention) for mention in mentions) == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_slack_shows_it_literally(text: str) -> None:
    card = everywhere(text)
    rendered = blockkit.render(card, context_of(card, "U1"))
    assert slack_judge.faults(rendered.payload) == []
    assert rendered.dropped == ()
    shown = squeezed(
        "".join(thing["text"] for thing in objects(rendered.payload["blocks"]) if isinstance(thing.get("text"), str))
    )
    for mark in "cdeghijklm":
        assert squeezed(f"{mark}{text}{mark}") in shown, mark


@pytest.mark.parametrize("text", HOSTILE)
def test_slack_reads_no_markup(text: str) -> None:
    payload = blockkit.render(everywhere(text), context_of(everywhere(text), "U1")).payload
    assert not any(thing.get("type") in {"mrkdwn", "broadcast", "usergroup", "channel"} for thing in objects(payload))
    assert [thing["user_id"] for thing in objects(payload) if thing.get("type") == "user"] == ["U1"]
    assert not any(thing.get("emoji") for thing in objects(payload))
    assert "<" not in payload["text"]
    assert not any(call in payload["text"] for call in ("@here", "@channel", "@everyone"))


@pytest.mark.parametrize("text", HOSTILE)
def test_telegram_shows_it_literally(text: str) -> None:
    card = everywhere(text)
    rendered = telegram.render(card, context_of(card, "1"))
    assert telegram_judge.faults(rendered.payload) == []
    if rendered.dropped:
        return
    shown = squeezed(telegram_judge.shown(rendered.payload["text"]))
    for mark in "cdefghijklm":
        assert squeezed(f"{mark}{text}{mark}") in shown, mark


@pytest.mark.parametrize("text", HOSTILE)
def test_telegram_links_nothing(text: str) -> None:
    card = everywhere(text)
    answer = telegram_judge.parsed(telegram.render(card, context_of(card, "1")).payload["text"])
    assert telegram_judge.links(answer["text"]) == []
    kinds = [entity["type"]["@type"] for entity in answer["entities"]]
    assert kinds.count("textEntityTypeMentionName") == 1
    assert set(kinds) <= {f"textEntityType{kind}" for kind in ("Bold", "Italic", "BlockQuote", "MentionName")}


@pytest.mark.parametrize("text", HOSTILE)
def test_plain_text_holds_it(text: str) -> None:
    shown = squeezed(plain.render(everywhere(text), Context()).payload["text"].replace("\n> ", "\n"))
    for mark in "cdefghijklm":
        assert squeezed(f"{mark}{text}{mark}") in shown, mark


@pytest.mark.parametrize("text", HOSTILE)
def test_tables_hold_it(text: str) -> None:
    card = Card("x", (Table((Column(text[:20]), Column("n", "right")), ((text, "1"), ("y", text)), frozenset({0})),))
    assert teams_judge.faults(adaptive.render(card, Context()).payload) == []
    assert slack_judge.faults(blockkit.render(card, Context()).payload) == []
    assert telegram_judge.faults({"chat_id": 1, **telegram.render(card, Context()).payload}) == []


@settings(max_examples=60, deadline=None)
@for_all(text=short)
def test_whatever_is_typed_every_platform_takes_the_card(text: str) -> None:
    for card in (everywhere(text), bare(text), kudos_with(text)):
        judge_all(card)


def judge_all(card: Card) -> None:
    renderers: tuple[tuple[Callable[..., Any], Callable[[Any], list[str]], str], ...] = (
        (adaptive.render, teams_judge.faults, "29:1"),
        (blockkit.render, slack_judge.faults, "U1"),
        (telegram.render, telegram_judge.faults, "1"),
    )
    for render, faults, account in renderers:
        assert faults(render(card, context_of(card, account)).payload) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_links_or_formats_by_itself(text: str) -> None:
    unlinked_and_unformatted(bare(text))


@settings(max_examples=60, deadline=None)
@for_all(text=short)
def test_whatever_is_typed_no_surface_links_or_formats_it(text: str) -> None:
    unlinked_and_unformatted(everywhere(text))
    unlinked_and_unformatted(bare(text))


def unlinked_and_unformatted(card: Card) -> None:
    read_adaptive(adaptive.render(card, context_of(card, "29:1")).payload)
    answer = telegram_judge.parsed(telegram.render(card, context_of(card, "1")).payload["text"])
    assert telegram_judge.links(answer["text"]) == []


@pytest.mark.parametrize(
    "text", ["Hero", "🏆 Hero", "*Star* of _the_ (day)!", "李小龍", "a", "「a」 b", "x__y", "{{x}}"]
)
def test_what_is_bold_is_bold_wherever_it_stands(text: str) -> None:
    """From its first letter to its last, next to words and in the middle of them."""
    for around in ("{}", "the {} badge", "({})", "x{}y"):
        written = around.replace("{}", strong(text))
        assert squeezed(read_markdown(written)) == squeezed(around.replace("{}", text))
        (inline,) = [token for token in MARKDOWN.parse(written) if token.type == "inline"]
        kinds = [child.type for child in inline.children or []]
        bold = (inline.children or [])[kinds.index("strong_open") : kinds.index("strong_close")]
        assert "".join(child.content for child in bold)[:1] == next(letter for letter in text if letter.isalnum())
