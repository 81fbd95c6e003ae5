"""Vote, change a vote and take it back, while the campaign takes votes by the database's clock.

One ballot a member, whatever the platform: the voter's tag is its key, and the database lets one of many at once have it.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.definition.model import NominationConfig
from core.database import Outrun
from core.errors import Refusal
from core.nominations import announce, eligibility, queries, secrecy, statements
from core.nominations.models import DRAFT, NOMINATION, VOTING, Campaign, Candidacy
from core.nominations.service import CampaignGone, CampaignMemberLeft
from core.people.models import LEFT, Member, Profile, Workspace
from core.people.queries import Person


class VotingNotOpen(Refusal):
    """Members still nominate, or not even that: `opens_at`."""

    code = "voting_not_open"


class VotingClosed(Refusal):
    """The time to vote is over; `state` is where the campaign is now."""

    code = "voting_closed"


class VoterNotEligible(Refusal):
    """`who` may vote in this campaign."""

    code = "voter_not_eligible"


class NomineeBarred(Refusal):
    """Whoever stands in this campaign does not vote in it."""

    code = "nominee_barred"


class ManagerBarred(Refusal):
    """Whoever manages somebody who stands in this campaign does not vote in it."""

    code = "manager_barred"


class VotedAlready(Refusal):
    """And votes are final in this campaign."""

    code = "voted_already"


class NoChoice(Refusal):
    code = "vote_no_choice"


class TooManyChoices(Refusal):
    code = "vote_too_many"


class ChosenTwice(Refusal):
    """One candidate stands twice on the ballot."""

    code = "vote_twice"


class CandidateGone(Refusal):
    """Declined, was removed, or never stood in this campaign."""

    code = "candidate_gone"


class VoteForOneself(Refusal):
    code = "vote_for_oneself"


class VoteFinal(Refusal):
    """This campaign does not let votes be taken back."""

    code = "vote_final"


class NotVoted(Refusal):
    code = "not_voted"


class Voted(NamedTuple):
    """`is_new`: the first ballot of the member, not a change of it."""

    campaign_id: int
    is_new: bool


async def check(session: AsyncSession, *, workspace: Workspace, campaign_id: int, voter: Person) -> None:
    """Whether a ballot of this member's would be taken now. Raises what `vote` raises, except of choices."""
    campaign, config = await _hold_voting(session, workspace, campaign_id)
    if await queries.is_over(session, campaign):
        raise _closed(workspace, campaign)
    await _check_voter(session, campaign, config, voter)
    if config.allow_vote_change:
        return
    chosen = await queries.choices_of(session, campaign, voter.member_id)
    if chosen and not await queries.has_gone(session, campaign, chosen):
        raise VotedAlready(campaign=campaign.name)


async def vote(
    session: AsyncSession, *, workspace: Workspace, campaign_id: int, voter: Person, choices: Sequence[int]
) -> Voted:
    """Cast a member's ballot for the candidacies of these ids, in one campaign. Raises the Refusals of this module."""
    campaign, config = await _hold_voting(session, workspace, campaign_id)
    _check_choices(campaign, config, choices)
    await _check_voter(session, campaign, config, voter)
    values = {**_values(campaign, voter), "choices": list(choices)}
    asked = {
        "voter_id": voter.member_id,
        "may_change": config.allow_vote_change,
        "may_be_own": config.allow_self_nomination,
        **announce.keys_of_cards(campaign),
    }
    row = await statements.CAST.one(session, {**values, **asked})
    if row.is_new is None:
        raise await _why_not(session, workspace, campaign, voter, choices, row)
    if config.max_votes_per_user > 1:
        drop, add = statements.FURTHER
        await session.execute(drop, _values(campaign, voter))
        await session.execute(add, values)
    return Voted(campaign_id, row.is_new)


def _values(campaign: Campaign, voter: Person) -> dict[str, Any]:
    tag = secrecy.tag(campaign.ballot_key, voter.member_id)
    return {"workspace_id": campaign.workspace_id, "campaign_id": campaign.id, "tag": tag}


