"""Jobs as rows: made from badges and from what is built in, run once per slot, tried again, switched off."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Refusal
from core.people.models import Workspace
from core.schedule import queries, registry, service
from core.schedule.models import JobRun, ScheduledJob
from core.schedule.registry import RULES, JobInvalid, Run, job
from tests.core.badges.stock import make_badge
from tests.factories import enter, make_workspace

NOON = datetime(2030, 5, 6, 12, 0, tzinfo=UTC)
DAILY = {"trigger": "cron", "cron": {"hour": 12}}
COMPUTED = {"reward_type": "Computed Badge", "rules": ["Birthday"]}


class Evaluated:
    """Stands in for the rules: notes what it was called with, and does what it is told."""

    def __init__(self, *faults: Exception | None) -> None:
        self.calls: list[dict[str, Any]] = []
        self.faults = list(faults)

    async def __call__(self, session: AsyncSession, **given: Any) -> int:
        self.calls.append(given)
        await session.execute(
            text("UPDATE workspace SET name = 'touched' WHERE id = :id"), {"id": given["workspace_id"]}
        )
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        return 3


class NotToday(Refusal):
    code = "not_today"


@pytest.fixture
async def workspace(session: AsyncSession) -> Workspace:
    return await make_workspace(session, jobs_since=datetime(2020, 1, 1, tzinfo=UTC))


async def reconcile(session: AsyncSession, workspace: Workspace, *, now: datetime = NOON) -> None:
    await enter(session, workspace.id, role="ops")
    await service.reconcile(session, now=now)
    await enter(session, workspace.id)


async def jobs(session: AsyncSession, workspace: Workspace) -> dict[str, ScheduledJob]:
    rows = await session.scalars(
        select(ScheduledJob).where(ScheduledJob.workspace_id == workspace.id).execution_options(populate_existing=True)
    )
    return {row.name: row for row in rows}


async def runs(session: AsyncSession, workspace: Workspace) -> list[tuple[str, str, int, str]]:
    rows = await session.scalars(
        select(JobRun)
        .where(JobRun.workspace_id == workspace.id)
        .order_by(JobRun.period_key)
        .execution_options(populate_existing=True)
    )
    return [(row.period_key, row.outcome, row.attempts, row.error) for row in rows]


async def changed_at(session: AsyncSession, workspace: Workspace, moment: datetime) -> None:
    await session.execute(
        text("UPDATE badge SET changed_at = :at WHERE workspace_id = :id"), {"at": moment, "id": workspace.id}
    )


async def scheduled(session: AsyncSession, workspace: Workspace, **fields: Any) -> str:
    """A badge with a job that was made 23 hours before noon; its job's name."""
    badge = await make_badge(session, workspace, **{**COMPUTED, "job": DAILY, **fields})
    await changed_at(session, workspace, NOON - timedelta(hours=23))
    await reconcile(session, workspace, now=NOON - timedelta(hours=23))
    return f"badge:{badge.reward_id}"


async def run(session: AsyncSession, workspace: Workspace, name: str, now: datetime) -> service.Ran | None:
    return await service.run_due(session, workspace_id=workspace.id, name=name, now=now)


async def test_a_badges_job_runs_its_rules_once_per_slot(session: AsyncSession, workspace: Workspace) -> None:
    rules = registry.effects[RULES] = Evaluated()
    name = await scheduled(session, workspace)

    ran = await run(session, workspace, name, NOON + timedelta(minutes=3))

    assert ran is not None
    assert (ran.key, ran.outcome, ran.figures, ran.is_last) == ("2030-05-06T12:00:00", "done", {"awarded": 3}, True)
    assert rules.calls == [
        {
            "workspace_id": workspace.id,
            "badge_id": (await jobs(session, workspace))[name].badge_id,
            "members": None,
            "now": NOON + timedelta(minutes=3),
            "run": f"{name}@2030-05-06T12:00:00",
        }
    ]
    assert (await jobs(session, workspace))[name].next_at == NOON + timedelta(days=1)
    assert await run(session, workspace, name, NOON + timedelta(minutes=4)) is None
    assert await runs(session, workspace) == [("2030-05-06T12:00:00", "done", 1, "")]


