"""A process that takes the steps of draws without pause, and may be killed (see tests.replicas)."""

import asyncio

from bots.ticker import hold_draws
from core.database import Sessions


async def work(sessions: Sessions) -> None:
    while True:
        await hold_draws(sessions)
        await asyncio.sleep(0.005)
