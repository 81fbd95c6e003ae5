"""What `plaudit draw` does: list draws, export a record, verify one."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from bots.cli.edge import FOUND, GOOD, CalledWrongly, workspace_named
from bots.cli.screen import out, say, show
from core.database import Sessions
from core.draws import proof, queries
from core.draws.models import Draw

STATEMENT_SECONDS = 120
SHORT = 16
"""So many digits of a hash are shown; the record has them all."""


async def list_draws(sessions: Sessions, *, workspace: str | None) -> int:
    workspace_id = await workspace_named(sessions, workspace)
    async with sessions.begin(workspace_id) as (session, _):
        found = await queries.list_draws(session, workspace_id=workspace_id, limit=100)
    if not found:
        say("There has been no draw yet.")
        return GOOD
    show(("Id", "Name", "State", "Winners", "Entrants", "Drawn (UTC)", "List", "Seed"), [_row(each) for each in found])
    return GOOD


def _row(draw: Draw) -> tuple[str, ...]:
    return (
        str(draw.public_id),
        draw.name,
        f"{draw.state} ({draw.void_reason})" if draw.void_reason else draw.state,
        str(draw.winners),
        str(draw.entrants or ""),
        f"{draw.drawn_at:%Y-%m-%d %H:%M}" if draw.drawn_at else "",
        draw.list_hash.hex()[:SHORT] if draw.list_hash else "",
        draw.commitment.hex()[:SHORT] if draw.commitment else "",
    )


async def record(sessions: Sessions, *, wanted: str, path: Path | None) -> int:
    """Write or print the record. Raises CalledWrongly."""
    try:
        public_id = UUID(wanted)
    except ValueError:
        raise CalledWrongly(f"{wanted} is no id of a draw; see `plaudit draw list`") from None
    async with sessions.begin(role="ops", statement_seconds=STATEMENT_SECONDS) as (session, _):
        draw = await queries.by_public_id(session, public_id)
        if draw is None:
            raise CalledWrongly(f"there is no draw {public_id}; see `plaudit draw list`")
        made = await queries.record(session, draw)
    if made is None:
        raise CalledWrongly(f"the draw {public_id} is {draw.state}: there is a record once it is drawn, not before")
    _put(made, path)
    return GOOD


def _put(made: dict[str, Any], path: Path | None) -> None:
    written = json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n"
    if path is None:
        out().out(written, end="", highlight=False)
        return
    path.write_text(written, encoding="utf-8")
    say(f"{path} is written. To verify it: plaudit draw verify {path}")


def verify(file: Path) -> int:
    """A line for each thing that was checked. Raises CalledWrongly if the file is no record."""
    try:
        found = proof.examine(proof.read(str(file)))
    except proof.NoRecord as fault:
        raise CalledWrongly(str(fault)) from None
    for checked, wrong in found:
        say(f"WRONG {checked}: {wrong}" if wrong else f"ok    {checked}")
    return FOUND if any(wrong for _, wrong in found) else GOOD
