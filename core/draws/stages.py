"""What becomes of a draw: frozen, drawn, void. Paying is in core.draws.paying.

Each step is a guarded change of the state, in one transaction with what it brings: after a crash, or with two replicas at once,
it happens once, and what it would decide is decided already.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.draws import announce, lottery, sealing
from core.draws.models import DRAWN, FROZEN, OPEN, VOID, Draw
from core.draws.service import ROLES, DrawClosed, DrawNotAllowed
from core.people.queries import Person

NOBODY, CALLED_OFF = "nobody", "called_off"
"""Why a draw is void."""


async def hold(session: AsyncSession, draw_id: int, *, workspace_id: int, waits: bool = True) -> Draw | None:
    """A draw as it is now, for this transaction alone. None: there is none, or (unless `waits`) somebody else has it."""
    found = select(Draw).where(Draw.workspace_id == workspace_id, Draw.id == draw_id)
    locked = found.with_for_update(skip_locked=not waits).execution_options(populate_existing=True)
    draw: Draw | None = await session.scalar(locked)
    return draw


async def freeze(
    session: AsyncSession,
    draw: Draw,
    *,
    also: ColumnElement[bool] | None = None,
    chance: Callable[[int], bytes],
    now: datetime,
) -> None:
    """Seal the list of who takes part, and only then the seed, and publish the hashes of both. Without anybody the draw is void.

    `chance` gives so many random bytes. The draw is held, and open.
    """
    assert draw.state == OPEN
    sealed = await sealing.seal(session, draw, also=also, now=now)
    if sealed is None:
        await _void(session, draw, reason=NOBODY, by=None, now=now)
        return
    seed = chance(lottery.SEED_BYTES)
    await change(
        session,
        draw,
        state=FROZEN,
        entrants=sealed.entrants,
        tickets=sealed.tickets,
        list_hash=sealed.list_hash,
        seed=seed,
        commitment=lottery.digest(seed),
        draws_at=now + timedelta(seconds=draw.notice_seconds),
    )
    await announce.frozen(session, draw)


class Tampered(Exception):
    """The sealed list is not the one whose hash was published. Nothing is drawn from it."""


async def draw_winners(session: AsyncSession, draw: Draw, *, now: datetime) -> None:
    """Draw winners and reserves from the sealed list. The draw is held, and frozen. Raises Tampered."""
    assert draw.state == FROZEN
    assert draw.seed is not None
    entrants = await sealing.entrants(session, draw.id, workspace_id=draw.workspace_id)
    if lottery.digest(entrants) != draw.list_hash:
        raise Tampered(f"draw {draw.id}")
    drawn = lottery.draw(entrants, draw.seed, draw.winners + draw.reserves)
    values = {"workspace_id": draw.workspace_id, "draw_id": draw.id, "drawn": drawn}
    kept = (await session.execute(_KEEP, values)).all()
    assert len(kept) == len(drawn)
    await change(session, draw, state=DRAWN, drawn_at=now)


_KEEP = text("""
INSERT INTO draw_result (workspace_id, draw_id, rank, entrant_id)
SELECT :workspace_id, :draw_id, rank, member.id
FROM unnest(CAST(:drawn AS uuid[])) WITH ORDINALITY AS given(public_id, rank)
JOIN member ON member.workspace_id = :workspace_id AND member.public_id = given.public_id ORDER BY rank RETURNING rank
""")


async def call_off(session: AsyncSession, draw: Draw, *, actor: Person, now: datetime) -> None:
    """End a draw that is not drawn yet, without winners. The draw is held. Raises DrawNotAllowed, DrawClosed."""
    if actor.has_left or not (actor.is_admin or (draw.opened_by == actor.member_id and ROLES & set(actor.roles))):
        raise DrawNotAllowed
    if draw.state not in {OPEN, FROZEN}:
        raise DrawClosed(draw=draw.name)
    await _void(session, draw, reason=CALLED_OFF, by=actor.member_id, now=now)


async def _void(session: AsyncSession, draw: Draw, *, reason: str, by: int | None, now: datetime) -> None:
    await change(session, draw, state=VOID, voided_at=now, voided_by=by, void_reason=reason)
    await announce.voided(session, draw)


async def change(session: AsyncSession, draw: Draw, **values: Any) -> None:
    """A guarded change: of the state that the draw was held in, to another."""
    changed = await session.execute(
        update(Draw)
        .where(Draw.workspace_id == draw.workspace_id, Draw.id == draw.id, Draw.state == draw.state)
        .values(**values)
        .returning(Draw.id)
        .execution_options(synchronize_session=False)
    )
    assert changed.scalar_one() == draw.id
    await session.refresh(draw)


_DUE = text("""
SELECT workspace_id, id FROM draw
WHERE (state = 'open' AND closes_at <= clock_timestamp()) OR (state = 'frozen' AND draws_at <= clock_timestamp()) OR state = 'drawn'
ORDER BY coalesce(draws_at, closes_at), workspace_id, id LIMIT :limit
""")


async def list_due(session: AsyncSession, *, limit: int = 200) -> Sequence[tuple[int, int]]:
    """(workspace, draw) of draws whose next step is due. Run as ops."""
    return [(row.workspace_id, row.id) for row in await session.execute(_DUE, {"limit": limit})]
