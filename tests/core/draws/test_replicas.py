"""Four processes, killed again and again, hold the same draws: the same winners, each prize once. And sixty press Join at once."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from core.badges import drawing
from core.badges.verify import CHECKS
from core.database import Sessions
from core.draws import lottery, proof, queries, sealing, service
from core.draws.models import Draw
from core.draws.service import Prize
from core.errors import Refusal
from core.people.models import Workspace
from core.people.queries import Person
from core.points.verify import examine
from tests.books import assert_balanced
from tests.core.badges.stock import make_badge
from tests.factories import make_company
from tests.replicas import replicas

REPLICAS, DRAWS, MEMBERS, KILLS = 4, 120, 40, 40
SECONDS_MAX = 120
WINNERS, RESERVES, POINTS = 3, 2, 7


async def prepare(database: Sessions, workspace: Workspace, members: list[Person]) -> None:
    """Draws that are to be frozen at once and drawn at once: half of them for points, half for a badge that is had once."""
    for number in range(DRAWS):
        async with database.begin(workspace.id) as (session, now):
            badge = None
            if number % 2:
                fields = {"multiple": False, "points": POINTS, "reward": f"Badge {number}"}
                badge = await make_badge(session, workspace, reward_type="Computed Badge", **fields)
            await service.open_draw(
                session,
                workspace=workspace,
                name=f"Draw {number}",
                prize=Prize(badge.id) if badge else Prize(points=POINTS),
                winners=WINNERS,
                reserves=RESERVES,
                notice=timedelta(0),
                now=now,
            )


async def states(database: Sessions) -> Counter[str]:
    async with database.begin(role="ops") as (session, _):
        return Counter((await session.execute(text("SELECT state FROM draw"))).scalars())


async def check_one(database: Sessions, draw: Draw) -> None:
    """The winners are those that list and seed decide, and each prize was given once."""
    async with database.begin(draw.workspace_id) as (session, _):
        data = await sealing.entrants(session, draw.id, workspace_id=draw.workspace_id)
        drawn = lottery.draw(data, draw.seed or b"", WINNERS + RESERVES)
        rows = await session.execute(
            text(
                "SELECT rank, public_id, prize, paid_to = entrant_id FROM draw_result JOIN member ON member.id = entrant_id"
                " WHERE draw_id = :id ORDER BY rank"
            ),
            {"id": draw.id},
        )
        assert [tuple(row) for row in rows] == [
            (rank, UUID(entrant), *((rank, True) if rank <= WINNERS else (None, None)))
            for rank, entrant in enumerate(drawn, 1)
        ]
        record = await queries.record(session, draw)
        assert [wrong for _, wrong in proof.examine(record)] == [""] * 4
        told = await session.execute(
            text("SELECT kind, count(*) FROM outbox WHERE reference ->> 'draw' = :id GROUP BY kind"),
            {"id": str(draw.id)},
        )
        assert dict(told.tuples().all()) == {"draw_notice": WINNERS}


async def test_killed_replicas_give_each_prize_once(database: Sessions) -> None:
    workspace, members = await make_company(database, MEMBERS)
    await prepare(database, workspace, members)
    async with replicas(database, "tests.core.draws.replica", number=REPLICAS) as running, asyncio.timeout(SECONDS_MAX):
        struck = 0
        while (left := DRAWS - (await states(database))["paid"]) or running.killed < KILLS:
            await asyncio.sleep(running.chance.uniform(0.0, 0.06))
            if running.killed < KILLS:
                await running.kill_one()
                struck += left > 0
    assert running.killed >= KILLS
    assert struck >= KILLS // 2, "most of them died while there was something to do"
    async with database.begin(workspace.id) as (session, _):
        draws = list((await session.scalars(text("SELECT id FROM draw"))).all())
        found = [await queries.get(session, draw_id, workspace_id=workspace.id) for draw_id in draws]
        earned = await session.scalar(text("SELECT sum(balance) FROM account WHERE kind = 'earned'"))
        await assert_balanced(session, workspace)
    for draw in found:
        assert draw is not None
        await check_one(database, draw)
    assert len(found) == DRAWS
    assert earned == DRAWS * WINNERS * POINTS
    async with database.begin(role="ops", statement_seconds=60) as (session, _):
        assert [each for each in [await examine(session, check) for check in CHECKS] if each.faults] == []


async def test_joining_at_once_counts_once_and_not_after_the_close(database: Sessions) -> None:
    workspace, members = await make_company(database, 30)
    async with database.begin(workspace.id) as (session, now):
        draw = await service.open_draw(
            session,
            workspace=workspace,
            name="Coffee",
            prize=Prize(points=1),
            winners=1,
            closes_at=now + timedelta(minutes=5),
            now=now,
        )
    assert draw is not None
    codes: Counter[str] = Counter()
    closing = asyncio.Event()

    async def join(member: Person) -> None:
        try:
            async with database.begin(workspace.id) as (session, now):
                await drawing.join(session, workspace=workspace, draw=draw, member=member, now=now)
            codes["joined"] += 1
        except Refusal as refused:
            codes[refused.code] += 1
        if codes.total() > 20:
            closing.set()

    async def freeze() -> None:
        await closing.wait()
        async with database.begin(workspace.id) as (session, now):
            await session.execute(text("UPDATE draw SET closes_at = clock_timestamp()"))
        async with database.begin(workspace.id) as (session, now):
            await drawing.advance(session, workspace_id=workspace.id, draw_id=draw.id, now=now)

    await asyncio.gather(freeze(), *(join(member) for member in members for _ in range(2)))

    assert codes.total() == 60
    assert set(codes) <= {"joined", "draw_joined", "draw_closed"}
    async with database.begin(workspace.id) as (session, _):
        sealed = await queries.get(session, draw.id, workspace_id=workspace.id)
        rows = await session.scalar(text("SELECT count(*) FROM draw_entrant"))
    assert sealed is not None
    assert sealed.entrants == codes["joined"] == rows
    assert 0 < codes["joined"] <= len(members)
