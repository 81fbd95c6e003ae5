"""Who is to see a kudos, where: outbox rows in the transaction of the fact.

A public kudos stands as one card in the conversation it was written in and in every connected one, and is edited there when it
changes. A receiver whom none of those cards mentions on a platform of theirs, and every receiver of a private kudos, is told in
private. A card's row is keyed by kudos and conversation, so that asking for it again is an edit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core import outbox
from core.outbox import Outgoing
from core.people import queries as people

CARD, NOTICE = "kudos_card", "kudos_notice"

_AUDIENCE = text("""
SELECT kudos.is_private,
       ARRAY(SELECT member_id FROM kudos_receiver WHERE workspace_id = kudos.workspace_id AND kudos_id = kudos.id) AS receivers,
       (SELECT jsonb_agg(jsonb_build_object('platform', platform, 'tenant', tenant, 'remote_id', remote_id, 'kind', kind,
               'name', name, 'reference', reference) ORDER BY id)
        FROM conversation WHERE conversation.workspace_id = kudos.workspace_id AND NOT is_gone AND NOT kudos.is_private
          AND (is_connected OR (conversation.id = kudos.conversation_id AND kind <> 'personal'))) AS places
FROM kudos WHERE workspace_id = :workspace_id AND id = :kudos_id
""")

_MENTIONED = text(
    "SELECT DISTINCT member_id FROM identity WHERE workspace_id = :workspace_id AND member_id = ANY(:members)"
    " AND (platform, tenant) IN (SELECT * FROM unnest(CAST(:platforms AS text[]), CAST(:tenants AS text[])))"
)

# Whatever was told of a kudos is told again: each row's card or notice is made from what is true then.
_CHANGED = text(
    "UPDATE outbox SET revision = revision + 1, attempts = 0, ambiguous = 0, error = '', not_before = clock_timestamp(),"
    " state = CASE WHEN state = 'sending' THEN state ELSE 'pending' END"
    " WHERE workspace_id = :workspace_id AND dedup_key LIKE :prefix AND kind IN ('kudos_card', 'kudos_notice')"
)


async def given(session: AsyncSession, kudos_id: int, *, workspace_id: int) -> None:
    """Owe the cards and notices of a new kudos."""
    audience = (await session.execute(_AUDIENCE, {"workspace_id": workspace_id, "kudos_id": kudos_id})).one()
    places = audience.places or []
    cards = [_card(kudos_id, place) for place in places]
    unmentioned = await _unmentioned(session, workspace_id, audience.receivers, places)
    lines = await people.lines(session, unmentioned, workspace_id=workspace_id) if unmentioned else []
    await outbox.enqueue(session, [*cards, *(_notice(kudos_id, line) for line in lines)], workspace_id=workspace_id)


async def changed(session: AsyncSession, kudos_id: int, *, workspace_id: int) -> None:
    """Owe an edit of everything that was told of a kudos."""
    await session.execute(_CHANGED, {"workspace_id": workspace_id, "prefix": f"kudos:{kudos_id}:%"})


async def _unmentioned(
    session: AsyncSession, workspace_id: int, receivers: Sequence[int], places: Sequence[Mapping[str, Any]]
) -> Sequence[int]:
    if not places:
        return receivers
    values = {
        "workspace_id": workspace_id,
        "members": list(receivers),
        "platforms": [place["platform"] for place in places],
        "tenants": [place["tenant"] for place in places],
    }
    mentioned = set((await session.execute(_MENTIONED, values)).scalars())
    return [member_id for member_id in receivers if member_id not in mentioned]


def _card(kudos_id: int, place: Mapping[str, Any]) -> Outgoing:
    scope = f"{place['platform']}:{place['tenant']}:{place['remote_id']}"
    return Outgoing(f"kudos:{kudos_id}:in:{scope}", scope, CARD, place, {"kudos": kudos_id}, outbox.BROADCAST)


def _notice(kudos_id: int, line: people.Line) -> Outgoing:
    address = {
        "platform": line.platform,
        "tenant": line.tenant,
        "remote_id": line.remote_id,
        "kind": "personal",
        "name": "",
        "reference": dict(line.reference),
        "person": line.person,
    }
    scope = f"{line.platform}:{line.tenant}:{line.remote_id or '@' + line.person}"
    reference = {"kudos": kudos_id, "reader": line.member_id}
    return Outgoing(f"kudos:{kudos_id}:to:{line.member_id}", scope, NOTICE, address, reference, outbox.NOTICE)
