"""Cases 3 to 16 and 24: what platforms repeat, what people press twice, and what nobody may press."""

import asyncio
import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest

from bots.simulator import Message, Raw
from tests.conversations.stage import Stage

COPIES = 4
WORDS = "for staying late"


def event_of(stage: Stage, words: str) -> dict[str, Any]:
    """The envelope in which Slack told of a message."""
    bodies = [delivery.raw.json() for delivery in stage.slack.deliveries if delivery.raw.kind == "app_mention"]
    return next(dict(body) for body in bodies if words in body["event"]["text"])


async def the_card(stage: Stage) -> Message:
    await stage.slack.say(stage["Ana"], stage.slack_channel, f"@[Plaudit] kudos @[Luis] {WORDS}")
    await stage.quiet()
    return next(message for message in stage.posts(WORDS) if message.conversation.platform == "slack")


async def one_effect(stage: Stage) -> None:
    await stage.quiet()
    assert await stage.count("kudos") == 1
    assert len(stage.posts(WORDS)) == 3
    assert await stage.earned("Luis") == 1


async def test_03_a_slash_command_replayed_here_and_on_another_replica(stage: Stage) -> None:
    first = await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", f"@[Luis] {WORDS}")
    async with stage.replica() as other:
        urls = [stage.slack.courier.url, f"{other}/slack/events"]
        copies = await stage.slack.courier.deliver_copies(first.raw, COPIES, urls=urls)
        assert [copy.status for copy in copies] == [200] * COPIES
        assert all("already done" in json.dumps(copy.json()) for copy in copies)
        await one_effect(stage)


