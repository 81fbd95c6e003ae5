"""Which public card a message of a conversation is: the key of a card of the outbox says what it is about, and where."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_STANDING = text("""
SELECT CAST(split_part(dedup_key, ':', 2) AS bigint) FROM post
WHERE workspace_id = :workspace_id AND message_id = :message_id
  AND dedup_key = concat(CAST(:about AS text), ':', split_part(dedup_key, ':', 2), ':in:', CAST(:scope AS text)) LIMIT 1
""")


async def standing_at(
    session: AsyncSession, about: str, *, workspace_id: int, scope: str, message_id: str
) -> int | None:
    """The id of the kudos or award that a message of ours in a conversation tells of, None if it tells of something else.

    `about` begins the keys of such cards; `scope` names the conversation as the outbox does.
    """
    values = {"workspace_id": workspace_id, "about": about, "scope": scope, "message_id": message_id}
    found: int | None = await session.scalar(_STANDING, values)
    return found
