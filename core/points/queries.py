"""Reads of the ledger."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Hot
from core.points.models import EARNING_REASONS


class Balances(NamedTuple):
    """Whole points. `total` is all that was ever earned less what was revoked, `current` what can be spent, `owed` a debt."""

    total: int
    current: int
    owed: int
    allowance: int | None


class Earned(NamedTuple):
    """What a member earned for one reason, and in how many transfers."""

    reason: str
    times: int
    points: int


class HistoryRow(NamedTuple):
    """`change` is signed; `other_id` the member on the other side, if one is."""

    at: datetime
    reason: str
    change: int
    balance_after: int
    other_id: int | None


# What a member earned, and those who were merged into them: accounts stay with whom they were opened for.
_EARNED = (
    "WITH earned_account AS (SELECT account.id, account.member_id FROM member JOIN account"
    " ON account.workspace_id = member.workspace_id AND account.member_id = member.id AND account.kind = 'earned'"
    " WHERE member.workspace_id = :workspace_id AND (member.id = :member_id OR member.merged_into = :member_id))"
)

_BALANCES = text(
    f"{_EARNED} SELECT"  # noqa: S608 - constants of this code
    " coalesce((SELECT sum(transfer.amount) FROM transfer WHERE transfer.workspace_id = :workspace_id"
    " AND transfer.credit_id = ANY(ARRAY(SELECT id FROM earned_account)) AND transfer.reason = ANY(:reasons) AND transfer.reverses IS NULL"
    " AND NOT EXISTS (SELECT FROM transfer AS taken_back WHERE taken_back.workspace_id = :workspace_id"
    " AND taken_back.reverses = transfer.id)), 0)::bigint AS total,"
    " coalesce(earned.balance, 0) AS current, coalesce(owed.balance, 0) AS owed, allowance.balance AS allowance"
    " FROM (SELECT) AS one"
    " LEFT JOIN account AS earned ON earned.workspace_id = :workspace_id AND earned.member_id = :member_id AND earned.kind = 'earned'"
    " LEFT JOIN account AS owed ON owed.workspace_id = :workspace_id AND owed.member_id = :member_id AND owed.kind = 'receivable'"
    " LEFT JOIN account AS allowance ON allowance.workspace_id = :workspace_id AND allowance.member_id = :member_id"
    " AND allowance.kind = 'allowance' AND allowance.period = :period"
)

_ALLOWANCE = Hot(
    "SELECT balance FROM account WHERE workspace_id = :workspace_id AND member_id = :member_id AND kind = 'allowance'"
    " AND period = :period"
)

# Ids are drawn while the account is locked, so their order is the order in which the balance moved; that of the times is not.
# What only goes from one account of the person to another of theirs moved nothing.
_HISTORY = text(
    _EARNED + " SELECT at, reason, change, sum(change) OVER (ORDER BY id)::bigint AS balance_after, other_id FROM ("  # noqa: S608 - the same
    " SELECT transfer.id, transfer.at, transfer.reason,"
    " CASE WHEN transfer.credit_id = mine.id THEN transfer.amount ELSE -transfer.amount END AS change,"
    " (SELECT coalesce(member.merged_into, member.id) FROM member WHERE member.workspace_id = :workspace_id"
    " AND member.id = other.member_id AND :member_id NOT IN (member.id, coalesce(member.merged_into, 0))) AS other_id"
    " FROM earned_account AS mine JOIN transfer ON transfer.workspace_id = :workspace_id"
    " AND (transfer.credit_id = mine.id OR transfer.debit_id = mine.id)"
    " JOIN account AS other ON other.workspace_id = :workspace_id"
    " AND other.id = CASE WHEN transfer.credit_id = mine.id THEN transfer.debit_id ELSE transfer.credit_id END"
    " WHERE other.id <> ALL(ARRAY(SELECT id FROM earned_account))) AS moves"
    " ORDER BY id DESC LIMIT :limit"
)


_EARNED_BY_REASON = text(
    _EARNED + " SELECT transfer.reason, count(*) AS times, sum(transfer.amount)::bigint AS points"  # noqa: S608 - the same
    " FROM transfer WHERE transfer.workspace_id = :workspace_id AND transfer.credit_id = ANY(ARRAY(SELECT id FROM earned_account))"
    " AND transfer.reason = ANY(:reasons) AND transfer.reverses IS NULL AND transfer.at >= :starts_at AND transfer.at < :ends_at"
    " AND NOT EXISTS (SELECT FROM transfer AS taken_back WHERE taken_back.workspace_id = :workspace_id"
    " AND taken_back.reverses = transfer.id) GROUP BY transfer.reason ORDER BY points DESC, transfer.reason"
)


async def balances(session: AsyncSession, *, workspace_id: int, member_id: int, period: str) -> Balances:
    """A member's figures; `allowance` is None if the period's was never opened."""
    values = {"workspace_id": workspace_id, "member_id": member_id, "period": period, "reasons": list(EARNING_REASONS)}
    return Balances(*(await session.execute(_BALANCES, values)).one())


async def allowance_left(session: AsyncSession, *, workspace_id: int, member_id: int, period: str) -> int | None:
    """What a member may still give; None if the period's allowance was never opened. Reads one row, and no history."""
    rows = await _ALLOWANCE.all(session, {"workspace_id": workspace_id, "member_id": member_id, "period": period})
    return rows[0].balance if rows else None


async def history(session: AsyncSession, *, workspace_id: int, member_id: int, limit: int = 20) -> Sequence[HistoryRow]:
    """What moved a member's earned points, newest first."""
    rows = await session.execute(_HISTORY, {"workspace_id": workspace_id, "member_id": member_id, "limit": limit})
    return [HistoryRow(*row) for row in rows]


async def earned_by_reason(
    session: AsyncSession, *, workspace_id: int, member_id: int, starts_at: datetime, ends_at: datetime
) -> Sequence[Earned]:
    """What counts as earned in a half-open period, the most first; what was taken back does not count."""
    values = {"workspace_id": workspace_id, "member_id": member_id, "starts_at": starts_at, "ends_at": ends_at}
    rows = await session.execute(_EARNED_BY_REASON, {**values, "reasons": list(EARNING_REASONS)})
    return [Earned(*row) for row in rows]
