"""The clock: APScheduler calls, the functions decide. It keeps no state, so any number of replicas may tick."""

from datetime import timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from core import drafts, inbox, outbox, tokens
from core.badges import choosing
from core.database import Sessions
from core.events import service as events
from core.identity import service as identity
from core.leaderboards import upkeep as leaderboards

log = structlog.get_logger()

KEEP_DELIVERIES = timedelta(days=14)
KEEP_MESSAGES = timedelta(days=30)
KEEP_TOKENS = timedelta(days=7)
KEEP_CHOICES = timedelta(hours=1)
KEEP_EVENTS = timedelta(days=90)
TIDY_MINUTES = 10
RANK_MINUTES = 1
RANK_SECONDS = 60


def make_ticker(sessions: Sessions) -> AsyncIOScheduler:
    """A scheduler that is not started yet. What was missed while nobody ran is done once."""

    async def tidy() -> None:
        try:
            await tidy_up(sessions)
        except Exception:
            log.exception("tidying_failed")

    async def rank() -> None:
        try:
            await rank_all(sessions)
        except Exception:
            log.exception("ranking_failed")

    scheduler = AsyncIOScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    scheduler.add_job(tidy, IntervalTrigger(minutes=TIDY_MINUTES), id="tidy")
    scheduler.add_job(rank, IntervalTrigger(minutes=RANK_MINUTES), id="rank")
    return scheduler


async def tidy_up(sessions: Sessions) -> None:
    """Forget claims no platform repeats any more, messages long sent, tokens nobody can press, forms out of time, questions
    nobody answered, and events nobody brought back."""
    async with sessions.begin(role="ops", statement_seconds=60) as (session, now):
        await inbox.forget(session, before=now - KEEP_DELIVERIES)
        await outbox.forget(session, before=now - KEEP_MESSAGES)
        await tokens.forget(session, before=now - KEEP_TOKENS)
        await choosing.forget(session, before=now - KEEP_CHOICES)
        await drafts.forget(session, before=now)
        await identity.forget(session, before=now - timedelta(minutes=identity.MINUTES))
        await events.forget(session, claims_before=now - KEEP_DELIVERIES, parked_before=now - KEEP_EVENTS)


async def rank_all(sessions: Sessions) -> None:
    """Keep the ranks of big leaderboards quick, what the last periods came to, and who hides hidden."""
    async with sessions.begin(role="ops", statement_seconds=RANK_SECONDS) as (session, _):
        await leaderboards.set_right(session)
        companies = await leaderboards.companies(session)
    for company in companies:
        async with sessions.begin(role="ops", statement_seconds=RANK_SECONDS) as (session, now):
            if not await leaderboards.claim(session, company):
                continue
            await leaderboards.take_snapshots(session, company, now=now)
            if company.is_big:
                await leaderboards.make_steps(session, company, now=now)
