"""The clock moves every company's campaigns on, and one that cannot be moved holds up no other."""

import asyncio

from sqlalchemy import text

from bots.ticker import move_campaigns
from core.database import Sessions
from core.nominations import announce
from tests.core.nominations.stock import make_committed_stage, move_on, nominate, now_is, put_off, rows, vote
from tests.factories import make_place


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


async def test_a_card_that_missed_votes_is_brought_up_to_date_once(database: Sessions) -> None:
    stage = await make_committed_stage(database, 5)
    async with database.begin(stage.workspace.id) as (session, now):
        place = await make_place(session, stage.workspace, is_connected=True)
        await announce.begun(session, stage.campaign)
        ana = await nominate(session, stage, stage.people[0], stage.people[1])
        await move_on(session, stage, now)
        await vote(session, stage, stage.people[2], ana)
        await session.execute(text("UPDATE outbox SET state = 'sent'"))
    assert place.is_connected
    states = []
    for _ in range(2):
        await move_campaigns(database)
        async with database.begin(role="ops") as (session, _now):
            states += await rows(session, "SELECT state FROM outbox WHERE kind = 'campaign_card'")
            await session.execute(text("UPDATE outbox SET state = 'sent'"))
    assert states == [("pending",), ("sent",)]
