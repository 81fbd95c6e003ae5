"""Case 31 and promises D3, D5, D6: when platforms say wait, break off, or are away; and when we have a bug."""

import asyncio
import json
from collections.abc import Sequence

import pytest
from sqlalchemy import text

from bots.simulator import Call
from tests.conversations.stage import Simulator, Stage

WORDS = "for staying late"
PAUSE = 1
POSTS = {"teams": "POST activities", "slack": "chat.postMessage", "telegram": "sendMessage"}
PLATFORMS = ("teams", "slack", "telegram")


def simulator_of(stage: Stage, platform: str) -> Simulator:
    return next(simulator for simulator in stage.simulators if simulator.platform == platform)


async def thank_elsewhere(stage: Stage, platform: str, words: str = WORDS) -> None:
    """Say it where the platform under test is not asked for anything else than the card."""
    if platform == "slack":
        await stage.teams.say(stage["Ana"], stage.channel, f"@[Plaudit] /kudos @[Luis] {words}")
        return
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", f"@[Luis] {words}")


def posted(stage: Stage, platform: str, words: str = WORDS) -> int:
    return sum(message.conversation.platform == platform for message in stage.posts(words))


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_31_a_429_is_obeyed_and_the_message_arrives_after_it(stage: Stage, platform: str) -> None:
    simulator = simulator_of(stage, platform)
    simulator.faults.throttle(2, retry_after=PAUSE, name=POSTS[platform])
    await thank_elsewhere(stage, platform)
    await thank_elsewhere(stage, platform, "for the second time")
    await stage.quiet(unpaced=False, seconds=30)
    calls = simulator.server.called(POSTS[platform])
    assert simulator.faults.pending == 0
    assert [call.status for call in calls] == [429, 429, *[200 if platform != "teams" else 201] * 2]
    assert calls_inside(calls) == 0
    assert (posted(stage, platform), posted(stage, platform, "second time")) == (1, 1)
    assert await stage.count("outbox", "state = 'parked'") == 0


def calls_inside(calls: Sequence[Call]) -> int:
    pauses = [call.moment for call in calls if call.status == 429]
    return sum(pause < call.moment < pause + PAUSE for pause in pauses for call in calls)


async def test_31_a_pause_in_one_chat_does_not_stop_the_others(stage: Stage) -> None:
    stage.telegram.faults.throttle(1, retry_after=3, name="sendMessage")
    await thank_elsewhere(stage, "telegram")
    for simulator, place in stage.places[:2]:
        await simulator.wait_for_post(place, WORDS, timeout=2)
    assert posted(stage, "telegram") == 0


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_an_ambiguous_outcome_is_repeated_at_most_once(stage: Stage, platform: str) -> None:
    """Every call does its work and then breaks off: two copies at most, and the operator learns of it."""
    simulator = simulator_of(stage, platform)
    simulator.faults.drop(5, name=POSTS[platform])
    await thank_elsewhere(stage, platform)
    await stage.quiet(seconds=20)
    assert len(simulator.server.called(POSTS[platform])) == 2
    assert 5 - simulator.faults.pending == 2
    assert posted(stage, platform) == 2
    assert await stage.count("outbox", "state = 'parked'") == 1


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_dropped_connection_that_did_nothing_loses_nothing(stage: Stage, platform: str) -> None:
    simulator = simulator_of(stage, platform)
    simulator.faults.drop(1, has_effect=False, name=POSTS[platform])
    await thank_elsewhere(stage, platform)
    await stage.quiet(seconds=20)
    assert simulator.faults.pending == 0
    assert posted(stage, platform) == 1


@pytest.mark.parametrize(("platform", "status"), [("teams", 503), ("slack", 503), ("telegram", 502)])
async def test_a_platform_that_is_down_gets_the_message_later(stage: Stage, platform: str, status: int) -> None:
    simulator = simulator_of(stage, platform)
    simulator.faults.fail(3, status=status, name=POSTS[platform])
    await thank_elsewhere(stage, platform)
    for other, place in stage.places:
        if other.platform != platform:
            await other.wait_for_post(place, WORDS, timeout=10)
    assert posted(stage, platform) == 0
    for _ in range(3):
        await hurry(stage)
    await stage.quiet(seconds=20)
    assert simulator.faults.pending == 0
    assert posted(stage, platform) == 1


