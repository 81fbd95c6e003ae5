"""The clock: APScheduler calls, the functions decide. It keeps no state, so any number of replicas may tick."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from core import drafts, inbox, outbox, tokens
from core.activities import service as activities
from core.badges import choosing, drawing
from core.database import Sessions, retrying
from core.draws import stages
from core.errors import Refusal
from core.events import service as events
from core.identity import service as identity
from core.journeys import tending
from core.leaderboards import upkeep as leaderboards
from core.nominations import advancing as campaigns
from core.people import queries as people
from core.schedule import service as schedule
from core.schedule.service import Due, Ran

log = structlog.get_logger()

Work = Callable[[Sessions], Awaitable[object]]

KEEP_DELIVERIES = timedelta(days=14)
KEEP_MESSAGES = timedelta(days=30)
KEEP_TOKENS = timedelta(days=7)
KEEP_CHOICES = timedelta(hours=1)
KEEP_EVENTS = timedelta(days=90)
KEEP_RUNS = timedelta(days=400)
TIDY_EVERY = timedelta(minutes=10)
RANK_EVERY = timedelta(minutes=1)
RANK_SECONDS = 60
JOBS_EVERY = timedelta(seconds=10)
JOB_SECONDS = 300
SLOTS_AT_A_TIME = 100
CAMPAIGNS_EVERY = timedelta(minutes=1)
TEND_EVERY = timedelta(minutes=1)
TEND_SECONDS = 60


def make_ticker(sessions: Sessions, *, runs_jobs: bool = True) -> AsyncIOScheduler:
    """A scheduler that is not started yet. What was missed while nobody ran is done once. Without `runs_jobs` the jobs of
    workspaces are left to other processes."""
    scheduler = AsyncIOScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    works: dict[str, tuple[Work, timedelta]] = {
        "tidy": (tidy_up, TIDY_EVERY),
        "rank": (rank_all, RANK_EVERY),
        "campaigns": (move_campaigns, CAMPAIGNS_EVERY),
        "journeys": (tend_journeys, TEND_EVERY),
    }
    if runs_jobs:
        works |= {"jobs": (run_jobs, JOBS_EVERY), "draws": (hold_draws, JOBS_EVERY)}
    for name, (work, every) in works.items():
        trigger = IntervalTrigger(seconds=int(every.total_seconds()))
        scheduler.add_job(_guarded(name, work, sessions), trigger, id=name)
    return scheduler


def _guarded(name: str, work: Work, sessions: Sessions) -> Callable[[], Awaitable[None]]:
    """One that fails is logged, and its turn comes again."""

    async def run() -> None:
        try:
            await work(sessions)
        except Exception:
            log.exception("tick_failed", work=name)

    return run


async def tidy_up(sessions: Sessions) -> None:
    """Forget claims no platform repeats any more, messages long sent, tokens nobody can press, forms out of time, questions
    nobody answered, and events nobody brought back. And make room for the activities of the next months."""
    async with sessions.begin(role="ops", statement_seconds=60) as (session, now):
        await inbox.forget(session, before=now - KEEP_DELIVERIES)
        await outbox.forget(session, before=now - KEEP_MESSAGES)
        await tokens.forget(session, before=now - KEEP_TOKENS)
        await choosing.forget(session, before=now - KEEP_CHOICES)
        await drafts.forget(session, before=now)
        await activities.make_months(session, now=now)
        await identity.forget(session, before=now - timedelta(minutes=identity.MINUTES))
        await schedule.forget(session, before=now - KEEP_RUNS)
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


async def run_jobs(sessions: Sessions) -> None:
    """Do what the jobs of all workspaces owe. One that fails does not keep the others waiting."""
    async with sessions.begin(role="ops", statement_seconds=RANK_SECONDS) as (session, now):
        await schedule.reconcile(session, now=now)
        waiting = await schedule.list_due(session, now=now)
    for job in waiting:
        for _ in range(SLOTS_AT_A_TIME):
            ran = await run_job(sessions, job)
            if ran is None or ran.is_last:
                break


async def run_job(sessions: Sessions, job: Due) -> Ran | None:
    """Run the first slot that a job owes, in a transaction of its own. None: there is none, or it failed, which is noted."""
    begun: list[datetime] = []

    async def attempt() -> Ran | None:
        async with sessions.begin(job.workspace_id, statement_seconds=JOB_SECONDS) as (session, now):
            begun.append(now)
            return await schedule.run_due(session, workspace_id=job.workspace_id, name=job.name, now=now)

    try:
        return await retrying(attempt)
    except Exception as fault:
        reference = secrets.token_hex(4)
        log.exception("job_failed", workspace=job.workspace_id, job=job.name, reference=reference)
        async with sessions.begin(job.workspace_id) as (session, now):
            await schedule.fail(
                session,
                workspace_id=job.workspace_id,
                name=job.name,
                error=f"{type(fault).__name__} ({reference})",
                now=begun[-1] if begun else now,
            )
        return None


async def move_campaigns(sessions: Sessions) -> int:
    """Move on the campaigns that are due, each in a transaction of its own, and return how many that were; one that fails does
    not hold up the others."""
    async with sessions.begin(role="ops") as (session, _):
        await campaigns.freshen(session)
        owed = await campaigns.due(session)
    moved = 0
    for each in owed:
        try:
            async with sessions.begin(each.workspace_id, statement_seconds=RANK_SECONDS) as (session, now):
                found = await campaigns.advance(session, each.campaign_id, workspace_id=each.workspace_id, now=now)
            moved += found is not None
        except Exception:
            log.exception("campaign_failed", reference=f"{each.workspace_id}:{each.campaign_id}")
    return moved


async def hold_draws(sessions: Sessions) -> None:
    """Take the steps of draws that are due, each in a transaction of its own. One that fails is left for the next time."""
    async with sessions.begin(role="ops") as (session, _):
        waiting = await stages.list_due(session)
    for workspace_id, draw_id in waiting:
        try:
            while await hold_draw(sessions, workspace_id, draw_id):
                pass
        except Exception:
            log.exception("draw_failed", workspace=workspace_id, reference=str(draw_id))


async def hold_draw(sessions: Sessions, workspace_id: int, draw_id: int) -> str | None:
    """The next step of a draw: the state it came to, or None."""

    async def attempt() -> str | None:
        async with sessions.begin(workspace_id, statement_seconds=JOB_SECONDS) as (session, now):
            return await drawing.advance(session, workspace_id=workspace_id, draw_id=draw_id, now=now)

    return await retrying(attempt)


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
