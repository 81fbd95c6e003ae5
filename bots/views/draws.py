"""Messages about draws."""

from collections.abc import Sequence

from bots.views.forms import opening
from bots.views.scene import Scene
from cards import draw_forms
from cards import draws as cards
from cards.draw_forms import DrawForm
from cards.draws import DrawView, ResultView
from cards.model import Card
from cards.people import Person
from core.badges import queries as badges
from core.badges.definition.kinds import GIVEN_BY_HAND
from core.badges.models import Badge
from core.badges.service import definition_of
from core.draws import queries
from core.draws.models import OPEN, PAID, VOID, Draw
from core.draws.service import ROLES
from core.people import queries as people

OFFERED_MAX = 100
RANKS_MAX = 200


async def card(scene: Scene) -> Card | None:
    """The public card, through all states; a draw that came to nothing is told only where it was announced."""
    draw = await _draw(scene)
    if draw is None or (draw.state == VOID and not scene.is_posted):
        return None
    return cards.card(scene.words, await view(scene, draw))


async def result(scene: Scene) -> Card | None:
    draw = await _draw(scene)
    return cards.result(scene.words, await view(scene, draw), await _result(scene, draw)) if draw else None


async def notice(scene: Scene) -> Card | None:
    """For a winner, in private."""
    draw = await _draw(scene)
    return cards.won(scene.words, await view(scene, draw)) if draw else None


async def joined(scene: Scene) -> Card | None:
    draw = await _draw(scene)
    return cards.joined(scene.words, await view(scene, draw)) if draw else None


async def left(scene: Scene) -> Card | None:
    draw = await _draw(scene)
    return cards.left(scene.words, await view(scene, draw)) if draw else None


async def opened(scene: Scene) -> Card | None:
    draw = await _draw(scene)
    return cards.opened(scene.words, await view(scene, draw)) if draw else None


async def cancelled(scene: Scene) -> Card | None:
    draw = await _draw(scene)
    return cards.cancelled(scene.words, await view(scene, draw)) if draw else None


async def proof(scene: Scene) -> Card | None:
    """One draw as its reader sees it: how it stands, what is sealed, their own ticket, and how to verify it."""
    draw = await _draw(scene)
    if draw is None:
        return None
    reader = scene.reference["reader"]
    has_joined = bool(await queries.joined_by(scene.session, [draw.id], reader, workspace_id=scene.home.id))
    ticket = await people.public_id(scene.session, reader, workspace_id=scene.home.id)
    ranked = await _result(scene, draw) if draw.state == PAID else None
    return cards.proof(
        scene.words, await view(scene, draw), ranked, reader_id=reader, has_joined=has_joined, ticket=str(ticket)
    )


async def listed(scene: Scene) -> Card:
    """The draws that go on, with a button to join each that the reader has not joined, and the latest that are over."""
    reader = scene.reference["reader"]
    found = await queries.list_draws(scene.session, workspace_id=scene.home.id, limit=cards.LISTED_MAX)
    can_be_joined = [draw.id for draw in found if draw.is_opt_in and draw.state == OPEN]
    joined_already = await queries.joined_by(scene.session, can_be_joined, reader, workspace_id=scene.home.id)
    person = (await people.people(scene.session, [reader], workspace_id=scene.home.id))[reader]
    return cards.listed(
        scene.words,
        await views(scene, found),
        open_to=frozenset(can_be_joined) - joined_already,
        reader_id=reader,
        may_open=bool(ROLES & set(person.roles)),
    )


async def form(scene: Scene) -> Card:
    """Prizes are the badges that the reader may give now, and for admins those that nobody gives by hand too."""
    reader = scene.reference["reader"]
    giver = (await people.people(scene.session, [reader], workspace_id=scene.home.id))[reader]
    offered = list(await badges.givable(scene.session, workspace=scene.home, giver=giver, now=scene.now))
    if giver.is_admin:
        every = await badges.list_badges(scene.session, workspace_id=scene.home.id)
        offered += [badge for badge in every if badge.kind not in GIVEN_BY_HAND]
    options = tuple((badge.id, f"{definition_of(badge).emoji} {badge.name}".strip()) for badge in offered[:OFFERED_MAX])
    return draw_forms.draw(scene.words, DrawForm(await opening(scene), options))


async def _draw(scene: Scene) -> Draw | None:
    return await queries.get(scene.session, scene.reference["draw"], workspace_id=scene.home.id)


async def view(scene: Scene, draw: Draw) -> DrawView:
    return (await views(scene, [draw]))[0]


async def views(scene: Scene, found: Sequence[Draw]) -> tuple[DrawView, ...]:
    """Draws with names and figures, in their order; as many statements for one as for all."""
    ids = [draw.badge_id for draw in found if draw.badge_id is not None]
    prizes = {badge.id: badge for badge in await badges.list_by_id(scene.session, ids, workspace_id=scene.home.id)}
    openers = await scene.people([draw.opened_by for draw in found if draw.opened_by is not None])
    counts = await queries.count_entrants(scene.session, found, workspace_id=scene.home.id)
    return tuple(
        _view(scene, draw, prizes.get(draw.badge_id or 0), openers.get(draw.opened_by or 0), counts.get(draw.id, 0))
        for draw in found
    )


def _view(scene: Scene, draw: Draw, badge: Badge | None, opener: Person | None, joined: int) -> DrawView:
    return DrawView(
        draw_id=draw.id,
        name=draw.name,
        badge=_called(scene, badge) if badge else "",
        points=draw.points + (badge.points if badge else 0),
        winners=draw.winners,
        entrants=joined if draw.entrants is None else draw.entrants,
        tickets=draw.tickets or 0,
        state=draw.state,
        is_opt_in=draw.is_opt_in,
        closes_at=draw.closes_at,
        draws_at=draw.draws_at,
        zone=scene.home.time_zone,
        list_hash=draw.list_hash.hex() if draw.list_hash else "",
        commitment=draw.commitment.hex() if draw.commitment else "",
        seed=draw.seed.hex() if draw.seed and draw.drawn_at else "",
        void_reason=draw.void_reason or "",
        opener=opener,
        public_id=str(draw.public_id),
    )


def _called(scene: Scene, badge: Badge) -> str:
    if badge.is_secret:
        return scene.words("draws.secret_badge")
    return f"{definition_of(badge).emoji} {badge.name}".strip()


async def _result(scene: Scene, draw: Draw) -> ResultView:
    ranks = await queries.winners(scene.session, draw, limit=draw.winners + RANKS_MAX)
    known = await scene.people(list({rank.member_id for rank in ranks}))
    return ResultView(
        winners=tuple(known[rank.member_id] for rank in ranks if rank.prize is not None),
        reserves=tuple(known[rank.member_id] for rank in ranks if rank.prize is None and rank.passed_over is None),
        passed_over=sum(rank.passed_over is not None for rank in ranks),
    )
