"""`plaudit outbox` and `plaudit inbox`: what was given up, and bringing it back once its cause is mended."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bots.cli.edge import FOUND, GOOD, CalledWrongly
from bots.cli.screen import say, show
from bots.settings import Settings
from core import inbox, outbox
from core.database import Sessions
from core.inbox import Delivery, Key

LISTED_MAX = 100


async def list_outbox(_: Settings, sessions: Sessions) -> int:
    async with sessions.begin(role="ops") as (session, _now):
        messages = await outbox.parked(session, limit=LISTED_MAX)
        count = (await outbox.backlog(session)).get("parked", 0)
    rows = [
        (str(each.id), str(each.workspace_id), each.kind, each.scope, str(each.attempts), each.error)
        for each in messages
    ]
    return _listed(("Id", "Workspace", "Kind", "Conversation", "Attempts", "Why"), rows, count, "outbox")


async def list_inbox(_: Settings, sessions: Sessions) -> int:
    async with sessions.begin(role="ops") as (session, _now):
        deliveries = await _parked(session)
        count = (await inbox.backlog(session)).get("parked", 0)
    rows = [
        (str(each.seq), each.platform, each.conversation, f"{each.received_at:%Y-%m-%d %H:%M}", each.error)
        for each in deliveries
    ]
    return _listed(("Id", "Platform", "Conversation", "Received (UTC)", "Why"), rows, count, "inbox")


def _listed(columns: Sequence[str], rows: Sequence[Sequence[str]], count: int, queue: str) -> int:
    if not rows:
        say(f"Nothing is parked in the {queue}.")
        return GOOD
    show(columns, rows)
    shown = f"; the first {len(rows)} are shown" if count > len(rows) else ""
    say(f"{count} parked{shown}. Mend the cause, then: plaudit {queue} replay [IDS]")
    return FOUND


async def replay_outbox(sessions: Sessions, ids: Sequence[int]) -> int:
    async with sessions.begin(role="ops") as (session, _):
        replayed = await outbox.replay(session, ids)
    return _replayed(ids, replayed, "outbox")


async def replay_inbox(sessions: Sessions, ids: Sequence[int]) -> int:
    replayed: list[int] = []
    after = 0
    while True:
        async with sessions.begin(role="ops") as (session, _):
            found = await _parked(session, ids, after=after)
            for each in found:
                await inbox.replay(session, Key(each.platform, each.tenant, each.remote_id))
        if not found:
            return _replayed(ids, replayed, "inbox")
        replayed += [each.seq for each in found]
        after = replayed[-1]


def _replayed(ids: Sequence[int], replayed: Sequence[int], queue: str) -> int:
    if missing := sorted(set(ids) - set(replayed)):
        names = ", ".join(map(str, missing))
        raise CalledWrongly(
            f"not parked in the {queue}: {names} ({len(replayed)} others were replayed); see `plaudit {queue} list`"
        )
    say(
        f"{len(replayed)} will be tried again by the running Plaudit."
        if replayed
        else f"Nothing is parked in the {queue}."
    )
    return GOOD


async def _parked(session: AsyncSession, ids: Sequence[int] = (), *, after: int = 0) -> Sequence[Delivery]:
    """Parked deliveries, oldest first, those with the given numbers if there are any."""
    parked = select(Delivery).where(Delivery.state == "parked", Delivery.seq > after).order_by(Delivery.seq)
    wanted = parked.where(Delivery.seq.in_(ids)) if ids else parked
    return (await session.scalars(wanted.limit(LISTED_MAX))).all()
