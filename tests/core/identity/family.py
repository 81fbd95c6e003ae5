"""What the tests of identity ask of the books after every merge."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Sessions
from core.nominations.verify import CHECKS
from core.people.models import Workspace
from core.points import verify
from core.points.verify import Finding
from tests.factories import enter


async def findings(session: AsyncSession, workspace: Workspace) -> Sequence[Finding]:
    """All that `plaudit verify` finds; the session goes on as the app."""
    await session.flush()
    await enter(session, workspace.id, role="ops")
    outcomes = [await verify.examine(session, check) for check in CHECKS]
    await enter(session, workspace.id)
    return [finding for outcome in outcomes for finding in outcome.findings if finding.workspace_id == workspace.id]


async def assert_clean(database: Sessions) -> None:
    async with database.begin(role="ops", statement_seconds=60) as (session, _):
        outcomes = [await verify.examine(session, check) for check in CHECKS]
    assert [finding for outcome in outcomes for finding in outcome.findings] == []


async def rows(session: AsyncSession, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await session.execute(text(statement), values)]
