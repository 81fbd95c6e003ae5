"""Reads of the ledger."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.points.models import EARNING_REASONS


class Balances(NamedTuple):
    """Whole points. `total` is all that was ever earned less what was revoked, `current` what can be spent, `owed` a debt."""

    total: int
    current: int
    owed: int
    allowance: int | None


class HistoryRow(NamedTuple):
    """`change` is signed; `other_id` the member on the other side, if one is."""

    at: datetime
    reason: str
    change: int
    balance_after: int
    other_id: int | None


_BALANCES = text(
    "SELECT"
    " coalesce((SELECT sum(transfer.amount) FROM transfer WHERE transfer.workspace_id = :workspace_id"
    " AND transfer.credit_id = earned.id AND transfer.reason = ANY(:reasons) AND transfer.reverses IS NULL"
    " AND NOT EXISTS (SELECT FROM transfer AS taken_back WHERE taken_back.workspace_id = :workspace_id"
    " AND taken_back.reverses = transfer.id)), 0)::bigint AS total,"
    " coalesce(earned.balance, 0) AS current, coalesce(owed.balance, 0) AS owed, allowance.balance AS allowance"
    " FROM (SELECT) AS one"
    " LEFT JOIN account AS earned ON earned.workspace_id = :workspace_id AND earned.member_id = :member_id AND earned.kind = 'earned'"
    " LEFT JOIN account AS owed ON owed.workspace_id = :workspace_id AND owed.member_id = :member_id AND owed.kind = 'receivable'"
    " LEFT JOIN account AS allowance ON allowance.workspace_id = :workspace_id AND allowance.member_id = :member_id"
    " AND allowance.kind = 'allowance' AND allowance.period = :period"
)

# Ids are drawn while the account is locked, so their order is the order in which the balance moved; that of the times is not.
_HISTORY = text(
    "SELECT at, reason, change, sum(change) OVER (ORDER BY id)::bigint AS balance_after, other_id FROM ("
    " SELECT transfer.id, transfer.at, transfer.reason,"
    " CASE WHEN transfer.credit_id = mine.id THEN transfer.amount ELSE -transfer.amount END AS change,"
    " nullif(other.member_id, :member_id) AS other_id"
    " FROM account AS mine JOIN transfer ON transfer.workspace_id = :workspace_id"
    " AND (transfer.credit_id = mine.id OR transfer.debit_id = mine.id)"
    " JOIN account AS other ON other.workspace_id = :workspace_id"
    " AND other.id = CASE WHEN transfer.credit_id = mine.id THEN transfer.debit_id ELSE transfer.credit_id END"
    " WHERE mine.workspace_id = :workspace_id AND mine.member_id = :member_id AND mine.kind = 'earned') AS moves"
    " ORDER BY id DESC LIMIT :limit"
)


async def balances(session: AsyncSession, *, workspace_id: int, member_id: int, period: str) -> Balances:
    """A member's figures; `allowance` is None if the period's was never opened."""
    values = {"workspace_id": workspace_id, "member_id": member_id, "period": period, "reasons": list(EARNING_REASONS)}
    return Balances(*(await session.execute(_BALANCES, values)).one())


async def history(session: AsyncSession, *, workspace_id: int, member_id: int, limit: int = 20) -> Sequence[HistoryRow]:
    """What moved a member's earned points, newest first."""
    rows = await session.execute(_HISTORY, {"workspace_id": workspace_id, "member_id": member_id, "limit": limit})
    return [HistoryRow(*row) for row in rows]
