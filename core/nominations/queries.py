"""Reads of campaigns."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.nominations import eligibility
from core.nominations.models import CLOSED, OPEN, STANDING, TIED, Campaign, Candidacy
from core.nominations.secrecy import TAG, blocks, tag
from core.people.models import Member, Profile

LIST_MAX = 50
SHOWN_REASONS = 3


class Candidate(NamedTuple):
    """Who stands or stood, with what the campaign's cards tell of them. `reasons` are the newest nominations', newest first;
    `nominations` counts all that stand. `votes` and `place` are None before the close."""

    candidacy_id: int
    member_id: int
    state: str
    stood_at: datetime
    nominations: int
    reasons: tuple[str, ...]
    comments: int
    votes: int | None
    place: int | None
    is_winner: bool
    reason: str


class Turnout(NamedTuple):
    ballots: int
    electorate: int


_CANDIDATES = text(f"""
SELECT candidacy.id, candidacy.member_id, candidacy.state, candidacy.stood_at,
       (SELECT count(*) FROM nomination WHERE nomination.workspace_id = candidacy.workspace_id
        AND nomination.candidacy_id = candidacy.id AND withdrawn_at IS NULL) AS nominations,
       ARRAY(SELECT nomination.reason FROM nomination WHERE nomination.workspace_id = candidacy.workspace_id
             AND nomination.candidacy_id = candidacy.id AND withdrawn_at IS NULL AND nomination.reason <> ''
             ORDER BY nomination.id DESC LIMIT {SHOWN_REASONS}) AS reasons,
       (SELECT count(*) FROM nomination_comment WHERE nomination_comment.workspace_id = candidacy.workspace_id
        AND nomination_comment.candidacy_id = candidacy.id AND removed_at IS NULL) AS comments,
       candidacy.votes, candidacy.place, candidacy.is_winner, candidacy.reason
FROM candidacy LEFT JOIN profile ON profile.workspace_id = candidacy.workspace_id AND profile.member_id = candidacy.member_id
WHERE candidacy.workspace_id = :workspace_id AND candidacy.campaign_id = :campaign_id
  AND (NOT CAST(:standing AS boolean) OR candidacy.state = 'standing')
  AND (CAST(:only AS bigint) IS NULL OR candidacy.id = CAST(:only AS bigint))
  AND (CAST(:sought AS text) = '' OR position(lower(CAST(:sought AS text)) IN lower(profile.display_name)) > 0)
ORDER BY candidacy.place NULLS LAST, CASE WHEN candidacy.place IS NOT NULL THEN candidacy.stood_at END,
         lower(profile.display_name), candidacy.id LIMIT :limit OFFSET :offset
""")  # noqa: S608 - constants of this code

_BALLOTS = text(
    "SELECT count(*) FROM vote WHERE workspace_id = :workspace_id AND ballot_id = :campaign_id AND ordinal = 1"
)
_CHOICES = text(
    "SELECT choice FROM vote WHERE workspace_id = :workspace_id AND ballot_id = :campaign_id AND voter_tag = :tag"
    " ORDER BY ordinal"
)
_BY_RECEIPT = text(
    "SELECT campaign.id, array_agg(vote.choice ORDER BY vote.ordinal) FROM campaign JOIN vote"
    " ON vote.workspace_id = campaign.workspace_id AND vote.ballot_id = campaign.id"
    " WHERE campaign.workspace_id = :workspace_id AND campaign.state IN ('voting', 'closed')"
    " AND substring(sha256(vote.voter_tag) FROM 1 FOR 10) = :receipt"
    " GROUP BY campaign.id ORDER BY campaign.id DESC LIMIT 1"
)
_NOMINEES_OF = text(
    "SELECT candidacy.member_id FROM nomination JOIN candidacy ON candidacy.workspace_id = nomination.workspace_id"
    " AND candidacy.id = nomination.candidacy_id WHERE nomination.workspace_id = :workspace_id"
    " AND candidacy.campaign_id = :campaign_id AND nomination.nominator_id = :member_id AND nomination.withdrawn_at IS NULL"
    " ORDER BY nomination.id LIMIT 100"
)


async def get(session: AsyncSession, campaign_id: int, *, workspace_id: int) -> Campaign | None:
    found: Campaign | None = await session.scalar(
        select(Campaign)
        .where(Campaign.workspace_id == workspace_id, Campaign.id == campaign_id)
        .execution_options(populate_existing=True)
    )
    return found


async def hold(session: AsyncSession, campaign_id: int, *, workspace_id: int, to_move: bool = False) -> Campaign | None:
    """A campaign that nobody moves before the end of this transaction; `to_move`: this one will. Taken before anything else, so
    that what is read afterwards is what is true."""
    found: Campaign | None = await session.scalar(
        select(Campaign)
        .where(Campaign.workspace_id == workspace_id, Campaign.id == campaign_id)
        .with_for_update(read=not to_move, key_share=to_move)
        .execution_options(populate_existing=True)
    )
    return found


async def is_over(session: AsyncSession, campaign: Campaign) -> bool:
    """Whether the database's clock has passed the end of the voting."""
    return bool(await session.scalar(select(func.clock_timestamp() >= campaign.voting_end_at)))


