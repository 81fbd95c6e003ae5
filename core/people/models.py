"""Tables of people and places. What is personal stands in `profile` and `identity` alone; every other table knows ids."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
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

ACTIVE, ON_LEAVE, LEFT = "active", "leave", "left"
ROLES = ("member", "manager", "coordinator", "staff", "admin")


class Workspace(Table):
    """A company and its policy. Points are whole points, `_max` figures are inclusive. While it `runs_jobs` what is due after
    `jobs_since` is done. One that does not `takes_events` leaves them where they come from; one that does not `sends_notices`
    tells members nothing that they did not ask for."""

    __tablename__ = "workspace"
    __table_args__ = (
        CheckConstraint("allowance_points BETWEEN 0 AND 1000000", name="allowance_points"),
        CheckConstraint("kudos_points BETWEEN 0 AND 1000000", name="kudos_points"),
        CheckConstraint("pair_points_max BETWEEN 0 AND 1000000", name="pair_points_max"),
        CheckConstraint("receivers_max BETWEEN 1 AND 100", name="receivers_max"),
        CheckConstraint("undo_minutes BETWEEN 0 AND 1440", name="undo_minutes"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(server_default=func.gen_random_uuid(), unique=True)
    name: Mapped[str] = mapped_column(Text)
    time_zone: Mapped[str] = mapped_column(Text, server_default="Etc/UTC")
    locale: Mapped[str] = mapped_column(String(35), server_default="en")
    allowance_points: Mapped[int] = mapped_column(server_default="50")
    kudos_points: Mapped[int] = mapped_column(server_default="1")
    pair_points_max: Mapped[int] = mapped_column(server_default="20")
    receivers_max: Mapped[int] = mapped_column(server_default="50")
    undo_minutes: Mapped[int] = mapped_column(server_default="10")
    runs_jobs: Mapped[bool] = mapped_column(server_default=text("true"))
    jobs_since: Mapped[datetime] = mapped_column(server_default=func.now())
    takes_events: Mapped[bool] = mapped_column(server_default=text("true"))
    sends_notices: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class WorkspaceZone(OfWorkspace, Table):
    """Which zone the workspace's days were told in, from `since` on; a trigger on `workspace` writes it."""

    __tablename__ = "workspace_zone"
    __table_args__ = (ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),)

    since: Mapped[datetime] = mapped_column(primary_key=True)
    zone: Mapped[str] = mapped_column(Text)


class Binding(Table):
    """Which workspace a Teams tenant, a Slack team or (with `remote_id`) a Telegram group belongs to.

    Read before the workspace is known, so it stands outside row-level security.
    """

    __tablename__ = "binding"

    platform: Mapped[str] = mapped_column(String(16), primary_key=True)
    tenant: Mapped[str] = mapped_column(Text, primary_key=True)
    remote_id: Mapped[str] = mapped_column(Text, primary_key=True, server_default="")
    workspace_id: Mapped[int]
    bound_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),)