async def _hold_voting(
    session: AsyncSession, workspace: Workspace, campaign_id: int
) -> tuple[Campaign, NominationConfig]:
    """What a voter has to know of a campaign that takes votes; it is no row of the session's."""
    rows = await statements.HOLD.all(session, {"workspace_id": workspace.id, "campaign_id": campaign_id})
    if not rows:
        raise CampaignGone
    [row] = rows
    known = row._asdict()
    config, given = eligibility.read_config(known.pop("config"))
    campaign = Campaign(workspace_id=workspace.id, id=campaign_id, config=given, **known)
    if campaign.state in {DRAFT, NOMINATION}:
        opens_at = campaign.nominations_end_at.isoformat()
        raise VotingNotOpen(campaign=campaign.name, opens_at=opens_at, zone=workspace.time_zone)
    if campaign.state != VOTING:
        raise _closed(workspace, campaign)
    return campaign, config


def _closed(workspace: Workspace, campaign: Campaign) -> Refusal:
    closed_at = (campaign.ended_at or campaign.voting_end_at).isoformat()
    return VotingClosed(campaign=campaign.name, state=campaign.state, closed_at=closed_at, zone=workspace.time_zone)


def _check_choices(campaign: Campaign, config: NominationConfig, choices: Sequence[int]) -> None:
    if not choices:
        raise NoChoice(campaign=campaign.name, limit=config.max_votes_per_user)
    if len(set(choices)) < len(choices):
        raise ChosenTwice(campaign=campaign.name, limit=config.max_votes_per_user)
    if len(choices) > config.max_votes_per_user:
        raise TooManyChoices(campaign=campaign.name, count=len(choices), limit=config.max_votes_per_user)


async def _check_voter(session: AsyncSession, campaign: Campaign, config: NominationConfig, voter: Person) -> None:
    """What the statement that casts does not check itself."""
    if not (config.eligible_voters or config.bar_nominees or config.bar_managers):
        return
    fits, stands, manages = await eligibility.holds(
        session,
        eligibility.fits(config.eligible_voters),
        eligibility.is_nominee(campaign),
        eligibility.manages_nominee(campaign),
        workspace_id=campaign.workspace_id,
        member_id=voter.member_id,
    )
    if not fits:
        raise VoterNotEligible(campaign=campaign.name, who=eligibility.told(config.eligible_voters))
    if config.bar_nominees and stands:
        raise NomineeBarred(campaign=campaign.name)
    if config.bar_managers and manages:
        raise ManagerBarred(campaign=campaign.name)


async def _why_not(
    session: AsyncSession, workspace: Workspace, campaign: Campaign, voter: Person, choices: Sequence[int], row: Any
) -> Refusal:
    if not row.open:
        await _check_here(session, workspace, voter)
        return _closed(workspace, campaign)
    if row.is_own:
        return VoteForOneself(campaign=campaign.name)
    missing = next((each for each in choices if each not in row.standing), None)
    if missing is None:
        return VotedAlready(campaign=campaign.name)
    name = await session.scalar(
        select(Profile.display_name)
        .join(
            Candidacy,
            (Candidacy.workspace_id == Profile.workspace_id) & (Candidacy.member_id == Profile.member_id),
        )
        .where(
            Candidacy.workspace_id == workspace.id,
            Candidacy.campaign_id == campaign.id,
            Candidacy.id == missing,
        )
    )
    return CandidateGone(name=name or "?", campaign=campaign.name)


async def _check_here(session: AsyncSession, workspace: Workspace, voter: Person) -> None:
    asked = select(Member.status, Member.merged_into).where(
        Member.workspace_id == workspace.id, Member.id == voter.member_id
    )
    status, merged_into = (await session.execute(asked)).one()
    if merged_into is not None:
        raise Outrun("the member was merged meanwhile")
    if status == LEFT:
        raise CampaignMemberLeft


async def take_back(session: AsyncSession, *, workspace: Workspace, campaign_id: int, voter: Person) -> int:
    """Take a ballot out again, where the campaign lets votes change. Raises VotingNotOpen, VotingClosed, VoteFinal, NotVoted."""
    campaign, config = await _hold_voting(session, workspace, campaign_id)
    if not config.allow_vote_change:
        raise VoteFinal(campaign=campaign.name)
    if await queries.is_over(session, campaign):
        raise _closed(workspace, campaign)
    if not (await session.execute(statements.TAKE_OUT, _values(campaign, voter))).all():
        raise NotVoted(campaign=campaign.name)
    await announce.changed(session, campaign)
    return campaign_id
