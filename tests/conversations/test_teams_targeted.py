"""Private answers in a channel as targeted messages, and slash commands that only the bot reads (PLAUDIT_TEAMS_TARGETED)."""

import json
import re
from collections.abc import AsyncIterator

import pytest

from bots.simulator import Message
from core.database import Sessions
from tests.conversations.stage import Stage, open_stage

CODE = re.compile(r"/link ([\w-]{22})")


@pytest.fixture
async def targeted(database: Sessions) -> AsyncIterator[Stage]:
    async with open_stage(database, teams_targeted=True) as opened:
        yield opened
    assert opened.wire.faults() == []


def whispers(stage: Stage, name: str) -> list[Message]:
    return stage.teams.posts(stage.channel, visible_to=stage[name])


async def say(stage: Stage, words: str, *, name: str = "Ana", slash: bool = True) -> None:
    await stage.teams.say(stage[name], stage.channel, words if slash else f"@[Plaudit] {words}", targeted=slash)
    await stage.quiet()


@pytest.mark.parametrize("slash", [True, False])
async def test_a_receipt_is_whispered_in_the_channel_and_undone_there(targeted: Stage, slash: bool) -> None:
    await say(targeted, "/kudos @[Luis] for the demo", slash=slash)
    [receipt] = whispers(targeted, "Ana")
    assert "on its way" in receipt.text
    assert len(targeted.posts("for the demo")) == 3
    undone = await targeted.teams.press(targeted["Ana"], receipt, "Undo")
    assert undone.faults == ()
    await targeted.quiet()
    assert len(targeted.posts("took back a kudos")) == 3
    assert not targeted.teams.posts(targeted.world.personal("teams", targeted["Ana"]))


async def test_private_answers_and_refusals_are_whispered(targeted: Stage) -> None:
    await say(targeted, "/points", slash=False)
    await say(targeted, "/kudos @[Ana] for being me", slash=False)
    points, refused = whispers(targeted, "Ana")
    assert "50" in points.text
    assert "You cannot thank yourself" in refused.text
    assert not targeted.teams.posts(targeted.channel)


async def test_what_nobody_read_is_answered_so_that_nobody_reads_it(targeted: Stage) -> None:
    """Even what is said aloud where everybody heard the question."""
    await say(targeted, "/admin connect")
    assert ["is connected" in message.text for message in whispers(targeted, "Ana")] == [True]
    assert not targeted.teams.posts(targeted.channel)
    await say(targeted, "/admin connect", slash=False)
    assert len(targeted.teams.posts(targeted.channel)) == 1


async def test_a_form_is_a_whispered_button_that_opens_a_dialog(targeted: Stage) -> None:
    await say(targeted, "/kudos")
    [card] = whispers(targeted, "Ana")
    assert card.buttons == ("Give kudos",)
    dialog = await targeted.teams.dialogs.open(targeted["Ana"], card, "Give kudos")
    values = {"people": targeted["Luis"].aad_id, "message": "for the demo"}
    receipt = await targeted.teams.dialogs.submit(dialog, "Send", values)
    await targeted.quiet()
    assert "on its way" in receipt.text
    assert len(targeted.posts("for the demo")) == 3


async def test_who_cannot_be_whispered_to_is_told_in_their_own_chat(targeted: Stage) -> None:
    await targeted.teams.install(targeted["Ana"])
    await targeted.quiet()
    targeted.teams.faults.fail(status=400, name="POST activities")
    await say(targeted, "/points")
    assert not whispers(targeted, "Ana")
    assert "50" in targeted.teams.posts(targeted.world.personal("teams", targeted["Ana"]))[-1].text


@pytest.mark.parametrize(("slash", "answer"), [(True, "link_claimed"), (False, "link_code_seen")])
async def test_a_code_that_nobody_else_read_is_not_void(targeted: Stage, slash: bool, answer: str) -> None:
    tom = targeted["Tom"]
    await targeted.slack.slash(tom, targeted.slack_channel, "/link")
    [code] = set(CODE.findall(json.dumps(targeted.slack.deliveries[-1].json())))
    await say(targeted, f"/link {code}", name="Luis", slash=slash)
    assert await targeted.count("outbox", "kind LIKE 'link_c%'") == 1
    assert await targeted.count("outbox", "kind = :answer", answer=answer) == 1


async def test_when_the_message_goes_by_itself_after_a_day_the_kudos_stays(targeted: Stage) -> None:
    said = await targeted.teams.say(targeted["Ana"], targeted.channel, "/kudos @[Luis] for the demo", targeted=True)
    await targeted.quiet()
    await targeted.teams.delete(said.message)
    await targeted.quiet()
    assert await targeted.count("kudos", "undone_at IS NULL") == 1


async def test_without_the_setting_a_slash_command_is_answered_in_the_own_chat(stage: Stage) -> None:
    await stage.teams.install(stage["Ana"])
    await say(stage, "/leaderboard")
    assert not stage.teams.posts(stage.channel)
    assert not whispers(stage, "Ana")
    assert len(stage.teams.posts(stage.world.personal("teams", stage["Ana"]))) == 2
