"""POST /api/messages: what is stored, what is answered, what is refused."""

import asyncio
import gzip
import json
import logging
from typing import Any

import pytest
from yarl import URL

from bots.chat import Answer, Audience, Manner, Pressed
from bots.simulator.world import Json
from bots.teams.activity import parse
from tests.teams.stage import CARD, NotingDesk, Stage, stage

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
TEXT_TYPE = "application/vnd.microsoft.activity.message"
TOKEN_DATA = {"token": "T0ken", "note": "hi", "points": 5}


async def press(bot: Stage) -> tuple[int, Any]:
    """Ana presses a button of a card in the channel."""
    value = {"action": {"type": "Action.Execute", "verb": "press", "data": TOKEN_DATA}, "trigger": "manual"}
    invoked = await bot.teams.invoke(bot.ana, bot.channel(), "adaptiveCard/action", value)
    return invoked.status, invoked.body


def answer(manner: Manner, summary: str = "Done") -> Answer:
    return Answer(CARD, summary, Audience.PRIVATE, manner)


async def test_a_message_is_stored_before_it_is_acknowledged(bot: Stage) -> None:
    channel = bot.channel()
    said = await bot.teams.say(bot.ana, channel, "@[Plaudit] /kudos @[Luis] gracias\nde veras")
    assert said.delivery is not None
    assert (said.delivery.status, said.delivery.body) == (202, b"")
    ((platform, tenant, delivery_id, conversation, body),) = bot.desk.stored
    assert (platform, tenant, conversation) == ("teams", bot.world.tenant_id, channel.id)
    assert body == said.activity
    (incoming,) = bot.platform.parse(body)
    assert incoming.delivery_id == delivery_id
    assert incoming.sender.remote_id == bot.ana.teams_id


async def test_the_same_activity_twice_is_one_delivery(bot: Stage) -> None:
    said = await bot.teams.say(bot.ana, bot.channel(), "@[Plaudit] /kudos @[Luis] x")
    await bot.teams.redeliver(said.activity)
    assert len(bot.desk.stored) == 2
    assert len({delivery_id for _, _, delivery_id, _, _ in bot.desk.stored}) == 1


async def test_every_kind_that_matters_is_stored_once(bot: Stage) -> None:
    channel = bot.channel()
    said = await bot.teams.say(bot.ana, channel, "@[Plaudit] /kudos @[Luis] x")
    await bot.teams.edit(said.message, "@[Plaudit] /kudos @[Luis] y")
    bot.clock.forward(seconds=1)
    await bot.teams.edit(said.message, "@[Plaudit] /kudos @[Luis] z")
    await bot.teams.delete(said.message)
    await bot.teams.install(bot.luis)
    await bot.teams.uninstall(bot.luis)
    await bot.teams.join(channel, bot.world.person("Zoë"), bot.ana)
    kinds = [body["type"] for _, _, _, _, body in bot.desk.stored]
    assert kinds == [
        "message", "messageUpdate", "messageUpdate", "messageDelete",
        "conversationUpdate", "installationUpdate", "conversationUpdate", "installationUpdate", "conversationUpdate",
    ]  # fmt: skip
    assert len({stored[2] for stored in bot.desk.stored}) == len(kinds)
    assert all(delivery.status == 202 for delivery in bot.teams.deliveries)
    acts = [type(each.act).__name__ for stored in bot.desk.stored for each in parse(stored[4])]
    assert acts == ["Said", "Edited", "Edited", "Deleted", "Arrived", "Arrived", "Gone", "Gone"]


async def test_what_does_not_matter_is_acknowledged_and_not_stored(bot: Stage) -> None:
    said = await bot.teams.say(bot.ana, bot.channel(), "@[Plaudit] hi")
    bot.desk.stored.clear()
    assert (await bot.teams.react(bot.luis, said.message)).status == 200
    for kind in ("typing", "event", "endOfConversation", "somethingNew"):
        assert (await bot.teams.send({**said.activity, "type": kind})).status == 200
    assert bot.desk.is_untouched


async def test_a_desk_that_cannot_store_is_not_acknowledged() -> None:
    class Full(NotingDesk):
        async def store(self, *_: Any) -> None:
            raise ConnectionError("the database is away")

    async with stage(desk=Full()) as bot:
        said = await bot.teams.say(bot.ana, bot.channel(), "@[Plaudit] hi")
        assert said.delivery is not None
        assert said.delivery.status == 500


