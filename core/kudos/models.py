"""Tables of kudos."""

import uuid
from datetime import datetime

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

MESSAGE_LENGTH_MAX = 1000
TAGS_MAX = 10


class Kudos(Numbered, Table):
    """One act of thanking, whatever the number of receivers."""

    __tablename__ = "kudos"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "giver_id"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "conversation_id"], ["conversation.workspace_id", "conversation.id"]),
        UniqueConstraint("public_id"),
        CheckConstraint("points_each BETWEEN 0 AND 1000000000", name="points_each"),
        CheckConstraint("char_length(message) <= 1000", name="message"),
        Index("ix_kudos_giver", "workspace_id", "giver_id", "given_at"),
        Index("ix_kudos_given_at", "workspace_id", "given_at"),
        Index(
            "ix_kudos_conversation",
            "workspace_id",
            "conversation_id",
            postgresql_where=text("conversation_id IS NOT NULL"),
        ),
    )

    public_id: Mapped[uuid.UUID] = mapped_column(server_default=func.gen_random_uuid())
    giver_id: Mapped[int]
    message: Mapped[str] = mapped_column(Text)
    points_each: Mapped[int]
    is_private: Mapped[bool] = mapped_column(server_default=text("false"))
    conversation_id: Mapped[int | None]
    message_id: Mapped[str] = mapped_column(Text, server_default="")
    given_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class KudosReceiver(OfWorkspace, Table):
    __tablename__ = "kudos_receiver"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "kudos_id"], ["kudos.workspace_id", "kudos.id"]),
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "transfer_id"], ["transfer.workspace_id", "transfer.id"]),
        Index("ix_kudos_receiver_member", "workspace_id", "member_id", "kudos_id"),
    )

    kudos_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True)
    transfer_id: Mapped[int | None]


class Tag(Numbered, Table):
    """`category` is empty for a tag that members made up by using it."""

    __tablename__ = "tag"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        UniqueConstraint("workspace_id", "name"),
        CheckConstraint(
            "category IN ('', 'support', 'leadership', 'innovation', 'teamwork', 'values')", name="category"
        ),
    )

    name: Mapped[str] = mapped_column(String(40))
    emoji: Mapped[str] = mapped_column(Text, server_default="")
    description: Mapped[str] = mapped_column(Text, server_default="")
    category: Mapped[str] = mapped_column(String(16), server_default="")


class KudosTag(OfWorkspace, Table):
    __tablename__ = "kudos_tag"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "kudos_id"], ["kudos.workspace_id", "kudos.id"]),
        ForeignKeyConstraint(["workspace_id", "tag_id"], ["tag.workspace_id", "tag.id"]),
        Index("ix_kudos_tag_tag", "workspace_id", "tag_id", "kudos_id"),
    )

    kudos_id: Mapped[int] = mapped_column(primary_key=True)
    tag_id: Mapped[int] = mapped_column(primary_key=True)


class KudosSecond(OfWorkspace, Table):
    """A member agreed with a kudos; once each. `by_reaction`: with nothing but an emoji, so it goes when that goes."""

    __tablename__ = "kudos_second"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "kudos_id"], ["kudos.workspace_id", "kudos.id"]),
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
    )

    kudos_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by_reaction: Mapped[bool] = mapped_column(server_default=text("false"))


class KudosPair(OfWorkspace, Table):
    """Points that one member gave another in a period: the guard of the cap per pair."""

    __tablename__ = "kudos_pair"
    __table_args__ = (CheckConstraint("points >= 0", name="points"),)

    giver_id: Mapped[int] = mapped_column(primary_key=True)
    receiver_id: Mapped[int] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(String(16), primary_key=True)
    points: Mapped[int]


class KudosRepeat(OfWorkspace, Table):
    """When a member last sent these very words: tells a second try from a second kudos where the platform has no id for it."""

    __tablename__ = "kudos_repeat"

    giver_id: Mapped[int] = mapped_column(primary_key=True)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    last_at: Mapped[datetime]
