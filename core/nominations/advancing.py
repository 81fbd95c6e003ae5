"""Campaigns move on by themselves: what is due by the database's clock, and the move. Any number of processes may ask at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import queries as badges
from core.badges.service import definition_of
from core.nominations import announce, queries, statements
from core.nominations.closing import close
from core.nominations.models import DRAFT, NOMINATION, VOTING, Campaign
from core.nominations.service import CampaignGone, CampaignMoved, begin, check_organiser, open_voting
from core.nominations.states import MOVES
from core.people import queries as people
from core.people.models import Workspace
from core.people.queries import Person

AT_ONCE = 100


class Due(NamedTuple):
    workspace_id: int
    campaign_id: int


_IS_DUE = (
    "CASE state WHEN 'draft' THEN starts_at WHEN 'nomination' THEN nominations_end_at"
    " WHEN 'voting' THEN least(voting_end_at, remind_at) END <= clock_timestamp()"
)
_DUE = text(f"""
SELECT workspace_id, id FROM campaign WHERE state IN ('draft', 'nomination', 'voting') AND {_IS_DUE} ORDER BY id LIMIT {AT_ONCE}
""")  # noqa: S608 - constants of this code


async def due(session: AsyncSession) -> Sequence[Due]:
    """Campaigns that have somewhere to go by now, in all workspaces. Run as ops."""
    return [Due(*row) for row in await session.execute(_DUE)]


async def advance(session: AsyncSession, campaign_id: int, *, workspace_id: int, now: datetime) -> Campaign | None:
    """Move a campaign on if it is due; None: it is not, or somebody else is at it. In a transaction of its own."""
    locked = (
        select(Campaign, text(_IS_DUE))
        .where(Campaign.workspace_id == workspace_id, Campaign.id == campaign_id)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    row = (await session.execute(locked)).first()
    if row is None or not row[1]:
        return None
    campaign: Campaign = row[0]
    workspace = await people.workspace(session, workspace_id)
    if campaign.state == VOTING and not await queries.is_over(session, campaign):
        await remind(session, campaign)
        return campaign
    return await _move(session, workspace, campaign, now)


async def freshen(session: AsyncSession) -> int:
    """Bring the turnout on public cards up to date, where votes came since they were; how many campaigns. Run as ops."""
    return len(set((await session.execute(statements.FRESHEN)).scalars()))


async def move_on(
    session: AsyncSession, *, workspace: Workspace, campaign_id: int, actor: Person, now: datetime
) -> Campaign:
    """An organiser moves a campaign on by hand. Raises CampaignRoleMissing, CampaignGone, CampaignMoved."""
    check_organiser(actor)
    campaign = await queries.hold(session, campaign_id, workspace_id=workspace.id, to_move=True)
    if campaign is None:
        raise CampaignGone
    return await _move(session, workspace, campaign, now)


async def _move(session: AsyncSession, workspace: Workspace, campaign: Campaign, now: datetime) -> Campaign:
    if (campaign.state, "next") not in MOVES:
        raise CampaignMoved(name=campaign.name, state=campaign.state)
    if campaign.state == DRAFT:
        badge = await badges.get(session, campaign.badge_id, workspace_id=workspace.id)
        assert badge is not None
        await begin(session, campaign, definition_of(badge), now=now)
    elif campaign.state == NOMINATION:
        await open_voting(session, campaign, now=now)
    else:
        await close(session, campaign, workspace=workspace, now=now)
    return campaign


async def remind(session: AsyncSession, campaign: Campaign) -> None:
    """Remind those who have not voted, once. The campaign is held."""
    claimed = await session.scalar(
        update(Campaign)
        .where(
            Campaign.workspace_id == campaign.workspace_id,
            Campaign.id == campaign.id,
            Campaign.state == VOTING,
            Campaign.remind_at <= func.clock_timestamp(),
        )
        .values(remind_at=None)
        .returning(Campaign.id)
        .execution_options(synchronize_session=False)
    )
    if claimed is not None:
        await announce.remind(session, campaign, await queries.absent(session, campaign))
