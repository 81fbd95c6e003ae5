"""/points, /leaderboard, /help, and what nobody understands."""

import json
from dataclasses import replace

import pytest

from bots.simulator import example_world
from core.database import Sessions
from tests.conversations.stage import APP_ID, Stage, open_stage

PERIODS = ("Today", "Week", "Quarter", "Year", "All time", "Month")


async def ask_in_slack(stage: Stage, name: str, command: str, words: str = "") -> str:
    delivery = await stage.slack.slash(stage[name], stage.slack_channel, command, words)
    assert delivery.is_accepted
    assert delivery.json()["response_type"] == "ephemeral"
    return json.dumps(delivery.json(), ensure_ascii=False)


async def give(stage: Stage) -> None:
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", "@[Luis] @[Zoë] for the demo +5")
    await stage.quiet()


async def test_points_in_all_three_ways(stage: Stage) -> None:
    await give(stage)
    own = await ask_in_slack(stage, "Ana", "/points")
    other = await ask_in_slack(stage, "Ana", "/points", "@[Luis]")
    history = await ask_in_slack(stage, "Luis", "/points", "history")
    assert "40 of 50" in own
    assert "Luis Ortega" in other
    assert "Left to give" not in other
    assert "Kudos" in history
    assert "Ana García" in history


async def test_points_in_private_teams_and_telegram_chats(stage: Stage) -> None:
    await give(stage)
    luis = stage["Luis"]
    await stage.teams.install(luis)
    await stage.telegram.press_start(luis)
    await stage.quiet()
    await stage.teams.say(luis, stage.world.personal("teams", luis), "points")
    await stage.telegram.say(luis, stage.world.personal("telegram", luis), "/points history")
    await stage.quiet()
    assert "Your points" in stage.teams.posts(stage.world.personal("teams", luis))[-1].text
    assert "newest first" in stage.telegram.posts(stage.world.personal("telegram", luis))[-1].text


async def test_the_leaderboard_turns_its_pages_in_place_in_slack(stage: Stage) -> None:
    await give(stage)
    await ask_in_slack(stage, "Tom", "/leaderboard")
    [board] = stage.slack.posts(stage.slack_channel, visible_to=stage["Tom"])
    for period in PERIODS:
        await stage.slack.press(stage["Tom"], board, period)
        await stage.quiet()
        assert f"✓ {period}" in board.buttons
    assert len(stage.slack.posts(stage.slack_channel, visible_to=stage["Tom"])) == 1
    assert len(board.versions) == len(PERIODS)


async def test_the_leaderboard_turns_its_pages_in_place_in_telegram(stage: Stage) -> None:
    await give(stage)
    await stage.telegram.say(stage["Tom"], stage.group, "/leaderboard")
    await stage.quiet()
    board = stage.telegram.posts(stage.group)[-1]
    for period in PERIODS:
        await stage.telegram.press(stage["Tom"], board, period)
        await stage.quiet()
        assert f"✓ {period}" in board.buttons
    assert len(stage.telegram.posts(stage.group)) == 2
    answered = [call for call in stage.telegram.calls if call.name == "answerCallbackQuery"]
    assert len(answered) == len(PERIODS)


async def test_the_leaderboard_turns_its_pages_for_the_presser_in_teams(stage: Stage) -> None:
    await give(stage)
    await stage.teams.say(stage["Tom"], stage.channel, "@[Plaudit] /leaderboard week")
    await stage.quiet()
    board = stage.teams.posts(stage.channel)[-1]
    for period in PERIODS:
        if period == "Week":
            continue
        invoked = await stage.teams.press(stage["Tom"], board, period)
        assert invoked.faults == ()
        assert f"✓ {period}" in json.dumps(invoked.body, ensure_ascii=False)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("/help", "What I can do"),
        ("/help kudos", "/kudos private @Ana"),
        ("/help nonsense", "I do not know this command"),
        ("/kudso @[Luis] nice", "/kudos"),
        ("/leaderbord", "/leaderboard"),
        ("xyzzy", "I do not know this command"),
        ("", "What I can do"),
        ("   ", "What I can do"),
    ],
)
async def test_help_and_what_nobody_understands(stage: Stage, typed: str, expected: str) -> None:
    await stage.teams.say(stage["Ana"], stage.channel, f"@[Plaudit] {typed}")
    await stage.quiet()
    [answer] = stage.teams.posts(stage.channel)
    assert expected in answer.text


async def test_an_unknown_verb_names_the_nearest_in_every_chat(stage: Stage) -> None:
    ana = stage["Ana"]
    await stage.slack.say(ana, stage.slack_channel, "@[Plaudit] ponts")
    await stage.telegram.say(ana, stage.group, "/ponts")
    await stage.quiet()
    [whispered] = stage.slack.posts(stage.slack_channel, visible_to=ana)
    [said] = stage.telegram.posts(stage.group)
    assert "Did you mean /points?" in whispered.text
    assert "Did you mean /points?" in said.text


async def test_a_spanish_member_is_answered_in_spanish(database: Sessions) -> None:
    world = example_world(app_id=APP_ID)
    world.people[0] = replace(world.people[0], locale="es-ES")
    async with open_stage(database, world=world) as stage:
        await stage.sql("UPDATE profile SET locale = 'es-ES' WHERE member_id = :ana", ana=stage.member("Ana"))
        ana = stage["Ana"]
        slash = await ask_in_slack(stage, "Ana", "/kudos", "@[Luis] por la demo")
        refused = await ask_in_slack(stage, "Ana", "/kudos", "@[Gus] por la demo")
        await stage.teams.say(ana, stage.channel, "@[Plaudit] /ayuda")
        await stage.telegram.say(ana, stage.group, "/clasificación")
        await stage.quiet()
        assert "Tus kudos a" in slash
        assert "invitado" in refused or "invitada" in refused
        assert "Lo que sé hacer" in stage.teams.posts(stage.channel)[-1].text
        # What everybody sees speaks the workspace's language.
        assert all("thanked" in message.text for message in stage.posts("por la demo"))
        assert stage.wire.faults() == []
