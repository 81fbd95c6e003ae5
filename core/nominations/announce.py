"""Who is to see what of a campaign, where: outbox rows in the transaction of the fact.

A campaign has one public card in the conversation it was opened in and in every connected one, which is edited as it goes on; its
results are a message of their own there. A nominee is told in private, admins are when a tie waits for them, and who has not
voted is reminded once.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core import outbox
from core.nominations import statements
from core.nominations.models import Campaign
from core.outbox import Outgoing
from core.people import queries as people
from core.people.models import ACTIVE, Member

CARD, RESULTS = "campaign_card", "campaign_results"
NOMINATED, REMINDER, TIE = "nomination_notice", "vote_reminder", "tie_notice"
AT_ONCE = 500
DECIDERS_MAX = 50


async def begun(session: AsyncSession, campaign: Campaign) -> None:
    """Owe the public card."""
    await _cards(session, campaign, CARD, f"campaign:{campaign.id}")


async def ended(session: AsyncSession, campaign: Campaign) -> None:
    """Owe the results, and the last edit of the public card."""
    await changed(session, campaign)
    await _cards(session, campaign, RESULTS, f"results:{campaign.id}")


async def decided(session: AsyncSession, campaign: Campaign) -> None:
    """The results are others than was told."""
    await changed(session, campaign)
    await outbox.renew(session, f"results:{campaign.id}:", (RESULTS,), workspace_id=campaign.workspace_id)


async def changed(session: AsyncSession, campaign: Campaign) -> None:
    """Owe an edit of the public card."""
    prefix = keys_of_cards(campaign)["first"]
    await outbox.renew(session, prefix, (CARD,), workspace_id=campaign.workspace_id)


def keys_of_cards(campaign: Campaign) -> Mapping[str, str]:
    """The keys of a campaign's public cards lie from `first` up to `last`, as the index of keys has them."""
    return {"first": f"campaign:{campaign.id}:in:", "last": f"campaign:{campaign.id}:in;"}


async def nominated(session: AsyncSession, campaign: Campaign, candidacy_id: int, member_id: int) -> None:
    """Tell the nominee, or tell them anew: another nomination is an edit."""
    reference = {"campaign": campaign.id, "candidacy": candidacy_id}
    await _notices(session, campaign, NOMINATED, f"candidacy:{candidacy_id}", [member_id], reference)


async def renominated(session: AsyncSession, campaign: Campaign, candidacy_id: int) -> None:
    """Owe an edit of what the nominee was told."""
    await outbox.renew(session, f"candidacy:{candidacy_id}:to:", (NOMINATED,), workspace_id=campaign.workspace_id)


async def remind(session: AsyncSession, campaign: Campaign, member_ids: Sequence[int]) -> None:
    """Owe a reminder to each of these members, wherever they can be reached."""
    for start in range(0, len(member_ids), AT_ONCE):
        some = member_ids[start : start + AT_ONCE]
        await _notices(session, campaign, REMINDER, f"campaign:{campaign.id}:remind", some, {"campaign": campaign.id})


async def tied(session: AsyncSession, campaign: Campaign) -> None:
    """Tell those who may decide that it is up to them."""
    deciders = await session.scalars(
        select(Member.id)
        .where(
            Member.workspace_id == campaign.workspace_id,
            Member.roles.overlap(["admin", "coordinator"]),
            Member.status == ACTIVE,
            Member.merged_into.is_(None),
        )
        .order_by(Member.id)
        .limit(DECIDERS_MAX)
    )
    await _notices(session, campaign, TIE, f"campaign:{campaign.id}:tie", deciders.all(), {"campaign": campaign.id})


async def _cards(session: AsyncSession, campaign: Campaign, kind: str, prefix: str) -> None:
    values = {
        "workspace_id": campaign.workspace_id,
        "campaign_id": campaign.id,
        "conversation_id": campaign.conversation_id,
        "kind": kind,
        "prefix": prefix,
    }
    await session.execute(statements.CARDS, values)


async def _notices(
    session: AsyncSession,
    campaign: Campaign,
    kind: str,
    prefix: str,
    member_ids: Sequence[int],
    reference: dict[str, int],
) -> None:
    lines = await people.lines(session, member_ids, workspace_id=campaign.workspace_id)
    owed = [
        Outgoing(
            f"{prefix}:to:{line.member_id}",
            line.scope,
            kind,
            line.address,
            {**reference, "reader": line.member_id},
            outbox.NOTICE,
        )
        for line in lines
    ]
    await outbox.enqueue(session, owed, workspace_id=campaign.workspace_id)
