"""What `plaudit events` does: show what could not be taken with its reason, and take it again once that is mended."""

from collections.abc import AsyncIterator, Sequence

from bots import functions
from bots.cli.edge import FOUND, GOOD, CalledWrongly
from bots.cli.screen import progress, say, show
from bots.consumer import Consumer, Outcome
from bots.event_words import sentences
from bots.settings import Settings
from core.database import Sessions
from core.events import service
from core.events.models import PARKED
from core.events.service import Waiting

LISTED_MAX = 100
STATES = {"parked": "given up", "retry": "tried again"}


async def list_events(_: Settings, sessions: Sessions) -> int:
    async with sessions.begin(role="ops") as (session, _now):
        waiting = await service.list_waiting(session, limit=LISTED_MAX)
        counted = await service.backlog(session)
    if not waiting:
        say("No event is parked.")
        return GOOD
    show(("Id", "Workspace", "From", "Key", "Received (UTC)", "Attempts", "State", "Why"), list(map(_row, waiting)))
    total = sum(counted.values())
    shown = f"; the first {len(waiting)} are shown" if total > len(waiting) else ""
    say(
        f"{counted.get(PARKED, 0)} given up, {total - counted.get(PARKED, 0)} tried again{shown}."
        " Mend the cause, then: plaudit events replay IDS, or --all"
    )
    return FOUND if counted.get(PARKED) else GOOD


def _row(waiting: Waiting) -> Sequence[str]:
    return (
        str(waiting.id),
        str(waiting.workspace_id),
        waiting.arrived.source,
        waiting.arrived.routing_key,
        f"{waiting.received_at:%Y-%m-%d %H:%M}",
        str(waiting.attempts),
        STATES[waiting.state],
        "\n".join(sentences(waiting.code, waiting.details)),
    )


async def replay(configured: Settings, sessions: Sessions, ids: Sequence[int], *, is_all: bool) -> int:
    """Raises CalledWrongly for ids that wait for nothing; the others are taken all the same."""
    if bool(ids) == is_all:
        raise CalledWrongly("which events? Name the ids that `plaudit events list` shows, or say --all")
    functions.load(configured.functions)
    consumer = Consumer(sessions)
    found: list[int] = []
    refused = 0
    with progress("Taking events", len(ids) or await _count(sessions)) as bar:
        async for waiting in _each(sessions, None if is_all else ids):
            outcome = await consumer.again(waiting)
            found.append(waiting.id)
            refused += outcome.state not in {"taken", "repeated", "gone"}
            say(f"{waiting.id} {waiting.arrived.routing_key}: {_told(outcome)}")
            bar.advance()
    if missing := sorted(set(ids) - set(found)):
        names = ", ".join(map(str, missing))
        raise CalledWrongly(f"no event waits as {names} ({len(found)} others were tried); see `plaudit events list`")
    say(f"{len(found) - refused} taken, {refused} still parked." if found else "No event is parked.")
    return FOUND if refused else GOOD


async def _count(sessions: Sessions) -> int:
    async with sessions.begin(role="ops") as (session, _):
        return sum((await service.backlog(session)).values())


async def _each(sessions: Sessions, ids: Sequence[int] | None) -> AsyncIterator[Waiting]:
    """Page by page: what is refused again stays where it was."""
    after = 0
    while True:
        async with sessions.begin(role="ops") as (session, _):
            page = await service.list_waiting(session, ids=ids, after=after, limit=LISTED_MAX)
        for waiting in page:
            yield waiting
        if not page:
            return
        after = page[-1].id


def _told(outcome: Outcome) -> str:
    if outcome.state == "taken":
        return f"recorded for {outcome.taken.recorded} members, {outcome.taken.awarded} awards"
    if outcome.state == "repeated":
        return "its effect had happened before"
    if outcome.state == "gone":
        return "taken by another process meanwhile"
    if outcome.refusal is not None:
        return "; ".join(sentences(outcome.refusal.code, outcome.refusal.details))
    return f"failed again; the log says more under {outcome.reference}"
