"""The clock: APScheduler calls, the functions decide. It keeps no state, so any number of replicas may tick."""

from datetime import timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from core import inbox, outbox, tokens
from core.database import Sessions
from core.identity import service as identity

log = structlog.get_logger()

KEEP_DELIVERIES = timedelta(days=14)
KEEP_MESSAGES = timedelta(days=30)
KEEP_TOKENS = timedelta(days=7)
TIDY_MINUTES = 10


def make_ticker(sessions: Sessions) -> AsyncIOScheduler:
    """A scheduler that is not started yet. What was missed while nobody ran is done once."""

    async def tidy() -> None:
        try:
            await tidy_up(sessions)
        except Exception:
            log.exception("tidying_failed")

    scheduler = AsyncIOScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    scheduler.add_job(tidy, IntervalTrigger(minutes=TIDY_MINUTES), id="tidy")
    return scheduler


async def tidy_up(sessions: Sessions) -> None:
    """Forget claims no platform repeats any more, messages long sent, tokens nobody can press, and claims nobody answered."""
    async with sessions.begin(role="ops", statement_seconds=60) as (session, now):
        await inbox.forget(session, before=now - KEEP_DELIVERIES)
        await outbox.forget(session, before=now - KEEP_MESSAGES)
        await tokens.forget(session, before=now - KEEP_TOKENS)
        await identity.forget(session, before=now - timedelta(minutes=identity.MINUTES))
