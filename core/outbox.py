"""What is owed to people: rows written with the fact they tell of, sent afterwards, one at a time per conversation.

A row holds ids, never sentences: what it says is made when it is sent, from what is true then. A row whose key is enqueued
again is sent again (an edit), however often that happened while it waited.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, Index, SmallInteger, String, Text, UniqueConstraint, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Hot, Numbered, OfWorkspace, Table

ANSWER, NOTICE, BROADCAST = 0, 3, 6  # an answer to a person overtakes a notice, and a notice a broadcast

ATTEMPTS_MAX = 8
LEASE = timedelta(seconds=30)
AMBIGUOUS_MAX = 2  # an attempt whose fate is unknown may be repeated once


class Message(Numbered, Table):
    """`address` says where (the edge's own words), `reference` what about (ids). `revision` counts how often it was asked for."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("workspace_id", "dedup_key"),
        CheckConstraint("state IN ('pending', 'sending', 'sent', 'dropped', 'parked')", name="state"),
        Index("ix_outbox_pending", "priority", "scope", "id", postgresql_where=text("state = 'pending'")),
        Index("ix_outbox_scope", "scope", "priority", "id", postgresql_where=text("state IN ('pending', 'sending')")),
        Index("ix_outbox_sending", "scope", postgresql_where=text("state = 'sending'")),
        Index("ix_outbox_parked", "workspace_id", "id", postgresql_where=text("state = 'parked'")),
    )

    dedup_key: Mapped[str] = mapped_column(Text(collation="C"))  # looked up by prefix
    scope: Mapped[str] = mapped_column(Text)
    priority: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[str] = mapped_column(String(40))
    address: Mapped[Mapping[str, Any]]
    reference: Mapped[Mapping[str, Any]]
    state: Mapped[str] = mapped_column(String(8), server_default="pending")
    revision: Mapped[int] = mapped_column(server_default="1")
    attempts: Mapped[int] = mapped_column(server_default="0")
    ambiguous: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    not_before: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    error: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    sent_at: Mapped[datetime | None]


class Scope(Table):
    """One conversation's turn to be written to: leased by one sender, paced by `ready_at`, paused when the platform says so."""

    __tablename__ = "outbox_scope"

    scope: Mapped[str] = mapped_column(Text, primary_key=True)
    ready_at: Mapped[datetime] = mapped_column(server_default="-infinity")
    leased_until: Mapped[datetime] = mapped_column(server_default="-infinity")


