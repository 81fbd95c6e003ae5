"""Merging while others give, and twice at once: one effect, nothing lost, nothing left with the merged member."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import pytest

from core import tokens
from core.database import Outrun, Sessions, retrying
from core.errors import Refusal
from core.identity import queries, service
from core.identity.service import Account
from core.people import queries as people
from core.people.models import Workspace
from core.people.queries import Person
from tests.core.identity.family import assert_clean, rows
from tests.factories import figures, make_company, make_member, make_workspace, thank

SECRET = b"x" * 32


async def outcome(work: Callable[[], Awaitable[object]]) -> str:
    try:
        await retrying(work)
    except Refusal as refusal:
        return refusal.code
    except Outrun:
        return "outrun"
    return "done"


async def merge(database: Sessions, workspace: Workspace, one: Person, other: Person) -> str:
    async def work() -> None:
        async with database.begin(workspace.id) as (session, now):
            pair = (one.member_id, other.member_id)
            await service.merge(session, workspace=workspace, member_ids=pair, actor_id=pair[0], now=now)

    return await outcome(work)


async def give(database: Sessions, workspace: Workspace, giver: Person, receivers: Sequence[Person], each: int) -> str:
    """As a delivery does: whoever is meant is recognised in the same transaction, after a merge as the one who lives on."""

    async def work() -> None:
        async with database.begin(workspace.id) as (session, now):
            ids = [
                await queries.living(session, person.member_id, workspace_id=workspace.id)
                for person in (giver, *receivers)
            ]
            known = await people.people(session, ids, workspace_id=workspace.id)
            await asyncio.sleep(0.01)
            named = [known[member_id] for member_id in ids]
            await thank(session, workspace, named[0], named[1:], now=now, points_each=each)

    return await outcome(work)


async def test_kudos_given_during_a_merge_reach_the_one_who_lives_on(database: Sessions) -> None:
    workspace, (ana, phone, *others) = await make_company(database, 22)
    given = [give(database, workspace, other, [phone if n % 2 else ana], 2) for n, other in enumerate(others)]
    given += [give(database, workspace, phone if n % 2 else ana, [other], 1) for n, other in enumerate(others)]
    half = len(given) // 2
    outcomes = await asyncio.gather(*given[:half], merge(database, workspace, phone, ana), *given[half:])
    assert Counter(outcomes) == {"done": 41}
    async with database.begin(workspace.id) as (session, now):
        found = await figures(session, workspace, ana, now=now)
        assert (found.total, found.current, found.allowance) == (40, 40, 30)
        assert await rows(session, "SELECT count(*) FROM kudos WHERE giver_id = :id", id=ana.member_id) == [(20,)]
    await assert_clean(database)


async def test_kudos_without_points_move_too(database: Sessions) -> None:
    workspace, (ana, phone, *others) = await make_company(database, 12, kudos_points=0)

    async def thank_phone(other: Person) -> str:
        async def work() -> None:
            async with database.begin(workspace.id) as (session, now):
                heir = await queries.living(session, phone.member_id, workspace_id=workspace.id)
                receiver = (await people.people(session, [heir], workspace_id=workspace.id))[heir]
                await asyncio.sleep(0.01)
                await thank(session, workspace, other, [receiver], now=now)

        return await outcome(work)

    outcomes = await asyncio.gather(*map(thank_phone, others), merge(database, workspace, ana, phone))
    assert Counter(outcomes) == {"done": 11}
    async with database.begin(workspace.id) as (session, _):
        assert await rows(session, "SELECT DISTINCT member_id, count(*) FROM kudos_receiver GROUP BY 1") == [
            (ana.member_id, 10)
        ]
    await assert_clean(database)


@pytest.mark.parametrize("each", [0, 5])
async def test_a_kudos_that_waits_for_a_merge_finds_the_accounts_closed(database: Sessions, each: int) -> None:
    workspace, (ana, phone, luis) = await make_company(database, 3, kudos_points=0)
    assert await give(database, workspace, luis, [phone], 1) == "done"
    assert await give(database, workspace, phone, [luis], 1) == "done"

    async def late(giver: Person, receiver: Person) -> None:
        async with database.begin(workspace.id) as (session, now):
            await thank(session, workspace, giver, [receiver], now=now, points_each=each or None, message="late")

    async with asyncio.TaskGroup() as group, database.begin(workspace.id) as (session, now):
        pair = (ana.member_id, phone.member_id)
        await service.merge(session, workspace=workspace, member_ids=pair, actor_id=ana.member_id, now=now)
        waiting = [group.create_task(refused(late, *people_in_it)) for people_in_it in ((luis, phone), (phone, luis))]
        await asyncio.sleep(0.2)
        assert not any(task.done() for task in waiting)
    assert [task.result() for task in waiting] == [True, True]
    await assert_clean(database)


async def refused(late: Callable[[Person, Person], Awaitable[None]], giver: Person, receiver: Person) -> bool:
    try:
        await late(giver, receiver)
    except Outrun:
        return True
    return False


async def test_a_merge_waits_for_a_first_contact_that_found_the_younger(database: Sessions) -> None:
    async with database.begin(role="ops") as (session, _):
        workspace = await make_workspace(session)
        ana = await make_member(session, workspace, "Ana", email="ana@x.example")
        phone = await make_member(session, workspace, "Ana", email="ana@y.example")
    async with asyncio.TaskGroup() as group, database.begin(workspace.id) as (session, _):
        found = await make_member(session, workspace, "Ana", platform="teams", email="ana@y.example")
        assert found.member_id == phone.member_id
        merging = group.create_task(merge(database, workspace, ana, phone))
        await asyncio.sleep(0.2)
        assert not merging.done()
    assert merging.result() == "done"
    await assert_clean(database)


async def test_a_merge_in_both_directions_at_once_happens_once(database: Sessions) -> None:
    workspace, (ana, phone, luis) = await make_company(database, 3)
    assert await give(database, workspace, luis, [ana, phone], 5) == "done"
    outcomes = await asyncio.gather(*(merge(database, workspace, *pair) for pair in [(ana, phone), (phone, ana)] * 4))
    assert Counter(outcomes) == {"done": 1, "outrun": 7}
    async with database.begin(workspace.id) as (session, now):
        assert (await figures(session, workspace, ana, now=now)).current == 5
        assert (await figures(session, workspace, luis, now=now)).allowance == 45
    await assert_clean(database)


async def test_a_ring_of_merges_at_once_leaves_one_member(database: Sessions) -> None:
    workspace, (ana, luis, eva, tom) = await make_company(database, 4)
    assert await give(database, workspace, tom, [ana, luis, eva], 3) == "done"
    await asyncio.gather(*(merge(database, workspace, *pair) for pair in [(ana, luis), (luis, eva), (eva, ana)]))
    await assert_clean(database)


async def test_one_code_typed_ten_times_at_once_is_one_claim_and_ten_answers_one_link(database: Sessions) -> None:
    workspace, [ana] = await make_company(database, 1)
    async with database.begin(workspace.id) as (session, now):
        mine = Account("slack", "T1", str((await rows(session, "SELECT remote_id FROM identity"))[0][0]))
        grant = service.code_grant(mine, workspace_id=workspace.id, member_id=ana.member_id, now=now)
        [code] = await tokens.mint(session, [grant], secret=SECRET)
        phone = await make_member(session, workspace, "Ana", platform="telegram", tenant="b", remote_id="43")
    claims: list[int] = []

    async def claim(number: int) -> str:
        async def work() -> None:
            async with database.begin(workspace.id) as (session, _):
                account = Account("telegram", "b", "43" if number % 2 else "44")
                owner = phone.member_id if number % 2 else None
                link_id, _line = await service.claim(
                    session, workspace_id=workspace.id, code=code, account=account, member_id=owner
                )
            claims.append(link_id)

        return await outcome(work)

    assert Counter(await asyncio.gather(*map(claim, range(10)))) == {"done": 1, "link_code_invalid": 9}

    async def confirm() -> None:
        async with database.begin(workspace.id) as (session, now):
            await service.confirm(session, workspace=workspace, link_id=claims[0], member_id=ana.member_id, now=now)

    outcomes = await asyncio.gather(*(outcome(confirm) for _ in range(10)))
    assert Counter(outcomes) == {"done": 1, "closed": 9}
    async with database.begin(workspace.id) as (session, _):
        assert await rows(session, "SELECT count(*) FROM link WHERE decided_at IS NOT NULL") == [(1,)]
    await assert_clean(database)
