"""The verbs of the schedule: keep the jobs that there should be, run what is owed, note what failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.definition.job import Job
from core.errors import Refusal
from core.schedule import badges, registry, statements
from core.schedule.due import Slot, due, following
from core.schedule.models import DONE, FAILED, REFUSED, RETRY
from core.schedule.registry import Run

ATTEMPTS_MAX = 5
BACKOFF = timedelta(minutes=1)
"""A run that fails is tried again after 1, 2, 4 and 8 minutes."""

KEY_MAX = 32
BY_HAND = "manual:"


class Due(NamedTuple):
    """A job that has something to do."""

    workspace_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of one slot. `is_repeat`: it had been run before. `is_last`: nothing more is owed at this moment."""

    key: str
    outcome: str
    figures: Mapping[str, Any]
    error: str = ""
    is_repeat: bool = False
    is_last: bool = True


@dataclass(frozen=True, slots=True)
class _Locked:
    workspace_id: int
    name: str
    badge_id: int | None
    job: Job
    zone: ZoneInfo
    since: datetime | None
    attempts: int

    @property
    def values(self) -> dict[str, Any]:
        return {"workspace_id": self.workspace_id, "name": self.name}

    def owed(self, now: datetime) -> list[Slot]:
        return due(now, self.job, since=self.since, zone=self.zone, name=self.name)

    def next_at(self, after: datetime) -> datetime | None:
        slot = following(self.job, after=after, zone=self.zone, name=self.name)
        return slot.at if slot else None


async def reconcile(session: AsyncSession, *, now: datetime) -> None:
    """Make the jobs what the badges and the built-in ones say, in every workspace. Run as ops."""
    given = [
        {"name": each.name, "definition": each.job.model_dump(mode="json", exclude_none=True)}
        for each in registry.built_in.values()
    ]
    await session.execute(statements.DROP)
    changed = (await session.execute(statements.RECONCILE, {"built_in": given, "now": now})).all()
    if changed:
        rows = [
            {"workspace_id": row.workspace_id, "name": row.name, "next_at": at.isoformat() if at else None}
            for row, at in ((row, _first(row, now)) for row in changed)
        ]
        await session.execute(statements.PLACE, {"rows": rows})


def _first(row: Any, now: datetime) -> datetime | None:
    """When a job that is new, or has new times, is to be looked at."""
    job, zone = Job.model_validate(row.definition), ZoneInfo(row.zone)
    if due(now, job, since=row.since, zone=zone, name=row.name):
        return now
    slot = following(job, after=now, zone=zone, name=row.name)
    return slot.at if slot else None


async def list_due(session: AsyncSession, *, now: datetime, limit: int = 200) -> Sequence[Due]:
    """Jobs that have something to do, the longest waiting first. Run as ops."""
    values = {"now": now, "known": sorted(registry.built_in), "limit": limit}
    return [Due(*row) for row in await session.execute(statements.DUE, values)]


async def run_due(session: AsyncSession, *, workspace_id: int, name: str, now: datetime) -> Ran | None:
    """Run the first slot that a job owes, in this transaction. None: nothing is owed, or somebody else works on the job.

    Raises what the job's effect raises; then nothing of the transaction may be kept, and `fail` is to note it. A Refusal is no
    failure: it is noted as what came of the run, and needs the effect to have changed nothing.
    """
    locked = await _lock(session, workspace_id, name)
    if locked is None:
        return None
    slots = locked.owed(now)
    if not slots:
        await _advance(session, locked, since=None, next_at=locked.next_at(now))
        return None
    slot = slots[0]
    ran = await _run(session, locked, Run(workspace_id, name, slot.key, slot.at, now, locked.badge_id))
    is_last = len(slots) == 1
    await _advance(session, locked, since=slot.at, next_at=locked.next_at(now) if is_last else now)
    return Ran(ran.key, ran.outcome, ran.figures, ran.error, ran.is_repeat, is_last)


