"""Which chats belong: connecting, leaving, moving."""

import json
import re

import pytest

from bots.simulator import Conversation, Message
from tests.conversations.stage import Stage

CODE = re.compile(r"connect ([\w-]{22})")


async def code_of(stage: Stage, name: str = "Ana") -> str:
    """What the admin gets in the private Slack chat."""
    person = stage[name]
    await stage.slack.slash(person, stage.world.personal("slack", person), "/admin", "connect")
    shown = json.dumps(stage.slack.deliveries[-1].json())
    found = CODE.search(shown)
    assert found, shown
    return found[1]


async def answer_in(stage: Stage, group: Conversation) -> Message:
    await stage.quiet()
    return stage.telegram.posts(group)[-1]


def other_group(stage: Stage) -> Conversation:
    return stage.world.group("telegram", "Lunch", stage.world.people)


async def is_connected(stage: Stage, conversation: Conversation) -> bool:
    return await stage.count("conversation", "remote_id = :id AND is_connected", id=conversation.id) == 1


async def test_the_first_who_asks_in_development_becomes_admin_and_connects_every_chat(bare_stage: Stage) -> None:
    ana, luis = bare_stage["Ana"], bare_stage["Luis"]
    await bare_stage.teams.say(ana, bare_stage.channel, "@[Plaudit] /admin connect")
    await bare_stage.quiet()
    await bare_stage.slack.slash(ana, bare_stage.slack_channel, "/admin", "connect")
    refused = await bare_stage.slack.slash(luis, bare_stage.slack_channel, "/admin", "connect")
    code = await code_of(bare_stage)
    await bare_stage.telegram.say(luis, bare_stage.group, f"/admin connect {code}")
    await bare_stage.quiet()
    assert "Only administrators" in json.dumps(refused.json())
    for _, place in bare_stage.places:
        assert await is_connected(bare_stage, place)
    assert "is connected" in bare_stage.telegram.posts(bare_stage.group)[-1].text
    assert await bare_stage.count("member", "'admin' = ANY(roles)") == 1


async def test_a_kudos_before_connecting_says_how_to_connect(bare_stage: Stage) -> None:
    await bare_stage.telegram.say(bare_stage["Ana"], bare_stage.group, "/kudos @[Luis] early bird")
    await bare_stage.quiet()
    assert "/admin connect" in bare_stage.telegram.posts(bare_stage.group)[-1].text
    assert await bare_stage.count("kudos") == 0


async def test_a_code_works_once(stage: Stage) -> None:
    code, first, second = await code_of(stage), other_group(stage), other_group(stage)
    await stage.telegram.say(stage["Tom"], first, f"/admin connect {code}")
    assert "is connected" in (await answer_in(stage, first)).text
    await stage.telegram.say(stage["Tom"], second, f"/admin connect {code}")
    assert "wrong, used or too old" in (await answer_in(stage, second)).text
    assert not await is_connected(stage, second)
    assert await stage.count("binding", "remote_id = :id", id=second.id) == 0


async def test_a_code_typed_in_two_groups_at_once_connects_one(stage: Stage) -> None:
    code, groups = await code_of(stage), [other_group(stage) for _ in range(4)]
    for group in groups:
        await stage.telegram.say(stage["Tom"], group, f"/admin connect {code}")
    await stage.quiet()
    assert sum([await is_connected(stage, group) for group in groups]) == 1


@pytest.mark.parametrize("code", ["AAAAAAAAAAAAAAAAAAAAAA", "4F7K-2M9Q", "'; DROP TABLE binding --", "💥"])
async def test_a_code_that_nobody_made(stage: Stage, code: str) -> None:
    group = other_group(stage)
    await stage.telegram.say(stage["Mei"], group, f"/admin connect {code}")
    assert "wrong, used or too old" in (await answer_in(stage, group)).text
    refused = await stage.slack.slash(stage["Tom"], stage.slack_channel, "/admin", f"connect {code}")
    assert "wrong, used or too old" in json.dumps(refused.json())
    assert not await is_connected(stage, group)


async def test_a_code_too_old(stage: Stage) -> None:
    code, group = await code_of(stage), other_group(stage)
    await stage.sql("UPDATE action_token SET expires_at = clock_timestamp() - interval '1 second'")
    await stage.telegram.say(stage["Mei"], group, f"/admin connect {code}")
    assert "wrong, used or too old" in (await answer_in(stage, group)).text


async def test_a_code_lets_nobody_make_more_codes_in_a_private_chat(stage: Stage) -> None:
    code, mei = await code_of(stage), stage["Mei"]
    await stage.telegram.press_start(mei)
    await stage.telegram.say(mei, stage.world.personal("telegram", mei), f"/admin connect {code}")
    await stage.quiet()
    shown = " ".join(message.text for message in stage.telegram.posts(stage.world.personal("telegram", mei)))
    assert not CODE.search(shown)
    assert await stage.count("press") == 0


async def test_the_code_is_shown_to_its_admin_alone_and_not_in_notifications(stage: Stage) -> None:
    code = await code_of(stage)
    body = stage.slack.deliveries[-1].json()
    assert body["response_type"] == "ephemeral"
    assert code not in body["text"]


async def test_disconnecting_stops_the_cards(stage: Stage) -> None:
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/admin", "disconnect")
    await stage.quiet()
    await stage.teams.say(stage["Luis"], stage.channel, "@[Plaudit] /kudos @[Tom] for the demo")
    await stage.quiet()
    assert [message.conversation.platform for message in stage.posts("for the demo")] == ["teams", "telegram"]


