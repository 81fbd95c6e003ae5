"""Rules over a company: one statement for everybody, against the same written by hand and against asking member by member.

Each limit stands below as SQL. The hand-written ones know the badge's limits and who may have it, and nothing of figures for the
award or of who is told. The bare insert writes the same awards into the same table, with its keys and triggers; it knows no
guard, no rule and no member's status. Nobody in this company has an account in a chat, so nobody is told.
"""

import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from statistics import median
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bench.database import analyze, on_database
from bench.figures import Figure, rate
from core.badges import importing
from core.badges.definition.reading import read_value
from core.badges.models import Badge
from core.database import POOL_SIZE, Sessions
from core.people import queries as people
from core.people import service
from core.points import service as points
from core.rules import planning
from core.rules import service as rules

MEMBERS = 1_000_000
TOUCHED = 10_000
LOOKED_AT = 20_000
ROUNDS = 5
SECONDS = 1800
TOUCHED_SECONDS = 0.25

FILL = (
    "INSERT INTO member (workspace_id) SELECT :w FROM generate_series(1, :n)",
    "INSERT INTO profile (workspace_id, member_id, display_name) SELECT workspace_id, id, 'Member ' || id FROM member WHERE workspace_id = :w",
    (
        "INSERT INTO activity_tally (workspace_id, type, member_id, times, quantity, highest, days, current, longest, first_on, last_on)"
        " SELECT workspace_id, 'login', id, 60, 60, 1, 60, CASE WHEN id % 100 = 0 THEN 30 + id % 7 ELSE id % 30 END, 60, CURRENT_DATE - 90,"
        " CURRENT_DATE - (id % 2)::integer FROM member WHERE workspace_id = :w"
    ),
    (
        "INSERT INTO activity_month (workspace_id, type, month, member_id, days) SELECT workspace_id, 'attendance',"
        " date_trunc('month', CURRENT_DATE)::date - interval '1 month', id, CASE WHEN id % 100 = 1 THEN 2147483647"
        " ELSE 2147483647 & ~(1 << (id % 28)::integer) END FROM member WHERE workspace_id = :w"
    ),
)

HAND_WRITTEN = """
SELECT count(*) FROM member
WHERE workspace_id = :w AND status <> 'left' AND merged_into IS NULL
  AND NOT EXISTS (SELECT FROM award WHERE award.workspace_id = :w AND award.badge_id = :badge AND award.member_id = member.id
                  AND award.revoked_at IS NULL)
  AND {rule}
"""
STREAK = (
    "EXISTS (SELECT FROM activity_tally AS t WHERE t.workspace_id = :w AND t.type = 'login' AND t.member_id = member.id"
    " AND t.current >= 30 AND t.last_on >= CURRENT_DATE - 1)"
)
MONTH = (
    "EXISTS (SELECT FROM activity_month AS t WHERE t.workspace_id = :w AND t.type = 'attendance' AND t.member_id = member.id"
    " AND t.month = date_trunc('month', CURRENT_DATE)::date - interval '1 month' AND t.days & 268435455 = 268435455)"
)
ONE_BY_ONE = "SELECT current FROM activity_tally WHERE workspace_id = $1 AND type = 'login' AND member_id = $2 AND last_on >= CURRENT_DATE - 1"
BARE = """
INSERT INTO award (workspace_id, act_id, badge_id, member_id, period, points, why, awarded_at)
SELECT :w, 1, :badge, id, '', 0, '{"by": "rule"}', now() FROM member WHERE workspace_id = :w ORDER BY id ON CONFLICT DO NOTHING
"""

RULES: dict[str, Any] = {
    "streak": ["AchievementRule", {"function_path": "rewards.functions.engagement.get_login_streak", "threshold": 30}],
    "month": ["AttendanceRule", {"unit": "month"}],
    "everybody": [
        "AchievementRule",
        {"metric": "activities.count", "function_params": {"type": "login"}, "threshold": 1},
    ],
}


def run(members: int = MEMBERS) -> list[Figure]:
    return on_database(lambda sessions, dsn: _measure(sessions, dsn, members))


async def _measure(sessions: Sessions, dsn: str, members: int) -> list[Figure]:
    workspace_id, badges = await _company(sessions, members)
    company = _Company(sessions, workspace_id, badges, members)
    figures = [await company.evaluation("streak", STREAK), await company.evaluation("month", MONTH)]
    figures.append(await company.one_by_one(dsn))
    figures.append(await company.touched())
    figures.append(await company.awarding())
    return figures


async def _company(sessions: Sessions, members: int) -> tuple[int, dict[str, Badge]]:
    async with sessions.begin(role="ops", statement_seconds=SECONDS) as (session, _):
        workspace = await service.create_workspace(session, name="Bench", time_zone="Etc/UTC")
        await points.open_system_accounts(session, workspace_id=workspace.id)
        for statement in FILL:
            await session.execute(text(statement), {"w": workspace.id, **({"n": members} if ":n" in statement else {})})
        given = [
            {"reward_id": number, "reward": name, "points": 0, "reward_type": "Achievement Badge", "rules": [rule]}
            for number, (name, rule) in enumerate(RULES.items(), 1)
        ]
        plan = await importing.plan(session, read_value(given), workspace_id=workspace.id)
        assert not plan.faults, plan.faults
        await importing.apply(session, plan)
        found = await session.execute(text("SELECT name, id FROM badge"))
        ids = {row.name: row.id for row in found}
        badges = {name: (await session.get_one(Badge, (workspace.id, ids[name]))) for name in RULES}
        workspace_id = workspace.id
    await analyze(sessions)
    return workspace_id, badges


