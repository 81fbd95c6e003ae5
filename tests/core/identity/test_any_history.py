"""Whatever two members and their colleagues did before, a merge leaves books that balance, and one person's figures."""

from datetime import datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Refusal
from core.identity import service
from core.kudos import service as kudos
from core.people.models import Workspace
from core.people.queries import Person
from core.points import service as points
from tests.books import assert_balanced, spending
from tests.core.identity.family import findings, rows
from tests.factories import figures, make_members, make_workspace, thank

ALLOWANCE, PEOPLE = 30, 5
someone = st.integers(0, PEOPLE - 1)
several = st.lists(someone, min_size=1, max_size=PEOPLE, unique=True)
step = st.one_of(
    st.tuples(st.just("give"), someone, several, st.integers(0, 12)),
    st.tuples(st.just("give"), someone, several, st.integers(0, 12)),
    st.tuples(st.just("undo"), st.integers(0, 9), several, st.just(0)),
    st.tuples(st.just("second"), st.integers(0, 9), several, st.just(0)),
    st.tuples(st.just("spend"), someone, several, st.integers(1, 12)),
    st.tuples(st.just("merge"), someone, several, st.just(0)),
)


class Company:
    """`members` shrinks by merges: the merged one's place is taken by the one who lives on."""

    def __init__(self, session: AsyncSession, workspace: Workspace, now: datetime, members: list[Person]) -> None:
        self.session, self.workspace, self.now, self.members = session, workspace, now, members
        self.given: list[tuple[int, int]] = []
        self.keys = 0

    async def take(self, what: str, number: int, others: list[int], amount: int) -> None:
        """A refusal is as good as any outcome, as long as it leaves nothing behind."""
        try:
            async with self.session.begin_nested():
                await getattr(self, what)(number, others, amount)
        except Refusal:
            pass

    async def give(self, giver: int, others: list[int], amount: int) -> None:
        receivers = [self.members[other] for other in others]
        kudos_id = await thank(
            self.session, self.workspace, self.members[giver], receivers, now=self.now, points_each=amount or None
        )
        self.given.append((kudos_id, giver))

    async def undo(self, number: int, *_: object) -> None:
        if number < len(self.given):
            kudos_id, giver = self.given[number]
            person = self.members[giver]
            await kudos.undo(self.session, workspace=self.workspace, kudos_id=kudos_id, giver=person, now=self.now)

    async def second(self, number: int, others: list[int], _: int) -> None:
        if number < len(self.given):
            kudos_id, member = self.given[number][0], self.members[others[0]]
            await kudos.second(self.session, workspace=self.workspace, kudos_id=kudos_id, member=member, now=self.now)

    async def spend(self, member: int, _: list[int], amount: int) -> None:
        self.keys += 1
        entry = await spending(self.session, self.workspace, self.members[member], amount, f"spend:{self.keys}")
        await points.append(self.session, [entry], workspace_id=self.workspace.id, actor_id=None, now=self.now)

    async def merge(self, one: int, others: list[int], _: int) -> None:
        first, second = self.members[one], self.members[others[0]]
        if first.member_id == second.member_id:
            return
        older, younger, _shares = await service.merge(
            self.session,
            workspace=self.workspace,
            member_ids=(first.member_id, second.member_id),
            actor_id=first.member_id,
            now=self.now,
        )
        heir = next(person for person in (first, second) if person.member_id == older)
        self.members = [heir if person.member_id == younger else person for person in self.members]


@given(steps=st.lists(step, min_size=6, max_size=24))
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
async def test_books_balance_and_verification_finds_nothing(
    session: AsyncSession, now: datetime, steps: list[tuple[str, int, list[int], int]]
) -> None:
    workspace = await make_workspace(session, allowance_points=ALLOWANCE, pair_points_max=25, kudos_points=0)
    company = Company(session, workspace, now, await make_members(session, workspace, PEOPLE))
    for taken in steps:
        await company.take(*taken)
    await company.take("merge", 0, [1], 0)
    await company.take("merge", 2, [0], 0)
    await assert_balanced(session, workspace)
    assert await findings(session, workspace) == []
    for person in company.members:
        await assert_one_person(company, person)


async def assert_one_person(company: Company, person: Person) -> None:
    """From the rows of kudos alone, which know nobody but the living: what they earned, and what they may still give."""
    of_workspace = {"w": company.workspace.id, "id": person.member_id}
    [[earned]] = await rows(
        company.session,
        "SELECT coalesce(sum(points_each), 0) FROM kudos JOIN kudos_receiver AS r ON r.workspace_id = kudos.workspace_id"
        " AND r.kudos_id = kudos.id WHERE kudos.workspace_id = :w AND r.member_id = :id AND undone_at IS NULL",
        **of_workspace,
    )
    [[given_away]] = await rows(
        company.session,
        "SELECT coalesce(sum(points_each), 0) FROM kudos JOIN kudos_receiver AS r ON r.workspace_id = kudos.workspace_id"
        " AND r.kudos_id = kudos.id WHERE kudos.workspace_id = :w AND giver_id = :id AND undone_at IS NULL",
        **of_workspace,
    )
    [[spent]] = await rows(
        company.session,
        "SELECT coalesce(sum(amount), 0) FROM transfer JOIN account ON account.workspace_id = transfer.workspace_id"
        " AND account.id = debit_id JOIN member ON member.workspace_id = account.workspace_id AND member.id = account.member_id"
        " WHERE transfer.workspace_id = :w AND reason = 'redeemed' AND :id IN (member.id, coalesce(member.merged_into, 0))",
        **of_workspace,
    )
    found = await figures(company.session, company.workspace, person, now=company.now)
    assert found.total == earned
    assert found.current - found.owed == earned - spent
    assert min(found.current, found.owed) == 0
    assert (ALLOWANCE if found.allowance is None else found.allowance) == max(0, ALLOWANCE - given_away)
