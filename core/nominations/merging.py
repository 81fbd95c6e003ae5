"""What becomes of a member's campaigns when the member is merged into another.

Of two ballots in a campaign that is under way the one of the member who lives on counts: votes have no times, so that nobody could
say which was there first. Of two nominations of one person the earlier stays. Two candidacies in one campaign become one, with the
nominations and the votes of both; a ballot that names both names one. What was closed stays as it was counted.
"""

from collections.abc import Sequence

from sqlalchemy import TextClause, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.nominations import announce, secrecy
from core.nominations.models import OPEN, Campaign

# Twins: candidacies of the two in one campaign that is still open; `mine` is the one that stays.
_TWINS = (
    "(SELECT gone.id AS gone_id, mine.id AS mine_id, gone.campaign_id FROM candidacy AS gone JOIN candidacy AS mine"
    " ON mine.workspace_id = gone.workspace_id AND mine.campaign_id = gone.campaign_id AND mine.member_id = :older"
    " JOIN campaign ON campaign.workspace_id = gone.workspace_id AND campaign.id = gone.campaign_id"
    " WHERE gone.workspace_id = :workspace_id AND gone.member_id = :younger"
    " AND campaign.state IN ('draft', 'nomination', 'voting')) AS twin"
)


def _joined(statement: str) -> TextClause:
    return text(statement.replace("{twins}", _TWINS))


_JOIN: Sequence[TextClause] = (
    # The same person nominated both: the earlier stays.
    _joined(
        "UPDATE nomination SET withdrawn_at = clock_timestamp() FROM {twins}, nomination AS other"
        " WHERE nomination.workspace_id = :workspace_id AND other.workspace_id = :workspace_id"
        " AND nomination.candidacy_id IN (twin.gone_id, twin.mine_id) AND other.candidacy_id IN (twin.gone_id, twin.mine_id)"
        " AND nomination.nominator_id = other.nominator_id AND nomination.id > other.id"
        " AND nomination.withdrawn_at IS NULL AND other.withdrawn_at IS NULL"
    ),
    _joined(
        "UPDATE nomination SET candidacy_id = twin.mine_id FROM {twins}"
        " WHERE nomination.workspace_id = :workspace_id AND nomination.candidacy_id = twin.gone_id"
    ),
    _joined(
        "UPDATE nomination_comment SET text = '', removed_at = clock_timestamp() FROM {twins}, nomination_comment AS other"
        " WHERE nomination_comment.workspace_id = :workspace_id AND other.workspace_id = :workspace_id"
        " AND nomination_comment.candidacy_id = twin.gone_id AND other.candidacy_id = twin.mine_id"
        " AND nomination_comment.member_id = other.member_id AND nomination_comment.text = other.text"
        " AND nomination_comment.removed_at IS NULL AND other.removed_at IS NULL"
    ),
    _joined(
        "UPDATE nomination_comment SET candidacy_id = twin.mine_id FROM {twins}"
        " WHERE nomination_comment.workspace_id = :workspace_id AND nomination_comment.candidacy_id = twin.gone_id"
    ),
    _joined(
        "DELETE FROM vote USING {twins}, vote AS other WHERE vote.workspace_id = :workspace_id AND vote.choice = twin.gone_id"
        " AND other.workspace_id = :workspace_id AND other.ballot_id = vote.ballot_id AND other.voter_tag = vote.voter_tag"
        " AND other.choice = twin.mine_id"
    ),
    _joined(
        "UPDATE vote SET choice = twin.mine_id FROM {twins} WHERE vote.workspace_id = :workspace_id AND vote.choice = twin.gone_id"
    ),
    # Ordinals begin at 1: what was taken out of a ballot leaves no gap there.
    _joined(
        "UPDATE vote SET ordinal = 1 FROM {twins} WHERE vote.workspace_id = :workspace_id AND vote.ballot_id = twin.campaign_id"
        " AND vote.ordinal = (SELECT min(ordinal) FROM vote AS own WHERE own.workspace_id = :workspace_id"
        " AND own.ballot_id = vote.ballot_id AND own.voter_tag = vote.voter_tag)"
    ),
    _joined(
        "UPDATE candidacy SET state = 'standing', stood_at = least(candidacy.stood_at, gone.stood_at)"
        " FROM {twins} JOIN candidacy AS gone ON gone.id = twin.gone_id WHERE candidacy.workspace_id = :workspace_id"
        " AND gone.workspace_id = :workspace_id AND candidacy.id = twin.mine_id"
        " AND candidacy.state IN ('standing', 'withdrawn') AND gone.state = 'standing'"
    ),
    _joined(
        "DELETE FROM candidacy USING {twins} WHERE candidacy.workspace_id = :workspace_id AND candidacy.id = twin.gone_id"
    ),
)

