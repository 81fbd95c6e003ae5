"""Messages that one person sees in a group: asked for only where the server is known to understand, and never said aloud."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bots.chat import Manner, Place, PlaceKind, Pressed, Said, Sent, Target
from bots.sending import ChatClosed, Permanent, RetryAfter
from bots.telegram.platform import TelegramPlatform
from bots.telegram.whispers import ASK_AGAIN_AFTER, Whisper
from cards.render import Rendered
from tests.telegram.bot_api import BotApi, Scripted
from tests.telegram.conftest import SECRET, TOKEN, recorded

GROUP = Place("telegram", "7000000001", "-1002233445566", PlaceKind.GROUP, thread="77")
SECRETLY = Target(GROUP, person="41", private=True)
HTML = Rendered({"text": "<b>you have 5</b>", "parse_mode": "HTML"})
UNDERSTOOD = "Bad Request: can't parse ephemeral message parameters JSON object"
SAID = {
    "message_id": 0,
    "ephemeral_message_id": 29341834,
    "date": 1763654400,
    "chat": {"id": -1002233445566, "type": "supergroup", "title": "Team"},
    "text": "you have 5",
}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def bot(api: BotApi, clock: Clock) -> AsyncIterator[TelegramPlatform]:
    made = TelegramPlatform(token=TOKEN, secret=SECRET, api_url=api.url, mode="webhook", clock=clock)
    yield made
    await made.close()


def posts(api: BotApi) -> list[dict[str, Any]]:
    """Without the call that finds out whether the server understands."""
    return [fields for fields in api.of("sendMessage") if fields.get("ephemeral_message_parameters") != "?"]


async def test_it_is_asked_for_as_documented(bot: TelegramPlatform, api: BotApi) -> None:
    api.refuse("sendMessage", 400, UNDERSTOOD)
    api.say("sendMessage", SAID)
    sent = await bot.send(SECRETLY, HTML, "5")
    assert sent == Sent("ephemeral:41:29341834")
    [call] = posts(api)
    assert call["ephemeral_message_parameters"] == {"receiver_user_id": 41}
    assert (call["chat_id"], call["message_thread_id"], call["text"]) == (-1002233445566, 77, "<b>you have 5</b>")
    assert "reply_parameters" not in call


async def test_the_question_whether_it_is_understood_reaches_no_chat_and_is_asked_once(
    bot: TelegramPlatform, api: BotApi
) -> None:
    api.refuse("sendMessage", 400, UNDERSTOOD)
    for _ in range(2):
        api.say("sendMessage", SAID)
        await bot.send(SECRETLY, HTML, "5")
    assert [fields["chat_id"] for fields in api.of("sendMessage")].count(0) == 1
    assert all(fields["chat_id"] == 0 or "5" in fields["text"] for fields in api.of("sendMessage"))


NOT_UNDERSTOOD = ["Bad Request: chat not found", "Bad Request: chat_id is empty", "Forbidden: bot can't send messages"]


@pytest.mark.parametrize("words", NOT_UNDERSTOOD)
async def test_an_older_server_gets_the_message_for_the_private_chat(
    bot: TelegramPlatform, api: BotApi, words: str
) -> None:
    api.refuse("sendMessage", 403 if words.startswith("Forbidden") else 400, words)
    for _ in range(2):
        assert (await bot.send(SECRETLY, HTML, "5")).place is not None
    assert [fields["chat_id"] for fields in posts(api)] == [41, 41]
    assert len(api.of("sendMessage")) == 3


async def test_a_question_without_an_answer_is_asked_again(bot: TelegramPlatform, api: BotApi) -> None:
    api.script("sendMessage", Scripted(503))
    assert (await bot.send(SECRETLY, HTML, "5")).place is not None
    api.refuse("sendMessage", 400, UNDERSTOOD)
    api.say("sendMessage", SAID)
    assert (await bot.send(SECRETLY, HTML, "5")).message_id == "ephemeral:41:29341834"


async def test_what_was_said_aloud_is_taken_back_and_never_again(
    bot: TelegramPlatform, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that understands half of it."""
    api.refuse("sendMessage", 400, UNDERSTOOD)
    api.say("sendMessage", {**SAID, "message_id": 512, "ephemeral_message_id": None})
    assert (await bot.send(SECRETLY, HTML, "5")).place is not None
    assert [(call["chat_id"], call["message_id"]) for call in api.of("deleteMessage")] == [(-1002233445566, 512)]
    await bot.send(SECRETLY, HTML, "5")
    assert [fields["chat_id"] for fields in posts(api)] == [-1002233445566, 41, 41]
    assert "you have 5" not in caplog.text


async def test_a_groups_no_is_remembered_for_an_hour(bot: TelegramPlatform, api: BotApi, clock: Clock) -> None:
    api.refuse("sendMessage", 400, UNDERSTOOD)
    for later in (0.0, 1.0, ASK_AGAIN_AFTER + 1):
        clock.now += later
        if later != 1.0:
            api.refuse("sendMessage", 400, "Bad Request: BOT_NOT_ADMIN")
        assert (await bot.send(SECRETLY, HTML, "5")).place is not None
    assert [fields["chat_id"] for fields in posts(api)] == [-1002233445566, 41, 41, -1002233445566, 41]


