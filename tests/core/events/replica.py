"""A process that only takes events, to be killed: `python -m tests.core.events.replica DATABASE-URL AMQP-URL EXCHANGE QUEUE`."""

import asyncio
import sys

from bots.broker import Intake, Route
from bots.consumer import Consumer
from core.database import Sessions, connect


async def take(database: str, broker: str, exchange: str, queue: str) -> None:
    consumer = Consumer(Sessions(connect(database, pool_size=4)))
    await Intake(consumer, Route(broker, exchange, queue), lambda: consumer.home("")).run()


if __name__ == "__main__":
    asyncio.run(take(*sys.argv[1:]))