async def list_open(session: AsyncSession, *, workspace_id: int, states: Sequence[str] = OPEN) -> Sequence[Campaign]:
    """Campaigns that are under way, those that end first in front."""
    rows = await session.scalars(
        select(Campaign)
        .where(Campaign.workspace_id == workspace_id, Campaign.state.in_(states))
        .order_by(Campaign.voting_end_at, Campaign.id)
        .limit(LIST_MAX)
    )
    return rows.all()


async def list_ended(session: AsyncSession, *, workspace_id: int, limit: int = LIST_MAX) -> Sequence[Campaign]:
    """Campaigns that were closed, the latest first."""
    rows = await session.scalars(
        select(Campaign)
        .where(Campaign.workspace_id == workspace_id, Campaign.state == CLOSED)
        .order_by(Campaign.ended_at.desc(), Campaign.id.desc())
        .limit(limit)
    )
    return rows.all()


async def list_tied(session: AsyncSession, *, workspace_id: int) -> Sequence[Campaign]:
    """Campaigns that wait for an admin to decide."""
    rows = await session.scalars(
        select(Campaign)
        .where(Campaign.workspace_id == workspace_id, Campaign.outcome == TIED)
        .order_by(Campaign.id)
        .limit(LIST_MAX)
    )
    return rows.all()


async def named(session: AsyncSession, name: str, *, workspace_id: int) -> Sequence[Campaign]:
    """Campaigns of a name or of the number that lists show, without regard to case, the latest first."""
    asked = name.strip()
    number = int(asked.removeprefix("#")) if asked.removeprefix("#").isdecimal() and len(asked) < 19 else 0
    rows = await session.scalars(
        select(Campaign)
        .where(
            Campaign.workspace_id == workspace_id,
            or_(func.lower(Campaign.name) == func.lower(asked), Campaign.id == number),
        )
        .order_by(Campaign.id.desc())
        .limit(LIST_MAX)
    )
    return rows.all()


async def candidates(
    session: AsyncSession,
    campaign: Campaign,
    *,
    standing: bool = True,
    only: int | None = None,
    sought: str = "",
    limit: int = 100,
    offset: int = 0,
) -> Sequence[Candidate]:
    """Who stands, by name; of a closed campaign by place. `sought` is a part of a name."""
    values = {
        "workspace_id": campaign.workspace_id,
        "campaign_id": campaign.id,
        "standing": standing,
        "only": only,
        "sought": sought.strip(),
        "limit": limit,
        "offset": offset,
    }
    rows = await session.execute(_CANDIDATES, values)
    return [Candidate(*row)._replace(reasons=tuple(row.reasons)) for row in rows]


async def count_standing(session: AsyncSession, campaign: Campaign) -> int:
    counted = select(func.count()).where(
        Candidacy.workspace_id == campaign.workspace_id,
        Candidacy.campaign_id == campaign.id,
        Candidacy.state == STANDING,
    )
    return await session.scalar(counted) or 0


