"""Tables of awards: once per badge, member and period."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Numbered, OfWorkspace, Table


class Award(Numbered, Table):
    """A badge given. A revoked award frees its key."""

    __tablename__ = "award"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "giver_id"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "transfer_id"], ["transfer.workspace_id", "transfer.id"]),
        Index(
            "uq_award_once",
            "workspace_id",
            "badge_id",
            "member_id",
            "period",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
        Index("ix_award_member", "workspace_id", "member_id", "awarded_at"),
    )

    badge_id: Mapped[int]
    member_id: Mapped[int]
    giver_id: Mapped[int | None]
    period: Mapped[str] = mapped_column(String(40), server_default="")
    message: Mapped[str] = mapped_column(Text, server_default="")
    transfer_id: Mapped[int | None]
    awarded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    revoked_at: Mapped[datetime | None]


class AwardGuard(OfWorkspace, Table):
    """When a member last got a badge, for limits that roll: an upsert that changes nothing is a refusal."""

    __tablename__ = "award_guard"

    badge_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True)
    last_at: Mapped[datetime]
