"""What the pictures on the web are drawn from."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from cards.picture import BadgePicture
from core.badges import queries
from core.database import Sessions


def finder(sessions: Sessions) -> Callable[[UUID], Awaitable[BadgePicture | None]]:
    async def find(public_id: UUID) -> BadgePicture | None:
        async with sessions.begin(role="ops") as (session, _):
            look = await queries.look(session, public_id)
        return BadgePicture(*look) if look else None

    return find
