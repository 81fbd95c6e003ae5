"""`plaudit migrate`."""

import asyncio

from alembic.util import CommandError

import migrations
from bots import settings
from bots.cli.edge import GOOD, CalledWrongly
from bots.cli.screen import say
from bots.settings import Settings
from bots.store import FIRST_WORKSPACE, ensure_workspace, open_database

HEAD = "head"


def migrate(to: str) -> int:
    return asyncio.run(_migrate(settings.load(), to))


async def _migrate(configured: Settings, to: str) -> int:
    async with open_database(configured) as sessions:
        was_current = await migrations.is_current(sessions.engine)
        try:
            await migrations.upgrade(sessions.engine, to)
        except CommandError as error:
            raise CalledWrongly(
                f"cannot go to revision {to}: {error}; `plaudit migrate` without --to goes to the newest"
            ) from error
        if not await migrations.is_current(sessions.engine):
            say(f"The database is at revision {to}, which is not the newest.")
            return GOOD
        say("The database was up to date." if was_current else "The database is up to date now.")
        if await ensure_workspace(sessions, time_zone=configured.timezone) is not None:
            say(f'Made the first workspace, "{FIRST_WORKSPACE}", in time zone {configured.timezone}.')
    return GOOD
