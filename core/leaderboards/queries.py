"""Reads of leaderboards.

A period counts what was earned in it; what is taken back no longer counts in the period in which it had been earned.
Members of the same score share a rank. Members who left are not shown. What a merged member earned counts for the one who
lives on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import DateTime, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import period
from core.errors import Refusal
from core.people.models import Workspace
from core.points.models import EARNING_REASONS

PERIODS = {"today": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year", "all": ""}
PAGE_SIZE = 10
NEIGHBOURS = 2


class PeriodUnknown(Refusal):
    code = "period_unknown"


class Row(NamedTuple):
    rank: int
    member_id: int
    score: int


class Board(NamedTuple):
    """`rows` are the first of the board, `own` the reader's row, `neighbours` those around it when it is further down.

    `starts_at` and `ends_at` bound the period, half-open; both are None for all time.
    """

    starts_at: datetime | None
    ends_at: datetime | None
    participants: int
    rows: Sequence[Row]
    own: Row | None
    neighbours: Sequence[Row]


_POINTS = text("""
WITH scored AS (
    SELECT earned.member_id, sum(transfer.amount)::bigint AS score
    FROM transfer JOIN account AS earned ON earned.workspace_id = transfer.workspace_id AND earned.id = transfer.credit_id
    WHERE transfer.workspace_id = :workspace_id AND earned.kind = 'earned'
      AND transfer.at >= coalesce(:starts_at, '-infinity') AND transfer.at < coalesce(:ends_at, 'infinity')
      AND transfer.reason = ANY(:reasons) AND transfer.reverses IS NULL
      AND NOT EXISTS (SELECT FROM transfer AS taken_back WHERE taken_back.workspace_id = :workspace_id
                      AND taken_back.reverses = transfer.id)
    GROUP BY earned.member_id
),
lived AS (
    SELECT coalesce(member.merged_into, member.id) AS member_id, sum(score)::bigint AS score
    FROM scored JOIN member ON member.workspace_id = :workspace_id AND member.id = scored.member_id GROUP BY 1
),
ranked AS (
    SELECT rank() OVER (ORDER BY score DESC) AS rank, row_number() OVER (ORDER BY score DESC, scored.member_id) AS position,
           count(*) OVER () AS participants, scored.member_id, score
    FROM lived AS scored
    JOIN member ON member.workspace_id = :workspace_id AND member.id = scored.member_id AND member.status <> 'left'
)
SELECT rank, member_id, score, position, participants FROM ranked
WHERE position <= :page_size
   OR abs(position - (SELECT position FROM ranked AS own WHERE own.member_id = :reader_id)) <= :neighbours
ORDER BY position
""").bindparams(
    bindparam("starts_at", type_=DateTime(timezone=True)), bindparam("ends_at", type_=DateTime(timezone=True))
)


async def points(
    session: AsyncSession, *, workspace: Workspace, name: str, reader_id: int | None, now: datetime
) -> Board:
    """The board of points earned in the named period (see `PERIODS`) of the workspace's zone. Raises PeriodUnknown."""
    if name not in PERIODS:
        raise PeriodUnknown(typed=name)
    bounds = period(PERIODS[name], now, ZoneInfo(workspace.time_zone)) if PERIODS[name] else None
    starts_at, ends_at = (bounds.starts_at, bounds.ends_at) if bounds else (None, None)
    values = {
        "workspace_id": workspace.id,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "reasons": list(EARNING_REASONS),
        "page_size": PAGE_SIZE,
        "reader_id": reader_id,
        "neighbours": NEIGHBOURS,
    }
    found = (await session.execute(_POINTS, values)).all()
    own = next((row for row in found if row.member_id == reader_id), None)
    return Board(
        starts_at=starts_at,
        ends_at=ends_at,
        participants=found[0].participants if found else 0,
        rows=[Row(*row[:3]) for row in found if row.position <= PAGE_SIZE],
        own=Row(*own[:3]) if own else None,
        neighbours=[Row(*row[:3]) for row in found if own and own.position > PAGE_SIZE and row.position > PAGE_SIZE],
    )