class Post(OfWorkspace, Table):
    """A message of ours that stands in a conversation, so that it can be edited rather than posted again."""

    __tablename__ = "post"
    __table_args__ = (Index("ix_post_message", "workspace_id", "message_id"),)

    dedup_key: Mapped[str] = mapped_column(Text, primary_key=True)
    message_id: Mapped[str] = mapped_column(Text)
    address: Mapped[Mapping[str, Any]]
    posted_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to enqueue. `scope` is the conversation it is paced with."""

    dedup_key: str
    scope: str
    kind: str
    address: Mapping[str, Any]
    reference: Mapping[str, Any]
    priority: int = BROADCAST


@dataclass(frozen=True, slots=True)
class Leased:
    """A message that is ours to send now. `posted` is where it stands already, if it does."""

    workspace_id: int
    id: int
    dedup_key: str
    scope: str
    priority: int
    kind: str
    address: Mapping[str, Any]
    reference: Mapping[str, Any]
    revision: int
    attempts: int
    ambiguous: int
    post_id: str | None
    post_address: Mapping[str, Any] | None


# Members of one statement, so that a command with ten connected channels costs one round trip.
_ENQUEUE = Hot(
    "WITH given AS (SELECT * FROM json_to_recordset(CAST(CAST(:messages AS text) AS json)) AS given"
    "(dedup_key text, scope text, kind text, address jsonb, reference jsonb, priority smallint)),"
    " scopes AS (INSERT INTO outbox_scope (scope) SELECT DISTINCT scope FROM given ORDER BY scope ON CONFLICT DO NOTHING)"
    " INSERT INTO outbox (workspace_id, dedup_key, scope, kind, address, reference, priority)"
    " SELECT :workspace_id, dedup_key, scope, kind, address, reference, priority FROM given ORDER BY dedup_key"
    " ON CONFLICT (workspace_id, dedup_key) DO UPDATE SET revision = outbox.revision + 1, reference = excluded.reference,"
    " attempts = 0, ambiguous = 0, error = '', not_before = clock_timestamp(),"
    " state = CASE WHEN outbox.state = 'sending' THEN 'sending' ELSE 'pending' END"
)

# A loose index scan over (priority, scope), read no further than needed: the answers of all conversations first, each
# conversation looked at once however many messages wait in it. A conversation that another sender holds is passed over.
_LEASE_SCOPES = text(
    "WITH RECURSIVE head AS ("
    " (SELECT priority, scope FROM outbox WHERE state = 'pending' ORDER BY priority, scope LIMIT 1)"
    " UNION ALL SELECT following.priority, following.scope FROM head CROSS JOIN LATERAL"
    " (SELECT priority, scope FROM outbox WHERE state = 'pending' AND (priority, scope) > (head.priority, head.scope)"
    " ORDER BY priority, scope LIMIT 1) AS following),"
    " ready AS (SELECT turn.scope FROM head CROSS JOIN LATERAL (SELECT scope FROM outbox_scope"
    " WHERE outbox_scope.scope = head.scope AND ready_at <= clock_timestamp() AND leased_until <= clock_timestamp()"
    " AND EXISTS (SELECT FROM outbox WHERE outbox.scope = head.scope AND outbox.state = 'pending'"
    " AND outbox.priority = head.priority AND outbox.not_before <= clock_timestamp())"
    " AND NOT EXISTS (SELECT FROM outbox WHERE outbox.scope = head.scope AND outbox.state = 'pending'"
    " AND outbox.priority < head.priority AND outbox.not_before <= clock_timestamp())"
    " FOR UPDATE SKIP LOCKED) AS turn LIMIT :limit)"
    " UPDATE outbox_scope SET leased_until = clock_timestamp() + CAST(:lease AS interval) FROM ready"
    " WHERE outbox_scope.scope = ready.scope RETURNING outbox_scope.scope"
)

_LEASE_MESSAGES = text(
    "UPDATE outbox SET state = 'sending', attempts = attempts + 1 FROM unnest(CAST(:scopes AS text[])) AS leased(scope),"
    " LATERAL (SELECT workspace_id, id FROM outbox AS queued WHERE queued.scope = leased.scope AND queued.state = 'pending'"
    " AND queued.not_before <= clock_timestamp() ORDER BY queued.priority, queued.id LIMIT 1) AS head"
    " WHERE outbox.workspace_id = head.workspace_id AND outbox.id = head.id"
    " RETURNING outbox.workspace_id, outbox.id, outbox.dedup_key, outbox.scope, outbox.priority, outbox.kind, outbox.address,"
    " outbox.reference, outbox.revision, outbox.attempts, outbox.ambiguous,"
    " (SELECT message_id FROM post WHERE post.workspace_id = outbox.workspace_id AND post.dedup_key = outbox.dedup_key)"
    " AS post_id,"
    " (SELECT post.address FROM post WHERE post.workspace_id = outbox.workspace_id AND post.dedup_key = outbox.dedup_key)"
    " AS post_address"
)

# Sent unless it was asked for again meanwhile; then it is pending once more. What it was about is forgotten with an answer.
_SETTLE = text(
    "UPDATE outbox SET state = CASE WHEN revision = :revision THEN :state ELSE 'pending' END, error = :error,"
    " reference = CASE WHEN revision = :revision AND priority = 0 AND CAST(:state AS text) <> 'parked'"
    " THEN '{}'::jsonb ELSE reference END,"
    " sent_at = CASE WHEN CAST(:state AS text) = 'sent' THEN clock_timestamp() ELSE sent_at END"
    " WHERE workspace_id = :workspace_id AND id = :id"
)

_POSTPONE = text(
    "UPDATE outbox SET state = 'pending', error = :error, attempts = attempts - :uncounted,"
    " ambiguous = ambiguous + :ambiguous, not_before = clock_timestamp() + CAST(:delay AS interval)"
    " WHERE workspace_id = :workspace_id AND id = :id"
)

# The generic cell rate algorithm in one column: `ready_at` runs ahead of the clock by what was sent too early.
_RELEASE = text(
    "UPDATE outbox_scope SET leased_until = '-infinity', ready_at = greatest("
    "greatest(ready_at + CAST(:burst AS interval), clock_timestamp()) + CAST(:gap AS interval) - CAST(:burst AS interval),"
    " CASE WHEN CAST(:pause AS interval) > INTERVAL '0' THEN clock_timestamp() + CAST(:pause AS interval) END)"
    " WHERE scope = :scope"
)

_RECORD_POST = Hot(
    "INSERT INTO post (workspace_id, dedup_key, message_id, address)"
    " VALUES (:workspace_id, :dedup_key, :message_id, CAST(CAST(:address AS text) AS jsonb))"
    " ON CONFLICT (workspace_id, dedup_key) DO UPDATE SET message_id = excluded.message_id, address = excluded.address"
)

_RENEW = text(
    "UPDATE outbox SET revision = revision + 1, attempts = 0, ambiguous = 0, error = '', not_before = clock_timestamp(),"
    " state = CASE WHEN state = 'sending' THEN state ELSE 'pending' END"
    " WHERE workspace_id = :workspace_id AND dedup_key LIKE :prefix AND kind = ANY(:kinds)"
)

# A sender that died with the message in its hands: nobody knows whether it arrived.
_RECOVER = text(
    "UPDATE outbox SET state = CASE WHEN ambiguous + 1 >= :ambiguous_max THEN 'parked' ELSE 'pending' END,"
    " ambiguous = ambiguous + 1, error = 'the sender stopped before it knew the outcome'"
    " FROM outbox_scope WHERE outbox.scope = outbox_scope.scope AND outbox.state = 'sending'"
    " AND outbox_scope.leased_until <= clock_timestamp() RETURNING outbox.id"
)

_FORGET = text(
    "DELETE FROM outbox WHERE (workspace_id, id) IN (SELECT workspace_id, id FROM outbox"
    " WHERE state IN ('sent', 'dropped') AND created_at < :before LIMIT 5000)"
)


async def enqueue(session: AsyncSession, messages: Sequence[Outgoing], *, workspace_id: int) -> None:
    """Owe these messages, in the transaction of the fact they tell of. A known key is owed once more (an edit)."""
    if messages:
        rows = [{field: getattr(message, field) for field in Outgoing.__slots__} for message in messages]
        await _ENQUEUE.all(session, {"messages": json.dumps(rows, default=dict), "workspace_id": workspace_id})


async def renew(session: AsyncSession, prefix: str, kinds: Sequence[str], *, workspace_id: int) -> None:
    """Owe everything again that was told under keys that begin so: each message is made from what is true then."""
    await session.execute(_RENEW, {"workspace_id": workspace_id, "prefix": f"{prefix}%", "kinds": list(kinds)})


async def lease(session: AsyncSession, *, limit: int) -> Sequence[Leased]:
    """Take the next message of up to `limit` conversations that may be written to now, answers first."""
    await session.execute(_RECOVER, {"ambiguous_max": AMBIGUOUS_MAX})
    scopes = (await session.execute(_LEASE_SCOPES, {"limit": limit, "lease": LEASE})).scalars().all()
    if not scopes:
        return []
    return [Leased(**row) for row in (await session.execute(_LEASE_MESSAGES, {"scopes": scopes})).mappings()]


async def settle(session: AsyncSession, message: Leased, *, state: str, error: str = "") -> None:
    """Mark a message `sent`, `dropped` (it is no longer true) or `parked` (it can never arrive, with the reason)."""
    values = {"workspace_id": message.workspace_id, "id": message.id, "revision": message.revision}
    await session.execute(_SETTLE, {**values, "state": state, "error": error[:500]})


async def postpone(
    session: AsyncSession,
    message: Leased,
    *,
    delay: timedelta,
    error: str,
    counted: bool = True,
    ambiguous: bool = False,
) -> None:
    """Try again after `delay`. Not `counted` when the platform only asked us to wait."""
    values = {"workspace_id": message.workspace_id, "id": message.id, "error": error[:500], "delay": delay}
    await session.execute(_POSTPONE, {**values, "uncounted": int(not counted), "ambiguous": int(ambiguous)})


async def release(
    session: AsyncSession,
    scope: str,
    *,
    gap: timedelta = timedelta(),
    burst: timedelta = timedelta(),
    pause: timedelta = timedelta(),
) -> None:
    """End the turn of a conversation: one message a `gap` on average, up to `burst` ahead of time, none during a `pause`."""
    await session.execute(_RELEASE, {"scope": scope, "gap": gap, "burst": burst, "pause": pause})


async def record_post(session: AsyncSession, message: Leased, *, message_id: str, address: Mapping[str, Any]) -> None:
    """Remember where a message stands, so that the next revision edits it."""
    values = {"workspace_id": message.workspace_id, "dedup_key": message.dedup_key}
    await _RECORD_POST.all(session, {**values, "message_id": message_id, "address": json.dumps(dict(address))})


async def parked(session: AsyncSession, *, limit: int = 100) -> Sequence[Message]:
    """Messages that were given up, oldest first."""
    rows = await session.scalars(select(Message).where(Message.state == "parked").order_by(Message.id).limit(limit))
    return rows.all()


async def replay(session: AsyncSession, ids: Sequence[int]) -> Sequence[int]:
    """Bring parked messages back, all of them if `ids` is empty. Returns the ids that will be sent again."""
    change = update(Message).where(Message.state == "parked")
    if ids:
        change = change.where(Message.id.in_(ids))
    rows = await session.scalars(
        change.values(state="pending", attempts=0, ambiguous=0, not_before=func.clock_timestamp()).returning(Message.id)
    )
    return rows.all()


async def backlog(session: AsyncSession) -> Mapping[str, int]:
    """How many messages are in each unfinished state."""
    rows = await session.execute(
        select(Message.state, func.count())
        .where(Message.state.in_(("pending", "sending", "parked")))
        .group_by(Message.state)
    )
    return {row.state: row[1] for row in rows}


async def forget(session: AsyncSession, *, before: datetime) -> None:
    """Delete messages that were dealt with before an instant."""
    await session.execute(_FORGET, {"before": before})
