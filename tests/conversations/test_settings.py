"""/settings: what a member chooses, and what follows from it."""

import asyncio
import json
from typing import Any

import pytest

from core.database import Sessions
from tests.conversations.stage import Stage, open_stage


async def ask(stage: Stage, text: str, name: str = "Luis") -> str:
    delivery = await stage.slack.slash(stage[name], stage.slack_channel, "/settings", text)
    await stage.quiet()
    return json.dumps(json.loads(delivery.body), ensure_ascii=False)


async def thank_luis(stage: Stage, words: str) -> None:
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", f"private @[Luis] {words}")
    await stage.quiet()


async def found(stage: Stage, statement: str) -> Any:
    """What a statement finds as soon as it finds something."""
    for _ in range(500):
        if rows := await stage.sql(statement):
            return rows[0][0]
        await asyncio.sleep(0.02)
    raise AssertionError(statement)


def private(stage: Stage, name: str = "Luis") -> str:
    return " ".join(message.text for message in stage.slack.posts(stage.world.personal("slack", stage[name])))


async def test_the_language_holds_at_once(stage: Stage) -> None:
    assert "ajustes" in await ask(stage, "language es")
    assert await stage.count("profile", "locale = 'es'") == 1
    assert "settings" in await ask(stage, "idioma auto")
    assert "Español" in await ask(stage, "language Español")


async def test_a_zone_is_found_by_its_city_and_a_wrong_one_names_the_nearest(stage: Stage) -> None:
    assert "Europe/Lisbon" in await ask(stage, "zone lisbon")
    assert "Europe/Madrid" in await ask(stage, "zone Europe/Madird")
    assert await stage.count("profile", "time_zone = 'Europe/Lisbon'") == 1


@pytest.mark.parametrize("typed", ["25:00-07:00", "22:00", "7-7", "22:60-7", "١-٢", "'; DROP TABLE profile"])
async def test_hours_that_are_none_are_refused(stage: Stage, typed: str) -> None:
    assert "22:00-07:00" in await ask(stage, f"quiet {typed}")
    assert await stage.count("profile", "quiet_from IS NOT NULL") == 0


async def test_in_quiet_hours_a_private_notice_waits_and_is_not_lost(stage: Stage) -> None:
    # The window around now, in any zone and at any hour of the day.
    await stage.sql(
        "UPDATE profile SET time_zone = 'UTC', quiet_from = CAST(clock_timestamp() AT TIME ZONE 'UTC' AS time) - interval '2 hours',"
        " quiet_to = CAST(clock_timestamp() AT TIME ZONE 'UTC' AS time) + interval '2 hours' WHERE member_id = :luis",
        luis=stage.member("Luis"),
    )
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", "private @[Luis] for the night shift")
    held = "SELECT not_before - clock_timestamp() FROM outbox WHERE kind = 'kudos_notice' AND error = 'quiet hours'"
    assert 110 < (await found(stage, held)).total_seconds() / 60 < 121
    assert "night shift" not in private(stage)
    await stage.sql("UPDATE profile SET quiet_from = NULL, quiet_to = NULL")
    await stage.sql("UPDATE outbox SET not_before = clock_timestamp()")
    await stage.quiet()
    assert private(stage).count("night shift") == 1


async def test_whoever_wants_no_notices_gets_none_but_is_answered(stage: Stage) -> None:
    await ask(stage, "notices off")
    await thank_luis(stage, "for the night shift")
    assert "night shift" not in private(stage)
    assert await stage.count("outbox", "state = 'dropped' AND kind = 'kudos_notice'") == 1
    assert "Private notices" in await ask(stage, "notices on")
    await thank_luis(stage, "for the morning")
    assert "for the morning" in private(stage)


async def test_the_form_shows_what_holds_and_keeps_what_is_sent(stage: Stage) -> None:
    luis = stage["Luis"]
    await ask(stage, "zone Lisbon")
    await stage.teams.install(luis)
    await stage.teams.say(luis, stage.world.personal("teams", luis), "settings")
    await stage.quiet()
    form = stage.teams.posts(stage.world.personal("teams", luis))[-1]
    values = {"language": "de", "zone": "", "quiet": "22-7", "notices": "off"}
    answer = await stage.teams.press(luis, form, "Save", values)
    assert "gespeichert" in str(answer.body)
    kept = await stage.sql(
        "SELECT locale, time_zone, CAST(quiet_from AS text), CAST(quiet_to AS text), wants_notices FROM profile"
        " WHERE member_id = :luis",
        luis=stage.member("Luis"),
    )
    assert tuple(kept[0]) == ("de", None, "22:00:00", "07:00:00", False)


async def test_a_wrong_form_comes_back_with_the_reason(stage: Stage) -> None:
    luis = stage["Luis"]
    await stage.teams.install(luis)
    await stage.teams.say(luis, stage.world.personal("teams", luis), "settings")
    await stage.quiet()
    form = stage.teams.posts(stage.world.personal("teams", luis))[-1]
    answer = await stage.teams.press(luis, form, "Save", {"zone": "Madird", "language": "fr"})
    assert "Europe/Madrid" in str(answer.body)
    assert "'value': 'Madird'" in str(answer.body)
    assert await stage.count("profile", "locale = 'fr'") == 0


async def test_who_hides_is_on_no_leaderboard_until_they_show_themselves(stage: Stage) -> None:
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", "@[Luis] for the demo")
    await stage.quiet()
    assert "Luis" not in await board_after(stage, "ranks off")
    assert await stage.count("member", "hides_rank") == 1
    assert "Luis" in await board_after(stage, "clasificaciones sí")
    assert "neither on nor off" in await ask(stage, "ranks maybe")


async def board_after(stage: Stage, text: str) -> str:
    """What a colleague sees of a leaderboard once Luis has said that."""
    await ask(stage, text)
    delivery = await stage.slack.slash(stage["Ana"], stage.slack_channel, "/leaderboard", "kudos")
    return json.dumps(delivery.json(), ensure_ascii=False)


async def test_a_workspace_that_sends_no_notices_still_answers_and_shows_cards(stage: Stage) -> None:
    await stage.sql("UPDATE workspace SET sends_notices = false")
    await thank_luis(stage, "for the night shift")
    assert "night shift" not in private(stage)
    assert await stage.count("outbox", "state = 'dropped' AND kind = 'kudos_notice'") == 1
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", "@[Luis] for the late shift")
    await stage.quiet()
    assert stage.posts("late shift")
    await stage.sql("UPDATE workspace SET sends_notices = true")
    await thank_luis(stage, "for the morning")
    assert "for the morning" in private(stage)


async def test_a_process_that_sends_no_notices_drops_them(database: Sessions) -> None:
    async with open_stage(database, notifications="off") as stage:
        await thank_luis(stage, "for the night shift")
        assert "night shift" not in private(stage)
        assert await stage.count("outbox", "state = 'dropped' AND kind = 'kudos_notice'") == 1
        assert "Private notices" in await ask(stage, "notices on")
