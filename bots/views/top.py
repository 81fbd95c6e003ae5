"""Who is recognised most, and for what."""

from collections.abc import Iterator, Mapping, Sequence

from bots.views.scene import Scene
from cards import top as cards
from cards.model import Card
from cards.people import Person
from cards.top import Ranked, TopView, Trend
from core.kudos import queries
from core.leaderboards import queries as leaderboards
from core.leaderboards.asking import Asked
from core.leaderboards.models import GIVEN, KUDOS

RECOGNISED_MAX, GENEROUS_MAX, TRENDS_MAX = 5, 3, 8


async def page(scene: Scene) -> Card:
    recognised = await _ranking(scene, KUDOS, RECOGNISED_MAX)
    generous = await _ranking(scene, GIVEN, GENEROUS_MAX)
    people = await scene.people([row.member_id for row in (*recognised, *generous)])
    used = await queries.tags_in_use(scene.session, workspace_id=scene.home.id, now=scene.now, limit=TRENDS_MAX)
    view = TopView(
        reader_id=scene.reference["reader"],
        recognised=tuple(_ranked(recognised, people)),
        generous=tuple(_ranked(generous, people)),
        trends=tuple(Trend(tag.name, tag.emoji, tag.uses) for tag in used if tag.uses),
    )
    return cards.page(scene.words, view)


async def _ranking(scene: Scene, measure: str, limit: int) -> Sequence[leaderboards.Row]:
    """The beginning of this month's board, which nobody's own page is."""
    asked = Asked(measure, is_open=True)
    found = await leaderboards.board(scene.session, workspace=scene.home, asked=asked, reader_id=None, now=scene.now)
    return found.rows[:limit]


def _ranked(rows: Sequence[leaderboards.Row], people: Mapping[int, Person]) -> Iterator[Ranked]:
    for row in rows:
        yield Ranked(row.rank, people[row.member_id], row.score)
