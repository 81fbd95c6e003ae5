"""Whom an event is about, and whether anything of the workspace wants it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.activities.models import ATTENDANCE, LOGIN
from core.activities.service import ALSO, type_name
from core.badges import registry
from core.badges.definition.findings import Fault, nearest
from core.errors import Refusal
from core.events.message import Event, Who, invalid
from core.people.models import LEFT, Member
from core.rules import metrics

MEMBERS_MAX = 10_000
"""Whom one event may be about, by a query."""
NAMES_MAX = 10_000

KNOWN = frozenset({LOGIN, ATTENDANCE, *ALSO.values()})
"""Types that the product knows by itself: they are kept whether or not a badge asks for them today."""


class EventUnwanted(Refusal):
    """No badge, no rule and no query of the workspace asks for `key`; `nearest` is what is asked for and looks like it."""

    code = "event_unwanted"


class EventTooMany(Refusal):
    """The query of `key` names more than `limit` members."""

    code = "event_too_many"


class QueryInvalid(Exception):
    """A registered query returned something else than a `select`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a registered query is given. `occurred_at` is when it happened, `now` when it is looked at; `data` is the message's."""

    workspace_id: int
    event: Event
    now: datetime


_RESOLVE = text("""
WITH asked AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(:users)
        AS asked(place integer, member_id bigint, email text, platform text, tenant text, remote_id text)
),
found AS (
    SELECT asked.place, asked.member_id AS id FROM asked WHERE asked.member_id IS NOT NULL
    UNION ALL
    SELECT asked.place, profile.member_id FROM asked
    JOIN profile ON profile.workspace_id = :workspace_id AND profile.email = asked.email WHERE asked.email <> ''
    UNION ALL
    SELECT asked.place, identity.member_id FROM asked
    JOIN identity ON identity.workspace_id = :workspace_id AND identity.platform = asked.platform
        AND identity.tenant = asked.tenant AND identity.remote_id = asked.remote_id WHERE asked.remote_id <> ''
)
SELECT asked.place, coalesce(member.merged_into, member.id) AS member_id
FROM asked LEFT JOIN found USING (place)
LEFT JOIN member ON member.workspace_id = :workspace_id AND member.id = found.id
ORDER BY asked.place
""").bindparams(bindparam("users", type_=JSONB))


async def members_of(session: AsyncSession, event: Event, *, workspace_id: int, now: datetime) -> Sequence[int]:
    """Ids of those whom an event is about, ascending; for one who was merged, of the one who lives on. Raises EventInvalid for
    whom nobody knows and where nobody is named, EventTooMany."""
    if event.users:
        return await _named(session, event.users, workspace_id=workspace_id)
    named = registry.find("query", event.key)
    if named is None or named.function is None:
        raise invalid([Fault("$.user_id", "user_missing", {"key": event.key})])
    return await _queried(session, named.function(Asked(workspace_id, event, now)), event, workspace_id=workspace_id)


async def _named(session: AsyncSession, users: Sequence[Who], *, workspace_id: int) -> Sequence[int]:
    rows = [{"place": place, **who._asdict()} for place, who in enumerate(users)]
    found = (await session.execute(_RESOLVE, {"workspace_id": workspace_id, "users": rows})).all()
    unknown = [row.place for row in found if row.member_id is None]
    if unknown:
        # By their place in the message, counted over user_id and user_ids: a reason is kept, so it quotes nobody.
        raise invalid(
            [Fault("$.user_ids" if len(users) > 1 else "$.user_id", "user_unknown", {"places": unknown[:10]})]
        )
    return sorted({row.member_id for row in found})


async def _queried(session: AsyncSession, rows: Any, event: Event, *, workspace_id: int) -> Sequence[int]:
    """What a query names, as far as they are members of this workspace who have not left."""
    if not isinstance(rows, Select):
        raise QueryInvalid(f"the query {event.key} returns no select")
    ids = rows.subquery()
    found = await session.scalars(
        select(func.coalesce(Member.merged_into, Member.id).label("member_id"))
        .join(ids, ids.c[0] == Member.id)
        .where(Member.workspace_id == workspace_id, Member.status != LEFT)
        .distinct()
        .order_by("member_id")
        .limit(MEMBERS_MAX + 1)
    )
    members = found.all()
    if len(members) > MEMBERS_MAX:
        raise EventTooMany(key=event.key, limit=MEMBERS_MAX)
    return members


# The names that enabled badges ask for: of events, of steps, and of the activities that rules and steps count.
_NAMES = text("""
SELECT DISTINCT is_called, found #>> '{}' AS name
FROM badge,
     (VALUES (false, '$.events[*].key'), (false, '$.steps[*].event'), (false, '$.rules[*].column'), (false, '$.rules[*].dataset'),
             (false, '$.rules[*].function_params.type'), (false, '$.steps[*].condition.function_params.type'),
             (true, '$.rules[*].function_path'), (true, '$.rules[*].metric'),
             (true, '$.steps[*].condition.function_path'), (true, '$.steps[*].condition.metric')) AS asked(is_called, path),
     LATERAL jsonb_path_query(badge.definition, CAST(asked.path AS jsonpath)) AS found
WHERE badge.workspace_id = :workspace_id AND badge.is_enabled AND found #>> '{}' IS NOT NULL
LIMIT :limit
""")


async def require_wanted(session: AsyncSession, event: Event, *, workspace_id: int) -> None:
    """Raise EventUnwanted if nothing would ever come of an event."""
    if event.type in KNOWN or registry.find("query", event.key):
        return
    rows = await session.execute(_NAMES, {"workspace_id": workspace_id, "limit": NAMES_MAX})
    wanted: set[str] = set()
    for row in rows:
        wanted |= (metrics.called_types(row.name, {}) or frozenset()) if row.is_called else {row.name}
    if {event.key, event.type} & {*wanted, *map(type_name, wanted)}:
        return
    known = {*wanted, *KNOWN, *registry.names("query")}
    raise EventUnwanted(key=event.key, type=event.type, nearest=nearest(event.key, known) or nearest(event.type, known))