@pytest.mark.parametrize("manner", [Manner.EDIT, Manner.POST])
async def test_a_press_is_answered_with_the_card(bot: Stage, manner: Manner) -> None:
    bot.desk.reply = answer(manner)
    status, body = await press(bot)
    assert (status, body) == (200, {"statusCode": 200, "type": CARD_TYPE, "value": CARD.payload})
    ((incoming, raw, window),) = bot.desk.pressed
    assert incoming.answers_in_body
    assert isinstance(incoming.act, Pressed)
    assert (incoming.act.token, incoming.act.inputs) == ("T0ken", {"note": "hi"})
    assert raw["type"] == "invoke"
    assert window == 10
    assert not bot.desk.stored


async def test_a_toast_is_answered_with_its_text(bot: Stage) -> None:
    bot.desk.reply = answer(Manner.TOAST, "This has closed")
    assert await press(bot) == (200, {"statusCode": 200, "type": TEXT_TYPE, "value": "This has closed"})


@pytest.mark.parametrize("reply", [None, answer(Manner.TOAST, "")])
async def test_no_answer_yet_is_a_text_that_is_not_empty(bot: Stage, reply: Answer | None) -> None:
    bot.desk.reply = reply
    assert await press(bot) == (200, {"statusCode": 200, "type": TEXT_TYPE, "value": "⏳"})


async def test_a_bug_behind_a_press_is_an_answer_and_a_traceback(bot: Stage, caplog: pytest.LogCaptureFixture) -> None:
    bot.desk.reply = ZeroDivisionError("the bug")
    status, body = await press(bot)
    assert status == 200
    assert (body["statusCode"], body["type"]) == (500, "application/vnd.microsoft.error")
    assert body["value"]["message"]
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]


@pytest.mark.parametrize("name", ["composeExtension/query", "fileConsent/invoke", "made/up", None, 5])
async def test_other_invokes_are_answered_as_not_ours(bot: Stage, name: Any) -> None:
    invoked = await bot.teams.invoke(bot.ana, bot.channel(), name, {})
    assert (invoked.status, invoked.body) == (501, None)
    assert bot.desk.is_untouched


DIALOGS = {
    "composeExtension/fetchTask": {"commandId": "giveKudos", "commandContext": "compose"},
    "composeExtension/submitAction": {"commandId": "giveKudos", "data": TOKEN_DATA},
    "task/fetch": {"data": TOKEN_DATA},
    "task/submit": {"data": TOKEN_DATA},
}


async def in_dialog(bot: Stage, name: str, reply: Answer | Exception | None) -> Any:
    bot.desk.reply = reply
    invoked = await bot.teams.invoke(bot.ana, bot.channel(), name, DIALOGS[name])
    assert invoked.status == 200
    assert invoked.faults == ()
    return invoked.body


@pytest.mark.parametrize("name", DIALOGS)
async def test_a_dialog_is_answered_with_a_card_within_five_seconds(bot: Stage, name: str) -> None:
    body = await in_dialog(bot, name, answer(Manner.FORM))
    assert body["task"]["type"] == "continue"
    shown = body["task"]["value"]
    assert (shown["title"], shown["width"], shown["height"]) == ("Plaudit", "medium", "large")
    assert shown["card"] == {"contentType": CARD_TYPE, "content": CARD.payload}
    ((incoming, raw, window),) = bot.desk.pressed
    assert (incoming.answers_in_body, incoming.in_dialog, raw["name"]) == (True, True, name)
    assert window == 3.5


@pytest.mark.parametrize("name", DIALOGS)
async def test_a_dialog_says_what_there_is_no_card_for(bot: Stage, name: str) -> None:
    assert await in_dialog(bot, name, answer(Manner.TOAST, "Done")) == {"task": {"type": "message", "value": "Done"}}
    for reply in (None, answer(Manner.TOAST, "")):
        assert await in_dialog(bot, name, reply) == {"task": {"type": "message", "value": "⏳"}}
    assert await in_dialog(bot, name, ZeroDivisionError("the bug")) == {"task": {"type": "message", "value": "⚠️"}}


