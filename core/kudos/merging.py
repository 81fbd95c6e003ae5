"""What becomes of a member's kudos when the member is merged into another.

They move to the one who lives on, and what was between the two is taken back: nobody thanks themselves. Of a kudos that went to
both the older's share stays.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.kudos import announce
from core.points import service as points

MERGED = "kudos_merged"

_LOCK = text(
    "SELECT id FROM kudos WHERE workspace_id = :workspace_id AND (giver_id IN (:younger, :older) OR id IN (SELECT kudos_id"
    " FROM kudos_receiver WHERE workspace_id = :workspace_id AND member_id IN (:younger, :older))) ORDER BY id FOR NO KEY UPDATE"
)

# Shares that fall away: of kudos between the two, and of kudos to both. `is_whole`: nobody else received that kudos.
_SHARES = text("""
SELECT kudos.id AS kudos_id, kudos.giver_id, receiver.member_id, receiver.transfer_id, transfer.debit_id, transfer.amount,
       allowance.period, kudos.giver_id IN (:younger, :older) AND NOT EXISTS (
           SELECT FROM kudos_receiver AS other WHERE other.workspace_id = kudos.workspace_id AND other.kudos_id = kudos.id
           AND other.member_id NOT IN (:younger, :older)) AS is_whole
FROM kudos_receiver AS receiver
JOIN kudos ON kudos.workspace_id = receiver.workspace_id AND kudos.id = receiver.kudos_id
LEFT JOIN transfer ON transfer.workspace_id = receiver.workspace_id AND transfer.id = receiver.transfer_id
LEFT JOIN account AS allowance ON allowance.workspace_id = transfer.workspace_id AND allowance.id = transfer.debit_id
WHERE receiver.workspace_id = :workspace_id AND receiver.member_id IN (:younger, :older) AND kudos.undone_at IS NULL
  AND (kudos.giver_id IN (:younger, :older)
    OR (receiver.member_id = :younger AND EXISTS (
        SELECT FROM kudos_receiver AS twin WHERE twin.workspace_id = receiver.workspace_id
        AND twin.kudos_id = receiver.kudos_id AND twin.member_id = :older)))
ORDER BY kudos.id, receiver.member_id
""")

_UNPAIR = text(
    "UPDATE kudos_pair SET points = points - :amount WHERE workspace_id = :workspace_id AND giver_id = :giver_id"
    " AND receiver_id = :member_id AND period = :period"
)
_TAKE_BACK = text(
    "UPDATE kudos SET undone_at = :now, message = '' WHERE workspace_id = :workspace_id AND id = ANY(:ids)"
)
_DROP_SHARE = text(
    "DELETE FROM kudos_receiver WHERE workspace_id = :workspace_id AND kudos_id = :kudos_id AND member_id = :member_id"
)

# Who is now a party of a kudos did not second it; who seconded it twice did so once, at the first time.
_UNSECOND = text("""
WITH mine AS (
    SELECT kudos_id FROM kudos_second WHERE workspace_id = :workspace_id AND member_id IN (:younger, :older)
),
party AS (
    SELECT kudos.id AS kudos_id FROM kudos JOIN mine ON mine.kudos_id = kudos.id
    WHERE kudos.workspace_id = :workspace_id AND (kudos.giver_id IN (:younger, :older) OR EXISTS (
        SELECT FROM kudos_receiver AS receiver WHERE receiver.workspace_id = :workspace_id AND receiver.kudos_id = kudos.id
        AND receiver.member_id IN (:younger, :older)))
)
DELETE FROM kudos_second WHERE workspace_id = :workspace_id AND (
    (member_id IN (:younger, :older) AND kudos_id IN (SELECT kudos_id FROM party))
    OR (member_id IN (:younger, :older) AND EXISTS (
        SELECT FROM kudos_second AS twin WHERE twin.workspace_id = :workspace_id AND twin.kudos_id = kudos_second.kudos_id
        AND twin.member_id IN (:younger, :older) AND twin.member_id <> kudos_second.member_id
        AND (twin.at, twin.member_id) < (kudos_second.at, kudos_second.member_id))))
