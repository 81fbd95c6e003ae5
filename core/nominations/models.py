"""Tables of campaigns: who stands in them, who nominated whom and why, what was said about it, who took part, and the votes.

`vote` and `ballot_roll` are deliberately without times and serial ids: nothing in them tells who voted for whom, or in which order.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Numbered, OfWorkspace, Table

DRAFT, NOMINATION, VOTING, CLOSED, CANCELLED = "draft", "nomination", "voting", "closed", "cancelled"
OPEN = (DRAFT, NOMINATION, VOTING)
STANDING, WITHDRAWN, DECLINED, REMOVED = "standing", "withdrawn", "declined", "removed"
WON, SHARED, TIED, RUNOFF, NO_QUORUM, NO_VOTES = "won", "shared", "tied", "runoff", "no_quorum", "no_votes"


class Campaign(Numbered, Table):
    """One round of nominating and voting for a badge. `config` is the badge's nomination_config as it was when the campaign was
    opened. `outcome` is set at the close; `tied` waits for an admin. `ballot_key` exists while secret votes are cast; `electorate`
    and `ballots` are counted at the close, `record_digest` is the SHA-256 of the public record of then; `told_ballots` is the turnout
    that the public card was last brought up to by the clock."""

    __tablename__ = "campaign"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "badge_id"], ["badge.workspace_id", "badge.id"]),
        ForeignKeyConstraint(["workspace_id", "opened_by"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "conversation_id"], ["conversation.workspace_id", "conversation.id"]),
        ForeignKeyConstraint(["workspace_id", "runoff_of"], ["campaign.workspace_id", "campaign.id"]),
        UniqueConstraint("public_id"),
        UniqueConstraint("workspace_id", "badge_id", "period_key", name="uq_campaign_period"),
        CheckConstraint("state IN ('draft', 'nomination', 'voting', 'closed', 'cancelled')", name="state"),
        CheckConstraint(
            "outcome IN ('won', 'shared', 'tied', 'runoff', 'no_quorum', 'no_votes') AND state = 'closed'"
            " OR outcome IS NULL AND state <> 'closed'",
            name="outcome",
        ),
        CheckConstraint("ballot_key IS NULL OR state = 'voting'", name="key"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 120 AND char_length(reason) <= 500", name="length"),
        CheckConstraint("nominations_end_at >= starts_at AND voting_end_at >= nominations_end_at", name="order"),
        Index(
            "uq_campaign_open",
            "workspace_id",
            "badge_id",
            unique=True,
            postgresql_where=text("state IN ('draft', 'nomination', 'voting')"),
        ),
        Index("ix_campaign_moving", "state", postgresql_where=text("state IN ('draft', 'nomination', 'voting')")),
    )

    public_id: Mapped[uuid.UUID] = mapped_column(server_default=func.gen_random_uuid())
    badge_id: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), server_default=DRAFT)
    outcome: Mapped[str | None] = mapped_column(String(16))
    config: Mapped[Mapping[str, Any]]
    opened_by: Mapped[int | None]
    conversation_id: Mapped[int | None]
    runoff_of: Mapped[int | None]
    period_key: Mapped[str | None] = mapped_column(String(40))
    starts_at: Mapped[datetime]
    nominations_end_at: Mapped[datetime]
    voting_end_at: Mapped[datetime]
    remind_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, server_default="")
    ballot_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    electorate: Mapped[int | None]
    ballots: Mapped[int | None]
    record_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    told_ballots: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Candidacy(Numbered, Table):
    """A member who stands in a campaign, by however many nominations; `withdrawn` when the last of them was taken back. `votes` and `place` are counted at the close."""

    __tablename__ = "candidacy"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "campaign_id"], ["campaign.workspace_id", "campaign.id"]),
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "ended_by"], ["member.workspace_id", "member.id"]),
        UniqueConstraint("workspace_id", "campaign_id", "member_id", name="uq_candidacy_member"),
        CheckConstraint("state IN ('standing', 'withdrawn', 'declined', 'removed')", name="state"),
        CheckConstraint("char_length(reason) <= 500", name="reason"),
        CheckConstraint("votes >= 0 AND place >= 1", name="counted"),
        Index("ix_candidacy_member", "workspace_id", "member_id"),
    )

    campaign_id: Mapped[int]
    member_id: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), server_default=STANDING)
    stood_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    ended_by: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text, server_default="")
    votes: Mapped[int | None]
    place: Mapped[int | None]
    is_winner: Mapped[bool] = mapped_column(server_default=text("false"))


class Nomination(Numbered, Table):
    """Why one member wants another to stand. `nominator_id` is null where the organisers put them on the list."""

    __tablename__ = "nomination"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "candidacy_id"], ["candidacy.workspace_id", "candidacy.id"]),
        ForeignKeyConstraint(["workspace_id", "nominator_id"], ["member.workspace_id", "member.id"]),
        CheckConstraint("char_length(reason) <= 1000", name="reason"),
        Index(
            "uq_nomination_once",
            "workspace_id",
            "candidacy_id",
            "nominator_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_nomination_nominator", "workspace_id", "nominator_id"),
    )

    candidacy_id: Mapped[int]
    nominator_id: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text, server_default="")
    nominated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    withdrawn_at: Mapped[datetime | None]


class NominationComment(Numbered, Table):
    """What is said about a candidacy. Of a comment that was removed nothing is left but that it was there."""

    __tablename__ = "nomination_comment"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "candidacy_id"], ["candidacy.workspace_id", "candidacy.id"]),
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        CheckConstraint("char_length(text) <= 500 AND (removed_at IS NULL) = (text <> '')", name="text"),
        Index("ix_nomination_comment_candidacy", "workspace_id", "candidacy_id", "id"),
        Index("ix_nomination_comment_member", "workspace_id", "member_id"),
        Index(
            "uq_nomination_comment_words",
            "workspace_id",
            "candidacy_id",
            "member_id",
            text("md5(text)"),
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    candidacy_id: Mapped[int]
    member_id: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    removed_at: Mapped[datetime | None]


class BallotRoll(OfWorkspace, Table):
    """Who took part in a campaign that is closed, written all at once in the order of members."""

    __tablename__ = "ballot_roll"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "campaign_id"], ["campaign.workspace_id", "campaign.id"]),
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        Index("ix_ballot_roll_member", "workspace_id", "member_id"),
    )

    campaign_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True)


class Vote(OfWorkspace, Table):
    """`ballot_id` is the campaign, `choice` a candidacy of it. `voter_tag` is an HMAC of the voter under the campaign's key, which
    is destroyed at the close; of an open ballot it is the voter's id."""

    __tablename__ = "vote"

    ballot_id: Mapped[int] = mapped_column(primary_key=True)
    voter_tag: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    ordinal: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    choice: Mapped[int]
