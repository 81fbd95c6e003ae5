"""A thumb under the card of a kudos seconds it; taken away, it takes the second back."""

import asyncio

import pytest

from bots.simulator import Message
from tests.conversations.slack_views import WORDS
from tests.conversations.stage import Stage
from tests.conversations.test_limits import hurry


async def the_card(stage: Stage) -> Message:
    await stage.slack.say(stage["Ana"], stage.slack_channel, f"@[Plaudit] kudos @[Luis] {WORDS}")
    await stage.quiet()
    [card] = [message for message in stage.slack.posts(stage.slack_channel) if WORDS in message.text]
    return card


async def react(stage: Stage, card: Message, name: str = "Tom", emoji: str = "+1", *, added: bool = True) -> None:
    assert (await stage.slack.react(stage[name], card, emoji, added=added)).status == 200
    await stage.quiet()


@pytest.mark.parametrize("emoji", ["+1", "thumbsup", "+1::skin-tone-4"])
async def test_a_thumb_seconds_and_its_end_takes_that_back(stage: Stage, emoji: str) -> None:
    card = await the_card(stage)
    for _ in range(2):
        await react(stage, card, emoji=emoji)
    assert card.buttons == ("Second it · 1",)
    assert all("Second it · 1" in message.buttons for message in stage.posts(WORDS))
    assert await stage.allowance_left("Tom") is None
    await react(stage, card, emoji=emoji, added=False)
    assert card.buttons == ("Second it",)
    assert await stage.count("kudos_second") == 0
    assert stage.slack.posts(stage.slack_channel, visible_to=stage["Tom"]) == []


async def test_what_the_button_did_stays(stage: Stage) -> None:
    card = await the_card(stage)
    await react(stage, card)
    await stage.slack.press(stage["Tom"], card, "Second it · 1")
    await stage.quiet()
    await react(stage, card, added=False)
    assert card.buttons == ("Second it · 1",)


@pytest.mark.parametrize("name", ["Ana", "Luis", "Gus", "Other Bot", "left"])
async def test_who_may_not_second_is_not_told_so(stage: Stage, name: str) -> None:
    card = await the_card(stage)
    if name == "left":
        await stage.sql("UPDATE member SET status = 'left' WHERE id = :tom", tom=stage.member("Tom"))
    said = len(stage.transcript.entries)
    await react(stage, card, "Tom" if name == "left" else name)
    assert await stage.count("kudos_second") == 0
    assert len(stage.transcript.entries) == said
    assert await stage.count("inbox", "state <> 'done'") == 0


@pytest.mark.parametrize("emoji", ["tada", "-1", "heart", "+1x", ""])
async def test_other_emoji_are_not_even_kept(stage: Stage, emoji: str) -> None:
    card = await the_card(stage)
    before = await stage.count("inbox")
    await react(stage, card, emoji=emoji)
    assert (await stage.count("inbox"), await stage.count("kudos_second")) == (before, 0)


async def test_a_thumb_under_other_words_is_nobodys_business(stage: Stage) -> None:
    card = await the_card(stage)
    talk = stage.slack.write(stage["Luis"], stage.slack_channel, "hello")
    before = await stage.count("inbox")
    await react(stage, talk)
    assert await stage.count("inbox") == before
    await stage.slack.slash(stage["Zoë"], stage.slack_channel, "/help")
    receipt = stage.slack.posts(stage.slack_channel, visible_to=stage["Zoë"])[-1]
    await react(stage, receipt)
    elsewhere = stage.world.channel("slack", "other", stage.world.people)
    event = {"type": "reaction_added", "user": stage["Tom"].slack_id, "reaction": "+1", "event_ts": "1.1"}
    item = {"type": "message", "channel": elsewhere.id, "ts": card.id}
    await stage.slack.event({**event, "item": item})
    await stage.quiet()
    assert await stage.count("kudos_second") == 0


async def test_a_kudos_that_was_taken_back_is_left_alone(stage: Stage) -> None:
    card = await the_card(stage)
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", "undo")
    await stage.quiet()
    await react(stage, card)
    assert await stage.count("kudos_second") == 0
    assert "took back" in card.text


async def test_somebody_new_seconds_as_the_member_they_become(stage: Stage) -> None:
    card = await the_card(stage)
    await react(stage, card, "Mei")
    assert card.buttons == ("Second it · 1",)
    assert await stage.count("profile", "display_name = :name", name=stage["Mei"].name) == 1


async def test_04_one_reaction_four_times_at_once_and_here_and_there(stage: Stage) -> None:
    card = await the_card(stage)
    event = {"user": stage["Tom"].slack_id, "reaction": "+1", "event_ts": "1.1", "item_user": stage.world.bot.slack_id}
    item = {"type": "message", "channel": card.conversation.id, "ts": card.id}
    envelope = stage.slack.payloads.envelope({"type": "reaction_added", **event, "item": item})
    async with stage.replica() as other:
        urls = ("", f"{other}/slack/events", "", f"{other}/slack/events")
        answers = await asyncio.gather(*(stage.slack.redeliver(envelope, url=url) for url in urls))
        await stage.quiet()
    assert [answer.status for answer in answers] == [200] * 4
    assert await stage.count("kudos_second") == 1
    assert card.buttons == ("Second it · 1",)


async def test_a_crowd_at_once(stage: Stage) -> None:
    card = await the_card(stage)
    names = ("Zoë", "Priya", "Tom", "Mei")
    await asyncio.gather(*(stage.slack.react(stage[name], card, "+1") for name in names))
    await stage.quiet()
    assert card.buttons == ("Second it · 4",)


async def test_a_bug_is_parked_and_bothers_nobody(stage: Stage) -> None:
    card = await the_card(stage)
    said = len(stage.transcript.entries)
    await stage.alter("ALTER TABLE kudos_second RENAME TO kudos_second_away")
    await stage.slack.react(stage["Tom"], card, "+1")
    for _ in range(40):
        if await stage.count("inbox", "state = 'parked'"):
            break
        await hurry(stage)
    await stage.alter("ALTER TABLE kudos_second_away RENAME TO kudos_second")
    await stage.quiet()
    assert await stage.count("inbox", "state = 'parked'") == 1
    assert len(stage.transcript.entries) == said
