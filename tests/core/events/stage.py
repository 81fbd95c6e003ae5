"""Messages of other systems, as tests send them."""

import json
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Sessions
from core.events import service
from core.events.service import Arrived
from core.people.models import Workspace


def message(
    key: str = "sale", *, called: str = "", producer: str = "shop", way: str = "amqp", body: Any = None, **fields: Any
) -> Arrived:
    """A message of the shop's; `body` in place of the fields is sent as it is."""
    content = json.dumps(fields).encode() if body is None else body
    return service.arrived(way=way, producer=producer, routing_key=key, message_id=called, body=content)


async def deeds(session: AsyncSession, workspace: Workspace) -> list[tuple[int, str, float]]:
    """(member, type, quantity) of what is recorded."""
    rows = await session.execute(
        text("SELECT member_id, type, quantity FROM activity WHERE workspace_id = :w ORDER BY id"), {"w": workspace.id}
    )
    return [(row.member_id, row.type, float(row.quantity)) for row in rows]


async def parked(sessions: Sessions) -> list[service.Waiting]:
    async with sessions.begin(role="ops") as (session, _):
        return list(await service.list_waiting(session, limit=100))


def codes(waiting: service.Waiting) -> list[str]:
    """The code of a reason, or of each fault of it as `path code`."""
    faults = waiting.details.get("faults")
    return [waiting.code] if faults is None else [f"{each['path']} {each['code']}" for each in faults]
