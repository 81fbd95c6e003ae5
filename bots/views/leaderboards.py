"""Messages about leaderboards."""

from collections.abc import Sequence

from bots.views.scene import Scene
from cards import leaderboards as cards
from cards.leaderboards import LeaderboardView, Row
from cards.model import Card
from cards.people import Person
from core.leaderboards import queries
from core.leaderboards.asking import read


async def board(scene: Scene) -> Card | None:
    """The page, as it is now. What is asked stands in the reference; None if nobody can ask for it any more."""
    asked = read(scene.reference["board"])
    if asked is None:
        return None
    reader = scene.reference["reader"]
    found = await queries.board(scene.session, workspace=scene.home, asked=asked, reader_id=reader, now=scene.now)
    people = await scene.people([row.member_id for row in (*found.rows, *found.neighbours)])
    view = LeaderboardView(
        asked=asked,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        zone=scene.home.time_zone,
        rows=_rows(found.rows, people),
        before=found.before,
        after=found.after,
        own=_rows([found.own], people)[0] if found.own else None,
        neighbours=_rows(found.neighbours, people),
        participants=found.participants,
        reader_id=reader,
        hides=found.hides and scene.is_for_one,
        hidden_rank=found.hidden_rank,
        share_id=scene.reference.get("asked_at", 0) if scene.is_for_one else 0,
    )
    return cards.page(scene.words, view)


def _rows(rows: Sequence[queries.Row], people: dict[int, Person]) -> tuple[Row, ...]:
    return tuple(Row(row.rank, people[row.member_id], row.score) for row in rows)
