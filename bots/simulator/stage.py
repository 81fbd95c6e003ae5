"""What the three simulators have in common: a world, a server for the bot's calls, a courier to it, and a transcript."""

import asyncio
from typing import Self

from aiohttp import web

from bots.simulator.courier import Courier, Delivery
from bots.simulator.loopback import Call, Fault, Faults, LoopbackServer
from bots.simulator.transcript import Entry, EntryKind, Message, Reading, Transcript
from bots.simulator.world import Conversation, Json, Person, PlatformName, World


class Stage:
    """Base of `TeamsSimulator`, `SlackSimulator` and `TelegramSimulator`."""

    platform: PlatformName

    def __init__(self, world: World, *, bot_url: str, patience: float, transcript: Transcript | None) -> None:
        self.world = world
        self.transcript = transcript or Transcript()
        self.courier = Courier(bot_url, clock=world.clock, patience=patience)
        self.server = LoopbackServer(clock=world.clock, name_of=self._name_of, refusal=self._refusal)
        self.messages: list[Message] = []
        self._taken: set[tuple[int, str]] = set()

    @property
    def url(self) -> str:
        """Where the platform's API is served, without a trailing slash; known after `start`."""
        return self.server.url

    @property
    def calls(self) -> list[Call]:
        return self.server.calls

    @property
    def faults(self) -> Faults:
        return self.server.faults

    @property
    def deliveries(self) -> list[Delivery]:
        return self.courier.log

    async def start(self, port: int = 0) -> None:
        await self.server.start(port)

    async def stop(self) -> None:
        await self.courier.close()
        await self.server.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def posts(self, conversation: Conversation, *, visible_to: Person | None = None) -> list[Message]:
        """The bot's messages there that are still visible: to everybody, or privately to one person."""
        return [
            message
            for message in self.messages
            if message.conversation is conversation
            and message.author == self.world.bot
            and message.visible_to == visible_to
            and not message.is_deleted
        ]

    async def wait_for_post(self, conversation: Conversation, containing: str = "", timeout: float = 5.0) -> Message:
        """The bot's first post there that no earlier wait has returned; past posts count."""
        return await self._wait(conversation, "posted", containing, timeout)

    async def wait_for_private(
        self, conversation: Conversation, person: Person, containing: str = "", timeout: float = 5.0
    ) -> Entry:
        """Something that only `person` sees (an ephemeral message, an answered card)."""
        return await self.transcript.wait_for(
            lambda entry: (
                entry.kind == "private"
                and entry.platform == self.platform
                and entry.conversation == conversation.name
                and entry.visible_to == (person.name,)
                and containing in entry.text
            ),
            timeout,
        )

    async def wait_for_edit(self, message: Message, containing: str = "", timeout: float = 5.0) -> Message:
        """The message, once its newest version says so; past edits count."""
        await self.transcript.wait_for(
            lambda entry: entry.message is message and entry.kind == "edited" and containing in message.text, timeout
        )
        return message

    async def settle(self, seconds: float = 0.05) -> None:
        """Give the bot a moment in which nothing should happen."""
        await asyncio.sleep(seconds)

    async def _wait(self, conversation: Conversation, kind: EntryKind, containing: str, timeout: float) -> Message:
        def fits(entry: Entry) -> bool:
            message = entry.message
            return (
                entry.kind == kind
                and message is not None
                and message.conversation is conversation
                and (id(message), kind) not in self._taken
                and containing in entry.text
            )

        entry = await self.transcript.wait_for(fits, timeout)
        assert entry.message is not None
        self._taken.add((id(entry.message), kind))
        return entry.message

    def _record(self, message: Message, kind: EntryKind) -> Message:
        self.messages.append(message)
        self.transcript.note(message, kind, at=message.at)
        return message

    def _rewrite(self, message: Message, payload: Json, reading: Reading, by: str = "") -> None:
        """The message is changed for everybody; what single persons saw instead is gone."""
        message.versions.append(message.payload)
        message.payload, message.reading = payload, reading
        message.views.clear()
        self.transcript.note(message, "edited", at=self.world.clock(), by=by)

    def _erase(self, message: Message) -> None:
        message.is_deleted = True
        self.transcript.note(message, "deleted", at=self.world.clock())

    def _toast(self, conversation: Conversation, person: Person, text: str) -> None:
        lines = tuple(text.splitlines())
        bot = self.world.bot.name
        self.transcript.add(
            Entry(self.world.clock(), self.platform, conversation.name, "toast", bot, lines, visible_to=(person.name,))
        )

    def _name_of(self, request: web.Request) -> str:
        raise NotImplementedError

    def _refusal(self, fault: Fault) -> web.Response:
        raise NotImplementedError
