"""Works on stored deliveries: in order within a conversation, conversations side by side."""

import asyncio
from dataclasses import dataclass

import structlog

from bots.dispatch import Dispatcher
from bots.signals import Bell
from core import inbox
from core.database import Sessions
from core.inbox import Pending

log = structlog.get_logger()

AT_ONCE = 8
LOOK_SECONDS = 0.5
"""How often a process looks for deliveries that it was not told of: another process died with them, or they were put off."""


@dataclass(frozen=True, slots=True)
class Worker:
    sessions: Sessions
    dispatcher: Dispatcher
    bell: Bell

    async def run(self) -> None:
        """Work until cancelled. A delivery that was not finished is found by the next process."""
        under_way: dict[inbox.Key, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                found = [pending for pending in await self._due() if pending.key not in under_way]
                for pending in found[: AT_ONCE - len(under_way)]:
                    task = group.create_task(self._work(pending))
                    under_way[pending.key] = task
                    task.add_done_callback(lambda _, key=pending.key: under_way.pop(key, None))  # type: ignore[misc]
                if not found or len(under_way) >= AT_ONCE:
                    await self.bell.wait(LOOK_SECONDS)

    async def drain(self) -> int:
        """Work on what is due now and return how many deliveries that were; for tools and tests."""
        count = 0
        while found := await self._due():
            for pending in found:
                await self.dispatcher.work(pending)
            count += len(found)
        return count

    async def _due(self) -> list[Pending]:
        try:
            async with self.sessions.begin(role="ops") as (session, _):
                return list(await inbox.due(session, limit=2 * AT_ONCE))
        except Exception:
            log.exception("inbox_look_failed")
            await asyncio.sleep(1)
            return []

    async def _work(self, pending: Pending) -> None:
        try:
            await self.dispatcher.work(pending)
        except Exception:
            # Not even the failure could be noted: the delivery is still pending and will be found again.
            log.exception("delivery_lost_its_turn")
            await asyncio.sleep(1)
        self.bell.ring()