async def test_a_press_is_answered_whatever_the_group_said(bot: TelegramPlatform, api: BotApi) -> None:
    """Any bot may whisper to whoever just pressed."""
    api.refuse("sendMessage", 400, UNDERSTOOD)
    api.refuse("sendMessage", 400, "Bad Request: BOT_NOT_ADMIN")
    await bot.send(SECRETLY, HTML, "5")
    api.say("sendMessage", SAID)
    pressed = Target(GROUP, person="41", private=True, interaction="4711")
    assert (await bot.send(pressed, HTML, "5")).message_id == "ephemeral:41:29341834"
    assert posts(api)[-1]["ephemeral_message_parameters"] == {"receiver_user_id": 41, "callback_query_id": "4711"}


async def test_quiet_answers_are_whispered_or_said_where_they_were_asked(bot: TelegramPlatform, api: BotApi) -> None:
    quiet = Target(GROUP, person="41", quiet=True, reply_to="55")
    api.refuse("sendMessage", 400, UNDERSTOOD)
    api.say("sendMessage", SAID)
    assert (await bot.send(quiet, HTML, "5")).message_id == "ephemeral:41:29341834"
    api.refuse("sendMessage", 400, "Bad Request: BOT_NOT_ADMIN")
    await bot.send(quiet, HTML, "5")
    assert posts(api)[-1]["chat_id"] == -1002233445566
    assert posts(api)[-1]["reply_parameters"]["message_id"] == 55


async def test_html_that_cannot_be_read_says_nothing_about_the_group(bot: TelegramPlatform, api: BotApi) -> None:
    api.refuse("sendMessage", 400, UNDERSTOOD)
    api.refuse("sendMessage", 400, "Bad Request: can't parse entities: Unsupported start tag")
    assert (await bot.send(SECRETLY, HTML, "5")).place is not None
    api.say("sendMessage", SAID)
    assert (await bot.send(SECRETLY, HTML, "5")).message_id == "ephemeral:41:29341834"


async def test_a_pause_is_a_pause(bot: TelegramPlatform, api: BotApi) -> None:
    api.refuse("sendMessage", 429, "Too Many Requests", retry_after=9)
    with pytest.raises(RetryAfter):
        await bot.send(SECRETLY, HTML, "5")
    api.refuse("sendMessage", 400, UNDERSTOOD)
    api.refuse("sendMessage", 429, "Too Many Requests", retry_after=9)
    with pytest.raises(RetryAfter):
        await bot.send(SECRETLY, HTML, "5")


async def test_what_is_left_out_stays_left_out(bot: TelegramPlatform, api: BotApi) -> None:
    api.refuse("sendMessage", 400, "Bad Request: chat not found")
    api.refuse("sendMessage", 403, "Forbidden: bot can't initiate conversation with a user")
    with pytest.raises(ChatClosed):
        await bot.send(Target(GROUP, person="41", private=True, optional=True), HTML, "5")
    assert [fields["chat_id"] for fields in posts(api)] == [41]


async def test_a_whisper_is_edited_by_its_own_method(bot: TelegramPlatform, api: BotApi) -> None:
    target = Target(GROUP, person="41", message_id="ephemeral:41:29341834", manner=Manner.EDIT)
    assert await bot.send(target, HTML, "5") == Sent("ephemeral:41:29341834")
    [call] = api.of("editEphemeralMessageText")
    assert (call["receiver_user_id"], call["ephemeral_message_id"], call["chat_id"]) == (41, 29341834, -1002233445566)
    api.refuse("editEphemeralMessageText", 400, "Bad Request: message is not modified")
    assert await bot.send(target, HTML, "5") == Sent("ephemeral:41:29341834")
    api.refuse("editEphemeralMessageText", 400, "Bad Request: message to edit not found")
    with pytest.raises(Permanent):
        await bot.send(target, HTML, "5")
    assert api.of("editMessageText") == []


def test_presses_on_whispers_and_answers_to_them_are_told_apart(platform: TelegramPlatform) -> None:
    """Telegram gives them all the message id 0."""
    pressed = recorded("pressed_ephemeral")
    [incoming] = platform.parse(pressed)
    assert isinstance(incoming.act, Pressed)
    assert incoming.act.message_id == "ephemeral:111111111:29341834"
    [incoming] = platform.parse(recorded("group_reply_to_ephemeral"))
    assert isinstance(incoming.act, Said)
    assert incoming.act.message_id == "ephemeral:111111111:29341835"


async def test_an_answer_to_a_whisper_is_answered_in_one(bot: TelegramPlatform, api: BotApi) -> None:
    api.refuse("sendMessage", 400, UNDERSTOOD)
    api.say("sendMessage", SAID)
    await bot.send(Target(GROUP, person="41", private=True, reply_to="ephemeral:41:7"), HTML, "5")
    assert posts(api)[-1]["reply_parameters"] == {"ephemeral_message_id": 7}
    api.refuse("sendMessage", 400, "Bad Request: EPHEMERAL_EXPIRED")
    await bot.send(Target(GROUP, person="41", quiet=True, reply_to="ephemeral:41:7"), HTML, "5")
    assert "reply_parameters" not in posts(api)[-1]


@pytest.mark.parametrize("message_id", ["", "55", "ephemeral", "ephemeral:1", "ephemeral:a:b", "-1"])
def test_other_message_ids_are_no_whispers(message_id: str) -> None:
    assert Whisper.read(message_id) is None
