"""The edge at which events come in: one message = one claim = one transaction, whichever way it came.

What cannot be taken as it is, is parked with its reason; what failed by a bug is tried again, less and less often, and parked in
the end. Nothing that was acknowledged is lost, and nothing has its effect twice.
"""

import asyncio
import secrets
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

import structlog

from bots.settings import Misconfigured
from bots.strict_json import BadJson, parse_object
from core.database import Sessions, Transaction, retrying
from core.errors import Refusal
from core.events import service
from core.events.message import EventInvalid
from core.events.service import Arrived, EventsOff, Taken, Waiting

log = structlog.get_logger()

LOOK_SECONDS = 1.0
AT_ONCE = 50

NOTHING = Taken()

State = Literal["taken", "repeated", "refused", "failed", "off", "gone"]


class NoHome(Exception):
    """A setting names no workspace, or more than one."""

    def __init__(self, count: int, wanted: str) -> None:
        super().__init__(f"{count} workspaces are meant by {wanted!r}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message. `refusal` says why it was refused; `reference` finds its fault in the log; `is_parked`: nothing
    is tried any more until somebody replays it."""

    state: State
    taken: Taken = NOTHING
    refusal: Refusal | None = None
    reference: str = ""
    is_parked: bool = False


@dataclass(frozen=True, slots=True)
class Consumer:
    """`takes_events` is the process's own switch."""

    sessions: Sessions
    takes_events: bool = True

    async def take(self, message: Arrived, *, workspace_id: int, parks: bool = True) -> Outcome:
        """Take a message that came in. Without `parks` one that is refused is left to whoever sent it, who is told.

        Raises what keeps even a failure from being noted, such as a database that is away: then the message is still to be taken.
        """
        return await self._outcome(message, workspace_id, is_waiting=False, parks=parks)

    async def again(self, waiting: Waiting) -> Outcome:
        """Take a message that is put off or parked. State `gone`: somebody else has it, or took it meanwhile."""
        return await self._outcome(waiting.arrived, waiting.workspace_id, is_waiting=True, parks=True)

    async def _outcome(self, message: Arrived, workspace_id: int, *, is_waiting: bool, parks: bool) -> Outcome:
        if not self.takes_events:
            return Outcome("off", refusal=EventsOff())
        try:
            taken = await retrying(lambda: self._transact(message, workspace_id, is_waiting=is_waiting))
        except EventsOff as off:
            return Outcome("off", refusal=off)
        except Refusal as refusal:
            if parks:
                await self._park(message, refusal, workspace_id)
            return Outcome("refused", refusal=refusal, is_parked=parks)
        except Exception as fault:  # noqa: BLE001 - the edge: every bug is caught once, here
            return await self._put_off(message, fault, workspace_id)
        if taken is None:
            return Outcome("gone")
        return Outcome("repeated" if taken.is_repeat else "taken", taken)

    async def _transact(self, message: Arrived, workspace_id: int, *, is_waiting: bool) -> Taken | None:
        async with self.sessions.begin(workspace_id) as transaction:
            if is_waiting and not await service.hold(transaction.session, message, workspace_id=workspace_id):
                return None
            return await _take(transaction, message, workspace_id)

    async def _park(self, message: Arrived, refusal: Refusal, workspace_id: int) -> None:
        async with self.sessions.begin(workspace_id) as (session, _):
            await service.park(session, message, refusal, workspace_id=workspace_id)
        log.warning("event_parked", kind=message.source, reason=refusal.code)

    async def _put_off(self, message: Arrived, fault: Exception, workspace_id: int) -> Outcome:
        reference = secrets.token_hex(4)
        log.error("event_failed", kind=message.source, reference=reference, exc_info=fault)
        async with self.sessions.begin(workspace_id) as (session, _):
            error = f"{type(fault).__name__} ({reference})"
            is_parked = await service.fail(session, message, workspace_id=workspace_id, error=error)
        return Outcome("failed", reference=reference, is_parked=is_parked)

    async def home(self, wanted: str) -> int | None:
        """The workspace that an id or a name means, the only one if it is empty; None while it takes no events. Raises
        NoHome."""
        if not self.takes_events:
            return None
        async with self.sessions.begin(role="ops") as (session, _):
            found = await service.homes(session, wanted)
        if len(found) != 1:
            raise NoHome(len(found), wanted)
        return found[0].workspace_id if found[0].takes_events else None

    async def run(self) -> None:
        """Try again what failed, until cancelled."""
        while True:
            try:
                found = await self.drain()
            except Exception:
                log.exception("events_look_failed")
                found = 0
            if not found:
                await asyncio.sleep(LOOK_SECONDS)

    async def drain(self) -> int:
        """Try again what is due now; returns how many messages that were."""
        if not self.takes_events:
            return 0
        async with self.sessions.begin(role="ops") as (session, _):
            found = await service.due(session, limit=AT_ONCE)
        for waiting in found:
            await self.again(waiting)
        return len(found)


async def _take(transaction: Transaction, message: Arrived, workspace_id: int) -> Taken:
    if len(message.body) > service.BODY_BYTES_MAX:
        raise EventInvalid(faults=[{"path": "$", "code": "too_large", "limit": service.BODY_BYTES_MAX // 1024}])
    try:
        content = parse_object(message.body, limit=service.BODY_BYTES_MAX)
    except BadJson as bad:
        raise EventInvalid(faults=[{"path": "$", "code": "not_json", "why": str(bad)}]) from None
    return await service.take(transaction.session, message, content, workspace_id=workspace_id, now=transaction.now)


def require_client() -> None:
    """Raise Misconfigured where RabbitMQ is configured and its client is not installed."""
    if find_spec("aio_pika") is None:
        raise Misconfigured(
            [
                "PLAUDIT_AMQP_URL needs the extra amqp, which is not installed: run `pip install -e '.[amqp]'`, or unset it"
            ]
        )
