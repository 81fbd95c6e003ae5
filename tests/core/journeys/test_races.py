"""Forty at once: each step once, each award once, each journey once; nothing is tried again, so a deadlock is a fault."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.badges.verify import CHECKS
from core.database import Sessions
from core.journeys import enrolling, service
from core.journeys.facts import Trail
from core.journeys.refusals import JourneyStepDone, JourneyUnderWay
from core.people.models import Workspace
from core.people.queries import Person
from core.points import verify
from core.rules import service as rules
from tests.core.badges.stock import make_badge
from tests.core.journeys.road import SCORE, enrol, make_guide, make_journey, tick
from tests.core.rules.stage import did, winners
from tests.core.rules.test_races import wait_longer
from tests.factories import current, make_company

AT_ONCE = 12
"""Less than the connections that there are: who waits for one on a busy machine would be a fault of the test."""


async def together(*work: Awaitable[Any], return_exceptions: bool = False) -> list[Any]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(each: Awaitable[Any]) -> Any:
        async with gate:
            return await each

    return await asyncio.gather(*map(one, work), return_exceptions=return_exceptions)


async def company(database: Sessions, members: int) -> tuple[Workspace, list[Person], Person]:
    workspace, people = await make_company(database, members + 1)
    async with database.begin(workspace.id, role="ops") as (session, _):
        guide = await make_guide(session, people[-1])
    return workspace, people[:-1], guide


async def assert_sound(database: Sessions) -> None:
    async with database.begin(role="ops", statement_seconds=60) as (session, _):
        outcomes = [await verify.examine(session, check) for check in CHECKS]
        open_and_awarded = await session.scalar(
            text(
                "SELECT count(*) FROM journey LEFT JOIN award ON award.workspace_id = journey.workspace_id"
                " AND award.id = journey.award_id WHERE award.member_id IS DISTINCT FROM"
                " CASE WHEN completed_at IS NOT NULL THEN journey.member_id END"
            )
        )
    assert [each for each in outcomes if each.faults] == []
    assert open_and_awarded == 0


async def test_forty_ticks_of_the_last_step_are_one(database: Sessions) -> None:
    workspace, (ana, *_), guide = await company(database, 2)
    async with database.begin(workspace.id) as (session, now):
        badge = await make_journey(session, workspace, workflow=["First", "Last"], points=7)
        await enrol(session, workspace, badge, [ana], guide, now)
        await tick(session, workspace, badge, "First", [ana], guide, now)

    async def last() -> str:
        try:
            async with database.begin(workspace.id) as (session, now):
                await wait_longer(session)
                await tick(session, workspace, badge, "Last", [ana], guide, now)
                return "done"
        except JourneyStepDone:
            return "was done"

    assert Counter(await together(*(last() for _ in range(40)))) == {"done": 1, "was done": 39}
    async with database.begin(workspace.id) as (session, now):
        assert len(await winners(session, workspace, badge)) == 1
        assert await current(session, workspace, ana, now=now) == 7
    await assert_sound(database)


async def test_forty_enrolments_are_one(database: Sessions) -> None:
    workspace, people, guide = await company(database, 6)
    async with database.begin(workspace.id) as (session, _):
        badge = await make_journey(session, workspace, auto_enroll=True)

    async def by_hand(number: int) -> int:
        try:
            async with database.begin(workspace.id) as (session, now):
                await wait_longer(session)
                return await enrol(session, workspace, badge, [people[number % 6]], guide, now)
        except JourneyUnderWay:
            return 0

    async def by_itself() -> int:
        async with database.begin(workspace.id) as (session, now):
            await wait_longer(session)
            trail = Trail.of(badge)
            ids = [each.member_id for each in people]
            made = await enrolling.enrol(session, trail, enrolling.automatic(trail, ids), workspace=workspace, now=now)
            return made.many

    made = await together(*(by_itself() if number % 2 else by_hand(number) for number in range(40)))
    assert sum(made) == 6
    await assert_sound(database)


async def test_touches_ticks_and_awards_by_rules_at_once(database: Sessions) -> None:
    """All of them move the same journeys, and pay the same accounts, each in its own way."""
    workspace, people, guide = await company(database, 5)
    steps = [{"step": "Sell", "event": "sale"}, {"step": "Test", "condition": SCORE}]
    counting = ["AchievementRule", {"metric": "activities.count", "function_params": {"type": "sale"}, "threshold": 1}]
    async with database.begin(workspace.id) as (session, now):
        badge = await make_journey(session, workspace, workflow=steps, points=20)
        seller = await make_badge(session, workspace, reward_type="Achievement Badge", points=5, rules=[counting])
        await enrol(session, workspace, badge, people, guide, now - timedelta(hours=1))
        for person in people:
            await did(session, workspace, person, "product_knowledge", quantity=90, at=now - timedelta(minutes=9))
            await did(session, workspace, person, "sale", at=now - timedelta(minutes=5))
    ids = [each.member_id for each in people]

    async def touch(number: int) -> None:
        async with database.begin(workspace.id) as (session, now):
            await wait_longer(session)
            some = ids[number % 3 :][:3]
            await rules.touch(
                session, workspace_id=workspace.id, members=some, types={"sale", "product_knowledge"}, now=now
            )

    async def say(number: int) -> None:
        try:
            async with database.begin(workspace.id) as (session, now):
                await wait_longer(session)
                await tick(session, workspace, badge, "Sell", [people[number % 5]], guide, now)
        except JourneyStepDone:
            pass

    outcomes = await together(
        *(touch(number) for number in range(20)), *(say(number) for number in range(20)), return_exceptions=True
    )
    assert [each for each in outcomes if isinstance(each, DBAPIError)] == []
    assert [each for each in outcomes if each is not None] == []
    async with database.begin(workspace.id) as (session, now):
        for made in (badge, seller):
            holders = Counter(each.member_id for each in await winners(session, workspace, made))
            assert holders == dict.fromkeys(ids, 1)
        assert [await current(session, workspace, each, now=now) for each in people] == [25] * 5
    await assert_sound(database)


async def test_a_crash_before_the_end_leaves_nothing_and_the_same_again_is_done_once(database: Sessions) -> None:
    workspace, (ana, *_), guide = await company(database, 1)
    async with database.begin(workspace.id) as (session, now):
        badge = await make_journey(session, workspace, workflow=["Only"], points=7)
        await enrol(session, workspace, badge, [ana], guide, now)
    for is_killed in (True, True, False):
        try:
            async with database.begin(workspace.id) as (session, now):
                (moved,) = await service.tick(
                    session, workspace=workspace, badge=badge, step="Only", members=[ana], actor=guide, now=now
                )
                assert moved.award_id is not None
                if is_killed:
                    raise ConnectionResetError
        except ConnectionResetError:
            async with database.begin(workspace.id) as (session, now):
                assert await winners(session, workspace, badge) == []
                assert await current(session, workspace, ana, now=now) == 0
    async with database.begin(workspace.id) as (session, now):
        assert await current(session, workspace, ana, now=now) == 7
    await assert_sound(database)
