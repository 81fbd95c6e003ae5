"""Tables of draws: what is to be won, who takes part, the sealed list, and whom it fell to."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Numbered, OfWorkspace, Table

OPEN, FROZEN, DRAWN, PAID, VOID = "open", "frozen", "drawn", "paid", "void"
WINNERS_MAX: Final = 10_000
NAME_MAX: Final = 120


class Draw(Numbered, Table):
    """Prizes are alike: the badge, or `points` from the issuer, or both. `filters` is a core.draws.eligible.Filters. Joining ends at
    `closes_at`; then the list is sealed, and drawn `notice_seconds` later. `seed` is secret until `drawn_at`. `conversation_id` is
    where it was opened; it is told there and in every connected conversation."""

    __tablename__ = "draw"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        ForeignKeyConstraint(["workspace_id", "badge_id"], ["badge.workspace_id", "badge.id"]),
        ForeignKeyConstraint(["workspace_id", "opened_by"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "voided_by"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "conversation_id"], ["conversation.workspace_id", "conversation.id"]),
        UniqueConstraint("public_id"),
        UniqueConstraint("workspace_id", "source"),
        CheckConstraint("state IN ('open', 'frozen', 'drawn', 'paid', 'void')", name="state"),
        CheckConstraint("name <> '' AND char_length(name) <= 120", name="name"),
        CheckConstraint("points BETWEEN 0 AND 1000000000 AND (points > 0 OR badge_id IS NOT NULL)", name="prize"),
        CheckConstraint(
            "winners BETWEEN 1 AND 10000 AND reserves BETWEEN 0 AND 10000 AND notice_seconds BETWEEN 0 AND 86400",
            name="figures",
        ),
        CheckConstraint(
            "state IN ('open', 'void') OR (list_hash IS NOT NULL AND seed IS NOT NULL AND commitment = sha256(seed)"
            " AND entrants > 0 AND tickets >= entrants AND draws_at IS NOT NULL)",
            name="sealed",
        ),
        CheckConstraint(
            "(state = 'void') = (voided_at IS NOT NULL) AND (voided_at IS NULL) = (void_reason IS NULL)", name="void"
        ),
        Index(
            "uq_draw_open_name",
            "workspace_id",
            text("lower(name)"),
            unique=True,
            postgresql_where=text("is_opt_in AND state = 'open'"),
        ),
        Index(
            "ix_draw_due",
            "state",
            "closes_at",
            "draws_at",
            postgresql_where=text("state IN ('open', 'frozen', 'drawn')"),
        ),
        Index("ix_draw_opened_at", "workspace_id", "opened_at"),
        Index("ix_draw_badge", "workspace_id", "badge_id", "drawn_at", postgresql_where=text("badge_id IS NOT NULL")),
    )

    public_id: Mapped[uuid.UUID] = mapped_column(server_default=func.gen_random_uuid())
    name: Mapped[str] = mapped_column(Text)
    badge_id: Mapped[int | None]
    points: Mapped[int]
    winners: Mapped[int]
    reserves: Mapped[int]
    is_opt_in: Mapped[bool]
    filters: Mapped[Mapping[str, Any]] = mapped_column(server_default=text("'{}'"))
    source: Mapped[str | None] = mapped_column(Text)
    opened_by: Mapped[int | None]
    conversation_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(8), server_default=OPEN)
    opened_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    notice_seconds: Mapped[int]
    draws_at: Mapped[datetime | None]
    drawn_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[int | None]
    void_reason: Mapped[str | None] = mapped_column(String(40))
    entrants: Mapped[int | None]
    tickets: Mapped[int | None]
    list_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    commitment: Mapped[bytes | None] = mapped_column(LargeBinary)
    seed: Mapped[bytes | None] = mapped_column(LargeBinary)


class DrawEntrant(OfWorkspace, Table):
    """A member who joined a draw."""

    __tablename__ = "draw_entrant"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "draw_id"], ["draw.workspace_id", "draw.id"]),
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        Index("ix_draw_entrant_member", "workspace_id", "member_id"),
    )

    draw_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True)
    joined_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class DrawList(OfWorkspace, Table):
    """The sealed list of a draw: the very text that was hashed (core.draws.lottery). The database lets nobody change it."""

    __tablename__ = "draw_list"
    __table_args__ = (ForeignKeyConstraint(["workspace_id", "draw_id"], ["draw.workspace_id", "draw.id"]),)

    draw_id: Mapped[int] = mapped_column(primary_key=True)
    entrants: Mapped[bytes] = mapped_column(LargeBinary)


class DrawResult(OfWorkspace, Table):
    """Each rank once, each entrant once. `prize` counts from 1; a rank without one is a reserve, or was `passed_over` (why)."""

    __tablename__ = "draw_result"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "draw_id"], ["draw.workspace_id", "draw.id"]),
        ForeignKeyConstraint(["workspace_id", "entrant_id"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "paid_to"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "award_id"], ["award.workspace_id", "award.id"]),
        UniqueConstraint("workspace_id", "draw_id", "entrant_id"),
        UniqueConstraint("workspace_id", "draw_id", "prize", name="uq_draw_result_prize"),
        UniqueConstraint("workspace_id", "draw_id", "paid_to", name="uq_draw_result_paid_to"),
        CheckConstraint("(prize IS NULL) = (paid_to IS NULL) AND (prize IS NULL OR passed_over IS NULL)", name="prize"),
        Index("ix_draw_result_paid_to", "workspace_id", "paid_to", postgresql_where=text("paid_to IS NOT NULL")),
    )

    draw_id: Mapped[int] = mapped_column(primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True)
    entrant_id: Mapped[int]
    prize: Mapped[int | None]
    paid_to: Mapped[int | None]
    award_id: Mapped[int | None]
    passed_over: Mapped[str | None] = mapped_column(String(40))
