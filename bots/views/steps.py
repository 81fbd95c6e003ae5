"""The messages that stand for a form where no inputs are shown."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from bots.views.scene import Scene
from cards import steps as cards
from cards.model import Card, Choice, Picker, TextInput
from cards.steps import Progress
from core import drafts
from core.drafts import Draft

View = Callable[[Scene], Awaitable[Card | None]]


async def form(scene: Scene, views: Mapping[str, View]) -> Card | None:
    """`views` builds the form itself. None when it is no longer open."""
    given = scene.reference
    draft = await drafts.hold(scene.session, workspace_id=scene.home.id, conversation=given["conversation"])
    if draft is None or draft.member_id != given["reader"]:
        return None
    whole = {
        **draft.reference,
        "reader": draft.member_id,
        "nonce": draft.nonce,
        "values": draft.filled,
        "people": [remote_id for remote_id, _ in draft.people],
    }
    card = await views[draft.kind](replace(scene, reference=whole))
    if card is None:
        return None
    _show(draft, card)
    progress = Progress(
        nonce=draft.nonce,
        reader=draft.member_id,
        values=draft.filled,
        people=tuple(name for _, name in draft.people),
        asked=given.get("asked", ""),
        page=given.get("page", 0),
    )
    return cards.form(scene.words, card, progress)


async def picker(scene: Scene) -> Card:
    return cards.picker(scene.words, scene.reference["request"])


def _show(draft: Draft, card: Card) -> None:
    """What the form begins with is what will be sent, unless the member changes it."""
    begun = {each.name: each.value for each in card.inputs() if isinstance(each, TextInput | Choice) and each.value}
    if begun.keys() - draft.filled.keys():
        draft.filled = {**begun, **draft.filled}


async def chosen(scene: Scene) -> Card:
    """What takes the picker away: those chosen; or that the form was given up."""
    given = scene.reference["conversation"]
    draft = await drafts.get(scene.session, workspace_id=scene.home.id, conversation=given)
    if draft is None:
        return replace(cards.cancelled(scene.words), picker=Picker())
    return cards.chosen(scene.words, tuple(name for _, name in draft.people))


async def closed(scene: Scene) -> Card:
    return cards.closed(scene.words)


async def cancelled(scene: Scene) -> Card:
    return cards.cancelled(scene.words)
