"""`plaudit run`."""

import asyncio
from contextlib import suppress

from bots import logs, settings
from bots.app import serve


def run() -> None:
    """Serve until SIGINT or SIGTERM. Raises Misconfigured before anything is started."""
    configured = settings.load()
    logs.configure(is_production=configured.mode == "production")
    factory = None
    with suppress(ImportError):  # not on Windows
        from uvloop import new_event_loop

        factory = new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serve(configured))
