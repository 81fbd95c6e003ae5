"""Who stands above whom: the rules that ask how a giver is related to a receiver."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.definition.model import Definition
from core.badges.models import Badge
from core.errors import Refusal

LEVELS = {"DirectManagerRule": 1, "HierarchyRelationship": 50}
"""How far above the receiver the giver may stand. The end of a chain that is a circle, which an import refuses."""


class BadgeNotTheirManager(Refusal):
    """The giver is not the receiver's manager."""

    code = "badge_not_their_manager"


class BadgeNotAboveThem(Refusal):
    """The giver is nowhere above the receiver."""

    code = "badge_not_above_them"


_NOT_BELOW = text("""
WITH RECURSIVE above (member_id, manager_id, level) AS (
    SELECT id, manager_id, 1 FROM member WHERE workspace_id = :workspace_id AND id = ANY(:receivers)
    UNION ALL
    SELECT above.member_id, member.manager_id, level + 1 FROM above
    JOIN member ON member.workspace_id = :workspace_id AND member.id = above.manager_id WHERE level < :levels
)
SELECT coalesce(profile.display_name, '?') FROM unnest(:receivers) AS given(member_id)
LEFT JOIN profile ON profile.workspace_id = :workspace_id AND profile.member_id = given.member_id
WHERE NOT EXISTS (SELECT FROM above WHERE above.member_id = given.member_id AND above.manager_id = :giver)
ORDER BY given.member_id LIMIT 1
""").bindparams(bindparam("receivers", type_=ARRAY(BigInteger)))


async def check_relations(
    session: AsyncSession, *, badge: Badge, definition: Definition, giver_id: int, member_ids: Sequence[int]
) -> None:
    """Raises BadgeNotTheirManager or BadgeNotAboveThem of the first receiver to whom the giver may not give it."""
    levels = [LEVELS[rule.type] for rule in definition.rules if rule.type in LEVELS]
    if not levels:
        return
    values = {
        "workspace_id": badge.workspace_id,
        "receivers": list(member_ids),
        "giver": giver_id,
        "levels": min(levels),
    }
    name = await session.scalar(_NOT_BELOW, values)
    if name is not None:
        refusal = BadgeNotTheirManager if min(levels) == 1 else BadgeNotAboveThem
        raise refusal(badge=badge.name, name=name)
