"""Which badges have to be looked at when something happens to members."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.activities.models import LOGIN
from core.activities.service import type_name
from core.badges.definition.model import Definition
from core.badges.definition.rules import AchievementRule, AttendanceRule
from core.badges.models import Badge
from core.rules import attendance, metrics

KINDS = ("automated", "recognition", "achievement")
BADGES_MAX = 1000


async def list_touchable(session: AsyncSession, *, workspace_id: int) -> Sequence[Badge]:
    rows = await session.scalars(
        select(Badge)
        .where(Badge.workspace_id == workspace_id, Badge.is_enabled, Badge.kind.in_(KINDS))
        .order_by(Badge.id)
        .limit(BADGES_MAX)
    )
    return rows.all()


def is_touched(definition: Definition, kind: str, types: Collection[str]) -> bool:
    """Whether a badge depends on any of the types. Without rules and events an automated badge comes with the login."""
    if definition.events:
        keys = {event.key for event in definition.events}
        return bool(set(types) & (keys | {type_name(key) for key in keys}))
    if not definition.rules:
        return kind != "achievement" and LOGIN in types
    return any(_depends(rule, types) for rule in definition.rules)


def _depends(rule: object, types: Collection[str]) -> bool:
    if isinstance(rule, AchievementRule):
        known = metrics.called_types(rule.called, rule.function_params)
        # What nobody knows of is looked at after each activity, and not once more after what that brought.
        return bool(set(types) - {metrics.EARNED}) if known is None else bool(known & set(types))
    if isinstance(rule, AttendanceRule):
        return attendance.type_of(rule) in types
    return LOGIN in types
