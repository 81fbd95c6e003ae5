"""Modals: shown to whoever has just done something, and what the submission of one is answered."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from bots.chat import Answer, Incoming
from bots.sending import SendError
from bots.slack.api import Api
from bots.slack.metadata import LENGTH_MAX, Metadata
from bots.slack.payloads import Submission
from cards.render.text import clipped

ERROR_MAX: Final = 150

CLEAR: Final = {"response_action": "clear"}

# A trigger opens one view: this act of theirs has opened it already, and came here a second time.
_SHOWN_BEFORE: Final = "exchanged_trigger_id"


def is_view(answer: Answer) -> bool:
    return "view" in answer.rendered.payload


async def show(api: Api, answer: Answer, incoming: Incoming, body: Mapping[str, Any], *, seconds: float) -> None:
    """In the modal where it was asked for, else in a new one. Raises a SendError, or TimeoutError after `seconds`."""
    view = _carrying(answer.rendered.payload["view"], incoming)
    asked_in = body.get("view") or {}
    async with asyncio.timeout(seconds):
        if asked_in.get("type") == "modal":
            await api.call("views.update", {"view_id": asked_in["id"], "view": view}, repeatable=True)
            return
        try:
            await api.call("views.open", {"trigger_id": body["trigger_id"], "view": view})
        except SendError as error:
            if not error.reason.endswith(_SHOWN_BEFORE):
                raise


def submitted(answer: Answer | None, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A refusal stands under the input it is about, else under the first one; anything else closes the modal."""
    blocks = Submission.model_validate(body).view.blocks
    inputs = [str(block.get("block_id", "")) for block in blocks if block.get("type") == "input"]
    if answer is None or not inputs:
        return CLEAR
    wrong = answer.wrong_input if answer.wrong_input in inputs else inputs[0]
    return {"response_action": "errors", "errors": {wrong: clipped(answer.summary, ERROR_MAX)}}


def _carrying(view: Mapping[str, Any], incoming: Incoming) -> dict[str, Any]:
    """The view with the way back to where it was asked for."""
    place, token = incoming.place, str(view.get("private_metadata", ""))
    carried = Metadata(token, place.remote_id, place.thread, incoming.response_url).written()
    if len(carried) > LENGTH_MAX:
        carried = Metadata(token, place.remote_id, place.thread).written()
    return {**view, "private_metadata": carried}
