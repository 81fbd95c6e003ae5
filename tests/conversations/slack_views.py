"""Slack's modals in conversations: opened as people do, and sent as no client would send them."""

import copy
from collections.abc import Mapping
from typing import Any

from bots.simulator import Delivery, Person, Raw
from bots.simulator.slack import View
from bots.simulator.slack.views import Value, filled_state
from tests.conversations.stage import Stage

CLEAR = {"response_action": "clear"}
WORDS = "for the demo"


async def opened(stage: Stage, name: str = "Ana") -> View:
    """The kudos form of a bare slash command in the connected channel."""
    delivery = await stage.slack.slash(stage[name], stage.slack_channel, "/kudos")
    assert (delivery.status, delivery.body) == (200, b"")
    return await stage.slack.wait_for_view(stage[name])


def filled(stage: Stage, *names: str, **values: str) -> dict[str, Value]:
    return {"people": [stage[name] for name in names], "message": WORDS, **values}


def submission(
    stage: Stage, view: View, values: Mapping[str, Value], *, by: Person | None = None, metadata: str | None = None
) -> Raw:
    """What Slack posts when the view is sent; `by` and `metadata` take the place of what is right."""
    shown = {**view.payload, "state": filled_state(view.payload, values)}
    if metadata is not None:
        shown["private_metadata"] = metadata
    return stage.slack.interactive(stage.slack.payloads.view_submission(by or view.person, shown))


async def send_state(stage: Stage, view: View, changed: Mapping[str, Mapping[str, Any]]) -> Delivery:
    """Send the view with elements of its state that the client itself would not have made, by the inputs' names."""
    state = copy.deepcopy(filled_state(view.payload, filled(stage, "Luis")))
    for name, element in changed.items():
        state["values"].setdefault(name, {})[name] = dict(element)
    payload = stage.slack.payloads.view_submission(view.person, {**view.payload, "state": state})
    return await stage.slack.courier.deliver(stage.slack.interactive(payload))


def receipts(stage: Stage, name: str) -> list[str]:
    """Everything that told the person in private that a kudos is on its way."""
    return [
        entry.text
        for entry in stage.transcript.entries
        if entry.platform == "slack" and stage[name].name in _readers(stage, entry.visible_to, entry.conversation)
        if "on its way" in entry.text
    ]


def _readers(stage: Stage, visible_to: tuple[str, ...], conversation: str) -> tuple[str, ...]:
    private = {f"{person.first_name} and {stage.world.bot.name}": person.name for person in stage.world.people}
    return visible_to or tuple(name for chat, name in private.items() if chat == conversation)