async def test_the_zone_is_the_jobs_or_the_badges_or_the_workspaces(session: AsyncSession) -> None:
    workspace = await make_workspace(session, time_zone="Asia/Tokyo")
    own = await make_badge(session, workspace, **COMPUTED, job={**DAILY, "timezone": "America/New_York"})
    badges = await make_badge(session, workspace, **COMPUTED, job=DAILY, timezone="Europe/Madrid")
    none = await make_badge(session, workspace, **COMPUTED, job=DAILY)

    await reconcile(session, workspace)

    zones = {name: row.zone for name, row in (await jobs(session, workspace)).items()}
    assert zones == {
        f"badge:{own.reward_id}": "America/New_York",
        f"badge:{badges.reward_id}": "Europe/Madrid",
        f"badge:{none.reward_id}": "Asia/Tokyo",
    }
    workspace.time_zone = "Europe/Berlin"
    await session.flush()
    await reconcile(session, workspace)
    assert (await jobs(session, workspace))[f"badge:{none.reward_id}"].zone == "Europe/Berlin"


async def test_another_zone_does_not_bring_a_local_date_twice(session: AsyncSession, workspace: Workspace) -> None:
    rules = registry.effects[RULES] = Evaluated()
    name = await scheduled(session, workspace)
    await run(session, workspace, name, NOON)
    workspace.time_zone = "America/New_York"  # where noon is still to come
    await session.flush()
    await reconcile(session, workspace, now=NOON)

    ran = await run(session, workspace, name, NOON + timedelta(hours=4))

    assert ran is not None
    assert ran.is_repeat
    assert len(rules.calls) == 1


async def test_what_was_missed_is_caught_up_once_or_wholly(session: AsyncSession, workspace: Workspace) -> None:
    rules = registry.effects[RULES] = Evaluated()
    once = await scheduled(session, workspace)
    whole = await scheduled(session, workspace, job={**DAILY, "coalesce": False})
    late = NOON + timedelta(days=4)

    assert (await run(session, workspace, once, late)).is_last  # type: ignore[union-attr]
    assert [call["run"][-19:] for call in rules.calls] == ["2030-05-10T12:00:00"]
    rules.calls.clear()
    while (ran := await run(session, workspace, whole, late)) is not None and not ran.is_last:
        assert (await jobs(session, workspace))[whole].next_at == late
    assert [call["run"][-19:-9] for call in rules.calls] == [f"2030-05-{day:02}" for day in range(6, 11)]


async def test_times_that_change_count_from_the_change(session: AsyncSession, workspace: Workspace) -> None:
    rules = registry.effects[RULES] = Evaluated()
    badge = await make_badge(session, workspace, **COMPUTED, job=DAILY)
    await changed_at(session, workspace, NOON - timedelta(days=9))
    await reconcile(session, workspace, now=NOON)
    await make_badge(session, workspace, **COMPUTED, reward_id=badge.reward_id, job={"interval": {"hours": 1}})
    await changed_at(session, workspace, NOON + timedelta(minutes=10))
    await reconcile(session, workspace, now=NOON + timedelta(minutes=10))

    assert await run(session, workspace, f"badge:{badge.reward_id}", NOON + timedelta(minutes=50)) is None
    assert await run(session, workspace, f"badge:{badge.reward_id}", NOON + timedelta(minutes=70)) is not None
    assert len(rules.calls) == 1


async def test_points_that_change_leave_the_job_alone(session: AsyncSession, workspace: Workspace) -> None:
    registry.effects[RULES] = Evaluated()
    name = await scheduled(session, workspace)
    await run(session, workspace, name, NOON)
    before = (await jobs(session, workspace))[name].since
    await make_badge(session, workspace, **COMPUTED, reward_id=int(name[6:]), job=DAILY, points=99)
    await reconcile(session, workspace, now=NOON + timedelta(hours=1))

    assert (await jobs(session, workspace))[name].since == before
    assert await run(session, workspace, name, NOON + timedelta(hours=2)) is None


async def test_a_badge_that_is_switched_off_has_no_job(session: AsyncSession, workspace: Workspace) -> None:
    registry.effects[RULES] = Evaluated()
    name = await scheduled(session, workspace)
    await run(session, workspace, name, NOON)
    await session.execute(text("UPDATE badge SET is_enabled = false WHERE workspace_id = :id"), {"id": workspace.id})

    await reconcile(session, workspace)

    assert await jobs(session, workspace) == {}
    assert len(await runs(session, workspace)) == 1


