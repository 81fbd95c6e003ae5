"""Reads of the schedule."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

LIST_MAX = 1000


class Listed(NamedTuple):
    """A job with its last run. `label` is the id that its badge gives it, empty if none; `title` the badge's name. The zone tells
    its times, `is_on` whether the workspace runs its jobs at all."""

    workspace_id: int
    name: str
    label: str
    title: str
    definition: Mapping[str, Any]
    zone: str
    next_at: datetime | None
    is_on: bool
    last_key: str | None
    last_at: datetime | None
    outcome: str | None
    attempts: int | None
    error: str | None
    summary: Mapping[str, Any] | None


_LIST = text("""
SELECT job.workspace_id, job.name, coalesce(job.definition ->> 'id', '') AS label,
       coalesce(badge.name, job.definition ->> 'name', '') AS title, job.definition, job.zone, job.next_at, workspace.runs_jobs,
       last.period_key, last.started_at, last.outcome, last.attempts, last.error, last.summary
FROM job JOIN workspace ON workspace.id = job.workspace_id
LEFT JOIN badge ON badge.workspace_id = job.workspace_id AND badge.id = job.badge_id
LEFT JOIN LATERAL (
    SELECT * FROM job_run WHERE job_run.workspace_id = job.workspace_id AND job_run.job = job.name
    ORDER BY started_at DESC LIMIT 1) AS last ON true
WHERE (CAST(:workspace_id AS bigint) IS NULL OR job.workspace_id = :workspace_id)
ORDER BY job.workspace_id, job.next_at NULLS LAST, job.name LIMIT :limit
""")


async def list_jobs(
    session: AsyncSession, *, workspace_id: int | None = None, limit: int = LIST_MAX
) -> Sequence[Listed]:
    """The jobs of a workspace, or run as ops of all, the next due first."""
    rows = await session.execute(_LIST, {"workspace_id": workspace_id, "limit": limit})
    return [Listed(*row) for row in rows]


_NAMED = text("""
SELECT name FROM job WHERE workspace_id = :workspace_id AND (name = :wanted OR definition ->> 'id' = :wanted)
ORDER BY name LIMIT 10
""")


async def named(session: AsyncSession, wanted: str, *, workspace_id: int) -> Sequence[str]:
    """Names of the jobs that a name, or the id that a badge gives its job, stands for."""
    rows = await session.execute(_NAMED, {"workspace_id": workspace_id, "wanted": wanted})
    return [row.name for row in rows]
