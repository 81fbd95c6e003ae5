"""The statements of the schedule."""

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

# The jobs that there should be, from the badges and from what is built in. What is there and unchanged is left alone; other
# times count from when the badge was changed. A single date is owed even if it is past, unless its job skips such.
RECONCILE = text("""
WITH wanted AS (
    SELECT badge.workspace_id, 'badge:' || badge.reward_id AS name, badge.id AS badge_id, badge.definition -> 'job' AS definition,
           coalesce(badge.definition #>> '{job,timezone}', badge.definition ->> 'timezone', workspace.time_zone) AS zone,
           badge.changed_at AS changed_at, workspace.jobs_since
    FROM badge JOIN workspace ON workspace.id = badge.workspace_id
    WHERE badge.definition ? 'job' AND badge.is_enabled
    UNION ALL
    SELECT workspace.id, given.name, NULL, given.definition, coalesce(given.definition ->> 'timezone', workspace.time_zone),
           CAST(:now AS timestamptz), workspace.jobs_since
    FROM workspace, jsonb_to_recordset(:built_in) AS given(name text, definition jsonb)
)
INSERT INTO job AS kept (workspace_id, name, badge_id, definition, zone, since)
SELECT workspace_id, name, badge_id, definition, zone,
       CASE WHEN definition ? 'run_date' AND NOT coalesce(CAST(definition ->> 'skip_past_dates' AS boolean), false)
                 AND changed_at >= jobs_since
            THEN NULL ELSE greatest(changed_at, jobs_since) END
FROM wanted WHERE NOT EXISTS (
    SELECT FROM job WHERE job.workspace_id = wanted.workspace_id AND job.name = wanted.name
    AND job.definition = wanted.definition AND job.zone = wanted.zone)
ORDER BY workspace_id, name
ON CONFLICT (workspace_id, name) DO UPDATE SET
    badge_id = excluded.badge_id, definition = excluded.definition, zone = excluded.zone, attempts = 0,
    since = CASE WHEN kept.definition = excluded.definition THEN kept.since ELSE excluded.since END
RETURNING workspace_id, name, definition, zone, since
""").bindparams(bindparam("built_in", type_=JSONB))

PLACE = text("""
UPDATE job SET next_at = given.next_at
FROM jsonb_to_recordset(:rows) AS given(workspace_id bigint, name text, next_at timestamptz)
WHERE job.workspace_id = given.workspace_id AND job.name = given.name
""").bindparams(bindparam("rows", type_=JSONB))

# Badges that were switched off or have no job any more. Their runs are history and stay.
DROP = text("""
DELETE FROM job USING badge
WHERE job.badge_id IS NOT NULL AND badge.workspace_id = job.workspace_id AND badge.id = job.badge_id
  AND NOT (badge.is_enabled AND badge.definition ? 'job')
""")

# A process that is older than the database does not know every built-in job: it leaves those to the others.
DUE = text("""
SELECT job.workspace_id, job.name FROM job JOIN workspace ON workspace.id = job.workspace_id
WHERE job.next_at <= :now AND workspace.runs_jobs AND (job.badge_id IS NOT NULL OR job.name = ANY(CAST(:known AS text[])))
ORDER BY job.next_at, job.workspace_id, job.name LIMIT :limit
""")

# One at a time works on a job; whoever comes second goes on to the next.
LOCK = text("""
SELECT job.name, job.badge_id, job.definition, job.zone, job.attempts, workspace.jobs_since,
       CASE WHEN job.since IS NOT NULL THEN greatest(job.since, workspace.jobs_since) END AS since
FROM job JOIN workspace ON workspace.id = job.workspace_id
WHERE job.workspace_id = :workspace_id AND job.name = :name AND (workspace.runs_jobs OR CAST(:by_hand AS boolean))
FOR UPDATE OF job SKIP LOCKED
""")

# The guard of "exactly once": the row is written with the effect, or neither is.
CLAIM = text("""
INSERT INTO job_run AS kept (workspace_id, job, period_key, outcome, started_at) VALUES (:workspace_id, :name, :key, 'done', :now)
ON CONFLICT (workspace_id, job, period_key) DO UPDATE
    SET outcome = 'done', started_at = excluded.started_at, attempts = kept.attempts + 1, error = ''
    WHERE kept.outcome = 'retry' OR (kept.outcome = 'failed' AND CAST(:by_hand AS boolean))
RETURNING attempts
""")

FINISH = text("""
UPDATE job_run SET finished_at = clock_timestamp(), outcome = :outcome, error = :error, summary = :summary
WHERE workspace_id = :workspace_id AND job = :name AND period_key = :key
""").bindparams(bindparam("summary", type_=JSONB))

# What failed before and is not tried again, because a later slot has overtaken it, has failed for good.
ADVANCE = text("""
WITH overtaken AS (
    UPDATE job_run SET outcome = 'failed' WHERE workspace_id = :workspace_id AND job = :name AND outcome = 'retry'
)
UPDATE job SET since = coalesce(CAST(:since AS timestamptz), since), next_at = :next_at, attempts = 0
WHERE workspace_id = :workspace_id AND name = :name
""")

FAIL = text("""
INSERT INTO job_run AS kept (workspace_id, job, period_key, outcome, started_at, finished_at, error)
VALUES (:workspace_id, :name, :key, :outcome, :now, clock_timestamp(), :error)
ON CONFLICT (workspace_id, job, period_key) DO UPDATE
    SET outcome = excluded.outcome, started_at = excluded.started_at, finished_at = excluded.finished_at, error = excluded.error,
        attempts = kept.attempts + 1
    WHERE kept.outcome IN ('retry', 'failed')
RETURNING outcome
""")

PUT_OFF = text("""
UPDATE job SET attempts = attempts + 1, next_at = :next_at WHERE workspace_id = :workspace_id AND name = :name
""")

FORGET = text("""
DELETE FROM job_run WHERE (workspace_id, job, period_key) IN (
    SELECT workspace_id, job, period_key FROM job_run WHERE started_at < :before AND outcome <> 'retry' LIMIT 5000)
""")

SWITCH = text("""
UPDATE workspace SET runs_jobs = :runs_jobs, jobs_since = CASE WHEN :runs_jobs AND NOT runs_jobs THEN :now ELSE jobs_since END
WHERE id = :workspace_id
""")
