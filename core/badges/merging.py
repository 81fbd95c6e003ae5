"""What becomes of a member's awards when the member is merged into another: of two on one key the earlier stays."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.points import service as points

REVOKED = "award_merged"

_REVOKE = text(
    "UPDATE award SET revoked_at = :now FROM award AS twin WHERE award.workspace_id = :workspace_id"
    " AND award.member_id IN (:younger, :older) AND award.revoked_at IS NULL AND twin.workspace_id = :workspace_id"
    " AND twin.member_id IN (:younger, :older) AND twin.member_id <> award.member_id AND twin.revoked_at IS NULL"
    " AND twin.badge_id = award.badge_id AND twin.period = award.period"
    " AND (twin.awarded_at, twin.id) < (award.awarded_at, award.id) RETURNING award.transfer_id"
)
_MOVE = (
    text("UPDATE award SET member_id = :older WHERE workspace_id = :workspace_id AND member_id = :younger"),
    text("UPDATE award SET giver_id = :older WHERE workspace_id = :workspace_id AND giver_id = :younger"),
    text(
        "WITH moved AS (DELETE FROM award_guard WHERE workspace_id = :workspace_id AND member_id = :younger"
        " RETURNING badge_id, last_at) INSERT INTO award_guard (workspace_id, badge_id, member_id, last_at)"
        " SELECT :workspace_id, badge_id, :older, last_at FROM moved ON CONFLICT (workspace_id, badge_id, member_id)"
        " DO UPDATE SET last_at = greatest(award_guard.last_at, excluded.last_at)"
    ),
)


async def merge(
    session: AsyncSession, *, workspace_id: int, younger: int, older: int, actor_id: int, now: datetime
) -> None:
    """Revoke the later of two awards on one key, with its points, and move the rest. Both members' accounts are locked."""
    values = {"workspace_id": workspace_id, "younger": younger, "older": older}
    revoked = (await session.execute(_REVOKE, {**values, "now": now})).scalars().all()
    paid = [transfer_id for transfer_id in revoked if transfer_id is not None]
    await points.reverse(session, paid, workspace_id=workspace_id, reason=REVOKED, actor_id=actor_id, now=now)
    for statement in _MOVE:
        await session.execute(statement, values)