_MOVE = (
    text(
        "UPDATE candidacy SET member_id = :older WHERE workspace_id = :workspace_id AND member_id = :younger"
        " AND NOT EXISTS (SELECT FROM candidacy AS mine WHERE mine.workspace_id = :workspace_id"
        " AND mine.campaign_id = candidacy.campaign_id AND mine.member_id = :older)"
    ),
    # Both nominated the same person: the earlier stays.
    text(
        "UPDATE nomination SET withdrawn_at = clock_timestamp() FROM nomination AS other"
        " WHERE nomination.workspace_id = :workspace_id AND other.workspace_id = :workspace_id"
        " AND nomination.candidacy_id = other.candidacy_id AND nomination.nominator_id IN (:younger, :older)"
        " AND other.nominator_id IN (:younger, :older) AND nomination.id > other.id"
        " AND nomination.withdrawn_at IS NULL AND other.withdrawn_at IS NULL"
    ),
    text("UPDATE nomination SET nominator_id = :older WHERE workspace_id = :workspace_id AND nominator_id = :younger"),
    text(
        "UPDATE nomination_comment SET text = '', removed_at = clock_timestamp() FROM nomination_comment AS twin"
        " WHERE nomination_comment.workspace_id = :workspace_id AND nomination_comment.member_id = :younger"
        " AND nomination_comment.removed_at IS NULL AND twin.workspace_id = :workspace_id AND twin.member_id = :older"
        " AND twin.removed_at IS NULL AND twin.candidacy_id = nomination_comment.candidacy_id"
        " AND twin.text = nomination_comment.text"
    ),
    text(
        "UPDATE nomination_comment SET member_id = :older WHERE workspace_id = :workspace_id AND member_id = :younger"
    ),
    text(
        "DELETE FROM ballot_roll WHERE workspace_id = :workspace_id AND member_id = :younger AND EXISTS (SELECT FROM"
        " ballot_roll AS twin WHERE twin.workspace_id = :workspace_id AND twin.campaign_id = ballot_roll.campaign_id"
        " AND twin.member_id = :older)"
    ),
    text("UPDATE ballot_roll SET member_id = :older WHERE workspace_id = :workspace_id AND member_id = :younger"),
)

# Nobody stands by their own nomination where that is not allowed, now that the two are one.
_OWN = text(
    "UPDATE nomination SET withdrawn_at = clock_timestamp() FROM candidacy, campaign WHERE nomination.workspace_id = :workspace_id"
    " AND nomination.nominator_id = :older AND nomination.withdrawn_at IS NULL AND candidacy.workspace_id = :workspace_id"
    " AND candidacy.id = nomination.candidacy_id AND candidacy.member_id = :older AND campaign.workspace_id = :workspace_id"
    " AND campaign.id = candidacy.campaign_id AND campaign.state IN ('draft', 'nomination', 'voting')"
    " AND NOT coalesce((campaign.config ->> 'allow_self_nomination')::boolean, false)"
)
_LAPSED = text(
    "UPDATE candidacy SET state = 'withdrawn' FROM campaign WHERE candidacy.workspace_id = :workspace_id"
    " AND candidacy.member_id = :older AND candidacy.state = 'standing' AND campaign.workspace_id = :workspace_id"
    " AND campaign.id = candidacy.campaign_id AND campaign.state IN ('draft', 'nomination', 'voting')"
    " AND NOT EXISTS (SELECT FROM nomination WHERE nomination.workspace_id = :workspace_id"
    " AND nomination.candidacy_id = candidacy.id AND nomination.withdrawn_at IS NULL)"
)

_DROP_BALLOT = text(
    "DELETE FROM vote WHERE workspace_id = :workspace_id AND ballot_id = :campaign_id AND voter_tag = :gone"
    " AND EXISTS (SELECT FROM vote AS mine WHERE mine.workspace_id = :workspace_id AND mine.ballot_id = :campaign_id"
    " AND mine.voter_tag = :kept)"
)
_MOVE_BALLOT = text(
    "UPDATE vote SET voter_tag = :kept WHERE workspace_id = :workspace_id AND ballot_id = :campaign_id AND voter_tag = :gone"
)


async def hold(session: AsyncSession, *, workspace_id: int) -> Sequence[Campaign]:
    """Let nobody nominate, vote or close before the end of the transaction; taken before anything else is held."""
    held = (
        select(Campaign)
        .where(Campaign.workspace_id == workspace_id, Campaign.state.in_(OPEN))
        .order_by(Campaign.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(held)).all()


async def merge(
    session: AsyncSession, campaigns: Sequence[Campaign], *, workspace_id: int, younger: int, older: int
) -> None:
    """Make two members one in every campaign; `campaigns` are held."""
    values = {"workspace_id": workspace_id, "younger": younger, "older": older}
    for campaign in campaigns:
        await _merge_ballots(session, campaign, younger=younger, older=older)
    for statement in (*_JOIN, *_MOVE, _OWN, _LAPSED):
        used = {key: each for key, each in values.items() if f":{key}" in statement.text}
        await session.execute(statement, used)
    for campaign in campaigns:
        await announce.changed(session, campaign)


async def _merge_ballots(session: AsyncSession, campaign: Campaign, *, younger: int, older: int) -> None:
    tags = {
        "gone": secrecy.tag(campaign.ballot_key, younger),
        "kept": secrecy.tag(campaign.ballot_key, older),
    }
    values = {"workspace_id": campaign.workspace_id, "campaign_id": campaign.id, **tags}
    await session.execute(_DROP_BALLOT, values)
    await session.execute(_MOVE_BALLOT, values)
