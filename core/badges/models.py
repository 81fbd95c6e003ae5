"""Tables of badges: the words they are sorted by, their definitions, the awards of them, and what people say of those."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Numbered, OfWorkspace, Table

TYPE, CATEGORY, GROUP = "type", "category", "group"
OPEN, DISMISSED, UPHELD = "open", "dismissed", "upheld"


class BadgeTerm(Numbered, Table):
    """A type, category or group of badges, by the name that definitions use."""

    __tablename__ = "badge_term"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        UniqueConstraint("workspace_id", "kind", "name", name="uq_badge_term_name"),
        CheckConstraint("kind IN ('type', 'category', 'group')", name="kind"),
        CheckConstraint("name <> '' AND char_length(name) <= 200", name="name"),
    )

    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, server_default="")
    emoji: Mapped[str] = mapped_column(Text, server_default="")


class Badge(Numbered, Table):
    """A badge that can be won. `definition` is the whole of it (core.badges.definition.model); the columns repeat what is
    searched, sorted or shown in lists."""

    __tablename__ = "badge"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        ForeignKeyConstraint(["workspace_id", "type_id"], ["badge_term.workspace_id", "badge_term.id"]),
        ForeignKeyConstraint(["workspace_id", "category_id"], ["badge_term.workspace_id", "badge_term.id"]),
        ForeignKeyConstraint(["workspace_id", "group_id"], ["badge_term.workspace_id", "badge_term.id"]),
        UniqueConstraint("workspace_id", "reward_id"),
        UniqueConstraint("public_id"),
        CheckConstraint("points BETWEEN 0 AND 1000000000", name="points"),
        CheckConstraint("rarity IN ('common', 'rare', 'epic', 'legendary')", name="rarity"),
        CheckConstraint(
            "kind IN ('user', 'automated', 'recognition', 'achievement', 'computed', 'workflow', 'challenge', 'nomination')",
            name="kind",
        ),
        Index("ix_badge_name", "workspace_id", text("lower(name)")),
        Index("ix_badge_job", "workspace_id", "id", postgresql_where=text("definition ? 'job'")),
    )

    public_id: Mapped[uuid.UUID] = mapped_column(server_default=func.gen_random_uuid())
    reward_id: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    type_id: Mapped[int]
    category_id: Mapped[int | None]
    group_id: Mapped[int | None]
    points: Mapped[int]
    rarity: Mapped[str] = mapped_column(String(16), server_default="common")
    is_secret: Mapped[bool] = mapped_column(server_default=text("false"))
    is_enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    definition: Mapped[Mapping[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Award(Numbered, Table):
    """A badge given. A revoked award frees its key. `act_id` joins the awards of one act; `why` tells the origin in ids."""

    __tablename__ = "award"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "badge_id"], ["badge.workspace_id", "badge.id"]),
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "giver_id"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "revoked_by"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "transfer_id"], ["transfer.workspace_id", "transfer.id"]),
        UniqueConstraint("public_id"),
        CheckConstraint("points BETWEEN 0 AND 1000000000", name="points"),
        CheckConstraint("giver_id <> member_id", name="not_to_oneself"),
        CheckConstraint("(revoked_at IS NULL) = (revoke_reason IS NULL)", name="revoked"),
        CheckConstraint("char_length(message) <= 1000 AND char_length(revoke_reason) <= 1000", name="length"),
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
        Index("ix_award_act", "workspace_id", "act_id"),
        Index("ix_award_awarded_at", "workspace_id", "awarded_at"),
    )

    public_id: Mapped[uuid.UUID] = mapped_column(server_default=func.gen_random_uuid())
    act_id: Mapped[int] = mapped_column(BigInteger)
    badge_id: Mapped[int]
    member_id: Mapped[int]
    giver_id: Mapped[int | None]
    period: Mapped[str] = mapped_column(String(40), server_default="")
    message: Mapped[str] = mapped_column(Text, server_default="")
    points: Mapped[int]
    why: Mapped[Mapping[str, Any]] = mapped_column(server_default=text("'{}'"))
    transfer_id: Mapped[int | None]
    awarded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[int | None]
    revoke_reason: Mapped[str | None] = mapped_column(Text)


class AwardGuard(OfWorkspace, Table):
    """When a member last got a badge, for limits that roll: an upsert that changes nothing is a refusal."""

    __tablename__ = "award_guard"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "badge_id"], ["badge.workspace_id", "badge.id"]),
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
    )

    badge_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True)
    last_at: Mapped[datetime]


class AwardLike(OfWorkspace, Table):
    """A member likes what stands on one card. `award_id`, here and below, is the first award of the act that the card tells of."""

    __tablename__ = "award_like"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "award_id"], ["award.workspace_id", "award.id"]),
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        Index("ix_award_like_member", "workspace_id", "member_id"),
    )

    award_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class AwardComment(Numbered, Table):
    """Of a comment that was removed nothing is left but that it was there."""

    __tablename__ = "award_comment"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "award_id"], ["award.workspace_id", "award.id"]),
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        CheckConstraint("char_length(text) <= 500 AND (removed_at IS NULL) = (text <> '')", name="text"),
        Index("ix_award_comment_award", "workspace_id", "award_id", "id"),
        Index("ix_award_comment_member", "workspace_id", "member_id"),
        Index(
            "uq_award_comment_words",
            "workspace_id",
            "award_id",
            "member_id",
            text("md5(text)"),
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    award_id: Mapped[int]
    member_id: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    removed_at: Mapped[datetime | None]


class AwardReport(Numbered, Table):
    """A member asks the admins to look at an act; once, whatever becomes of it."""

    __tablename__ = "award_report"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "award_id"], ["award.workspace_id", "award.id"]),
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "decided_by"], ["member.workspace_id", "member.id"]),
        UniqueConstraint("workspace_id", "award_id", "member_id", name="uq_award_report_once"),
        CheckConstraint("state IN ('open', 'dismissed', 'upheld')", name="state"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("char_length(reason) <= 500", name="reason"),
        Index("ix_award_report_open", "workspace_id", "id", postgresql_where=text("state = 'open'")),
        Index("ix_award_report_member", "workspace_id", "member_id"),
    )

    award_id: Mapped[int]
    member_id: Mapped[int]
    reason: Mapped[str] = mapped_column(Text, server_default="")
    state: Mapped[str] = mapped_column(String(16), server_default=OPEN)
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class AwardShowcase(OfWorkspace, Table):
    """A badge that a member shows first. The places are the limit."""

    __tablename__ = "award_showcase"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "badge_id"], ["badge.workspace_id", "badge.id"]),
        UniqueConstraint("workspace_id", "member_id", "badge_id", name="uq_award_showcase_badge"),
        CheckConstraint("place BETWEEN 1 AND 3", name="place"),
    )

    member_id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    badge_id: Mapped[int]


class AwardDraft(Numbered, Table):
    """What somebody asked to give while several badges have the name that was typed; gone as soon as one is chosen."""

    __tablename__ = "award_draft"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "giver_id"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "conversation_id"], ["conversation.workspace_id", "conversation.id"]),
        CheckConstraint("char_length(message) <= 1000", name="message"),
        Index("ix_award_draft_at", "at"),
    )

    giver_id: Mapped[int]
    receiver_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    badge_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    message: Mapped[str] = mapped_column(Text, server_default="")
    conversation_id: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
