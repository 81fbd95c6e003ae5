"""Who is to see an award, where: outbox rows in the transaction of the fact.

All awards of one act stand on one card, in the conversation it was given in and in every connected one. A receiver whom none of
those cards mentions on a platform of theirs is told in private, and so is everybody who gets a secret badge, as its card does
not name it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core import outbox
from core.badges import statements
from core.badges.models import Badge
from core.callbacks import service as callbacks
from core.outbox import Outgoing
from core.people import modes
from core.people import queries as people

CARD, NOTICE, CROWD = "badge_card", "badge_notice", "badge_crowd"
"""The first two name the act; a notice also its reader. The third tells of so many awards at once that each is an act of its own."""


class Crowd(NamedTuple):
    """Awards of one badge between two ids, `many` of them."""

    first: int
    last: int
    many: int


_TELL_CROWD = text(f"""
WITH place AS (
    SELECT concat_ws(':', platform, tenant, remote_id) AS scope,
           {modes.DAILY_ADDRESS} AS address
    FROM conversation WHERE workspace_id = :workspace_id AND NOT is_gone AND {modes.AT_ONCE}
),
paced AS (INSERT INTO outbox_scope (scope) SELECT scope FROM place ORDER BY scope ON CONFLICT DO NOTHING)
INSERT INTO outbox (workspace_id, dedup_key, scope, kind, address, reference, priority)
SELECT :workspace_id, concat('award:', CAST(:first AS bigint), ':crowd:', scope), scope, '{CROWD}', address,
       jsonb_build_object('badge', CAST(:badge_id AS bigint), 'count', CAST(:many AS bigint)), {outbox.BROADCAST}
FROM place ORDER BY scope ON CONFLICT (workspace_id, dedup_key) DO NOTHING
""")  # noqa: S608 - constants of this code

# What people.lines tells of each, without bringing a crowd into this process.
_AMONG = (
    "IN (SELECT award.member_id FROM award WHERE award.workspace_id = :workspace_id AND award.id BETWEEN :first AND :last"
    " AND award.badge_id = :badge_id)"
)
_TELL_EACH = text(f"""
WITH line AS MATERIALIZED ({people.LINE_ROWS.replace("= ANY(:members)", _AMONG)}),
told AS MATERIALIZED (
    SELECT award.act_id, line.*, concat_ws(':', platform, tenant, coalesce(nullif(remote_id, ''), '@' || person)) AS scope
    FROM award JOIN line ON line.member_id = award.member_id
    WHERE award.workspace_id = :workspace_id AND award.id BETWEEN :first AND :last AND award.badge_id = :badge_id
),
paced AS (INSERT INTO outbox_scope (scope) SELECT DISTINCT scope FROM told ORDER BY scope ON CONFLICT DO NOTHING)
INSERT INTO outbox (workspace_id, dedup_key, scope, kind, address, reference, priority)
SELECT :workspace_id, concat('award:', act_id, ':to:', member_id), scope, '{NOTICE}',
       jsonb_build_object('platform', platform, 'tenant', tenant, 'remote_id', remote_id, 'kind', 'personal', 'name', '',
                          'reference', reference, 'person', person),
       jsonb_build_object('act', act_id, 'reader', member_id), {outbox.NOTICE}
FROM told ORDER BY act_id ON CONFLICT (workspace_id, dedup_key) DO NOTHING
""")  # noqa: S608 - constants of this code

# Receivers of an act whom no card that stands, or still may, mentions on a platform of theirs.
_LEFT_OUT = text("""
SELECT member_id FROM award AS given WHERE workspace_id = :workspace_id AND act_id = :act_id AND revoked_at IS NULL AND NOT EXISTS (
    SELECT FROM outbox JOIN identity ON identity.workspace_id = outbox.workspace_id AND identity.member_id = given.member_id
    AND identity.platform = outbox.address->>'platform' AND identity.tenant = outbox.address->>'tenant'
    WHERE outbox.workspace_id = given.workspace_id AND outbox.dedup_key LIKE :cards
      AND outbox.state NOT IN ('dropped', 'parked'))
""")


async def awarded(
    session: AsyncSession, badge: Badge, act_id: int, member_ids: Sequence[int], *, conversation_id: int | None
) -> None:
    """Owe the cards of an act, and a word in private to whom they do not reach."""
    values = {
        "workspace_id": badge.workspace_id,
        "act_id": act_id,
        "conversation_id": conversation_id,
        "receivers": list(member_ids),
    }
    untold = (await session.execute(statements.CARDS, values)).scalar_one()
    await _notices(session, act_id, member_ids if badge.is_secret else untold, workspace_id=badge.workspace_id)


async def in_private(session: AsyncSession, act_id: int, member_ids: Sequence[int], *, workspace_id: int) -> None:
    """Owe a word in private to each receiver, and no card to anybody else."""
    await _notices(session, act_id, member_ids, workspace_id=workspace_id)


async def crowded(session: AsyncSession, badge: Badge, crowd: Crowd, *, is_quiet: bool) -> None:
    """Owe each of a crowd a word in private, and the connected conversations one card that tells how many they are."""
    values = {"workspace_id": badge.workspace_id, "badge_id": badge.id, **crowd._asdict()}
    await session.execute(_TELL_EACH, {key: value for key, value in values.items() if key != "many"})
    if not is_quiet:
        await session.execute(_TELL_CROWD, {key: value for key, value in values.items() if key != "last"})


async def called(session: AsyncSession, badge: Badge, first: int, last: int) -> None:
    """Owe what the badge calls when it is awarded, for its awards between two ids."""
    names = badge.definition.get("awarded_callbacks") or ()
    await callbacks.owe_awarded(
        session, names, workspace_id=badge.workspace_id, badge_id=badge.id, first=first, last=last
    )


async def refused(session: AsyncSession, act_id: int, *, workspace_id: int) -> None:
    """A card was given up: whoever is mentioned on no other one is told in private."""
    values = {"workspace_id": workspace_id, "act_id": act_id, "cards": f"award:{act_id}:in:%"}
    left_out = (await session.execute(_LEFT_OUT, values)).scalars().all()
    await _notices(session, act_id, left_out, workspace_id=workspace_id)


async def _notices(session: AsyncSession, act_id: int, member_ids: Sequence[int], *, workspace_id: int) -> None:
    if member_ids:
        lines = await people.lines(session, member_ids, workspace_id=workspace_id)
        await outbox.enqueue(session, [_notice(act_id, line) for line in lines], workspace_id=workspace_id)


async def changed(session: AsyncSession, act_id: int, *, workspace_id: int) -> None:
    """Owe an edit of everything that was told of an act."""
    await outbox.renew(session, f"award:{act_id}:", (CARD, NOTICE), workspace_id=workspace_id)


def _notice(act_id: int, line: people.Line) -> Outgoing:
    reference = {"act": act_id, "reader": line.member_id}
    return Outgoing(f"award:{act_id}:to:{line.member_id}", line.scope, NOTICE, line.address, reference, outbox.NOTICE)
