"""The verbs of campaigns: open, move on, cancel, put somebody on the list. What members do in one is in the modules beside."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.checks import check_time, may_get, zone_of
from core.badges.definition.model import Definition, NominationConfig
from core.badges.eligibility import is_among
from core.badges.models import Badge
from core.badges.service import definition_of
from core.errors import Refusal
from core.nominations import announce, eligibility, queries, secrecy
from core.nominations.models import (
    CANCELLED,
    DRAFT,
    NOMINATION,
    OPEN,
    STANDING,
    VOTING,
    Campaign,
    Candidacy,
    Nomination,
    Vote,
)
from core.nominations.states import MOVES
from core.people.models import Member, Profile, Workspace
from core.people.queries import Person
from core.text import clean

ORGANISERS = frozenset({"admin", "coordinator"})
CANDIDATES_MAX = 100
"""As many as a menu of a form can show."""
REASON_MAX = 500
TOO_FEW = "too_few"
"""Stands as the reason of a campaign that was cancelled because it had too few nominations; the card says it in words."""


class CampaignRoleMissing(Refusal):
    """Neither admin nor coordinator."""

    code = "campaign_role_missing"


class CampaignNoNominations(Refusal):
    """The badge is got in another way: its `kind` says how."""

    code = "campaign_no_nominations"


class CampaignOpenAlready(Refusal):
    """The badge has a campaign under way, until `ends_at`."""

    code = "campaign_open_already"


class CampaignMoved(Refusal):
    """It is no longer where it was asked to move from: `state` is where it is."""

    code = "campaign_moved"


class CampaignGone(Refusal):
    code = "campaign_gone"


class CampaignMemberLeft(Refusal):
    """Whoever has left takes part in nothing any more."""

    code = "campaign_member_left"


class CampaignReasonMissing(Refusal):
    """No reason, or one longer than `limit` characters."""

    code = "campaign_reason_missing"


def may_organise(actor: Person) -> bool:
    return not actor.has_left and bool(ORGANISERS & set(actor.roles))


def check_organiser(actor: Person) -> None:
    """Raises CampaignRoleMissing."""
    if not may_organise(actor):
        raise CampaignRoleMissing


def cleaned_reason(reason: str) -> str:
    """Raises CampaignReasonMissing."""
    told = clean(reason)
    if not told or len(told) > REASON_MAX:
        raise CampaignReasonMissing(limit=REASON_MAX)
    return told


async def open_campaign(
    session: AsyncSession,
    *,
    workspace: Workspace,
    badge: Badge,
    actor: Person,
    conversation_id: int | None = None,
    starts_at: datetime | None = None,
    now: datetime,
) -> Campaign:
    """Open a campaign of a badge: at once, or as a draft that starts by itself.

    Raises CampaignRoleMissing, CampaignNoNominations, CampaignOpenAlready, or what core.badges.checks says of a badge that cannot
    be had now.
    """
    check_organiser(actor)
    made = await _open(session, workspace, badge, actor.member_id, conversation_id, None, starts_at or now, now)
    if made is None:
        raise await _open_already(session, workspace, badge)
    return made


async def open_for_badge(
    session: AsyncSession, *, workspace: Workspace, badge: Badge, period_key: str, now: datetime
) -> Campaign | None:
    """What a badge's job does: open the campaign of a period, once. None: that period had its campaign, or another one is under way."""
    return await _open(session, workspace, badge, None, None, period_key, now, now)


async def _open(
    session: AsyncSession,
    workspace: Workspace,
    badge: Badge,
    opened_by: int | None,
    conversation_id: int | None,
    period_key: str | None,
    starts_at: datetime,
    now: datetime,
) -> Campaign | None:
    definition = definition_of(badge)
    if badge.kind != "nomination":
        raise CampaignNoNominations(badge=badge.name, kind=badge.kind)
    check_time(badge, definition, zone_of(definition, workspace), now)
    config = definition.nomination_config or NominationConfig()
    values = {
        "workspace_id": workspace.id,
        "badge_id": badge.id,
        "name": badge.name,
        "config": config.model_dump(mode="json"),
        "opened_by": opened_by,
        "conversation_id": conversation_id,
        "period_key": period_key,
        **_schedule(config, starts_at),
    }
    made = await session.scalar(upsert(Campaign).values(**values).on_conflict_do_nothing().returning(Campaign.id))
    campaign = await queries.hold(session, made, workspace_id=workspace.id, to_move=True) if made else None
    if campaign is not None and starts_at <= now:
        await begin(session, campaign, definition, now=now)
    return campaign


async def _open_already(session: AsyncSession, workspace: Workspace, badge: Badge) -> Refusal:
    other = await session.scalar(
        select(Campaign).where(
            Campaign.workspace_id == workspace.id, Campaign.badge_id == badge.id, Campaign.state.in_(OPEN)
        )
    )
    if other is None:
        return CampaignMoved(name=badge.name, state=CANCELLED)
    ends_at = other.voting_end_at.isoformat()
    return CampaignOpenAlready(name=other.name, state=other.state, ends_at=ends_at, zone=workspace.time_zone)


