"""The end of a campaign: count, decide, forget who voted for whom, award, and tell. And what a tie comes to."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import queries as badges
from core.badges import service as awards
from core.errors import Refusal
from core.nominations import announce, eligibility, queries, records, statements
from core.nominations.models import (
    CLOSED,
    RUNOFF,
    SHARED,
    STANDING,
    TIED,
    VOTING,
    WON,
    Campaign,
    Candidacy,
    Nomination,
)
from core.nominations.secrecy import ballot, blocks
from core.nominations.service import CampaignGone, change, check_organiser
from core.nominations.states import Decision, Standing, decide
from core.people.models import Workspace
from core.people.queries import Person


class NotTied(Refusal):
    """No tie of this campaign waits for anybody."""

    code = "campaign_not_tied"


class NotAmongTied(Refusal):
    """The member is none of those who tie."""

    code = "campaign_not_among_tied"


# What was said for a winner goes onto the award: the nomination that was there first.
_REASONS = text("""
SELECT DISTINCT ON (candidacy.id) candidacy.id, candidacy.member_id, candidacy.votes, coalesce(nomination.reason, '') AS reason
FROM candidacy LEFT JOIN nomination ON nomination.workspace_id = candidacy.workspace_id
     AND nomination.candidacy_id = candidacy.id AND nomination.withdrawn_at IS NULL AND nomination.reason <> ''