class _Company:
    """What is measured of a company of `members`."""

    def __init__(self, sessions: Sessions, workspace_id: int, badges: dict[str, Badge], members: int) -> None:
        self.sessions = sessions
        self.workspace_id = workspace_id
        self.badges = badges
        self.members = members
        self.streak_seconds = 0.0

    async def timed(self, work: Callable[[AsyncSession, datetime], Awaitable[int]]) -> tuple[float, int]:
        """Seconds and result of work in a transaction that is rolled back."""
        async with self.sessions.begin(self.workspace_id, statement_seconds=SECONDS) as (session, now):
            began = time.perf_counter()
            found = await work(session, now)
            seconds = time.perf_counter() - began
            await session.rollback()
        return seconds, found

    async def evaluation(self, name: str, rule: str) -> Figure:
        """Everybody who meets a rule, counted: our query against one written by hand."""
        badge = self.badges[name]

        async def ours(session: AsyncSession, now: datetime) -> int:
            workspace = await people.workspace(session, self.workspace_id)
            return (await planning.count(session, badge, workspace=workspace, now=now)) or 0

        async def by_hand(session: AsyncSession, _: datetime) -> int:
            values = {"w": self.workspace_id, "badge": badge.id}
            return int(await session.scalar(text(HAND_WRITTEN.format(rule=rule)), values) or 0)

        rounds = [(await self.timed(ours), await self.timed(by_hand)) for _ in range(ROUNDS + 1)][1:]
        counts = {found for pair in rounds for _, found in pair}
        assert counts == {self.members // 100}, counts
        ours_s, limit_s = (median(pair[side][0] for pair in rounds) for side in (0, 1))
        if name == "streak":
            self.streak_seconds = ours_s
        work = f"{self.members:,} members looked at, {counts} found, median of {ROUNDS} interleaved rounds"
        return Figure("rules", f"evaluation of a {name}, seconds", ours_s, limit_s, "max", 1.5, work)

    async def one_by_one(self, dsn: str) -> Figure:
        """How many members a second one statement looks at, against one query for each on all connections."""
        looked_at = min(LOOKED_AT, self.members)
        pool = await asyncpg.create_pool(dsn, min_size=POOL_SIZE, max_size=POOL_SIZE)
        try:
            ids = [row[0] for row in await pool.fetch("SELECT id FROM member ORDER BY id LIMIT $1", looked_at)]

            async def look(number: int) -> None:
                await pool.fetchval(ONE_BY_ONE, self.workspace_id, ids[number])

            alone = await rate(look, count=looked_at, at_once=POOL_SIZE)
        finally:
            await pool.close()
        work = (
            f"{looked_at:,} members asked for one by one on {POOL_SIZE} connections, {self.members:,} in one statement"
        )
        return Figure(
            "rules", "members a second", self.members / self.streak_seconds, alone.per_second, "min", 50, work
        )

    async def touched(self) -> Figure:
        """An evaluation of those alone whom something touched, with its awards."""
        badge = self.badges["streak"]
        many = min(TOUCHED, self.members)

        async def ours(session: AsyncSession, now: datetime) -> int:
            ids = (await session.scalars(text("SELECT id FROM member ORDER BY id DESC LIMIT :n"), {"n": many})).all()
            began = time.perf_counter()
            made = await rules.evaluate(
                session, workspace_id=self.workspace_id, badge_id=badge.id, members=ids, now=now
            )
            spent.append(time.perf_counter() - began)
            return made.awarded

        spent: list[float] = []
        awarded = {(await self.timed(ours))[1] for _ in range(ROUNDS + 1)}
        assert awarded == {many // 100}, awarded
        work = f"{many:,} of {self.members:,} members, {awarded} awarded, median of {ROUNDS} rounds"
        return Figure(
            "rules", "evaluation of touched members, seconds", median(spent[1:]), TOUCHED_SECONDS, "max", 1, work
        )

    async def awarding(self) -> Figure:
        """A badge for everybody, against a bare insert of the same awards."""
        badge = self.badges["everybody"]

        async def ours(session: AsyncSession, now: datetime) -> int:
            made = await rules.evaluate(session, workspace_id=self.workspace_id, badge_id=badge.id, now=now)
            assert made.refused is None
            return made.awarded

        async def bare(session: AsyncSession, _: datetime) -> int:
            values = {"w": self.workspace_id, "badge": badge.id}
            return (await session.execute(text(BARE), values)).rowcount  # type: ignore[attr-defined,no-any-return]

        found = []
        for work in (bare, ours, bare, ours):
            found.append(await self.timed(work))
            await self._clear()
        assert {count for _, count in found} == {self.members}
        limit, spent = (min(seconds for seconds, _ in found[side::2]) for side in (0, 1))
        told = f"{self.members:,} awards each way, the better of two interleaved rounds"
        return Figure("rules", "awarding everybody, seconds", spent, limit, "max", 1.5, told)

    async def _clear(self) -> None:
        """What was rolled back leaves rows behind: both begin with empty tables."""
        async with self.sessions.engine.begin() as connection:
            await connection.execute(text("TRUNCATE award, award_guard, leaderboard_total CASCADE"))
