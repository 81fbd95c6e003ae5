"""The public card as its giver sees it: with Undo, for as long as there is time."""

import pytest

from bots.simulator import Message
from tests.conversations.stage import Stage


async def thanked(stage: Stage, words: str = "@[Luis] for the demo") -> Message:
    await stage.teams.say(stage["Ana"], stage.channel, f"@[Plaudit] /kudos {words}")
    await stage.quiet()
    return stage.teams.posts(stage.channel)[0]


def buttons(stage: Stage, message: Message, name: str) -> list[str]:
    body = message.seen_by(stage[name])["attachments"][0]["content"]["body"]
    return [action["title"] for block in body if block["type"] == "ActionSet" for action in block["actions"]]


async def test_the_giver_sees_undo_on_the_card_and_nobody_else_does(stage: Stage) -> None:
    card = await thanked(stage)
    assert [await stage.teams.look(stage[name], card) for name in ("Luis", "Tom")] == [None, None]
    looked = await stage.teams.look(stage["Ana"], card)
    assert looked is not None
    assert looked.faults == ()
    assert buttons(stage, card, "Ana") == ["Undo"]
    assert buttons(stage, card, "Luis") == buttons(stage, card, "Tom") == ["Second it"]
    assert await stage.count("kudos") == 1
    assert len(stage.teams.posts(stage.channel)) == 1


async def test_undo_on_the_card_takes_it_back_for_all(stage: Stage) -> None:
    card = await thanked(stage)
    await stage.teams.look(stage["Ana"], card)
    undone = await stage.teams.press(stage["Ana"], card, "Undo")
    assert undone.faults == ()
    assert "taken back" in str(undone.body)
    await stage.quiet()
    assert card.text == "Ana García took back a kudos."
    assert card.views == {}
    assert await stage.teams.look(stage["Ana"], card) is None


async def test_the_card_tells_its_giver_how_many_agree(stage: Stage) -> None:
    card = await thanked(stage)
    await stage.teams.press(stage["Tom"], card, "Second it")
    await stage.quiet()
    await stage.teams.look(stage["Ana"], card)
    assert "1 person has seconded it." in str(card.seen_by(stage["Ana"]))
    assert buttons(stage, card, "Ana") == ["Undo"]
    assert buttons(stage, card, "Tom") == ["Second it · 1"]


async def test_when_the_time_is_over_undo_is_gone(stage: Stage) -> None:
    card = await thanked(stage)
    await stage.sql("UPDATE kudos SET given_at = given_at - interval '11 minutes'")
    looked = await stage.teams.look(stage["Ana"], card)
    assert looked is not None
    assert looked.faults == ()
    assert buttons(stage, card, "Ana") == []
    await stage.teams.press(stage["Tom"], card, "Second it")
    await stage.quiet()
    assert await stage.teams.look(stage["Ana"], card) is None


@pytest.mark.parametrize("name", ["Luis", "Tom", "Mei"])
async def test_whoever_else_asks_sees_the_card_as_it_is_for_all(stage: Stage, name: str) -> None:
    """Teams asks for everybody in a small conversation, and anybody may ask from the message's menu."""
    card = await thanked(stage)
    before = await stage.count("action_token")
    looked = await refreshed(stage, card, name)
    shown = dict(card.payload["attachments"][0]["content"])
    del shown["refresh"]  # so that it does not ask again
    assert looked["value"] == shown
    assert await stage.count("action_token") == before


async def test_a_card_that_is_gone_meanwhile_is_shown_as_such(stage: Stage) -> None:
    card = await thanked(stage)
    await stage.sql("UPDATE kudos SET undone_at = now(), message = ''")
    for name in ("Ana", "Tom"):
        assert "took back a kudos" in str((await refreshed(stage, card, name))["value"])


async def test_nobody_asks_from_elsewhere(stage: Stage) -> None:
    """Case 16."""
    card = await thanked(stage)
    elsewhere = stage.world.channel("teams", "Sales", stage.world.people)
    value = {"action": card.payload["attachments"][0]["content"]["refresh"]["action"], "trigger": "automatic"}
    answer = await stage.teams.invoke(stage["Ana"], elsewhere, "adaptiveCard/action", value)
    assert "only in the conversation it was made for" in answer.body["value"]


async def test_asking_late_writes_nothing_of_the_givers_into_the_channel(stage: Stage) -> None:
    """The card for the giver alone that could not be answered in time must not become everybody's."""
    card = await thanked(stage)
    payload = card.payload
    value = {"action": payload["attachments"][0]["content"]["refresh"]["action"], "trigger": "automatic"}
    invoked = await stage.teams.invoke(stage["Ana"], stage.channel, "adaptiveCard/action", value, about=card)
    body = {**invoked.activity, "id": "f:late"}
    await stage.application.dispatcher.store("teams", stage.world.tenant_id, "late", stage.channel.id, body)
    await stage.quiet()
    assert card.payload == payload
    assert await stage.count("outbox", "state = 'parked'") == 0


async def test_private_kudos_and_other_chats_know_no_views(stage: Stage) -> None:
    await thanked(stage)
    assert await stage.count("action_token", "verb = 'kudos_look'") == 1
    for message in (*stage.slack.posts(stage.slack_channel), *stage.telegram.posts(stage.group)):
        assert "refresh" not in message.payload


async def refreshed(stage: Stage, card: Message, name: str) -> dict[str, object]:
    value = {"action": card.payload["attachments"][0]["content"]["refresh"]["action"], "trigger": "automatic"}
    invoked = await stage.teams.invoke(stage[name], stage.channel, "adaptiveCard/action", value, about=card)
    assert invoked.faults == ()
    body: dict[str, object] = invoked.body
    return body
