"""The clock: APScheduler calls, the functions decide. It keeps no state, so any number of replicas may tick."""

from datetime import timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from core import drafts, inbox, outbox, tokens
from core.badges import choosing
from core.database import Sessions
from core.errors import Refusal
from core.identity import service as identity
from core.journeys import tending
from core.leaderboards import upkeep as leaderboards
from core.people import queries as people

log = structlog.get_logger()

KEEP_DELIVERIES = timedelta(days=14)
KEEP_MESSAGES = timedelta(days=30)
KEEP_TOKENS = timedelta(days=7)
KEEP_CHOICES = timedelta(hours=1)
TIDY_MINUTES = 10
RANK_MINUTES = 1
RANK_SECONDS = 60
TEND_MINUTES = 1
TEND_SECONDS = 60


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

    async def tend() -> None:
        try:
            await tend_journeys(sessions)
        except Exception:
            log.exception("tending_failed")

    scheduler = AsyncIOScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    scheduler.add_job(tidy, IntervalTrigger(minutes=TIDY_MINUTES), id="tidy")
    scheduler.add_job(rank, IntervalTrigger(minutes=RANK_MINUTES), id="rank")
    scheduler.add_job(tend, IntervalTrigger(minutes=TEND_MINUTES), id="tend")
    return scheduler


async def tidy_up(sessions: Sessions) -> None:
    """Forget claims no platform repeats any more, messages long sent, tokens nobody can press, forms out of time, and
    questions nobody answered."""
    async with sessions.begin(role="ops", statement_seconds=60) as (session, now):
        await inbox.forget(session, before=now - KEEP_DELIVERIES)
        await outbox.forget(session, before=now - KEEP_MESSAGES)
        await tokens.forget(session, before=now - KEEP_TOKENS)
        await choosing.forget(session, before=now - KEEP_CHOICES)
        await drafts.forget(session, before=now)
        await identity.forget(session, before=now - timedelta(minutes=identity.MINUTES))


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


async def tend_journeys(sessions: Sessions) -> None:
    """Let set out on journeys whoever should be on the way, and do the steps that nobody noticed. What fails of one badge or
    workspace is told and keeps no other from its turn."""
    async with sessions.begin(role="ops") as (session, _):
        ids = await tending.workspaces(session)
    for workspace_id in ids:
        try:
            await _tend(sessions, workspace_id)
        except Exception:
            log.exception("tending_failed", workspace_id=workspace_id)


async def _tend(sessions: Sessions, workspace_id: int) -> None:
    async with sessions.begin(workspace_id) as (session, now):
        workspace = await people.workspace(session, workspace_id)
        trails = await tending.open_trails(session, workspace=workspace, now=now)
    for trail in trails.values():
        try:
            async with sessions.begin(workspace_id, statement_seconds=TEND_SECONDS) as (session, now):
                await tending.enrol_all(session, trail, workspace=workspace, now=now)
        except Refusal as refused:
            log.warning("journey_enrols_nobody", workspace_id=workspace_id, badge=trail.badge.id, code=refused.code)
    is_last = False
    while not is_last:
        async with sessions.begin(workspace_id, statement_seconds=TEND_SECONDS) as (session, now):
            is_last = (await tending.look(session, trails, workspace=workspace, now=now)).is_last
