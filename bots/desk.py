"""Where adapters hand deliveries to."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from bots.chat import Answer, Incoming, PlatformName


class Window(NamedTuple):
    """Seconds to answer a request of Slack's in, and to show a view in after it; Slack gives up after three."""

    answer: float = 2.0
    show: float = 0.8


SLACK_WINDOW = Window()


class Desk(Protocol):
    """What adapters hand deliveries to. Each returns only after the database has committed."""

    async def store(
        self, platform: PlatformName, tenant: str, delivery_id: str, conversation: str, body: Mapping[str, Any]
    ) -> None:
        """Keep a delivery (`body` is strict JSON, read later by `Platform.parse`) to be worked on after the 2xx, in order per
        conversation; a repeat is silently the same delivery."""
        ...

    async def answer(self, incoming: Incoming, *, body: Mapping[str, Any], window: float) -> Answer | None:
        """Work on a delivery now. None: nothing to say in the HTTP body (`Incoming.carries` denies it, or it could not be done
        within `window` seconds, was stored as `body`, and will be answered later)."""
        ...

    async def owe(self, incoming: Incoming, answer: Answer) -> None:
        """An answer that could not be shown after all is sent as a message."""
        ...
