"""Events by RabbitMQ: a topic exchange, a quorum queue of ours, and a message acknowledged when its transaction has committed.

Imported when a broker is configured, and the only place that knows its client. Without the broker the rest of Plaudit runs.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, ChannelPreconditionFailed, ProbableAuthenticationError

from bots.consumer import Consumer, Outcome
from bots.settings import Settings
from core.events import service
from core.events.service import Arrived

log = structlog.get_logger()

CONNECT_SECONDS = 10
BACK_OFF_SECONDS = (1.0, 30.0)
LOOK_SECONDS = 5.0
"""How often it is looked whether events are switched on."""
FINISH_SECONDS = 5.0
AT_ONCE = 4
"""Messages that are worked on side by side: each takes one of the process's database connections."""
DELIVERIES_MAX = 20
"""How often the broker gives a message to processes that die of it, before it moves it to the queue of dead ones."""
AWAY = (*CONNECTION_EXCEPTIONS, TimeoutError)

Home = Callable[[], Awaitable[int | None]]


@dataclass(frozen=True, slots=True)
class Route:
    """Where messages come from. `keys` are the routing keys that the queue is bound with, as topics."""

    url: str
    exchange: str = "plaudit"
    queue: str = "plaudit.events"
    keys: tuple[str, ...] = ("#",)
    prefetch: int = 20

    @property
    def dead(self) -> str:
        """Exchange and queue of messages that the broker gave up."""
        return f"{self.queue}.dead"


def route(settings: Settings) -> Route:
    return Route(
        settings.amqp_url.get_secret_value().strip(),
        settings.amqp_exchange,
        settings.amqp_queue,
        settings.amqp_keys,
        settings.amqp_prefetch,
    )


async def declare(channel: AbstractChannel, route: Route) -> AbstractQueue:
    """Make sure that everything is there; whoever comes first makes it. Raises ChannelPreconditionFailed where something of that
    name is there and is not what it has to be."""
    dead_letters = await channel.declare_exchange(route.dead, aio_pika.ExchangeType.FANOUT, durable=True)
    dead = await channel.declare_queue(route.dead, durable=True, arguments={"x-queue-type": "quorum"})
    await dead.bind(dead_letters)
    exchange = await channel.declare_exchange(route.exchange, aio_pika.ExchangeType.TOPIC, durable=True)
    queue = await channel.declare_queue(
        route.queue,
        durable=True,
        arguments={
            "x-queue-type": "quorum",
            "x-dead-letter-exchange": route.dead,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            "x-delivery-limit": DELIVERIES_MAX,
        },
    )
    for key in route.keys:
        await queue.bind(exchange, routing_key=key)
    return queue


