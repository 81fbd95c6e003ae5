"""People who thank and second on all three platforms at once, and platforms that repeat what was not acknowledged."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bots.simulator import Conversation, Delivery, Message, Person, SlackSimulator, TeamsSimulator, TelegramSimulator
from core.kudos.repeats import REPEAT_GAP
from tests.storm.process import Moment, Trap

Again = Callable[[], Awaitable[Delivery]]
Simulator = TeamsSimulator | SlackSimulator | TelegramSimulator

RETRY_SECONDS = 0.05
ABANDONED = 0.03
REPEATED = 0.12
PRESSES = 0.25
SOON = REPEAT_GAP / 2
IN_A_MESSAGE = re.compile(r"squall \d{5}")
POSTS = frozenset(
    {"POST activities", "PUT activities", "chat.postMessage", "chat.update", "sendMessage", "editMessageText"}
)


@dataclass(slots=True)
class Thanks:
    """One kudos that somebody wanted; `message` is like no other's."""

    message: str
    giver: Person
    receivers: tuple[Person, ...]
    points: int
    is_acknowledged: bool = False

    @property
    def words(self) -> str:
        names = " ".join(f"@[{person.name}]" for person in self.receivers)
        return f"{names} {self.message} +{self.points}"


@dataclass(slots=True)
class Crowd:
    """`thanks` by message; `pressed` holds (message, name) of every second that was tried, with whether it was acknowledged."""

    teams: TeamsSimulator
    slack: SlackSimulator
    telegram: TelegramSimulator
    places: dict[str, Conversation]
    people: list[Person]
    trap: Trap
    chance: Random
    pause: float
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    thanks: dict[str, Thanks] = field(default_factory=dict)
    pressed: dict[tuple[str, str], bool] = field(default_factory=dict)
    acknowledged: int = 0
    repeated: int = 0
    _grown: asyncio.Condition = field(default_factory=asyncio.Condition)
    _answered: list[Again] = field(default_factory=list)
    _used: set[tuple[str, str, str]] = field(default_factory=set)

    @property
    def simulators(self) -> dict[str, Simulator]:
        return {"teams": self.teams, "slack": self.slack, "telegram": self.telegram}

    def attach(self) -> None:
        """Before the simulators start: what the bot sends can spring the trap, and each request is sent once."""
        for simulator in self.simulators.values():
            simulator.server.app.middlewares.append(self._watching(simulator))
        self.slack.retry_delays = ()
        self.telegram.updates.tries = 1

    async def rage(self, hands: int = 6) -> None:
        """Until `is_over`; what was begun is brought to its end."""
        async with asyncio.TaskGroup() as group:
            for _ in range(hands):
                group.create_task(self._act())

    async def acknowledges(self, deliveries: int) -> None:
        """Wait until so many were."""
        async with self._grown:
            await self._grown.wait_for(lambda: self.acknowledged >= deliveries)

    async def _act(self) -> None:
        while not self.is_over.is_set():
            await asyncio.sleep(self.chance.uniform(0, 2 * self.pause))
            if self._answered and self.chance.random() < REPEATED:
                await self._repeat(self.chance.choice(self._answered))
            elif self.chance.random() < PRESSES and (found := self._pressable()):
                await self._second(*found)
            else:
                await self._thank()

    async def _thank(self) -> None:
        giver, *others = self.chance.sample(self.people, 3)
        message = f"for braving squall {len(self.thanks):05}"
        receivers = tuple(others[: self.chance.choice((1, 1, 1, 2))])
        thanks = self.thanks[message] = Thanks(message, giver, receivers, self.chance.randint(1, 3))
        say = self.chance.choice((self._slash, self._slash, self._mention, self._in_teams, self._in_telegram))
        delivery, again = await say(thanks)
        thanks.is_acknowledged = await self._carry(delivery, again)

    async def _slash(self, thanks: Thanks) -> tuple[Delivery, Again]:
        """Repeated as a proxy does, the same request, or as a person does who saw an error: the same words, soon after.

        Much later the same words are a second kudos, and rightly so.
        """
        channel = self.places["slack"]
        is_person = self.chance.random() < 0.5
        first = self.teams.world.clock()
        delivery = latest = await self.slack.slash(thanks.giver, channel, "/kudos", thanks.words)

        async def again() -> Delivery:
            nonlocal latest
            if is_person and self.teams.world.clock() - first < SOON:
                latest = await self.slack.slash(thanks.giver, channel, "/kudos", thanks.words)
                return latest
            # Of what the person wrote last: an earlier request that was lost is, much later, as new as the same words.
            return await self.slack.courier.deliver(latest.raw)

        return delivery, again

    async def _mention(self, thanks: Thanks) -> tuple[Delivery, Again]:
        channel = self.places["slack"]
        message = self.slack.write(thanks.giver, channel, f"@[Plaudit] kudos {thanks.words}")
        event = {**message.payload, "type": "app_mention", "channel": channel.id, "event_ts": message.id}
        envelope = self.slack.payloads.envelope(event)
        return await self.slack.redeliver(envelope), lambda: self.slack.redeliver(envelope)

    async def _in_teams(self, thanks: Thanks) -> tuple[Delivery, Again]:
        said = await self.teams.say(thanks.giver, self.places["teams"], f"@[Plaudit] /kudos {thanks.words}")
        assert said.delivery is not None
        return said.delivery, lambda: self.teams.redeliver(said.activity)

    async def _in_telegram(self, thanks: Thanks) -> tuple[Delivery, Again]:
        said = await self.telegram.say(thanks.giver, self.places["telegram"], f"/kudos {thanks.words}")
        update = said.update
        assert update is not None
        assert said.delivery is not None
        return said.delivery, lambda: self.telegram.redeliver(update)

    async def _second(self, simulator: Simulator, message: Message, person: Person, thanks: Thanks) -> None:
        label = next(button for button in message.buttons if button.startswith("Second it"))
        what = (thanks.message, person.name)
        self.pressed.setdefault(what, False)
        self._used.add((simulator.platform, message.id, person.name))
        delivery, again = await self._press(simulator, person, message, label)
        if await self._carry(delivery, again):
            self.pressed[what] = True

    async def _press(
        self, simulator: Simulator, person: Person, message: Message, label: str
    ) -> tuple[Delivery, Again]:
        if isinstance(simulator, SlackSimulator):
            delivery = await simulator.press(person, message, label)
            return delivery, lambda: self.slack.courier.deliver(delivery.raw)
        if isinstance(simulator, TelegramSimulator):
            said = await simulator.press(person, message, label)
            update = said.update
            assert update is not None
            assert said.delivery is not None
            return said.delivery, lambda: self.telegram.redeliver(update)
        invoked = await simulator.press(person, message, label)

        async def again() -> Delivery:
            is_new = self.chance.random() < 0.5
            return (await self.teams.reinvoke(invoked.activity, new_id=is_new)).delivery

        return invoked.delivery, again

    def _pressable(self) -> tuple[Simulator, Message, Person, Thanks] | None:
        """A card, and somebody who is neither its giver nor a receiver and has not pressed this one."""
        name, simulator = self.chance.choice(list(self.simulators.items()))
        recent = [m for m in simulator.messages[-80:] if m.author == self.teams.world.bot and m.visible_to is None]
        for message in self.chance.sample(recent, min(8, len(recent))):
            found = IN_A_MESSAGE.search(message.text)
            if found is None or message.conversation is not self.places[name]:
                continue
            thanks = self.thanks[f"for braving {found[0]}"]
            person = self.chance.choice(self.people)
            is_party = person in (thanks.giver, *thanks.receivers)
            if not is_party and (simulator.platform, message.id, person.name) not in self._used:
                return simulator, message, person, thanks
        return None

    async def _carry(self, delivery: Delivery, again: Again) -> bool:
        """Repeat until it is acknowledged. False: the platform gave up."""
        while not self._is_acknowledged(delivery):
            if self.chance.random() < ABANDONED:
                return False
            await asyncio.sleep(RETRY_SECONDS)
            delivery = await again()
        async with self._grown:
            self.acknowledged += 1
            self._grown.notify_all()
        self._answered.append(again)
        return True

    async def _repeat(self, again: Again) -> None:
        if self._is_acknowledged(await again()):
            self.repeated += 1

    def _is_acknowledged(self, delivery: Delivery) -> bool:
        if not delivery.is_accepted:
            return False
        since = (self.teams.world.clock() - delivery.at).total_seconds() - delivery.latency
        self.trap.meets(Moment.ACKNOWLEDGED, lag=since)
        return True

    def _watching(self, simulator: Simulator) -> Middleware:
        @web.middleware
        async def watch(request: web.Request, handler: Handler) -> web.StreamResponse:
            if simulator._name_of(request) not in POSTS:
                return await handler(request)
            if self.trap.meets(Moment.LOST):
                return web.Response(status=503)
            response = await handler(request)
            self.trap.meets(Moment.ARRIVED)
            return response

        return watch
