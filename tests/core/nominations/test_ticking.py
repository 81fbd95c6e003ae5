"""The clock moves every company's campaigns on, and one that cannot be moved holds up no other."""

import asyncio

from sqlalchemy import text

from bots.ticker import move_campaigns
from core.database import Sessions
from tests.core.nominations.stock import make_committed_stage, nominate, now_is, put_off, rows


async def test_a_whole_campaign_by_the_clock_alone(database: Sessions) -> None:
    stage = await make_committed_stage(database, 5)
    async with database.begin(stage.workspace.id) as (session, _):
        await nominate(session, stage, stage.people[0], stage.people[1])
    assert await move_campaigns(database) == 0
    told = []
    for column in ("nominations_end_at", "voting_end_at"):
        async with database.begin(stage.workspace.id) as (session, _):
            await put_off(session, stage, **{column: "-1 second"})
        assert sum(await asyncio.gather(*(move_campaigns(database) for _ in range(4)))) == 1
        async with database.begin(stage.workspace.id) as (session, _):
            told.append((await now_is(session, stage)).state)
    assert told == ["voting", "closed"]


async def test_one_that_fails_holds_up_no_other(database: Sessions) -> None:
    broken, sound = await make_committed_stage(database, 4), await make_committed_stage(database, 4)
    for stage in (broken, sound):
        async with database.begin(stage.workspace.id) as (session, _):
            await nominate(session, stage, stage.people[0], stage.people[1])
            await put_off(session, stage, nominations_end_at="-1 second")
    async with database.begin(broken.workspace.id) as (session, _):
        await session.execute(text("UPDATE campaign SET config = '{\"ballot\": 7}' WHERE id = :id"), {"id": broken.id})
    assert await move_campaigns(database) == 1
    async with database.begin(role="ops") as (session, _):
        states = await rows(session, "SELECT state FROM campaign ORDER BY id")
    assert states == [("nomination",), ("voting",)]
