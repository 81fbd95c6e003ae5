"""Forty evaluations at once: each award once, each draw once; nothing is tried again, so a deadlock is a fault."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.models import Badge
from core.badges.verify import CHECKS
from core.database import POOL_SIZE, Sessions
from core.people.models import Workspace
from core.people.queries import Person
from core.points import verify
from core.rules import service
from tests.core.badges.stock import make_badge
from tests.core.rules.stage import did, did_daily, winners
from tests.factories import current, make_company

FOUND = ["AchievementRule", {"metric": "activities.count", "function_params": {"type": "sale"}, "threshold": 3}]
LIMITS: list[dict[str, Any]] = [
    {},
    {"multiple": True, "timeframe": "yearly"},
    {"multiple": True, "timeframe": "rolling:30d"},
    {"multiple": True},
]


async def company(database: Sessions, **fields: Any) -> tuple[Workspace, Badge, list[Person]]:
    workspace, people = await make_company(database, 12)
    async with database.begin(workspace.id) as (session, now):
        for person in people:
            await did(session, workspace, person, "sale", times=3, at=now - timedelta(minutes=1))
        badge = await make_badge(session, workspace, reward_type="Achievement Badge", points=5, **fields)
    return workspace, badge, people


async def at_once(works: Iterable[Awaitable[int]]) -> list[int]:
    """All of them side by side, as many in the database as there are connections; the others wait for one as long as it takes."""
    hands = asyncio.Semaphore(POOL_SIZE)

    async def held(work: Awaitable[int]) -> int:
        async with hands:
            return await work

    return await asyncio.gather(*map(held, works))


async def wait_longer(session: AsyncSession) -> None:
    """A busy machine is no fault; two that wait for each other still are, and the server says so after a second."""
    await session.execute(
        text("SELECT set_config('lock_timeout', '30s', true), set_config('statement_timeout', '30s', true)")
    )


async def assert_sound(database: Sessions) -> None:
    async with database.begin(role="ops", statement_seconds=60) as (session, _):
        outcomes = [await verify.examine(session, check) for check in CHECKS]
    assert [each for each in outcomes if each.faults] == []


@pytest.mark.parametrize("limit", LIMITS, ids=str)
async def test_forty_evaluations_award_each_once(database: Sessions, limit: dict[str, Any]) -> None:
    """Half of them for everybody, half for overlapping parts, from either end."""
    workspace, badge, people = await company(database, rules=[FOUND], **limit)
    ids = [each.member_id for each in people]
    parts = [None if number % 2 else ids[number % 9 : number % 9 + 5] for number in range(40)]

    async def evaluate(members: list[int] | None) -> int:
        async with database.begin(workspace.id) as (session, now):
            await wait_longer(session)
            made = await service.evaluate(
                session, workspace_id=workspace.id, badge_id=badge.id, members=members, now=now
            )
            assert made.refused is None
            return made.awarded

    assert sum(await at_once(map(evaluate, parts))) == 12
    async with database.begin(workspace.id) as (session, now):
        made = await winners(session, workspace, badge)
        assert Counter(each.member_id for each in made) == dict.fromkeys(ids, 1)
        assert [await current(session, workspace, each, now=now) for each in people] == [5] * 12
    await assert_sound(database)


@pytest.mark.parametrize("run", [None, "2026-11-20T16:00"])
async def test_forty_draws_are_one(database: Sessions, run: str | None) -> None:
    workspace, _, people = await company(database, rules=[FOUND])
    async with database.begin(workspace.id) as (session, _now):
        lottery = await make_badge(
            session, workspace, reward_type="Computed Badge", multiple=True, rules=[["RandomUsers", {"count": 2}]]
        )

    async def draw() -> int:
        async with database.begin(workspace.id) as (session, now):
            await wait_longer(session)
            made = await service.evaluate(session, workspace_id=workspace.id, badge_id=lottery.id, now=now, run=run)
            return made.awarded

    assert sorted(await at_once(draw() for _ in range(40))) == [0] * 39 + [2]
    async with database.begin(workspace.id) as (session, _now):
        assert len(await winners(session, workspace, lottery)) == 2
    assert len(people) == 12
    await assert_sound(database)


async def test_touches_and_evaluations_at_once_award_each_once(database: Sessions) -> None:
    """A touch looks at several badges, one after the other; an evaluation for all at one of them."""
    workspace, first, people = await company(database, rules=[FOUND])
    async with database.begin(workspace.id) as (session, now):
        second = await make_badge(session, workspace, reward_type="Achievement Badge", points=3, rules=[FOUND])
        today = now.date()
        await did_daily(session, workspace, people[0], "login", [today])
    ids = [each.member_id for each in people]

    async def touch(number: int) -> int:
        async with database.begin(workspace.id) as (session, now):
            await wait_longer(session)
            done = await service.touch(
                session, workspace_id=workspace.id, members=ids[number % 8 :][:4], types={"sale"}, now=now
            )
            return sum(each.awarded for each in done)

    async def evaluate(badge: Badge) -> int:
        async with database.begin(workspace.id) as (session, now):
            await wait_longer(session)
            made = await service.evaluate(session, workspace_id=workspace.id, badge_id=badge.id, now=now)
            return made.awarded

    counts = await at_once(
        [*(touch(number) for number in range(30)), *(evaluate(badge) for badge in (first, second) for _ in range(5))]
    )
    assert sum(counts) == 24
    await assert_sound(database)