async def test_a_past_date_is_run_once_unless_it_is_to_be_skipped(session: AsyncSession, workspace: Workspace) -> None:
    rules = registry.effects[RULES] = Evaluated()
    past = {"trigger": "date", "run_date": "2025-12-25 10:00:00"}
    run_it = await scheduled(session, workspace, job=past)
    skip_it = await scheduled(session, workspace, job={**past, "skip_past_dates": True})
    future = await scheduled(session, workspace, job={"run_date": "2030-06-01"})

    assert (await run(session, workspace, run_it, NOON)) is not None
    assert await run(session, workspace, run_it, NOON) is None
    assert await run(session, workspace, skip_it, NOON) is None
    assert await run(session, workspace, future, NOON) is None
    found = await jobs(session, workspace)
    assert [found[name].next_at for name in (run_it, skip_it, future)] == [None, None, datetime(2030, 6, 1, tzinfo=UTC)]
    assert len(rules.calls) == 1


async def test_what_was_due_before_there_was_a_schedule_is_not_owed(session: AsyncSession) -> None:
    registry.effects[RULES] = Evaluated()
    workspace = await make_workspace(session, jobs_since=NOON + timedelta(hours=1))
    daily = await scheduled(session, workspace)
    past = await scheduled(session, workspace, job={"run_date": "2025-12-25"})

    assert await run(session, workspace, daily, NOON + timedelta(hours=2)) is None
    assert await run(session, workspace, past, NOON + timedelta(hours=2)) is None