async def probe(route: Route) -> str:
    """Why the broker cannot be used, empty if it can: a reason without its URL, for the doctor."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            connection = await aio_pika.connect(route.url)
            async with connection, connection.channel() as channel:
                await declare(channel, route)
    except AWAY as error:
        return reason(error)
    return ""


def reason(error: BaseException) -> str:
    if isinstance(error, ProbableAuthenticationError):
        return "it refuses the user or the password: correct PLAUDIT_AMQP_URL"
    if isinstance(error, ChannelPreconditionFailed):
        return "an exchange or queue of these names is of another kind: name others in PLAUDIT_AMQP_EXCHANGE and PLAUDIT_AMQP_QUEUE, or delete it"
    return f"no connection ({type(error).__name__}): see that it runs, and that PLAUDIT_AMQP_URL names its host, port and virtual host"


class Intake:
    """Takes messages for as long as the process runs. `home` is the workspace that takes them; None: not now."""

    def __init__(self, consumer: Consumer, route: Route, home: Home) -> None:
        self._consumer = consumer
        self._route = route
        self._home = home

    async def run(self) -> None:
        """Until cancelled; whatever happens to the broker, it is tried again, less and less often."""
        first, longest = BACK_OFF_SECONDS
        pause = first
        while True:
            try:
                workspace_id = await self._home()
                if workspace_id is not None:
                    await self._listen(workspace_id)
                    pause = first
            except AWAY as error:
                log.warning("broker_away", reason=reason(error))
                await asyncio.sleep(pause * random.uniform(0.5, 1))
                pause = min(pause * 2, longest)
                continue
            except Exception:
                log.exception("intake_failed")
            await asyncio.sleep(min(LOOK_SECONDS, pause))

    async def _listen(self, workspace_id: int) -> None:
        """Take messages until the connection breaks or events are switched off; what is not acknowledged then comes again."""
        async with asyncio.timeout(CONNECT_SECONDS):
            connection = await aio_pika.connect(self._route.url)
        async with connection:
            async with asyncio.timeout(CONNECT_SECONDS):
                channel = await connection.channel()
                await channel.set_qos(prefetch_count=self._route.prefetch)
                queue = await declare(channel, self._route)
            turn = _Turn(self._consumer, workspace_id)
            await queue.consume(turn.receive)
            log.info("broker_connected", count=self._route.prefetch)
            try:
                await self._until_over(channel, turn)
            finally:
                await turn.finish()

    async def _until_over(self, channel: AbstractChannel, turn: "_Turn") -> None:
        """Until the channel is closed, or the workspace is another one or none."""
        closed = asyncio.ensure_future(channel.closed())
        over = asyncio.create_task(turn.is_over.wait())
        try:
            while True:
                done, _ = await asyncio.wait({closed, over}, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                if done or await self._moved(turn):
                    return
        finally:
            closed.cancel()
            over.cancel()

    async def _moved(self, turn: "_Turn") -> bool:
        """Whether the messages are for nobody now, or for somebody else. While the database is away nobody knows: they wait."""
        try:
            return await self._home() != turn.workspace_id
        except Exception:
            log.exception("events_look_failed")
            return False


class _Turn:
    """The messages of one connection."""

    def __init__(self, consumer: Consumer, workspace_id: int) -> None:
        self.workspace_id = workspace_id
        self.is_over = asyncio.Event()
        self._consumer = consumer
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()

    async def receive(self, incoming: AbstractIncomingMessage) -> None:
        """Called for each message; the client keeps no hold of what it calls, so the task is kept here until it ends."""
        task = asyncio.create_task(self._work(incoming))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def finish(self) -> None:
        """Let what is under way come to its end, and begin nothing more."""
        self.is_over.set()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=FINISH_SECONDS)
        for task in self._under_way:
            task.cancel()

    async def _work(self, incoming: AbstractIncomingMessage) -> None:
        async with self._slots:
            try:
                outcome = await self._taken(read(incoming))
                if outcome is not None:
                    await self._answer(incoming, outcome)
            except AWAY as error:
                # It was taken and cannot be acknowledged: it comes again, and its claim is found.
                log.warning("broker_away", reason=reason(error))

    async def _taken(self, message: Arrived) -> Outcome | None:
        """None: the connection ended before the message could be taken, or even its failure be noted; it comes again."""
        pause, longest = BACK_OFF_SECONDS
        while not self.is_over.is_set():
            try:
                return await self._consumer.take(message, workspace_id=self.workspace_id)
            except Exception as fault:  # noqa: BLE001 - not even the failure could be noted, which is logged already
                log.warning("event_waits", reason=type(fault).__name__)
            try:
                async with asyncio.timeout(pause):
                    await self.is_over.wait()
            except TimeoutError:
                pause = min(pause * 2, longest)
        return None

    async def _answer(self, incoming: AbstractIncomingMessage, outcome: Outcome) -> None:
        if outcome.state == "off":
            self.is_over.set()
            await incoming.nack(requeue=True)
        elif len(incoming.body) > service.BODY_BYTES_MAX:
            # Its reason is parked; the message itself stays with the broker, among the dead ones.
            await incoming.reject(requeue=False)
        else:
            await incoming.ack()


def read(incoming: AbstractIncomingMessage) -> Arrived:
    """A message of the broker's, known by its producer (`app_id`) and `message_id`."""
    return service.arrived(
        way="amqp",
        producer=incoming.app_id or "",
        routing_key=incoming.routing_key or "",
        message_id=incoming.message_id or "",
        body=incoming.body,
    )
