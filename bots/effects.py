"""What the jobs of badges do, by the name under which the schedule asks for it. The jobs of digests register themselves."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

import core.digests.service  # noqa: F401 - for its jobs
from core.badges import drawing
from core.rules import service as rules
from core.schedule import registry
from core.schedule.registry import Figures


def fill() -> None:
    """Tell the schedule what this process can do; to be called before any job is run."""
    registry.effects[registry.RULES] = _award
    registry.effects[registry.DRAW] = drawing.open_for_badge


async def _award(
    session: AsyncSession, *, workspace_id: int, badge_id: int, members: None, now: datetime, run: str
) -> Figures:
    """Award a badge to everybody whom its rules find. Raises what stands in the way of everybody."""
    found = await rules.evaluate(
        session, workspace_id=workspace_id, badge_id=badge_id, members=members, now=now, run=run
    )
    if found.refused is not None:
        raise found.refused
    return {"awarded": found.awarded}