async def test_a_failure_is_tried_again_and_then_left(session: AsyncSession, workspace: Workspace) -> None:
    rules = registry.effects[RULES] = Evaluated(*[ValueError("no") for _ in range(9)])
    name = await scheduled(session, workspace)
    now, waits = NOON, []
    for _ in range(service.ATTEMPTS_MAX):
        with pytest.raises(ValueError, match="no"):
            async with session.begin_nested():
                await run(session, workspace, name, now)
        await service.fail(session, workspace_id=workspace.id, name=name, error="ValueError (abc)", now=now)
        next_at = (await jobs(session, workspace))[name].next_at
        assert next_at is not None
        waits.append((next_at - now) // timedelta(minutes=1))
        now = next_at

    assert waits == [1, 2, 4, 8, 0]
    assert await runs(session, workspace) == [("2030-05-06T12:00:00", "failed", 5, "ValueError (abc)")]
    assert await run(session, workspace, name, now) is None
    rules.faults.clear()
    assert (await run(session, workspace, name, NOON + timedelta(days=1))).outcome == "done"  # type: ignore[union-attr]


async def test_a_retry_that_succeeds_is_one_run(session: AsyncSession, workspace: Workspace) -> None:
    registry.effects[RULES] = Evaluated(ValueError("no"))
    name = await scheduled(session, workspace)
    with pytest.raises(ValueError, match="no"):
        async with session.begin_nested():
            await run(session, workspace, name, NOON)
    assert await service.fail(session, workspace_id=workspace.id, name=name, error="x", now=NOON) == "retry"

    await run(session, workspace, name, NOON + timedelta(minutes=1))

    assert await runs(session, workspace) == [("2030-05-06T12:00:00", "done", 2, "")]
    assert (await jobs(session, workspace))[name].attempts == 0


async def test_a_refusal_is_what_came_of_it_and_changes_nothing(session: AsyncSession, workspace: Workspace) -> None:
    registry.effects[RULES] = Evaluated(NotToday())
    name = await scheduled(session, workspace)

    ran = await run(session, workspace, name, NOON)

    assert ran is not None
    assert (ran.outcome, ran.error) == ("refused", "not_today")
    assert await session.scalar(text("SELECT name FROM workspace WHERE id = :id"), {"id": workspace.id}) != "touched"
    assert await run(session, workspace, name, NOON) is None


async def test_by_hand_once_for_each_key(session: AsyncSession, workspace: Workspace) -> None:
    rules = registry.effects[RULES] = Evaluated(ValueError("no"))
    name = await scheduled(session, workspace)
    what: dict[str, Any] = {"workspace_id": workspace.id, "name": name, "now": NOON - timedelta(hours=1)}
    with pytest.raises(ValueError, match="no"):
        async with session.begin_nested():
            await service.run_by_hand(session, key="a", **what)
    await service.fail_by_hand(session, key="a", error="ValueError", **what)

    again = [await service.run_by_hand(session, key=key, **what) for key in ("a", "a", "b")]

    assert [each.is_repeat for each in again if each] == [False, True, False]
    assert len(rules.calls) == 3
    assert await runs(session, workspace) == [("manual:a", "done", 2, ""), ("manual:b", "done", 1, "")]
    assert (await run(session, workspace, name, NOON)).outcome == "done"  # type: ignore[union-attr]


async def test_a_workspace_that_is_switched_off_owes_nothing(session: AsyncSession, workspace: Workspace) -> None:
    rules = registry.effects[RULES] = Evaluated()
    name = await scheduled(session, workspace)
    await service.switch(session, workspace_id=workspace.id, is_on=False, now=NOON - timedelta(hours=2))

    assert await run(session, workspace, name, NOON) is None
    await service.switch(session, workspace_id=workspace.id, is_on=True, now=NOON + timedelta(hours=2))
    assert await run(session, workspace, name, NOON + timedelta(hours=3)) is None
    await service.switch(session, workspace_id=workspace.id, is_on=True, now=NOON + timedelta(hours=24))
    assert await run(session, workspace, name, NOON + timedelta(hours=24)) is not None
    assert len(rules.calls) == 1


async def test_built_in_jobs_are_every_workspaces(session: AsyncSession, workspace: Workspace) -> None:
    ran: list[Run] = []

    @job("digest", cron={"hour": 12}, catch_up="none")
    async def digest(_: AsyncSession, run: Run) -> dict[str, int]:
        ran.append(run)
        return {"sent": 1}

    other = await make_workspace(session)
    await reconcile(session, workspace, now=NOON - timedelta(hours=1))
    await run(session, workspace, "digest", NOON + timedelta(seconds=5))

    assert [(each.workspace_id, each.key, each.badge_id) for each in ran] == [
        (workspace.id, "2030-05-06T12:00:00", None)
    ]
    await enter(session, 0, role="ops")
    listed = await service.list_due(session, now=NOON + timedelta(hours=1))
    assert [each for each in listed if each.workspace_id in {workspace.id, other.id}] == [(other.id, "digest")]
    registry.built_in.clear()
    assert not await service.list_due(session, now=NOON + timedelta(hours=1))


@pytest.mark.parametrize(
    ("name", "times"),
    [("Digest", DAILY), ("digest", {}), ("digest", {"cron": {"hour": 99}}), ("taken", DAILY), ("badge:1", DAILY)],
)
def test_a_built_in_job_that_cannot_be_is_refused(name: str, times: dict[str, Any]) -> None:
    async def effect(_: AsyncSession, __: Run) -> dict[str, int]:
        return {}

    job("taken", **DAILY)(effect)
    with pytest.raises(JobInvalid, match=name):
        job(name, **times)(effect)


async def test_the_list_tells_the_next_and_the_last(session: AsyncSession, workspace: Workspace) -> None:
    registry.effects[RULES] = Evaluated()
    name = await scheduled(session, workspace, reward="Happy birthday", job={**DAILY, "id": "birthdays_at_noon"})
    await run(session, workspace, name, NOON)

    [listed] = await queries.list_jobs(session, workspace_id=workspace.id)

    assert (listed.name, listed.label, listed.title) == (name, "birthdays_at_noon", "Happy birthday")
    assert (listed.next_at, listed.last_key) == (NOON + timedelta(days=1), "2030-05-06T12:00:00")
    assert (listed.outcome, listed.summary) == ("done", {"awarded": 3})
    assert await queries.named(session, "birthdays_at_noon", workspace_id=workspace.id) == [name]
    assert await queries.named(session, name, workspace_id=workspace.id) == [name]
    other = await make_workspace(session)
    assert await queries.named(session, name, workspace_id=other.id) == []


async def test_old_runs_are_forgotten(session: AsyncSession, workspace: Workspace) -> None:
    registry.effects[RULES] = Evaluated()
    name = await scheduled(session, workspace, job={**DAILY, "coalesce": False})
    for day in range(3):
        await run(session, workspace, name, NOON + timedelta(days=day))
    await session.execute(update(JobRun).where(JobRun.period_key < "2030-05-07").values(outcome="retry"))
    await enter(session, workspace.id, role="ops")

    await service.forget(session, before=NOON + timedelta(days=1, hours=1))

    assert [key for key, *_ in await runs(session, workspace)] == ["2030-05-06T12:00:00", "2030-05-08T12:00:00"]
