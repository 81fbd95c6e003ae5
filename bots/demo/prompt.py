"""While the demo stays up: type as anybody, `ana@teams> /kudos @Luis thanks`, and see what the chats answer."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator

from bots.demo.screen import Screen
from bots.demo.stage import Stage, Unsettled
from bots.demo.story import Story
from bots.simulator import Person, UnknownName

LINE = re.compile(r"\s*(?P<who>[^@>]+)@(?P<where>teams|slack|telegram)\s*>?\s+(?P<what>\S.*)", re.IGNORECASE)
NAMED = re.compile(r"(?<![\w\[])@(\w[\w-]*(?: \w[\w-]*)?)")
QUIT = {"quit", "exit", "q"}
HOW = "Type as anybody, for example:  luis@slack> /kudos @Mei thank you for the spare part +2     (quit ends)"


class Unreadable(Exception):
    """A typed line that says nothing the demo could play; the message says how to write one."""


async def converse(story: Story) -> None:
    """Play what is typed on the terminal until `quit` or the end of the input."""
    screen = story.screen
    screen.line(HOW)
    async for line in _typed(screen):
        if line.strip().lower() in QUIT:
            return
        if not line.strip():
            continue
        try:
            await play(story.stage, line)
            await story.show()
        except (Unreadable, UnknownName, Unsettled) as error:
            screen.line(str(error))
        screen.line()


async def play(stage: Stage, line: str) -> None:
    """Let one typed line happen. Raises Unreadable or UnknownName."""
    read = LINE.fullmatch(line.strip())
    if read is None:
        raise Unreadable(HOW)
    person = _known(stage, read["who"].strip())
    where, what = read["where"].lower(), with_mentions(stage, read["what"])
    if where == "telegram":
        await stage.telegram.say(person, stage.telegram_group, what)
    elif where == "teams":
        await stage.teams.say(person, stage.teams_channel, f"@[{stage.world.bot.name}] {what}")
    elif what.startswith("/"):
        command, _, rest = what.partition(" ")
        await stage.slack.slash(person, stage.slack_channel, command, rest)
    else:
        await stage.slack.say(person, stage.slack_channel, f"@[{stage.world.bot.name}] {what}")


def with_mentions(stage: Stage, typed: str) -> str:
    """`@Luis` and `@Luis Ortega` become picks from the list, as the chats' own pickers make them; other names stay typed."""

    def picked(found: re.Match[str]) -> str:
        whole, first = found[1], found[1].split(" ")[0]
        for name, rest in ((whole, ""), (first, whole[len(first) :])):
            try:
                return f"@[{_known(stage, name).name}]{rest}"
            except UnknownName:
                continue
        return found[0]

    return NAMED.sub(picked, typed)


def _known(stage: Stage, typed: str) -> Person:
    """By first or full name, in any case."""
    for person in (*stage.world.people, stage.world.bot):
        if typed.casefold() in (person.name.casefold(), person.first_name.casefold()):
            return person
    cast = ", ".join(person.first_name for person in stage.cast)
    raise UnknownName(f"Nobody here is called {typed!r}. Try: {cast}.")


async def _typed(screen: Screen) -> AsyncIterator[str]:
    while True:
        screen.ask()
        if not (line := await _line()):
            return
        yield line


async def _line() -> str:
    """One line of the terminal, empty at its end; without a thread, which would outlive Ctrl-C."""
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str] = loop.create_future()
    terminal = sys.stdin.fileno()

    def read() -> None:
        # At once and only once: a terminal that is readable holds a whole line, and afterwards perhaps nothing.
        loop.remove_reader(terminal)
        if not typed.done():
            typed.set_result(sys.stdin.readline())

    loop.add_reader(terminal, read)
    try:
        return await typed
    finally:
        loop.remove_reader(terminal)
