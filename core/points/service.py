"""The ledger's verbs. Every movement is a transfer; balances follow in the same statement and never fall below zero."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Period, period
from core.errors import Refusal
from core.people.models import Workspace
from core.points import statements
from core.points.models import (
    ALLOWANCE,
    ALLOWANCE_RETURNED,
    AMOUNT_MAX,
    EARNED,
    MERGE,
    RECEIVABLE,
    SYSTEM_KINDS,
)

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


def allowance_period(workspace: Workspace, now: datetime) -> Period:
    """The giving period that `now` falls into, in the workspace's zone; nothing rolls over."""
    return period(ALLOWANCE_PERIOD, now, ZoneInfo(workspace.time_zone))


def amount(given: object) -> int:
    """A whole number of points from 1 to 10⁹. Raises PointsInvalid for anything else, booleans and strings included."""
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= AMOUNT_MAX:
        raise PointsInvalid(given=str(given)[:40], limit=AMOUNT_MAX)
    return given


async def open_system_accounts(session: AsyncSession, *, workspace_id: int) -> None:
    await session.execute(statements.SYSTEM_ACCOUNTS, {"workspace_id": workspace_id, "kinds": list(SYSTEM_KINDS)})


async def open_earned(session: AsyncSession, *, workspace_id: int, member_ids: Sequence[int]) -> None:
    await session.execute(statements.OPEN_EARNED, {"workspace_id": workspace_id, "members": list(member_ids)})


async def open_allowance(session: AsyncSession, *, workspace: Workspace, member_id: int, now: datetime) -> Period:
    """Make sure the member has this period's allowance; granting it twice is impossible, as is one for a merged member."""
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
    await session.execute(statements.OPEN_ALLOWANCE, values)
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
    await session.execute(statements.BALANCES, {"workspace_id": workspace_id, "changes": rows})
    values = {
        "workspace_id": workspace_id,
        "actor_id": actor_id,
        "now": now,
        "entries": [_row(entry) for entry in entries],
    }
    await session.execute(statements.APPEND, values)


def _check(account: Any, change: int) -> None:
    if account.balance is None:
        return
    after = account.balance + (-change if account.kind == RECEIVABLE else change)
    if after < 0:
        raise BalanceShort(needed=abs(change), left=account.balance)


def _row(entry: Entry) -> Mapping[str, Any]:
    return {field: getattr(entry, field) for field in Entry.__dataclass_fields__}


async def _lock(session: AsyncSession, workspace_id: int, ids: set[int]) -> dict[int, Any]:
    rows = await session.execute(statements.LOCK, {"workspace_id": workspace_id, "ids": sorted(ids)})
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
    zero and what is owed is on the books. For a member who was merged the one who lives on pays and is paid.
    """
    given = {"workspace_id": workspace_id, "ids": sorted(transfer_ids)}
    originals = (await session.execute(statements.REVERSIBLE, given)).all()
    columns = ("credit_id", "debit_id", "heir_earned_id", "giver_earned_id")
    locked = await _lock(session, workspace_id, {getattr(row, name) for row in originals for name in columns} - {None})
    left = {account_id: account.balance or 0 for account_id, account in locked.items()}
    entries: list[Entry] = []
    for row in originals:
        short = row.amount - left[row.credit_id] if locked[row.credit_id].kind == EARNED else 0
        if short > 0:
            entries += await _cover(session, workspace_id, row, short, left)
        entries.append(
            Entry(row.credit_id, row.debit_id, row.amount, reason, row.reference, f"reverse:{row.id}", row.id)
        )
        left[row.credit_id] -= row.amount
        left[row.debit_id] += row.amount
        entries += await _hand_on(session, workspace_id, row, left)
    await append(session, entries, workspace_id=workspace_id, actor_id=actor_id, now=now)
    shared = {(row.giver_heir_id, row.period): row.id for row in originals if row.giver_heir_id and row.period}
    for (heir_id, period_key), last in sorted(shared.items()):
        await join_allowances(
            session, workspace_id=workspace_id, member_id=heir_id, period_key=period_key, act=f"reverse:{last}", now=now
        )


async def _cover(session: AsyncSession, workspace_id: int, row: Any, short: int, left: dict[int, int]) -> list[Entry]:
    """What has to come in before a transfer can be taken back: an advance, and of a merged member the heir's own points."""
    payer_id = row.heir_earned_id or row.credit_id
    advance = short if payer_id == row.credit_id else max(0, short - left[payer_id])
    entries = []
    if advance:
        values = {"workspace_id": workspace_id, "member_id": row.member_id}
        owed_id = (await session.execute(statements.OPEN_RECEIVABLE, values)).scalar_one()
        entries.append(Entry(owed_id, payer_id, advance, "receivable_advance", row.reference, f"advance:{row.id}"))
        left[payer_id] += advance
    if payer_id != row.credit_id:
        entries.append(Entry(payer_id, row.credit_id, short, MERGE, row.reference, f"cover:{row.id}"))
        left[payer_id] -= short
        left[row.credit_id] += short
    return entries


async def _hand_on(session: AsyncSession, workspace_id: int, row: Any, left: dict[int, int]) -> list[Entry]:
    """What comes back to a merged member goes on: earned points to the heir, an allowance to the issuer (see below)."""
    if not row.giver_heir_id or row.debit_kind not in (EARNED, ALLOWANCE):
        return []
    left[row.debit_id] -= row.amount
    if row.debit_kind == EARNED:
        left[row.giver_earned_id] += row.amount
        return [Entry(row.debit_id, row.giver_earned_id, row.amount, MERGE, row.reference, f"hand_on:{row.id}")]
    issuer_id = await issuer(session, workspace_id=workspace_id)
    return [Entry(row.debit_id, issuer_id, row.amount, ALLOWANCE_RETURNED, row.reference, f"hand_on:{row.id}")]


async def issuer(session: AsyncSession, *, workspace_id: int) -> int:
    """The account that points come from."""
    return int((await session.execute(statements.ISSUER, {"workspace_id": workspace_id})).scalar_one())


async def join_allowances(
    session: AsyncSession, *, workspace_id: int, member_id: int, period_key: str, act: str, now: datetime
) -> None:
    """Make a period's allowance of a member into whom others were merged what one person may still give.

    `act` makes the transfer's key: one such act moves at most once.
    """
    values = {"workspace_id": workspace_id, "member_id": member_id, "period": period_key}
    joined = (await session.execute(statements.JOINED_ALLOWANCE, values)).first()
    if joined is None or joined.balance == joined.due:
        return
    issuer_id = await issuer(session, workspace_id=workspace_id)
    reference, key = f"{ALLOWANCE}:{period_key}", f"joined:{act}:{joined.id}"
    change = joined.due - joined.balance
    entry = (
        Entry(issuer_id, joined.id, change, "allowance_joined", reference, key)
        if change > 0
        else Entry(joined.id, issuer_id, -change, ALLOWANCE_RETURNED, reference, key)
    )
    await append(session, [entry], workspace_id=workspace_id, actor_id=None, now=now)


async def settle_receivables(
    session: AsyncSession, member_ids: Sequence[int], *, workspace_id: int, reference: str, now: datetime
) -> None:
    """Pay what members owe from what they have just earned."""
    given = {"workspace_id": workspace_id, "members": list(member_ids)}
    rows = await session.execute(statements.OWED, given)
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
