"""Who is to hear how a journey goes: one message in private for each journey, which follows what becomes of it."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from core import outbox
from core.people import queries as people

NOTICE = "journey_notice"
"""Its reference is the journey and its reader."""


class Between(NamedTuple):
    """Journeys to one badge between two ids."""

    badge_id: int
    first: int
    last: int


# A message that stands is owed again and becomes an edit, as core.outbox does; people.lines tells where each is reached. That is
# asked for each journey by an index (LATERAL, OFFSET 0): nobody knows how many of them this transaction has just made, so joined
# they would be compared row by row.
_TELL = """
WITH told AS MATERIALIZED (
    SELECT journey.id, line.*, concat_ws(':', platform, tenant, coalesce(nullif(remote_id, ''), '@' || person)) AS scope
    FROM journey CROSS JOIN LATERAL ({lines} OFFSET 0) AS line
    WHERE journey.workspace_id = :workspace_id AND {which}
),
paced AS (INSERT INTO outbox_scope (scope) SELECT DISTINCT scope FROM told ORDER BY scope ON CONFLICT DO NOTHING)
INSERT INTO outbox (workspace_id, dedup_key, scope, kind, address, reference, priority)
SELECT :workspace_id, concat('journey:', id, ':to:', member_id), scope, '{kind}',
       jsonb_build_object('platform', platform, 'tenant', tenant, 'remote_id', remote_id, 'kind', 'personal', 'name', '',
                          'reference', reference, 'person', person),
       jsonb_build_object('journey', id, 'reader', member_id), {priority}
FROM told ORDER BY id ON CONFLICT (workspace_id, dedup_key) DO UPDATE SET revision = outbox.revision + 1, attempts = 0,
    ambiguous = 0, error = '', not_before = clock_timestamp(),
    state = CASE WHEN outbox.state = 'sending' THEN 'sending' ELSE 'pending' END
"""
_THESE = "journey.id = ANY(:journeys)"
_BETWEEN = "journey.badge_id = :badge_id AND journey.id BETWEEN :first AND :last AND journey.completed_at IS NULL"


def _telling(which: str) -> str:
    lines = people.LINE_ROWS.replace("= ANY(:members)", "= journey.member_id")
    return _TELL.format(lines=lines, which=which, kind=NOTICE, priority=outbox.NOTICE)


_TELL_THESE = text(_telling(_THESE)).bindparams(bindparam("journeys", type_=ARRAY(BigInteger)))
_TELL_BETWEEN = text(_telling(_BETWEEN))


async def set_out(session: AsyncSession, between: Between, *, workspace_id: int) -> None:
    """Owe those who were enrolled a word about it, however many they are."""
    await session.execute(_TELL_BETWEEN, {"workspace_id": workspace_id, **between._asdict()})


async def went_on(session: AsyncSession, journey_ids: Sequence[int], *, workspace_id: int) -> None:
    """Owe the members of these journeys how far they are now."""
    if journey_ids:
        await session.execute(_TELL_THESE, {"workspace_id": workspace_id, "journeys": list(journey_ids)})
