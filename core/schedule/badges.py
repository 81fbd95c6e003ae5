"""What the job of a badge does: its rules award it, a lottery is held or a campaign is opened for it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import queries
from core.badges.definition.model import Definition
from core.badges.definition.rules import RandomUsers
from core.badges.service import definition_of
from core.schedule import registry
from core.schedule.registry import CAMPAIGN, DRAW, RULES, Run


class NoEffect(Exception):
    """This process was put together without what a badge's job does."""


async def perform(session: AsyncSession, run: Run) -> Mapping[str, Any]:
    """Do what the badge's rules ask. Raises NoEffect."""
    assert run.badge_id is not None
    badge = await queries.get(session, run.badge_id, workspace_id=run.workspace_id)
    if badge is None or not badge.is_enabled:
        return {"awarded": 0}
    name = _effect(definition_of(badge))
    effect = registry.effects.get(name)
    if effect is None:
        raise NoEffect(name)
    done = await effect(
        session, workspace_id=run.workspace_id, badge_id=badge.id, members=None, now=run.now, run=f"{run.job}@{run.key}"
    )
    return {"awarded": done} if isinstance(done, int) else done


def _effect(definition: Definition) -> str:
    if definition.kind == "nomination":
        return CAMPAIGN
    return DRAW if any(isinstance(rule, RandomUsers) for rule in definition.rules) else RULES
