"""How fast a platform may be written to, and why a message did not arrive, as every adapter says it."""

from dataclasses import dataclass


class SendError(Exception):
    """Why a message did not arrive. `reason` is a short English phrase for the operator, without text or secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RetryAfter(SendError):
    """The platform said when to come back (seconds)."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Transient(SendError):
    """Nothing arrived; trying again later may help."""


class Ambiguous(SendError):
    """It may have arrived: the connection broke or timed out after the request was sent. At most one repeat."""


class Permanent(SendError):
    """It never will (blocked, chat gone, invalid). `gone` when the place itself is no longer ours."""

    def __init__(self, reason: str, *, gone: bool = False) -> None:
        super().__init__(reason)
        self.gone = gone


class ChatClosed(Permanent):
    """A private answer for somebody in a group who has no private chat with us, or closed it; the group itself is open."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """Limits the platform publishes. Per conversation: one message each `gap` seconds on average with bursts of `burst`;
    in all: `per_second` messages to each tenant over the process."""

    gap: float
    burst: int
    per_second: float
