"""Answers that need no rows of their own: help, refusals, a greeting, the end of a press."""

from bots.views.scene import Scene
from cards import help as cards
from cards import refusals
from cards.model import Card


async def overview(scene: Scene) -> Card:
    return cards.overview(scene.words)


async def verb(scene: Scene) -> Card:
    return cards.verb(scene.words, scene.reference["verb"])


async def unknown_verb(scene: Scene) -> Card:
    return cards.unknown_verb(scene.words, "", scene.reference["nearest"] or None)


async def welcome(scene: Scene) -> Card:
    return cards.welcome(scene.words, scene.reference["is_personal"], scene.reference["is_connected"])


async def refusal(scene: Scene) -> Card:
    """`reference` holds the code and the details of a Refusal; a `member_id` among them becomes a name."""
    details = dict(scene.reference["details"])
    if member_id := details.pop("member_id", None):
        details["name"] = (await scene.people([member_id]))[member_id].name
    return refusals.refusal(scene.words, scene.reference["code"], details)


async def broken(scene: Scene) -> Card:
    """Our fault: one card for every bug, with the reference under which the log has it."""
    return refusals.refusal(scene.words, "broken", {"reference": scene.reference["reference"]})


async def pressed(_: Scene) -> Card:
    """Nothing to say, but the platform waits for an answer to the press."""
    return Card("")
