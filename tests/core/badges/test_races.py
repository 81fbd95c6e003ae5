"""Forty at once: what may be had once is had once, whatever the limit; nothing is tried again, so a deadlock is a fault."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from core.badges import revoking, service
from core.badges.models import Badge
from core.badges.verify import CHECKS
from core.database import Sessions
from core.errors import Refusal
from core.people.models import Workspace
from core.people.queries import Person
from core.points import verify
from tests.books import assert_balanced
from tests.core.badges.stock import awards, make_badge
from tests.factories import current, make_company

GIVEN = "given"


async def outcome(work: Callable[[], Awaitable[object]]) -> str:
    try:
        await work()
    except Refusal as refusal:
        return refusal.code
    return GIVEN


async def give(
    database: Sessions, workspace: Workspace, badge: Badge, giver: Person, receivers: Sequence[Person], **more: Any
) -> str:
    async def work() -> None:
        async with database.begin(workspace.id) as (session, now):
            await service.award(
                session, workspace=workspace, badge=badge, giver=giver, receivers=receivers, now=now, **more
            )

    return await outcome(work)


async def stocked(database: Sessions, members: int, **fields: Any) -> tuple[Workspace, Badge, list[Person]]:
    workspace, people = await make_company(database, members)
    async with database.begin(workspace.id) as (session, _):
        return workspace, await make_badge(session, workspace, **fields), people


async def assert_sound(database: Sessions) -> None:
    async with database.begin(role="ops", statement_seconds=60) as (session, _):
        outcomes = [await verify.examine(session, check) for check in CHECKS]
    assert [each for each in outcomes if each.faults] == []


LIMITS: list[tuple[dict[str, Any], set[str]]] = [
    ({"multiple": False}, {"badge_held"}),
    ({"multiple": True, "timeframe": "yearly"}, {"badge_held_this_period"}),
    ({"multiple": True, "timeframe": "rolling:30d"}, {"badge_too_soon"}),
    ({"multiple": True, "cooldown_minutes": 60}, {"badge_too_soon"}),
    ({"multiple": True, "timeframe": "yearly", "cooldown_minutes": 60}, {"badge_too_soon", "badge_held_this_period"}),
]


@pytest.mark.parametrize(("fields", "codes"), LIMITS)
async def test_of_forty_awards_one_is_given(database: Sessions, fields: dict[str, Any], codes: set[str]) -> None:
    workspace, badge, (receiver, *givers) = await stocked(database, 41, points=10, **fields)
    outcomes = await asyncio.gather(*(give(database, workspace, badge, giver, [receiver]) for giver in givers))
    counted = Counter(outcomes)
    assert counted[GIVEN] == 1
    assert set(counted) - {GIVEN} <= codes
    async with database.begin(workspace.id) as (session, now):
        assert len(await awards(session, workspace)) == 1
        assert await current(session, workspace, receiver, now=now) == 10
        await assert_balanced(session, workspace)
    await assert_sound(database)


async def test_forty_without_limit_are_forty(database: Sessions) -> None:
    workspace, badge, (receiver, *givers) = await stocked(database, 41, points=10, multiple=True)
    outcomes = await asyncio.gather(*(give(database, workspace, badge, giver, [receiver]) for giver in givers))
    assert Counter(outcomes) == {GIVEN: 40}
    async with database.begin(workspace.id) as (session, now):
        assert await current(session, workspace, receiver, now=now) == 400
    await assert_sound(database)


async def test_groups_that_overlap_do_not_lock_each_other_out(database: Sessions) -> None:
    workspace, badge, people = await stocked(database, 22, points=1, multiple=True)
    giver, other, *crowd = people
    groups = [crowd[place : place + 10] for place in range(10)]
    given = [give(database, workspace, badge, giver, group) for group in groups]
    given += [give(database, workspace, badge, other, list(reversed(group))) for group in groups]
    assert Counter(await asyncio.gather(*given)) == {GIVEN: 20}
    await assert_sound(database)


async def test_of_forty_revocations_one_is_done(database: Sessions) -> None:
    workspace, badge, (ana, luis) = await stocked(database, 2, points=10)
    assert await give(database, workspace, badge, ana, [luis]) == GIVEN
    async with database.begin(workspace.id) as (session, _):
        (made,) = await awards(session, workspace)

    async def revoke() -> None:
        async with database.begin(workspace.id) as (session, now):
            await revoking.revoke(session, workspace=workspace, award_id=made.id, actor=ana, reason="x", now=now)

    outcomes = await asyncio.gather(*(outcome(revoke) for _ in range(40)))
    assert Counter(outcomes) == {GIVEN: 1, "award_already_revoked": 39}
    async with database.begin(workspace.id) as (session, now):
        assert await current(session, workspace, luis, now=now) == 0
    await assert_sound(database)


async def test_revoking_and_awarding_at_once_leave_at_most_one(database: Sessions) -> None:
    workspace, badge, (ana, luis, *others) = await stocked(database, 12, points=10)
    for _ in range(5):
        await give(database, workspace, badge, ana, [luis])
        async with database.begin(workspace.id) as (session, _now):
            standing = [each for each in await awards(session, workspace) if each.revoked_at is None]

        async def revoke(award_id: int = standing[0].id) -> None:
            async with database.begin(workspace.id) as (session, now):
                await revoking.revoke(
                    session,
                    workspace=workspace,
                    award_id=award_id,
                    actor=ana._replace(roles=("admin",)),
                    reason="x",
                    now=now,
                )

        await asyncio.gather(outcome(revoke), *(give(database, workspace, badge, other, [luis]) for other in others))
        async with database.begin(workspace.id) as (session, now):
            left = [each for each in await awards(session, workspace) if each.revoked_at is None]
            assert len(left) <= 1
            assert await current(session, workspace, luis, now=now) == 10 * len(left)
        await assert_sound(database)


async def test_grants_that_overlap_award_everybody_once(database: Sessions) -> None:
    workspace, badge, people = await stocked(database, 60, reward_type="Achievement Badge", points=5)

    async def grant(members: Sequence[Person]) -> int:
        async with database.begin(workspace.id) as (session, now):
            ids = [each.member_id for each in members]
            made = await service.grant(
                session, workspace=workspace, badge=badge, member_ids=ids, why={"rule": "x"}, now=now
            )
            return len(made.award_ids)

    counts = await asyncio.gather(*(grant(people[start : start + 30]) for start in range(0, 40, 5)))
    async with database.begin(workspace.id) as (session, _):
        made = await awards(session, workspace)
    assert (sum(counts), len(made), len({each.member_id for each in made})) == (60, 60, 60)
    await assert_sound(database)
