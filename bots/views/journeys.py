"""Messages about journeys, and certificates."""

from dataclasses import replace

from bots.views.scene import Scene
from cards import journeys as cards
from cards.journeys import OfferView, StepView, WayView
from cards.model import Card, Line
from cards.people import Person, named
from core.badges import certificates
from core.badges import queries as badges
from core.badges.models import Badge
from core.badges.service import definition_of
from core.journeys import offering, queries
from core.journeys.course import course_of
from core.journeys.queries import Way

CERTIFICATES = "/pictures/certificates/"
WAYS_MAX = 8
OFFERS_MAX = 5
OFFERS_LOOKED_AT = 100


async def listed(scene: Scene) -> Card:
    reader = scene.reference["reader"]
    found = await queries.ways_of(scene.session, reader, workspace_id=scene.home.id, limit=WAYS_MAX)
    ways = [await _view(scene, each, reader) for each in found]
    offers = await offering.offered(
        scene.session, workspace=scene.home, member_id=reader, now=scene.now, limit=OFFERS_MAX
    )
    return cards.listed(scene.words, reader, ways, [_offer(badge) for badge in offers])


async def notice(scene: Scene) -> Card | None:
    """How far a member is, for that member. None: the way ended as the member was merged or the journey is no more."""
    found = await queries.way(scene.session, scene.reference["journey"], workspace_id=scene.home.id)
    return cards.way(scene.words, await _view(scene, found, scene.reference["reader"])) if found else None


async def one(scene: Scene) -> Card | None:
    """A member's way to a badge; what there is to be done if they are not on it."""
    reader, badge_id = scene.reference["reader"], scene.reference["badge"]
    member = scene.reference.get("member", reader)
    ways = await queries.ways_of(scene.session, member, workspace_id=scene.home.id, badge_id=badge_id, limit=1)
    if ways:
        return cards.way(scene.words, await _view(scene, ways[0], reader))
    badge = await badges.get(scene.session, badge_id, workspace_id=scene.home.id)
    if badge is None:
        return None
    offers = await offering.offered(
        scene.session, workspace=scene.home, member_id=reader, now=scene.now, limit=OFFERS_LOOKED_AT
    )
    view = _plain(scene, badge, (await scene.people([member]))[member], is_own=member == reader)
    return cards.offer(
        scene.words, reader, view, may_set_out=member == reader and badge_id in {each.id for each in offers}
    )


async def enrolled(scene: Scene) -> Card | None:
    badge = await badges.get(scene.session, scene.reference["badge"], workspace_id=scene.home.id)
    return cards.enrolled(scene.words, badge.name, await _named(scene)) if badge else None


async def ticked(scene: Scene) -> Card | None:
    badge = await badges.get(scene.session, scene.reference["badge"], workspace_id=scene.home.id)
    if badge is None:
        return None
    step, completed = scene.reference["step"], scene.reference["completed"]
    return cards.ticked(scene.words, badge.name, step, await _named(scene), completed=completed)


async def certificate(scene: Scene) -> Card | None:
    found = await certificates.get(scene.session, scene.reference["award"], workspace_id=scene.home.id)
    if found is None:
        return None
    picture = f"{scene.public_url}{CERTIFICATES}{found.public_id}.png" if scene.public_url else ""
    return cards.certificate(scene.words, found.badge, picture)


async def completion(scene: Scene) -> Card | None:
    found = await certificates.get(scene.session, scene.reference["award"], workspace_id=scene.home.id)
    return cards.completion(scene.words, found.badge, found.points) if found else None


async def _named(scene: Scene) -> Line:
    found = await scene.people(scene.reference["members"])
    return named(scene.words, list(found.values()))


async def _view(scene: Scene, way: Way, reader: int) -> WayView:
    actors = [each.actor_id for each in way.done.values() if each.actor_id is not None]
    found = await scene.people([way.member_id, *actors])
    reachable = {step.step for step in way.course.reachable(way.done)} if way.completed_at is None else set()
    steps = []
    for step in way.course.steps:
        done = way.done.get(step.step)
        by = found[done.actor_id] if done and done.actor_id is not None else None
        is_next = step.step in reachable
        steps.append(StepView(step.step, step.description, done.at if done else None, is_next, by))
    view = _plain(scene, way.badge, found[way.member_id], is_own=way.member_id == reader)
    return replace(view, round=way.round, steps=tuple(steps), completed_at=way.completed_at)


def _plain(scene: Scene, badge: Badge, member: Person, *, is_own: bool) -> WayView:
    """A journey of which nothing is done."""
    definition = definition_of(badge)
    course = course_of(definition)
    reachable = {step.step for step in course.reachable(())}
    return WayView(
        badge_id=badge.id,
        journey=badge.name,
        emoji=definition.emoji,
        description=definition.description,
        points=badge.points,
        member=member,
        is_own=is_own,
        round=1,
        is_ordered=course.is_ordered,
        steps=tuple(StepView(step.step, step.description, None, step.step in reachable) for step in course.steps),
        completed_at=None,
        zone=scene.home.time_zone,
    )


def _offer(badge: Badge) -> OfferView:
    definition = definition_of(badge)
    return OfferView(badge.id, badge.name, definition.emoji, badge.points, len(definition.steps))
