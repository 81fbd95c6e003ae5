"""Deliveries that come together are stored together, in order, and none suffers from another."""

import asyncio
from collections import Counter

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bots.intake import TOGETHER_MAX, Intake
from core.database import Sessions
from core.inbox import Arrival, Key

STORED = text("SELECT remote_id, conversation, body, xmin::text AS commit FROM inbox ORDER BY seq")
UNSTORABLE = {"text": "\0"}


def arrival(remote_id: str, body: dict[str, str] | None = None) -> Arrival:
    return Arrival(Key("slack", "T1", remote_id), "C1", body or {"id": remote_id})


async def stored(database: Sessions) -> list[tuple[str, str]]:
    """Ids in the order in which they are worked on, with the transaction that stored them."""
    async with database.begin(role="ops") as (session, _):
        return [(row.remote_id, row.commit) for row in await session.execute(STORED)]


async def test_what_comes_while_a_commit_is_under_way_shares_the_next(database: Sessions) -> None:
    door = Intake(database)
    await asyncio.gather(*(door.store(arrival(f"e{number:02}")) for number in range(40)))
    found = await stored(database)
    assert [remote_id for remote_id, _ in found] == [f"e{number:02}" for number in range(40)]
    commits = [commit for _, commit in found]
    assert len(set(commits)) == 2
    assert commits.count(commits[0]) == 1


async def test_a_commit_takes_no_more_than_so_many(database: Sessions) -> None:
    door = Intake(database)
    await asyncio.gather(*(door.store(arrival(f"e{number:03}")) for number in range(TOGETHER_MAX + 6)))
    found = await stored(database)
    assert [remote_id for remote_id, _ in found] == [f"e{number:03}" for number in range(TOGETHER_MAX + 6)]
    assert sorted(Counter(commit for _, commit in found).values()) == [1, 5, TOGETHER_MAX]


async def test_one_that_cannot_be_stored_fails_alone(database: Sessions) -> None:
    door = Intake(database)
    arrivals = [arrival("e1"), arrival("e2"), arrival("bad", UNSTORABLE), arrival("e3")]
    told = await asyncio.gather(*(door.store(each) for each in arrivals), return_exceptions=True)
    assert [isinstance(each, DBAPIError) for each in told] == [False, False, True, False]
    assert {remote_id for remote_id, _ in await stored(database)} == {"e1", "e2", "e3"}
    await door.store(arrival("e4"))
    assert len(await stored(database)) == 4


async def test_repeats_are_one_whether_they_come_together_or_not(database: Sessions) -> None:
    door, other = Intake(database), Intake(database)
    await asyncio.gather(*(each.store(arrival("e1")) for each in (door, door, other, door, other)))
    await other.store(arrival("e1"))
    assert [remote_id for remote_id, _ in await stored(database)] == ["e1"]


async def test_who_gives_up_waiting_keeps_nobody_back(database: Sessions) -> None:
    door = Intake(database)
    tasks = [asyncio.create_task(door.store(arrival(f"e{number}"))) for number in range(5)]
    await asyncio.sleep(0)
    tasks[0].cancel()  # it is the one that stores
    tasks[2].cancel()  # it waits
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(each, asyncio.CancelledError) for each in told] == [True, False, True, False, False]
    assert {"e1", "e3", "e4"} <= {remote_id for remote_id, _ in await stored(database)}


async def test_what_is_acknowledged_is_committed(database: Sessions) -> None:
    door = Intake(database)
    for number in range(3):
        await door.store(arrival(f"e{number}"))
        assert len(await stored(database)) == number + 1
