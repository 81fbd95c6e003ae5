"""What tests of leaderboards begin with and look at."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.leaderboards import queries
from core.leaderboards.asking import Asked
from core.leaderboards.queries import Board, Row
from core.people.models import Workspace
from core.people.queries import Person
from core.points import service as points
from tests.books import granting, transfers

_TOTALS = text(
    "SELECT period, score FROM leaderboard_total WHERE workspace_id = :w AND member_id = :m AND measure = :measure AND score > 0"
)
_GIVE_SCORES = text(
    "INSERT INTO leaderboard_total (workspace_id, member_id, measure, period, score, is_ranked)"
    " SELECT :w, member_id, 'points', 'all', score, true FROM unnest(CAST(:members AS bigint[]), CAST(:scores AS bigint[]))"
    " AS given(member_id, score)"
)
ALL_TIME = Asked(period="all")


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


async def earn(
    session: AsyncSession,
    workspace: Workspace,
    member: Person,
    amount: int,
    instant: datetime,
    reason: str = "manual_adjustment",
) -> int:
    """Give a member points at an instant; returns the transfer's id."""
    key = f"earn:{len(await transfers(session, workspace))}"
    entry = await granting(session, workspace, member, amount, key)
    entry = points.Entry(entry.debit_id, entry.credit_id, amount, reason, "", key)
    await points.append(session, [entry], workspace_id=workspace.id, actor_id=None, now=instant)
    return int((await transfers(session, workspace))[-1].id)


async def board(
    session: AsyncSession,
    workspace: Workspace,
    now: datetime,
    asked: Asked = ALL_TIME,
    reader: Person | None = None,
) -> Board:
    reader_id = reader.member_id if reader else None
    return await queries.board(session, workspace=workspace, asked=asked, reader_id=reader_id, now=now)


async def totals(
    session: AsyncSession, workspace: Workspace, member: Person, measure: str = "points"
) -> dict[str, int]:
    """A member's totals that are not 0, by the key of their period."""
    rows = await session.execute(_TOTALS, {"w": workspace.id, "m": member.member_id, "measure": measure})
    return {row.period: row.score for row in rows}


async def give_scores(
    session: AsyncSession, workspace: Workspace, members: Sequence[Person], scores: Sequence[int]
) -> None:
    """Points of all time out of nowhere, for tests that only read."""
    ids = [member.member_id for member in members]
    await session.execute(_GIVE_SCORES, {"w": workspace.id, "members": ids, "scores": list(scores)})


def ranks(rows: Sequence[Row]) -> list[tuple[int, int]]:
    return [(row.rank, row.score) for row in rows]


def ids(rows: Sequence[Row]) -> list[int]:
    return [row.member_id for row in rows]
