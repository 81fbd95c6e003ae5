"""Table of draw results: each rank once, each entrant once."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import OfWorkspace, Table


class DrawResult(OfWorkspace, Table):
    __tablename__ = "draw_result"
    __table_args__ = (UniqueConstraint("workspace_id", "draw_id", "entrant_id"),)

    draw_id: Mapped[int] = mapped_column(primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True)
    entrant_id: Mapped[int]