async def hurry(stage: Stage) -> None:
    """Skip what is left of a back-off."""
    await asyncio.sleep(0.4)
    await stage.sql("UPDATE outbox SET not_before = clock_timestamp() WHERE state = 'pending'")
    await stage.sql("UPDATE inbox SET not_before = clock_timestamp() WHERE state = 'retry'")
    await stage.sql("UPDATE outbox_scope SET ready_at = '-infinity'")
    stage.application.deliverer.bell.ring()
    stage.application.worker.bell.ring()


async def test_a_message_that_never_arrives_is_parked_and_arrives_after_the_replay(stage: Stage) -> None:
    stage.slack.faults.fail(8, status=503, name="chat.postMessage")
    await thank_elsewhere(stage, "slack")
    for _ in range(40):
        if await stage.count("outbox", "state = 'parked'"):
            break
        await hurry(stage)
    [parked] = await stage.sql("SELECT id, attempts, error FROM outbox WHERE state = 'parked'")
    assert parked.attempts == 8
    assert "503" in parked.error
    await stage.sql("UPDATE outbox SET state = 'pending', attempts = 0 WHERE id = :id", id=parked.id)
    await stage.quiet()
    assert posted(stage, "slack") == 1


async def test_a_poison_delivery_is_parked_answered_and_replayed_after_the_fix(stage: Stage) -> None:
    """The bug is a constraint that the product does not know; others are worked on meanwhile."""
    await stage.alter("ALTER TABLE kudos ADD CONSTRAINT poison CHECK (message NOT LIKE '%poison%')")
    await stage.teams.say(stage["Ana"], stage.channel, "@[Plaudit] /kudos @[Luis] poison")
    await stage.teams.say(stage["Tom"], stage.channel, f"@[Plaudit] /kudos @[Luis] {WORDS}")
    await stage.teams.wait_for_post(stage.channel, WORDS, timeout=3)
    for _ in range(40):
        if await stage.count("inbox", "state = 'parked'"):
            break
        await hurry(stage)
    [parked] = await stage.sql("SELECT remote_id, attempts, error FROM inbox WHERE state = 'parked'")
    assert parked.attempts == 8
    assert "poison" not in parked.error
    await stage.quiet()
    [answer] = [message for message in stage.teams.posts(stage.channel) if "went wrong" in message.text]
    reference = parked.error.rpartition("(")[2].rstrip(")")
    assert reference in answer.text
    assert await stage.count("kudos") == 1
    await stage.alter("ALTER TABLE kudos DROP CONSTRAINT poison")
    await stage.sql("UPDATE inbox SET state = 'retry', attempts = 0, not_before = now() WHERE state = 'parked'")
    await stage.quiet()
    assert await stage.count("kudos") == 2
    assert len(stage.posts("poison")) == 3


async def test_a_poison_slash_command_is_answered_at_once_with_its_reference(stage: Stage) -> None:
    await stage.alter("ALTER TABLE kudos ADD CONSTRAINT poison CHECK (message NOT LIKE '%poison%')")
    delivery = await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", "@[Luis] poison")
    assert delivery.status == 200
    assert "Something went wrong on my side" in json.dumps(delivery.json())
    assert await stage.count("kudos") == 0


async def test_a_slow_database_makes_the_answer_late_and_not_lost(hasty_stage: Stage) -> None:
    """Slack gives up after three seconds; the window is two."""
    async with hasty_stage.sessions.engine.begin() as connection:
        await connection.execute(text("LOCK TABLE kudos IN ACCESS EXCLUSIVE MODE"))
        delivery = await hasty_stage.slack.slash(
            hasty_stage["Ana"], hasty_stage.slack_channel, "/kudos", f"@[Luis] {WORDS}"
        )
        assert (delivery.status, delivery.body) == (200, b"")
        assert delivery.latency < 2.6
    for _ in range(6):
        await hurry(hasty_stage)
    await hasty_stage.quiet(seconds=20)
    [answer] = hasty_stage.slack.posts(hasty_stage.slack_channel, visible_to=hasty_stage["Ana"])
    assert "on its way" in answer.text
    assert len(hasty_stage.posts(WORDS)) == 3


