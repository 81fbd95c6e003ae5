"""Stand no more: a nomination is taken back, a nominee declines, an organiser takes a candidate off the list."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Refusal
from core.nominations import announce, queries
from core.nominations.models import DECLINED, OPEN, REMOVED, STANDING, WITHDRAWN, Campaign, Candidacy, Nomination
from core.nominations.nominating import hold_open
from core.nominations.service import check_organiser, cleaned_reason
from core.people.models import Workspace
from core.people.queries import Person


class NotNominated(Refusal):
    """There is no such nomination of the member's to take back."""

    code = "not_nominated"


class NotStanding(Refusal):
    """The member does not stand in the campaign, or no more."""

    code = "not_standing"


async def withdraw(
    session: AsyncSession,
    *,
    workspace: Workspace,
    campaign_id: int,
    nominator: Person,
    nominee_id: int,
    now: datetime,
) -> Campaign:
    """Take one's nomination back while members may nominate; whom nobody nominates any more is no candidate. Raises
    NominationsNotOpen, NominationsClosed, NotNominated."""
    campaign = await hold_open(session, workspace, campaign_id)
    candidacy = await queries.candidacy_of(session, campaign, nominee_id, to_change=True)
    taken = candidacy and await session.scalar(
        update(Nomination)
        .where(
            Nomination.workspace_id == workspace.id,
            Nomination.candidacy_id == candidacy.id,
            Nomination.nominator_id == nominator.member_id,
            Nomination.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
        .returning(Nomination.id)
    )
    if candidacy is None or taken is None:
        raise NotNominated(campaign=campaign.name)
    await session.execute(
        update(Candidacy)
        .where(Candidacy.workspace_id == workspace.id, Candidacy.id == candidacy.id, ~_is_nominated())
        .values(state=WITHDRAWN)
        .execution_options(synchronize_session=False)
    )
    await announce.changed(session, campaign)
    await announce.renominated(session, campaign, candidacy.id)
    return campaign


def _is_nominated() -> ColumnElement[bool]:
    return exists().where(
        Nomination.workspace_id == Candidacy.workspace_id,
        Nomination.candidacy_id == Candidacy.id,
        Nomination.withdrawn_at.is_(None),
    )


async def decline(session: AsyncSession, *, workspace: Workspace, candidacy_id: int, member: Person) -> Campaign:
    """A nominee does not want to stand. Until the end of voting; votes for them count for nobody. Raises NotStanding."""
    candidacy = await queries.get_candidacy(session, candidacy_id, workspace_id=workspace.id)
    if candidacy is None or candidacy.member_id != member.member_id:
        raise NotStanding
    return await _end(session, workspace, candidacy, DECLINED, member, "")


async def remove(
    session: AsyncSession, *, workspace: Workspace, candidacy_id: int, actor: Person, reason: str
) -> Campaign:
    """An organiser takes a candidate off the list, with a reason that everybody may read. Raises CampaignRoleMissing,
    CampaignReasonMissing, NotStanding."""
    check_organiser(actor)
    told = cleaned_reason(reason)
    candidacy = await queries.get_candidacy(session, candidacy_id, workspace_id=workspace.id)
    if candidacy is None:
        raise NotStanding
    return await _end(session, workspace, candidacy, REMOVED, actor, told)


async def _end(
    session: AsyncSession, workspace: Workspace, candidacy: Candidacy, state: str, actor: Person, reason: str
) -> Campaign:
    campaign = await queries.hold(session, candidacy.campaign_id, workspace_id=workspace.id)
    if campaign is None or campaign.state not in OPEN:
        raise NotStanding
    ended = await session.scalar(
        update(Candidacy)
        .where(Candidacy.workspace_id == workspace.id, Candidacy.id == candidacy.id, Candidacy.state == STANDING)
        .values(state=state, ended_by=actor.member_id, reason=reason)
        .returning(Candidacy.id)
        .execution_options(synchronize_session=False)
    )
    if ended is None:
        raise NotStanding
    await announce.changed(session, campaign)
    await announce.renominated(session, campaign, candidacy.id)
    return campaign
