"""Deliveries of the platforms: each is a unique row, so that its effect can happen once.

A stored delivery is written before the platform gets its 2xx and worked on afterwards, in order per conversation.
An inline one is claimed in the very transaction of its effect. Either way the claim and the effect commit together.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, String, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Hot, Table

ATTEMPTS_MAX = 8
FIRST_BACK_OFF = timedelta(seconds=1)


class Delivery(Table):
    """Outside row-level security: written before the workspace is known. The body is blanked once it is done."""

    __tablename__ = "inbox"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'retry', 'done', 'parked')", name="state"),
        Index("ix_inbox_order", "conversation", "seq", postgresql_where=text("state = 'pending'")),
        Index("ix_inbox_unfinished", "state", postgresql_where=text("state <> 'done'")),
        Index("ix_inbox_due", "not_before", "seq", postgresql_where=text("state IN ('pending', 'retry')")),
    )

    platform: Mapped[str] = mapped_column(String(16), primary_key=True)
    tenant: Mapped[str] = mapped_column(Text, primary_key=True)
    remote_id: Mapped[str] = mapped_column(Text, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, Identity())
    conversation: Mapped[str] = mapped_column(Text, server_default="")
    body: Mapped[Mapping[str, Any] | None] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(String(8))
    attempts: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str] = mapped_column(Text, server_default="")
    not_before: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    received_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Key(NamedTuple):
    """What repeats of a delivery are recognised by."""

    platform: str
    tenant: str
    remote_id: str


class Arrival(NamedTuple):
    """A delivery that is to be stored. `body` is strict JSON."""

    key: Key
    conversation: str
    body: Mapping[str, Any]


class Pending(NamedTuple):
    key: Key
    conversation: str
    body: Mapping[str, Any]
    attempts: int


_STORE = Hot(
    "INSERT INTO inbox (platform, tenant, remote_id, conversation, body, state)"
    " SELECT platform, tenant, remote_id, conversation, CAST(body AS jsonb), 'pending' FROM unnest(CAST(:platforms AS text[]),"
    " CAST(:tenants AS text[]), CAST(:remote_ids AS text[]), CAST(:conversations AS text[]), CAST(:bodies AS text[]))"
    " WITH ORDINALITY AS given(platform, tenant, remote_id, conversation, body, position) ORDER BY position"
    " ON CONFLICT DO NOTHING RETURNING seq"
)

_CLAIM = Hot(
    "INSERT INTO inbox (platform, tenant, remote_id, state)"
    " VALUES (:platform, :tenant, :remote_id, 'done') ON CONFLICT DO NOTHING RETURNING seq"
)

# The oldest of each conversation; one that failed before no longer holds up those behind it.
_DUE = text(
    "SELECT platform, tenant, remote_id, conversation, body, attempts FROM inbox AS head"
    " WHERE state IN ('pending', 'retry') AND not_before <= clock_timestamp()"
    " AND (state = 'retry' OR NOT EXISTS (SELECT FROM inbox AS earlier WHERE earlier.state = 'pending'"
    " AND earlier.conversation = head.conversation AND earlier.platform = head.platform"
    " AND earlier.tenant = head.tenant AND earlier.seq < head.seq))"
    " ORDER BY seq LIMIT :limit"
)

_TAKE = Hot(
    "UPDATE inbox SET state = 'done', body = NULL, error = '' FROM (SELECT seq FROM inbox WHERE platform = :platform"
    " AND tenant = :tenant AND remote_id = :remote_id AND state IN ('pending', 'retry') FOR UPDATE SKIP LOCKED) AS free"
    " WHERE platform = :platform AND tenant = :tenant AND remote_id = :remote_id RETURNING inbox.seq"
)

_FAIL = text(
    "UPDATE inbox SET attempts = attempts + 1, error = :error,"
    " state = CASE WHEN attempts + 1 >= :attempts_max THEN 'parked' ELSE 'retry' END,"
    " not_before = clock_timestamp() + CAST(:back_off AS interval) * power(2, attempts)"
    " WHERE platform = :platform AND tenant = :tenant AND remote_id = :remote_id AND state IN ('pending', 'retry')"
    " RETURNING state"
)

_REPLAY = text(
    "UPDATE inbox SET state = 'retry', attempts = 0, not_before = clock_timestamp() WHERE state = 'parked'"
    " AND platform = :platform AND tenant = :tenant AND remote_id = :remote_id RETURNING seq"
)

_BACKLOG = text("SELECT state, count(*) AS total FROM inbox WHERE state <> 'done' GROUP BY state")

_FORGET = text(
    "DELETE FROM inbox WHERE (platform, tenant, remote_id) IN (SELECT platform, tenant, remote_id FROM inbox"
    " WHERE state = 'done' AND received_at < :before LIMIT 5000)"
)


async def store(session: AsyncSession, arrivals: Sequence[Arrival]) -> None:
    """Keep deliveries to be worked on later, in this order; one that is known already changes nothing."""
    keys = [arrival.key for arrival in arrivals]
    values = {
        "platforms": [key.platform for key in keys],
        "tenants": [key.tenant for key in keys],
        "remote_ids": [key.remote_id for key in keys],
        "conversations": [arrival.conversation for arrival in arrivals],
        "bodies": [json.dumps(arrival.body) for arrival in arrivals],
    }
    await _STORE.all(session, values)


async def claim(session: AsyncSession, key: Key) -> bool:
    """Claim an inline delivery. False: it was claimed before (or is stored and will be worked on)."""
    return bool(await _CLAIM.all(session, key._asdict()))


async def due(session: AsyncSession, *, limit: int) -> Sequence[Pending]:
    """The next deliveries that may be worked on, at most one pending per conversation."""
    rows = await session.execute(_DUE, {"limit": limit})
    return [
        Pending(Key(row.platform, row.tenant, row.remote_id), row.conversation, row.body or {}, row.attempts)
        for row in rows
    ]


async def take(session: AsyncSession, key: Key) -> bool:
    """Take a stored delivery in the transaction of its effect: then it is done and its body forgotten. False: another replica
    has it, or it is done."""
    return bool(await _TAKE.all(session, key._asdict()))


async def fail(session: AsyncSession, key: Key, *, error: str) -> bool:
    """Count a failed attempt and put the delivery off, twice as long each time. True: it was parked, with its reason."""
    values = {**key._asdict(), "error": error[:500], "attempts_max": ATTEMPTS_MAX, "back_off": FIRST_BACK_OFF}
    return (await session.execute(_FAIL, values)).scalar() == "parked"


async def replay(session: AsyncSession, key: Key) -> bool:
    """Bring a parked delivery back."""
    return (await session.execute(_REPLAY, key._asdict())).first() is not None


async def forget(session: AsyncSession, *, before: datetime) -> None:
    """Delete claims so old that no platform repeats them any more."""
    await session.execute(_FORGET, {"before": before})


async def backlog(session: AsyncSession) -> Mapping[str, int]:
    """How many deliveries are in each unfinished state."""
    rows = await session.execute(_BACKLOG)
    return {row.state: row.total for row in rows}
