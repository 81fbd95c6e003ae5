"""Answers that need no rows of their own: help, refusals, a greeting, the end of a press."""

from collections.abc import Mapping
from typing import Any

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
    given = scene.reference
    return cards.welcome(
        scene.words, given["is_personal"], given["is_connected"], is_closed=given.get("is_closed", False)
    )


async def refusal(scene: Scene) -> Card:
    return refusals.refusal(scene.words, scene.reference["code"], await detailed(scene, scene.reference))


async def detailed(scene: Scene, told: Mapping[str, Any]) -> Mapping[str, Any]:
    """The details of a Refusal that was `told`; a `member_id` among them becomes a name."""
    details = dict(told["details"])
    if member_id := details.pop("member_id", None):
        details["name"] = (await scene.people([member_id]))[member_id].name
    return details


async def broken(scene: Scene) -> Card:
    """Our fault: one card for every bug, with the reference under which the log has it."""
    return refusals.refusal(scene.words, "broken", {"reference": scene.reference["reference"]})


async def pressed(_: Scene) -> Card:
    """Nothing to say, but the platform waits for an answer to the press."""
    return Card("")
