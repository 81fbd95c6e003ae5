"""Many thank at once: nothing is given twice, lost or given beyond a limit, and nobody locks anybody out.

Nothing here is tried again: accounts, tags and cards are locked in one order, so a deadlock is a fault.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import pytest
from sqlalchemy import text

from core.database import Sessions
from core.errors import Refusal
from core.kudos import service as kudos
from core.people.models import Workspace
from core.people.queries import Person
from tests.books import assert_balanced
from tests.factories import current, figures, make_company, make_place, thank

GIVEN = "given"


async def outcome(work: Callable[[], Awaitable[object]]) -> str:
    """`given`, or the code of the refusal."""
    try:
        await work()
    except Refusal as refusal:
        return refusal.code
    return GIVEN


async def give(
    database: Sessions,
    workspace: Workspace,
    giver: Person,
    receivers: Sequence[Person],
    *,
    points_each: int = 1,
    tags: Sequence[str] = (),
    guards_repeats: bool = False,
) -> str:
    async def work() -> None:
        async with database.begin(workspace.id) as (session, now):
            await thank(
                session,
                workspace,
                giver,
                receivers,
                now=now,
                points_each=points_each,
                tags=tags,
                guards_repeats=guards_repeats,
            )

    return await outcome(work)


async def assert_books(database: Sessions, workspace: Workspace) -> None:
    async with database.begin(workspace.id) as (session, _):
        await assert_balanced(session, workspace)


async def test_of_fifty_kudos_with_allowance_for_ten_exactly_ten_are_given(database: Sessions) -> None:
    workspace, (giver, *receivers) = await make_company(database, 51, allowance_points=10)
    outcomes = await asyncio.gather(*(give(database, workspace, giver, [receiver]) for receiver in receivers))
    assert Counter(outcomes) == {GIVEN: 10, "allowance_short": 40}
    async with database.begin(workspace.id) as (session, now):
        assert (await figures(session, workspace, giver, now=now)).allowance == 0
        received = [await current(session, workspace, receiver, now=now) for receiver in receivers]
        assert Counter(received) == {1: 10, 0: 40}
    await assert_books(database, workspace)


async def test_of_fifty_kudos_to_one_receiver_the_pair_cap_lets_its_share_through(database: Sessions) -> None:
    workspace, (giver, receiver) = await make_company(database, 2, allowance_points=1000)
    outcomes = await asyncio.gather(*(give(database, workspace, giver, [receiver], points_each=3) for _ in range(50)))
    assert Counter(outcomes) == {GIVEN: 6, "pair_limit": 44}
    async with database.begin(workspace.id) as (session, now):
        assert await current(session, workspace, receiver, now=now) == 18
        assert (await figures(session, workspace, giver, now=now)).allowance == 982
    await assert_books(database, workspace)


async def test_a_receiver_whom_forty_thank_at_once_gets_every_point(database: Sessions) -> None:
    workspace, (star, *givers) = await make_company(database, 41)
    outcomes = await asyncio.gather(
        *(give(database, workspace, giver, [star], points_each=2, tags=["teamwork"]) for giver in givers)
    )
    assert Counter(outcomes) == {GIVEN: 40}
    async with database.begin(workspace.id) as (session, now):
        assert await current(session, workspace, star, now=now) == 80
    await assert_books(database, workspace)


async def test_members_who_thank_each_other_crosswise_do_not_lock_each_other_out(database: Sessions) -> None:
    workspace, members = await make_company(database, 4, pair_points_max=1000)
    ana, luis, eva, leo = members
    acts = [
        (ana, [luis, eva], ["x", "y"]),
        (luis, [ana, leo], ["y", "x"]),
        (eva, [leo, ana], ["z", "x"]),
        (leo, [eva, luis], ["x", "z"]),
    ] * 8
    outcomes = await asyncio.gather(
        *(give(database, workspace, giver, receivers, tags=tags) for giver, receivers, tags in acts)
    )
    assert Counter(outcomes) == {GIVEN: 32}
    async with database.begin(workspace.id) as (session, now):
        assert [await current(session, workspace, member, now=now) for member in members] == [16, 16, 16, 16]
    await assert_books(database, workspace)


async def test_giving_and_taking_back_crosswise_leaves_nothing_behind(database: Sessions) -> None:
    workspace, members = await make_company(database, 3)

    async def there_and_back(giver: Person, receivers: Sequence[Person]) -> None:
        async def there() -> int:
            async with database.begin(workspace.id) as (session, now):
                return await thank(session, workspace, giver, receivers, now=now, points_each=2)

        async def back() -> None:
            async with database.begin(workspace.id) as (session, now):
                await kudos.undo(session, workspace=workspace, kudos_id=given, giver=giver, now=now)

        given = await there()
        await back()

    ana, luis, eva = members
    await asyncio.gather(
        *(
            there_and_back(giver, receivers)
            for giver, receivers in [(ana, [eva, luis]), (luis, [ana, eva]), (eva, [luis, ana])] * 4
        )
    )
    async with database.begin(workspace.id) as (session, now):
        for member in members:
            assert await figures(session, workspace, member, now=now) == (0, 0, 0, 50)
    await assert_books(database, workspace)


async def test_one_kudos_is_taken_back_once_by_ten_presses_at_once(database: Sessions) -> None:
    workspace, (ana, luis) = await make_company(database, 2)
    async with database.begin(workspace.id) as (session, now):
        kudos_id = await thank(session, workspace, ana, [luis], now=now, points_each=5)

    async def undo() -> None:
        async with database.begin(workspace.id) as (session, now):
            await kudos.undo(session, workspace=workspace, kudos_id=kudos_id, giver=ana, now=now)

    outcomes = await asyncio.gather(*(outcome(undo) for _ in range(10)))
    assert Counter(outcomes) == {GIVEN: 1, "already_undone": 9}
    async with database.begin(workspace.id) as (session, now):
        assert (await figures(session, workspace, ana, now=now)).allowance == 50
    await assert_books(database, workspace)


async def test_the_same_words_ten_times_at_once_are_one_kudos(database: Sessions) -> None:
    workspace, (ana, luis) = await make_company(database, 2)
    outcomes = await asyncio.gather(*(give(database, workspace, ana, [luis], guards_repeats=True) for _ in range(10)))
    assert Counter(outcomes) == {GIVEN: 1, "repeated": 9}


async def test_twenty_who_second_at_once_all_count_and_the_card_is_edited(database: Sessions) -> None:
    workspace, (ana, luis, *others) = await make_company(database, 22)
    async with database.begin(workspace.id) as (session, now):
        await make_place(session, workspace, is_connected=True)
        kudos_id = await thank(session, workspace, ana, [luis], now=now)

    async def second(member: Person) -> None:
        async with database.begin(workspace.id) as (session, now):
            await kudos.second(session, workspace=workspace, kudos_id=kudos_id, member=member, now=now)

    await asyncio.gather(*(second(member) for member in others * 2))
    async with database.begin(workspace.id) as (session, _):
        assert (await session.execute(text("SELECT count(*) FROM kudos_second"))).scalar() == 20
        assert (await session.execute(text("SELECT revision FROM outbox"))).scalar() == 21


async def test_a_refused_kudos_leaves_no_row(database: Sessions) -> None:
    workspace, (ana, luis) = await make_company(database, 2, allowance_points=1)
    assert await give(database, workspace, ana, [luis], points_each=2, tags=["x"]) == "allowance_short"
    async with database.begin(workspace.id) as (session, _):
        for table in ("kudos", "transfer", "kudos_pair", "outbox", "kudos_tag"):
            assert (await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar() == 0


@pytest.mark.parametrize("points_each", [1, 20])
async def test_the_first_kudos_of_everybody_at_once_opens_each_account_once(
    database: Sessions, points_each: int
) -> None:
    workspace, (ana, luis) = await make_company(database, 2, allowance_points=200, pair_points_max=200)
    outcomes = await asyncio.gather(
        *(give(database, workspace, *pair, points_each=points_each) for pair in [(ana, [luis]), (luis, [ana])] * 5)
    )
    assert Counter(outcomes) == {GIVEN: 10}
    async with database.begin(workspace.id) as (session, _):
        kinds = await session.execute(text("SELECT kind, count(*) FROM account WHERE member_id IS NOT NULL GROUP BY 1"))
        assert {row.kind: row[1] for row in kinds} == {"earned": 2, "allowance": 2}
    await assert_books(database, workspace)