def _schedule(config: NominationConfig, starts_at: datetime) -> Mapping[str, datetime]:
    nominations_end_at = starts_at + timedelta(days=config.nomination_duration_days)
    return {
        "starts_at": starts_at,
        "nominations_end_at": nominations_end_at,
        "voting_end_at": nominations_end_at + timedelta(days=config.voting_duration_days),
    }


async def begin(session: AsyncSession, campaign: Campaign, definition: Definition, *, now: datetime) -> None:
    """Let members nominate; whoever the definition puts on the list stands from the start. The campaign is held."""
    config = eligibility.config_of(campaign)
    is_early = now < campaign.starts_at
    await change(session, campaign, NOMINATION, **(_schedule(config, now) if is_early else {}))
    if config.pre_candidates:
        await _list_candidates(session, campaign, definition, config)
    await announce.begun(session, campaign)


async def change(session: AsyncSession, campaign: Campaign, state: str, **columns: Any) -> None:
    """Move a campaign that is held. Raises CampaignMoved when it is not where it was."""
    moved = await session.scalar(
        update(Campaign)
        .where(
            Campaign.workspace_id == campaign.workspace_id,
            Campaign.id == campaign.id,
            Campaign.state == campaign.state,
            literal(state).in_([to for (origin, _), to in MOVES.items() if origin == campaign.state]),
        )
        .values(state=state, **columns)
        .returning(Campaign.id)
        .execution_options(synchronize_session=False)
    )
    if moved is None:
        raise CampaignMoved(name=campaign.name, state=campaign.state)
    await session.refresh(campaign)


async def _list_candidates(
    session: AsyncSession, campaign: Campaign, definition: Definition, config: NominationConfig
) -> None:
    """Those whom `pre_candidates` names, as far as they may be nominated."""
    listed = (
        select(literal(campaign.workspace_id), literal(campaign.id), Member.id)
        .outerjoin(Profile, eligibility.OF_MEMBER)
        .where(
            Member.workspace_id == campaign.workspace_id,
            is_among(config.pre_candidates),
            eligibility.fits(config.eligible_nominees),
            may_get(definition),
        )
        .order_by(Member.id)
        .limit(CANDIDATES_MAX)
    )
    made = await session.scalars(
        upsert(Candidacy)
        .from_select(["workspace_id", "campaign_id", "member_id"], listed)
        .on_conflict_do_nothing()
        .returning(Candidacy.id)
    )
    rows = [{"workspace_id": campaign.workspace_id, "candidacy_id": each} for each in made]
    if rows:
        await session.execute(insert(Nomination), rows)


async def open_voting(session: AsyncSession, campaign: Campaign, *, now: datetime) -> None:
    """Nominations are over: vote, or cancel where there are fewer than the campaign wants. The campaign is held."""
    config = eligibility.config_of(campaign)
    ends = {"nominations_end_at": func.least(Campaign.nominations_end_at, now)}
    if await _nominations(session, campaign) < config.min_nominations_to_proceed:
        await change(session, campaign, CANCELLED, reason=TOO_FEW, ended_at=now)
        await announce.changed(session, campaign)
        return
    duration = timedelta(days=config.voting_duration_days)
    planned = campaign.voting_end_at
    # Who comes late because nobody was there to move it on does not take the voters' time.
    is_punctual = now >= campaign.nominations_end_at and planned - now >= duration / 2
    await change(
        session, campaign, VOTING, **ends, **secrecy.ballot(config, now, planned if is_punctual else now + duration)
    )
    await announce.changed(session, campaign)


async def _nominations(session: AsyncSession, campaign: Campaign) -> int:
    """How many nominations stand, of people who are still here."""
    counted = (
        select(func.count())
        .select_from(Nomination)
        .join(
            Candidacy,
            (Candidacy.workspace_id == Nomination.workspace_id) & (Candidacy.id == Nomination.candidacy_id),
        )
        .join(Member, (Member.workspace_id == Candidacy.workspace_id) & (Member.id == Candidacy.member_id))
        .where(
            Nomination.workspace_id == campaign.workspace_id,
            Nomination.withdrawn_at.is_(None),
            Candidacy.campaign_id == campaign.id,
            Candidacy.state == STANDING,
            eligibility.IS_HERE,
        )
    )
    return await session.scalar(counted) or 0


async def cancel(
    session: AsyncSession, *, workspace: Workspace, campaign_id: int, actor: Person, reason: str, now: datetime
) -> Campaign:
    """End a campaign without a winner; what was voted is forgotten. Raises CampaignRoleMissing, CampaignReasonMissing,
    CampaignGone, CampaignMoved."""
    check_organiser(actor)
    told = cleaned_reason(reason)
    campaign = await queries.hold(session, campaign_id, workspace_id=workspace.id, to_move=True)
    if campaign is None:
        raise CampaignGone
    was_begun = campaign.state != DRAFT
    await change(session, campaign, CANCELLED, reason=told, ended_at=now, ballot_key=None, remind_at=None)
    await session.execute(delete(Vote).where(Vote.workspace_id == workspace.id, Vote.ballot_id == campaign.id))
    if was_begun:
        await announce.changed(session, campaign)
    return campaign
