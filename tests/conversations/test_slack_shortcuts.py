"""Slack's shortcuts: "Give kudos" on a message, and from anywhere."""

import json

import pytest

from bots.simulator import Conversation, Message
from bots.simulator.slack import View
from tests.conversations.slack_views import CLEAR, WORDS, filled, receipts
from tests.conversations.stage import Stage

SHORTCUT = "give_kudos"


async def on_message(stage: Stage, message: Message, name: str = "Ana") -> View:
    delivery = await stage.slack.shortcut(stage[name], SHORTCUT, message)
    assert (delivery.status, delivery.body) == (200, b"")
    return await stage.slack.wait_for_view(stage[name])


def chosen(view: View) -> list[str]:
    [people] = [block["element"] for block in view.payload["blocks"] if block["block_id"] == "people"]
    return list(people.get("initial_users", []))


def place_of(view: View) -> str:
    [place] = [block["element"] for block in view.payload["blocks"] if block["block_id"] == "place"]
    return str(place["initial_option"]["text"]["text"])


async def test_the_author_of_the_message_is_chosen(stage: Stage) -> None:
    message = stage.slack.write(stage["Luis"], stage.slack_channel, "I fixed the build")
    view = await on_message(stage, message)
    assert (chosen(view), place_of(view)) == ([stage["Luis"].slack_id], "general")
    assert (await stage.slack.submit(view, {"message": WORDS})).json() == CLEAR
    await stage.quiet()
    assert await stage.earned("Luis") == 1
    assert len(stage.posts(WORDS)) == 3
    assert len(receipts(stage, "Ana")) == 1


async def test_an_author_whom_nobody_knows_yet_becomes_a_member(stage: Stage) -> None:
    message = stage.slack.write(stage["Mei"], stage.slack_channel, "I fixed the build")
    await stage.slack.submit(await on_message(stage, message), {"message": WORDS})
    await stage.quiet()
    assert await stage.count("kudos_receiver") == 1
    assert await stage.count("profile", "display_name = :name", name=stage["Mei"].name) == 1


async def test_on_ones_own_message_nobody_is_chosen(stage: Stage) -> None:
    message = stage.slack.write(stage["Ana"], stage.slack_channel, "I fixed the build")
    assert chosen(await on_message(stage, message)) == []


@pytest.mark.parametrize(("name", "says"), [("Gus", "is a guest"), ("Plaudit", "Plaudit is a bot")])
async def test_a_message_of_a_bot_or_a_guest_is_refused_in_private(stage: Stage, name: str, says: str) -> None:
    if name == "Plaudit":
        await stage.slack.say(stage["Tom"], stage.slack_channel, f"@[Plaudit] kudos @[Luis] {WORDS}")
        await stage.quiet()
        message = stage.slack.posts(stage.slack_channel)[-1]
    else:
        message = stage.slack.write(stage[name], stage.slack_channel, "hello")
    await stage.slack.shortcut(stage["Ana"], SHORTCUT, message)
    await stage.quiet()
    assert stage.slack.views == []
    [whispered] = stage.slack.posts(stage.slack_channel, visible_to=stage["Ana"])
    assert says in whispered.text


async def test_the_message_of_another_company_is_refused(stage: Stage) -> None:
    message = stage.slack.write(stage["Luis"], stage.slack_channel, "hello")
    payload = stage.slack.payloads.message_shortcut(stage["Ana"], message, SHORTCUT)
    strange = {**payload, "message": {**payload["message"], "user": "U0EVE00001", "team": "T0ELSEWHERE"}}
    await stage.slack.courier.deliver(stage.slack.interactive(strange))
    await stage.quiet()
    assert stage.slack.views == []
    assert "another organisation" in stage.slack.posts(stage.slack_channel, visible_to=stage["Ana"])[-1].text


