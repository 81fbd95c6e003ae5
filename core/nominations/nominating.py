"""Nominate somebody, take it back, decline, and remove a candidate: what happens to those who stand in a campaign."""

from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import queries as badges
from core.badges.checks import check_receivers
from core.badges.service import definition_of
from core.database import Outrun
from core.errors import Refusal
from core.nominations import announce, eligibility, queries
from core.nominations.models import (
    DECLINED,
    DRAFT,
    NOMINATION,
    REMOVED,
    STANDING,
    Campaign,
    Candidacy,
    Nomination,
)
from core.nominations.service import CANDIDATES_MAX, CampaignGone, CampaignMemberLeft, check_organiser
from core.people.models import LEFT, Member, Workspace
from core.people.queries import Person
from core.text import clean

NOMINATION_REASON_MAX = 1000


class NominationsNotOpen(Refusal):
    """The campaign starts later: `opens_at`."""

    code = "nominations_not_open"


class NominationsClosed(Refusal):
    """The time to nominate is over; `state` is where the campaign is now."""

    code = "nominations_closed"


class NominationReasonMissing(Refusal):
    code = "nomination_reason_missing"


class NominationReasonTooLong(Refusal):
    code = "nomination_reason_too_long"


class NominatorNotEligible(Refusal):
    """`who` may nominate in this campaign."""

    code = "nominator_not_eligible"


class NomineeNotEligible(Refusal):
    """`who` may be nominated in this campaign."""

    code = "nominee_not_eligible"


class NomineeLeft(Refusal):
    code = "nominee_left"


class NomineeNotListed(Refusal):
    """Of this campaign the organisers made the list."""

    code = "nominee_not_listed"


class NominateOneself(Refusal):
    code = "nominate_oneself"


class NominatedAlready(Refusal):
    """By the same member."""

    code = "nominated_already"


class NominationsUsedUp(Refusal):
    """The member has nominated `limit` people in this campaign."""

    code = "nominations_used_up"


class NomineeDeclined(Refusal):
    code = "nominee_declined"


class NomineeRemoved(Refusal):
    """An organiser took them off the list: `reason`."""

    code = "nominee_removed"


class CandidatesFull(Refusal):
    code = "candidates_full"


class Nominated(NamedTuple):
    """What a nomination came to. `is_first`: nobody had nominated them before. `left` is how many more the member has."""

    campaign: Campaign
    candidacy_id: int
    is_first: bool
    left: int


async def nominate(
    session: AsyncSession,
    *,
    workspace: Workspace,
    campaign_id: int,
    nominator: Person,
    nominee: Person,
    reason: str,
) -> Nominated:
    """Nominate a member with a reason; several nominations of one are one candidacy. Raises the Refusals of this module and what
    core.badges.checks says of a member who cannot have the badge."""
    told = _cleaned(reason)
    campaign = await hold_open(session, workspace, campaign_id)
    config = eligibility.config_of(campaign)
    await _hold_member(session, workspace, nominator)
    await _check_nominator(session, campaign, nominator)
    if nominator.member_id == nominee.member_id and not config.allow_self_nomination:
        raise NominateOneself(campaign=campaign.name)
    await _check_nominee(session, workspace, campaign, nominee)
    nominated = await queries.nominees_of(session, campaign, nominator.member_id)
    if nominee.member_id in nominated:
        raise NominatedAlready(name=nominee.name, campaign=campaign.name)
    if len(nominated) >= config.max_nominations_per_user:
        raise NominationsUsedUp(campaign=campaign.name, limit=config.max_nominations_per_user)
    candidacy_id, is_first = await _stand(session, campaign, nominee, is_listed=config.campaign_type == "open")
    await _add(session, campaign, candidacy_id, nominator.member_id, told)
    await announce.changed(session, campaign)
    if nominator.member_id != nominee.member_id:
        await announce.nominated(session, campaign, candidacy_id, nominee.member_id)
    return Nominated(campaign, candidacy_id, is_first, config.max_nominations_per_user - len(nominated) - 1)


async def put_on_list(
    session: AsyncSession,
    *,
    workspace: Workspace,
    campaign_id: int,
    actor: Person,
    nominee: Person,
    reason: str = "",
) -> Nominated:
    """An organiser makes somebody a candidate. Raises CampaignRoleMissing and what `nominate` says of a nominee."""
    check_organiser(actor)
    told = clean(reason)
    if len(told) > NOMINATION_REASON_MAX:
        raise NominationReasonTooLong(length=len(told), limit=NOMINATION_REASON_MAX)
    campaign = await hold_open(session, workspace, campaign_id)
    await _check_nominee(session, workspace, campaign, nominee)
    candidacy_id, is_first = await _stand(session, campaign, nominee, is_listed=True)
    if not is_first:
        raise NominatedAlready(name=nominee.name, campaign=campaign.name)
    await _add(session, campaign, candidacy_id, None, told)
    await announce.changed(session, campaign)
    await announce.nominated(session, campaign, candidacy_id, nominee.member_id)
    return Nominated(campaign, candidacy_id, is_first, 0)


