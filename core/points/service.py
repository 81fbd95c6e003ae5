"""The ledger's verbs. Every movement is a transfer; balances follow in the same statement and never fall below zero."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Period, period
from core.errors import Refusal
from core.people.models import Workspace
from core.points.models import ALLOWANCE, AMOUNT_MAX, EARNED, RECEIVABLE, SYSTEM_KINDS

ALLOWANCE_PERIOD = "week"


class PointsInvalid(Refusal):
    """An amount that is no whole number from 1 to the limit."""

    code = "points_invalid"


class BalanceShort(Refusal):
    code = "balance_short"


@dataclass(frozen=True, slots=True)
class Entry:
    """A transfer to append. `reverses` names the transfer that it takes back."""

    debit_id: int
    credit_id: int
    amount: int
    reason: str
    reference: str
    idempotency_key: str
    reverses: int | None = None


_SYSTEM_ACCOUNTS = text(
    "INSERT INTO account (workspace_id, kind) SELECT :workspace_id, unnest(CAST(:kinds AS text[])) ON CONFLICT DO NOTHING"
)

_OPEN_EARNED = text(
    "INSERT INTO account (workspace_id, kind, member_id, balance)"
    " SELECT :workspace_id, 'earned', member_id, 0 FROM unnest(CAST(:members AS bigint[])) AS member_id ORDER BY member_id"
    " ON CONFLICT DO NOTHING"
)

# The allowance is there from the first moment it is asked for: the account and the grant that fills it are one statement.
_OPEN_ALLOWANCE = text(
    "WITH opened AS (INSERT INTO account (workspace_id, kind, member_id, period, balance)"
    " VALUES (:workspace_id, 'allowance', :member_id, :period, :points) ON CONFLICT DO NOTHING RETURNING id)"
    " INSERT INTO transfer (workspace_id, group_id, debit_id, credit_id, amount, reason, reference, actor_id, idempotency_key, at)"
    " SELECT :workspace_id, nextval(pg_get_serial_sequence('transfer', 'id')), issuer.id, opened.id, :points, 'grant',"
    " :reference, NULL, :key, :now FROM opened JOIN account AS issuer ON issuer.workspace_id = :workspace_id"
    " AND issuer.kind = 'issuer' WHERE CAST(:points AS bigint) > 0"
)

# Locked in the order of their ids, as everybody does who needs several.
_LOCK = text(
    "SELECT id, kind, member_id, balance FROM account WHERE workspace_id = :workspace_id AND id = ANY(:ids)"
    " ORDER BY id FOR UPDATE"
)

_BALANCES = text(
    "UPDATE account SET balance = account.balance + CASE account.kind WHEN 'receivable' THEN -given.change ELSE given.change END"
    " FROM jsonb_to_recordset(:changes) AS given(id bigint, change bigint)"
    " WHERE account.workspace_id = :workspace_id AND account.id = given.id AND account.balance IS NOT NULL"
).bindparams(bindparam("changes", type_=JSONB))

_APPEND = text(
    "INSERT INTO transfer (workspace_id, group_id, debit_id, credit_id, amount, reason, reference, actor_id, idempotency_key,"
    " reverses, at) SELECT :workspace_id, (SELECT nextval(pg_get_serial_sequence('transfer', 'id'))), debit_id, credit_id,"
    " amount, reason, reference, :actor_id, idempotency_key, reverses, :now"
    " FROM ROWS FROM (jsonb_to_recordset(:entries) AS (debit_id bigint, credit_id bigint, amount bigint, reason text,"
    " reference text, idempotency_key text, reverses bigint)) WITH ORDINALITY AS given ORDER BY ordinality"
).bindparams(bindparam("entries", type_=JSONB))

_REVERSIBLE = text(
    "SELECT transfer.id, debit_id, credit_id, amount, reference, credit.member_id FROM transfer"
    " JOIN account AS credit ON credit.workspace_id = transfer.workspace_id AND credit.id = transfer.credit_id"
    " WHERE transfer.workspace_id = :workspace_id AND transfer.id = ANY(:ids) ORDER BY transfer.id"
)

_OPEN_RECEIVABLE = text(
    "INSERT INTO account (workspace_id, kind, member_id, balance) VALUES (:workspace_id, 'receivable', :member_id, 0)"
    " ON CONFLICT (workspace_id, member_id, kind, period) DO UPDATE SET period = excluded.period RETURNING id"
)

# Locked, lest the points are spent between the look and the transfer.
_OWED = text(
    "SELECT receivable.id AS receivable_id, earned.id AS earned_id, least(receivable.balance, earned.balance) AS amount"
    " FROM account AS earned JOIN account AS receivable ON receivable.workspace_id = earned.workspace_id"
    " AND receivable.member_id = earned.member_id AND receivable.kind = 'receivable'"
    " WHERE earned.workspace_id = :workspace_id AND earned.kind = 'earned' AND receivable.balance > 0"
    " AND earned.balance > 0 AND earned.member_id = ANY(:members) ORDER BY earned.id FOR UPDATE"
)


def allowance_period(workspace: Workspace, now: datetime) -> Period:
    """The giving period that `now` falls into, in the workspace's zone; nothing rolls over."""
    return period(ALLOWANCE_PERIOD, now, ZoneInfo(workspace.time_zone))


