"""The clock tends journeys: in every workspace, whatever fails of one badge."""

from datetime import timedelta

from sqlalchemy import text

from bots.ticker import tend_journeys
from core.badges import registry
from core.database import Sessions
from tests.core.journeys.road import make_journey
from tests.core.rules.stage import did
from tests.factories import make_company


async def test_members_set_out_and_steps_are_done_whatever_fails_of_another_badge(database: Sessions) -> None:
    before = registry.snapshot()

    @registry.metric("acme.slow")
    async def slow(user: object, env: object, conn: object) -> int:
        return 1

    try:
        first, people = await make_company(database, 3)
        second, _ = await make_company(database, 2)
        for workspace in (first, second):
            async with database.begin(workspace.id) as (session, _):
                rule = ["AchievementRule", {"metric": "acme.slow", "threshold": 1}]
                await make_journey(session, workspace, reward="Slow", rules=[rule])
                steps = [{"step": "Sell", "event": "sale"}]
                await make_journey(session, workspace, reward="Quick", auto_enroll=True, workflow=steps)
        await tend_journeys(database)
        async with database.begin(first.id) as (session, now):
            await did(session, first, people[0], "sale", at=now)
        await tend_journeys(database)  # looked at a moment ago
        async with database.begin(role="ops") as (session, now):
            counted = await session.execute(text("SELECT workspace_id, count(*) FROM journey GROUP BY 1 ORDER BY 1"))
            assert [tuple(row) for row in counted] == [(first.id, 3), (second.id, 2)]
            assert (await session.execute(text("SELECT count(*) FROM award"))).scalar_one() == 0
            await session.execute(text("UPDATE journey SET looked_at = :at"), {"at": now - timedelta(minutes=11)})
        await tend_journeys(database)
        async with database.begin(role="ops") as (session, _):
            held = await session.execute(text("SELECT member_id FROM award"))
            assert list(held.scalars()) == [people[0].member_id]
    finally:
        registry.restore(before)
