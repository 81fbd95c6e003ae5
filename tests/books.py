"""The ledger read by other SQL than its own: what the balances must be, from the transfers alone."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.people.models import Workspace
from core.people.queries import Person
from core.points import service as points
from core.points.service import Entry

_DRIFT = text("""
WITH moved AS (
    SELECT account_id, sum(change) AS change FROM transfer,
    LATERAL (VALUES (debit_id, -amount), (credit_id, amount)) AS side(account_id, change)
    WHERE workspace_id = :workspace_id GROUP BY account_id
)
SELECT account.* FROM account LEFT JOIN moved ON moved.account_id = account.id
WHERE workspace_id = :workspace_id AND balance IS NOT NULL
  AND (balance < 0 OR balance <> coalesce(moved.change, 0) * CASE kind WHEN 'receivable' THEN -1 ELSE 1 END)
""")
_ACCOUNT = text(
    "SELECT id FROM account WHERE workspace_id = :workspace_id AND kind = :kind AND member_id IS NOT DISTINCT FROM CAST(:member_id AS bigint)"
)
_TRANSFERS = text("SELECT * FROM transfer WHERE workspace_id = :workspace_id ORDER BY id")


async def assert_balanced(session: AsyncSession, workspace: Workspace) -> None:
    """Every kept balance is the sum of its transfers and not negative."""
    drift = (await session.execute(_DRIFT, {"workspace_id": workspace.id})).all()
    assert not drift


async def transfers(session: AsyncSession, workspace: Workspace) -> list[Any]:
    return list((await session.execute(_TRANSFERS, {"workspace_id": workspace.id})).all())


async def account(session: AsyncSession, workspace: Workspace, kind: str, member: Person | None = None) -> int:
    """The id of an account; a member's is opened if it is not there."""
    if member is not None:
        await points.open_earned(session, workspace_id=workspace.id, member_ids=[member.member_id])
    values = {"workspace_id": workspace.id, "kind": kind, "member_id": member.member_id if member else None}
    return int((await session.execute(_ACCOUNT, values)).scalar_one())


async def granting(session: AsyncSession, workspace: Workspace, member: Person, amount: int, key: str) -> Entry:
    """An entry that gives a member points out of nothing."""
    issuer, earned = await account(session, workspace, "issuer"), await account(session, workspace, "earned", member)
    return Entry(issuer, earned, amount, "manual_adjustment", "", key)


async def spending(session: AsyncSession, workspace: Workspace, member: Person, amount: int, key: str) -> Entry:
    earned, redeemed = (
        await account(session, workspace, "earned", member),
        await account(session, workspace, "redeemed"),
    )
    return Entry(earned, redeemed, amount, "redeemed", "", key)
