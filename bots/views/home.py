"""A member's own page."""

from bots.views.kudos import allowance, views_of
from bots.views.scene import Scene
from cards import home as cards
from cards.home import HomeView
from cards.model import Card
from core.badges import queries as badges
from core.kudos import queries as kudos
from core.points import queries as points

LATELY = 3


async def home(scene: Scene) -> Card:
    reader, session, workspace_id = scene.reference["reader"], scene.session, scene.home.id
    figures = await points.balances(session, workspace_id=workspace_id, member_id=reader, period="")
    received = await kudos.received(session, reader, workspace_id=workspace_id, limit=LATELY)
    given = await kudos.given(session, reader, workspace_id=workspace_id, limit=LATELY)
    received_count, given_count = await kudos.counts(session, reader, workspace_id=workspace_id)
    lately = await views_of(scene, [*received, *given])
    return cards.home(
        scene.words,
        HomeView(
            member_id=reader,
            name=(await scene.people([reader]))[reader].name,
            current=figures.current,
            total=figures.total,
            allowance=await allowance(scene, reader),
            badges=await badges.count_held(session, workspace_id=workspace_id, member_id=reader),
            received=lately[: len(received)],
            given=lately[len(received) :],
            received_count=received_count,
            given_count=given_count,
            zone=scene.home.time_zone,
        ),
    )