async def test_a_slow_directory_makes_the_answer_late_and_not_lost(hasty_stage: Stage) -> None:
    hasty_stage.slack.faults.hang(1, name="users.info")
    delivery = await hasty_stage.slack.slash(hasty_stage["Ana"], hasty_stage.slack_channel, "/kudos", f"@[Mei] {WORDS}")
    assert (delivery.status, delivery.body) == (200, b"")
    await hasty_stage.quiet(seconds=20)
    assert hasty_stage.slack.faults.pending == 0
    [answer] = hasty_stage.slack.posts(hasty_stage.slack_channel, visible_to=hasty_stage["Ana"])
    assert "on its way" in answer.text
    assert await hasty_stage.count("kudos") == 1


async def test_a_directory_that_is_down_asks_a_slash_command_to_come_again(stage: Stage) -> None:
    stage.slack.faults.fail(1, status=503, name="users.info")
    first = await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", f"@[Mei] {WORDS}")
    assert "try again in a few minutes" in json.dumps(first.json())
    assert await stage.count("kudos") == 0
    # The very delivery is not used up.
    assert "on its way" in json.dumps((await stage.slack.courier.deliver(first.raw)).json())
    await stage.quiet()
    assert await stage.count("kudos") == 1


async def test_a_directory_that_is_down_delays_a_stored_message(stage: Stage) -> None:
    stage.teams.faults.fail(2, status=503, name="GET members")
    await stage.teams.say(stage["Ana"], stage.channel, f"@[Plaudit] /kudos @[Mei] {WORDS}")
    for _ in range(4):
        await hurry(stage)
    await stage.quiet()
    assert stage.teams.faults.pending == 0
    assert len(stage.posts(WORDS)) == 3


async def test_a_directory_that_stays_down_is_said_in_its_own_words(stage: Stage) -> None:
    stage.teams.faults.fail(8, status=503, name="GET members")
    await stage.teams.say(stage["Ana"], stage.channel, f"@[Plaudit] /kudos @[Mei] {WORDS}")
    for _ in range(40):
        if await stage.count("inbox", "state = 'parked'"):
            break
        await hurry(stage)
    await stage.quiet()
    [answer] = stage.teams.posts(stage.channel)
    assert "cannot ask the directory" in answer.text


async def test_an_answer_overtakes_200_broadcasts(stage: Stage) -> None:
    """They wait for other channels of the same workspace; only those already on their way go first."""
    ana = stage["Ana"]
    rooms = [stage.world.channel("slack", f"room {number}", stage.world.people) for number in range(200)]
    await stage.sql(
        "INSERT INTO conversation (workspace_id, platform, tenant, remote_id, kind, name, reference, is_connected)"
        " SELECT :workspace, 'slack', :tenant, remote_id, 'channel', '', '{}', false FROM unnest(CAST(:ids AS text[])) AS remote_id",
        workspace=stage.workspace_id,
        tenant=stage.world.slack_team_id,
        ids=[room.id for room in rooms],
    )
    await stage.slack.slash(ana, stage.slack_channel, "/kudos", f"@[Luis] {WORDS}")
    await stage.quiet()
    before = len(stage.slack.server.called("chat.postMessage"))
    await stage.sql(
        "WITH scoped AS (INSERT INTO outbox_scope (scope) SELECT 'slack:' || tenant || ':' || remote_id FROM conversation"
        " WHERE name = '' AND platform = 'slack' ON CONFLICT DO NOTHING)"
        " INSERT INTO outbox (workspace_id, dedup_key, scope, priority, kind, address, reference)"
        " SELECT workspace_id, 'kudos:1:in:' || remote_id, 'slack:' || tenant || ':' || remote_id, 6, 'kudos_card',"
        " jsonb_build_object('platform', platform, 'tenant', tenant, 'remote_id', remote_id, 'kind', kind),"
        " (SELECT reference FROM outbox WHERE kind = 'kudos_card' LIMIT 1) FROM conversation"
        " WHERE name = '' AND platform = 'slack'"
    )
    assert await stage.count("outbox", "state = 'pending'") >= 190
    stage.application.deliverer.bell.ring()
    await asyncio.sleep(0.3)
    await stage.slack.say(ana, stage.world.personal("slack", ana), "points")
    await stage.slack.wait_for_post(stage.world.personal("slack", ana), "Your points", timeout=10)
    overtaken = await stage.count("outbox", "state = 'pending' AND priority = 6")
    ahead = len(stage.slack.server.called("chat.postMessage")) - before
    assert ahead <= 40, ahead
    assert overtaken >= 150
