"""What an evaluation would do, without doing it: how many, who for example, and how the database finds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ClauseElement, Executable, Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from core.badges.models import Badge
from core.errors import Refusal
from core.people.models import Profile, Workspace
from core.rules.candidates import candidates
from core.rules.models import RuleRun
from core.rules.service import question

EXAMPLES_MAX = 10
SEED = "plan"
"""A draw that is planned is not the draw: that one has a seed of its own."""


class Example(NamedTuple):
    """Somebody who would get the badge, and the figures of each rule."""

    member_id: int
    name: str
    rules: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Plan:
    """`refused` says what stands in everybody's way. `is_drawn`: somebody is chosen by lot, so the examples are no promise.
    `is_done`: it was chosen already in this period or run."""

    badge: Badge
    count: int = 0
    examples: Sequence[Example] = ()
    query: Sequence[str] = ()
    refused: Refusal | None = None
    is_drawn: bool = False
    is_done: bool = False


class _Explain(Executable, ClauseElement):
    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(_Explain)
def _explained(element: _Explain, compiler: SQLCompiler, **more: Any) -> str:
    return "EXPLAIN " + compiler.process(element.statement, **more)


async def plan(
    session: AsyncSession, badge: Badge, *, workspace: Workspace, now: datetime, shows_query: bool = False
) -> Plan:
    """What evaluating a badge for everybody would come to now. Reads only."""
    try:
        wanted, asked = await question(session, badge, workspace=workspace, members=None, now=now, seed=SEED)
    except Refusal as refused:
        return Plan(badge, refused=refused)
    found = candidates(wanted, asked)
    query = tuple((await session.execute(_Explain(found))).scalars()) if shows_query else ()
    if wanted.chooses and await _is_done(session, badge, wanted.run):
        return Plan(badge, query=query, is_drawn=True, is_done=True)
    rows = found.cte("found")
    count = await session.scalar(select(func.count()).select_from(rows)) or 0
    examples = await session.execute(
        select(rows.c.member_id, func.coalesce(Profile.display_name, "?"), rows.c.rules)
        .outerjoin(Profile, (Profile.workspace_id == workspace.id) & (Profile.member_id == rows.c.member_id))
        .order_by(rows.c.member_id)
        .limit(EXAMPLES_MAX)
    )
    return Plan(badge, count, [Example(*row) for row in examples], query, is_drawn=wanted.chooses)


async def count(session: AsyncSession, badge: Badge, *, workspace: Workspace, now: datetime) -> int:
    """How many would get a badge now. Raises what stands in everybody's way."""
    wanted, asked = await question(session, badge, workspace=workspace, members=None, now=now, seed=SEED)
    found = candidates(wanted, asked).subquery()
    return await session.scalar(select(func.count()).select_from(found)) or 0


async def _is_done(session: AsyncSession, badge: Badge, run: str) -> bool:
    done = exists().where(RuleRun.workspace_id == badge.workspace_id, RuleRun.badge_id == badge.id, RuleRun.run == run)
    return bool(await session.scalar(select(done)))