async def test_03_the_same_words_tried_again_within_30_seconds_count_once(stage: Stage) -> None:
    tries = [await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", f"@[Luis] {WORDS}") for _ in range(3)]
    assert ["I counted it once" in json.dumps(each.json()) for each in tries] == [False, True, True]
    await one_effect(stage)


async def test_03_a_replayed_press_is_answered_once(stage: Stage) -> None:
    card = await the_card(stage)
    pressed = await stage.slack.press(stage["Tom"], card, "Second it")
    copies = await stage.slack.courier.deliver_copies(pressed.raw, COPIES)
    await stage.quiet()
    assert [copy.status for copy in copies] == [200] * COPIES
    assert await stage.count("kudos_second") == 1
    assert len(stage.slack.posts(stage.slack_channel, visible_to=stage["Tom"])) == 1


async def test_04_one_slack_event_four_times_at_once_late_and_elsewhere(stage: Stage) -> None:
    await stage.slack.say(stage["Ana"], stage.slack_channel, f"@[Plaudit] kudos @[Luis] {WORDS}")
    envelope = event_of(stage, WORDS)
    async with stage.replica() as other:
        urls = ("", f"{other}/slack/events", "", f"{other}/slack/events")
        answers = await asyncio.gather(*(stage.slack.redeliver(envelope, url=url) for url in urls))
        await one_effect(stage)
        late = [await stage.slack.redeliver(envelope, url=url) for url in urls]
    assert [answer.status for answer in (*answers, *late)] == [200] * 2 * COPIES
    await one_effect(stage)


async def test_04_one_event_in_parallel_before_anything_is_known_of_it(stage: Stage) -> None:
    event = {"type": "app_mention", "channel": stage.slack_channel.id, "event_ts": "1.1"}
    said = stage.slack.write(stage["Ana"], stage.slack_channel, f"@[Plaudit] kudos @[Luis] {WORDS}")
    envelope = stage.slack.payloads.envelope({**said.payload, **event})
    async with stage.replica() as other:
        urls = ("", f"{other}/slack/events") * (COPIES // 2)
        answers = await asyncio.gather(*(stage.slack.redeliver(envelope, url=url) for url in urls))
        assert [answer.status for answer in answers] == [200] * COPIES
        await one_effect(stage)


async def test_05_a_single_use_button_pressed_twice_by_its_person(stage: Stage) -> None:
    ana = stage["Ana"]
    await stage.slack.slash(ana, stage.slack_channel, "/kudos", f"@[Luis] {WORDS}")
    await stage.quiet()
    [receipt] = stage.slack.posts(stage.slack_channel, visible_to=ana)
    copy = replace(receipt)
    await asyncio.gather(*(stage.slack.press(ana, copy, "Undo") for _ in range(COPIES)))
    await stage.quiet()
    assert await stage.count("press") == 1
    assert await stage.count("transfer", "reason = 'kudos_undone'") == 1
    said = [entry.text for entry in stage.transcript.entries if entry.visible_to == (ana.name,)]
    assert sum("already done" in text for text in said) == COPIES - 1


async def test_05_seconding_twice_counts_once_and_says_so(stage: Stage) -> None:
    card = await the_card(stage)
    await stage.slack.press(stage["Tom"], card, "Second it")
    await stage.quiet()
    await stage.slack.press(stage["Tom"], card, "Second it · 1")
    await stage.quiet()
    assert await stage.count("kudos_second") == 1
    whispered = stage.slack.posts(stage.slack_channel, visible_to=stage["Tom"])
    assert ["already done" in message.text for message in whispered] == [False, True]


async def test_07_one_telegram_update_three_times_out_of_order(stage: Stage) -> None:
    first = await stage.telegram.say(stage["Ana"], stage.group, f"/kudos @[Luis] {WORDS}")
    second = await stage.telegram.say(stage["Ana"], stage.group, "/help")
    assert first.update is not None
    assert second.update is not None
    async with stage.replica() as other:
        for update in (second.update, first.update, second.update):
            for url in ("", f"{other}/telegram/webhook"):
                assert (await stage.telegram.redeliver(update, url=url)).status == 200
        await one_effect(stage)
    helps = [message for message in stage.telegram.posts(stage.group) if "What I can do" in message.text]
    assert len(helps) == 1


@pytest.mark.parametrize("data", ["", "x", "kudos_second:1", "A" * 22, "A" * 64, '{"points": 100}', "💥"])
async def test_08_callback_data_that_we_never_issued(stage: Stage, data: str) -> None:
    await the_card(stage)
    message = stage.telegram.posts(stage.group)[-1]
    await stage.telegram.press_data(stage["Tom"], message, data)
    await stage.quiet()
    assert stage.transcript.entries[-1].kind == "toast"
    assert "This has closed" in stage.transcript.entries[-1].text
    assert await stage.count("kudos_second") == 0


async def test_12_one_teams_message_twice_and_four_times_at_once(stage: Stage) -> None:
    said = await stage.teams.say(stage["Ana"], stage.channel, f"@[Plaudit] /kudos @[Luis] {WORDS}")
    async with stage.replica() as other:
        urls = ("", f"{other}/api/messages") * (COPIES // 2)
        copies = await asyncio.gather(*(stage.teams.redeliver(said.activity, url=url) for url in urls))
        assert all(copy.is_accepted for copy in copies)
        await one_effect(stage)
    assert (await stage.teams.redeliver(said.activity)).is_accepted
    await one_effect(stage)


async def test_12_an_invoke_again_with_its_id_and_with_a_new_one(stage: Stage) -> None:
    await the_card(stage)
    [card] = stage.teams.posts(stage.channel)
    pressed = await stage.teams.press(stage["Tom"], card, "Second it")
    again = [await stage.teams.reinvoke(pressed.activity, new_id=new_id) for new_id in (False, True)]
    await stage.quiet()
    assert [each.faults for each in again] == [(), ()]
    assert all("already done" in each.body["value"] for each in again)
    assert await stage.count("kudos_second") == 1


async def test_15_what_a_press_claims_beside_its_token_is_not_read(stage: Stage) -> None:
    await the_card(stage)
    [card] = stage.teams.posts(stage.channel)
    pressed = await stage.teams.press(stage["Tom"], card, "Second it")
    claims = {"points": "1000000", "user": stage["Priya"].teams_id, "member_id": "1", "workspace_id": "2", "verb": "x"}
    value = pressed.activity["value"]
    forged = {**value, "action": {**value["action"], "data": {**value["action"]["data"], **claims}}}
    answer = await stage.teams.reinvoke({**pressed.activity, "value": forged, "from": teams_account(stage, "Zoë")})
    await stage.quiet()
    assert answer.faults == ()
    rows = await stage.sql("SELECT member_id FROM kudos_second ORDER BY member_id")
    assert [row[0] for row in rows] == sorted([stage.member("Tom"), stage.member("Zoë")])
    assert (await stage.earned("Luis"), await stage.earned("Priya")) == (1, 0)


async def test_15_a_changed_token_is_closed_everywhere(stage: Stage) -> None:
    card = await the_card(stage)
    pressed = await stage.slack.press(stage["Tom"], card, "Second it")
    payload = slack_payload(pressed.raw)
    payload["actions"][0]["value"] = "B" * 22
    payload["trigger_id"] = "another"
    await stage.slack.courier.deliver(stage.slack.interactive(payload))
    await stage.quiet()
    assert "This has closed" in stage.slack.posts(stage.slack_channel, visible_to=stage["Tom"])[-1].text
    assert await stage.count("kudos_second") == 1


async def test_16_somebody_elses_button(stage: Stage) -> None:
    ana, tom = stage["Ana"], stage["Tom"]
    await stage.slack.slash(ana, stage.slack_channel, "/kudos", f"@[Luis] {WORDS}")
    await stage.quiet()
    [receipt] = stage.slack.posts(stage.slack_channel, visible_to=ana)
    await stage.slack.press(tom, receipt, "Undo")
    await stage.quiet()
    assert "for somebody else" in stage.slack.posts(stage.slack_channel, visible_to=tom)[-1].text
    await one_effect(stage)


async def test_16_a_button_carried_into_another_chat(stage: Stage) -> None:
    card = await the_card(stage)
    room = stage.world.channel("slack", "random", stage.world.people)
    elsewhere = replace(card, conversation=room)
    await stage.slack.press(stage["Tom"], elsewhere, "Second it")
    await stage.quiet()
    assert "only in the conversation" in stage.slack.posts(room, visible_to=stage["Tom"])[-1].text
    assert await stage.count("kudos_second") == 0


async def test_16_and_36_a_button_after_its_time(stage: Stage) -> None:
    card = await the_card(stage)
    await stage.sql("UPDATE action_token SET expires_at = clock_timestamp() - interval '1 second'")
    await stage.slack.press(stage["Tom"], card, "Second it")
    invoked = await stage.teams.press(stage["Tom"], stage.teams.posts(stage.channel)[0], "Second it")
    await stage.telegram.press(stage["Tom"], stage.telegram.posts(stage.group)[0], "Second it")
    await stage.quiet()
    assert "This has closed" in stage.slack.posts(stage.slack_channel, visible_to=stage["Tom"])[-1].text
    assert "This has closed" in invoked.body["value"]
    assert "This has closed" in stage.transcript.entries[-1].text
    assert await stage.count("kudos_second") == 0


async def test_36_undo_after_its_window_by_an_old_card(stage: Stage) -> None:
    """The button's time is the database's; also a token that still lives does not outlive the rule."""
    ana = stage["Ana"]
    await stage.slack.slash(ana, stage.slack_channel, "/kudos", f"@[Luis] {WORDS}")
    await stage.quiet()
    await stage.sql("UPDATE kudos SET given_at = given_at - interval '11 minutes'")
    [receipt] = stage.slack.posts(stage.slack_channel, visible_to=ana)
    await stage.slack.press(ana, receipt, "Undo")
    typed = await stage.slack.slash(ana, stage.slack_channel, "/kudos", "undo")
    await stage.quiet()
    whispered = " ".join(message.text for message in stage.slack.posts(stage.slack_channel, visible_to=ana))
    assert "they have passed" in whispered
    assert "nothing to take back" in json.dumps(typed.json())
    await one_effect(stage)


async def test_24_fifty_kudos_at_once_with_allowance_for_ten(stage: Stage) -> None:
    await stage.sql("UPDATE workspace SET allowance_points = 10, pair_points_max = 100")
    raws = [
        stage.slack.form(
            stage.slack.payloads.slash(
                stage["Ana"], stage.slack_channel, "/kudos", [stage["Luis"], f" reason {number} +1"]
            ),
            "slash",
        )
        for number in range(50)
    ]
    answers = await asyncio.gather(*(stage.slack.courier.deliver(raw) for raw in raws))
    assert [answer.status for answer in answers] == [200] * 50
    refused = sum("left to give. Your allowance" in json.dumps(answer.json()) for answer in answers if answer.body)
    later = sum(not answer.body for answer in answers)
    await stage.quiet(seconds=60)
    assert await stage.count("kudos") == 10
    assert (await stage.earned("Luis"), await stage.allowance_left("Ana")) == (10, 0)
    assert refused + later >= 40


def teams_account(stage: Stage, name: str) -> dict[str, str]:
    person = stage[name]
    return {"id": person.teams_id, "name": person.name, "aadObjectId": person.aad_id}


def slack_payload(raw: Raw) -> dict[str, Any]:
    return dict(json.loads(parse_qs(raw.body.decode())["payload"][0]))
