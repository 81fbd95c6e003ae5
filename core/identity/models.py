"""Table of links: who claimed to be whom, and what came of it."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Numbered, Table

CLAIMED: Final = "claimed"
LINKED: Final = "linked"
MERGED: Final = "merged"
DECLINED: Final = "declined"


class Link(Numbered, Table):
    """An account that typed a member's code: a claim until the member answers, the record of the answer afterwards.

    `remote_id` and `name` say whose account it is while the claim is open; the answer blanks them, as does time. `other_id` is the
    member who was merged, and `reversed_shares` counts what was between the two.
    """

    __tablename__ = "link"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "other_id"], ["member.workspace_id", "member.id"]),
        CheckConstraint("state IN ('claimed', 'linked', 'merged', 'declined')", name="state"),
        CheckConstraint("(state = 'merged') = (other_id IS NOT NULL)", name="other"),
        CheckConstraint("(state = 'claimed') = (decided_at IS NULL)", name="decided"),
        Index("ix_link_claimed", "claimed_at", postgresql_where=text("remote_id <> ''")),
    )

    member_id: Mapped[int]
    other_id: Mapped[int | None]
    platform: Mapped[str] = mapped_column(String(16))
    tenant: Mapped[str] = mapped_column(Text)
    remote_id: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, server_default="")
    state: Mapped[str] = mapped_column(String(8), server_default=CLAIMED)
    reversed_shares: Mapped[int] = mapped_column(server_default="0")
    claimed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    decided_at: Mapped[datetime | None]
