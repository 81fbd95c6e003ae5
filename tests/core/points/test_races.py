"""Many spend at once from one balance."""

import asyncio
from collections.abc import Sequence

from core.database import Sessions, retrying
from core.people.models import Workspace
from core.people.queries import Person
from core.points import service as points
from core.points.service import BalanceShort, Entry
from tests.books import assert_balanced, granting, spending, transfers
from tests.factories import current, figures, make_company

ROUNDS = 5


async def append(database: Sessions, workspace: Workspace, entries: Sequence[Entry]) -> bool:
    async def work() -> bool:
        try:
            async with database.begin(workspace.id) as (session, now):
                await points.append(session, entries, workspace_id=workspace.id, actor_id=None, now=now)
        except BalanceShort:
            return False
        return True

    return await retrying(work)


async def entry_of(database: Sessions, workspace: Workspace, member: Person, amount: int, key: str) -> Entry:
    async with database.begin(workspace.id) as (session, _):
        make = granting if key.startswith("earn") else spending
        return await make(session, workspace, member, amount, key)


async def test_of_forty_who_spend_thirty_from_a_hundred_three_succeed(database: Sessions) -> None:
    workspace, (member,) = await make_company(database, 1)
    for round_number in range(ROUNDS):
        await append(database, workspace, [await entry_of(database, workspace, member, 90, f"earn:{round_number}")])
        template = await entry_of(database, workspace, member, 30, "spend")
        entries = [
            Entry(template.debit_id, template.credit_id, 30, "redeemed", "", f"spend:{round_number}:{number}")
            for number in range(40)
        ]
        done = await asyncio.gather(*(append(database, workspace, [entry]) for entry in entries))
        assert sum(done) == 3
    async with database.begin(workspace.id) as (session, now):
        assert await current(session, workspace, member, now=now) == 0
        await assert_balanced(session, workspace)


async def test_those_who_pay_each_other_do_not_lock_each_other_out(database: Sessions) -> None:
    workspace, (ana, luis) = await make_company(database, 2)
    await append(database, workspace, [await entry_of(database, workspace, ana, 50, "earn:ana")])
    await append(database, workspace, [await entry_of(database, workspace, luis, 50, "earn:luis")])
    there = await entry_of(database, workspace, ana, 1, "spend")
    back = await entry_of(database, workspace, luis, 1, "spend")
    pairs = [(there.debit_id, back.debit_id), (back.debit_id, there.debit_id)]
    acts = [[Entry(*pairs[number % 2], 1, "gift", "", f"gift:{number}")] for number in range(40)]
    assert all(await asyncio.gather(*(append(database, workspace, act) for act in acts)))
    async with database.begin(workspace.id) as (session, now):
        assert [(await figures(session, workspace, member, now=now)).current for member in (ana, luis)] == [50, 50]
        await assert_balanced(session, workspace)


async def test_an_allowance_asked_for_by_many_at_once_is_granted_once(database: Sessions) -> None:
    workspace, (member,) = await make_company(database, 1)

    async def ask() -> None:
        async with database.begin(workspace.id) as (session, now):
            await points.open_allowance(session, workspace=workspace, member_id=member.member_id, now=now)

    await asyncio.gather(*(ask() for _ in range(20)))
    async with database.begin(workspace.id) as (session, now):
        assert (await figures(session, workspace, member, now=now)).allowance == 50
        await assert_balanced(session, workspace)


async def test_a_debt_is_paid_from_what_is_left_when_somebody_spends_meanwhile(database: Sessions) -> None:
    workspace, (member,) = await make_company(database, 1)
    await append(database, workspace, [await entry_of(database, workspace, member, 10, "earn")])
    await append(database, workspace, [await entry_of(database, workspace, member, 10, "spend")])
    async with database.begin(workspace.id) as (session, now):
        (earned, _) = await transfers(session, workspace)
        await points.reverse(session, [earned.id], workspace_id=workspace.id, reason="revoked", actor_id=None, now=now)
    await append(database, workspace, [await entry_of(database, workspace, member, 8, "earn again")])

    async def settle() -> None:
        async with database.begin(workspace.id) as (session, now):
            ids = [member.member_id]
            await points.settle_receivables(session, ids, workspace_id=workspace.id, reference="late", now=now)

    spending_most = await entry_of(database, workspace, member, 6, "spend most")
    async with database.begin(workspace.id) as (session, now):
        await points.append(session, [spending_most], workspace_id=workspace.id, actor_id=None, now=now)
        settled = asyncio.create_task(settle())
        await asyncio.sleep(0.1)
        assert not settled.done()
    await settled
    async with database.begin(workspace.id) as (session, now):
        found = await figures(session, workspace, member, now=now)
        assert (found.current, found.owed) == (0, 8)
        await assert_balanced(session, workspace)
