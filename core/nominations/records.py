"""The public record of a closed campaign, from which anyone recounts it; see `recount`, which reads it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.nominations import eligibility, recount
from core.nominations.models import RUNOFF, STANDING, Campaign, Candidacy
from core.nominations.secrecy import receipt
from core.people import queries as people
from core.people.models import Member

_BALLOTS = text(
    "SELECT voter_tag, array_agg(choice ORDER BY ordinal) AS choices FROM vote WHERE workspace_id = :workspace_id"
    " AND ballot_id = :campaign_id GROUP BY voter_tag"
)


async def seal(session: AsyncSession, campaign: Campaign) -> None:
    """Keep the digest of the record as it is now, so that a later one can be held against it."""
    made = await record(session, campaign)
    await session.execute(
        update(Campaign)
        .where(Campaign.workspace_id == campaign.workspace_id, Campaign.id == campaign.id)
        .values(record_digest=bytes.fromhex(made["digest"]))
        .execution_options(synchronize_session=False)
    )
    await session.refresh(campaign)


async def record(session: AsyncSession, campaign: Campaign) -> Mapping[str, Any]:
    """The record of a closed campaign, without anybody's name."""
    config = eligibility.config_of(campaign)
    candidates = await _candidates(session, campaign)
    numbers = {candidacy.id: number for number, (candidacy, _) in enumerate(candidates, start=1)}
    tie_rule = "earliest" if campaign.runoff_of and config.tie_rule == RUNOFF else config.tie_rule
    made = {
        "format": recount.FORMAT,
        "campaign": str(campaign.public_id),
        "name": campaign.name,
        "voting_end_at": campaign.voting_end_at.isoformat(),
        "rules": {
            "ballot": config.ballot,
            "quorum": config.quorum,
            "tie_rule": tie_rule,
            "votes_each_max": config.max_votes_per_user,
        },
        "candidates": [_candidate(number, *each) for number, each in enumerate(candidates, start=1)],
        "ballots": await _ballots(session, campaign, numbers),
        "result": {
            "outcome": campaign.outcome,
            "ballots": campaign.ballots,
            "electorate": campaign.electorate,
            "votes": {str(numbers[each.id]): each.votes for each, _ in candidates if each.votes is not None},
            "winners": [numbers[each.id] for each, _ in candidates if each.is_winner],
        },
    }
    return {**made, "digest": recount.digest(made)}


async def names(session: AsyncSession, campaign: Campaign) -> Mapping[str, str]:
    """What the candidates of a record are called, by their numbers. Not a part of what its digest is of."""
    candidates = await _candidates(session, campaign)
    found = await people.people(
        session, [candidacy.member_id for candidacy, _ in candidates], workspace_id=campaign.workspace_id
    )
    return {str(number): found[each.member_id].name for number, (each, _) in enumerate(candidates, start=1)}


async def _candidates(session: AsyncSession, campaign: Campaign) -> Sequence[tuple[Candidacy, str]]:
    """Everybody who ever stood, in the order in which they were first nominated, with their public ids."""
    rows = await session.execute(
        select(Candidacy, Member.public_id)
        .join(Member, (Member.workspace_id == Candidacy.workspace_id) & (Member.id == Candidacy.member_id))
        .where(Candidacy.workspace_id == campaign.workspace_id, Candidacy.campaign_id == campaign.id)
        .order_by(Candidacy.stood_at, Candidacy.id)
        .execution_options(populate_existing=True)
    )
    return [(row[0], str(row[1])) for row in rows]


def _candidate(number: int, candidacy: Candidacy, public_id: str) -> Mapping[str, Any]:
    """Only who stood and was here at the close was counted."""
    stands = candidacy.state == STANDING and candidacy.votes is not None
    return {"number": number, "member": public_id, "stands": stands, "stood_at": candidacy.stood_at.isoformat()}


async def _ballots(
    session: AsyncSession, campaign: Campaign, numbers: Mapping[int, int]
) -> Sequence[Mapping[str, Any]]:
    """All ballots by their receipts, so that their order says nothing."""
    values = {"workspace_id": campaign.workspace_id, "campaign_id": campaign.id}
    rows = await session.execute(_BALLOTS, values)
    ballots = [{"receipt": receipt(row.voter_tag), "choices": [numbers[each] for each in row.choices]} for row in rows]
    return sorted(ballots, key=lambda each: str(each["receipt"]))
