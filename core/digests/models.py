"""Table of digests."""

import uuid
from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Numbered, Table

DAILY, WEEKLY = "daily", "weekly"
KINDS: Final = (DAILY, WEEKLY)


class Digest(Numbered, Table):
    """A period that is told of, once. What it came to is read when it is shown, so that what was taken back is not told;
    `public_id` names its picture on the web."""

    __tablename__ = "digest"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        UniqueConstraint("workspace_id", "kind", "since"),
        UniqueConstraint("public_id"),
        CheckConstraint("kind IN ('daily', 'weekly')", name="kind"),
        CheckConstraint("since < until", name="period"),
    )

    public_id: Mapped[uuid.UUID] = mapped_column(server_default=func.gen_random_uuid())
    kind: Mapped[str] = mapped_column(String(8))
    since: Mapped[datetime]
    until: Mapped[datetime]
    made_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
