"""Badges for tests, brought in the way operators bring them in."""

import json
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import importing
from core.badges.definition.reading import Read, read
from core.badges.importing import Plan
from core.badges.models import Award, Badge
from core.people.models import Workspace
from core.people.queries import Person

EXAMPLES = Path(__file__).parent / "examples"
_numbers = count(50_000)
_SET = "UPDATE profile SET {} WHERE workspace_id = :w AND member_id = :m"


def definition(**fields: Any) -> dict[str, Any]:
    """A badge given by hand, as a file would hold it."""
    usual = {
        "reward_id": next(_numbers),
        "reward": "Thanks",
        "points": 10,
        "reward_type": "User Badge",
        "reward_category": "Recognition",
    }
    return {**usual, **fields}


def reading(*badges: Any) -> Read:
    return read(json.dumps(list(badges)).encode())


async def planned(session: AsyncSession, workspace: Workspace, *badges: Any, is_strict: bool = False) -> Plan:
    return await importing.plan(session, reading(*badges), workspace_id=workspace.id, is_strict=is_strict)


async def make_badge(session: AsyncSession, workspace: Workspace, **fields: Any) -> Badge:
    given = definition(**fields)
    plan = await planned(session, workspace, given)
    assert plan.faults == ()
    await importing.apply(session, plan)
    found = await session.scalar(
        select(Badge)
        .where(Badge.workspace_id == workspace.id, Badge.reward_id == given["reward_id"])
        .execution_options(populate_existing=True)
    )
    assert found is not None
    return found


async def describe(session: AsyncSession, workspace: Workspace, member: Person, **fields: Any) -> None:
    """Set fields of a member's profile; `attributes` is merged as JSON."""
    attributes = fields.pop("attributes", None)
    for name, value in fields.items():
        await session.execute(
            text(_SET.format(f"{name} = :value")), {"w": workspace.id, "m": member.member_id, "value": value}
        )
    if attributes is not None:
        values = {"w": workspace.id, "m": member.member_id, "value": json.dumps(attributes)}
        await session.execute(text(_SET.format("attributes = CAST(:value AS jsonb)")), values)


async def awards(session: AsyncSession, workspace: Workspace) -> list[Award]:
    rows = await session.scalars(
        select(Award)
        .where(Award.workspace_id == workspace.id)
        .order_by(Award.id)
        .execution_options(populate_existing=True)
    )
    return list(rows)
