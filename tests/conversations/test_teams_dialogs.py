"""Forms in Teams for whoever has no private chat with the bot: a button in the thread that opens a dialog."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from bots.simulator import Message
from bots.simulator.teams import Dialog
from tests.conversations.stage import LINKED, Stage

OPEN = "Give kudos"


async def asked(stage: Stage, name: str = "Ana") -> Message:
    """Somebody types a bare kudos in the channel; what the bot says in the thread."""
    said = await stage.teams.say(stage[name], stage.channel, "@[Plaudit] kudos")
    await stage.quiet()
    answer = stage.teams.posts(stage.channel)[-1]
    assert answer.thread == said.message.id
    return answer


async def opened(stage: Stage, card: Message, name: str = "Ana") -> Dialog:
    dialog = await stage.teams.dialogs.open(stage[name], card, OPEN)
    assert dialog.invoked.faults == ()
    return dialog


def filled(stage: Stage, *names: str, **values: str) -> Mapping[str, str]:
    people = ",".join(stage[name].aad_id for name in names)
    return {"people": people, "message": "for the demo", **values}


async def test_without_a_private_chat_the_thread_gets_a_button_that_opens_the_form(stage: Stage) -> None:
    card = await asked(stage)
    assert card.text == "Ana García, the form opens here for you:"
    assert card.buttons == (OPEN,)
    dialog = await opened(stage, card)
    assert dialog.buttons == ("Send",)
    receipt = await stage.teams.dialogs.submit(dialog, "Send", filled(stage, "Luis"))
    await stage.quiet()
    assert receipt.invoked.faults == ()
    assert "on its way" in receipt.text
    assert len(stage.posts("for the demo")) == 3
    assert await stage.count("outbox", "state = 'parked'") == 0


async def test_what_is_left_to_give_is_not_told_in_the_thread(stage: Stage) -> None:
    card = await asked(stage)
    assert "left to give" not in str(card.payload)
    assert "left to give" in (await opened(stage, card)).text


async def test_with_a_private_chat_the_form_is_a_message_there(stage: Stage) -> None:
    await stage.teams.install(stage["Ana"])
    await stage.teams.say(stage["Ana"], stage.channel, "@[Plaudit] kudos")
    await stage.quiet()
    form = stage.teams.posts(stage.world.personal("teams", stage["Ana"]))[-1]
    assert form.buttons == ("Send",)
    assert not stage.teams.posts(stage.channel)
    assert inputs(form, "place")["choices"][0]["value"] == str(await conversation(stage))


async def test_16_the_button_is_the_askers_alone(stage: Stage) -> None:
    card = await asked(stage)
    other = await opened(stage, card, "Luis")
    assert "for somebody else" in other.text
    assert other.card is None


async def test_16_the_button_opens_nothing_in_another_place(stage: Stage) -> None:
    card = await asked(stage)
    elsewhere = stage.world.channel("teams", "Sales", stage.world.people)
    moved = stage.teams.post_as(stage["Ana"], elsewhere, card.payload)
    assert "only in the conversation it was made for" in (await opened(stage, moved)).text


async def test_36_the_button_is_closed_after_its_time(stage: Stage) -> None:
    card = await asked(stage)
    await stage.sql("UPDATE action_token SET expires_at = clock_timestamp() - interval '1 second'")
    assert "This has closed" in (await opened(stage, card)).text


async def test_each_opening_is_sent_once(stage: Stage) -> None:
    card = await asked(stage)
    dialogs = [await opened(stage, card) for _ in range(2)]
    for dialog in dialogs:
        send = [stage.teams.dialogs.submit(dialog, "Send", filled(stage, "Luis")) for _ in range(4)]
        answers = await asyncio.gather(*send)
        assert sorted("on its way" in each.text for each in answers) == [False, False, False, True]
        assert {each.text for each in answers if each.card is None} == {"This was already done."}
    await stage.quiet()
    assert await stage.count("kudos") == 2


async def test_12_a_submission_that_comes_again_with_a_new_id_is_one_kudos(stage: Stage) -> None:
    dialog = await opened(stage, await asked(stage))
    first = await stage.teams.dialogs.submit(dialog, "Send", filled(stage, "Luis"))
    for new_id in (False, True):
        again = await stage.teams.reinvoke(first.invoked.activity, new_id=new_id)
        assert again.body == {"task": {"type": "message", "value": "This was already done."}}
    assert await stage.count("kudos") == 1


async def test_a_refused_dialog_comes_back_filled_in(stage: Stage) -> None:
    dialog = await opened(stage, await asked(stage))
    refused = await stage.teams.dialogs.submit(dialog, "Send", filled(stage, "Luis", "Ana", points="2"))
    assert "You cannot thank yourself" in refused.text
    assert refused.value("people") == f"{stage['Luis'].aad_id},{stage['Ana'].aad_id}"
    done = await stage.teams.dialogs.submit(refused, "Send", filled(stage, "Luis", points="2"))
    assert "on its way" in done.text
    assert await stage.count("kudos", "points_each = 2") == 1


async def test_a_dialog_stays_with_who_fills_it_in_while_the_directory_is_away(stage: Stage) -> None:
    dialog = await opened(stage, await asked(stage))
    stage.teams.faults.fail(status=503, name="GET members")
    refused = await stage.teams.dialogs.submit(dialog, "Send", filled(stage, "Mei"))
    assert refused.invoked.faults == ()
    assert "I cannot ask the directory" in refused.text
    assert await stage.count("member") == LINKED
    assert "on its way" in (await stage.teams.dialogs.submit(refused, "Send")).text


@pytest.mark.parametrize("value", [None, [], "x", {}, {"data": None}, {"data": []}, {"data": {"token": 5}}])
@pytest.mark.parametrize("name", ["task/fetch", "task/submit", "composeExtension/submitAction"])
async def test_15_what_no_client_sends_is_a_button_that_has_closed(stage: Stage, name: str, value: object) -> None:
    invoked = await stage.teams.invoke(stage["Ana"], stage.channel, name, value)
    assert (invoked.status, invoked.faults) == (200, ())
    assert "This has closed" in invoked.body["task"]["value"]


async def test_a_group_without_a_name_is_where_the_kudos_stands(stage: Stage) -> None:
    group = stage.world.group("teams", "Lunch", stage.world.people)
    await stage.teams.say(stage["Ana"], group, "@[Plaudit] kudos")
    await stage.quiet()
    dialog = await opened(stage, stage.teams.posts(group)[-1])
    assert "In this conversation" in str(dialog.card)
    await stage.teams.dialogs.submit(dialog, "Send", filled(stage, "Luis"))
    await stage.quiet()
    assert [post for post in stage.teams.posts(group) if "for the demo" in post.text] != []


async def test_in_telegram_a_private_form_still_needs_a_private_chat(stage: Stage) -> None:
    await stage.telegram.say(stage["Ana"], stage.group, "/kudos")
    await stage.quiet()
    answer = stage.telegram.posts(stage.group)[-1]
    assert OPEN not in answer.buttons
    assert await stage.count("outbox", "kind = 'form_opener'") == 0


def inputs(message: Message, name: str) -> Any:
    [found] = [each for each in message.payload["attachments"][0]["content"]["body"] if each.get("id") == name]
    return found


async def conversation(stage: Stage) -> int:
    [row] = await stage.sql("SELECT id FROM conversation WHERE remote_id = :id", id=stage.channel.id)
    return int(row.id)
