"""A thumb under the card of a kudos seconds it, in groups where Telegram tells the bot of reactions."""

import asyncio

import pytest

from bots.simulator import Message
from bots.telegram.api import UPDATE_KINDS
from tests.conversations.stage import Stage

WORDS = "for staying late"


@pytest.fixture
async def led(stage: Stage) -> Stage:
    """The bot is an administrator of the group, and asks for reactions."""
    await stage.telegram.promote_bot(stage.group, stage["Ana"])
    stage.telegram.updates.allowed = frozenset(UPDATE_KINDS)
    return stage


async def the_card(stage: Stage) -> Message:
    await stage.telegram.say(stage["Ana"], stage.group, f"/kudos @[Luis] {WORDS}")
    await stage.quiet()
    [card] = [message for message in stage.telegram.posts(stage.group) if WORDS in message.text]
    return card


async def react(stage: Stage, card: Message, emoji: str = "👍", name: str = "Tom", *, instead_of: str = "") -> None:
    await stage.telegram.react(stage[name], card, emoji, instead_of=instead_of)
    await stage.quiet()


async def test_a_thumb_seconds_and_its_end_takes_that_back(led: Stage) -> None:
    card = await the_card(led)
    await react(led, card)
    assert card.buttons == ("Second it · 1",)
    assert all("Second it · 1" in message.buttons for message in led.posts(WORDS))
    await react(led, card, "", instead_of="👍")
    assert list(card.buttons) == ["Second it"]
    assert await led.count("kudos_second") == 0


async def test_another_emoji_in_its_place_takes_it_back_too(led: Stage) -> None:
    card = await the_card(led)
    await react(led, card, "👍🏽")
    await react(led, card, "🎉", instead_of="👍🏽")
    assert await led.count("kudos_second") == 0
    await react(led, card, "👍", instead_of="🎉")
    assert await led.count("kudos_second") == 1


async def test_what_the_button_did_stays(led: Stage) -> None:
    card = await the_card(led)
    await react(led, card)
    await led.telegram.press(led["Tom"], card, "Second it · 1")
    await led.quiet()
    await react(led, card, "", instead_of="👍")
    assert card.buttons == ("Second it · 1",)


@pytest.mark.parametrize("name", ["Ana", "Luis", "Other Bot"])
async def test_who_may_not_second_is_not_told_so(led: Stage, name: str) -> None:
    card = await the_card(led)
    before = len(led.transcript.entries)
    await react(led, card, name=name)
    assert await led.count("kudos_second") == 0
    assert len(led.transcript.entries) == before


@pytest.mark.parametrize("emoji", ["🎉", "👎", "❤"])
async def test_other_emoji_are_not_even_kept(led: Stage, emoji: str) -> None:
    card = await the_card(led)
    before = await led.count("inbox")
    await react(led, card, emoji)
    assert await led.count("inbox") == before


async def test_a_thumb_under_other_words_means_nothing(led: Stage) -> None:
    await the_card(led)
    spoken = await led.telegram.say(led["Luis"], led.group, "hello")
    await react(led, spoken.message)
    assert await led.count("kudos_second") == 0


async def test_fast_fingers_count_once(led: Stage) -> None:
    """The same update three times, and the button at the same moment (case 7)."""
    card = await the_card(led)
    thumb = led.telegram.react(led["Tom"], card, "👍")
    await asyncio.gather(thumb, led.telegram.press(led["Tom"], card, "Second it"))
    await led.quiet()
    assert await led.count("kudos_second") == 1
    assert card.buttons == ("Second it · 1",)


async def test_where_the_bot_is_no_administrator_nothing_is_told(stage: Stage) -> None:
    card = await the_card(stage)
    assert await stage.telegram.react(stage["Tom"], card, "👍") is None
