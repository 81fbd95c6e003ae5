"""The first contact of a member's day is a login, and badges may come with it. Neither may stand in the way of what was asked."""

from datetime import datetime

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from core.activities import service as activities
from core.activities.models import LOGIN
from core.database import LOCK_SECONDS, sqlstate
from core.people.models import Workspace
from core.people.queries import Person
from core.rules import service as rules

log = structlog.get_logger()

LOCK_NOT_AVAILABLE = "55P03"
_HURRY = text("SELECT set_config('lock_timeout', '250ms', true)")
_TAKE_TIME = text(f"SELECT set_config('lock_timeout', '{LOCK_SECONDS}s', true)")


async def note(session: AsyncSession, *, workspace: Workspace, member: Person, now: datetime) -> None:
    """Count a member's first contact of the day, and award what comes with it.

    If somebody else is busy with the same badges the next contact of the day does it. If a badge cannot be evaluated, as a
    company's own function may fail, the login counts all the same.
    """
    if member.has_left or await activities.has_logged_in(session, workspace=workspace, member=member, now=now):
        return
    try:
        async with session.begin_nested():
            await session.execute(_HURRY)
            await _count(session, workspace, member, now)
            await session.execute(_TAKE_TIME)
    except DBAPIError as error:
        if sqlstate(error) == LOCK_NOT_AVAILABLE:
            log.info("login_put_off", workspace_id=workspace.id)
            return
        await _count_alone(session, workspace, member, now, error)
    except Exception as fault:  # noqa: BLE001 - what a company registered may raise anything
        await _count_alone(session, workspace, member, now, fault)


async def _count(session: AsyncSession, workspace: Workspace, member: Person, now: datetime) -> None:
    if await activities.logged_in(session, workspace=workspace, member=member, now=now):
        await rules.touch(session, workspace_id=workspace.id, members=[member.member_id], types={LOGIN}, now=now)


async def _count_alone(
    session: AsyncSession, workspace: Workspace, member: Person, now: datetime, fault: Exception
) -> None:
    log.error("login_badges_failed", workspace_id=workspace.id, exc_info=fault)
    await activities.logged_in(session, workspace=workspace, member=member, now=now)
