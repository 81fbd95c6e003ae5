"""The verbs of events: take one, once; put off or park what cannot be taken; bring it back."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.activities import service as activities
from core.activities.service import BATCH_MAX, Deed
from core.errors import Refusal
from core.events import asking
from core.events.message import Event, read
from core.events.models import PARKED, SOURCE_LENGTH_MAX
from core.people import queries as people
from core.rules import service as rules

ATTEMPTS_MAX = 8
FIRST_BACK_OFF = timedelta(seconds=1)
BODY_BYTES_MAX = 256 * 1024
RUN_HASH_LENGTH = 24
FAILED = "event_failed"
"""The code of what failed by a bug, ours or a query's, and is tried again."""


class EventsOff(Refusal):
    """The workspace takes no events."""

    code = "events_off"


class EventReused(Refusal):
    """The producer gave the id of a message that was taken to another one."""

    code = "event_reused"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as it came. `source` says from whom, `key` is what repeats of it are known by: see `arrived`."""

    source: str
    routing_key: str
    key: str
    body: bytes

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.routing_key.encode() + b"\0" + self.body).digest()

    @property
    def run(self) -> str:
        """The message as what asked for an award: short, as it is part of a key."""
        whole = hashlib.sha256(f"{self.source}\0{self.key}".encode()).hexdigest()
        return f"event:{whole[:RUN_HASH_LENGTH]}"


class Taken(NamedTuple):
    """What came of a message. `is_repeat`: its effect had happened before, and nothing was done."""

    recorded: int = 0
    repeated: int = 0
    awarded: int = 0
    is_repeat: bool = False


class Home(NamedTuple):
    workspace_id: int
    takes_events: bool


class Waiting(NamedTuple):
    """A message that could not be taken, and why."""

    workspace_id: int
    id: int
    arrived: Arrived
    state: str
    code: str
    details: Mapping[str, Any]
    attempts: int
    received_at: datetime


def arrived(*, way: str, producer: str, routing_key: str, message_id: str, body: bytes) -> Arrived:
    """A message that came by a way (`amqp`, `hook`) from a producer, known by its id if it has one, else by what it says."""
    producer, message_id = producer.strip(), message_id.strip()
    source = f"{way}:{producer}" if producer else way
    if len(source) > SOURCE_LENGTH_MAX:
        source = f"{source[: SOURCE_LENGTH_MAX - 9]}~{hashlib.sha256(source.encode()).hexdigest()[:8]}"
    made = Arrived(source.replace("\0", ""), routing_key.replace("\0", ""), "", body)
    named = f"id:{message_id}" if message_id else f"sha256:{made.digest.hex()}"
    return Arrived(made.source, made.routing_key, named.replace("\0", ""), body)


_CLAIM = text(
    "INSERT INTO event_claim AS known (workspace_id, source, key, digest) VALUES (:workspace_id, :source, :key, :digest)"
    " ON CONFLICT (workspace_id, source, key) DO UPDATE SET key = excluded.key RETURNING xmax = 0 AS is_new, digest"
)
_DROP = text("DELETE FROM event_parked WHERE workspace_id = :workspace_id AND source = :source AND key = :key")

_PARK = text(
    "INSERT INTO event_parked AS known (workspace_id, source, key, routing_key, body, state, code, details, attempts)"
    " VALUES (:workspace_id, :source, :key, :routing_key, :body, 'parked', :code, :details, 1)"
    " ON CONFLICT (workspace_id, source, key) DO UPDATE SET state = 'parked', code = excluded.code, details = excluded.details,"
    " attempts = known.attempts + 1 RETURNING id"
).bindparams(bindparam("details", type_=JSONB))

# Only what is still being tried counts an attempt: what was given up stays so until somebody replays it.
_FAIL = text(
    "INSERT INTO event_parked AS known (workspace_id, source, key, routing_key, body, state, code, details, attempts, not_before)"
    " VALUES (:workspace_id, :source, :key, :routing_key, :body, 'retry', :code, :details, 1,"
    " clock_timestamp() + CAST(:back_off AS interval))"
    " ON CONFLICT (workspace_id, source, key) DO UPDATE SET code = excluded.code, details = excluded.details,"
    " attempts = known.attempts + 1,"
    " state = CASE WHEN known.state = 'parked' OR known.attempts + 1 >= :attempts_max THEN 'parked' ELSE 'retry' END,"
    " not_before = clock_timestamp() + CAST(:back_off AS interval) * power(2, least(known.attempts, 20)) RETURNING state"
).bindparams(bindparam("details", type_=JSONB))

_HOMES = text(
    "SELECT id, takes_events FROM workspace WHERE CAST(:wanted AS text) IN ('', CAST(id AS text)) OR lower(name) = lower(:wanted) ORDER BY id LIMIT 2"
)
_ROW = "SELECT workspace_id, id, source, routing_key, key, body, state, code, details, attempts, received_at FROM event_parked"
_DUE = text(
    f"{_ROW} AS waiting WHERE state = 'retry' AND not_before <= clock_timestamp()"
    " AND EXISTS (SELECT FROM workspace WHERE id = waiting.workspace_id AND takes_events) ORDER BY not_before LIMIT :limit"
)
_HOLD = text(
    "SELECT id FROM event_parked WHERE workspace_id = :workspace_id AND source = :source AND key = :key FOR UPDATE SKIP LOCKED"
)
_LIST = text(
    f"{_ROW} WHERE (CAST(:workspace_id AS bigint) IS NULL OR workspace_id = :workspace_id)"
    " AND (CAST(:ids AS bigint[]) IS NULL OR id = ANY(:ids)) AND id > :after ORDER BY id LIMIT :limit"
)
_COUNT = text("SELECT state, count(*) AS total FROM event_parked GROUP BY state")
_FORGET_CLAIMS = text(
    "DELETE FROM event_claim WHERE (workspace_id, source, key) IN"
    " (SELECT workspace_id, source, key FROM event_claim WHERE taken_at < :before LIMIT 5000)"
)
_FORGET_PARKED = text(
    "DELETE FROM event_parked WHERE (workspace_id, id) IN"
    " (SELECT workspace_id, id FROM event_parked WHERE received_at < :before LIMIT 5000)"
)


def _named(workspace_id: int, message: Arrived) -> dict[str, Any]:
    return {"workspace_id": workspace_id, "source": message.source, "key": message.key}


async def homes(session: AsyncSession, wanted: str) -> Sequence[Home]:
    """The workspaces that an id or a name means, all if it is empty; two at most. Run as ops."""
    return [Home(*row) for row in await session.execute(_HOMES, {"wanted": wanted.strip()})]


async def take(
    session: AsyncSession, message: Arrived, content: Mapping[str, Any], *, workspace_id: int, now: datetime
) -> Taken:
    """Do what a message asks for, once: record it as an activity and award what members have earned by it.

    `content` is the JSON object of its body. Raises EventsOff, EventReused, EventInvalid, EventUnwanted, EventTooMany; then
    nothing of the transaction may be kept.
    """
    named = _named(workspace_id, message)
    claimed = (await session.execute(_CLAIM, {**named, "digest": message.digest})).one()
    if not claimed.is_new:
        if claimed.digest != message.digest:
            raise EventReused(source=message.source)
        return Taken(is_repeat=True)
    if not (await people.workspace(session, workspace_id)).takes_events:
        raise EventsOff
    event = read(content, key=message.routing_key, now=now)
    await asking.require_wanted(session, event, workspace_id=workspace_id)
    members = await asking.members_of(session, event, workspace_id=workspace_id, now=now)
    taken = await _happen(session, message, event, members, workspace_id=workspace_id, now=now)
    await session.execute(_DROP, named)
    return taken


async def _happen(
    session: AsyncSession, message: Arrived, event: Event, members: Sequence[int], *, workspace_id: int, now: datetime
) -> Taken:
    """Whoever did it already, by the reference that the producer gave, has done nothing new."""
    new: list[int] = []
    repeated = 0
    for first in range(0, len(members), BATCH_MAX):
        deeds = [_deed(message, event, member_id) for member_id in members[first : first + BATCH_MAX]]
        recorded = await activities.record(session, workspace_id=workspace_id, activities=deeds, now=now)
        new += recorded.members
        repeated += recorded.repeated
    types = {event.key, event.type}
    done = await rules.touch(session, workspace_id=workspace_id, members=new, types=types, now=now, run=message.run)
    return Taken(len(new), repeated, sum(each.awarded for each in done))


def _deed(message: Arrived, event: Event, member_id: int) -> Deed:
    """The type is part of the reference: an order may be placed and paid."""
    about = event.reference or message.run
    reference = f"{event.type}:{about}:{member_id}"
    return Deed(member_id, event.type, event.occurred_at, message.source, reference, event.quantity)


async def park(session: AsyncSession, message: Arrived, refusal: Refusal, *, workspace_id: int) -> None:
    """Keep a message that cannot be taken as it is, once however often it comes, with the reason."""
    await session.execute(_PARK, {**_kept(workspace_id, message), "code": refusal.code, "details": refusal.details})


async def fail(session: AsyncSession, message: Arrived, *, workspace_id: int, error: str) -> bool:
    """Count a failed attempt and put the message off, twice as long each time. True: it is parked now."""
    values = {"code": FAILED, "details": {"error": error}, "attempts_max": ATTEMPTS_MAX, "back_off": FIRST_BACK_OFF}
    return bool((await session.execute(_FAIL, {**_kept(workspace_id, message), **values})).scalar_one() == PARKED)


def _kept(workspace_id: int, message: Arrived) -> dict[str, Any]:
    body = message.body if len(message.body) <= BODY_BYTES_MAX else b""
    return {**_named(workspace_id, message), "routing_key": message.routing_key, "body": body}


async def hold(session: AsyncSession, message: Arrived, *, workspace_id: int) -> bool:
    """Lock a message that is put off or parked for this transaction. False: somebody else has it, or it is gone."""
    return (await session.execute(_HOLD, _named(workspace_id, message))).first() is not None


async def due(session: AsyncSession, *, limit: int) -> Sequence[Waiting]:
    """Messages that may be tried again. Run as ops."""
    return [_waiting(row) for row in await session.execute(_DUE, {"limit": limit})]


async def list_waiting(
    session: AsyncSession,
    *,
    workspace_id: int | None = None,
    ids: Sequence[int] | None = None,
    after: int = 0,
    limit: int,
) -> Sequence[Waiting]:
    """What could not be taken so far, oldest first. Run as ops."""
    values = {"workspace_id": workspace_id, "ids": ids, "after": after, "limit": limit}
    return [_waiting(row) for row in await session.execute(_LIST, values)]


def _waiting(row: Any) -> Waiting:
    message = Arrived(row.source, row.routing_key, row.key, row.body)
    return Waiting(row.workspace_id, row.id, message, row.state, row.code, row.details, row.attempts, row.received_at)


async def backlog(session: AsyncSession) -> Mapping[str, int]:
    """How many messages are in each state. Run as ops."""
    return {row.state: row.total for row in await session.execute(_COUNT)}


async def forget(session: AsyncSession, *, claims_before: datetime, parked_before: datetime) -> None:
    """Delete claims so old that nobody repeats them any more, and what was parked so long that nobody replays it."""
    await session.execute(_FORGET_CLAIMS, {"before": claims_before})
    await session.execute(_FORGET_PARKED, {"before": parked_before})
