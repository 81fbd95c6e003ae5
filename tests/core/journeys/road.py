"""Journeys for tests: badges with steps, members on the way, and how far they came."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.models import Badge
from core.journeys import queries, service
from core.journeys.queries import Way
from core.journeys.settling import Moved
from core.people.models import Member, Workspace
from core.people.queries import Person
from core.rules import service as rules
from tests.core.badges.stock import make_badge
from tests.core.rules.stage import did

ONBOARDING = [{"step": "First Login", "event": "login"}, {"step": "Complete Profile"}, {"step": "Take Training"}]
SCORE = {"function_path": "rewards.functions.training.check_product_knowledge", "threshold": 80, "operator": "gte"}


async def make_journey(session: AsyncSession, workspace: Workspace, **fields: Any) -> Badge:
    """A workflow of three steps, unless said otherwise."""
    usual = {"reward": "Onboarding Champion", "reward_type": "Workflow Badge", "points": 20}
    if "challenges" not in fields:
        usual["workflow"] = ONBOARDING
    return await make_badge(session, workspace, **{**usual, **fields})


async def make_guide(session: AsyncSession, member: Person, role: str = "coordinator") -> Person:
    await session.execute(update(Member).where(Member.id == member.member_id).values(roles=["member", role]))
    return member._replace(roles=("member", role))


async def way(session: AsyncSession, workspace: Workspace, member: Person, badge: Badge) -> Way | None:
    found = await queries.ways_of(session, member.member_id, workspace_id=workspace.id, badge_id=badge.id, limit=1)
    return found[0] if found else None


async def done(session: AsyncSession, workspace: Workspace, member: Person, badge: Badge) -> list[str]:
    """Steps of a member's present journey that are done, in the order of the course."""
    found = await way(session, workspace, member, badge)
    return [step for step in found.course.names if step in found.done] if found else []


async def happen(
    session: AsyncSession, workspace: Workspace, member: Person, kind: str, at: datetime, **more: Any
) -> None:
    """An activity is recorded, and rules are touched by it."""
    await did(session, workspace, member, kind, at=at, **more)
    await rules.touch(session, workspace_id=workspace.id, members=[member.member_id], types={kind}, now=at)


async def enrol(
    session: AsyncSession, workspace: Workspace, badge: Badge, members: Sequence[Person], actor: Person, now: datetime
) -> int:
    made = await service.enrol(session, workspace=workspace, badge=badge, members=members, actor=actor, now=now)
    return made.many


async def tick(
    session: AsyncSession,
    workspace: Workspace,
    badge: Badge,
    step: str,
    members: Sequence[Person],
    actor: Person,
    now: datetime,
) -> Sequence[Moved]:
    return await service.tick(
        session, workspace=workspace, badge=badge, step=step, members=members, actor=actor, now=now
    )


async def owed(session: AsyncSession, workspace: Workspace, kind: str = "journey_notice") -> list[dict[str, Any]]:
    """References of what is owed to people, with how often it was asked for."""
    rows = await session.execute(
        text("SELECT reference, revision FROM outbox WHERE workspace_id = :w AND kind = :kind ORDER BY id"),
        {"w": workspace.id, "kind": kind},
    )
    return [{**row.reference, "revision": row.revision} for row in rows]