async def test_in_a_thread_the_receipt_stays_in_it(stage: Stage) -> None:
    root = stage.slack.write(stage["Tom"], stage.slack_channel, "who broke the build?")
    message = stage.slack.write(stage["Luis"], stage.slack_channel, "I fixed it", thread=root.id)
    view = await on_message(stage, message)
    for url in stage.slack.workspace.response_urls.values():
        url.made_at -= 3600
    await stage.slack.submit(view, {"message": WORDS})
    await stage.quiet()
    [receipt] = stage.slack.posts(stage.slack_channel, visible_to=stage["Ana"])
    assert receipt.thread == root.id


@pytest.mark.parametrize("callback_id", [SHORTCUT, "give_kudos_anywhere"])
async def test_from_anywhere_the_form_is_empty_and_the_receipt_private(stage: Stage, callback_id: str) -> None:
    ana = stage["Ana"]
    await stage.slack.shortcut(ana, callback_id)
    view = await stage.slack.wait_for_view(ana)
    assert chosen(view) == []
    assert not any(block["block_id"] == "place" for block in view.payload["blocks"])
    await stage.slack.submit(view, filled(stage, "Luis"))
    await stage.quiet()
    assert len(stage.posts(WORDS)) == 3
    chat = stage.world.personal("slack", ana)
    [receipt] = stage.slack.posts(chat)
    assert len(receipts(stage, "Ana")) == 1
    await stage.slack.press(ana, receipt, "Undo")
    await stage.quiet()
    assert "taken back" in receipt.text
    assert await stage.count("conversation", "remote_id = ''") == 0


async def test_two_from_anywhere_at_once_do_not_mix(stage: Stage) -> None:
    for name in ("Ana", "Luis"):
        await stage.slack.shortcut(stage[name], SHORTCUT)
    for name in ("Ana", "Luis"):
        view = await stage.slack.wait_for_view(stage[name])
        await stage.slack.submit(view, filled(stage, "Zoë", message=f"{WORDS} by {name}"))
    await stage.quiet()
    for name in ("Ana", "Luis"):
        assert len(stage.slack.posts(personal(stage, name))) == len(receipts(stage, name)) == 1


async def test_what_cannot_be_shown_from_anywhere_is_led_to_in_private(stage: Stage) -> None:
    stage.slack.faults.fail(1, name="views.open")
    await stage.slack.shortcut(stage["Ana"], SHORTCUT)
    await stage.quiet()
    [leading] = stage.slack.posts(personal(stage, "Ana"))
    assert leading.buttons == ("Give kudos",)
    await stage.slack.press(stage["Ana"], leading, "Give kudos")
    await stage.slack.submit(await stage.slack.wait_for_view(stage["Ana"]), filled(stage, "Luis"))
    await stage.quiet()
    assert await stage.count("kudos") == 1


async def test_03_a_shortcut_replayed_opens_nothing_more(stage: Stage) -> None:
    message = stage.slack.write(stage["Luis"], stage.slack_channel, "I fixed the build")
    first = await stage.slack.shortcut(stage["Ana"], SHORTCUT, message)
    before = len(stage.transcript.entries)
    copies = await stage.slack.courier.deliver_copies(first.raw, 4)
    await stage.quiet()
    assert [(copy.status, copy.body) for copy in copies] == [(200, b"")] * 4
    assert (len(stage.slack.views), len(stage.transcript.entries)) == (1, before)


async def test_a_shortcut_that_is_not_ours_is_no_delivery(stage: Stage) -> None:
    before = await stage.count("inbox")
    delivery = await stage.slack.shortcut(stage["Ana"], "something_else")
    assert delivery.status == 200
    assert (stage.slack.views, await stage.count("inbox")) == ([], before)


async def test_who_left_is_told_so(stage: Stage) -> None:
    await stage.sql("UPDATE member SET status = 'left' WHERE id = :ana", ana=stage.member("Ana"))
    message = stage.slack.write(stage["Luis"], stage.slack_channel, "hello")
    await stage.slack.shortcut(stage["Ana"], SHORTCUT, message)
    await stage.quiet()
    assert stage.slack.views == []
    said = stage.slack.posts(stage.slack_channel, visible_to=stage["Ana"])
    assert "Your membership has ended" in json.dumps(said[-1].payload)


def personal(stage: Stage, name: str) -> Conversation:
    return stage.world.personal("slack", stage[name])
