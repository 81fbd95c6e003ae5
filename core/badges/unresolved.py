"""Names that stored definitions call and that nothing registers (any more)."""

from typing import NamedTuple, cast

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import registry
from core.badges.registry import Kind


class Unresolved(NamedTuple):
    workspace_id: int
    reward_id: int
    badge: str
    kind: Kind
    name: str


_CALLED = text("""
SELECT workspace_id, reward_id, badge.name, called.kind, found #>> '{}' AS called_name
FROM badge,
     (VALUES ('metric', '$.rules[*].function_path'), ('metric', '$.rules[*].metric'),
             ('metric', '$.steps[*].condition.function_path'), ('metric', '$.steps[*].condition.metric'),
             ('callback', '$.completion_callbacks[*]'), ('callback', '$.awarded_callbacks[*]'),
             ('callback', '$.steps[*].callbacks[*]'), ('callback', '$.step_callbacks.*[*]')) AS called(kind, path),
     LATERAL jsonb_path_query(badge.definition, CAST(called.path AS jsonpath)) AS found
WHERE found #>> '{}' IS NOT NULL AND (called.kind || ':' || (found #>> '{}')) <> ALL(CAST(:known AS text[]))
ORDER BY workspace_id, reward_id, called.kind, called_name LIMIT :limit
""")


async def names(session: AsyncSession, *, limit: int = 100) -> list[Unresolved]:
    """Of every workspace; run as ops."""
    known = [f"{named.kind}:{named.name}" for named in registry.listed()]
    rows = await session.execute(_CALLED, {"known": known, "limit": limit})
    return [Unresolved(row[0], row[1], row[2], cast("Kind", row[3]), row[4]) for row in rows]
