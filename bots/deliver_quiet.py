"""Notices that nobody asked for wait for the end of their reader's quiet hours."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core import outbox
from core.outbox import Leased
from core.people import preferences


def is_new_notice(message: Leased) -> bool:
    return message.priority == outbox.NOTICE and message.post_id is None


async def held(session: AsyncSession, message: Leased) -> datetime | None:
    """Until when a new notice waits for the end of its reader's quiet hours. What stands already may be changed."""
    reader = message.reference.get("reader")
    if not is_new_notice(message) or reader is None:
        return None
    return await preferences.held_until(session, reader, workspace_id=message.workspace_id)
