"""Makes the calls that are owed: what it is about is read, the function runs outside of any transaction, a notice is owed."""

import asyncio
import inspect
from dataclasses import dataclass, field

import structlog

from bots.callbacks import Notice, Tools
from bots.sending import Permanent, SendError, Transient
from core import outbox
from core.badges import registry
from core.callbacks import service as callbacks
from core.callbacks.service import Happened
from core.database import Sessions
from core.outbox import Leased, Outgoing
from core.people import queries as people

log = structlog.get_logger()

CALL_SECONDS = 20
"""Less than the lease of a message, so that nobody else makes the call meanwhile."""


@dataclass(frozen=True, slots=True)
class Caller:
    sessions: Sessions
    tools: Tools = field(default_factory=Tools)

    async def call(self, message: Leased) -> str:
        """Make one call: `sent`, or `dropped` as it is about nothing any more. Raises SendError."""
        async with self.sessions.begin(message.workspace_id) as (session, _):
            happened = await callbacks.happened(
                session, message.reference, message.dedup_key, workspace_id=message.workspace_id
            )
        if happened is None:
            return "dropped"
        notice = await self._run(message.reference["name"], happened)
        if notice is not None:
            await self._owe(notice, happened)
        return "sent"

    async def _run(self, name: str, happened: Happened) -> Notice | None:
        named = registry.find("callback", name)
        if named is None or named.function is None:
            raise Permanent(f"nothing registers the callback {name}")
        try:
            async with asyncio.timeout(CALL_SECONDS):
                made = named.function(happened, self.tools)
                made = await made if inspect.isawaitable(made) else made
        except SendError:
            raise
        except TimeoutError:
            raise Transient(f"{name} took longer than {CALL_SECONDS} s") from None
        except Exception as fault:
            # What it says may quote a secret or a person: the operator's log has it, the queue its kind alone.
            log.exception("callback_failed", name=name)
            raise Transient(f"{name} failed ({type(fault).__name__})") from fault
        return made if isinstance(made, Notice) else None

    async def _owe(self, notice: Notice, happened: Happened) -> None:
        async with self.sessions.begin(happened.workspace_id) as (session, _):
            lines = await people.lines(session, [happened.member_id], workspace_id=happened.workspace_id)
            key = f"{notice.kind}:{happened.award_id}:to:{happened.member_id}"
            reference = {"award": happened.award_id, "reader": happened.member_id}
            owed = [Outgoing(key, line.scope, notice.kind, line.address, reference, outbox.NOTICE) for line in lines]
            await outbox.enqueue(session, owed, workspace_id=happened.workspace_id)
