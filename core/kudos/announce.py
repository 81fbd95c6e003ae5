"""Who is to see a kudos, where: outbox rows in the transaction of the fact.

A public kudos stands as one card in the conversation it was written in and in every connected one, and is edited there when it
changes. A receiver whom none of those cards mentions on a platform of theirs, and every receiver of a private kudos, is told in
private. A card's row is keyed by kudos and conversation, so that asking for it again is an edit.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core import outbox
from core.outbox import Outgoing
from core.people import modes
from core.people import queries as people

CARD, NOTICE = "kudos_card", "kudos_notice"

# Members of the statement that gives: a row for each card, keyed and addressed like any message of the outbox.
CARDS = f"""\
place AS (
    SELECT platform, tenant, concat_ws(':', platform, tenant, remote_id) AS scope,
           {modes.DAILY_ADDRESS} AS address
    FROM conversation WHERE workspace_id = :workspace_id AND NOT is_gone AND NOT :is_private
      AND (({modes.AT_ONCE}) OR (id = :conversation_id AND kind <> 'personal'))
),
paced AS (INSERT INTO outbox_scope (scope) SELECT scope FROM place, given ORDER BY scope ON CONFLICT DO NOTHING),
card AS (
    INSERT INTO outbox (workspace_id, dedup_key, scope, kind, address, reference, priority)
    SELECT :workspace_id, concat('kudos:', given.id, ':in:', scope), scope, '{CARD}', address,
           jsonb_build_object('kudos', given.id), {outbox.BROADCAST}
    FROM place, given ORDER BY scope
)"""  # noqa: S608 - constants of this code

# Receivers whom no card mentions on a platform of theirs. Counted for each, so that no plan reads everybody's accounts.
UNTOLD = """\
ARRAY(SELECT member_id FROM receiver WHERE 0 = (
    SELECT count(*) FROM identity JOIN place USING (platform, tenant)
    WHERE identity.workspace_id = :workspace_id AND identity.member_id = receiver.member_id))"""

# Receivers of a kudos whom no card that stands, or still may, mentions on a platform of theirs.
_LEFT_OUT = text("""
SELECT member_id FROM kudos_receiver AS receiver WHERE workspace_id = :workspace_id AND kudos_id = :kudos_id AND NOT EXISTS (
    SELECT FROM outbox JOIN identity ON identity.workspace_id = outbox.workspace_id AND identity.member_id = receiver.member_id
    AND identity.platform = outbox.address->>'platform' AND identity.tenant = outbox.address->>'tenant'
    WHERE outbox.workspace_id = receiver.workspace_id AND outbox.dedup_key LIKE :cards
      AND outbox.state NOT IN ('dropped', 'parked'))
""")


async def refused(session: AsyncSession, kudos_id: int, *, workspace_id: int) -> None:
    """A card was given up: whoever is mentioned on no other one is told in private."""
    values = {"workspace_id": workspace_id, "kudos_id": kudos_id, "cards": f"kudos:{kudos_id}:in:%"}
    left_out = (await session.execute(_LEFT_OUT, values)).scalars().all()
    await notices(session, kudos_id, left_out, workspace_id=workspace_id)


async def notices(session: AsyncSession, kudos_id: int, member_ids: Sequence[int], *, workspace_id: int) -> None:
    """Owe receivers a word in private, where they can be reached."""
    lines = await people.lines(session, member_ids, workspace_id=workspace_id)
    await outbox.enqueue(session, [_notice(kudos_id, line) for line in lines], workspace_id=workspace_id)


# A card's key holds its conversation, so the message alone would not do: platforms number messages in each conversation anew.
async def changed(session: AsyncSession, kudos_id: int, *, workspace_id: int) -> None:
    """Owe an edit of everything that was told of a kudos."""
    await outbox.renew(session, f"kudos:{kudos_id}:", (CARD, NOTICE), workspace_id=workspace_id)


def _notice(kudos_id: int, line: people.Line) -> Outgoing:
    reference = {"kudos": kudos_id, "reader": line.member_id}
    return Outgoing(f"kudos:{kudos_id}:to:{line.member_id}", line.scope, NOTICE, line.address, reference, outbox.NOTICE)
