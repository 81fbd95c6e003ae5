"""Whatever members do, in whatever order, the books balance and the figures are what the rules say."""

from dataclasses import dataclass, field
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.kudos import service as kudos
from core.kudos.service import AllowanceShort, PairLimit
from core.people.models import Workspace
from core.people.queries import Person
from core.points import service as points
from core.points.service import BalanceShort
from tests.books import assert_balanced, granting, spending, transfers
from tests.factories import figures, make_members, make_workspace, thank

ALLOWANCE, PAIR_MAX, PEOPLE = 30, 20, 3
someone = st.integers(0, PEOPLE - 1)
amounts = st.integers(1, 25)
step = st.one_of(
    st.tuples(st.just("give"), someone, someone, amounts),
    st.tuples(st.just("give to both"), someone, someone, amounts),
    st.tuples(st.just("undo"), st.integers(0, 5), someone, amounts),
    st.tuples(st.just("grant"), someone, someone, amounts),
    st.tuples(st.just("revoke"), st.integers(0, 5), someone, amounts),
    st.tuples(st.just("spend"), someone, someone, amounts),
    st.tuples(st.just("refund"), st.integers(0, 5), someone, amounts),
)


@dataclass
class Expected:
    """What the rules say of one member."""

    total: int = 0
    current: int = 0
    owed: int = 0
    allowance: int = ALLOWANCE

    def earn(self, amount: int) -> None:
        self.total += amount
        self.current += amount
        paid = min(self.owed, self.current)
        self.owed -= paid
        self.current -= paid

    def lose(self, amount: int) -> None:
        self.total -= amount
        short = max(0, amount - self.current)
        self.owed += short
        self.current += short - amount


@dataclass
class Company:
    """The real ledger and, beside it, what it should say."""

    session: AsyncSession
    workspace: Workspace
    now: datetime
    members: list[Person]
    expected: list[Expected] = field(default_factory=lambda: [Expected() for _ in range(PEOPLE)])
    pairs: dict[tuple[int, int], int] = field(default_factory=dict)
    given: list[tuple[int, int, list[int], int]] = field(default_factory=list)
    granted: list[tuple[int, int, int]] = field(default_factory=list)
    spent: list[tuple[int, int, int]] = field(default_factory=list)
    keys: int = 0

    async def latest(self) -> int:
        return int((await transfers(self.session, self.workspace))[-1].id)

    async def give(self, giver: int, receivers: list[int], amount: int) -> None:
        if self.expected[giver].allowance < amount * len(receivers):
            refused: type[Exception] | None = AllowanceShort
        elif any(self.pairs.get((giver, receiver), 0) + amount > PAIR_MAX for receiver in receivers):
            refused = PairLimit
        else:
            refused = None
        people = [self.members[receiver] for receiver in receivers]
        if refused is not None:
            with pytest.raises(refused):
                async with self.session.begin_nested():
                    await thank(
                        self.session, self.workspace, self.members[giver], people, now=self.now, points_each=amount
                    )
            return
        kudos_id = await thank(
            self.session, self.workspace, self.members[giver], people, now=self.now, points_each=amount
        )
        self.given.append((kudos_id, giver, receivers, amount))
        self.expected[giver].allowance -= amount * len(receivers)
        for receiver in receivers:
            self.pairs[giver, receiver] = self.pairs.get((giver, receiver), 0) + amount
            self.expected[receiver].earn(amount)

    async def undo(self, number: int) -> None:
        kudos_id, giver, receivers, amount = self.given.pop(number)
        await kudos.undo(
            self.session, workspace=self.workspace, kudos_id=kudos_id, giver=self.members[giver], now=self.now
        )
        self.expected[giver].allowance += amount * len(receivers)
        for receiver in receivers:
            self.pairs[giver, receiver] -= amount
            self.expected[receiver].lose(amount)

    async def grant(self, member: int, amount: int) -> None:
        self.keys += 1
        entry = await granting(self.session, self.workspace, self.members[member], amount, f"grant:{self.keys}")
        await points.append(self.session, [entry], workspace_id=self.workspace.id, actor_id=None, now=self.now)
        self.granted.append((await self.latest(), member, amount))
        await points.settle_receivables(
            self.session,
            [self.members[member].member_id],
            workspace_id=self.workspace.id,
            reference=f"grant:{self.keys}",
            now=self.now,
        )
        self.expected[member].earn(amount)

    async def revoke(self, number: int) -> None:
        transfer_id, member, amount = self.granted.pop(number)
        await self.reverse(transfer_id)
        self.expected[member].lose(amount)

    async def spend(self, member: int, amount: int) -> None:
        self.keys += 1
        entry = await spending(self.session, self.workspace, self.members[member], amount, f"spend:{self.keys}")
        act = points.append(self.session, [entry], workspace_id=self.workspace.id, actor_id=None, now=self.now)
        if amount > self.expected[member].current:
            with pytest.raises(BalanceShort) as refused:
                await act
            assert refused.value.details == {"needed": amount, "left": self.expected[member].current}
            return
        await act
        self.expected[member].current -= amount
        self.spent.append((await self.latest(), member, amount))

    async def refund(self, number: int) -> None:
        transfer_id, member, amount = self.spent.pop(number)
        await self.reverse(transfer_id)
        self.expected[member].current += amount

    async def reverse(self, transfer_id: int) -> None:
        await points.reverse(
            self.session, [transfer_id], workspace_id=self.workspace.id, reason="revoked", actor_id=None, now=self.now
        )

    async def take(self, what: str, first: int, second: int, amount: int) -> None:
        others = [member for member in range(PEOPLE) if member != first]
        if what == "give":
            await self.give(first, [others[second % 2]], amount)
        elif what == "give to both":
            await self.give(first, others, amount)
        elif what in ("grant", "spend"):
            await (self.grant if what == "grant" else self.spend)(first, amount)
        else:
            done = {"undo": len(self.given), "revoke": len(self.granted), "refund": len(self.spent)}[what]
            if first < done:
                await {"undo": self.undo, "revoke": self.revoke, "refund": self.refund}[what](first)


@given(steps=st.lists(step, min_size=5, max_size=25))
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
async def test_balances_follow_the_transfers_and_the_figures_follow_the_rules(
    session: AsyncSession, now: datetime, steps: list[tuple[str, int, int, int]]
) -> None:
    workspace = await make_workspace(session, allowance_points=ALLOWANCE, pair_points_max=PAIR_MAX)
    company = Company(session, workspace, now, await make_members(session, workspace, PEOPLE))
    for taken in steps:
        await company.take(*taken)
        await assert_balanced(session, workspace)
    for member, expected in zip(company.members, company.expected, strict=True):
        found = await figures(session, workspace, member, now=now)
        shown = found._replace(allowance=ALLOWANCE if found.allowance is None else found.allowance)
        assert shown == (expected.total, expected.current, expected.owed, expected.allowance)
    assert (await session.execute(text("SELECT count(*) FROM transfer WHERE amount < 1"))).scalar() == 0
