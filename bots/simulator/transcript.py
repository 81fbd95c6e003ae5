"""One chronological record of everything that people can see, on all three platforms."""

import asyncio
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bots.simulator.world import Conversation, Json, Person, PlatformName

EntryKind = Literal["said", "posted", "edited", "deleted", "private", "toast"]
TITLES = {"teams": "Microsoft Teams", "slack": "Slack", "telegram": "Telegram"}
INDENT = " " * 6
NO_BREAK_SPACE = "\u00a0"
MARKS: dict[EntryKind, str] = {
    "said": "",
    "posted": "",
    "edited": " (edited)",
    "deleted": " (deleted)",
    "private": "",
    "toast": " (toast)",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a person reads on a message, made from the platform's own JSON."""

    lines: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass(eq=False, slots=True)
class Message:
    """A message in its newest version. `visible_to` None means everybody in the conversation.

    `payload` is what the bot sent (or, for people, what the platform made of it); `views` are versions that only one
    person sees (an answered card in Teams). `thread` is the root message's id.
    """

    conversation: Conversation
    id: str
    author: Person
    payload: Json
    reading: Reading
    at: datetime
    visible_to: Person | None = None
    thread: str = ""
    versions: list[Json] = field(default_factory=list)
    views: dict[Person, Json] = field(default_factory=dict)
    is_deleted: bool = False

    @property
    def text(self) -> str:
        return self.reading.text

    @property
    def buttons(self) -> tuple[str, ...]:
        return self.reading.buttons

    def seen_by(self, person: Person) -> Json:
        return self.views.get(person, self.payload)


@dataclass(frozen=True, slots=True)
class Entry:
    """`conversation` is a name, `visible_to` names (empty: everybody there)."""

    at: datetime
    platform: PlatformName
    conversation: str
    kind: EntryKind
    author: str
    lines: tuple[str, ...]
    buttons: tuple[str, ...] = ()
    visible_to: tuple[str, ...] = ()
    message: Message | None = field(default=None, compare=False, repr=False)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


class Transcript:
    """Share one between simulators to have all three chats in one record."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._added = asyncio.Event()

    def note(
        self, message: Message, kind: EntryKind, *, at: datetime, reading: Reading | None = None, by: str = ""
    ) -> Entry:
        """Record `message` as it reads now, or as `reading` where one person sees another version."""
        shown = reading or message.reading
        visible_to = (message.visible_to.name,) if message.visible_to else ()
        return self.add(
            Entry(
                at,
                message.conversation.platform,
                message.conversation.name,
                kind,
                by or message.author.name,
                shown.lines,
                shown.buttons,
                visible_to,
                message,
            )
        )

    def add(self, entry: Entry) -> Entry:
        self.entries.append(entry)
        self._added.set()
        self._added = asyncio.Event()
        return entry

    async def wait_for(self, predicate: Callable[[Entry], bool], timeout: float = 5.0) -> Entry:
        """The first entry, past or coming, that `predicate` accepts. Raises TimeoutError that shows what came instead."""
        try:
            async with asyncio.timeout(timeout):
                while (found := next(filter(predicate, self.entries), None)) is None:
                    await self._added.wait()
        except TimeoutError:
            raise TimeoutError(f"nothing of the kind within {timeout} s; the transcript is:\n{self.render()}") from None
        return found

    def render(self, width: int = 96) -> str:
        """Readable in a terminal: a heading wherever the conversation changes, then who said what."""
        return "\n".join(self._rendered(width)) + "\n"

    def _rendered(self, width: int) -> Iterator[str]:
        current = ("", "")
        for entry in self.entries:
            place = (TITLES[entry.platform], entry.conversation)
            if place != current:
                heading = f"── {place[0]} · {place[1]} "
                yield heading + "─" * max(0, width - len(heading))
                current = place
            yield from _entry_lines(entry, width)


def _entry_lines(entry: Entry, width: int) -> Iterator[str]:
    seen = f" (only {', '.join(entry.visible_to)} sees this)" if entry.visible_to else ""
    yield f"{entry.at:%H:%M} {entry.author}{MARKS[entry.kind]}{seen}"
    for line in entry.lines:
        yield from _wrapped(line, width)
    if entry.buttons:
        yield from _wrapped("  ".join(f"[{button.replace(' ', NO_BREAK_SPACE)}]" for button in entry.buttons), width)


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, width, initial_indent=INDENT, subsequent_indent=INDENT, replace_whitespace=False) or [""]
