"""Who earned most in a period, by the workspace's own calendar."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.leaderboards.asking import Asked
from core.leaderboards.queries import Board, Row
from core.people.models import Workspace
from core.people.queries import Person
from core.points import service as points
from tests.books import spending
from tests.core.leaderboards import boards
from tests.core.leaderboards.boards import at, earn, ranks
from tests.factories import enter, make_member, make_members, make_workspace

INSTANT = timedelta(microseconds=1)


async def board(
    session: AsyncSession, workspace: Workspace, now: datetime, name: str = "month", reader: Person | None = None
) -> Board:
    return await boards.board(session, workspace, now, Asked(period=name), reader)


async def test_nobody_earned_anything(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    member = await make_member(session, workspace)
    found = await board(session, workspace, now, reader=member)
    assert (found.participants, found.rows, found.own, found.neighbours) == (0, [], None, [])
    assert found.starts_at is not None
    assert found.ends_at is not None
    assert found.starts_at <= now < found.ends_at


async def test_the_same_score_is_the_same_rank_and_the_next_rank_is_skipped(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    members = await make_members(session, workspace, 5)
    for member, amount in zip(members, [3, 9, 5, 5, 1], strict=True):
        await earn(session, workspace, member, amount, now)
    await earn(session, workspace, members[0], 2, now)
    found = await board(session, workspace, now, reader=members[4])
    assert ranks(found.rows) == [(1, 9), (2, 5), (2, 5), (2, 5), (5, 1)]
    assert [row.member_id for row in found.rows] == [members[place].member_id for place in (1, 0, 2, 3, 4)]
    assert found.own == Row(5, members[4].member_id, 1)
    assert found.participants == 5
    assert found.neighbours == []


async def test_only_what_was_earned_counts(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    ana, luis = await make_members(session, workspace, 2)
    for reason in ("kudos", "badge_earned", "achievement_earned", "manual_adjustment", "draw_won"):
        await earn(session, workspace, ana, 1, now, reason)
    await earn(session, workspace, ana, 100, now, "refund")
    spent = await spending(session, workspace, ana, 50, "spent")
    await points.append(session, [spent], workspace_id=workspace.id, actor_id=None, now=now)
    await points.open_allowance(session, workspace=workspace, member_id=luis.member_id, now=now)
    assert (await board(session, workspace, now)).rows == [Row(1, ana.member_id, 5)]


async def test_what_is_taken_back_no_longer_counts_in_the_period_it_was_earned_in(
    session: AsyncSession, workspace: Workspace
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    march, april = at("2026-03-20"), at("2026-04-02")
    taken = await earn(session, workspace, ana, 9, march)
    await earn(session, workspace, luis, 4, march)
    await earn(session, workspace, ana, 1, april)
    assert ranks((await board(session, workspace, march)).rows) == [(1, 9), (2, 4)]
    await points.reverse(session, [taken], workspace_id=workspace.id, reason="revoked", actor_id=None, now=april)
    assert (await board(session, workspace, march)).rows == [Row(1, luis.member_id, 4)]
    assert (await board(session, workspace, april)).rows == [Row(1, ana.member_id, 1)]
    assert ranks((await board(session, workspace, april, "all")).rows) == [(1, 4), (2, 1)]


async def test_those_who_left_are_not_shown_and_take_no_rank(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    gone, ana, away = await make_members(session, workspace, 3)
    for member, amount in [(gone, 9), (ana, 5), (away, 3)]:
        await earn(session, workspace, member, amount, now)
    for member, status in [(gone, "left"), (away, "leave")]:
        await session.execute(
            text("UPDATE member SET status = :status WHERE id = :id"), {"status": status, "id": member.member_id}
        )
    found = await board(session, workspace, now, reader=gone)
    assert found.rows == [Row(1, ana.member_id, 5), Row(2, away.member_id, 3)]
    assert (found.participants, found.own) == (2, None)


@pytest.mark.parametrize(
    ("reader", "shown"),
    [(0, []), (9, []), (10, [10, 11, 12]), (11, [11, 12, 13]), (13, [13, 14, 15]), (19, [19, 20])],
)
async def test_a_reader_further_down_sees_their_neighbours(
    session: AsyncSession, workspace: Workspace, now: datetime, reader: int, shown: list[int]
) -> None:
    members = await make_members(session, workspace, 20)
    for place, member in enumerate(members):
        await earn(session, workspace, member, 100 - place, now)
    found = await board(session, workspace, now, reader=members[reader])
    assert [row.rank for row in found.rows] == list(range(1, 11))
    assert found.own == Row(reader + 1, members[reader].member_id, 100 - reader)
    assert [row.rank for row in found.neighbours] == shown
    assert found.participants == 20
    assert (await board(session, workspace, now)).neighbours == []


@pytest.mark.parametrize(
    ("zone", "name", "now", "starts", "ends"),
    [
        ("Etc/UTC", "today", "2026-03-20T12:00", "2026-03-20", "2026-03-21"),
        ("Etc/UTC", "week", "2026-03-20T12:00", "2026-03-16", "2026-03-23"),
        ("Etc/UTC", "month", "2026-03-20T12:00", "2026-03-01", "2026-04-01"),
        ("Etc/UTC", "quarter", "2026-03-20T12:00", "2026-01-01", "2026-04-01"),
        ("Etc/UTC", "year", "2026-03-20T12:00", "2026-01-01", "2027-01-01"),
        ("Europe/Madrid", "today", "2026-03-29T12:00", "2026-03-28T23:00", "2026-03-29T22:00"),
        ("Europe/Madrid", "month", "2026-10-20T12:00", "2026-09-30T22:00", "2026-10-31T23:00"),
        ("Africa/Cairo", "today", "2026-04-24T12:00", "2026-04-23T22:00", "2026-04-24T21:00"),
        ("America/New_York", "week", "2026-11-02T02:00", "2026-10-26T04:00", "2026-11-02T05:00"),
        ("Pacific/Kiritimati", "year", "2026-12-31T11:00", "2026-12-31T10:00", "2027-12-31T10:00"),
    ],
)
async def test_a_period_is_half_open_in_the_workspaces_zone(
    session: AsyncSession, zone: str, name: str, now: str, starts: str, ends: str
) -> None:
    workspace = await make_workspace(session, time_zone=zone)
    first, last, before, after = await make_members(session, workspace, 4)
    await earn(session, workspace, first, 1, at(starts))
    await earn(session, workspace, last, 2, at(ends) - INSTANT)
    await earn(session, workspace, before, 3, at(starts) - INSTANT)
    await earn(session, workspace, after, 4, at(ends))
    found = await board(session, workspace, at(now), name)
    assert (found.starts_at, found.ends_at) == (at(starts), at(ends))
    assert found.rows == [Row(1, last.member_id, 2), Row(2, first.member_id, 1)]


async def test_all_time_has_no_bounds(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    member = await make_member(session, workspace)
    await earn(session, workspace, member, 1, at("1999-01-01"))
    await earn(session, workspace, member, 2, now)
    found = await board(session, workspace, now, "all", reader=member)
    assert (found.starts_at, found.ends_at, found.own) == (None, None, Row(1, member.member_id, 3))


async def test_another_workspaces_points_count_there(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    other = await make_workspace(session)
    stranger = await make_member(session, other)
    await earn(session, other, stranger, 9, now)
    await enter(session, workspace.id)
    member = await make_member(session, workspace)
    await earn(session, workspace, member, 1, now)
    await enter(session, workspace.id, role="ops")
    assert (await board(session, workspace, now)).rows == [Row(1, member.member_id, 1)]
