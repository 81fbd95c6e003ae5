"""Tables of journeys. What the steps are stands in the badge's definition; here is who is on the way, and what they have done."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.badges.definition.kinds import BY_STEPS
from core.database import Numbered, OfWorkspace, Table

KINDS = BY_STEPS
"""Kinds of badges that are journeys: steps in order, and steps in any order."""

SELF, HAND, AUTO, RULE, COHORT, WINNER = "self", "hand", "auto", "rule", "cohort", "winner"
EVENT, CONDITION, TICK = "event", "condition", "tick"


class Journey(Numbered, Table):
    """A member is on the way to a badge, for the first or another time. What they did after `started_at` counts.

    `award_id` is what they got in the end. `looked_at` is when the clock last looked whether anything was missed.
    """

    __tablename__ = "journey"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "badge_id"], ["badge.workspace_id", "badge.id"]),
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "enrolled_by"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "award_id"], ["award.workspace_id", "award.id"]),
        CheckConstraint("origin IN ('self', 'hand', 'auto', 'rule', 'cohort', 'winner')", name="origin"),
        CheckConstraint("round >= 1", name="round"),
        CheckConstraint("(completed_at IS NULL) = (award_id IS NULL)", name="completed"),
        Index("uq_journey_round", "workspace_id", "badge_id", "member_id", "round", unique=True),
        Index(
            "uq_journey_open",
            "workspace_id",
            "badge_id",
            "member_id",
            unique=True,
            postgresql_where=text("completed_at IS NULL"),
        ),
        Index("ix_journey_member", "workspace_id", "member_id"),
        Index(
            "ix_journey_enrolled_by", "workspace_id", "enrolled_by", postgresql_where=text("enrolled_by IS NOT NULL")
        ),
        Index("ix_journey_award", "workspace_id", "award_id", postgresql_where=text("award_id IS NOT NULL")),
        Index("ix_journey_looked", "workspace_id", "looked_at", postgresql_where=text("completed_at IS NULL")),
    )

    badge_id: Mapped[int]
    member_id: Mapped[int]
    round: Mapped[int]
    origin: Mapped[str] = mapped_column(String(16))
    enrolled_by: Mapped[int | None]
    enrolled_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    started_at: Mapped[datetime]
    looked_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    award_id: Mapped[int | None] = mapped_column(BigInteger)


class JourneyStep(OfWorkspace, Table):
    """A step that is done, by its name in the definition. `done_at` is when what did it happened."""

    __tablename__ = "journey_step"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "journey_id"], ["journey.workspace_id", "journey.id"]),
        ForeignKeyConstraint(["workspace_id", "actor_id"], ["member.workspace_id", "member.id"]),
        CheckConstraint("how IN ('event', 'condition', 'tick')", name="how"),
        CheckConstraint("(how = 'event') = (event <> '') AND (how = 'tick') = (actor_id IS NOT NULL)", name="by"),
        Index("ix_journey_step_actor", "workspace_id", "actor_id", postgresql_where=text("actor_id IS NOT NULL")),
    )

    journey_id: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(Text, primary_key=True)
    done_at: Mapped[datetime]
    how: Mapped[str] = mapped_column(String(16))
    event: Mapped[str] = mapped_column(Text, server_default="")
    actor_id: Mapped[int | None]
