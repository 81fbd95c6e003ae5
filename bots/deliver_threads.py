"""Conversations that want a thread for each day: the first card of a day brings the message that the others answer."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bots.chat import Target
from core import outbox
from core.outbox import Leased, Outgoing

ROOT = "day_thread"
WAIT = timedelta(seconds=1)
"""How often a card looks whether the message that begins its thread stands."""

_ROOT = text("""
SELECT (SELECT message_id FROM post WHERE post.workspace_id = given.workspace_id AND post.dedup_key = given.key) AS message_id,
       (SELECT state FROM outbox WHERE outbox.workspace_id = given.workspace_id AND outbox.dedup_key = given.key) AS state,
       given.key, given.day
FROM (
    SELECT id AS workspace_id, to_char(now() AT TIME ZONE time_zone, 'YYYY-MM-DD') AS day,
           concat('day:', CAST(:scope AS text), ':', to_char(now() AT TIME ZONE time_zone, 'YYYY-MM-DD')) AS key
    FROM workspace WHERE id = :workspace_id
) AS given
""")


async def threaded(session: AsyncSession, message: Leased, target: Target) -> Target | None:
    """Where a new card stands that is for a thread of its day. None: the message that begins it is on its way; come again.

    If that one was given up the card stands by itself.
    """
    if not message.address.get("daily") or message.post_id is not None:
        return target
    root = (await session.execute(_ROOT, {"workspace_id": message.workspace_id, "scope": message.scope})).one()
    if root.message_id is not None:
        return replace(target, place=replace(target.place, thread=root.message_id))
    if root.state in ("parked", "dropped"):
        return target
    if root.state is None:
        address = {name: value for name, value in message.address.items() if name != "daily"}
        owed = Outgoing(root.key, message.scope, ROOT, address, {"day": root.day}, outbox.BROADCAST)
        await outbox.enqueue(session, [owed], workspace_id=message.workspace_id)
    return None
