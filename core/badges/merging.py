"""What becomes of a member's awards when the member is merged into another: of two on one key the earlier stays.

Likes, comments and reports go along. Of two on one act the older's stays, and who is now a party of an act does not like it.
"""

from datetime import datetime

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import announce
from core.points import service as points

REVOKED = "award_merged"

REASON = "members merged"

# An award takes its guard before anything else: so does a merge.
_HOLD = text(
    "SELECT badge_id FROM award_guard WHERE workspace_id = :workspace_id AND member_id = ANY(:members)"
    " ORDER BY badge_id, member_id FOR UPDATE"
).bindparams(bindparam("members", type_=ARRAY(BigInteger)))

# What one of the two gave the other was given by nobody else: it is taken back, as a kudos between them is.
_BETWEEN = text(
    "UPDATE award SET giver_id = NULL, revoked_at = coalesce(award.revoked_at, :now),"
    " revoked_by = coalesce(award.revoked_by, :actor), revoke_reason = coalesce(award.revoke_reason, :reason)"
    " FROM award AS before WHERE award.workspace_id = :workspace_id AND award.member_id IN (:younger, :older)"
    " AND award.giver_id IN (:younger, :older) AND before.workspace_id = award.workspace_id AND before.id = award.id"
    " RETURNING award.act_id, CASE WHEN before.revoked_at IS NULL THEN award.transfer_id END AS transfer_id"
)
_TWINS = text(
    "UPDATE award SET revoked_at = :now, revoked_by = :actor, revoke_reason = :reason FROM award AS twin"
    " WHERE award.workspace_id = :workspace_id"
    " AND award.member_id IN (:younger, :older) AND award.revoked_at IS NULL AND twin.workspace_id = :workspace_id"
    " AND twin.member_id IN (:younger, :older) AND twin.member_id <> award.member_id AND twin.revoked_at IS NULL"
    " AND twin.badge_id = award.badge_id AND twin.period = award.period"
    " AND (twin.awarded_at, twin.id) < (award.awarded_at, award.id) RETURNING award.act_id, award.transfer_id"
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

# Who is now a party of an act does not like it; who liked it twice did so once.
_UNLIKE = text("""
DELETE FROM award_like USING award AS first
WHERE award_like.workspace_id = :workspace_id AND award_like.member_id IN (:younger, :older)
  AND first.workspace_id = :workspace_id AND first.id = award_like.award_id AND (
    EXISTS (SELECT FROM award WHERE award.workspace_id = :workspace_id AND award.act_id = first.act_id
            AND :older IN (award.member_id, coalesce(award.giver_id, 0)))
    OR (award_like.member_id = :younger AND EXISTS (
        SELECT FROM award_like AS twin WHERE twin.workspace_id = :workspace_id AND twin.award_id = award_like.award_id
        AND twin.member_id = :older)))
RETURNING first.act_id
""")
_RESPONSES = (
    text("UPDATE award_like SET member_id = :older WHERE workspace_id = :workspace_id AND member_id = :younger"),
    text(
        "UPDATE award_comment SET text = '', removed_at = :now FROM award_comment AS twin WHERE award_comment.workspace_id ="
        " :workspace_id AND award_comment.member_id = :younger AND award_comment.removed_at IS NULL"
        " AND twin.workspace_id = :workspace_id AND twin.member_id = :older AND twin.removed_at IS NULL"
        " AND twin.award_id = award_comment.award_id AND twin.text = award_comment.text"
    ),
    text("UPDATE award_comment SET member_id = :older WHERE workspace_id = :workspace_id AND member_id = :younger"),
    text(
        "DELETE FROM award_report WHERE workspace_id = :workspace_id AND member_id = :younger AND EXISTS (SELECT FROM award_report"
        " AS twin WHERE twin.workspace_id = :workspace_id AND twin.award_id = award_report.award_id AND twin.member_id = :older)"
    ),
    text("UPDATE award_report SET member_id = :older WHERE workspace_id = :workspace_id AND member_id = :younger"),
    text(
        "WITH moved AS (DELETE FROM award_showcase WHERE workspace_id = :workspace_id AND member_id = :younger RETURNING place,"
        " badge_id), wanted AS (SELECT badge_id, row_number() OVER (ORDER BY place) AS turn FROM moved WHERE badge_id NOT IN"
        " (SELECT badge_id FROM award_showcase WHERE workspace_id = :workspace_id AND member_id = :older)),"
        " free AS (SELECT place, row_number() OVER (ORDER BY place) AS turn FROM generate_series(1, 3) AS three(place)"
        " WHERE place NOT IN (SELECT place FROM award_showcase WHERE workspace_id = :workspace_id AND member_id = :older))"
        " INSERT INTO award_showcase (workspace_id, member_id, place, badge_id)"
        " SELECT :workspace_id, :older, free.place, wanted.badge_id FROM wanted JOIN free USING (turn)"
    ),
    text(
        "UPDATE award_draft SET giver_id = CASE giver_id WHEN :younger THEN :older ELSE giver_id END,"
        " receiver_ids = array_replace(receiver_ids, CAST(:younger AS bigint), CAST(:older AS bigint))"
        " WHERE workspace_id = :workspace_id AND (giver_id = :younger OR :younger = ANY(receiver_ids))"
    ),
)


async def hold(session: AsyncSession, member_ids: list[int], *, workspace_id: int) -> None:
    """Wait for awards to these members that are under way, before anything else of theirs is held."""
    await session.execute(_HOLD, {"workspace_id": workspace_id, "members": member_ids})


async def merge(
    session: AsyncSession, *, workspace_id: int, younger: int, older: int, actor_id: int, now: datetime
) -> None:
    """Revoke what the two gave each other, and the later of two awards on one key, with their points; move the rest.
    Both members' accounts are locked."""
    values = {"workspace_id": workspace_id, "younger": younger, "older": older}
    revoking = {**values, "now": now, "actor": actor_id, "reason": REASON}
    revoked = [*await session.execute(_BETWEEN, revoking), *await session.execute(_TWINS, revoking)]
    paid = [row.transfer_id for row in revoked if row.transfer_id is not None]
    await points.reverse(session, paid, workspace_id=workspace_id, reason=REVOKED, actor_id=actor_id, now=now)
    for statement in _MOVE:
        await session.execute(statement, values)
    unliked = (await session.execute(_UNLIKE, values)).scalars().all()
    for statement in _RESPONSES:
        given = {**values, "now": now}
        await session.execute(statement, {key: each for key, each in given.items() if f":{key}" in statement.text})
    for act_id in sorted({row.act_id for row in revoked} | set(unliked)):
        await announce.changed(session, act_id, workspace_id=workspace_id)