RETURNING kudos_id
""")

# In this order: who received is told apart from who gave by the giver that is already moved. What was taken back between the
# two keeps the two names; everything else moves.
_MOVE = (
    text("UPDATE kudos_second SET member_id = :older WHERE workspace_id = :workspace_id AND member_id = :younger"),
    text(
        "UPDATE kudos SET giver_id = :older WHERE workspace_id = :workspace_id AND giver_id = :younger AND NOT EXISTS (SELECT"
        " FROM kudos_receiver AS receiver WHERE receiver.workspace_id = :workspace_id AND receiver.kudos_id = kudos.id"
        " AND receiver.member_id = :older)"
    ),
    text(
        "UPDATE kudos_receiver SET member_id = :older FROM kudos WHERE kudos_receiver.workspace_id = :workspace_id"
        " AND kudos_receiver.member_id = :younger AND kudos.workspace_id = :workspace_id AND kudos.id = kudos_receiver.kudos_id"
        " AND kudos.giver_id <> :older AND NOT EXISTS (SELECT FROM kudos_receiver AS twin WHERE twin.workspace_id = :workspace_id"
        " AND twin.kudos_id = kudos_receiver.kudos_id AND twin.member_id = :older)"
    ),
    text(
        "DELETE FROM kudos_pair WHERE workspace_id = :workspace_id AND giver_id IN (:younger, :older)"
        " AND receiver_id IN (:younger, :older)"
    ),
    text(
        "WITH moved AS (DELETE FROM kudos_pair WHERE workspace_id = :workspace_id AND :younger IN (giver_id, receiver_id)"
        " RETURNING giver_id, receiver_id, period, points)"
        " INSERT INTO kudos_pair (workspace_id, giver_id, receiver_id, period, points) SELECT :workspace_id,"
        " CASE giver_id WHEN :younger THEN :older ELSE giver_id END, CASE receiver_id WHEN :younger THEN :older ELSE receiver_id END,"
        " period, points FROM moved ON CONFLICT (workspace_id, giver_id, receiver_id, period)"
        " DO UPDATE SET points = kudos_pair.points + excluded.points"
    ),
    text(
        "WITH moved AS (DELETE FROM kudos_repeat WHERE workspace_id = :workspace_id AND giver_id = :younger"
        " RETURNING content_hash, last_at) INSERT INTO kudos_repeat (workspace_id, giver_id, content_hash, last_at)"
        " SELECT :workspace_id, :older, content_hash, last_at FROM moved ON CONFLICT (workspace_id, giver_id, content_hash)"
        " DO UPDATE SET last_at = greatest(kudos_repeat.last_at, excluded.last_at)"
    ),
)


async def shared_accounts(session: AsyncSession, *, workspace_id: int, younger: int, older: int) -> list[int]:
    """Hold the kudos of both, and tell the allowances out of which they were paid that will be paid back."""
    values = {"workspace_id": workspace_id, "younger": younger, "older": older}
    await session.execute(_LOCK, values)
    rows = (await session.execute(_SHARES, values)).all()
    return sorted({row.debit_id for row in rows if row.debit_id is not None})


async def count_shares(session: AsyncSession, *, workspace_id: int, younger: int, older: int) -> int:
    """How many shares of kudos a merge would take back."""
    values = {"workspace_id": workspace_id, "younger": younger, "older": older}
    return len((await session.execute(_SHARES, values)).all())


async def merge(
    session: AsyncSession, *, workspace_id: int, younger: int, older: int, actor_id: int, now: datetime
) -> int:
    """Take back what was between the two and move the rest; their accounts are locked. Returns how many shares fell away."""
    values = {"workspace_id": workspace_id, "younger": younger, "older": older}
    shares = (await session.execute(_SHARES, values)).all()
    await _take_back(session, shares, workspace_id=workspace_id, actor_id=actor_id, now=now)
    unseconded = (await session.execute(_UNSECOND, values)).scalars().all()
    for statement in _MOVE:
        await session.execute(statement, values)
    for kudos_id in sorted({row.kudos_id for row in shares} | set(unseconded)):
        await announce.changed(session, kudos_id, workspace_id=workspace_id)
    return len(shares)


async def _take_back(
    session: AsyncSession, shares: Sequence[Any], *, workspace_id: int, actor_id: int, now: datetime
) -> None:
    paid = [row.transfer_id for row in shares if row.transfer_id is not None]
    await points.reverse(session, paid, workspace_id=workspace_id, reason=MERGED, actor_id=actor_id, now=now)
    for row in shares:
        values = {"workspace_id": workspace_id, **row._asdict()}
        if row.transfer_id is not None:
            await session.execute(_UNPAIR, values)
        if not row.is_whole:
            await session.execute(_DROP_SHARE, values)
    whole = {"workspace_id": workspace_id, "now": now, "ids": [row.kudos_id for row in shares if row.is_whole]}
    await session.execute(_TAKE_BACK, whole)