def amount(given: object) -> int:
    """A whole number of points from 1 to 10⁹. Raises PointsInvalid for anything else, booleans and strings included."""
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= AMOUNT_MAX:
        raise PointsInvalid(given=str(given)[:40], limit=AMOUNT_MAX)
    return given


async def open_system_accounts(session: AsyncSession, *, workspace_id: int) -> None:
    await session.execute(_SYSTEM_ACCOUNTS, {"workspace_id": workspace_id, "kinds": list(SYSTEM_KINDS)})


async def open_earned(session: AsyncSession, *, workspace_id: int, member_ids: Sequence[int]) -> None:
    await session.execute(_OPEN_EARNED, {"workspace_id": workspace_id, "members": list(member_ids)})


async def open_allowance(session: AsyncSession, *, workspace: Workspace, member_id: int, now: datetime) -> Period:
    """Make sure the member has this period's allowance; granting it twice is impossible."""
    current = allowance_period(workspace, now)
    values = {
        "workspace_id": workspace.id,
        "member_id": member_id,
        "period": current.key,
        "points": workspace.allowance_points,
        "reference": f"{ALLOWANCE}:{current.key}",
        "key": f"{ALLOWANCE}:{member_id}:{current.key}",
        "now": now,
    }
    await session.execute(_OPEN_ALLOWANCE, values)
    return current


async def append(
    session: AsyncSession, entries: Sequence[Entry], *, workspace_id: int, actor_id: int | None, now: datetime
) -> None:
    """Append transfers as one act and move the balances. Raises BalanceShort when an account would fall below zero.

    The accounts must exist. Kept balances change by the sum of what the entries do to them.
    """
    if not entries:
        return
    locked = await _lock(
        session, workspace_id, {entry.debit_id for entry in entries} | {entry.credit_id for entry in entries}
    )
    changes: defaultdict[int, int] = defaultdict(int)
    for entry in entries:
        changes[entry.debit_id] -= amount(entry.amount)
        changes[entry.credit_id] += entry.amount
    for account_id, change in changes.items():
        _check(locked[account_id], change)
    rows = [{"id": account_id, "change": change} for account_id, change in sorted(changes.items()) if change]
    await session.execute(_BALANCES, {"workspace_id": workspace_id, "changes": rows})
    values = {
        "workspace_id": workspace_id,
        "actor_id": actor_id,
        "now": now,
        "entries": [_row(entry) for entry in entries],
    }
    await session.execute(_APPEND, values)


def _check(account: Any, change: int) -> None:
    if account.balance is None:
        return
    after = account.balance + (-change if account.kind == RECEIVABLE else change)
    if after < 0:
        raise BalanceShort(needed=abs(change), left=account.balance)


def _row(entry: Entry) -> Mapping[str, Any]:
    return {field: getattr(entry, field) for field in Entry.__dataclass_fields__}


async def _lock(session: AsyncSession, workspace_id: int, ids: set[int]) -> dict[int, Any]:
    rows = await session.execute(_LOCK, {"workspace_id": workspace_id, "ids": sorted(ids)})
    return {row.id: row for row in rows}


async def reverse(
    session: AsyncSession,
    transfer_ids: Sequence[int],
    *,
    workspace_id: int,
    reason: str,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Take transfers back, each by one more transfer of the same amount the other way.

    What the member has spent meanwhile is advanced from a receivable of their own first, so that no balance falls below
    zero and what is owed is on the books.
    """
    given = {"workspace_id": workspace_id, "ids": sorted(transfer_ids)}
    originals = (await session.execute(_REVERSIBLE, given)).all()
    locked = await _lock(
        session, workspace_id, {row.credit_id for row in originals} | {row.debit_id for row in originals}
    )
    left = {account_id: account.balance for account_id, account in locked.items()}
    entries: list[Entry] = []
    for row in originals:
        short = max(0, row.amount - left[row.credit_id]) if locked[row.credit_id].kind == EARNED else 0
        left[row.credit_id] = (left[row.credit_id] or 0) + short - row.amount
        if short:
            owed = (
                await session.execute(_OPEN_RECEIVABLE, {"workspace_id": workspace_id, "member_id": row.member_id})
            ).scalar_one()
            entries.append(Entry(owed, row.credit_id, short, "receivable_advance", row.reference, f"advance:{row.id}"))
        entries.append(
            Entry(row.credit_id, row.debit_id, row.amount, reason, row.reference, f"reverse:{row.id}", row.id)
        )
    await append(session, entries, workspace_id=workspace_id, actor_id=actor_id, now=now)


async def settle_receivables(
    session: AsyncSession, member_ids: Sequence[int], *, workspace_id: int, reference: str, now: datetime
) -> None:
    """Pay what members owe from what they have just earned."""
    given = {"workspace_id": workspace_id, "members": list(member_ids)}
    rows = await session.execute(_OWED, given)
    entries = [
        Entry(
            row.earned_id,
            row.receivable_id,
            row.amount,
            "receivable_settled",
            reference,
            f"settle:{reference}:{row.receivable_id}",
        )
        for row in rows
    ]
    await append(session, entries, workspace_id=workspace_id, actor_id=None, now=now)
