"""What may still happen to a kudos: a second, other words, taking it back."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.kudos import queries
from core.kudos import service as kudos
from core.kudos.service import (
    AlreadyUndone,
    GiverLeft,
    KudosGone,
    NothingToUndo,
    NotYourKudos,
    OwnKudosSecond,
    UndoTooLate,
)
from core.kudos.wording import Wording
from core.people.models import Workspace
from core.people.queries import Person
from core.points.queries import Balances
from tests.books import assert_balanced
from tests.factories import enter, figures, make_member, make_members, make_place, make_workspace, thank

LONG_AGO = timedelta(minutes=10)
JUST_IN_TIME = timedelta(minutes=9, seconds=50)


async def story(session: AsyncSession, workspace: Workspace, kudos_id: int) -> queries.Story:
    found = await queries.story(session, kudos_id, workspace_id=workspace.id)
    assert found is not None
    return found


async def undo(session: AsyncSession, workspace: Workspace, kudos_id: int, giver: Person, now: datetime) -> None:
    async with session.begin_nested():
        await kudos.undo(session, workspace=workspace, kudos_id=kudos_id, giver=giver, now=now)


async def second(
    session: AsyncSession,
    workspace: Workspace,
    kudos_id: int,
    member: Person,
    now: datetime,
    *,
    by_reaction: bool = False,
) -> None:
    await kudos.second(session, workspace=workspace, kudos_id=kudos_id, member=member, by_reaction=by_reaction, now=now)


async def test_what_is_taken_back_was_never_given(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    ana, luis, eva = await make_members(session, workspace, 3)
    kudos_id = await thank(session, workspace, ana, [luis, eva], now=now, points_each=20)
    await undo(session, workspace, kudos_id, ana, now)
    assert (await figures(session, workspace, ana, now=now)).allowance == 50
    for receiver in (luis, eva):
        assert await figures(session, workspace, receiver, now=now) == Balances(0, 0, 0, None)
        assert await queries.counts(session, receiver.member_id, workspace_id=workspace.id) == (0, 0)
    assert (await story(session, workspace, kudos_id)).undone_at is not None
    # The cap of the pair is free again.
    await thank(session, workspace, ana, [luis], now=now, points_each=20)
    await assert_balanced(session, workspace)


async def test_only_the_giver_once_and_in_time(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    ana, luis = await make_members(session, workspace, 2)
    late = await thank(session, workspace, ana, [luis], now=now - LONG_AGO, points_each=2)
    early = await thank(session, workspace, ana, [luis], now=now - JUST_IN_TIME, points_each=3)
    with pytest.raises(UndoTooLate) as refused:
        # Not even when the caller's clock is behind: the database's decides.
        await undo(session, workspace, late, ana, now - LONG_AGO)
    assert refused.value.details == {"minutes": 10}
    with pytest.raises(NotYourKudos):
        await undo(session, workspace, early, luis, now)
    with pytest.raises(NotYourKudos):
        await undo(session, workspace, late, luis, now)
    with pytest.raises(KudosGone):
        await undo(session, workspace, 999_999_999, ana, now)
    await undo(session, workspace, early, ana, now)
    with pytest.raises(AlreadyUndone):
        await undo(session, workspace, early, ana, now)
    assert (await figures(session, workspace, luis, now=now)).current == 2
    await assert_balanced(session, workspace)


async def test_the_window_is_the_workspaces(session: AsyncSession, now: datetime) -> None:
    workspace = await make_workspace(session, undo_minutes=0)
    ana, luis = await make_members(session, workspace, 2)
    kudos_id = await thank(session, workspace, ana, [luis], now=now)
    with pytest.raises(UndoTooLate):
        await undo(session, workspace, kudos_id, ana, now)


async def test_undo_without_a_name_takes_the_latest_that_still_can_be(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    await thank(session, workspace, ana, [luis], now=now - LONG_AGO)
    with pytest.raises(NothingToUndo) as refused:
        await kudos.undo_latest(session, workspace=workspace, giver=ana, now=now)
    assert refused.value.details == {"minutes": 10}
    first = await thank(session, workspace, ana, [luis], now=now - timedelta(minutes=2))
    latest = await thank(session, workspace, ana, [luis], now=now - timedelta(minutes=1))
    await thank(session, workspace, luis, [ana], now=now)
    assert await kudos.undo_latest(session, workspace=workspace, giver=ana, now=now) == latest
    assert await kudos.undo_latest(session, workspace=workspace, giver=ana, now=now) == first
    with pytest.raises(NothingToUndo):
        await kudos.undo_latest(session, workspace=workspace, giver=ana, now=now)


async def test_points_go_back_to_the_week_they_came_from(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    kudos_id = await thank(session, workspace, ana, [luis], now=now, points_each=20)
    await undo(session, workspace, kudos_id, ana, now + timedelta(days=7))
    assert (await figures(session, workspace, ana, now=now)).allowance == 50
    assert (await figures(session, workspace, ana, now=now + timedelta(days=7))).allowance is None
    await thank(session, workspace, ana, [luis], now=now, points_each=20)


async def test_a_second_counts_once_a_member(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    ana, luis, eva, leo = await make_members(session, workspace, 4)
    kudos_id = await thank(session, workspace, ana, [luis], now=now)
    for member in (eva, eva, leo):
        await second(session, workspace, kudos_id, member, now)
    assert (await story(session, workspace, kudos_id)).seconds == 2
    assert (await figures(session, workspace, luis, now=now)).current == 1
    assert (await figures(session, workspace, eva, now=now)).allowance is None


async def revisions(session: AsyncSession, kudos_id: int) -> int:
    """How often the one card of a kudos was owed."""
    found = await session.execute(
        text("SELECT revision FROM outbox WHERE dedup_key LIKE :key AND kind = 'kudos_card'"),
        {"key": f"kudos:{kudos_id}:in:%"},
    )
    return int(found.scalar_one())


async def test_a_second_by_reaction_goes_with_the_reaction(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    await make_place(session, workspace, is_connected=True)
    ana, luis, eva, leo = await make_members(session, workspace, 4)
    kudos_id = await thank(session, workspace, ana, [luis], now=now)

    async def unsecond(member: Person) -> None:
        await kudos.unsecond(session, workspace=workspace, kudos_id=kudos_id, member=member)

    for _ in range(2):
        await second(session, workspace, kudos_id, eva, now, by_reaction=True)
    assert (await story(session, workspace, kudos_id)).seconds == 1
    assert await revisions(session, kudos_id) == 2
    await unsecond(leo)
    assert (await story(session, workspace, kudos_id)).seconds == 1
    for _ in range(2):
        await unsecond(eva)
    assert (await story(session, workspace, kudos_id)).seconds == 0
    assert await revisions(session, kudos_id) == 3


@pytest.mark.parametrize("button_first", [True, False])
async def test_a_second_by_the_button_stays_whatever_becomes_of_the_reaction(
    session: AsyncSession, workspace: Workspace, now: datetime, button_first: bool
) -> None:
    await make_place(session, workspace, is_connected=True)
    ana, luis, eva = await make_members(session, workspace, 3)
    kudos_id = await thank(session, workspace, ana, [luis], now=now)
    for by_reaction in (not button_first, button_first):
        await second(session, workspace, kudos_id, eva, now, by_reaction=by_reaction)
    await kudos.unsecond(session, workspace=workspace, kudos_id=kudos_id, member=eva)
    assert (await story(session, workspace, kudos_id)).seconds == 1
    assert await revisions(session, kudos_id) == 2


async def test_what_was_taken_back_keeps_its_seconds_and_another_company_touches_none(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis, eva = await make_members(session, workspace, 3)
    kudos_id = await thank(session, workspace, ana, [luis], now=now)
    await second(session, workspace, kudos_id, eva, now, by_reaction=True)
    other = await make_workspace(session)
    await enter(session, workspace.id)
    await kudos.unsecond(session, workspace=other, kudos_id=kudos_id, member=eva)
    assert (await story(session, workspace, kudos_id)).seconds == 1
    await undo(session, workspace, kudos_id, ana, now)
    await kudos.unsecond(session, workspace=workspace, kudos_id=kudos_id, member=eva)
    assert (await story(session, workspace, kudos_id)).seconds == 1


async def test_who_cannot_second(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    ana, luis, eva = await make_members(session, workspace, 3)
    gone = await make_member(session, workspace, status="left")
    kudos_id = await thank(session, workspace, ana, [luis], now=now)
    hidden = await thank(session, workspace, ana, [luis], now=now, is_private=True)
    for member in (ana, luis):
        with pytest.raises(OwnKudosSecond):
            await second(session, workspace, kudos_id, member, now)
    with pytest.raises(GiverLeft):
        await second(session, workspace, kudos_id, gone, now)
    with pytest.raises(KudosGone):
        await second(session, workspace, hidden, eva, now)
    with pytest.raises(KudosGone):
        await second(session, workspace, 999_999_999, eva, now)
    await undo(session, workspace, kudos_id, ana, now)
    with pytest.raises(KudosGone):
        await second(session, workspace, kudos_id, eva, now)
    assert (await story(session, workspace, kudos_id)).seconds == 0


async def test_other_words_leave_people_points_and_seconds(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis, eva = await make_members(session, workspace, 3)
    kudos_id = await thank(session, workspace, ana, [luis], now=now, tags=["fair", "mentor"], points_each=4)
    await second(session, workspace, kudos_id, eva, now)
    before = await story(session, workspace, kudos_id)
    wording = Wording.of("for something else", ["mentor", "new"])
    await kudos.reword(session, workspace=workspace, kudos_id=kudos_id, giver=ana, wording=wording)
    after = await story(session, workspace, kudos_id)
    assert after == before._replace(message="for something else", tags=(("mentor", "🧭"), ("new", "")))
    await kudos.reword(session, workspace=workspace, kudos_id=kudos_id, giver=ana, wording=Wording.of("no tags"))
    assert (await story(session, workspace, kudos_id)).tags == ()
    assert (await figures(session, workspace, luis, now=now)).current == 4


async def test_who_cannot_change_the_words(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    ana, luis = await make_members(session, workspace, 2)
    late = await thank(session, workspace, ana, [luis], now=now - LONG_AGO)
    fresh = await thank(session, workspace, ana, [luis], now=now)
    wording = Wording.of("other")
    with pytest.raises(UndoTooLate):
        await kudos.reword(session, workspace=workspace, kudos_id=late, giver=ana, wording=wording)
    with pytest.raises(NotYourKudos):
        await kudos.reword(session, workspace=workspace, kudos_id=fresh, giver=luis, wording=wording)
    with pytest.raises(KudosGone):
        await kudos.reword(session, workspace=workspace, kudos_id=999_999_999, giver=ana, wording=wording)
    await undo(session, workspace, fresh, ana, now)
    with pytest.raises(AlreadyUndone):
        await kudos.reword(session, workspace=workspace, kudos_id=fresh, giver=ana, wording=wording)
    assert (await story(session, workspace, late)).message == "for staying late"
