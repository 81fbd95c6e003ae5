"""The clock's own part of jobs: each in a transaction of its own, one that fails beside those that do not."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bots import ticker
from core.database import Sessions
from core.schedule import registry, service
from core.schedule.registry import Run, job
from tests.factories import make_company


@pytest.fixture(autouse=True)
def _own_registry() -> Iterator[None]:
    built_in = dict(registry.built_in)
    registry.built_in.clear()
    yield
    registry.built_in.clear()
    registry.built_in.update(built_in)


async def owe(database: Sessions, ago: timedelta) -> None:
    async with database.begin(role="ops") as (session, now):
        await session.execute(text("UPDATE workspace SET jobs_since = '2020-01-01'"))
        await service.reconcile(session, now=now)
        await session.execute(text("UPDATE job SET since = :since, next_at = now()"), {"since": now - ago})


async def outcomes(database: Sessions) -> list[tuple[str, str, int, str]]:
    async with database.begin(role="ops") as (session, _):
        rows = await session.execute(text("SELECT job, outcome, attempts, error FROM job_run ORDER BY job, period_key"))
        return [tuple(row) for row in rows]


async def test_a_job_that_fails_is_noted_and_the_others_go_on(database: Sessions) -> None:
    workspace, _ = await make_company(database, 0)

    @job("bad", interval={"hours": 1})
    async def bad(session: AsyncSession, _: Run) -> dict[str, int]:
        await session.execute(text("UPDATE workspace SET name = 'half done'"))
        await session.execute(text("SELECT 1 / 0"))
        return {}

    @job("good", interval={"hours": 1}, catch_up="all")
    async def good(session: AsyncSession, run: Run) -> dict[str, int]:
        assert run.workspace_id == workspace.id
        return {}

    await owe(database, timedelta(hours=3))
    await ticker.run_jobs(database)
    await ticker.run_jobs(database)

    [failed, *done] = await outcomes(database)
    assert failed[:3] == ("bad", "retry", 1)
    assert failed[3].startswith("DBAPIError (") or failed[3].startswith("DataError (")
    assert done == [("good", "done", 1, "")] * 3
    async with database.begin(role="ops") as (session, _):
        assert await session.scalar(text("SELECT name FROM workspace")) == workspace.name


async def test_an_effect_sees_its_own_workspace_only(database: Sessions) -> None:
    for _ in range(2):
        await make_company(database, 1)
    seen: dict[int, list[int]] = {}

    @job("look", interval={"hours": 1})
    async def look(session: AsyncSession, run: Run) -> dict[str, int]:
        seen[run.workspace_id] = list(await session.scalars(text("SELECT workspace_id FROM member")))
        return {}

    await owe(database, timedelta(hours=1))
    await ticker.run_jobs(database)

    assert len(seen) == 2
    assert all(members == [workspace_id] for workspace_id, members in seen.items())


def test_a_process_may_leave_jobs_to_others(database: Sessions) -> None:
    names = {
        runs: {each.id for each in ticker.make_ticker(database, runs_jobs=runs).get_jobs()} for runs in (True, False)
    }

    assert names[True] - names[False] == {"jobs", "draws"}
