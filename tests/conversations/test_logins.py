"""The first contact of a day, in whatever chat, is a login; what comes with it is told in private and never in the way."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from core.badges import registry
from core.people import queries as people
from tests.conversations.stage import Stage
from tests.core.badges.stock import make_badge

GREETING = "You earned the badge"


async def stocked(stage: Stage, **fields: Any) -> int:
    async with stage.sessions.begin(stage.workspace_id) as (session, _):
        workspace = await people.workspace(session, stage.workspace_id)
        given = {"reward": "Good morning", "reward_type": "Automated Badge", "points": 3, "multiple": True, **fields}
        return (await make_badge(session, workspace, **given)).id


async def say(stage: Stage, words: str = "") -> None:
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/points", words)
    await stage.quiet()


async def logins(stage: Stage) -> int:
    return await stage.count("activity", "type = 'login' AND member_id = :m", m=stage.member("Ana"))


async def test_a_login_is_counted_once_a_day_and_its_badge_told_in_private(stage: Stage) -> None:
    badge = await stocked(stage)
    await say(stage)
    await say(stage)
    assert (await logins(stage), await stage.earned("Ana")) == (1, 3)
    rows = await stage.sql("SELECT member_id, why->>'event' FROM award WHERE badge_id = :b", b=badge)
    assert [tuple(row) for row in rows] == [(stage.member("Ana"), "login")]
    assert stage.posts("Good morning") == []
    notice = await stage.sql("SELECT state, address->>'kind' FROM outbox WHERE kind = 'badge_notice'")
    assert [tuple(row) for row in notice] == [("sent", "personal")]


async def test_ten_commands_at_once_are_one_login(stage: Stage) -> None:
    await stocked(stage)
    await asyncio.gather(*(stage.slack.slash(stage["Ana"], stage.slack_channel, "/points", "") for _ in range(10)))
    await stage.quiet()
    assert (await logins(stage), await stage.earned("Ana")) == (1, 3)


async def test_whoever_is_refused_was_not_here_yet(stage: Stage) -> None:
    await stocked(stage)
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", "@[Ana] for myself")
    await stage.quiet()
    assert await logins(stage) == 0
    await say(stage)
    assert await logins(stage) == 1


@pytest.fixture
def broken_metric() -> Iterator[str]:
    before = registry.snapshot()

    @registry.metric("tests.broken")
    def broken() -> None:
        raise ZeroDivisionError

    yield "tests.broken"
    registry.restore(before)


async def test_a_function_that_fails_keeps_nobody_from_talking(stage: Stage, broken_metric: str) -> None:
    rule = ["AchievementRule", {"metric": broken_metric}]
    await stocked(stage, reward_type="Achievement Badge", rules=[rule])
    answer = await stage.slack.slash(stage["Ana"], stage.slack_channel, "/points", "")
    assert answer.status == 200
    assert (await logins(stage), await stage.earned("Ana")) == (1, 0)


async def test_what_somebody_else_holds_is_left_to_the_next_contact(stage: Stage) -> None:
    badge = await stocked(stage)
    async with stage.sessions.begin(stage.workspace_id) as (session, now):
        from core.rules import service

        await service.touch(
            session, workspace_id=stage.workspace_id, members=[stage.member("Ana")], types={"login"}, now=now
        )
        await stage.slack.slash(stage["Ana"], stage.slack_channel, "/points", "")
        assert await logins(stage) == 0
        await session.rollback()
    await say(stage)
    assert (await logins(stage), await stage.count("award", "badge_id = :b", b=badge)) == (1, 1)
