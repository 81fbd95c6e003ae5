"""Between a command and the process: settings, database, event loop, exit code. Faults are one line each, never a traceback."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from bots import settings
from bots.cli.screen import complain
from bots.settings import Misconfigured, Settings
from bots.store import DatabaseUnreachable, open_database
from core.database import Sessions, sqlstate
from core.embedded import EmbeddedError
from core.people import directory

GOOD, FOUND, WRONG = 0, 1, 2
"""Exit codes: all well; something wrong was found; called wrongly or misconfigured."""

_MIGRATE = "the database's tables are missing or not of this version; run `plaudit migrate`"
_BUSY = "the database is busy with something else, and nothing was changed; try again in a moment"
TOLD = {
    "42P01": _MIGRATE,  # no such table
    "42703": _MIGRATE,  # no such column
    "22023": _MIGRATE,  # no such role: what set_config('role', …) says before the first migration
    "42501": "the database's user may not do this; use the one that ran `plaudit migrate`",
    "55P03": _BUSY,  # lock not available
    "57014": _BUSY,  # statement timeout
}
"""What is said of PostgreSQL's error codes that an operator can do something about."""


class CalledWrongly(Exception):
    """The command cannot be done as it was given; the message says why and what to do."""


def run(work: Callable[[Settings, Sessions], Awaitable[int]]) -> int:
    """Do the work of a command on our database; its result is the exit code."""

    async def opened() -> int:
        configured = settings.load()
        async with open_database(configured) as sessions:
            return await work(configured, sessions)

    return asyncio.run(opened())


@contextmanager
def expected_faults() -> Iterator[None]:
    """Turn the faults that an operator can mend into a line each and exit code 2."""
    try:
        yield
    except BaseExceptionGroup as group:
        expected, bugs = group.split(_is_expected)
        if expected is None or bugs is not None:
            raise
        raise SystemExit(_told(next(_leaves(expected)))) from None
    except Exception as error:
        if not _is_expected(error):
            raise
        raise SystemExit(_told(error)) from None


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _is_expected(error: BaseException) -> bool:
    if isinstance(error, DBAPIError):
        return sqlstate(error) in TOLD
    return isinstance(error, Misconfigured | EmbeddedError | DatabaseUnreachable | CalledWrongly | OSError)


def _told(error: BaseException) -> int:
    if isinstance(error, Misconfigured):
        for fault in error.faults:
            complain(f"plaudit: {fault}")
    elif isinstance(error, DBAPIError):
        complain(f"plaudit: {TOLD[sqlstate(error)]}")
    else:
        complain(f"plaudit: {error}")
    return WRONG


async def workspace_named(sessions: Sessions, wanted: str | None) -> int:
    """Id of the workspace that an option names by id or name; without one, the only one. Raises CalledWrongly."""
    async with sessions.begin(role="ops") as (session, _):
        homes = await directory.workspaces(session)
    if not homes:
        raise CalledWrongly("there is no workspace yet; make the first with `plaudit migrate`")
    fitting = [
        home for home in homes if wanted is None or wanted.casefold() in {str(home.workspace_id), home.name.casefold()}
    ]
    if len(fitting) == 1:
        return fitting[0].workspace_id
    names = ", ".join(f"{home.workspace_id} ({home.name})" for home in homes)
    problem = (
        "there are several workspaces"
        if wanted is None
        else f"{wanted} names {'no' if not fitting else 'more than one'} workspace"
    )
    raise CalledWrongly(f"{problem}; choose with --workspace one of: {names}")