class Member(Numbered, Table):
    """`is_provisional` until the member is heard of by themselves or by an import. `merged_into` ends this row's life;
    it names somebody who lives: who was merged into a merged member is merged into that one's heir. Who `hides_rank` is on no
    leaderboard."""

    __tablename__ = "member"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        ForeignKeyConstraint(
            ["workspace_id", "manager_id"], ["member.workspace_id", "member.id"], name="fk_member_manager"
        ),
        ForeignKeyConstraint(
            ["workspace_id", "merged_into"], ["member.workspace_id", "member.id"], name="fk_member_merged_into"
        ),
        UniqueConstraint("public_id"),
        CheckConstraint("status IN ('active', 'leave', 'left')", name="status"),
        CheckConstraint("roles <@ ARRAY['member', 'manager', 'coordinator', 'staff', 'admin']", name="roles"),
        CheckConstraint("manager_id <> id AND merged_into <> id", name="not_oneself"),
        Index("ix_member_merged", "workspace_id", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index("ix_member_unranked", "workspace_id", "id", postgresql_where=text("status = 'left' OR hides_rank")),
    )

    public_id: Mapped[uuid.UUID] = mapped_column(server_default=func.gen_random_uuid())
    status: Mapped[str] = mapped_column(String(16), server_default=ACTIVE)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("ARRAY['member']"))
    is_provisional: Mapped[bool] = mapped_column(server_default=text("false"))
    manager_id: Mapped[int | None]
    merged_into: Mapped[int | None]
    hides_rank: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Profile(OfWorkspace, Table):
    """Everything personal about a member in one row; erasing a person deletes it."""

    __tablename__ = "profile"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        CheckConstraint("birth_month BETWEEN 1 AND 12 AND birth_day BETWEEN 1 AND 31", name="birthday"),
        CheckConstraint("email = lower(email)", name="email"),
        CheckConstraint("(quiet_from IS NULL) = (quiet_to IS NULL) AND quiet_from <> quiet_to", name="quiet"),
        Index("uq_profile_email", "workspace_id", "email", unique=True),
        Index("ix_profile_department", "workspace_id", "department", postgresql_where=text("department IS NOT NULL")),
        Index("ix_profile_location", "workspace_id", "location", postgresql_where=text("location IS NOT NULL")),
        Index("ix_profile_job_code", "workspace_id", "job_code", postgresql_where=text("job_code IS NOT NULL")),
        Index(
            "ix_profile_birthday",
            "workspace_id",
            "birth_month",
            "birth_day",
            postgresql_where=text("birth_month IS NOT NULL"),
        ),
        Index("ix_profile_groups", "groups", postgresql_using="gin"),
        Index("ix_profile_programs", "programs", postgresql_using="gin"),
    )

    member_id: Mapped[int] = mapped_column(primary_key=True)
    display_name: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    locale: Mapped[str | None] = mapped_column(String(35))
    time_zone: Mapped[str | None] = mapped_column(Text)
    job_code: Mapped[str | None] = mapped_column(Text)
    department: Mapped[str | None] = mapped_column(Text)
    location: Mapped[str | None] = mapped_column(Text)
    groups: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    programs: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    hire_date: Mapped[date | None]
    birth_year: Mapped[int | None] = mapped_column(SmallInteger)
    birth_month: Mapped[int | None] = mapped_column(SmallInteger)
    birth_day: Mapped[int | None] = mapped_column(SmallInteger)
    attributes: Mapped[Mapping[str, Any]] = mapped_column(server_default=text("'{}'"))
    quiet_from: Mapped[time | None]
    quiet_to: Mapped[time | None]
    wants_notices: Mapped[bool] = mapped_column(server_default=text("true"))


class PlatformIdentity(OfWorkspace, Table):
    """A platform account of a member. One account may have several ids (Teams: `29:…` and the Entra object id).
    Of several workspaces that know the account, its private chat belongs to the one that was `chosen_at` last."""

    __tablename__ = "identity"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        Index("ix_identity_account", "platform", "tenant", "remote_id"),
        Index("ix_identity_member", "workspace_id", "member_id"),
    )

    platform: Mapped[str] = mapped_column(String(16), primary_key=True)
    tenant: Mapped[str] = mapped_column(Text, primary_key=True)
    remote_id: Mapped[str] = mapped_column(Text, primary_key=True)
    member_id: Mapped[int]
    is_alias: Mapped[bool] = mapped_column(server_default=text("false"))
    linked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    chosen_at: Mapped[datetime | None]


class Conversation(Numbered, Table):
    """A chat the bot is in. `reference` is the adapter's own, needed to write there. Connected ones get the cards of all,
    as `mode` says (core.people.modes)."""

    __tablename__ = "conversation"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        UniqueConstraint("workspace_id", "platform", "tenant", "remote_id", name="uq_conversation_place"),
        CheckConstraint("kind IN ('personal', 'group', 'channel')", name="kind"),
        CheckConstraint("(kind = 'personal') OR member_id IS NULL", name="personal"),
        CheckConstraint("mode IN ('direct', 'thread', 'digest', 'silent')", name="mode"),
        Index("ix_conversation_connected", "workspace_id", postgresql_where=text("is_connected")),
        Index("ix_conversation_member", "workspace_id", "member_id", postgresql_where=text("member_id IS NOT NULL")),
    )

    platform: Mapped[str] = mapped_column(String(16))
    tenant: Mapped[str] = mapped_column(Text)
    remote_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(Text, server_default="")
    reference: Mapped[Mapping[str, Any]] = mapped_column(server_default=text("'{}'"))
    member_id: Mapped[int | None]
    is_connected: Mapped[bool] = mapped_column(server_default=text("false"))
    is_gone: Mapped[bool] = mapped_column(server_default=text("false"))
    mode: Mapped[str] = mapped_column(String(8), server_default="direct")
    heard_at: Mapped[datetime] = mapped_column(server_default=func.now())
