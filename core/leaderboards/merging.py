"""What becomes of a member's totals when the member is merged into another: they are added up."""

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

# An award counts before its points are paid, so it holds a total when it asks for an account, and a merge asks for totals when
# it holds accounts. These are therefore taken first of all; what is not there yet is made, lest somebody else does meanwhile.
_HOLD = text("""
INSERT INTO leaderboard_total AS kept (workspace_id, member_id, measure, period, score, is_ranked)
SELECT :workspace_id, member.id, 'badges', counted.period, 0, member.status <> 'left' AND NOT member.hides_rank
FROM (SELECT DISTINCT period FROM leaderboard_total WHERE workspace_id = :workspace_id AND member_id = ANY(:members)
      AND measure = 'badges') AS counted
JOIN member ON member.workspace_id = :workspace_id AND member.id = ANY(:members)
ORDER BY 2, 3, 4 ON CONFLICT (workspace_id, member_id, measure, period) DO UPDATE SET score = kept.score
""").bindparams(bindparam("members", type_=ARRAY(BigInteger)))

_MERGE = text("""
WITH moved AS (
    DELETE FROM leaderboard_total WHERE workspace_id = :workspace_id AND member_id = :younger RETURNING measure, period, score
)
INSERT INTO leaderboard_total AS kept (workspace_id, member_id, measure, period, score, is_ranked)
SELECT :workspace_id, member.id, moved.measure, moved.period, moved.score, member.status <> 'left' AND NOT member.hides_rank
FROM moved JOIN member ON member.workspace_id = :workspace_id AND member.id = :older
WHERE moved.score > 0 ORDER BY 2, 3, 4
ON CONFLICT (workspace_id, member_id, measure, period) DO UPDATE SET score = kept.score + excluded.score
""")


async def hold(session: AsyncSession, member_ids: list[int], *, workspace_id: int) -> None:
    """Let nobody be awarded anything who is to be merged, before anything else of theirs is held."""
    await session.execute(_HOLD, {"workspace_id": workspace_id, "members": member_ids})


async def merge(session: AsyncSession, *, workspace_id: int, younger: int, older: int) -> None:
    """Add the younger's totals to the older's. What was between the two is taken back already, and `member` knows of the merge."""
    await session.execute(_MERGE, {"workspace_id": workspace_id, "younger": younger, "older": older})
