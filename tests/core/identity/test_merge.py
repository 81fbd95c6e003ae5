"""Two members become one: what they earned, gave, owe and were thanked for is one person's."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core import outbox, tokens
from core.badges import service as badges
from core.badges.models import Badge
from core.database import Outrun
from core.identity import service
from core.identity.service import LinkLeft
from core.kudos import queries as kudos_queries
from core.kudos import service as kudos
from core.kudos.service import SelfKudos
from core.leaderboards import queries as leaderboards
from core.leaderboards.asking import Asked
from core.outbox import Outgoing
from core.people import queries as people
from core.people import service as people_service
from core.people.models import Workspace
from core.people.queries import Person
from core.points import queries as points_queries
from core.points import service as points
from core.points.queries import Balances
from tests.books import granting, spending
from tests.core.badges.stock import make_badge
from tests.core.identity.family import findings, rows
from tests.factories import figures, make_member, make_place, thank


class Family(SimpleNamespace):
    """`ana` is the older member, `phone` the younger one, the same person; `luis` and `eva` are colleagues."""

    session: AsyncSession
    workspace: Workspace
    now: datetime
    ana: Person
    phone: Person
    luis: Person
    eva: Person

    async def thank(self, giver: Person, *receivers: Person, **more: object) -> int:
        return await thank(self.session, self.workspace, giver, receivers, now=self.now, **more)  # type: ignore[arg-type]

    async def merge(self, one: Person | None = None, other: Person | None = None) -> tuple[int, int, int]:
        pair = ((one or self.phone).member_id, (other or self.ana).member_id)
        merged = await service.merge(
            self.session, workspace=self.workspace, member_ids=pair, actor_id=pair[0], now=self.now
        )
        assert await findings(self.session, self.workspace) == []
        return merged

    async def figures(self, person: Person) -> Balances:
        return await figures(self.session, self.workspace, person, now=self.now)


@pytest.fixture
async def family(session: AsyncSession, workspace: Workspace, now: datetime) -> Family:
    ana = await make_member(session, workspace, "Ana")
    phone = await make_member(session, workspace, "Ana (phone)", platform="telegram", tenant="bot", remote_id="42")
    luis, eva = await make_member(session, workspace, "Luis"), await make_member(session, workspace, "Eva")
    return Family(session=session, workspace=workspace, now=now, ana=ana, phone=phone, luis=luis, eva=eva)


async def test_the_younger_is_merged_whoever_asked_and_their_account_is_the_olders(family: Family) -> None:
    older, younger, shares = await family.merge()
    assert (older, younger, shares) == (family.ana.member_id, family.phone.member_id, 0)
    known = await people.known(
        family.session, workspace_id=family.workspace.id, platform="telegram", tenant="bot", remote_ids=["42"]
    )
    assert known["42"].member_id == family.ana.member_id


async def test_what_both_earned_and_gave_is_one_balance_one_allowance_one_history_and_one_rank(family: Family) -> None:
    await family.thank(family.luis, family.ana, points_each=5)
    await family.thank(family.luis, family.phone, points_each=7)
    await family.thank(family.ana, family.eva, points_each=6)
    await family.thank(family.phone, family.eva, points_each=8)
    await family.merge()
    assert await family.figures(family.ana) == (12, 12, 0, 36)
    history = await points_queries.history(
        family.session, workspace_id=family.workspace.id, member_id=family.ana.member_id
    )
    assert [(row.reason, row.change, row.balance_after, row.other_id) for row in history] == [
        ("kudos", 7, 12, family.luis.member_id),
        ("kudos", 5, 5, family.luis.member_id),
    ]
    board = await leaderboards.board(
        family.session,
        workspace=family.workspace,
        asked=Asked(period="all"),
        reader_id=family.ana.member_id,
        now=family.now,
    )
    assert [(row.member_id, row.score) for row in board.rows] == [
        (family.eva.member_id, 14),
        (family.ana.member_id, 12),
    ]
    assert await kudos_queries.counts(family.session, family.ana.member_id, workspace_id=family.workspace.id) == (2, 2)


@pytest.mark.parametrize(
    ("older_gave", "younger_gave", "left"), [(0, 0, 50), (0, 20, 30), (20, 0, 30), (30, 20, 0), (40, 40, 0)]
)
async def test_one_person_never_has_more_than_one_allowance(
    family: Family, older_gave: int, younger_gave: int, left: int
) -> None:
    for giver, given in ((family.ana, older_gave), (family.phone, younger_gave)):
        for receiver in (family.luis, family.eva) if given else ():
            await family.thank(giver, receiver, points_each=given // 2)
    await family.merge()
    allowance = (await family.figures(family.ana))[3]
    assert (50 if allowance is None else allowance) == left


async def test_kudos_between_the_two_are_taken_back_and_their_cards_edited(family: Family) -> None:
    await make_place(family.session, family.workspace, is_connected=True)
    alone = await family.thank(family.phone, family.ana, points_each=4)
    other_way = await family.thank(family.ana, family.phone, points_each=3)
    shared = await family.thank(family.ana, family.phone, family.luis, points_each=2)
    _, _, shares = await family.merge()
    assert shares == 3
    told = [
        await kudos_queries.story(family.session, one, workspace_id=family.workspace.id)
        for one in (alone, other_way, shared)
    ]
    assert [(story.undone_at is None, story.message) for story in told if story] == [
        (False, ""),
        (False, ""),
        (True, "for staying late"),
    ]
    assert told[2] is not None
    assert told[2].receiver_ids == (family.luis.member_id,)
    assert await rows(family.session, "SELECT DISTINCT revision FROM outbox WHERE kind = 'kudos_card'") == [(2,)]
    assert await family.figures(family.ana) == (0, 0, 0, 48)
    assert (await family.figures(family.luis))[1] == 2


async def test_a_kudos_to_both_is_a_kudos_to_one_and_its_giver_gets_the_second_share_back(family: Family) -> None:
    given = await family.thank(family.luis, family.ana, family.phone, family.eva, points_each=6)
    await family.merge()
    story = await kudos_queries.story(family.session, given, workspace_id=family.workspace.id)
    assert story is not None
    assert set(story.receiver_ids) == {family.ana.member_id, family.eva.member_id}
    assert await family.figures(family.ana) == (6, 6, 0, None)
    assert (await family.figures(family.luis))[3] == 50 - 12
    await kudos.undo(family.session, workspace=family.workspace, kudos_id=given, giver=family.luis, now=family.now)
    assert await findings(family.session, family.workspace) == []
    assert (await family.figures(family.luis))[3] == 50


async def test_a_debt_moves_and_is_paid_by_what_the_other_has(family: Family) -> None:
    revoked = await family.thank(family.luis, family.phone, points_each=10)
    spent = await spending(family.session, family.workspace, family.phone, 9, "spent")
    await points.append(family.session, [spent], workspace_id=family.workspace.id, actor_id=None, now=family.now)
    await kudos.undo(family.session, workspace=family.workspace, kudos_id=revoked, giver=family.luis, now=family.now)
    assert (await family.figures(family.phone))[2] == 9
    await family.thank(family.eva, family.ana, points_each=4)
    await family.merge()
    assert await family.figures(family.ana) == (4, 0, 5, None)


async def test_after_the_merge_both_ways_of_taking_back_follow_the_one_who_lives_on(family: Family) -> None:
    received = await family.thank(family.luis, family.phone, points_each=10)
    given = await family.thank(family.phone, family.eva, points_each=10)
    await family.merge()
    await kudos.undo(family.session, workspace=family.workspace, kudos_id=given, giver=family.ana, now=family.now)
    assert await findings(family.session, family.workspace) == []
    assert (await family.figures(family.ana))[3] == 50
    spent = await spending(family.session, family.workspace, family.ana, 7, "spent")
    await points.append(family.session, [spent], workspace_id=family.workspace.id, actor_id=None, now=family.now)
    await kudos.undo(family.session, workspace=family.workspace, kudos_id=received, giver=family.luis, now=family.now)
    assert await findings(family.session, family.workspace) == []
    assert await family.figures(family.ana) == (0, 0, 7, 50)


async def test_what_was_spent_by_the_younger_comes_back_to_the_older(family: Family) -> None:
    grant = await granting(family.session, family.workspace, family.phone, 9, "grant")
    spent = await spending(family.session, family.workspace, family.phone, 9, "spent")
    for entry in (grant, spent):
        await points.append(family.session, [entry], workspace_id=family.workspace.id, actor_id=None, now=family.now)
    [[transfer_id]] = await rows(family.session, "SELECT id FROM transfer WHERE idempotency_key = 'spent'")
    await family.merge()
    await points.reverse(
        family.session,
        [transfer_id],
        workspace_id=family.workspace.id,
        reason="refund",
        actor_id=None,
        now=family.now,
    )
    assert await findings(family.session, family.workspace) == []
    assert (await family.figures(family.ana))[1] == 9


async def test_undoing_more_than_one_allowance_gives_nothing_back_until_one_is_left(family: Family) -> None:
    given = [
        await family.thank(giver, receiver, points_each=20)
        for giver in (family.ana, family.phone)
        for receiver in (family.luis, family.eva)
    ]
    await family.merge()
    await kudos.undo(family.session, workspace=family.workspace, kudos_id=given[-1], giver=family.ana, now=family.now)
    assert await findings(family.session, family.workspace) == []
    assert (await family.figures(family.ana))[3] == 0


async def test_seconds_count_once_and_not_for_a_party(family: Family) -> None:
    twice = await family.thank(family.luis, family.eva)
    received = await family.thank(family.luis, family.ana)
    for kudos_id, member in ((twice, family.ana), (twice, family.phone), (received, family.phone)):
        await kudos.second(family.session, workspace=family.workspace, kudos_id=kudos_id, member=member, now=family.now)
    await family.merge()
    stories = [
        await kudos_queries.story(family.session, one, workspace_id=family.workspace.id) for one in (twice, received)
    ]
    assert [story.seconds for story in stories if story] == [1, 0]


async def test_the_cap_of_a_pair_counts_what_both_gave(family: Family) -> None:
    await family.thank(family.ana, family.luis, points_each=12)
    await family.thank(family.phone, family.luis, points_each=12)
    await family.merge()
    with pytest.raises(kudos.PairLimit) as refused:
        async with family.session.begin_nested():
            await family.thank(family.ana, family.luis, points_each=1)
    assert refused.value.details["left"] == 0
    with pytest.raises(SelfKudos):
        await family.thank(family.ana, family.ana)


async def give_badge(family: Family, badge: Badge, giver: Person, *receivers: Person, ago: timedelta) -> None:
    await badges.award(
        family.session, workspace=family.workspace, badge=badge, giver=giver, receivers=receivers, now=family.now - ago
    )


async def awards(family: Family) -> list[tuple[object, ...]]:
    return await rows(
        family.session, "SELECT member_id, giver_id, revoked_at IS NULL, revoke_reason FROM award ORDER BY awarded_at"
    )


async def test_of_two_awards_on_one_key_the_earlier_stays_with_its_points(family: Family) -> None:
    badge = await make_badge(family.session, family.workspace, points=10, multiple=False, cooldown_minutes=5)
    await give_badge(family, badge, family.luis, family.ana, ago=timedelta(days=1))
    await give_badge(family, badge, family.eva, family.phone, ago=timedelta(days=2))
    await family.merge()
    assert await awards(family) == [
        (family.ana.member_id, family.eva.member_id, True, None),
        (family.ana.member_id, family.luis.member_id, False, "members merged"),
    ]
    assert (await family.figures(family.ana))[:2] == (10, 10)


async def test_a_badge_that_one_gave_the_other_is_taken_back(family: Family) -> None:
    badge = await make_badge(family.session, family.workspace, points=10, multiple=True)
    await give_badge(family, badge, family.phone, family.ana, family.luis, ago=timedelta(hours=2))
    await family.merge()
    assert sorted(await awards(family)) == [
        (family.ana.member_id, None, False, "members merged"),
        (family.luis.member_id, family.ana.member_id, True, None),
    ]
    assert (await family.figures(family.ana))[:2] == (0, 0)


async def test_the_personal_row_is_filled_up_and_both_addresses_lead_to_the_older(family: Family) -> None:
    session, workspace_id = family.session, family.workspace.id
    await rows(
        session,
        "UPDATE profile SET email = 'ana@x.example', department = 'Labs', locale = 'es', attributes = '{\"a\": 1}'"
        " WHERE member_id = :id RETURNING 1",
        id=family.phone.member_id,
    )
    await family.merge()
    [[email, name, locale, department]] = await rows(
        session,
        "SELECT email, display_name, locale, department FROM profile WHERE member_id = :id",
        id=family.ana.member_id,
    )
    assert (email, name, locale, department) == ("ana@x.example", "Ana", "es", "Labs")
    second = await make_member(session, family.workspace, "Ana again", email="ana@y.example")
    await family.merge(second)
    contact = people_service.Contact("teams", "t", "29:1", "Ana", email="ana@y.example")
    found = await people_service.enrol(session, contact, workspace_id=workspace_id, is_provisional=False)
    assert found.member_id == family.ana.member_id
    assert (await people.people(session, [second.member_id], workspace_id=workspace_id))[second.member_id].name == "Ana"


async def test_reports_roles_chats_and_chains_follow(family: Family) -> None:
    session, workspace_id = family.session, family.workspace.id
    tablet = await make_member(session, family.workspace, "Ana (tablet)")
    await make_place(session, family.workspace, kind="personal", member=tablet)
    await people_service.make_admin(session, tablet.member_id, workspace_id=workspace_id)
    await rows(
        session,
        "UPDATE member SET manager_id = :boss WHERE id IN (:luis, :ana) RETURNING 1",
        boss=tablet.member_id,
        luis=family.luis.member_id,
        ana=family.ana.member_id,
    )
    await family.merge(tablet, family.phone)
    await family.merge()
    assert await rows(session, "SELECT DISTINCT merged_into FROM member WHERE merged_into IS NOT NULL") == [
        (family.ana.member_id,)
    ]
    assert await rows(session, "SELECT manager_id FROM member WHERE id = :id", id=family.luis.member_id) == [
        (family.ana.member_id,)
    ]
    assert await rows(
        session, "SELECT manager_id, 'admin' = ANY(roles) FROM member WHERE id = :id", id=family.ana.member_id
    ) == [(None, True)]
    assert await rows(session, "SELECT member_id FROM conversation WHERE kind = 'personal'") == [
        (family.ana.member_id,)
    ]


async def test_buttons_and_messages_of_the_younger_are_the_olders(family: Family) -> None:
    session, workspace_id = family.session, family.workspace.id
    secret = b"x" * 32
    grant = tokens.Grant(workspace_id, "kudos_undo", 1, "", family.phone.member_id, "", tokens.SINGLE, family.now)
    issued = tokens.Issued(
        tokens.digest(tokens.derive(grant, secret=secret)),
        workspace_id,
        "kudos_undo",
        1,
        "",
        family.phone.member_id,
        "",
        "single",
    )
    reference = {"reader": family.phone.member_id, "member": family.phone.member_id}
    await outbox.enqueue(session, [Outgoing("k", "s", "points", {}, reference)], workspace_id=workspace_id)
    await family.merge()
    with pytest.raises(tokens.NotForYou):
        await tokens.press(session, issued, member_id=family.luis.member_id, conversation="c")
    await tokens.press(session, issued, member_id=family.ana.member_id, conversation="c")
    assert await rows(session, "SELECT reference FROM outbox WHERE dedup_key = 'k'") == [
        ({"reader": family.ana.member_id, "member": family.ana.member_id},)
    ]


async def test_a_merge_twice_and_with_a_leaver_is_refused(family: Family) -> None:
    await family.merge()
    with pytest.raises(Outrun):
        await family.merge()
    left = await make_member(family.session, family.workspace, "Tom", status="left")
    with pytest.raises(LinkLeft):
        await family.merge(left)


async def test_nobody_opens_accounts_of_a_merged_member(family: Family) -> None:
    await family.merge()
    with pytest.raises(Outrun):
        async with family.session.begin_nested():
            await family.thank(family.luis, family.phone)
    with pytest.raises(Outrun):
        async with family.session.begin_nested():
            await family.thank(family.phone, family.luis)
    assert await findings(family.session, family.workspace) == []
