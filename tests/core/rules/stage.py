"""A company for rules: members with what they did, and what an evaluation came to."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.activities import service as activities
from core.activities.models import Holiday
from core.activities.service import Deed, Presence
from core.badges.models import Award, Badge
from core.people.models import Workspace
from core.people.queries import Person
from core.rules import service
from core.rules.service import Evaluation
from tests.core.badges.stock import awards

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
_numbers = count(1)


async def evaluate(
    session: AsyncSession, workspace: Workspace, badge: Badge, *members: Person, now: datetime = NOON, **more: Any
) -> Evaluation:
    return await service.evaluate(
        session,
        workspace_id=workspace.id,
        badge_id=badge.id,
        members=[each.member_id for each in members] or None,
        now=now,
        **more,
    )


async def did(
    session: AsyncSession,
    workspace: Workspace,
    member: Person,
    kind: str,
    *,
    times: int = 1,
    quantity: float = 1,
    at: datetime = NOON,
) -> None:
    """The member did something so many times, all at one moment."""
    deeds = [
        Deed(member.member_id, kind, at, "test", str(next(_numbers)), Decimal(str(quantity))) for _ in range(times)
    ]
    await activities.record(session, workspace_id=workspace.id, activities=deeds, now=max(at, NOON))


async def did_daily(
    session: AsyncSession, workspace: Workspace, member: Person, kind: str, days: Iterable[date]
) -> None:
    deeds = [
        Deed(
            member.member_id, kind, datetime(day.year, day.month, day.day, 12, tzinfo=UTC), "test", str(next(_numbers))
        )
        for day in days
    ]
    await activities.record(session, workspace_id=workspace.id, activities=deeds, now=NOON + timedelta(days=400))


async def was_there(session: AsyncSession, workspace: Workspace, member: Person, days: Iterable[date]) -> None:
    rows = [Presence(member.member_id, day) for day in days]
    await activities.attend(
        session, workspace_id=workspace.id, days=rows, source="gate", now=NOON + timedelta(days=400)
    )


async def is_free(session: AsyncSession, workspace: Workspace, day: date, calendar: str = "") -> None:
    session.add(Holiday(workspace_id=workspace.id, calendar=calendar, day=day, name="holiday"))
    await session.flush()


def days(first: date, last: date, *, weekdays: bool = False) -> list[date]:
    every = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    return [day for day in every if not weekdays or day.weekday() < 5]


async def winners(session: AsyncSession, workspace: Workspace, badge: Badge) -> list[Award]:
    return [each for each in await awards(session, workspace) if each.badge_id == badge.id]


async def told(session: AsyncSession, workspace: Workspace) -> list[tuple[str, dict[str, Any]]]:
    """(kind, reference) of what is owed to people."""
    rows = await session.execute(
        text("SELECT kind, reference FROM outbox WHERE workspace_id = :w ORDER BY id"), {"w": workspace.id}
    )
    return [(row.kind, row.reference) for row in rows]


def ids(members: Sequence[Person]) -> list[int]:
    return [each.member_id for each in members]
