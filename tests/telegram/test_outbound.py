"""Messages out, against the simulated Bot API: where they arrive and what people see."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bots.chat import Manner, Place, PlaceKind, Sent, Target
from bots.sending import Permanent
from bots.simulator.telegram import TelegramSimulator
from bots.simulator.world import Conversation, Person, World, example_world
from bots.telegram.api import connect
from bots.telegram.outbound import clip
from bots.telegram.platform import TelegramPlatform
from cards.model import Action, Button, Buttons, Card, Heading
from cards.render import Context, Rendered

UNDO = Action("undo", 1)
CARD = Card("Ana thanked Luis", (Heading("Ana thanked Luis <3"), Buttons((Button("Undo", UNDO),))))


@pytest.fixture
async def world() -> World:
    return example_world()


@pytest.fixture
async def telegram(world: World) -> AsyncIterator[TelegramSimulator]:
    async with TelegramSimulator(world, token=f"{world.bot.telegram_id}:simulated") as simulator:
        yield simulator


@pytest.fixture
async def bot(telegram: TelegramSimulator) -> AsyncIterator[TelegramPlatform]:
    platform = TelegramPlatform(token=telegram.token, secret="", api_url=telegram.url, mode="polling")
    await platform.start()
    yield platform
    await platform.close()


@pytest.fixture
def group(world: World) -> Conversation:
    return world.group("telegram", "Lunch", world.people[:3])


@pytest.fixture
def ana(world: World) -> Person:
    return world.person("Ana")


def place_of(conversation: Conversation, bot: TelegramPlatform) -> Place:
    kind = PlaceKind.PERSONAL if conversation.kind == "personal" else PlaceKind.GROUP
    return Place("telegram", bot.bot_id, conversation.id, kind, name=conversation.name)


def html(text: str, **more: Any) -> Rendered:
    return Rendered({"text": text, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}, **more})


async def test_a_card_is_posted_with_its_buttons(
    bot: TelegramPlatform, telegram: TelegramSimulator, group: Conversation
) -> None:
    rendered = bot.render(CARD, Context(tokens={UNDO: "token-1"}))
    sent = await bot.send(Target(place_of(group, bot)), rendered, CARD.summary)
    [message] = telegram.posts(group)
    assert sent == Sent(message.id)
    assert message.payload["text"] == "Ana thanked Luis <3"
    assert message.payload["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "token-1"


async def test_an_answer_is_a_reply(
    bot: TelegramPlatform, telegram: TelegramSimulator, group: Conversation, ana: Person
) -> None:
    said = await telegram.say(ana, group, "/points")
    await bot.send(Target(place_of(group, bot), reply_to=said.message.id), html("5"), "5")
    assert telegram.posts(group)[0].payload["reply_to_message"]["message_id"] == int(said.message.id)


async def test_an_answer_to_a_deleted_message_is_posted_all_the_same(
    bot: TelegramPlatform, telegram: TelegramSimulator, group: Conversation
) -> None:
    await bot.send(Target(place_of(group, bot), reply_to="4711"), html("5"), "5")
    assert "reply_to_message" not in telegram.posts(group)[0].payload


async def test_a_direct_message_opens_the_private_chat(
    bot: TelegramPlatform, telegram: TelegramSimulator, world: World, ana: Person
) -> None:
    await telegram.press_start(ana)
    nowhere = Place("telegram", bot.bot_id, "", PlaceKind.PERSONAL)
    sent = await bot.send(Target(nowhere, person=str(ana.telegram_id)), html("hello"), "hello")
    assert sent.place == replace(nowhere, remote_id=str(ana.telegram_id))
    assert [message.text for message in telegram.posts(world.personal("telegram", ana))] == ["hello"]


async def test_nobody_to_write_to_is_permanent(bot: TelegramPlatform) -> None:
    with pytest.raises(Permanent):
        await bot.send(Target(Place("telegram", bot.bot_id, "", PlaceKind.PERSONAL)), html("x"), "x")
    with pytest.raises(Permanent):
        await bot.send(Target(Place("telegram", bot.bot_id, "@durov", PlaceKind.GROUP)), html("x"), "x")


async def test_what_is_private_goes_to_the_private_chat(
    bot: TelegramPlatform, telegram: TelegramSimulator, world: World, group: Conversation, ana: Person
) -> None:
    await telegram.press_start(ana)
    target = Target(place_of(group, bot), person=str(ana.telegram_id), private=True, reply_to="1")
    sent = await bot.send(target, html("you have 5"), "5")
    assert telegram.posts(group) == []
    assert len(telegram.posts(world.personal("telegram", ana))) == 1
    assert sent.place == Place("telegram", bot.bot_id, str(ana.telegram_id), PlaceKind.PERSONAL)


@pytest.mark.parametrize("is_blocked", [True, False])
async def test_who_never_pressed_start_or_blocked_the_bot_is_shown_the_way_in_the_group(
    bot: TelegramPlatform, telegram: TelegramSimulator, group: Conversation, ana: Person, is_blocked: bool
) -> None:
    if is_blocked:
        await telegram.press_start(ana)
        await telegram.block(ana)
    said = await telegram.say(ana, group, "/points")
    target = Target(place_of(group, bot), person=str(ana.telegram_id), private=True, reply_to=said.message.id)
    sent = await bot.send(target, html("you have 5"), "5")
    [message] = telegram.posts(group)
    assert message.payload["reply_to_message"]["message_id"] == int(said.message.id)
    assert sent == Sent(message.id)
    assert "you have 5" not in message.payload["text"]
    assert message.payload["reply_markup"]["inline_keyboard"][0][0]["url"] == "https://t.me/plaudit_bot"


async def test_a_blocked_direct_message_is_gone(
    bot: TelegramPlatform, telegram: TelegramSimulator, ana: Person
) -> None:
    await telegram.press_start(ana)
    await telegram.block(ana)
    nowhere = Place("telegram", bot.bot_id, "", PlaceKind.PERSONAL)
    with pytest.raises(Permanent) as refused:
        await bot.send(Target(nowhere, person=str(ana.telegram_id)), html("hello"), "hello")
    assert refused.value.gone


async def test_a_left_group_is_gone(
    bot: TelegramPlatform, telegram: TelegramSimulator, group: Conversation, ana: Person
) -> None:
    await telegram.remove_bot(group, ana)
    with pytest.raises(Permanent) as refused:
        await bot.send(Target(place_of(group, bot)), html("hello"), "hello")
    assert refused.value.gone


async def test_a_group_that_moved_gets_it_in_its_new_place(
    bot: TelegramPlatform, telegram: TelegramSimulator, group: Conversation
) -> None:
    moved = await telegram.migrate(group)
    sent = await bot.send(Target(place_of(group, bot), reply_to="1"), html("hello"), "hello")
    assert [message.text for message in telegram.posts(moved)] == ["hello"]
    assert sent.place == replace(place_of(group, bot), remote_id=moved.id)
    assert "reply_to_message" not in telegram.posts(moved)[0].payload


async def test_messages_of_a_group_that_moved_are_not_edited_elsewhere(
    bot: TelegramPlatform, telegram: TelegramSimulator, group: Conversation
) -> None:
    """The new group may hold another message of ours with the same number."""
    sent = await bot.send(Target(place_of(group, bot)), html("old"), "old")
    moved = await telegram.migrate(group)
    target = Target(place_of(group, bot), message_id=sent.message_id, manner=Manner.EDIT)
    with pytest.raises(Permanent):
        await bot.send(target, html("new"), "new")
    assert telegram.posts(moved) == []


async def test_an_edit_rewrites_and_takes_the_buttons_away(
    bot: TelegramPlatform, telegram: TelegramSimulator, group: Conversation
) -> None:
    rendered = bot.render(CARD, Context(tokens={UNDO: "token-1"}))
    sent = await bot.send(Target(place_of(group, bot)), rendered, CARD.summary)
    target = Target(place_of(group, bot), message_id=sent.message_id, manner=Manner.EDIT)
    assert await bot.send(target, html("taken back"), "taken back") == sent
    [message] = telegram.posts(group)
    assert message.payload["text"] == "taken back"
    assert "reply_markup" not in message.payload


async def test_an_edit_that_changes_nothing_counts(
    bot: TelegramPlatform, telegram: TelegramSimulator, group: Conversation
) -> None:
    sent = await bot.send(Target(place_of(group, bot)), html("same"), "same")
    target = Target(place_of(group, bot), message_id=sent.message_id, manner=Manner.EDIT)
    assert await bot.send(target, html("same"), "same") == sent
    assert len(telegram.server.called("editMessageText")) == 1


@pytest.mark.parametrize("message_id", ["", "4711"])
async def test_an_edit_of_nothing_is_permanent(bot: TelegramPlatform, group: Conversation, message_id: str) -> None:
    target = Target(place_of(group, bot), message_id=message_id, manner=Manner.EDIT)
    with pytest.raises(Permanent) as refused:
        await bot.send(target, html("x"), "x")
    assert not refused.value.gone


async def test_a_press_is_answered_with_a_toast(
    bot: TelegramPlatform, telegram: TelegramSimulator, group: Conversation, ana: Person
) -> None:
    rendered = bot.render(CARD, Context(tokens={UNDO: "token-1"}))
    await bot.send(Target(place_of(group, bot)), rendered, CARD.summary)
    pressed = await telegram.press(ana, telegram.posts(group)[0], "Undo")
    assert pressed.update is not None
    target = Target(place_of(group, bot), interaction=pressed.update["callback_query"]["id"], manner=Manner.TOAST)
    assert await bot.send(target, Rendered({}), "🎉" * 150) == Sent()
    [toast] = [entry for entry in telegram.transcript.entries if entry.kind == "toast"]
    assert toast.lines == ("🎉" * 99 + "…",)
    assert toast.visible_to == (ana.name,)


@pytest.mark.parametrize("interaction", ["", "1"])
async def test_a_press_too_old_to_answer_is_permanent(
    bot: TelegramPlatform, group: Conversation, interaction: str
) -> None:
    target = Target(place_of(group, bot), interaction=interaction, manner=Manner.TOAST)
    with pytest.raises(Permanent) as refused:
        await bot.send(target, Rendered({}), "done")
    assert not refused.value.gone


@pytest.mark.parametrize("manner", [Manner.POST, Manner.EDIT])
async def test_html_that_telegram_cannot_read_goes_out_plain(
    bot: TelegramPlatform,
    telegram: TelegramSimulator,
    group: Conversation,
    manner: Manner,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sent = await bot.send(Target(place_of(group, bot)), html("before"), "before")
    target = Target(place_of(group, bot), message_id=sent.message_id, manner=manner)
    await bot.send(target, html("<b>Ana</b> &lt;3 <blink>you"), "Ana <3 you")
    message = telegram.posts(group)[-1]
    assert message.payload["text"] == "Ana <3 you"
    assert "entities" not in message.payload
    assert "bug" in caplog.text
    assert "Ana" not in caplog.text


async def test_one_failed_try_in_private_is_not_repeated_in_public(
    bot: TelegramPlatform, telegram: TelegramSimulator, group: Conversation, ana: Person
) -> None:
    await telegram.press_start(ana)
    telegram.faults.throttle(name="sendMessage")
    target = Target(place_of(group, bot), person=str(ana.telegram_id), private=True)
    with pytest.raises(Exception, match="too many requests"):
        await bot.send(target, html("you have 5"), "5")
    with pytest.raises(Permanent):
        await bot.send(target, html(""), "")
    assert telegram.posts(group) == []


async def test_the_bots_name_and_menu(bot: TelegramPlatform, telegram: TelegramSimulator, group: Conversation) -> None:
    scopes = {scope for scope, _ in telegram.api.commands}
    assert {language for _, language in telegram.api.commands} >= {"", "es"}
    assert len(scopes) == 3
    english = telegram.api.commands['{"type": "all_private_chats"}', ""]
    spanish = telegram.api.commands['{"type": "all_private_chats"}', "es"]
    assert [command["command"] for command in english] == [command["command"] for command in spanish]
    assert "kudos" in [command["command"] for command in english]
    assert english != spanish


@pytest.mark.parametrize(
    ("text", "clipped"),
    [
        ("short", "short"),
        ("a" * 200, "a" * 200),
        ("a" * 201, "a" * 199 + "…"),
        ("a" + "🎉" * 100, "a" + "🎉" * 99 + "…"),
        ("🎉" * 101, "🎉" * 99 + "…"),
    ],
)
def test_toasts_are_cut_between_characters(text: str, clipped: str) -> None:
    assert clip(text) == clipped
    assert len(clip(text).encode("utf-16-le")) <= 400


@pytest.mark.parametrize(("url", "is_trusted"), [("http://127.0.0.1:8081", False), ("https://api.telegram.org", True)])
def test_a_proxy_of_the_environment_is_for_the_way_out_only(url: str, is_trusted: bool) -> None:
    _, request = connect("12345:" + "A" * 35, url)
    assert request._client_kwargs["trust_env"] is is_trusted
