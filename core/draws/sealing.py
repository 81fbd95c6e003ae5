"""The sealed list: made by the database from who may take part, kept as the text that was hashed, never changed."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Text, cast, func, insert, literal, select, text, true
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from core.draws.eligible import among
from core.draws.models import Draw, DrawList

_ROOM = text("SELECT set_config('work_mem', '128MB', true)")


class Sealed(NamedTuple):
    list_hash: bytes
    entrants: int
    tickets: int


async def seal(session: AsyncSession, draw: Draw, *, also: ColumnElement[bool] | None, now: datetime) -> Sealed | None:
    """Seal who takes part in a draw, in one statement however many they are. None: nobody does, and nothing was sealed."""
    await session.execute(_ROOM)
    # Looked up once and then sorted: left to itself the planner walks the index of public ids over the whole table.
    entrant = among(draw, also=also, now=now).cte("entrant").prefix_with("MATERIALIZED")
    line = cast(entrant.c.public_id, Text).concat(" ").concat(cast(entrant.c.tickets, Text)).concat("\n")
    summed = select(
        func.convert_to(func.string_agg(line, aggregate_order_by(literal(""), entrant.c.public_id)), "UTF8").label(
            "data"
        ),
        func.count().label("entrants"),
        func.sum(entrant.c.tickets).label("tickets"),
    ).cte("summed")
    kept = (
        insert(DrawList)
        .from_select(
            ["workspace_id", "draw_id", "entrants"],
            select(literal(draw.workspace_id), literal(draw.id), summed.c.data).where(summed.c.entrants > 0),
        )
        .returning(func.sha256(DrawList.entrants).label("list_hash"))
        .cte("kept")
    )
    read = select(kept.c.list_hash, summed.c.entrants, summed.c.tickets).select_from(kept.join(summed, true()))
    row = (await session.execute(read)).first()
    return Sealed(bytes(row.list_hash), row.entrants, int(row.tickets)) if row else None


async def entrants(session: AsyncSession, draw_id: int, *, workspace_id: int) -> bytes:
    """The sealed list of a draw."""
    found = await session.execute(
        select(DrawList.entrants).where(DrawList.workspace_id == workspace_id, DrawList.draw_id == draw_id)
    )
    return bytes(found.scalar_one())
