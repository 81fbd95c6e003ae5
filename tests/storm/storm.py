"""The storm: a crowd, a bot that is killed again and again, and what must be true when the sky is clear."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from pydantic import SecretStr
from sqlalchemy import text

from bots.settings import Settings
from bots.simulator import Conversation, Message, Transcript, example_world
from core.badges.verify import CHECKS
from core.database import Sessions
from core.points.verify import examine
from tests.conversations import stage
from tests.storm.books import Books, differences
from tests.storm.crowd import IN_A_MESSAGE, Crowd
from tests.storm.process import Moment, Process, Trap, until

CLEAR_SECONDS_MAX = 60.0
KILL_SECONDS_MAX = 5.0
_GENEROUS = text("UPDATE workspace SET allowance_points = 1000000, pair_points_max = 1000000")


@dataclass(slots=True)
class Storm:
    """`in_flight` counts the messages that were on their way when the bot died."""

    sessions: Sessions
    books: Books
    process: Process
    trap: Trap
    crowd: Crowd
    members: dict[str, int]
    in_flight: int = 0
    doubled: int = 0

    async def rage(self, moments: Sequence[Moment], *, acknowledged: int) -> None:
        """Kill at these moments, one after the other, among at least so many acknowledged deliveries."""
        await self.process.start()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.crowd.rage())
            for moment in moments:
                await self._strike(moment)
            await self.crowd.acknowledges(acknowledged)
            self.crowd.is_over.set()

    async def clear(self, *, seconds: float = CLEAR_SECONDS_MAX) -> None:
        """Wait until everything that arrived is worked on and everything owed is sent."""
        async with asyncio.timeout(seconds):
            await until(self.books.is_all_done)

    async def _strike(self, moment: Moment) -> None:
        """What an earlier death made doubtful arrives first: a message that two deaths interrupt is given up, as it should."""
        self.trap.arm(moment)
        try:
            async with asyncio.timeout(KILL_SECONDS_MAX):
                if moment is Moment.ANYWHEN:
                    await asyncio.sleep(self.crowd.chance.uniform(0.02, 0.4))
                    self.process.kill(moment)
                await self.process.struck.wait()
        except TimeoutError:
            self.trap.disarm()
            self.process.kill(Moment.ANYWHEN)
        doubtful = await self.books.after_death()
        self.in_flight += len(doubtful)
        await self.process.start()
        async with asyncio.timeout(CLEAR_SECONDS_MAX):
            await until(lambda: self.books.are_settled(doubtful))

    async def faults(self) -> list[str]:
        """Everything that is not as it was promised, a sentence each."""
        given = await self.books.kudos()
        return [
            *self._kudos_faults(given),
            *self._second_faults(await self.books.seconds()),
            *self._point_faults(given, await self.books.earned()),
            *self._card_faults(given, await self.books.seconds()),
            *[f"parked: {what}" for what in await self.books.parked()],
            *await self._unbalanced(),
        ]

    def _kudos_faults(self, given: Counter[str]) -> Iterator[str]:
        """What the platform gave up on may have happened, once."""
        maybe = {message for message, thanks in self.crowd.thanks.items() if not thanks.is_acknowledged}
        expected = Counter(message for message in self.crowd.thanks if message not in maybe or message in given)
        yield from differences(expected, given)

    def _second_faults(self, seconds: set[tuple[str, int]]) -> Iterator[str]:
        tried = {(message, self.members[name]) for message, name in self.crowd.pressed}
        sure = {(message, self.members[name]) for (message, name), is_sure in self.crowd.pressed.items() if is_sure}
        yield from (f"lost: the second of {who} for {message}" for message, who in sorted(sure - seconds))
        yield from (f"never pressed: the second of {who} for {message}" for message, who in sorted(seconds - tried))

    def _point_faults(self, given: Counter[str], earned: dict[int, int]) -> Iterator[str]:
        due: Counter[int] = Counter()
        for message in given:
            thanks = self.crowd.thanks[message]
            for person in thanks.receivers:
                due[self.members[person.name]] += thanks.points
        yield from (
            f"member {member} has {earned.get(member, 0)} points and not {points}"
            for member, points in due.items()
            if earned.get(member, 0) != points
        )

    def _card_faults(self, given: Counter[str], seconds: set[tuple[str, int]]) -> Iterator[str]:
        """A card may stand twice only where a death left open whether it had arrived; the one that is kept counts on."""
        counts = Counter(message for message, _ in seconds)
        self.doubled = 0
        for platform, cards in self._cards().items():
            for message in given:
                posts = cards.pop(message, [])
                self.doubled += max(0, len(posts) - 1)
                if not 1 <= len(posts) <= 2:
                    yield f"{len(posts)} cards on {platform} for {message}"
                label = f"Second it · {counts[message]}" if counts[message] else "Second it"
                if posts and not any(label in post.buttons for post in posts):
                    yield f"no card on {platform} says {label!r} for {message}: {[post.buttons for post in posts]}"
            yield from (f"a card on {platform} of no kudos: {message}" for message in cards)
        if self.doubled > self.in_flight:
            yield f"{self.doubled} cards doubled, but only {self.in_flight} messages were interrupted"

    def _cards(self) -> dict[str, dict[str, list[Message]]]:
        """The public cards in the connected conversations, by platform and message."""
        cards: dict[str, dict[str, list[Message]]] = {}
        for platform, simulator in self.crowd.simulators.items():
            found = cards.setdefault(platform, defaultdict(list))
            for post in simulator.posts(self.crowd.places[platform]):
                if about := IN_A_MESSAGE.search(post.text):
                    found[f"for braving {about[0]}"].append(post)
        return cards

    async def _unbalanced(self) -> list[str]:
        async with self.sessions.begin(role="ops", statement_seconds=60) as (session, _):
            outcomes = [await examine(session, check) for check in CHECKS]
        return [f"{outcome.check.code}: {finding}" for outcome in outcomes for finding in outcome.findings]


@asynccontextmanager
async def gathering(
    sessions: Sessions, folder: Path, *, sources: Path, seed: int, pause: float
) -> AsyncIterator[Storm]:
    """A company on its own database, connected on three platforms; the bot of `sources` has not started yet."""
    chance = Random(seed)
    world = example_world(app_id=stage.APP_ID)
    teams, slack, telegram = simulators = stage._simulators(world, Transcript())
    places = stage._places(world)
    workspace_id = await stage._found(sessions)
    async with AsyncExitStack() as stack:
        process = Process()
        stack.callback(process.close)
        trap = Trap(process, chance)
        people = world.people[: stage.LINKED]
        named: dict[str, Conversation] = {place.platform: place for place in places}
        crowd = Crowd(teams, slack, telegram, named, people, trap, chance, pause)
        crowd.attach()
        for simulator in simulators:
            await stack.enter_async_context(simulator)
        members = await stage._set_up(sessions, workspace_id, world, teams, places)
        async with sessions.begin(role="ops") as (session, _):
            await session.execute(_GENEROUS)
        dsn = sessions.engine.url.render_as_string(hide_password=False)
        await sessions.engine.dispose()
        configured = stage._settings(world, teams, slack, telegram)
        configured = configured.model_copy(update={"database_url": SecretStr(dsn)})
        process.open(sources, _environment(configured), authority=teams.url, log=folder / "bot.log")
        teams.courier.url = process.url + stage.BOT_PATHS["teams"]
        slack.courier.url = process.url + stage.BOT_PATHS["slack"]
        telegram.updates.set_webhook(process.url + stage.BOT_PATHS["telegram"], stage.TELEGRAM_SECRET)
        books = Books(dsn)
        await books.watch(lambda: trap.meets(Moment.COMMITTED))
        stack.push_async_callback(books.close)
        yield Storm(sessions, books, process, trap, crowd, members)


def _environment(configured: Settings) -> dict[str, str]:
    values = {name: getattr(configured, name) for name in (*configured.model_fields_set, "database_url")}
    return {f"PLAUDIT_{name.upper()}": _written(value) for name, value in values.items()}


def _written(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return ",".join(value) if isinstance(value, tuple) else str(value)
