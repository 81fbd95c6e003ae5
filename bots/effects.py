"""What the jobs of badges do, by the name under which the schedule asks for it. The jobs of digests register themselves."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

import core.digests.service  # noqa: F401 - for its jobs
from core.badges import drawing
from core.badges import queries as badges
from core.nominations import service as campaigns
from core.people import queries as people
from core.rules import service as rules
from core.schedule import registry
from core.schedule.registry import Figures, OfBadge


def fill() -> None:
    """Tell the schedule what this process can do; to be called before any job is run."""
    registry.effects.update(OF_BADGES)


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


async def _draw(
    session: AsyncSession, *, workspace_id: int, badge_id: int, members: None, now: datetime, run: str
) -> Figures:
    """Open a badge's lottery among those who meet its other rules."""
    narrowed = await rules.narrowing(session, workspace_id=workspace_id, badge_id=badge_id, now=now)
    return await drawing.open_for_badge(
        session, workspace_id=workspace_id, badge_id=badge_id, members=members, now=now, run=run, narrowed=narrowed
    )


async def _open_campaign(
    session: AsyncSession,
    *,
    workspace_id: int,
    badge_id: int,
    members: None,  # noqa: ARG001 - everybody's
    now: datetime,
    run: str,
) -> Figures:
    """Open the campaign of a period, unless it had one or another is under way."""
    workspace = await people.workspace(session, workspace_id)
    badge = await badges.get(session, badge_id, workspace_id=workspace_id)
    assert badge is not None
    opened = await campaigns.open_for_badge(session, workspace=workspace, badge=badge, period_key=run, now=now)
    return {"campaign": opened.id} if opened else {"campaign": 0}


OF_BADGES: dict[str, OfBadge] = {
    registry.RULES: _award,
    registry.DRAW: _draw,
    registry.CAMPAIGN: _open_campaign,
}
