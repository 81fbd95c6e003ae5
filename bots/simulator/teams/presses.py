"""A press on a card: what Teams sends for it, and what it makes of the answer."""

from dataclasses import dataclass
from typing import Any

from bots.simulator.courier import Delivery
from bots.simulator.reading.adaptive import actions, inputs
from bots.simulator.teams.checks import CARD_TYPE, ConnectorError, check_card
from bots.simulator.world import Json, UnknownName

CARD_ANSWER = CARD_TYPE
TEXT_ANSWER = "application/vnd.microsoft.activity.message"


@dataclass(frozen=True, slots=True)
class Invoked:
    """`status` is the HTTP status, `body` the parsed JSON answer or None. `faults` says why Teams would show an error."""

    status: int
    body: Any
    faults: tuple[str, ...]
    activity: Json
    delivery: Delivery


def find_action(activity: Json, title: str, kind: str = "Action.Execute") -> Json:
    """The action with that title. Raises UnknownName with the titles there are."""
    found = [
        action
        for attachment in activity.get("attachments") or []
        if attachment.get("contentType") == CARD_TYPE
        for action in actions(attachment["content"])
    ]
    for action in found:
        if action.get("title") == title and action["type"] == kind:
            return action
    raise UnknownName(
        f"no button {title!r} to press; there are: {', '.join(action.get('title', '') for action in found)}"
    )


def refresh_of(activity: Json) -> Json | None:
    """How the card of a message is made anew for some of its readers; None where it is the same for all."""
    for attachment in activity.get("attachments") or []:
        if attachment.get("contentType") == CARD_TYPE and attachment["content"].get("refresh"):
            refresh: Json = attachment["content"]["refresh"]
            return refresh
    return None


def filled_inputs(activity: Json, values: Json) -> Json:
    """What Teams adds to the action's data: the values of all inputs on the card, given or as they were."""
    filled: Json = {}
    names: set[str] = set()
    for attachment in activity.get("attachments") or []:
        for element in inputs(attachment.get("content")):
            names.add(element["id"])
            value = values.get(element["id"], element.get("value", ""))
            if element.get("isRequired") and not value:
                raise UnknownName(f"Teams does not send the card without a value for {element['id']!r}")
            if value:
                filled[element["id"]] = value
    if strange := set(values) - names:
        raise UnknownName(f"the card has no input called {', '.join(sorted(strange))}")
    return filled


def identity(action: Json) -> Json:
    """What of an action travels back besides its data."""
    return {key: action[key] for key in ("type", "id", "title", "verb") if key in action}


def invoke_faults(activity: Json, delivery: Delivery, body: Any) -> list[str]:
    """Why Teams would tell the person that something went wrong."""
    if delivery.status != 200:
        return [f"HTTP status {delivery.status} {delivery.error}".strip()]
    if activity["name"] != "adaptiveCard/action":
        return []
    if not isinstance(body, dict) or body.get("statusCode") != 200:
        return ["the answer is not an object with statusCode 200"]
    if body.get("type") == TEXT_ANSWER:
        return [] if isinstance(body.get("value"), str) else ["the value of a text answer must be text"]
    if body.get("type") != CARD_ANSWER:
        return [f"unknown answer type {body.get('type')!r}"]
    try:
        check_card(body.get("value"))
    except ConnectorError as error:
        return [error.message]
    return []
