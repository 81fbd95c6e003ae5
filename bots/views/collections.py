"""Messages about collections of badges."""

from bots.views.scene import Scene
from cards import collections as cards
from cards.collections import CollectionView, HeldView
from cards.model import Card
from cards.people import Person
from core.badges import collecting, showcase
from core.people import queries as people

PER_PAGE = 6


async def collection(scene: Scene) -> Card:
    """A page of what a member holds; a page that is no more is the last there is."""
    workspace_id, asked = scene.home.id, scene.reference["member"]
    person = await _person(scene, asked)
    total = await collecting.count(scene.session, workspace_id=workspace_id, member_id=person.member_id)
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(1, scene.reference["page"]), pages)
    held = await collecting.collection(
        scene.session,
        workspace_id=workspace_id,
        member_id=person.member_id,
        reader_id=scene.reference["seer"],
        limit=PER_PAGE,
        offset=PER_PAGE * (page - 1),
    )
    is_self = person.member_id == scene.reference["seer"] == scene.reference["reader"]
    view = CollectionView(
        person=person,
        is_self=is_self,
        held=tuple(_held(each) for each in held),
        total=total,
        page=page,
        pages=pages,
        zone=scene.home.time_zone,
        showcase_max=showcase.PLACES,
    )
    return cards.page(scene.words, view)


async def _person(scene: Scene, member_id: int) -> Person:
    """Who lives on for a merged member; who left is a former member here, as everywhere where history is shown."""
    found = (await people.people(scene.session, [member_id], workspace_id=scene.home.id)).get(member_id)
    if found is None or found.has_left or not found.name:
        return Person(found.member_id if found else member_id, scene.words("people.former"))
    return Person(found.member_id, found.name)


def _held(held: collecting.Held) -> HeldView:
    return HeldView(
        badge_id=held.badge_id,
        name=held.name,
        emoji=held.emoji,
        rarity=held.rarity,
        times=held.times,
        first_at=held.first_at,
        last_at=held.last_at,
        holders=held.holders,
        members=held.members,
        is_showcased=held.is_showcased,
        is_hidden=held.is_hidden,
    )
