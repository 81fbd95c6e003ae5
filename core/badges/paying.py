"""The points of awards, from the issuer: set-based, however many there are."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.points import service as points

# Awards of a badge between two ids that were not paid yet: those that this transaction made, for nobody sees another's before
# they are paid.
_UNPAID = """award.workspace_id = :workspace_id AND award.id BETWEEN :first AND :last AND award.badge_id = ANY(CAST(:badges AS bigint[]))
      AND award.transfer_id IS NULL AND award.points > 0 AND award.revoked_at IS NULL"""

# Nobody opens an account of a member who was merged a moment ago: the member's row is held, so that a merge is before or after.
_OPEN = text(f"""
INSERT INTO account (workspace_id, kind, member_id, balance)
SELECT :workspace_id, 'earned', member.id, 0 FROM member
WHERE member.workspace_id = :workspace_id AND member.merged_into IS NULL
  AND member.id IN (SELECT award.member_id FROM award WHERE {_UNPAID})
ORDER BY member.id FOR SHARE ON CONFLICT DO NOTHING
""")  # noqa: S608 - constants of this code

# Accounts are locked in the order of their ids, as everybody does; the transfers' ids are drawn while they are. The issuer is
# looked up once and not for each award. Each step finds its rows by a key of a table: nobody knows how many rows a step before
# it writes, so two of them joined would be compared row by row.
_PAY = text(f"""
WITH issuer AS MATERIALIZED (SELECT id FROM account WHERE workspace_id = :workspace_id AND kind = 'issuer'),
locked AS (
    SELECT account.id, account.kind, account.balance, award.id AS award_id, award.member_id, award.points
    FROM award JOIN account ON account.workspace_id = award.workspace_id AND account.member_id = award.member_id
         AND account.kind IN ('earned', 'receivable')
    WHERE {_UNPAID}
    ORDER BY account.id FOR UPDATE OF account
),
credited AS (
    UPDATE account SET balance = account.balance + due.points
    FROM (SELECT id, sum(points) AS points FROM locked WHERE kind = 'earned' GROUP BY id) AS due
    WHERE account.workspace_id = :workspace_id AND account.id = due.id
),
act AS MATERIALIZED (SELECT nextval(pg_get_serial_sequence('transfer', 'id')) AS id),
moved AS (
    INSERT INTO transfer (workspace_id, group_id, debit_id, credit_id, amount, reason, reference, actor_id, idempotency_key, at)
    SELECT :workspace_id, (SELECT id FROM act), (SELECT id FROM issuer), locked.id, locked.points, 'badge_earned',
           'award:' || locked.award_id, CAST(:giver AS bigint), 'award:' || locked.award_id, :now
    FROM locked WHERE locked.kind = 'earned' ORDER BY locked.id, locked.award_id
    RETURNING id, CAST(split_part(reference, ':', 2) AS bigint) AS award_id
),
told AS (
    UPDATE award SET transfer_id = moved.id FROM moved WHERE award.workspace_id = :workspace_id AND award.id = moved.award_id
)
SELECT (SELECT count(*) FROM moved) AS paid,
       ARRAY(SELECT DISTINCT member_id FROM locked WHERE kind = 'receivable' AND balance > 0) AS owing
""")  # noqa: S608 - constants of this code


async def pay(
    session: AsyncSession,
    *,
    workspace_id: int,
    badge_ids: Sequence[int],
    first: int,
    last: int,
    count: int,
    giver_id: int | None,
    reference: str,
    now: datetime,
) -> None:
    """Pay the `count` awards with points that this transaction made of these badges, their ids from `first` to `last`."""
    if not count:
        return
    of_awards = {"workspace_id": workspace_id, "badges": list(badge_ids), "first": first, "last": last}
    await session.execute(_OPEN, of_awards)
    paid = (await session.execute(_PAY, {**of_awards, "giver": giver_id, "now": now})).one()
    assert paid.paid == count, f"{paid.paid} of {count} awards paid"
    if paid.owing:
        await points.settle_receivables(session, paid.owing, workspace_id=workspace_id, reference=reference, now=now)
