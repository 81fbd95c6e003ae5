"""Transfers, their reversal, what is owed, and the history that a member sees."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import constraint
from core.kudos import service as kudos
from core.people.models import Workspace
from core.points import service as points
from core.points.models import AMOUNT_MAX
from core.points.queries import Balances, history
from core.points.service import BalanceShort, PointsInvalid
from tests.books import account, assert_balanced, granting, spending, transfers
from tests.factories import current, figures, make_member, make_members, thank


@pytest.mark.parametrize("given", [1, 20, AMOUNT_MAX])
def test_an_amount_is_a_whole_number_within_the_limit(given: int) -> None:
    assert points.amount(given) == given


@pytest.mark.parametrize("given", [0, -5, 1.5, "5", True, None, float("nan"), 1e400, AMOUNT_MAX + 1, 2**63])
def test_anything_else_is_no_amount(given: object) -> None:
    with pytest.raises(PointsInvalid) as refused:
        points.amount(given)
    assert refused.value.details == {"given": str(given)[:40], "limit": AMOUNT_MAX}


async def test_an_invalid_amount_moves_nothing(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    member = await make_member(session, workspace)
    entries = [await granting(session, workspace, member, 5, "a"), await granting(session, workspace, member, 0, "b")]
    with pytest.raises(PointsInvalid):
        await points.append(session, entries, workspace_id=workspace.id, actor_id=None, now=now)
    assert await transfers(session, workspace) == []


async def test_one_act_is_one_group_and_is_recorded_as_it_was(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    entries = [await granting(session, workspace, ana, 5, "a"), await granting(session, workspace, luis, 7, "b")]
    await points.append(session, entries, workspace_id=workspace.id, actor_id=ana.member_id, now=now)
    rows = await transfers(session, workspace)
    assert [
        (row.debit_id, row.credit_id, row.amount, row.reason, row.idempotency_key, row.actor_id, row.at) for row in rows
    ] == [
        (entry.debit_id, entry.credit_id, entry.amount, entry.reason, entry.idempotency_key, ana.member_id, now)
        for entry in entries
    ]
    assert len({row.group_id for row in rows}) == 1
    await points.append(
        session,
        [await granting(session, workspace, ana, 5, "c")],
        workspace_id=workspace.id,
        actor_id=None,
        now=now,
    )
    assert len({row.group_id for row in await transfers(session, workspace)}) == 2


async def test_a_key_moves_points_once(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    member = await make_member(session, workspace)
    entry = await granting(session, workspace, member, 5, "the same")
    await points.append(session, [entry], workspace_id=workspace.id, actor_id=None, now=now)
    with pytest.raises(IntegrityError) as refused:
        async with session.begin_nested():
            await points.append(session, [entry], workspace_id=workspace.id, actor_id=None, now=now)
    assert constraint(refused.value) == "uq_transfer_workspace_id_idempotency_key"
    assert await current(session, workspace, member, now=now) == 5
    await assert_balanced(session, workspace)


async def test_nobody_spends_more_than_they_have(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    member = await make_member(session, workspace)
    earn = await granting(session, workspace, member, 100, "earn")
    await points.append(session, [earn], workspace_id=workspace.id, actor_id=None, now=now)
    with pytest.raises(BalanceShort) as refused:
        await points.append(
            session,
            [await spending(session, workspace, member, 101, "spend")],
            workspace_id=workspace.id,
            actor_id=None,
            now=now,
        )
    assert refused.value.details == {"needed": 101, "left": 100}
    # Not in two halves of one act either.
    halves = [await spending(session, workspace, member, 60, key) for key in ("one", "two")]
    with pytest.raises(BalanceShort):
        await points.append(session, halves, workspace_id=workspace.id, actor_id=None, now=now)
    assert await current(session, workspace, member, now=now) == 100


async def test_points_pass_through_an_account_within_one_act(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    member = await make_member(session, workspace)
    through = [
        await granting(session, workspace, member, 9, "in"),
        await spending(session, workspace, member, 9, "out"),
    ]
    await points.append(session, through, workspace_id=workspace.id, actor_id=None, now=now)
    assert await figures(session, workspace, member, now=now) == Balances(9, 0, 0, None)
    await assert_balanced(session, workspace)


async def test_a_reversal_is_one_more_transfer_and_happens_once(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    member = await make_member(session, workspace)
    earn = await granting(session, workspace, member, 8, "earn")
    await points.append(session, [earn], workspace_id=workspace.id, actor_id=None, now=now)
    (first,) = await transfers(session, workspace)
    await points.reverse(session, [first.id], workspace_id=workspace.id, reason="revoked", actor_id=None, now=now)
    _, second = await transfers(session, workspace)
    assert (second.debit_id, second.credit_id, second.amount, second.reverses, second.reason) == (
        first.credit_id,
        first.debit_id,
        8,
        first.id,
        "revoked",
    )
    assert await figures(session, workspace, member, now=now) == Balances(0, 0, 0, None)
    with pytest.raises(IntegrityError):
        async with session.begin_nested():
            await points.reverse(session, [first.id], workspace_id=workspace.id, reason="again", actor_id=None, now=now)
    await assert_balanced(session, workspace)


async def test_what_is_taken_back_after_it_was_spent_is_owed_and_paid_by_the_next_kudos(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis, eva = await make_members(session, workspace, 3)
    given = await thank(session, workspace, ana, [luis], now=now, points_each=10)
    spent = await spending(session, workspace, luis, 7, "perk")
    await points.append(session, [spent], workspace_id=workspace.id, actor_id=None, now=now)
    await kudos.undo(session, workspace=workspace, kudos_id=given, giver=ana, now=now)
    assert await figures(session, workspace, luis, now=now) == Balances(total=0, current=0, owed=7, allowance=None)
    assert (await figures(session, workspace, ana, now=now)).allowance == 50

    await thank(session, workspace, ana, [luis], now=now, points_each=4)
    assert await figures(session, workspace, luis, now=now) == Balances(4, 0, 3, None)
    await thank(session, workspace, eva, [luis, ana], now=now, points_each=5)
    assert await figures(session, workspace, luis, now=now) == Balances(9, 2, 0, None)
    assert (await figures(session, workspace, ana, now=now)).current == 5
    await assert_balanced(session, workspace)


async def test_several_transfers_of_one_member_are_taken_back_together(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    member = await make_member(session, workspace)
    earned = [await granting(session, workspace, member, 5, key) for key in ("a", "b")]
    await points.append(session, earned, workspace_id=workspace.id, actor_id=None, now=now)
    ids = [row.id for row in await transfers(session, workspace)]
    spent = await spending(session, workspace, member, 7, "perk")
    await points.append(session, [spent], workspace_id=workspace.id, actor_id=None, now=now)
    await points.reverse(session, ids, workspace_id=workspace.id, reason="revoked", actor_id=None, now=now)
    assert await figures(session, workspace, member, now=now) == Balances(0, 0, 7, None)
    await assert_balanced(session, workspace)


async def test_settling_without_debt_or_without_points_moves_nothing(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    member = await make_member(session, workspace)
    await account(session, workspace, "earned", member)
    ids = [member.member_id]
    await points.settle_receivables(session, ids, workspace_id=workspace.id, reference="nothing", now=now)
    assert await transfers(session, workspace) == []


async def test_an_allowance_is_granted_once_a_period(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    member = await make_member(session, workspace)
    for _ in range(3):
        await points.open_allowance(session, workspace=workspace, member_id=member.member_id, now=now)
    assert [(row.amount, row.reason) for row in await transfers(session, workspace)] == [(50, "grant")]
    later = now + timedelta(days=7)
    await points.open_allowance(session, workspace=workspace, member_id=member.member_id, now=later)
    assert (await figures(session, workspace, member, now=later)).allowance == 50
    assert len(await transfers(session, workspace)) == 2
    await assert_balanced(session, workspace)


async def test_history_is_newest_first_with_the_balance_after_each(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    given = await thank(session, workspace, ana, [luis], now=now, points_each=10)
    spent = await spending(session, workspace, luis, 7, "perk")
    later = now + timedelta(minutes=1)
    await points.append(session, [spent], workspace_id=workspace.id, actor_id=None, now=later)
    await kudos.undo(session, workspace=workspace, kudos_id=given, giver=ana, now=later)
    rows = await history(session, workspace_id=workspace.id, member_id=luis.member_id)
    assert [(row.reason, row.change, row.balance_after, row.other_id) for row in rows] == [
        ("kudos_undone", -10, 0, ana.member_id),
        ("receivable_advance", 7, 10, None),
        ("redeemed", -7, 3, None),
        ("kudos", 10, 10, ana.member_id),
    ]
    assert [row.at for row in rows] == [later, later, later, now]
    newest = await history(session, workspace_id=workspace.id, member_id=luis.member_id, limit=1)
    assert newest == rows[:1]


async def test_history_never_shows_a_balance_that_was_not(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    """A transaction that began earlier may move points later."""
    member = await make_member(session, workspace)
    earn = await granting(session, workspace, member, 5, "earn")
    await points.append(session, [earn], workspace_id=workspace.id, actor_id=None, now=now)
    spent = await spending(session, workspace, member, 5, "spend")
    before = now - timedelta(seconds=1)
    await points.append(session, [spent], workspace_id=workspace.id, actor_id=None, now=before)
    rows = await history(session, workspace_id=workspace.id, member_id=member.member_id)
    assert [(row.change, row.balance_after) for row in rows] == [(-5, 0), (5, 5)]
