"""Deliveries come in by the dozen and each waits for a commit: those that come while one is under way share the next."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from core import inbox
from core.database import Sessions
from core.inbox import Arrival

TOGETHER_MAX = 64


@dataclass(eq=False, slots=True)
class _Waiting:
    """`is_taken`: it was part of a commit, which may have failed."""

    arrival: Arrival
    is_taken: bool = False
    is_stored: bool = False


class Intake:
    """Stores deliveries in the order in which they came."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._waiting: list[_Waiting] = []
        self._turn = asyncio.Lock()

    async def store(self, arrival: Arrival) -> None:
        """Returns after the commit. Raises what kept this very delivery from being stored, never the fault of another."""
        mine = _Waiting(arrival)
        self._waiting.append(mine)
        async with self._turn:
            while not mine.is_taken:
                await self._store_next()
        if not mine.is_stored:
            await self._write([mine])

    async def _store_next(self) -> None:
        together, self._waiting = self._waiting[:TOGETHER_MAX], self._waiting[TOGETHER_MAX:]
        for each in together:
            each.is_taken = True
        # What fails together is tried once more by each alone: one that cannot be stored harms nobody but itself.
        with suppress(Exception):
            await self._write(together)

    async def _write(self, together: Sequence[_Waiting]) -> None:
        async with self._sessions.begin() as (session, _):
            await inbox.store(session, [each.arrival for each in together])
        for each in together:
            each.is_stored = True
