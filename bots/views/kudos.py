"""Messages about kudos."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from bots.views.scene import Scene
from cards import kudos as cards
from cards.kudos import AllowanceView, KudosView, TagView
from cards.model import Card
from cards.words import Words
from core.kudos import queries
from core.kudos.queries import Story
from core.points.queries import allowance_left
from core.points.service import allowance_period


async def card(scene: Scene) -> Card | None:
    """The public card."""
    return await _standing(scene, lambda words, view: cards.given(words, view, _undo_left(scene, view)))


async def plain(scene: Scene) -> Card | None:
    """The public card without views: where its giver posts it, or for a reader who has no view of their own."""
    return await _standing(scene, cards.given)


async def own(scene: Scene) -> Card | None:
    """The public card as its giver sees it."""
    return await _standing(scene, lambda words, view: cards.own(words, view, _undo_left(scene, view)))


async def notice(scene: Scene) -> Card | None:
    """The direct message to one receiver."""
    return await _standing(scene, cards.received)


async def _standing(scene: Scene, build: Callable[[Words, KudosView], Card]) -> Card | None:
    """What is told of a kudos as long as it stands; once it is taken back only a message that is there already is changed."""
    view, story = await _one(scene)
    if view is None or story is None:
        return None
    if story.undone_at is None:
        return build(scene.words, view)
    return cards.undone(scene.words, view) if scene.is_posted else None


async def receipt(scene: Scene) -> Card | None:
    view, story = await _one(scene)
    if view is None or story is None or story.undone_at is not None:
        return None
    until = scene.now + _undo_left(scene, view)
    return cards.receipt(scene.words, view, await allowance(scene, story.giver_id), until, now=scene.now)


def _undo_left(scene: Scene, view: KudosView) -> timedelta:
    return view.given_at + timedelta(minutes=scene.home.undo_minutes) - scene.now


async def taken_back(scene: Scene) -> Card | None:
    view, story = await _one(scene)
    if view is None or story is None:
        return None
    return cards.taken_back(scene.words, view, await allowance(scene, story.giver_id))


async def seconded(scene: Scene) -> Card | None:
    view, _ = await _one(scene)
    return cards.seconded(scene.words, view) if view else None


async def mine(scene: Scene) -> Card:
    reader = scene.reference["reader"]
    received = await queries.received(scene.session, reader, workspace_id=scene.home.id)
    given = await queries.given(scene.session, reader, workspace_id=scene.home.id)
    counts = await queries.counts(scene.session, reader, workspace_id=scene.home.id)
    views = await views_of(scene, [*received, *given])
    return cards.mine(scene.words, views[: len(received)], views[len(received) :], *counts, zone=scene.home.time_zone)


async def allowance(scene: Scene, member_id: int) -> AllowanceView | None:
    """What a member may still give in this period; None where the workspace grants nothing."""
    if not scene.home.allowance_points:
        return None
    period = allowance_period(scene.home, scene.now)
    left = await allowance_left(scene.session, workspace_id=scene.home.id, member_id=member_id, period=period.key)
    total = scene.home.allowance_points
    return AllowanceView(total if left is None else left, total, period.ends_at, scene.home.time_zone)


async def _one(scene: Scene) -> tuple[KudosView | None, Story | None]:
    story = await queries.story(scene.session, scene.reference["kudos"], workspace_id=scene.home.id)
    return ((await views_of(scene, [story]))[0], story) if story else (None, None)


async def views_of(scene: Scene, stories: Sequence[Story]) -> tuple[KudosView, ...]:
    """The stories with names, in their order."""
    people = await scene.people([member for story in stories for member in (story.giver_id, *story.receiver_ids)])
    return tuple(
        KudosView(
            kudos_id=story.kudos_id,
            giver=people[story.giver_id],
            receivers=tuple(people[member_id] for member_id in story.receiver_ids),
            message=story.message,
            tags=tuple(TagView(name, emoji) for name, emoji in story.tags),
            points_each=story.points_each,
            seconds=story.seconds,
            given_at=story.given_at,
            is_private=story.is_private,
        )
        for story in stories
    )
