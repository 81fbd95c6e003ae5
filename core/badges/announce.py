"""Who is to see an award, where: outbox rows in the transaction of the fact.

All awards of one act stand on one card, in the conversation it was given in and in every connected one. A receiver whom none of
those cards mentions on a platform of theirs is told in private.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from core import outbox
from core.badges import statements
from core.outbox import Outgoing
from core.people import queries as people

CARD, NOTICE = "badge_card", "badge_notice"
"""Both name the act; a notice also its reader."""


async def awarded(
    session: AsyncSession, act_id: int, member_ids: Sequence[int], *, workspace_id: int, conversation_id: int | None
) -> None:
    """Owe the cards of an act, and a word in private to whom they do not reach."""
    values = {
        "workspace_id": workspace_id,
        "act_id": act_id,
        "conversation_id": conversation_id,
        "receivers": list(member_ids),
    }
    untold = (await session.execute(statements.CARDS, values)).scalar_one()
    if untold:
        lines = await people.lines(session, untold, workspace_id=workspace_id)
        await outbox.enqueue(session, [_notice(act_id, line) for line in lines], workspace_id=workspace_id)


async def changed(session: AsyncSession, act_id: int, *, workspace_id: int) -> None:
    """Owe an edit of everything that was told of an act."""
    await outbox.renew(session, f"award:{act_id}:", (CARD, NOTICE), workspace_id=workspace_id)


def _notice(act_id: int, line: people.Line) -> Outgoing:
    reference = {"act": act_id, "reader": line.member_id}
    return Outgoing(f"award:{act_id}:to:{line.member_id}", line.scope, NOTICE, line.address, reference, outbox.NOTICE)
