"""What the clock does for leaderboards: steps for the ranks of big ones, snapshots of what ended, totals that hide late.

Run as ops, one workspace to a transaction. Of several replicas one works on a workspace, the others pass on.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import period
from core.leaderboards.models import ALL_TIME, MEASURES, PERIODS

STEPS_FROM = 5000
"""Members from which on a ranking has steps; below that everybody above is counted."""
STEP = 1000
RANKINGS_KEPT = 100

_CLAIM = text("SELECT pg_try_advisory_xact_lock(hashtextextended('leaderboards', :workspace_id))")
_WORKSPACES = text(
    "SELECT id, time_zone, created_at, (SELECT count(*) FROM (SELECT FROM member WHERE member.workspace_id = workspace.id"
    " LIMIT :steps_from) AS counted) >= :steps_from AS is_big FROM workspace ORDER BY id"
)

_DROP_STEPS = text("DELETE FROM leaderboard_step WHERE workspace_id = :workspace_id")
# A step stands at the first score at which another thousand is full, so that fewer than a thousand are between two of them,
# but for those who share a score: nobody of these is above another.
_MAKE_STEPS = text("""
INSERT INTO leaderboard_step (workspace_id, measure, period, score, members)
SELECT :workspace_id, ranking.measure, ranking.period, made.score, made.members
FROM (SELECT measure, period FROM unnest(CAST(:measures AS text[])) AS measure, unnest(CAST(:periods AS text[])) AS period) AS ranking
CROSS JOIN LATERAL (
    SELECT score, tied, sum(tied) OVER (ORDER BY score DESC) AS members, sum(tied) OVER () AS participants
    FROM (
        SELECT kept.score, count(*) AS tied FROM leaderboard_total AS kept
        WHERE kept.workspace_id = :workspace_id AND kept.measure = ranking.measure AND kept.period = ranking.period
          AND kept.is_ranked AND kept.score > 0
        GROUP BY kept.score
    ) AS scores
) AS made
WHERE made.participants >= :steps_from AND div(made.members, :step) <> div(made.members - made.tied, :step)
""")

_ENDED = text("""
SELECT counted.measure, ended.timeframe, ended.period, ended.ranked FROM unnest(
    CAST(:timeframes AS text[]), CAST(:periods AS text[]), CAST(:ranked AS text[])) AS ended(timeframe, period, ranked)
CROSS JOIN unnest(CAST(:measures AS text[])) AS counted(measure)
WHERE NOT EXISTS (SELECT FROM leaderboard_snapshot AS taken WHERE taken.workspace_id = :workspace_id
                  AND taken.measure = counted.measure AND taken.timeframe = ended.timeframe AND taken.period = ended.period)
""")
_OUTDATE = text(
    "UPDATE leaderboard_snapshot SET is_current = false WHERE workspace_id = :workspace_id AND measure = :measure"
    " AND timeframe = :timeframe AND is_current"
)
_TAKE = text("""
WITH ranked AS (
    SELECT member_id, score, rank() OVER (ORDER BY score DESC) AS rank,
           row_number() OVER (ORDER BY score DESC, member_id) AS position
    FROM leaderboard_total WHERE workspace_id = :workspace_id AND measure = :measure AND period = :ranked
      AND is_ranked AND score > 0
)
INSERT INTO leaderboard_snapshot (workspace_id, measure, timeframe, period, participants, average, median, rankings, is_current)
SELECT :workspace_id, :measure, :timeframe, :period, count(*), avg(score), percentile_cont(0.5) WITHIN GROUP (ORDER BY score),
       coalesce(jsonb_agg(jsonb_build_object('member', member_id, 'rank', rank, 'score', score) ORDER BY position)
                FILTER (WHERE position <= :kept), '[]'), true
FROM ranked
""")

# Somebody hid or left, or came back, while a total of theirs was counted: it knows the old state. Nobody is waited for.
_LATE = """
WITH late AS MATERIALIZED (
    SELECT kept.workspace_id, kept.member_id, kept.measure, kept.period FROM leaderboard_total AS kept
    JOIN member ON member.workspace_id = kept.workspace_id AND member.id = kept.member_id
    WHERE {late} FOR NO KEY UPDATE OF kept SKIP LOCKED
)
UPDATE leaderboard_total AS kept SET is_ranked = NOT is_ranked FROM late
WHERE kept.workspace_id = late.workspace_id AND kept.member_id = late.member_id AND kept.measure = late.measure
  AND kept.period = late.period
"""
_SET_RIGHT = (
    text(_LATE.format(late="(member.status = 'left' OR member.hides_rank) AND kept.is_ranked")),
    text(_LATE.format(late="member.status <> 'left' AND NOT member.hides_rank AND NOT kept.is_ranked")),
)


class Company(NamedTuple):
    """A workspace as the clock sees it; `is_big` enough for steps."""

    workspace_id: int
    time_zone: str
    created_at: datetime
    is_big: bool

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


async def companies(session: AsyncSession) -> Sequence[Company]:
    """Every workspace."""
    rows = await session.execute(_WORKSPACES, {"steps_from": STEPS_FROM})
    return [Company(*row) for row in rows]


async def claim(session: AsyncSession, company: Company) -> bool:
    """Whether nobody else works on the company's leaderboards at this moment."""
    return bool(await session.scalar(_CLAIM, {"workspace_id": company.workspace_id}))


async def make_steps(session: AsyncSession, company: Company, *, now: datetime) -> None:
    """Count the steps of all current rankings of a workspace anew."""
    keys = [period(kind, now, company.zone).key if kind else ALL_TIME for kind in PERIODS.values()]
    values = {
        "workspace_id": company.workspace_id,
        "measures": list(MEASURES),
        "periods": keys,
        "step": STEP,
        "steps_from": STEPS_FROM,
    }
    await session.execute(_DROP_STEPS, values)
    await session.execute(_MAKE_STEPS, values)


async def take_snapshots(session: AsyncSession, company: Company, *, now: datetime) -> None:
    """Keep what the rankings were when the last day, week, month, quarter and year ended; of all time at the end of each day.

    What is kept already stays as it is.
    """
    ended = list(_ended(company, now))
    values = {
        "workspace_id": company.workspace_id,
        "measures": list(MEASURES),
        "timeframes": [timeframe for timeframe, _, _ in ended],
        "periods": [key for _, key, _ in ended],
        "ranked": [ranked for _, _, ranked in ended],
    }
    for row in (await session.execute(_ENDED, values)).all():
        of_ranking = {"workspace_id": company.workspace_id, "kept": RANKINGS_KEPT, **row._asdict()}
        await session.execute(_OUTDATE, of_ranking)
        await session.execute(_TAKE, of_ranking)


def _ended(company: Company, now: datetime) -> Iterator[tuple[str, str, str]]:
    """(timeframe, key of the period that ended last, key of its totals), of those that the workspace has lived through."""
    for name, kind in PERIODS.items():
        current = period(kind or "day", now, company.zone)
        last = period(kind or "day", current.starts_at - timedelta(microseconds=1), company.zone)
        if company.created_at < last.ends_at:
            yield name, last.key, last.key if kind else ALL_TIME


async def set_right(session: AsyncSession) -> None:
    """Take those who hide or left off every ranking, and put back who returned, wherever a total learnt it too late."""
    for statement in _SET_RIGHT:
        await session.execute(statement)
