"""Tables of the schedule: the jobs there are, and each run: a period that was run is a row, written with its effect."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import OfWorkspace, Table

DONE, REFUSED, RETRY, FAILED = "done", "refused", "retry", "failed"
OUTCOMES: Final = (DONE, REFUSED, RETRY, FAILED)
"""It had its effect; a rule of the product forbade it; it failed and is tried again; it failed for good."""


class ScheduledJob(OfWorkspace, Table):
    """A job of a workspace: of a badge, or built in. `definition` is a core.badges.definition.job.Job, `zone` the one its times are
    told in. What is due after `since` is still owed; None: nothing of it ever was. `next_at` None: never again."""

    __tablename__ = "job"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        ForeignKeyConstraint(["workspace_id", "badge_id"], ["badge.workspace_id", "badge.id"]),
        CheckConstraint("attempts >= 0", name="attempts"),
        Index("ix_job_next", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        Index("ix_job_badge", "workspace_id", "badge_id", postgresql_where=text("badge_id IS NOT NULL")),
    )

    name: Mapped[str] = mapped_column(String(64, collation="C"), primary_key=True)
    badge_id: Mapped[int | None]
    definition: Mapped[Mapping[str, Any]]
    zone: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")


class JobRun(OfWorkspace, Table):
    """`summary` tells in figures what the run did; `error` is the name of what went wrong and where the log has it."""

    __tablename__ = "job_run"
    __table_args__ = (
        CheckConstraint("outcome IN ('done', 'refused', 'retry', 'failed')", name="outcome"),
        Index("ix_job_run_last", "workspace_id", "job", "started_at"),
        Index("ix_job_run_started_at", "started_at"),
    )

    job: Mapped[str] = mapped_column(Text, primary_key=True)
    period_key: Mapped[str] = mapped_column(String(40), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    outcome: Mapped[str] = mapped_column(String(16), server_default=DONE)
    finished_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    error: Mapped[str] = mapped_column(Text, server_default="")
    summary: Mapped[Mapping[str, Any]] = mapped_column(server_default=text("'{}'"))
