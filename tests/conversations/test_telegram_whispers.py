"""What one person asked in a group is shown there to that person alone, where Telegram and the group allow it."""

from typing import Any

import pytest

from bots.simulator import Message
from tests.conversations.stage import Stage
from tests.conversations.telegram_forms import chat, form


@pytest.fixture
async def led(stage: Stage) -> Stage:
    """The bot is an administrator of the group."""
    await stage.telegram.promote_bot(stage.group, stage["Ana"])
    return stage


async def ask(stage: Stage, text: str, name: str = "Ana") -> None:
    await stage.telegram.say(stage[name], stage.group, text)
    await stage.quiet()


def whispered(stage: Stage, name: str = "Ana") -> list[Message]:
    return stage.telegram.posts(stage.group, visible_to=stage[name])


def aloud(stage: Stage) -> list[Message]:
    return stage.telegram.posts(stage.group)


def tries(stage: Stage) -> list[dict[str, Any]]:
    """Calls that would have shown something to one person."""
    asked = [sent.payload for sent in stage.wire.calls if "ephemeral_message_parameters" in sent.payload]
    return [payload for payload in asked if payload["ephemeral_message_parameters"] != "?"]


async def test_private_answers_are_whispered_where_they_were_asked(led: Stage) -> None:
    await ask(led, "/points")
    [answer] = whispered(led)
    assert "Your points" in answer.text
    assert aloud(led) == []
    assert led.telegram.posts(chat(led)) == []


async def test_a_receipt_is_whispered_with_its_button_and_edited_in_place(led: Stage) -> None:
    await ask(led, "/kudos @[Luis] for the demo")
    [receipt] = whispered(led)
    assert receipt.buttons == ("Undo",)
    await led.telegram.press(led["Ana"], receipt, "Undo")
    await led.quiet()
    assert "took back" in receipt.text or "taken back" in receipt.text
    assert list(receipt.buttons) == []
    assert await led.count("kudos", "undone_at IS NOT NULL") == 1
    assert [len(whispered(led)), len(aloud(led))] == [1, 1]


async def test_refusals_and_help_are_whispered(led: Stage) -> None:
    await ask(led, "/kudos @[Ana] for me")
    await ask(led, "/help")
    assert "You cannot thank yourself" in whispered(led)[0].text
    assert "What I can do" in whispered(led)[1].text
    assert aloud(led) == []


async def test_a_whispered_leaderboard_turns_its_pages(led: Stage) -> None:
    await ask(led, "/kudos @[Luis] for the demo")
    await ask(led, "/leaderboard")
    board = whispered(led)[-1]
    await led.telegram.press(led["Ana"], board, board.buttons[-1])
    await led.quiet()
    assert len(board.versions) == 1


async def test_a_form_is_never_whispered_but_the_way_to_it_is(led: Stage) -> None:
    """A form needs the private chat: its pickers exist nowhere else."""
    await ask(led, "/kudos")
    [way] = whispered(led)
    assert way.text == "🔒"
    await led.telegram.press_start(
        led["Ana"], way.payload["reply_markup"]["inline_keyboard"][0][0]["url"].split("=")[1]
    )
    await led.quiet()
    assert "Who do you want to thank" in form(led).text
    await ask(led, "/kudos")
    assert len(whispered(led)) == 1
    assert aloud(led) == []


async def test_where_the_bot_is_no_administrator_answers_go_the_other_way_and_it_is_asked_once(stage: Stage) -> None:
    await stage.telegram.press_start(stage["Ana"])
    for _ in range(3):
        await ask(stage, "/points")
    assert len(tries(stage)) == 1
    assert whispered(stage) == []
    assert [("Your points" in message.text) for message in stage.telegram.posts(chat(stage))[1:]] == [True] * 3
    await ask(stage, "/help")
    assert "What I can do" in aloud(stage)[-1].text
    assert aloud(stage)[-1].payload["reply_to_message"]["text"] == "/help"


async def test_a_server_that_knows_no_whispers_is_told_no_secret(stage: Stage) -> None:
    """It would take the parameter for nothing and say everything aloud."""
    stage.telegram.chats.knows_ephemeral = False
    stage.telegram.chats.administered.add(stage.group.id)
    await stage.telegram.press_start(stage["Ana"])
    await ask(stage, "/points")
    await ask(stage, "/kudos @[Luis] for the demo")
    assert tries(stage) == []
    assert not any("Your points" in message.text for message in aloud(stage))
    assert "is on its way" in stage.telegram.posts(chat(stage))[-1].text
