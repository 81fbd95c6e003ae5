"""What else looks at what happens to members: features above the rules, which register themselves when they are imported."""

from collections.abc import Awaitable, Collection, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from core.people.models import Workspace


class Listener(Protocol):
    """Told that something of these types happened to members, before the rules lock anything of theirs."""

    def __call__(
        self,
        session: AsyncSession,
        *,
        workspace: Workspace,
        members: Sequence[int],
        types: Collection[str],
        now: datetime,
    ) -> Awaitable[None]: ...


Listening = TypeVar("Listening", bound=Listener)
listeners: list[Listener] = []


def listener(listening: Listening) -> Listening:
    """Register a listener; it is called in the transaction of whoever touches the members."""
    listeners.append(listening)
    return listening
