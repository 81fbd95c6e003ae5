"""Reads of leaderboards.

A period counts what was earned in it; what is taken back no longer counts in the period in which it had been earned. Members of
the same score share a rank. Who left or hides is not shown and takes no rank. What a merged member did counts for the one who
lives on. See the statements for how a page of a million members is found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Period, period
from core.database import Hot
from core.leaderboards import statements
from core.leaderboards.asking import END, START, Asked, Crew, Point
from core.leaderboards.models import ALL_TIME, PERIODS
from core.people.models import Member, Workspace

PAGE_SIZE = statements.ROWS_MAX - 1
OWN_FROM_TOP = 4
"""How many rows stand above one's own on the page that shows it."""

_ABOVE, _BELOW, _RANKS = Hot(statements.ABOVE), Hot(statements.BELOW), Hot(statements.RANKS)


class Row(NamedTuple):
    rank: int
    member_id: int
    score: int

    @property
    def point(self) -> Point:
        return Point(self.score, self.member_id)


class Board(NamedTuple):
    """One page. `own` is the reader's row wherever it is, `neighbours` one above, it, and one below when it is on another page.

    `starts_at` and `ends_at` bound the period, half-open; both are None for all time. `before` and `after` tell whether there
    are pages on either side. A reader who `hides` has no own row; `hidden_rank` is the rank they would have among everybody.
    """

    starts_at: datetime | None
    ends_at: datetime | None
    participants: int
    rows: Sequence[Row]
    before: bool
    after: bool
    own: Row | None
    neighbours: Sequence[Row]
    hides: bool = False
    hidden_rank: int | None = None


class _Page(NamedTuple):
    """Rows with what was read of their ranks, None where it follows from the row before."""

    rows: Sequence[Any]
    before: bool
    after: bool


def bounds(workspace: Workspace, name: str, now: datetime) -> Period | None:
    """The period of that name (see `PERIODS`) in the workspace's zone; None for all time."""
    return period(PERIODS[name], now, ZoneInfo(workspace.time_zone)) if PERIODS[name] else None


async def board(
    session: AsyncSession, *, workspace: Workspace, asked: Asked, reader_id: int | None, now: datetime
) -> Board:
    """The page that was asked for; one that is no longer there becomes the last."""
    current = bounds(workspace, asked.period, now)
    ranking = Ranking(session, workspace.id, asked.measure, current.key if current else ALL_TIME, asked.crew)
    hides, own_point = await ranking.own(reader_id) if reader_id is not None else (False, None)
    page = await _turned(ranking, asked, own_point)
    is_listed = own_point is not None and not hides
    is_on_page = any(row.member_id == reader_id for row in page.rows)
    near = await ranking.near(own_point, above=1, below=2) if own_point and is_listed and not is_on_page else []
    known = await ranking.ranks(page.rows, near, own_point)
    rows, neighbours = _numbered(page.rows, known), _numbered(near, known)
    own = next((row for row in (*rows, *neighbours) if row.member_id == reader_id), None)
    return Board(
        starts_at=current.starts_at if current else None,
        ends_at=current.ends_at if current else None,
        participants=known[0] - 1,
        rows=rows,
        before=page.before,
        after=page.after,
        own=own,
        neighbours=neighbours if own and not is_on_page else [],
        hides=hides,
        hidden_rank=known.get(own_point.score) if hides and own_point and asked.crew is None else None,
    )


async def _turned(ranking: "Ranking", asked: Asked, own: Point | None) -> _Page:
    if asked.turn == "from":
        rows = await ranking.near(asked.point, below=PAGE_SIZE + 1)
        if rows:
            return _Page(rows[:PAGE_SIZE], before=True, after=len(rows) > PAGE_SIZE)
        return await _until(ranking, END)
    if asked.turn == "until":
        return await _until(ranking, asked.point)
    if asked.turn == "own" and own is not None:
        above = await ranking.near(own, above=OWN_FROM_TOP + 1)
        if len(above) > OWN_FROM_TOP:
            below = await ranking.near(own, below=PAGE_SIZE - OWN_FROM_TOP + 1)
            rows = [*above[1:], *below]
            return _Page(rows[:PAGE_SIZE], before=True, after=len(rows) > PAGE_SIZE)
    rows = await ranking.near(START, below=PAGE_SIZE + 1)
    return _Page(rows[:PAGE_SIZE], before=False, after=len(rows) > PAGE_SIZE)


async def _until(ranking: "Ranking", point: Point) -> _Page:
    """The page that ends at a point; a first page is a whole one."""
    rows = await ranking.near(point, above=PAGE_SIZE + 1)
    if len(rows) > PAGE_SIZE:
        return _Page(rows[1:], before=True, after=point != END)
    rows = await ranking.near(START, below=PAGE_SIZE + 1)
    return _Page(rows[:PAGE_SIZE], before=False, after=len(rows) > PAGE_SIZE)


def _numbered(rows: Sequence[Any], known: dict[int, int]) -> list[Row]:
    """A score that is neither among the known ones nor the first is one whose whole tie group above stands on the page."""
    numbered: list[Row] = []
    for row in rows:
        rank = known.get(row.score)
        if rank is None:
            last = numbered[-1]
            ties = sum(each.score == last.score for each in numbered)
            rank = last.rank if last.score == row.score else last.rank + ties
        numbered.append(Row(rank, row.member_id, row.score))
    return numbered


async def hides(session: AsyncSession, member_id: int, *, workspace_id: int) -> bool:
    """Whether a member chose to be on no board."""
    of_member = (Member.workspace_id == workspace_id, Member.id == member_id)
    return bool(await session.scalar(select(Member.hides_rank).where(*of_member)))


@dataclass(frozen=True, slots=True)
class Ranking:
    """One measure in one period, of everybody or of a group. `period` is its key."""

    session: AsyncSession
    workspace_id: int
    measure: str
    period: str
    crew: Crew | None = None

    @property
    def _values(self) -> dict[str, Any]:
        return {"workspace_id": self.workspace_id, "measure": self.measure, "period": self.period}

    async def own(self, member_id: int) -> tuple[bool, Point | None]:
        """Whether a member hides, and where they stand or would stand; None with nothing in the period, or if they left."""
        row = (await self.session.execute(statements.OWN, {**self._values, "member": member_id})).first()
        if row is None:
            return False, None
        return row.hides_rank, Point(row.score, member_id) if row.score else None

    async def near(self, point: Point, *, above: int = 0, below: int = 0) -> list[Any]:
        """Rows around a point, in order."""
        values = {**self._values, "score": point.score, "member": point.member_id}
        if self.crew is not None:
            sides = {"above": above, "below": below, "crew": self.crew.name}
            return list(await self.session.execute(statements.OF_CREW[self.crew.kind], {**values, **sides}))
        over = (await _ABOVE.all(self.session, values))[-above:] if above else []
        under = (await _BELOW.all(self.session, values))[:below] if below else []
        return [*over, *under]

    async def ranks(self, rows: Sequence[Any], near: Sequence[Any], own: Point | None) -> dict[int, int]:
        """The ranks of scores, as far as they do not follow from each other; below the score 0 there would be everybody."""
        if self.crew is not None:
            participants = rows[0].participants if rows else 0
            return {0: participants + 1, **{row.score: row.rank for row in (*rows, *near)}}
        scores = [*list(dict.fromkeys(row.score for row in rows))[:2], *(row.score for row in near), 0]
        if own is not None:
            scores.append(own.score)
        found = await _RANKS.all(self.session, {**self._values, "scores": sorted(set(scores))})
        return {row.score: row.rank for row in found}
