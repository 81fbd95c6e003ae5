"""What becomes of a member's points when the member is merged into another: transfers, never an edit."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.people.models import Workspace
from core.points import service, statements
from core.points.models import ALLOWANCE, ALLOWANCE_RETURNED, AMOUNT_MAX, EARNED, MERGE
from core.points.service import Entry

# Everything that a merge moves, and whatever else it is told of, in the order of the ids, as everybody does.
_LOCK = text(
    "SELECT id FROM account WHERE workspace_id = :workspace_id AND (member_id = ANY(:members) OR id = ANY(:ids))"
    " ORDER BY id FOR UPDATE"
)
_HELD = text(
    "SELECT id, kind, period, balance FROM account WHERE workspace_id = :workspace_id AND member_id = :younger AND balance > 0"
    " ORDER BY id"
)
_EARNED = text("SELECT id FROM account WHERE workspace_id = :workspace_id AND member_id = :older AND kind = 'earned'")
_HAS_ALLOWANCE = text(
    "SELECT 1 FROM account WHERE workspace_id = :workspace_id AND member_id = :younger AND kind = 'allowance' AND period = :period"
)
_CLOSE = text("UPDATE account SET is_closed = true WHERE workspace_id = :workspace_id AND member_id = :younger")


async def lock(session: AsyncSession, member_ids: list[int], account_ids: list[int], *, workspace_id: int) -> None:
    """Hold all accounts of members, and some more."""
    values = {"workspace_id": workspace_id, "members": member_ids, "ids": account_ids}
    await session.execute(_LOCK, values)


async def merge(
    session: AsyncSession, *, workspace: Workspace, younger: int, older: int, actor_id: int, now: datetime
) -> None:
    """Move what the younger earned and owes to the older, make one allowance of two, and close the younger's accounts.

    Their accounts are locked, and both members are still apart in `member`.
    """
    values = {"workspace_id": workspace.id, "younger": younger, "older": older}
    await service.open_earned(session, workspace_id=workspace.id, member_ids=[older])
    held = (await session.execute(_HELD, values)).all()
    targets = {
        EARNED: (await session.execute(_EARNED, values)).scalar_one(),
        ALLOWANCE: await service.issuer(session, workspace_id=workspace.id),
    }
    if any(row.kind not in targets for row in held):
        opened = await session.execute(statements.OPEN_RECEIVABLE, {"workspace_id": workspace.id, "member_id": older})
        targets["receivable"] = opened.scalar_one()
    entries = [entry for row in held for entry in _moves(row, targets[row.kind], younger)]
    await service.append(session, entries, workspace_id=workspace.id, actor_id=actor_id, now=now)
    reference = f"{MERGE}:{younger}"
    await service.settle_receivables(session, [older], workspace_id=workspace.id, reference=reference, now=now)
    await session.execute(_CLOSE, values)


async def join_allowances(
    session: AsyncSession, *, workspace: Workspace, younger: int, older: int, now: datetime
) -> None:
    """What both gave in this period counts against the older's allowance. The younger is merged already."""
    period = service.allowance_period(workspace, now).key
    values = {"workspace_id": workspace.id, "younger": younger, "period": period}
    if (await session.execute(_HAS_ALLOWANCE, values)).first() is None:
        return
    await service.open_allowance(session, workspace=workspace, member_id=older, now=now)
    act = f"{MERGE}:{younger}"
    await service.join_allowances(
        session, workspace_id=workspace.id, member_id=older, period_key=period, act=act, now=now
    )


def _moves(row: Any, target_id: int, younger: int) -> Iterator[Entry]:
    """The whole balance of an account, in amounts that a transfer may have. A debt moves the other way."""
    reason = ALLOWANCE_RETURNED if row.kind == ALLOWANCE else MERGE
    here, there = (row.id, target_id) if row.kind in (EARNED, ALLOWANCE) else (target_id, row.id)
    for part, start in enumerate(range(0, row.balance, AMOUNT_MAX)):
        amount = min(AMOUNT_MAX, row.balance - start)
        yield Entry(here, there, amount, reason, f"{MERGE}:{younger}", f"{MERGE}:{row.id}:{part}")
