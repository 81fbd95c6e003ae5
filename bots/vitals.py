"""What the health pages read: whether the database answers and fits, and how much waits in it."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

import migrations
from bots.metrics import Metrics
from core import inbox, outbox
from core.database import Sessions
from core.events import service as events

log = structlog.get_logger()

AWAY = (OSError, SQLAlchemyError)
"""What is raised when the database cannot be reached, or not in time."""


def checks(sessions: Sessions) -> dict[str, Callable[[], Awaitable[bool]]]:
    async def database() -> bool:
        try:
            async with sessions.begin(role="ops") as (session, _):
                await session.execute(text("SELECT 1"))
        except AWAY:
            log.warning("database_away")
            return False
        return True

    async def schema() -> bool:
        with suppress(*AWAY):
            return await migrations.is_current(sessions.engine)
        return False

    return {"database": database, "schema": schema}


async def count(sessions: Sessions, metrics: Metrics) -> None:
    """Without the database the process's own figures are shown all the same."""
    try:
        async with sessions.begin(role="ops") as (session, _):
            counted = await outbox.backlog(session), await inbox.backlog(session), await events.backlog(session)
    except AWAY:
        log.warning("database_away")
        return
    for gauge, states in zip((metrics.outbox, metrics.inbox, metrics.events), counted, strict=True):
        gauge.clear()
        for state, count in states.items():
            gauge.labels(state).set(count)
