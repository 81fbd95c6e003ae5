"""The adapters' side of the database, in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bots.chat import Answer, Incoming, PlatformName

Key = tuple[str, str, str]


class Down(Exception):
    """The database is away."""


@dataclass
class MemoryDesk:
    """`stored` keeps each delivery once, `calls` every attempt; while `is_down` nothing is kept."""

    stored: dict[Key, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    calls: list[Key] = field(default_factory=list)
    is_down: bool = False

    async def store(
        self, platform: PlatformName, tenant: str, delivery_id: str, conversation: str, body: Mapping[str, Any]
    ) -> None:
        key = (platform, tenant, delivery_id)
        self.calls.append(key)
        if self.is_down:
            raise Down
        self.stored.setdefault(key, (conversation, body))

    async def answer(self, incoming: Incoming, *, body: Mapping[str, Any], window: float) -> Answer | None:
        raise AssertionError("Telegram's updates are stored first")

    async def owe(self, incoming: Incoming, answer: Answer) -> None:
        raise AssertionError("Telegram shows nothing that could fail to be shown")
