"""The bot that is killed: a process that has imported everything once, and forks a new life for every line it reads.

A life is `bots.app` as `plaudit run` puts it together, configured by the environment. Two things differ: Entra's token service
is on loopback (`--authority`), and nothing is paced, so that a minute holds what otherwise takes an hour. Each life answers
the line with its process id. When standard input ends, the last life ends with it.
"""

import argparse
import asyncio
import gc
import importlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import aiohttp

from bots import app, logs, settings
from bots.chat import Account, Place, Platform, Profile, Sent, Target
from bots.sending import Pacing
from bots.settings import Settings
from bots.store import open_database
from cards.model import Card
from cards.render import Context, Rendered

CHANNELS = (
    "bots.teams.platform",
    "bots.slack.platform",
    "bots.slack.webhook",
    "bots.telegram.platform",
    "bots.telegram.inbound",
)
AT_ONCE = Pacing(gap=0, burst=1, per_second=1000)


class Unpaced:
    """A platform that takes as much as it is given."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.name = platform.name
        self.can_whisper = platform.can_whisper
        self.must_answer_presses = platform.must_answer_presses
        self.can_refresh = platform.can_refresh
        self.asks_by_place = platform.asks_by_place

    def parse(self, body: Mapping[str, Any]) -> Sequence[Any]:
        return self._platform.parse(body)

    async def profile(self, account: Account, place: Place) -> Profile | None:
        return await self._platform.profile(account, place)

    async def members(self, crowd: str, place: Place) -> Sequence[Account] | None:
        return await self._platform.members(crowd, place)

    def render(self, card: Card, context: Context) -> Rendered:
        return self._platform.render(card, context)

    def pacing(self, _: Place) -> Pacing:
        return AT_ONCE

    async def send(self, target: Target, rendered: Rendered, summary: str) -> Sent:
        return await self._platform.send(target, rendered, summary)

    async def close(self) -> None:
        await self._platform.close()


async def live(configured: Settings, authority: str) -> None:
    """Serve until killed."""
    async with open_database(configured) as sessions, aiohttp.ClientSession() as http:
        built = app.build(configured, sessions, http, teams_authority=authority)
        unpaced = {name: Unpaced(platform) for name, platform in built.deliverer.platforms.items()}
        hurried = replace(built, deliverer=replace(built.deliverer, platforms=unpaced))
        async with app.running(hurried, host=configured.host, port=configured.port):
            await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--authority", required=True)
    authority = parser.parse_args().authority
    for module in CHANNELS:
        importlib.import_module(module)
    configured = settings.load()
    logs.configure(is_production=True)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    child = 0
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asyncio.run(live(configured, authority))
            return
        print(child, flush=True)
    if child:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    main()
