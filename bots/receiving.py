"""What becomes of an event that a hook brought, told to its sender."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from bots.consumer import Consumer, NoHome, Outcome
from bots.event_words import sentences
from bots.hooks import SETTING, Hook
from core.errors import Refusal
from core.events import service
from core.events.service import EventReused, EventsOff

log = structlog.get_logger()

STATUS = {EventsOff.code: 503, EventReused.code: 409}
"""Anything else that is refused is 422: sent again as it is, it would be refused again."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Takes what a hook brought and says what became of it, as an HTTP status and JSON."""

    consumer: Consumer
    hooks: Mapping[str, Hook]

    async def receive(self, name: str, key: str, body: bytes) -> tuple[int, Mapping[str, Any]]:
        message = service.arrived(way="hook", producer=name, routing_key="", message_id=key, body=body)
        try:
            workspace_id = await self.consumer.home(self.hooks[name].workspace)
            if workspace_id is None:
                return _refused(503, EventsOff())
            return _told(await self.consumer.take(message, workspace_id=workspace_id, parks=False))
        except NoHome:
            log.error("hook_without_workspace", kind=message.source)  # noqa: TRY400 - the setting is wrong, not the code
            return 503, _error(
                "hook_without_workspace", f"The hook names no workspace, or more than one; correct {SETTING}."
            )
        except Exception:
            # Not even the failure could be noted: whoever sent it still has it.
            log.exception("event_lost_its_turn")
            return 503, _error("unavailable", "The event could not be kept; send it again.")


def _told(outcome: Outcome) -> tuple[int, Mapping[str, Any]]:
    if outcome.state == "failed":
        return 202, {"status": "kept", "reference": outcome.reference}
    if outcome.refusal is not None:
        return _refused(STATUS.get(outcome.refusal.code, 422), outcome.refusal)
    taken = outcome.taken
    return 200, {"status": outcome.state, "recorded": taken.recorded, "awarded": taken.awarded}


def _refused(status: int, refusal: Refusal) -> tuple[int, Mapping[str, Any]]:
    return status, _error(refusal.code, *sentences(refusal.code, refusal.details), faults=refusal.details.get("faults"))


def _error(code: str, *messages: str, faults: Any = None) -> Mapping[str, Any]:
    error: dict[str, Any] = {"code": code, "message": "; ".join(messages)}
    if faults is not None:
        error["faults"] = [{**fault, "message": message} for fault, message in zip(faults, messages, strict=True)]
    return {"error": error}