async def test_an_admin_connects_a_group_in_telegram_without_a_code(stage: Stage) -> None:
    group = other_group(stage)
    await stage.telegram.say(stage["Ana"], group, "/admin connect")
    assert "is connected" in (await answer_in(stage, group)).text
    await stage.telegram.say(stage["Luis"], other := other_group(stage), "/admin connect")
    assert "not connected" in (await answer_in(stage, other)).text


async def test_an_arrival_is_greeted_once(stage: Stage) -> None:
    """Teams tells of one installation twice, Telegram of one addition twice, Slack once."""
    mei = stage["Mei"]
    await stage.teams.install(mei)
    channel = stage.world.channel("teams", "Random", stage.world.people, has_bot=False)
    await stage.teams.add_bot(channel, by=mei)
    room = stage.world.channel("slack", "random", stage.world.people, has_bot=False)
    await stage.slack.join(stage.world.bot, room)
    group = stage.world.group("telegram", "Lunch", stage.world.people, has_bot=False)
    await stage.telegram.add_bot(group, by=mei)
    await stage.quiet()
    greeted = (
        (stage.teams, stage.world.personal("teams", mei)),
        (stage.teams, channel),
        (stage.slack, room),
        (stage.telegram, group),
    )
    for simulator, place in greeted:
        assert ["Hello, I am Plaudit" in message.text for message in simulator.posts(place)] == [True], place.name


async def test_start_in_telegram_greets_a_member_and_tells_a_stranger_the_truth(stage: Stage) -> None:
    for name, expected in (("Luis", "Hello, I am Plaudit"), ("Mei", "I do not know this organisation")):
        person = stage[name]
        await stage.telegram.press_start(person)
        await stage.quiet()
        [answer] = stage.telegram.posts(stage.world.personal("telegram", person))
        assert expected in answer.text


def sending(stage: Stage) -> int:
    """How often it was tried to write to somebody in Teams or Telegram; what a start does by the way is not counted."""
    telegram = [call for call in stage.telegram.calls if call.name.startswith(("send", "edit", "delete"))]
    return len(telegram) + len([call for call in stage.teams.calls if "/v3/conversations" in call.path])


async def test_where_the_bot_was_removed_nothing_is_sent_until_it_is_back(stage: Stage) -> None:
    ana = stage["Ana"]
    await stage.teams.remove_bot(stage.channel, by=ana)
    await stage.telegram.remove_bot(stage.group, by=ana)
    await stage.quiet()
    sent = sending(stage)
    await stage.slack.slash(ana, stage.slack_channel, "/kudos", "@[Luis] for the demo")
    await stage.quiet()
    assert sending(stage) == sent
    assert len(stage.posts("for the demo")) == 1
    await stage.teams.add_bot(stage.channel, by=ana)
    await stage.quiet()
    await stage.slack.slash(ana, stage.slack_channel, "/kudos", "@[Luis] for the second demo")
    await stage.quiet()
    assert len(stage.posts("for the second demo")) == 2


async def test_uninstalling_in_slack_ends_all_its_conversations(stage: Stage) -> None:
    await stage.slack.uninstall()
    await stage.quiet()
    calls = len(stage.slack.calls)
    await stage.telegram.say(stage["Ana"], stage.group, "/kudos @[Luis] for the demo")
    await stage.quiet()
    assert len(stage.slack.calls) == calls
    assert [message.conversation.platform for message in stage.posts("for the demo")] == ["teams", "telegram"]
    assert await stage.count("inbox", "state <> 'done'") == 0


async def test_whoever_blocks_the_bot_is_not_written_to_and_parks_nothing(stage: Stage) -> None:
    luis = stage["Luis"]
    await stage.telegram.press_start(luis)
    await stage.quiet()
    stage.telegram.chats.blocked.add(luis)
    await stage.sql("UPDATE conversation SET is_connected = false, is_gone = kind <> 'personal'")
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", "private @[Luis] for listening")
    await stage.quiet()
    assert await stage.count("outbox", "state = 'parked'") == 0
    assert await stage.count("outbox", "state = 'dropped'") == 1
    assert await stage.count("conversation", "kind = 'personal' AND platform = 'telegram' AND is_gone") == 1


async def test_a_group_that_becomes_a_supergroup_keeps_its_cards_coming(stage: Stage) -> None:
    moved = await stage.telegram.migrate(stage.group)
    await stage.quiet()
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", "@[Luis] for the demo")
    await stage.telegram.say(stage["Tom"], moved, "/kudos @[Zoë] for the cake")
    await stage.quiet()
    assert [("the demo" in message.text, "the cake" in message.text) for message in stage.telegram.posts(moved)] == [
        (True, False),
        (False, True),
    ]
    assert await stage.count("conversation", "platform = 'telegram' AND kind = 'group'") == 1


async def test_a_move_that_nobody_told_us_of_is_learnt_from_the_answer(stage: Stage) -> None:
    stage.group.moved_to = moved = stage.world.channel("telegram", "Team", stage.world.people)
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", "@[Luis] for the demo")
    await stage.quiet()
    assert len(stage.telegram.posts(moved)) == 1
    assert await stage.count("binding", "remote_id = :id", id=moved.id) == 1
