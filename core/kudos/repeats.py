"""The same words by the same member within a moment: where the platform has no id for a second try, the words are it."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

REPEAT_GAP = timedelta(seconds=30)

_FRESH = text(
    "INSERT INTO kudos_repeat (workspace_id, giver_id, content_hash, last_at) VALUES (:workspace_id, :giver, :content_hash, :now)"
    " ON CONFLICT (workspace_id, giver_id, content_hash) DO UPDATE SET last_at = excluded.last_at"
    " WHERE kudos_repeat.last_at <= CAST(:now AS timestamptz) - CAST(:gap AS interval) RETURNING giver_id"
)


async def is_fresh(session: AsyncSession, content: object, *, workspace_id: int, giver_id: int, now: datetime) -> bool:
    """Whether a member did not do this less than `REPEAT_GAP` ago; who asks first is noted as having done it.

    `content` is told apart by its repr. Kudos ask within their own statement, see core.kudos.statements.
    """
    values = {
        "workspace_id": workspace_id,
        "giver": giver_id,
        "content_hash": hashlib.sha256(repr(content).encode()).digest(),
        "gap": REPEAT_GAP,
        "now": now,
    }
    return (await session.execute(_FRESH, values)).first() is not None