async def candidacy_of(
    session: AsyncSession, campaign: Campaign, member_id: int, *, to_change: bool = False
) -> Candidacy | None:
    """How a member stands in a campaign; `to_change`: held until the end of the transaction."""
    asked = select(Candidacy).where(
        Candidacy.workspace_id == campaign.workspace_id,
        Candidacy.campaign_id == campaign.id,
        Candidacy.member_id == member_id,
    )
    held = asked.with_for_update(key_share=True) if to_change else asked
    found: Candidacy | None = await session.scalar(held.execution_options(populate_existing=True))
    return found


async def get_candidacy(session: AsyncSession, candidacy_id: int, *, workspace_id: int) -> Candidacy | None:
    found: Candidacy | None = await session.scalar(
        select(Candidacy)
        .where(Candidacy.workspace_id == workspace_id, Candidacy.id == candidacy_id)
        .execution_options(populate_existing=True)
    )
    return found


async def nominees_of(session: AsyncSession, campaign: Campaign, member_id: int) -> Sequence[int]:
    """Whom a member nominated in a campaign."""
    values = {"workspace_id": campaign.workspace_id, "campaign_id": campaign.id, "member_id": member_id}
    return (await session.execute(_NOMINEES_OF, values)).scalars().all()


async def turnout(session: AsyncSession, campaign: Campaign) -> Turnout:
    """How many voted of those who may; after the close as it was then."""
    if campaign.ballots is not None and campaign.electorate is not None:
        return Turnout(campaign.ballots, campaign.electorate)
    values = {"workspace_id": campaign.workspace_id, "campaign_id": campaign.id}
    ballots = (await session.execute(_BALLOTS, values)).scalar_one()
    rule = eligibility.may_vote(campaign, eligibility.config_of(campaign))
    electorate = await session.scalar(
        select(func.count())
        .select_from(Member)
        .outerjoin(Profile, eligibility.OF_MEMBER)
        .where(Member.workspace_id == campaign.workspace_id, rule)
    )
    # Who voted and left, or lost the right since, took part all the same.
    return Turnout(ballots, max(electorate or 0, ballots))


async def choices_of(session: AsyncSession, campaign: Campaign, member_id: int) -> Sequence[int]:
    """Whom a member votes for at the moment, as candidacies; empty when the votes of a secret ballot are no longer theirs to
    tell."""
    if campaign.ballot_key is None and eligibility.config_of(campaign).ballot == "secret":
        return ()
    values = {"workspace_id": campaign.workspace_id, "campaign_id": campaign.id}
    rows = await session.execute(_CHOICES, {**values, "tag": tag(campaign.ballot_key, member_id)})
    return rows.scalars().all()


async def has_gone(session: AsyncSession, campaign: Campaign, candidacy_ids: Sequence[int]) -> bool:
    """Whether one of these candidates stands no more."""
    gone = select(Candidacy.id).where(
        Candidacy.workspace_id == campaign.workspace_id,
        Candidacy.id.in_(candidacy_ids),
        Candidacy.state != STANDING,
    )
    return await session.scalar(gone.limit(1)) is not None


async def by_receipt(
    session: AsyncSession, receipt: bytes, *, workspace_id: int
) -> tuple[Campaign, Sequence[int]] | None:
    """The campaign and the choices of the ballot that a receipt is of."""
    row = (await session.execute(_BY_RECEIPT, {"workspace_id": workspace_id, "receipt": receipt})).first()
    campaign = await get(session, row[0], workspace_id=workspace_id) if row else None
    return (campaign, row[1]) if row and campaign else None


async def absent(session: AsyncSession, campaign: Campaign) -> Sequence[int]:
    """Who may vote and has not yet."""
    has_not_voted = text(
        "NOT EXISTS (SELECT FROM vote WHERE vote.workspace_id = member.workspace_id AND vote.ballot_id = :campaign_id"
        f" AND vote.ordinal = 1 AND vote.voter_tag = {TAG})"
    )
    rows = await session.scalars(
        select(Member.id)
        .outerjoin(Profile, eligibility.OF_MEMBER)
        .where(
            Member.workspace_id == campaign.workspace_id,
            eligibility.may_vote(campaign, eligibility.config_of(campaign)),
            has_not_voted.bindparams(campaign_id=campaign.id, **blocks(campaign.ballot_key)),
        )
        .order_by(Member.id)
    )
    return rows.all()
