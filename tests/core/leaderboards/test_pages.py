"""Pages begin and end at points between rows, so nobody is shown twice or left out, whatever moves meanwhile."""

from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from core.leaderboards.asking import SCORE_MAX, Asked, Crew, Point, read
from core.leaderboards.queries import PAGE_SIZE, Board, Row
from core.people.models import Workspace
from core.people.queries import Person
from tests.core.badges.stock import describe
from tests.core.leaderboards.boards import ALL_TIME, board, earn, give_scores, ids, ranks
from tests.factories import make_members, make_workspace


def below(found: Board) -> Asked:
    """What the button for the next page asks."""
    last = found.rows[-1]
    return replace(ALL_TIME, turn="from", point=Point(last.score, last.member_id + 1))


def above(found: Board) -> Asked:
    return replace(ALL_TIME, turn="until", point=found.rows[0].point)


async def scored(session: AsyncSession, workspace: Workspace, *scores: int) -> list[Person]:
    members = await make_members(session, workspace, len(scores))
    await give_scores(session, workspace, members, scores)
    return members


def wanted(members: list[Person], scores: list[int]) -> list[Row]:
    """By the plainest way there is."""
    order = sorted(zip(scores, members, strict=True), key=lambda pair: (-pair[0], pair[1].member_id))
    return [
        Row(1 + sum(other > score for other in scores), member.member_id, score) for score, member in order if score
    ]


@given(scores=st.lists(st.integers(0, 4), min_size=1, max_size=34), reader=st.integers(0, 33), in_crew=st.booleans())
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
async def test_pages_down_and_up_show_everybody_once_in_order(
    session: AsyncSession, now: datetime, scores: list[int], reader: int, in_crew: bool
) -> None:
    workspace = await make_workspace(session)
    members = await scored(session, workspace, *scores)
    asked = replace(ALL_TIME, crew=Crew("department", "Sales") if in_crew else None)
    for member in members:
        await describe(session, workspace, member, department="Sales")
    all_rows = wanted(members, scores)
    who = members[reader % len(members)]
    down = [await board(session, workspace, now, asked, who)]
    while down[-1].after:
        down.append(await board(session, workspace, now, replace(below(down[-1]), crew=asked.crew), who))
    assert [row for page in down for row in page.rows] == all_rows
    up = [down[-1]]
    while up[-1].before:
        up.append(await board(session, workspace, now, replace(above(up[-1]), crew=asked.crew), who))
    assert up[-1].rows == down[0].rows
    assert all(page.after for page in up[1:])
    own = next((row for row in all_rows if row.member_id == who.member_id), None)
    place = all_rows.index(own) if own else 0
    for page in down:
        assert (page.own, page.participants) == (own, len(all_rows))
        near = [] if own is None or own in page.rows else all_rows[max(0, place - 1) : place + 2]
        assert page.neighbours == near


async def test_a_page_up_that_would_not_be_whole_is_the_first(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    members = await scored(session, workspace, *range(25, 0, -1))
    asked = replace(ALL_TIME, turn="until", point=Point(20, members[5].member_id))
    found = await board(session, workspace, now, asked)
    assert (ids(found.rows), found.before, found.after) == ([each.member_id for each in members[:10]], False, True)


async def test_my_place_stands_in_the_middle_of_its_page(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    members = await scored(session, workspace, *range(40, 0, -1))
    asked = replace(ALL_TIME, turn="own")
    for place, first in ((0, 1), (3, 1), (4, 1), (5, 2), (20, 17), (39, 36)):
        found = await board(session, workspace, now, asked, members[place])
        assert found.rows[0].rank == first, place
        assert members[place].member_id in ids(found.rows)
        assert (found.before, found.after) == (first > 1, found.rows[-1].rank < 40)
    assert (await board(session, workspace, now, asked)).rows[0].rank == 1


async def test_a_page_goes_on_where_the_last_one_ended_though_scores_changed(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    members = await scored(session, workspace, *range(300, 0, -10))
    first = await board(session, workspace, now)
    # Somebody of the first page falls out of it, somebody from far below comes to the top, and the last row seen moves up.
    await earn(session, workspace, members[20], 1000, now)
    await earn(session, workspace, members[9], 55, now)
    second = await board(session, workspace, now, below(first))
    assert ids(second.rows) == [each.member_id for each in members[10:20]]
    assert [row.rank for row in second.rows] == list(range(12, 22))
    assert ids((await board(session, workspace, now, above(second))).rows) == [
        each.member_id for each in (members[0], members[1], members[2], members[3], members[9], *members[4:9])
    ]


async def test_a_page_beyond_the_end_is_the_last(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    members = await scored(session, workspace, *range(15, 0, -1))
    beyond = replace(ALL_TIME, turn="from", point=Point(1, members[-1].member_id + 1))
    found = await board(session, workspace, now, beyond)
    assert (ids(found.rows), found.before, found.after) == ([each.member_id for each in members[5:]], True, False)
    few = await board(session, workspace, now, replace(beyond, crew=Crew("department", "Nobody")))
    assert (few.rows, few.before, few.after, few.participants) == ([], False, False, 0)


async def test_thousands_of_one_score_share_a_rank_and_are_turned_through(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    members = await scored(session, workspace, 9, *[5] * 24, 3)
    second = await board(session, workspace, now, below(await board(session, workspace, now)))
    assert ranks(second.rows) == [(2, 5)] * 10
    third = await board(session, workspace, now, below(second))
    assert ranks(third.rows) == [(2, 5)] * 5 + [(26, 3)]
    own = await board(session, workspace, now, reader=members[-1])
    assert ranks(own.neighbours) == [(2, 5), (26, 3)]


def test_what_is_asked_survives_a_button() -> None:
    asked = [
        Asked(),
        Asked("badges", "all"),
        Asked("given", "today", Crew("team", 'R&D: "Blue" {x}'), "own"),
        Asked("kudos", "year", None, "from", Point(SCORE_MAX, 7), is_open=True),
        Asked("points", "week", Crew("channel", "9"), "until", Point(3, 4)),
    ]
    assert [read(each.as_argument()) for each in asked] == asked
    assert len({each.as_argument() for each in asked}) == len(asked)
    assert all(one != other for one, other in pairwise(asked))


@pytest.mark.parametrize("argument", ["points:week", "points:all"])
def test_buttons_of_older_cards_still_ask(argument: str) -> None:
    assert read(argument) == Asked("points", argument.split(":")[1])


@pytest.mark.parametrize("argument", ["", "points", "bananas:week", "points:fortnight", ":"])
def test_what_can_no_longer_be_asked_is_nothing(argument: str) -> None:
    assert read(argument) is None


def test_a_page_is_ten() -> None:
    assert PAGE_SIZE == 10
