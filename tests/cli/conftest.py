"""The command line on a database of the test's own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pytest
import typer

from bots.__main__ import app, invoke
from core import embedded
from core.database import Sessions


class Ended(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Command = Callable[..., Awaitable[Ended]]


def url_of(sessions: Sessions, database: str | None = None) -> str:
    url = sessions.engine.url
    return url.set(database=database or url.database).render_as_string(hide_password=False)


@pytest.fixture
def plaudit(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command line as the process would, in a thread with an event loop of its own."""

    async def run(*arguments: str) -> Ended:
        capsys.readouterr()
        code = await asyncio.to_thread(invoke, arguments)
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return run


@pytest.fixture
def configured(database: Sessions, monkeypatch: pytest.MonkeyPatch) -> Sessions:
    """A migrated database that commands use too."""
    monkeypatch.setenv("PLAUDIT_DATABASE_URL", url_of(database))
    return database


@pytest.fixture
async def empty(database: Sessions, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A database without tables that commands use; yields its URL."""
    server, name = url_of(database, "postgres"), f"{database.engine.url.database}_empty"
    await embedded.create_database(server, name)
    monkeypatch.setenv("PLAUDIT_DATABASE_URL", url_of(database, name))
    yield url_of(database, name)
    await embedded.drop_database(server, name)


def commands() -> Iterator[tuple[str, ...]]:
    """The words of every command that does something."""

    def below(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        inner: Mapping[str, Any] = getattr(command, "commands", {})
        if not inner:
            yield words
        for name in inner:
            yield from below(inner[name], (*words, name))

    yield from below(typer.main.get_command(app), ())


def lines(said: str) -> Sequence[str]:
    return [line for line in said.splitlines() if line.strip()]