@pytest.mark.parametrize("name", DIALOGS)
async def test_a_card_for_everybody_goes_into_the_compose_box_of_the_extension(bot: Stage, name: str) -> None:
    body = await in_dialog(bot, name, Answer(CARD, "x", Audience.HERE, Manner.POST))
    if name != "composeExtension/submitAction":
        assert body["task"]["type"] == "continue"
        return
    attachment = {"contentType": CARD_TYPE, "content": CARD.payload}
    preview = {"contentType": "application/vnd.microsoft.card.thumbnail", "content": {"title": "Plaudit"}}
    result = {"type": "result", "attachmentLayout": "list", "attachments": [{**attachment, "preview": preview}]}
    assert body == {"composeExtension": result}


async def test_a_list_of_replies_cannot_be_ordered_in_place_of_the_answer(bot: Stage) -> None:
    bot.desk.reply = answer(Manner.TOAST)
    value = {"action": {"data": TOKEN_DATA}}
    activity = (await bot.teams.invoke(bot.ana, bot.channel(), "adaptiveCard/action", value)).activity
    delivery = await bot.teams.send({**activity, "deliveryMode": "expectReplies"})
    assert delivery.json() == {"statusCode": 200, "type": TEXT_TYPE, "value": "Done"}


MALFORMED: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "not JSON": (b"activity=1", 400),
    "a list": (b"[]", 400),
    "not UTF-8": (b'{"type": "\xff"}', 400),
    "a key twice": (b'{"type": "message", "type": "invoke"}', 400),
    "NaN": (b'{"type": NaN}', 400),
    "too deep": (b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", 400),
    "an empty object": (b"{}", 400),
    "no conversation": (b'{"type": "message", "id": "1"}', 400),
    "too large": (b'{"a": "' + b"x" * 300_000 + b'"}', 413),
}


@pytest.mark.parametrize("case", MALFORMED)
async def test_malformed_bodies_are_refused(bot: Stage, case: str) -> None:
    body, expected = MALFORMED[case]
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {bot.teams.token()}"}
    assert (await bot.post(body, headers))[0] == expected
    assert bot.desk.is_untouched


async def test_a_large_body_in_pieces_is_refused(bot: Stage) -> None:
    async def pieces() -> Any:
        for _ in range(40):
            yield b"x" * 10_000

    async with bot.session.post(bot.url, data=pieces(), headers={"Content-Type": "application/json"}) as response:
        assert response.status == 413


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_other_content_types_are_refused(bot: Stage, kind: str) -> None:
    status, _ = await bot.post(b"{}", {"Content-Type": kind})
    assert status == 415


async def test_a_body_that_is_not_what_its_encoding_says_is_refused(bot: Stage) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(bot.url).port)
    head = "POST /api/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip".encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 400 ")
    writer.close()


async def test_a_small_body_that_unpacks_to_a_large_one_is_refused(bot: Stage) -> None:
    bomb = gzip.compress(b'{"a": "' + b"x" * 5_000_000 + b'"}')
    assert len(bomb) < 10_000
    assert (await bot.post(bomb, {"Content-Type": "application/json", "Content-Encoding": "gzip"}))[0] == 413


async def test_timestamps_that_are_none_are_malformed(bot: Stage) -> None:
    activity: Json = (await bot.teams.say(bot.ana, bot.channel(), "@[Plaudit] hi")).activity
    bot.desk.stored.clear()
    assert (await bot.teams.send({**activity, "timestamp": "yesterday"})).status == 400
    assert bot.desk.is_untouched


async def test_logs_hold_no_text_no_name_and_no_token(bot: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    bot.desk.reply = answer(Manner.TOAST)
    said = await bot.teams.say(bot.ana, bot.channel(), "@[Plaudit] /kudos @[Luis] canary-text")
    await press(bot)
    await bot.teams.send(said.activity, token=bot.teams.token()[:-9])
    await bot.teams.send({**said.activity, "timestamp": "canary-time"})
    await bot.post(b'{"canary-json": ', {"Content-Type": "application/json"})
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("asyncio")]
    assert any("refused" in line for line in ours)
    assert not [line for line in ours if "canary" in line or "Luis" in line or "eyJ" in line or "T0ken" in line]


async def test_only_posts_are_taken(bot: Stage) -> None:
    async with bot.session.get(bot.url) as response:
        assert response.status == 405


async def test_the_answer_is_json(bot: Stage) -> None:
    bot.desk.reply = answer(Manner.EDIT)
    value = {"action": {"data": TOKEN_DATA}}
    delivery = (await bot.teams.invoke(bot.ana, bot.channel(), "adaptiveCard/action", value)).delivery
    assert delivery.content_type == "application/json"
    assert json.loads(delivery.body)["value"] == CARD.payload
