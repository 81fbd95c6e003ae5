"""What the job of a badge does: its rules award it, or a lottery is held for it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import queries
from core.badges.definition.rules import RandomUsers
from core.badges.service import definition_of
from core.schedule import registry
from core.schedule.registry import DRAW, RULES, Run


class NoEffect(Exception):
    """This process was put together without what a badge's job does."""


async def perform(session: AsyncSession, run: Run) -> Mapping[str, Any]:
    """Do what the badge's rules ask. Raises NoEffect."""
    assert run.badge_id is not None
    badge = await queries.get(session, run.badge_id, workspace_id=run.workspace_id)
    if badge is None or not badge.is_enabled:
        return {"awarded": 0}
    is_draw = any(isinstance(rule, RandomUsers) for rule in definition_of(badge).rules)
    effect = registry.effects.get(DRAW if is_draw else RULES)
    if effect is None:
        raise NoEffect(DRAW if is_draw else RULES)
    done = await effect(
        session, workspace_id=run.workspace_id, badge_id=badge.id, members=None, now=run.now, run=f"{run.job}@{run.key}"
    )
    return {"awarded": done} if isinstance(done, int) else done
