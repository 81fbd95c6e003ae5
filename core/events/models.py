"""Tables of events: what was taken already, and what could not be."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, String, Text, UniqueConstraint, func
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Numbered, OfWorkspace, Table

SOURCE_LENGTH_MAX = 40
KEY_LENGTH_MAX = 255
"""As long as AMQP lets a routing key be, in bytes."""

RETRY, PARKED = "retry", "parked"


class EventClaim(OfWorkspace, Table):
    """A message whose effect has happened, written in the transaction of the effect. `key` is the producer's id of it, or the
    hash of the message; `digest` tells whether the same id comes with another content."""

    __tablename__ = "event_claim"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        Index("ix_event_claim_taken_at", "taken_at"),
    )

    source: Mapped[str] = mapped_column(String(SOURCE_LENGTH_MAX, collation="C"), primary_key=True)
    key: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    taken_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class ParkedEvent(Numbered, Table):
    """A message without an effect so far: one that is tried again at `not_before`, or one that was given up.

    `body` is the only place where what the producer wrote about people is kept: it goes with the row, and reasons quote
    nothing of it that names somebody. It is empty where the message was too large to be kept.
    """

    __tablename__ = "event_parked"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        UniqueConstraint("workspace_id", "source", "key"),
        CheckConstraint("state IN ('retry', 'parked')", name="state"),
        CheckConstraint("attempts >= 1", name="attempts"),
        Index("ix_event_parked_due", "not_before", postgresql_where=sql("state = 'retry'")),
    )

    source: Mapped[str] = mapped_column(String(SOURCE_LENGTH_MAX, collation="C"))
    key: Mapped[str] = mapped_column(Text(collation="C"))
    routing_key: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(8))
    code: Mapped[str] = mapped_column(String(40))
    details: Mapped[Mapping[str, Any]]
    attempts: Mapped[int]
    not_before: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    received_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