WHERE candidacy.workspace_id = :workspace_id AND candidacy.id = ANY(:candidacies) ORDER BY candidacy.id, nomination.id
""")


async def close(session: AsyncSession, campaign: Campaign, *, workspace: Workspace, now: datetime) -> Campaign:
    """Count the votes and end the campaign, which is held to be moved."""
    config = eligibility.config_of(campaign)
    values = {"workspace_id": workspace.id, "campaign_id": campaign.id}
    turnout = await queries.turnout(session, campaign)
    standings = [Standing(*row) for row in await statements.TALLY.all(session, values)]
    rule = "earliest" if campaign.runoff_of and config.tie_rule == RUNOFF else config.tie_rule
    decision = decide(standings, ballots=turnout.ballots, quorum=config.quorum, tie_rule=rule)
    await _forget_voters(session, campaign, values)
    ends: dict[str, Any] = {"ended_at": now, "ballot_key": None, "remind_at": None}
    counted = {"outcome": decision.outcome, "ballots": turnout.ballots, "electorate": turnout.electorate}
    await change(session, campaign, CLOSED, **ends, **counted)
    await _settle(session, workspace, campaign, decision, now)
    await announce.ended(session, campaign)
    return campaign


async def _forget_voters(session: AsyncSession, campaign: Campaign, values: Mapping[str, Any]) -> None:
    """Write down who took part, and the votes anew, so that nothing that is left joins the two; see the statements."""
    await session.execute(statements.ROLL, {**values, **blocks(campaign.ballot_key)})
    await session.execute(statements.SHUFFLE, values)
    await session.execute(statements.FORGET_BEGUN, values)


async def _settle(
    session: AsyncSession, workspace: Workspace, campaign: Campaign, decision: Decision, now: datetime
) -> None:
    if decision.outcome in {WON, SHARED}:
        await _award(session, workspace, campaign, decision.candidacy_ids, now)
    if decision.outcome == RUNOFF:
        await _run_off(session, workspace, campaign, decision.candidacy_ids, now)
    if decision.outcome == TIED:
        await announce.tied(session, campaign)
    await records.seal(session, campaign)


async def _award(
    session: AsyncSession, workspace: Workspace, campaign: Campaign, candidacy_ids: Sequence[int], now: datetime
) -> None:
    """Give the badge to whoever won. Whom its limits keep from having it again has won all the same."""
    await session.execute(
        update(Candidacy)
        .where(Candidacy.workspace_id == workspace.id, Candidacy.id.in_(candidacy_ids))
        .values(is_winner=True)
        .execution_options(synchronize_session=False)
    )
    badge = await badges.get(session, campaign.badge_id, workspace_id=workspace.id)
    assert badge is not None
    winners = await session.execute(_REASONS, {"workspace_id": workspace.id, "candidacies": list(candidacy_ids)})
    for winner in winners.all():
        await awards.grant(
            session,
            workspace=workspace,
            badge=badge,
            member_ids=[winner.member_id],
            message=winner.reason,
            why={"by": "campaign", "campaign": campaign.id, "votes": winner.votes},
            source=f"campaign:{campaign.id}",
            conversation_id=campaign.conversation_id,
            now=now,
        )


async def _run_off(
    session: AsyncSession, workspace: Workspace, campaign: Campaign, candidacy_ids: Sequence[int], now: datetime
) -> None:
    """A short campaign between those who tie: votes only, and a tie in it goes to the earliest."""
    config = eligibility.config_of(campaign)
    ends_at = now + timedelta(days=config.runoff_duration_days)
    values = {
        "workspace_id": workspace.id,
        "badge_id": campaign.badge_id,
        "name": campaign.name,
        "state": VOTING,
        "config": dict(campaign.config),
        "opened_by": campaign.opened_by,
        "conversation_id": campaign.conversation_id,
        "runoff_of": campaign.id,
        "starts_at": now,
        "nominations_end_at": now,
        **ballot(config, now, ends_at),
    }
    made = (await session.execute(insert(Campaign).values(**values).returning(Campaign.id))).scalar_one()
    tied = select(Candidacy).where(Candidacy.workspace_id == workspace.id, Candidacy.id.in_(candidacy_ids))
    for each in (await session.scalars(tied.order_by(Candidacy.stood_at, Candidacy.id))).all():
        await _stand_again(session, workspace, made, each)
    runoff = await queries.get(session, made, workspace_id=workspace.id)
    assert runoff is not None
    await announce.begun(session, runoff)


async def _stand_again(session: AsyncSession, workspace: Workspace, campaign_id: int, before: Candidacy) -> None:
    again = {"workspace_id": workspace.id, "campaign_id": campaign_id, "member_id": before.member_id}
    made = await session.scalar(insert(Candidacy).values(**again, stood_at=before.stood_at).returning(Candidacy.id))
    said = select(Nomination.workspace_id, text(f"{int(made or 0)}"), Nomination.nominator_id, Nomination.reason).where(
        Nomination.workspace_id == workspace.id,
        Nomination.candidacy_id == before.id,
        Nomination.withdrawn_at.is_(None),
    )
    columns = ["workspace_id", "candidacy_id", "nominator_id", "reason"]
    await session.execute(insert(Nomination).from_select(columns, said.order_by(Nomination.id)))


async def break_tie(
    session: AsyncSession, *, workspace: Workspace, campaign_id: int, actor: Person, member_id: int, now: datetime
) -> Campaign:
    """An organiser decides between those who tie. Raises CampaignRoleMissing, CampaignGone, NotTied, NotAmongTied."""
    check_organiser(actor)
    campaign = await queries.hold(session, campaign_id, workspace_id=workspace.id, to_move=True)
    if campaign is None:
        raise CampaignGone
    if campaign.outcome != TIED:
        raise NotTied(campaign=campaign.name)
    candidacy = await queries.candidacy_of(session, campaign, member_id)
    if candidacy is None or candidacy.place != 1 or candidacy.state != STANDING:
        raise NotAmongTied(campaign=campaign.name)
    await session.execute(
        update(Campaign)
        .where(Campaign.workspace_id == workspace.id, Campaign.id == campaign.id)
        .values(outcome=WON)
        .execution_options(synchronize_session=False)
    )
    await session.refresh(campaign)
    await _award(session, workspace, campaign, [candidacy.id], now)
    await records.seal(session, campaign)
    await announce.decided(session, campaign)
    return campaign
