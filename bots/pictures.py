"""What the pictures on the web are drawn from."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from cards.picture import BadgePicture
from cards.podium import Podium, Stand
from core.badges import queries
from core.database import Sessions
from core.digests import queries as digests
from core.people import queries as people


def finder(sessions: Sessions) -> Callable[[UUID], Awaitable[BadgePicture | None]]:
    async def find(public_id: UUID) -> BadgePicture | None:
        async with sessions.begin(role="ops") as (session, _):
            look = await queries.look(session, public_id)
        return BadgePicture(*look) if look else None

    return find


def podium_finder(sessions: Sessions) -> Callable[[UUID], Awaitable[Podium | None]]:
    async def find(public_id: UUID) -> Podium | None:
        async with sessions.begin(role="ops") as (session, _):
            spell = await digests.told(session, public_id)
            if spell is None:
                return None
            placed = await digests.podium(session, spell)
            found = await people.people(session, [each.member_id for each in placed], workspace_id=spell.workspace_id)
        return Podium(tuple(Stand(each.rank, found[each.member_id].name, each.kudos) for each in placed))

    return find
