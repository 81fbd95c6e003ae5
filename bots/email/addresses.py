"""Where a member's letters go."""

from collections.abc import Awaitable, Callable

from core.database import Sessions
from core.people import queries


def finder(sessions: Sessions) -> Callable[[int, int], Awaitable[str]]:
    async def find(workspace_id: int, member_id: int) -> str:
        async with sessions.begin(workspace_id) as (session, _):
            return await queries.email_of(session, member_id, workspace_id=workspace_id)

    return find
