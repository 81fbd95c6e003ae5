"""Table of the schedule: a period that was run is a row, written with its effect."""

from datetime import datetime

from sqlalchemy import String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from core.database import OfWorkspace, Table


class JobRun(OfWorkspace, Table):
    __tablename__ = "job_run"

    job: Mapped[str] = mapped_column(Text, primary_key=True)
    period_key: Mapped[str] = mapped_column(String(40), primary_key=True)
    ran_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