async def run_by_hand(session: AsyncSession, *, workspace_id: int, name: str, key: str, now: datetime) -> Ran | None:
    """Run a job now, whatever its times: once for each `key` (of 1 to 32 characters). None: it is being worked on.

    Raises what the job's effect raises; then `fail_by_hand` is to note it.
    """
    assert 1 <= len(key) <= KEY_MAX
    locked = await _lock(session, workspace_id, name, by_hand=True)
    if locked is None:
        return None
    return await _run(session, locked, Run(workspace_id, name, f"{BY_HAND}{key}", now, now, locked.badge_id))


async def _lock(session: AsyncSession, workspace_id: int, name: str, *, by_hand: bool = False) -> _Locked | None:
    values = {"workspace_id": workspace_id, "name": name, "by_hand": by_hand}
    row = (await session.execute(statements.LOCK, values)).first()
    if row is None:
        return None
    return _Locked(
        workspace_id=workspace_id,
        name=name,
        badge_id=row.badge_id,
        job=Job.model_validate(row.definition),
        zone=ZoneInfo(row.zone),
        since=row.since,
        attempts=row.attempts,
    )


async def _run(session: AsyncSession, locked: _Locked, run: Run) -> Ran:
    """Claim the slot and do what is to be done; a slot that was run before is left alone."""
    by_hand = run.key.startswith(BY_HAND)
    claim = {**locked.values, "key": run.key, "now": run.now, "by_hand": by_hand}
    if (await session.execute(statements.CLAIM, claim)).first() is None:
        return Ran(run.key, DONE, {}, is_repeat=True)
    outcome, error, figures = DONE, "", dict[str, Any]()
    try:
        async with session.begin_nested():
            figures = dict(await _effect(session, run))
    except Refusal as refused:
        outcome, error = REFUSED, refused.code
    told = {**locked.values, "key": run.key, "outcome": outcome, "error": error, "summary": figures}
    await session.execute(statements.FINISH, told)
    return Ran(run.key, outcome, figures, error)


async def _effect(session: AsyncSession, run: Run) -> Mapping[str, Any]:
    if run.badge_id is not None:
        return await badges.perform(session, run)
    return await registry.built_in[run.job].effect(session, run)


async def _advance(session: AsyncSession, locked: _Locked, *, since: datetime | None, next_at: datetime | None) -> None:
    await session.execute(statements.ADVANCE, {**locked.values, "since": since, "next_at": next_at})


async def fail(session: AsyncSession, *, workspace_id: int, name: str, error: str, now: datetime) -> str:
    """Note, in a transaction of its own, that the first slot owed failed; `now` is that of the run. Returns the outcome:
    `retry`, or `failed` when it has been tried often enough, and then the next slot has its turn; empty if the slot is owed
    no more."""
    locked = await _lock(session, workspace_id, name)
    slots = locked.owed(now) if locked else []
    if locked is None or not slots:
        return ""
    slot = slots[0]
    is_over = locked.attempts + 1 >= ATTEMPTS_MAX
    outcome = FAILED if is_over else RETRY
    told = {**locked.values, "key": slot.key, "outcome": outcome, "now": now, "error": error[:500]}
    if (await session.execute(statements.FAIL, told)).first() is None:
        return ""
    if is_over:
        await _advance(session, locked, since=slot.at, next_at=now)
    else:
        next_at = now + BACKOFF * 2**locked.attempts
        await session.execute(statements.PUT_OFF, {**locked.values, "next_at": next_at})
    return outcome


async def fail_by_hand(
    session: AsyncSession, *, workspace_id: int, name: str, key: str, error: str, now: datetime
) -> None:
    """Note that a run by hand failed; the same key may be tried again."""
    values = {"workspace_id": workspace_id, "name": name, "key": f"{BY_HAND}{key}", "now": now}
    await session.execute(statements.FAIL, {**values, "outcome": FAILED, "error": error[:500]})


async def switch(session: AsyncSession, *, workspace_id: int, is_on: bool, now: datetime) -> None:
    """Let a workspace's jobs run, or not. What is due while they do not is not caught up."""
    await session.execute(statements.SWITCH, {"workspace_id": workspace_id, "runs_jobs": is_on, "now": now})


async def forget(session: AsyncSession, *, before: datetime) -> None:
    """Delete what became of runs before an instant. Run as ops."""
    await session.execute(statements.FORGET, {"before": before})
