"""Tables of leaderboards. Totals are kept by triggers (migrations/versions/0008_leaderboards.sql); nothing here writes them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Numeric, String, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.database import OfWorkspace, Table

POINTS, KUDOS, GIVEN, BADGES = "points", "kudos", "given", "badges"
MEASURES: Final = (POINTS, KUDOS, GIVEN, BADGES)

PERIODS: Final[Mapping[str, str]] = {
    "today": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
    "all": "",
}
"""The periods that may be asked for, and the kind of each in core.clock; all time is of none."""

ALL_TIME: Final = "all"

_IS_MEASURE = "measure IN ('points', 'kudos', 'given', 'badges')"


class LeaderboardTotal(OfWorkspace, Table):
    """What a member has of a measure in a period, named by its key in core.clock or `all`.

    `is_ranked` repeats what `member` says: neither left nor hiding. It is here so that a ranking is read from one index.
    """

    __tablename__ = "leaderboard_total"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        CheckConstraint(_IS_MEASURE, name="measure"),
        CheckConstraint("score >= 0", name="score"),
        Index(
            "ix_leaderboard_total_ranking",
            "workspace_id",
            "measure",
            "period",
            text("score DESC"),
            "member_id",
            postgresql_where=text("is_ranked AND score > 0"),
        ),
        Index("ix_leaderboard_total_unranked", "workspace_id", "member_id", postgresql_where=text("NOT is_ranked")),
    )

    member_id: Mapped[int] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(String(16, collation="C"), primary_key=True)
    period: Mapped[str] = mapped_column(String(16, collation="C"), primary_key=True)
    score: Mapped[int]
    is_ranked: Mapped[bool]


class LeaderboardStep(OfWorkspace, Table):
    """Of a big ranking: how many `members` had this score or more a moment ago. The ticker makes them anew every minute."""

    __tablename__ = "leaderboard_step"
    __table_args__ = (ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),)

    measure: Mapped[str] = mapped_column(String(16, collation="C"), primary_key=True)
    period: Mapped[str] = mapped_column(String(16, collation="C"), primary_key=True)
    score: Mapped[int] = mapped_column(primary_key=True)
    members: Mapped[int]


class LeaderboardSnapshot(OfWorkspace, Table):
    """A ranking as it was when its period ended. `rankings` are the first hundred, as {member, rank, score}.

    One of a measure and timeframe `is_current`: the latest. Without participants there is neither average nor median.
    """

    __tablename__ = "leaderboard_snapshot"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        CheckConstraint(_IS_MEASURE, name="measure"),
        CheckConstraint("participants >= 0 AND (participants = 0) = (average IS NULL)", name="participants"),
        Index(
            "uq_leaderboard_snapshot_current",
            "workspace_id",
            "measure",
            "timeframe",
            unique=True,
            postgresql_where=text("is_current"),
        ),
    )

    measure: Mapped[str] = mapped_column(String(16), primary_key=True)
    timeframe: Mapped[str] = mapped_column(String(16), primary_key=True)
    period: Mapped[str] = mapped_column(String(16), primary_key=True)
    participants: Mapped[int]
    average: Mapped[Decimal | None] = mapped_column(Numeric(20, 2))
    median: Mapped[Decimal | None] = mapped_column(Numeric(20, 2))
    rankings: Mapped[Sequence[Mapping[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    is_current: Mapped[bool]
    taken_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
