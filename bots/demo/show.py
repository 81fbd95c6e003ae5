"""`plaudit demo` from beginning to end."""

import asyncio
import logging
import math
import signal
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import structlog
from sqlalchemy import text

from bots import logs
from bots.cli import verification
from bots.demo import prompt
from bots.demo.by_itself import BY_ITSELF
from bots.demo.company import COMPANY, Company, found
from bots.demo.database import fresh_copy, local_today, own_server
from bots.demo.screen import PLATFORMS, Screen
from bots.demo.stage import DemoSettings, Stage, Unsettled, set_up
from bots.demo.story import STEPS, Story, Unexpected
from core.database import Sessions
from core.embedded import Server

GOOD, BAD = 0, 1
INTERRUPTED = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM)
FOREVER = math.inf

_COUNTS = text(
    "SELECT (SELECT count(*) FROM member WHERE status <> 'left') AS members, (SELECT count(*) FROM kudos) AS kudos,"
    " (SELECT count(*) FROM transfer) AS transfers, (SELECT count(*) FROM inbox) AS deliveries,"
    " (SELECT count(*) FROM outbox WHERE state = 'sent') AS messages,"
    " (SELECT count(*) FROM inbox WHERE state = 'parked') + (SELECT count(*) FROM outbox WHERE state = 'parked') AS parked"
)


def run(*, once: bool, port: int | None = None, root: Path | None = None) -> int:
    """Tell the story; unless `once`, stay up afterwards. Returns the exit code: 0 if all went well and the books hold.

    `port` is the bot's (None: a free one), `root` the folder of the demo's database (None: in the project). Raises
    EmbeddedError, OSError. To be called from the main thread.
    """
    _only_warnings()
    screen = Screen()
    with ExitStack() as stack:
        with screen.waiting("Starting PostgreSQL"):
            server = stack.enter_context(own_server(root))
        return asyncio.run(_interruptible(server, screen, once=once, port=port or 0))


def _only_warnings() -> None:
    """The story is what is to be read here; the log speaks up when something is wrong."""
    logs.configure(is_production=False)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


async def _interruptible(server: Server, screen: Screen, *, once: bool, port: int) -> int:
    """Ctrl-C and SIGTERM end the demo in order: answers out, database stopped."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    for number in SIGNALS:
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        return await _show(server, screen, once=once, port=port)
    return INTERRUPTED


async def _show(server: Server, screen: Screen, *, once: bool, port: int) -> int:
    begun, today = time.monotonic(), local_today()
    company = found(today)
    screen.title(
        f"Plaudit at {COMPANY}, a company of {len(company.colleagues)} that does not exist",
        "Three chat platforms are simulated on this machine; the bot, its database and every delivery between them are real."
        " The database is the demo's own: one that is configured stays untouched.",
    )
    async with fresh_copy(server, company, today) as sessions, set_up(company, sessions, port=port) as stage:
        story = Story(stage, screen)
        try:
            await story.tell((*STEPS, *BY_ITSELF))
        except (TimeoutError, Unexpected, Unsettled) as failure:
            screen.line(f"\nThe story broke off: {failure}")
            return BAD
        result = await _sum_up(stage, company, screen, begun)
        if not once:
            await _stay(story)
        return result


async def _sum_up(stage: Stage, company: Company, screen: Screen, begun: float) -> int:
    async with stage.sessions.begin(role="ops") as (session, _):
        counts = (await session.execute(_COUNTS)).one()
    platforms = sum(len(simulator.calls) for simulator in stage.simulators)
    screen.facts(
        "In the end",
        [
            ("members", f"{counts.members} (and {len(company.colleagues) - counts.members} who left)"),
            ("kudos", f"{counts.kudos:,} in three months"),
            ("transfers", f"{counts.transfers:,} of points, none ever changed"),
            ("deliveries", f"{counts.deliveries} from the platforms, answered by {platforms} calls of their APIs"),
            ("messages", f"{counts.messages} sent, {counts.parked} given up"),
            ("time", f"{time.monotonic() - begun:.1f} s"),
        ],
    )
    screen.line()
    screen.line("plaudit verify, on what the story and its history left behind:")
    return await _verified(stage.sessions) or (BAD if counts.parked else GOOD)


async def _verified(sessions: Sessions) -> int:
    return await verification.verify(DemoSettings(), sessions)


async def _stay(story: Story) -> None:
    stage, screen = story.stage, story.screen
    platforms = zip(PLATFORMS.values(), stage.simulators, strict=True)
    screen.facts(
        "It stays up until Ctrl-C",
        [
            ("health", f"{stage.url}/healthz   {stage.url}/readyz"),
            ("metrics", f"{stage.url}/metrics"),
            *((name, f"delivers to {simulator.courier.url}") for name, simulator in platforms),
        ],
    )
    screen.line()
    staying = asyncio.create_task(prompt.converse(story) if sys.stdin.isatty() else asyncio.sleep(FOREVER))
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, staying.cancel)
    with suppress(asyncio.CancelledError):
        await staying
