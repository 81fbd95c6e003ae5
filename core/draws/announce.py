"""Who is to hear of a draw, where: outbox rows in the transaction of the fact.

One card stands in every connected conversation, and in the one the draw was opened in, and is edited as the draw goes on. The result
is a message of its own, so that it is seen; winners are told in private too.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core import outbox
from core.draws.models import Draw
from core.outbox import Outgoing
from core.people import modes
from core.people import queries as people

CARD, RESULT, NOTICE = "draw_card", "draw_result", "draw_notice"
"""All name the draw; a notice also its reader."""

_CARDS = text(f"""
WITH place AS (
    SELECT platform, tenant, concat_ws(':', platform, tenant, remote_id) AS scope,
           {modes.ADDRESS} AS address
    FROM conversation WHERE workspace_id = :workspace_id AND NOT is_gone
      AND (({modes.NOT_SILENT}) OR (id = CAST(:conversation_id AS bigint) AND kind <> 'personal'))
),
paced AS (INSERT INTO outbox_scope (scope) SELECT scope FROM place ORDER BY scope ON CONFLICT DO NOTHING)
INSERT INTO outbox (workspace_id, dedup_key, scope, kind, address, reference, priority)
SELECT :workspace_id, concat('draw:', CAST(:draw_id AS bigint), ':', CAST(:part AS text), ':', scope), scope, :kind, address,
       jsonb_build_object('draw', CAST(:draw_id AS bigint)), {outbox.BROADCAST}
FROM place ORDER BY scope ON CONFLICT (workspace_id, dedup_key) DO NOTHING
""")  # noqa: S608 - constants of this code


async def opened(session: AsyncSession, draw: Draw) -> None:
    await _cards(session, draw, "in", CARD)


async def changed(session: AsyncSession, draw: Draw) -> None:
    """Owe an edit of the card wherever it stands."""
    await outbox.renew(session, f"draw:{draw.id}:in:", (CARD,), workspace_id=draw.workspace_id)


async def frozen(session: AsyncSession, draw: Draw) -> None:
    """The hashes are published: on the cards that stand, and where none does yet."""
    await changed(session, draw)
    await _cards(session, draw, "in", CARD)


async def voided(session: AsyncSession, draw: Draw) -> None:
    await changed(session, draw)


async def paid(session: AsyncSession, draw: Draw, winner_ids: Sequence[int]) -> None:
    await changed(session, draw)
    await _cards(session, draw, "result", RESULT)
    lines = await people.lines(session, winner_ids, workspace_id=draw.workspace_id)
    await outbox.enqueue(session, [_notice(draw, line) for line in lines], workspace_id=draw.workspace_id)


def _notice(draw: Draw, line: people.Line) -> Outgoing:
    reference = {"draw": draw.id, "reader": line.member_id}
    return Outgoing(f"draw:{draw.id}:to:{line.member_id}", line.scope, NOTICE, line.address, reference, outbox.NOTICE)


async def _cards(session: AsyncSession, draw: Draw, part: str, kind: str) -> None:
    values = {
        "workspace_id": draw.workspace_id,
        "conversation_id": draw.conversation_id,
        "draw_id": draw.id,
        "part": part,
        "kind": kind,
    }
    await session.execute(_CARDS, values)
