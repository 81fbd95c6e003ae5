"""Metrics of the per-member form, `async (user, env, conn, **params)`: asked for each touched member, one after the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from core.badges import registry
from core.badges.definition.model import Definition
from core.badges.definition.rules import AchievementRule
from core.clock import period
from core.people.models import Member, Profile
from core.rules.asking import Asked, among, key_of


@dataclass(frozen=True, slots=True)
class User:
    """A member as such a function sees one."""

    user_id: int
    display_name: str
    email: str | None
    job_code: str | None
    department: str | None
    hire_date: date | None
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Moment:
    """When it is: the badge's calendar period, else this month, half-open."""

    now: datetime
    timezone: str
    start_date: datetime
    end_date: datetime


class Connection:
    """The few reads of asyncpg's connection, inside the transaction of the evaluation."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def fetch(self, query: str, *values: Any) -> Sequence[Mapping[str, Any]]:
        rows = await self._connection.exec_driver_sql(query, values)
        return [dict(row) for row in rows.mappings()]

    async def fetchrow(self, query: str, *values: Any) -> Mapping[str, Any] | None:
        return next(iter(await self.fetch(query, *values)), None)

    async def fetchval(self, query: str, *values: Any) -> Any:
        row = await self.fetchrow(query, *values)
        return next(iter(row.values())) if row else None


async def values(session: AsyncSession, definition: Definition, asked: Asked) -> Mapping[str, Mapping[int, Any]]:
    """What the functions of a badge's rules say of the members asked for."""
    users = await _users(session, asked)
    current = asked.period or period("month", asked.now, asked.zone)
    moment = Moment(asked.now, asked.zone.key, current.starts_at, current.ends_at)
    connection = Connection(await session.connection())
    found: dict[str, Mapping[int, Any]] = {}
    for rule in definition.rules:
        named = registry.find("metric", rule.called) if isinstance(rule, AchievementRule) else None
        if named is None or named.function is None or not named.is_per_member:
            continue
        assert isinstance(rule, AchievementRule)
        found[key_of(rule.called, rule.function_params)] = {
            user.user_id: await named.function(user, moment, connection, **rule.function_params) for user in users
        }
    return found


async def _users(session: AsyncSession, asked: Asked) -> Sequence[User]:
    rows = await session.execute(
        select(
            Member.id,
            Profile.display_name,
            Profile.email,
            Profile.job_code,
            Profile.department,
            Profile.hire_date,
            Profile.attributes,
        )
        .join(Profile, (Profile.workspace_id == Member.workspace_id) & (Profile.member_id == Member.id))
        .where(Member.workspace_id == asked.workspace_id, Member.id == among(asked.members or ()))
        .order_by(Member.id)
    )
    return [User(*row) for row in rows]
