"""Proves the books by SQL of its own: nothing here uses what the services use, and every statement reads all workspaces.

A check is a query for what must not be: each row is a finding. Run as ops, with a statement timeout of minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.points import verify_statements as statements

STATEMENT_SECONDS = 600
FINDINGS_MAX = 200


@dataclass(frozen=True, slots=True)
class Check:
    """`query` selects (workspace_id, ids, expected, found), one row for each fault."""

    code: str
    about: str
    query: str


class Finding(NamedTuple):
    """`ids` names the rows, as in `account 7, transfer 12`."""

    code: str
    workspace_id: int
    ids: str
    expected: str
    found: str


class Outcome(NamedTuple):
    """`faults` is the number of all; `findings` are the first of them."""

    check: Check
    faults: int
    findings: Sequence[Finding]


# Every check joins whole tables; after a busy hour stale statistics must not make it look rows up one by one.
_JOIN_BY_HASH = text("SELECT set_config('enable_nestloop', 'off', true)")


async def examine(session: AsyncSession, check: Check) -> Outcome:
    """Run one check over all workspaces. It is one statement, so that it sees one moment, whatever goes on meanwhile."""
    found = text(
        f"SELECT fault.*, count(*) OVER () AS faults FROM ({check.query}) AS fault(workspace_id, ids, expected, found)"  # noqa: S608 - constants of this code
        " ORDER BY workspace_id, ids LIMIT :limit"
    )
    await session.execute(_JOIN_BY_HASH)
    rows = (await session.execute(found, {"limit": FINDINGS_MAX})).all()
    findings = [Finding(check.code, row.workspace_id, row.ids, str(row.expected), str(row.found)) for row in rows]
    return Outcome(check, rows[0].faults if rows else 0, findings)


LEDGER = (
    Check("balance_drift", "a kept balance is the sum of the account's transfers", statements.BALANCE_DRIFT),
    Check("balance_negative", "no balance is below zero", statements.BALANCE_NEGATIVE),
    Check(
        "balance_kept_wrongly",
        "members' accounts keep a balance, system accounts none",
        statements.BALANCE_KEPT_WRONGLY,
    ),
    Check("account_owner", "an account's kind fits its owner and its period", statements.ACCOUNT_OWNER),
    Check("account_repeated", "nobody has two accounts of one kind and period", statements.ACCOUNT_REPEATED),
    Check(
        "system_account_missing",
        "each workspace has its issuer, expired and redeemed accounts",
        statements.SYSTEM_ACCOUNT_MISSING,
    ),
    Check("account_member_missing", "an account's member is in its workspace", statements.ACCOUNT_MEMBER_MISSING),
    Check(
        "transfer_account_missing",
        "both accounts of a transfer are in its workspace",
        statements.TRANSFER_ACCOUNT_MISSING,
    ),
    Check("transfer_amount", "an amount is from 1 to 1,000,000,000", statements.TRANSFER_AMOUNT),
    Check("transfer_to_itself", "a transfer has two accounts", statements.TRANSFER_TO_ITSELF),
    Check("transfer_kinds", "a transfer's reason fits the kinds of its accounts", statements.TRANSFER_KINDS),
    Check(
        "transfer_owner",
        "a receivable moves only with its own member's points, a merge between one person's accounts",
        statements.TRANSFER_OWNER,
    ),
    Check("transfer_repeated", "an idempotency key moves points once", statements.TRANSFER_REPEATED),
    Check("transfer_actor_missing", "who moved points is in the workspace", statements.TRANSFER_ACTOR_MISSING),
    Check("transfer_in_future", "nothing has moved tomorrow", statements.TRANSFER_IN_FUTURE),
    Check("reversal_mismatch", "a reversal is its original, mirrored, and later", statements.REVERSAL_MISMATCH),
    Check("reversal_repeated", "a transfer is reversed at most once", statements.REVERSAL_REPEATED),
    Check("reversal_of_reversal", "a reversal is not reversed", statements.REVERSAL_OF_REVERSAL),
    Check(
        "allowance_grant",
        "an allowance was granted once, in full, or not at all where there is none",
        statements.ALLOWANCE_GRANT,
    ),
    Check("allowance_period", "an allowance was granted in the week it is for", statements.ALLOWANCE_PERIOD),
    Check(
        "identity_member_missing", "a platform account belongs to a living member", statements.IDENTITY_MEMBER_MISSING
    ),
    Check("merged_balance", "a merged member holds no points", statements.MERGED_BALANCE),
    Check("merged_account_open", "accounts of merged members are closed, no others are", statements.ACCOUNT_CLOSED),
    Check("merged_into_merged", "who was merged was merged into somebody who lives", statements.MERGED_INTO_MERGED),
)
