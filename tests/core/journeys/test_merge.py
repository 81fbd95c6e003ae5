"""Two members become one: their ways to a badge are one way, and nobody has a badge twice by it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.identity import service as identity
from core.journeys import queries, tending
from core.people.models import Workspace
from core.people.queries import Person
from tests.core.identity.family import findings
from tests.core.journeys.road import done, enrol, make_guide, make_journey, tick, way
from tests.core.rules.stage import winners
from tests.factories import current, make_member, make_members

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def pair(session: AsyncSession, workspace: Workspace) -> list[Person]:
    return await make_members(session, workspace, 2)


@pytest.fixture
async def guide(session: AsyncSession, workspace: Workspace) -> Person:
    return await make_guide(session, await make_member(session, workspace, "Gabi"))


async def merge(session: AsyncSession, workspace: Workspace, pair: list[Person], now: datetime) -> None:
    older, younger = pair
    await identity.merge(
        session, workspace=workspace, member_ids=(older.member_id, younger.member_id), actor_id=older.member_id, now=now
    )
    left = await session.scalar(
        text("SELECT count(*) FROM journey WHERE workspace_id = :w AND :m IN (member_id, enrolled_by)"),
        {"w": workspace.id, "m": younger.member_id},
    )
    assert left == 0
    assert await findings(session, workspace) == []


async def test_both_are_on_the_way(
    session: AsyncSession, workspace: Workspace, pair: list[Person], guide: Person, now: datetime
) -> None:
    older, younger = pair
    badge = await make_journey(session, workspace, reward_type="Challenge", challenges=["A", "B", "C"])
    await enrol(session, workspace, badge, [older], older, now)
    await enrol(session, workspace, badge, [younger], younger, now)
    await tick(session, workspace, badge, "A", pair, guide, now)
    await tick(session, workspace, badge, "B", [younger], guide, now)
    await tick(session, workspace, badge, "C", [older], guide, now)
    await merge(session, workspace, pair, now + MINUTE)
    assert await done(session, workspace, older, badge) == ["A", "B", "C"]
    assert await winners(session, workspace, badge) == []
    trails = await tending.open_trails(session, workspace=workspace, now=now + MINUTE)
    await tending.look(session, trails, workspace=workspace, now=now + MINUTE)
    assert len(await winners(session, workspace, badge)) == 1


async def test_one_has_the_badge_and_the_other_is_on_the_way(
    session: AsyncSession, workspace: Workspace, pair: list[Person], guide: Person, now: datetime
) -> None:
    older, younger = pair
    once = await make_journey(session, workspace, workflow=["Only"])
    often = await make_journey(session, workspace, workflow=["Only"], multiple=True)
    for badge in (once, often):
        await enrol(session, workspace, badge, [older], older, now)
        await enrol(session, workspace, badge, [younger], younger, now)
        await tick(session, workspace, badge, "Only", [younger], guide, now)
    await merge(session, workspace, pair, now + MINUTE)
    assert [each.completed_at for each in await queries.ways_of(
        session, older.member_id, workspace_id=workspace.id, badge_id=once.id
    )] == [now]  # fmt: skip
    found = await way(session, workspace, older, often)
    assert found is not None
    assert found.completed_at is None
    assert await current(session, workspace, older, now=now) == 40


async def test_both_went_it_more_than_once(
    session: AsyncSession, workspace: Workspace, pair: list[Person], guide: Person, now: datetime
) -> None:
    """What limits the badge is the round; each of the two keeps what it brought."""
    badge = await make_journey(session, workspace, workflow=["Only"], multiple=True)
    older, younger = pair
    for person in (older, younger, younger):
        await enrol(session, workspace, badge, [person], guide, now)
        await tick(session, workspace, badge, "Only", [person], guide, now)
    await merge(session, workspace, pair, now + MINUTE)
    ways = await queries.ways_of(session, older.member_id, workspace_id=workspace.id)
    assert sorted(each.round for each in ways) == [1, 2, 3]
    made = await winners(session, workspace, badge)
    assert sorted(each.period.partition(":")[0] for each in made) == ["journey", "journey", "round"]
    assert all(each.revoked_at is None for each in made)
    assert await current(session, workspace, older, now=now) == 60
    await enrol(session, workspace, badge, [older], guide, now + MINUTE)
    await tick(session, workspace, badge, "Only", [older], guide, now + MINUTE)
    assert await current(session, workspace, older, now=now) == 80


async def test_who_ticked_is_who_lives_on(
    session: AsyncSession, workspace: Workspace, pair: list[Person], guide: Person, now: datetime
) -> None:
    badge = await make_journey(session, workspace, workflow=["A", "B"])
    ana = await make_member(session, workspace, "Ana")
    twin = await make_guide(session, await make_member(session, workspace, "Gabi, too"), role="admin")
    await enrol(session, workspace, badge, [ana], twin, now)
    await tick(session, workspace, badge, "A", [ana], twin, now)
    await merge(session, workspace, [guide, twin], now + MINUTE)
    found = await way(session, workspace, ana, badge)
    assert found is not None
    assert (found.enrolled_by, found.done["A"].actor_id) == (guide.member_id, guide.member_id)
