"""Prizes: each once, in the order of ranks. Whom a prize cannot reach any more is passed over, and a reserve takes the place."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.draws import announce, stages
from core.draws.models import DRAWN, PAID, Draw
from core.people.models import LEFT, Workspace
from core.points import service as points
from core.points.service import Entry

REASON = "draw_won"
GONE, TWICE, LIMITED = "left", "merged", "limit"
"""Why a rank was passed over: the member left, is the same person as an earlier winner, or may not have the badge again."""


class Grant(Protocol):
    """Gives the badge of a draw to those of the members who may have it; their awards, by member."""

    async def __call__(
        self, session: AsyncSession, *, workspace: Workspace, draw: Draw, member_ids: Sequence[int], now: datetime
    ) -> Mapping[int, int]: ...


class _Rank(NamedTuple):
    rank: int
    member_id: int
    status: str


_RANKS = text("""
SELECT draw_result.rank, living.id, living.status
FROM draw_result JOIN member ON member.workspace_id = draw_result.workspace_id AND member.id = draw_result.entrant_id
JOIN member AS living ON living.workspace_id = member.workspace_id AND living.id = coalesce(member.merged_into, member.id)
WHERE draw_result.workspace_id = :workspace_id AND draw_result.draw_id = :draw_id ORDER BY draw_result.rank
""")
_NOTE = text("""
UPDATE draw_result SET prize = given.prize, paid_to = given.paid_to, award_id = given.award_id, passed_over = given.passed_over
FROM jsonb_to_recordset(:rows) AS given(rank bigint, prize bigint, paid_to bigint, award_id bigint, passed_over text)
WHERE draw_result.workspace_id = :workspace_id AND draw_result.draw_id = :draw_id AND draw_result.rank = given.rank
""").bindparams(bindparam("rows", type_=JSONB))
_ACCOUNTS = text("""
SELECT earned.member_id, earned.id, coalesce(owed.balance, 0) > 0 AS owes
FROM account AS earned LEFT JOIN account AS owed ON owed.workspace_id = earned.workspace_id AND owed.member_id = earned.member_id
     AND owed.kind = 'receivable'
WHERE earned.workspace_id = :workspace_id AND earned.kind = 'earned' AND NOT earned.is_closed
  AND earned.member_id = ANY(CAST(:members AS bigint[]))
""")


async def pay(
    session: AsyncSession, draw: Draw, *, workspace: Workspace, grant: Grant | None = None, now: datetime
) -> None:
    """Give out the prizes of a draw that is held, and drawn; `grant` where the prize is a badge."""
    assert draw.state == DRAWN
    rows = await session.execute(_RANKS, {"workspace_id": draw.workspace_id, "draw_id": draw.id})
    notes = await _assign(session, draw, workspace, [_Rank(*row) for row in rows], grant, now)
    values = {"workspace_id": draw.workspace_id, "draw_id": draw.id, "rows": notes}
    await session.execute(_NOTE, values)
    winners = {note["rank"]: note["paid_to"] for note in notes if note["paid_to"] is not None}
    if draw.points and winners:
        await _pay_points(session, draw, winners, now)
    await stages.change(session, draw, state=PAID, paid_at=now)
    await announce.paid(session, draw, list(winners.values()))


async def _assign(
    session: AsyncSession, draw: Draw, workspace: Workspace, ranks: list[_Rank], grant: Grant | None, now: datetime
) -> list[dict[str, Any]]:
    """Which rank gets which prize, and why others do not; reserves that were not needed are not named."""
    notes: list[dict[str, Any]] = []
    winners: set[int] = set()
    while ranks and len(winners) < draw.winners:
        turn: list[_Rank] = []
        while ranks and len(turn) + len(winners) < draw.winners:
            rank = ranks.pop(0)
            reason = _why_not(rank, winners | {each.member_id for each in turn})
            if reason:
                notes.append(_note(rank, passed_over=reason))
                continue
            turn.append(rank)
        awards: Mapping[int, int] = {}
        if draw.badge_id is not None and turn:
            assert grant is not None
            ids = [each.member_id for each in turn]
            awards = await grant(session, workspace=workspace, draw=draw, member_ids=ids, now=now)
        for rank in turn:
            if draw.badge_id is not None and rank.member_id not in awards:
                notes.append(_note(rank, passed_over=LIMITED))
                continue
            winners.add(rank.member_id)
            award_id = awards.get(rank.member_id)
            notes.append(_note(rank, prize=len(winners), paid_to=rank.member_id, award_id=award_id))
    return notes


def _why_not(rank: _Rank, taken: set[int]) -> str:
    if rank.status == LEFT:
        return GONE
    return TWICE if rank.member_id in taken else ""


def _note(rank: _Rank, **what: Any) -> dict[str, Any]:
    return {"rank": rank.rank, "prize": None, "paid_to": None, "award_id": None, "passed_over": None, **what}


async def _pay_points(session: AsyncSession, draw: Draw, winners: Mapping[int, int], now: datetime) -> None:
    """The draw's points from the issuer; the key of each transfer comes from the draw and the rank."""
    members = sorted(winners.values())
    await points.open_earned(session, workspace_id=draw.workspace_id, member_ids=members)
    found = await session.execute(_ACCOUNTS, {"workspace_id": draw.workspace_id, "members": members})
    accounts = {row.member_id: row for row in found}
    issuer_id = await points.issuer(session, workspace_id=draw.workspace_id)
    reference = f"draw:{draw.id}"
    entries = [
        Entry(issuer_id, accounts[member_id].id, draw.points, REASON, reference, f"{reference}:{rank}")
        for rank, member_id in sorted(winners.items())
    ]
    await points.append(session, entries, workspace_id=draw.workspace_id, actor_id=draw.opened_by, now=now)
    owing = [member_id for member_id in members if accounts[member_id].owes]
    if owing:
        await points.settle_receivables(session, owing, workspace_id=draw.workspace_id, reference=reference, now=now)
