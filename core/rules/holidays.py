"""The days on which nobody has to be there."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.activities.models import Holiday

HOLIDAYS_MAX = 10_000


async def known(session: AsyncSession, *, workspace_id: int) -> Mapping[str, frozenset[date]]:
    """Holidays by calendar; '' is the company's."""
    rows = await session.execute(
        select(Holiday.calendar, Holiday.day)
        .where(Holiday.workspace_id == workspace_id)
        .order_by(Holiday.day.desc())
        .limit(HOLIDAYS_MAX)
    )
    found: defaultdict[str, set[date]] = defaultdict(set)
    for row in rows:
        found[row.calendar].add(row.day)
    return {name: frozenset(days) for name, days in found.items()}
