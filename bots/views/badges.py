"""Messages about badges."""

from bots.views.scene import Scene
from cards import badges as cards
from cards.badges import AwardView
from cards.model import Card
from cards.people import Person, named
from cards.words import plain
from core.badges import queries
from core.badges.definition.template import render
from core.badges.queries import Story


async def card(scene: Scene) -> Card | None:
    """The public card of an act; once all of it is revoked only a card that stands already is changed."""
    story = await queries.story(scene.session, scene.reference["act"], workspace_id=scene.home.id)
    if story is None:
        return None
    holding = tuple(member_id for member_id in story.receiver_ids if member_id not in story.revoked_ids)
    view = await _view(scene, story, holding or story.receiver_ids)
    if holding:
        return cards.given(scene.words, view)
    return cards.revoked(scene.words, view) if scene.is_posted else None


async def notice(scene: Scene) -> Card | None:
    """The direct message to one receiver."""
    story = await queries.story(scene.session, scene.reference["act"], workspace_id=scene.home.id)
    if story is None:
        return None
    reader = scene.reference["reader"]
    view = await _view(scene, story, (reader,))
    if reader not in story.revoked_ids:
        return cards.received(scene.words, view)
    return cards.revoked(scene.words, view) if scene.is_posted else None


async def _view(scene: Scene, story: Story, receiver_ids: tuple[int, ...]) -> AwardView:
    givers = (story.giver_id,) if story.giver_id is not None else ()
    people = await scene.people([*receiver_ids, *givers])
    receivers = tuple(people[member_id] for member_id in receiver_ids)
    giver = people[story.giver_id] if story.giver_id is not None else None
    return AwardView(
        badge=story.name,
        emoji=story.definition.emoji,
        description=story.definition.description,
        rarity=story.definition.rarity,
        giver=giver,
        receivers=receivers,
        message=story.message,
        said=_said(scene, story, giver, receivers),
        points=story.points,
    )


def _said(scene: Scene, story: Story, giver: Person | None, receivers: tuple[Person, ...]) -> str:
    """The badge's own message, with names as they are now."""
    values: dict[str, dict[str, object]] = {
        "user": {"display_name": plain(named(scene.words, receivers))},
        "giver": {"display_name": giver.name} if giver else {},
        "badge": {"name": story.name, "reward": story.name, "points": story.points, "rarity": story.definition.rarity},
        "env": {"date": story.awarded_at.date().isoformat()},
    }
    return render(story.definition.message, values)
