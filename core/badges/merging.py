"""What becomes of a member's awards when the member is merged into another: of two on one key the earlier stays."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.points import service as points

REVOKED = "award_merged"

REASON = "members merged"

# What one of the two gave the other was given by nobody else: it is taken back, as a kudos between them is.
_BETWEEN = text(
    "UPDATE award SET giver_id = NULL, revoked_at = coalesce(award.revoked_at, :now),"
    " revoked_by = coalesce(award.revoked_by, :actor), revoke_reason = coalesce(award.revoke_reason, :reason)"
    " FROM award AS before WHERE award.workspace_id = :workspace_id AND award.member_id IN (:younger, :older)"
    " AND award.giver_id IN (:younger, :older) AND before.workspace_id = award.workspace_id AND before.id = award.id"
    " RETURNING CASE WHEN before.revoked_at IS NULL THEN award.transfer_id END"
)
_TWINS = text(
    "UPDATE award SET revoked_at = :now, revoked_by = :actor, revoke_reason = :reason FROM award AS twin"
    " WHERE award.workspace_id = :workspace_id"
    " AND award.member_id IN (:younger, :older) AND award.revoked_at IS NULL AND twin.workspace_id = :workspace_id"
    " AND twin.member_id IN (:younger, :older) AND twin.member_id <> award.member_id AND twin.revoked_at IS NULL"
    " AND twin.badge_id = award.badge_id AND twin.period = award.period"
    " AND (twin.awarded_at, twin.id) < (award.awarded_at, award.id) RETURNING award.transfer_id"
)
_MOVE = (
    text("UPDATE award SET member_id = :older WHERE workspace_id = :workspace_id AND member_id = :younger"),
    text("UPDATE award SET giver_id = :older WHERE workspace_id = :workspace_id AND giver_id = :younger"),
    text(
        "WITH guarded AS (DELETE FROM award_guard WHERE workspace_id = :workspace_id AND member_id IN (:younger, :older)"
        " RETURNING badge_id) INSERT INTO award_guard (workspace_id, badge_id, member_id, last_at)"
        " SELECT :workspace_id, badge_id, :older, max(awarded_at) FROM award WHERE workspace_id = :workspace_id"
        " AND member_id = :older AND revoked_at IS NULL AND badge_id IN (SELECT badge_id FROM guarded) GROUP BY badge_id"
    ),
)


async def merge(
    session: AsyncSession, *, workspace_id: int, younger: int, older: int, actor_id: int, now: datetime
) -> None:
    """Revoke what the two gave each other, and the later of two awards on one key, with their points; move the rest.
    Both members' accounts are locked."""
    values = {"workspace_id": workspace_id, "younger": younger, "older": older}
    revoking = {**values, "now": now, "actor": actor_id, "reason": REASON}
    revoked = [
        *(await session.execute(_BETWEEN, revoking)).scalars(),
        *(await session.execute(_TWINS, revoking)).scalars(),
    ]
    paid = [transfer_id for transfer_id in revoked if transfer_id is not None]
    await points.reverse(session, paid, workspace_id=workspace_id, reason=REVOKED, actor_id=actor_id, now=now)
    for statement in _MOVE:
        await session.execute(statement, values)