def _cleaned(reason: str) -> str:
    told = clean(reason)
    if not told:
        raise NominationReasonMissing(limit=NOMINATION_REASON_MAX)
    if len(told) > NOMINATION_REASON_MAX:
        raise NominationReasonTooLong(length=len(told), limit=NOMINATION_REASON_MAX)
    return told


async def hold_open(session: AsyncSession, workspace: Workspace, campaign_id: int) -> Campaign:
    """The campaign, if members may nominate in it by the database's clock. It stays so until the end of the transaction."""
    campaign = await queries.hold(session, campaign_id, workspace_id=workspace.id)
    if campaign is None:
        raise CampaignGone
    if campaign.state == DRAFT:
        opens_at = campaign.starts_at.isoformat()
        raise NominationsNotOpen(campaign=campaign.name, opens_at=opens_at, zone=workspace.time_zone)
    clock = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    if campaign.state != NOMINATION or campaign.nominations_end_at <= clock:
        closed_at = campaign.nominations_end_at.isoformat()
        raise NominationsClosed(
            campaign=campaign.name, state=campaign.state, closed_at=closed_at, zone=workspace.time_zone
        )
    return campaign


async def _hold_member(session: AsyncSession, workspace: Workspace, member: Person) -> None:
    """Of two nominations by one member at once the second waits here, and counts the first. Raises Outrun."""
    held = (
        select(Member.merged_into)
        .where(Member.workspace_id == workspace.id, Member.id == member.member_id)
        .with_for_update(key_share=True)
    )
    if await session.scalar(held) is not None:
        raise Outrun("the member was merged meanwhile")


async def _check_nominator(session: AsyncSession, campaign: Campaign, nominator: Person) -> None:
    eligible = eligibility.config_of(campaign).eligible_nominators
    [is_here, fits] = await eligibility.holds(
        session,
        eligibility.IS_HERE,
        eligibility.fits(eligible),
        workspace_id=campaign.workspace_id,
        member_id=nominator.member_id,
    )
    if not is_here:
        raise CampaignMemberLeft
    if not fits:
        raise NominatorNotEligible(campaign=campaign.name, who=eligibility.told(eligible))


async def _check_nominee(session: AsyncSession, workspace: Workspace, campaign: Campaign, nominee: Person) -> None:
    if nominee.status == LEFT:
        raise NomineeLeft(name=nominee.name)
    eligible = eligibility.config_of(campaign).eligible_nominees
    [fits] = await eligibility.holds(
        session, eligibility.fits(eligible), workspace_id=workspace.id, member_id=nominee.member_id
    )
    if not fits:
        raise NomineeNotEligible(name=nominee.name, campaign=campaign.name, who=eligibility.told(eligible))
    badge = await badges.get(session, campaign.badge_id, workspace_id=workspace.id)
    assert badge is not None
    await check_receivers(
        session,
        workspace=workspace,
        badge=badge,
        definition=definition_of(badge),
        member_ids=[nominee.member_id],
    )


async def _stand(session: AsyncSession, campaign: Campaign, nominee: Person, *, is_listed: bool) -> tuple[int, bool]:
    """The candidacy of a nominee, and whether it is new. `is_listed`: whoever is no candidate may become one."""
    known = await queries.candidacy_of(session, campaign, nominee.member_id, to_change=True)
    if known is None and is_listed:
        if await queries.count_standing(session, campaign) >= CANDIDATES_MAX:
            raise CandidatesFull(campaign=campaign.name, limit=CANDIDATES_MAX)
        key = {"workspace_id": campaign.workspace_id, "campaign_id": campaign.id, "member_id": nominee.member_id}
        made = await session.scalar(upsert(Candidacy).values(**key).on_conflict_do_nothing().returning(Candidacy.id))
        if made is not None:
            return int(made), True
        known = await queries.candidacy_of(session, campaign, nominee.member_id, to_change=True)
    if known is None:
        raise NomineeNotListed(name=nominee.name, campaign=campaign.name)
    if known.state == DECLINED:
        raise NomineeDeclined(name=nominee.name, campaign=campaign.name)
    if known.state == REMOVED:
        raise NomineeRemoved(name=nominee.name, campaign=campaign.name, reason=known.reason)
    if known.state == STANDING:
        return known.id, False
    again = update(Candidacy).where(Candidacy.workspace_id == campaign.workspace_id, Candidacy.id == known.id)
    await session.execute(
        again.values(state=STANDING, stood_at=func.clock_timestamp()).execution_options(synchronize_session=False)
    )
    return known.id, True


async def _add(
    session: AsyncSession, campaign: Campaign, candidacy_id: int, nominator_id: int | None, reason: str
) -> None:
    await session.execute(
        upsert(Nomination).values(
            workspace_id=campaign.workspace_id, candidacy_id=candidacy_id, nominator_id=nominator_id, reason=reason
        )
    )
