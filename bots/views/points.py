"""Messages about points."""

from bots.views.kudos import allowance
from bots.views.scene import Scene
from cards import points as cards
from cards.model import Card
from cards.points import HistoryRow, PointsView
from core.points import queries


async def points(scene: Scene) -> Card:
    """A member's figures; of others only what they earned."""
    member_id = scene.reference["member"]
    is_self = member_id == scene.reference["reader"]
    figures = await queries.balances(scene.session, workspace_id=scene.home.id, member_id=member_id, period="")
    person = (await scene.people([member_id]))[member_id]
    view = PointsView(
        person=person,
        is_self=is_self,
        total=figures.total,
        current=figures.current,
        owed=figures.owed,
        allowance=await allowance(scene, member_id) if is_self else None,
    )
    return cards.points(scene.words, view)


async def history(scene: Scene) -> Card:
    rows = await queries.history(scene.session, workspace_id=scene.home.id, member_id=scene.reference["reader"])
    people = await scene.people([row.other_id for row in rows if row.other_id is not None])
    shown = tuple(
        HistoryRow(
            row.at, row.reason, row.change, row.balance_after, people[row.other_id].name if row.other_id else None
        )
        for row in rows
    )
    return cards.history(scene.words, shown, scene.home.time_zone)
