"""Forms as they are now: the suggestions, places and limits of this moment."""

from bots.views.answers import detailed
from bots.views.kudos import allowance
from bots.views.scene import Scene
from cards import forms as cards
from cards.forms import KudosForm, Opening
from cards.kudos import TagView
from cards.model import Card, Line
from cards.refusals import sentence
from core.kudos import queries
from core.people import queries as people

TAGS_MAX = 12
PLACES_MAX = 20


async def kudos(scene: Scene) -> Card:
    reader, place = scene.reference["reader"], scene.reference["place"]
    workspace_id = scene.home.id
    places = await queries.places(
        scene.session,
        reader,
        workspace_id=workspace_id,
        asked_in=place or None,
        visited=scene.reference.get("visited", 0),
        limit=PLACES_MAX,
    )
    tags = await queries.tags_in_use(scene.session, workspace_id=workspace_id, now=scene.now, limit=TAGS_MAX)
    return cards.kudos(
        scene.words,
        KudosForm(
            opening=await opening(scene),
            places=tuple((found.conversation_id, found.name or scene.words("forms.kudos.here")) for found in places),
            tags=tuple(TagView(tag.name, tag.emoji) for tag in tags),
            allowance=await allowance(scene, reader),
        ),
    )


async def opener(scene: Scene) -> Card:
    """Where a form was asked for by somebody who has no private chat with us: the button that opens it there."""
    reader = scene.reference["reader"]
    person = (await scene.people([reader]))[reader]
    return cards.opener(scene.words, scene.reference["form"], scene.reference["place"], person)


async def opening(scene: Scene) -> Opening:
    given = scene.reference
    return Opening(
        reader=given["reader"],
        nonce=given["nonce"],
        place=given["place"],
        values=given.get("values", {}),
        accounts=await _chosen(scene),
        wrong=await _wrong(scene),
    )


async def _chosen(scene: Scene) -> tuple[str, ...]:
    """Who is chosen already, by the ids that the platform's own picker uses."""
    chosen = scene.reference.get("people", ())
    known = await people.aliases(scene.session, chosen, workspace_id=scene.home.id) if chosen else {}
    return tuple(known.get(remote_id, remote_id) for remote_id in chosen)


async def _wrong(scene: Scene) -> Line:
    """What the refusal says, as one line."""
    if "refusal" not in scene.reference:
        return ()
    told = scene.reference["refusal"]
    return sentence(scene.words, told["code"], await detailed(scene, told))
