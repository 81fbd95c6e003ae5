"""Tables of the ledger.

A transfer takes `amount` from its debit account and adds it to its credit account. A receivable is the one account that is
counted the other way round: what a member owes grows by debits and shrinks by credits.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Numbered, Table

AMOUNT_MAX: Final = 1_000_000_000

ISSUER, EXPIRED, REDEEMED = "issuer", "expired", "redeemed"
SYSTEM_KINDS: Final = (ISSUER, EXPIRED, REDEEMED)
EARNED, ALLOWANCE, RECEIVABLE = "earned", "allowance", "receivable"

EARNING_REASONS: Final = ("kudos", "badge_earned", "achievement_earned", "manual_adjustment", "draw_won")
"""Transfers to an earned account that count as earned in totals and leaderboards, unless they are reversed."""

MERGE = "merge"
"""Points that go from a merged member to the one who lives on; between two accounts of one person."""
ALLOWANCE_RETURNED = "allowance_returned"


class Account(Numbered, Table):
    """Members' accounts keep their balance; system accounts have none (it is summed when needed), so no row is hot.

    `is_closed` once its member was merged into another: it holds nothing any more, whoever still knows the old member.
    """

    __tablename__ = "account"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        UniqueConstraint(
            "workspace_id", "member_id", "kind", "period", name="uq_account_owner", postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("balance >= 0", name="balance"),
        CheckConstraint("NOT is_closed OR balance = 0", name="closed"),
        CheckConstraint("(member_id IS NULL) = (balance IS NULL)", name="kept_balance"),
        CheckConstraint("(member_id IS NULL) = (kind IN ('issuer', 'expired', 'redeemed'))", name="owner"),
        CheckConstraint("kind IN ('issuer', 'expired', 'redeemed', 'earned', 'allowance', 'receivable')", name="kind"),
        CheckConstraint("(kind = 'allowance') = (period <> '')", name="period"),
    )

    kind: Mapped[str] = mapped_column(String(16))
    member_id: Mapped[int | None]
    period: Mapped[str] = mapped_column(String(16), server_default="")
    balance: Mapped[int | None]
    is_closed: Mapped[bool] = mapped_column(server_default=text("false"))


class Transfer(Numbered, Table):
    """Immutable: the database refuses to change or delete a row. `reverses` names the one transfer this one takes back.

    `group_id` joins the transfers of one act. `expires_at` ends the lot that the credit opened.
    """

    __tablename__ = "transfer"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "debit_id"], ["account.workspace_id", "account.id"]),
        ForeignKeyConstraint(["workspace_id", "credit_id"], ["account.workspace_id", "account.id"]),
        ForeignKeyConstraint(["workspace_id", "reverses"], ["transfer.workspace_id", "transfer.id"]),
        UniqueConstraint("workspace_id", "idempotency_key"),
        UniqueConstraint("workspace_id", "reverses"),
        CheckConstraint("amount BETWEEN 1 AND 1000000000", name="amount"),
        CheckConstraint("debit_id <> credit_id", name="two_accounts"),
        CheckConstraint("reverses <> id", name="not_itself"),
        Index("ix_transfer_credit", "workspace_id", "credit_id", "at"),
        Index("ix_transfer_debit", "workspace_id", "debit_id", "at"),
        Index("ix_transfer_at", "workspace_id", "at"),
    )

    group_id: Mapped[int] = mapped_column(BigInteger)
    debit_id: Mapped[int]
    credit_id: Mapped[int]
    amount: Mapped[int]
    reason: Mapped[str] = mapped_column(String(40))
    reference: Mapped[str] = mapped_column(Text, server_default="")
    actor_id: Mapped[int | None]
    expires_at: Mapped[datetime | None]
    idempotency_key: Mapped[str] = mapped_column(Text)
    reverses: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
