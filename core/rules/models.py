"""The runs of rules that choose some of many, such as a lottery."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import OfWorkspace, Table


class RuleRun(OfWorkspace, Table):
    """A badge's rules chose, once for the `run`: a period of the badge, or what asked. `seed` makes the choice again."""

    __tablename__ = "rule_run"
    __table_args__ = (ForeignKeyConstraint(["workspace_id", "badge_id"], ["badge.workspace_id", "badge.id"]),)

    badge_id: Mapped[int] = mapped_column(primary_key=True)
    run: Mapped[str] = mapped_column(Text, primary_key=True)
    seed: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
