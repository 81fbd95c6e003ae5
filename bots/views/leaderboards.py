"""Messages about leaderboards."""

from collections.abc import Sequence

from bots.views.scene import Scene
from cards import leaderboards as cards
from cards.leaderboards import LeaderboardView, Row
from cards.model import Card
from cards.people import Person
from core.leaderboards import queries


async def board(scene: Scene) -> Card:
    reader = scene.reference["reader"]
    period = scene.reference["period"]
    found = await queries.points(scene.session, workspace=scene.home, name=period, reader_id=reader, now=scene.now)
    people = await scene.people([row.member_id for row in (*found.rows, *found.neighbours)])
    view = LeaderboardView(
        measure="points",
        period=period,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        zone=scene.home.time_zone,
        rows=_rows(found.rows, people),
        own=_rows([found.own], people)[0] if found.own else None,
        neighbours=_rows(found.neighbours, people),
        participants=found.participants,
        reader_id=reader,
    )
    return cards.page(scene.words, view)


def _rows(rows: Sequence[queries.Row], people: dict[int, Person]) -> tuple[Row, ...]:
    return tuple(Row(row.rank, people[row.member_id], row.score) for row in rows)
