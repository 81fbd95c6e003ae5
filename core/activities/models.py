"""Tables of activities. Tallies and months are kept in the transaction of what they count, see core.activities.service."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.database import OfWorkspace, Table

LOGIN, ATTENDANCE = "login", "attendance"
"""Types that the product itself counts: the first contact of a day, and a day of attendance."""

TYPE_LENGTH_MAX = 60
REFERENCE_LENGTH_MAX = 200
SOURCE_LENGTH_MAX = 40


class Activity(OfWorkspace, Table):
    """Something that a member did. Partitioned by the month of `occurred_at`; the partitions stand in a schema of their own,
    where nobody but the owner reaches them, so that each is read behind the wall of this table alone."""

    __tablename__ = "activity"
    __table_args__ = (
        CheckConstraint("type <> '' AND quantity >= 0", name="what"),
        {"postgresql_partition_by": "RANGE (occurred_at)"},
    )

    member_id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(String(TYPE_LENGTH_MAX, collation="C"), primary_key=True)
    occurred_at: Mapped[datetime] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(
        BigInteger, server_default=text("nextval('activity_id_seq'::regclass)"), primary_key=True, sort_order=9
    )
    quantity: Mapped[Decimal] = mapped_column(Numeric(16, 4))
    source: Mapped[str] = mapped_column(String(SOURCE_LENGTH_MAX))
    reference: Mapped[str] = mapped_column(Text)


class ActivityKey(OfWorkspace, Table):
    """The claim of an activity: what a source tells twice counts once, whatever month it says the second time."""

    __tablename__ = "activity_key"

    source: Mapped[str] = mapped_column(String(SOURCE_LENGTH_MAX, collation="C"), primary_key=True)
    reference: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    occurred_at: Mapped[datetime]


class Attendance(OfWorkspace, Table):
    """A member was there on a day."""

    __tablename__ = "attendance"
    __table_args__ = (ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),)

    member_id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(SOURCE_LENGTH_MAX), server_default="")
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Holiday(OfWorkspace, Table):
    """A day on which nobody has to be there. `calendar` is empty for the whole company, else a name that rules may give."""

    __tablename__ = "holiday"
    __table_args__ = (ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),)

    calendar: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, server_default="")


class ActivityTally(OfWorkspace, Table):
    """What a member's activities of a type come to: how often, how much, on how many days, and the runs of days in a row.

    `current` is the run that ends on `last_on`. The key begins with the type: a rule reads all members of one.
    """

    __tablename__ = "activity_tally"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        CheckConstraint("times >= days AND days >= longest AND longest >= current AND current >= 0", name="order"),
        Index("ix_activity_tally_member", "workspace_id", "member_id"),
    )

    type: Mapped[str] = mapped_column(String(TYPE_LENGTH_MAX, collation="C"), primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True)
    times: Mapped[int]
    quantity: Mapped[Decimal] = mapped_column(Numeric(20, 4))
    highest: Mapped[Decimal] = mapped_column(Numeric(16, 4))
    days: Mapped[int] = mapped_column(Integer)
    current: Mapped[int] = mapped_column(Integer)
    longest: Mapped[int] = mapped_column(Integer)
    first_on: Mapped[date]
    last_on: Mapped[date]


class ActivityMonth(OfWorkspace, Table):
    """The days of a month on which a member did something of a type: bit 0 is the first. The key begins with type and month:
    a rule reads all members of one."""

    __tablename__ = "activity_month"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        CheckConstraint("days > 0", name="days"),
        Index("ix_activity_month_member", "workspace_id", "member_id"),
    )

    type: Mapped[str] = mapped_column(String(TYPE_LENGTH_MAX, collation="C"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True)
    days: Mapped[int] = mapped_column(Integer)
