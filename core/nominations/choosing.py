"""Which campaign a member means: by the name in quotation marks, or the only one in which that is possible now."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import queries as badges
from core.badges.models import Badge
from core.errors import Refusal
from core.nominations import queries
from core.nominations.models import CLOSED, TIED, Campaign

NAMED_MAX = 5
TYPED_MAX = 60


class CampaignUnknown(Refusal):
    """No campaign of that name is where this is possible; `known` are those that are."""

    code = "campaign_unknown"


class CampaignUnnamed(Refusal):
    """There are several: `known`."""

    code = "campaign_unnamed"


class CampaignNone(Refusal):
    """There is none in which this is possible now."""

    code = "campaign_none"


class ResultsNone(Refusal):
    """No campaign has ended yet."""

    code = "results_none"


class CampaignBadgeUnknown(Refusal):
    """No badge of that name is given by nominations; `nearest` are some that are."""

    code = "campaign_badge_unknown"


class CampaignNoBadges(Refusal):
    """No badge is given by nominations."""

    code = "campaign_no_badges"


async def open_one(session: AsyncSession, name: str, *, workspace_id: int, states: Sequence[str]) -> Campaign:
    """The campaign that is meant, in one of the states; without a name the only one. One that is elsewhere is returned too where it
    is named, so that its own rule can say no. Raises CampaignUnknown, CampaignUnnamed, CampaignNone."""
    possible = await queries.list_open(session, workspace_id=workspace_id, states=states)
    if name:
        found = await queries.named(session, name, workspace_id=workspace_id)
        here = [each for each in found if each.state in states] or list(found)
        if here:
            return here[0]
        if possible:
            raise CampaignUnknown(typed=name[:TYPED_MAX], known=_names(possible))
    if not possible:
        raise CampaignNone
    if len(possible) > 1:
        raise CampaignUnnamed(known=_names(possible))
    return possible[0]


async def ended_one(session: AsyncSession, name: str, *, workspace_id: int) -> Campaign:
    """The campaign whose results are asked for; without a name the latest. Raises CampaignUnknown, ResultsNone."""
    ended = await queries.list_ended(session, workspace_id=workspace_id)
    if not ended:
        raise ResultsNone
    if not name:
        return ended[0]
    found = await queries.named(session, name, workspace_id=workspace_id)
    closed = [each for each in found if each.state == CLOSED]
    if not closed:
        raise CampaignUnknown(typed=name[:TYPED_MAX], known=_names(ended))
    return closed[0]


async def tied_one(session: AsyncSession, name: str, *, workspace_id: int) -> Campaign:
    """The campaign whose tie is to be decided. Raises CampaignUnknown, CampaignUnnamed, CampaignNone."""
    tied = await queries.list_tied(session, workspace_id=workspace_id)
    if name:
        found = await queries.named(session, name, workspace_id=workspace_id)
        here = [each for each in found if each.outcome == TIED] or list(found)
        if here:
            return here[0]
        if tied:
            raise CampaignUnknown(typed=name[:TYPED_MAX], known=_names(tied))
    if not tied:
        raise CampaignNone
    if len(tied) > 1:
        raise CampaignUnnamed(known=_names(tied))
    return tied[0]


def _names(campaigns: Sequence[Campaign]) -> str:
    names = list(dict.fromkeys(each.name for each in campaigns))
    return ", ".join(names[:NAMED_MAX]) + (" …" if len(names) > NAMED_MAX else "")


async def badge_named(session: AsyncSession, name: str, *, workspace_id: int) -> Badge:
    """The badge that a campaign is to be opened of; without a name the only one. Raises CampaignBadgeUnknown,
    CampaignNoBadges."""
    rows = await session.scalars(
        select(Badge)
        .where(Badge.workspace_id == workspace_id, Badge.is_enabled, Badge.kind == "nomination")
        .order_by(func.lower(Badge.name), Badge.id)
        .limit(NAMED_MAX)
    )
    offered = rows.all()
    found = await badges.named(session, name, workspace_id=workspace_id) if name else offered
    if not name and len(offered) > 1:
        found = []
    if found:
        return next((each for each in found if each.kind == "nomination"), found[0])
    if not offered:
        raise CampaignNoBadges
    raise CampaignBadgeUnknown(typed=name[:TYPED_MAX], nearest=[each.name for each in offered])
