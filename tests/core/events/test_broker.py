"""RabbitMQ in: each message has one effect, whatever happens to the connection, the process or the message."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import aio_pika
import aiohttp
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from bots import app as composition
from bots import broker, logs
from bots.broker import Intake, Route
from bots.consumer import Consumer, Outcome, require_client
from bots.settings import Misconfigured, Settings
from core.database import Sessions
from core.events import service
from core.events.service import Arrived
from core.people.models import Workspace
from core.people.queries import Person
from tests.core.badges.stock import make_badge
from tests.core.events.stage import codes, parked
from tests.core.events.wire import Post, Wire, posting, require_broker, url, wired
from tests.factories import make_company

WAIT_SECONDS = 40
PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same waits, shorter; and logs as the product writes them, without pictures of every frame."""
    logs.configure(is_production=False)
    monkeypatch.setattr(broker, "BACK_OFF_SECONDS", (0.05, 0.4))
    monkeypatch.setattr(broker, "LOOK_SECONDS", 0.2)


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with posting() as made:
        yield made


@pytest.fixture
async def company(database: Sessions) -> tuple[Workspace, list[Person]]:
    workspace, people = await make_company(database, 3)
    async with database.begin(workspace.id) as (session, _):
        await make_badge(
            session, workspace, reward_type="Automated Badge", points=1, multiple=True, events=["orders.closed"]
        )
    return workspace, people


@asynccontextmanager
async def listening(*consumers: Consumer, route: Route) -> AsyncIterator[None]:
    """A replica for each consumer."""

    def intake(consumer: Consumer) -> Intake:
        return Intake(consumer, route, lambda: consumer.home(""))

    tasks = [asyncio.create_task(intake(consumer).run()) for consumer in consumers]
    try:
        yield
        assert not any(task.done() for task in tasks), "an intake never ends by itself"
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not await holds():  # noqa: ASYNC110 - another system's state raises no event here
            await asyncio.sleep(0.05)


async def counted(database: Sessions) -> tuple[int, int]:
    """(activities, awards)."""
    async with database.begin(role="ops") as (session, _):
        row = (
            await session.execute(text("SELECT (SELECT count(*) FROM activity), (SELECT count(*) FROM award)"))
        ).one()
        return row[0], row[1]


def taken(database: Sessions, number: int) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return (await counted(database))[0] >= number

    return holds


async def drained(post: Post) -> None:
    """Nothing waits and nothing is held: what was not acknowledged comes back when its connection ends."""
    await asyncio.sleep(0.3)
    await until(lambda: _is_empty(post))


async def _is_empty(post: Post) -> bool:
    return await post.ready() == 0


async def test_messages_are_taken_and_acknowledged(
    database: Sessions, post: Post, company: tuple[Workspace, list[Person]]
) -> None:
    _, people = company
    async with listening(Consumer(database), route=post.route):
        for number in range(10):
            await post.send("orders.closed", called=str(number), user_id=people[number % 3].member_id)
        await until(taken(database, 10))
    await drained(post)
    assert await counted(database) == (10, 10)


async def test_poison_between_good_ones_is_parked_and_the_others_go_on(
    database: Sessions, post: Post, company: tuple[Workspace, list[Person]]
) -> None:
    """Case 13."""
    _, [ana, *_] = company
    poison = [(b"{", "$ not_json"), (b"[1]", "$ not_json"), (b"{}", "$.user_id user_missing")]
    async with listening(Consumer(database), route=replace(post.route, prefetch=1)):
        for body, _ in poison:
            for _again in range(2):
                await post.send("orders.closed", called=str(body), body=body)
            await post.send("orders.closed", called=f"after {body!r}", user_id=ana.member_id)
        await post.send("nobody.wants.it", user_id=ana.member_id)
        await post.send("orders.closed", called="last", user_id=ana.member_id)
        await until(taken(database, 4))
    await drained(post)
    assert await counted(database) == (4, 4)
    assert sorted(code for each in await parked(database) for code in codes(each)) == sorted(
        [*(code for _, code in poison), "event_unwanted"]
    )


async def test_the_same_message_twice_at_two_replicas_has_one_effect(
    database: Sessions, post: Post, company: tuple[Workspace, list[Person]]
) -> None:
    """Case 14, with an id and without."""
    _, people = company
    async with listening(Consumer(database), Consumer(database), route=replace(post.route, prefetch=2)):
        for number in range(12):
            for called in (f"m{number}", None):
                for _copy in range(3):
                    who = people[number % 3].member_id
                    await post.send("orders.closed", called=called, user_id=who, quantity=number)
        await until(taken(database, 24))
        await until(lambda: _is_empty(post))
    await drained(post)
    assert await counted(database) == (24, 24)
    assert await parked(database) == []


@dataclass(frozen=True, slots=True)
class Cutting(Consumer):
    """Its wire breaks after the transaction has committed and before the message is acknowledged, for the first `times`."""

    wire: Wire = field(default_factory=Wire)
    times: int = 0
    outcomes: list[str] = field(default_factory=list)

    async def take(self, message: Arrived, *, workspace_id: int, parks: bool = True) -> Outcome:
        # Not super(): a frozen dataclass with slots is a class of its own.
        outcome = await Consumer.take(self, message, workspace_id=workspace_id, parks=parks)
        self.outcomes.append(outcome.state)
        if len(self.outcomes) <= self.times:
            self.wire.cut()
        return outcome


async def test_committed_and_not_acknowledged_it_comes_again_without_effect(
    database: Sessions, post: Post, company: tuple[Workspace, list[Person]]
) -> None:
    _, [ana, *_] = company
    async with wired() as wire:
        consumer = Cutting(database, wire=wire, times=2)
        async with listening(consumer, route=replace(post.route, url=url(wire.port), prefetch=1)):
            for number in range(6):
                await post.send("orders.closed", called=str(number), user_id=ana.member_id)
            await until(taken(database, 6))
            await until(lambda: _is_empty(post))
    await drained(post)
    assert wire.cuts >= 2
    assert consumer.outcomes.count("taken") == 6
    assert consumer.outcomes.count("repeated") >= 1
    assert await counted(database) == (6, 6)


async def test_a_connection_that_keeps_breaking_loses_and_doubles_nothing(
    database: Sessions, post: Post, company: tuple[Workspace, list[Person]]
) -> None:
    _, people = company
    async with wired() as wire:
        consumer = Cutting(database, wire=wire)
        async with listening(consumer, route=replace(post.route, url=url(wire.port))):
            for number in range(60):
                await post.send("orders.closed", called=str(number), user_id=people[number % 3].member_id)
            for _ in range(6):
                await asyncio.sleep(0.25)
                wire.cut()
            await until(taken(database, 60))
            await until(lambda: _is_empty(post))
    await drained(post)
    assert wire.cuts >= 3, "the test has to have broken something"
    assert len(consumer.outcomes) >= 60
    assert await counted(database) == (60, 60)


async def test_a_process_that_is_stopped_gives_its_messages_back(
    database: Sessions, post: Post, company: tuple[Workspace, list[Person]]
) -> None:
    _, people = company
    for number in range(40):
        await post.send("orders.closed", called=str(number), user_id=people[number % 3].member_id)
    stopped = 0
    while (await counted(database))[0] < 20:
        async with listening(Consumer(database), route=post.route):
            before = (await counted(database))[0]
            await until(taken(database, before + 1))
            stopped += 1
    async with listening(Consumer(database), route=post.route):
        await until(taken(database, 40))
    await drained(post)
    assert stopped >= 1
    assert await counted(database) == (40, 40)


async def test_processes_that_are_killed_lose_and_double_nothing(
    database: Sessions, post: Post, company: tuple[Workspace, list[Person]]
) -> None:
    _, people = company
    for number in range(60):
        await post.send("orders.closed", called=str(number), user_id=people[number % 3].member_id)
    address = database.engine.url.render_as_string(hide_password=False)
    arguments = ("-m", "tests.core.events.replica", address, url(), post.route.exchange, post.route.queue)
    kills = 0
    for _ in range(20):
        before = (await counted(database))[0]
        process = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=PROJECT, stderr=DEVNULL)
        try:
            await until(taken(database, min(before + 12, 60)))
        finally:
            process.kill()
            await process.wait()
        kills += (await counted(database))[0] < 60
        if (await counted(database))[0] == 60:
            break
    await drained(post)
    assert kills >= 2, "some have to have been killed at work"
    assert await counted(database) == (60, 60)
    assert await parked(database) == []


async def test_switched_off_messages_stay_with_the_broker(
    database: Sessions, post: Post, company: tuple[Workspace, list[Person]]
) -> None:
    workspace, [ana, *_] = company
    async with listening(Consumer(database), Consumer(database, takes_events=False), route=post.route):
        await _switch(database, workspace, is_on=False)
        await asyncio.sleep(0.6)
        await post.send("orders.closed", user_id=ana.member_id)
        await asyncio.sleep(0.6)
        assert (await counted(database), await post.ready()) == ((0, 0), 1)
        await _switch(database, workspace, is_on=True)
        await until(taken(database, 1))
    await drained(post)
    assert await parked(database) == []


async def _switch(database: Sessions, workspace: Workspace, *, is_on: bool) -> None:
    async with database.begin(role="ops") as (session, _):
        values = {"on": is_on, "w": workspace.id}
        await session.execute(text("UPDATE workspace SET takes_events = :on WHERE id = :w"), values)


async def test_while_the_database_is_away_messages_wait(
    database: Sessions, post: Post, company: tuple[Workspace, list[Person]]
) -> None:
    _, people = company
    consumer = Consumer(database)

    async def all_taken() -> bool:
        """What failed at the moment when the database came back was put off."""
        await consumer.drain()
        return (await counted(database))[0] >= 6

    async with listening(consumer, route=post.route):
        await post.send("orders.closed", called="first", user_id=people[0].member_id)
        await until(taken(database, 1))
        await _alter(database, "RENAME TO", "")
        for number in range(5):
            await post.send("orders.closed", called=str(number), user_id=people[0].member_id)
        await asyncio.sleep(0.8)
        assert await counted(database) == (1, 1)
        await _alter(database, "RENAME TO", "_away")
        await until(all_taken)
    await drained(post)
    assert await counted(database) == (6, 6)
    assert await parked(database) == []


async def _alter(database: Sessions, verb: str, suffix: str) -> None:
    other = "" if suffix else "_away"
    async with database.engine.begin() as connection:
        for table in ("event_claim", "event_parked"):
            await connection.execute(text(f"ALTER TABLE {table}{suffix} {verb} {table}{other}"))


async def test_what_is_too_large_stays_with_the_broker_among_the_dead(
    database: Sessions, post: Post, company: tuple[Workspace, list[Person]]
) -> None:
    async with listening(Consumer(database), route=post.route):
        await post.send("orders.closed", body=b"{}" + b" " * service.BODY_BYTES_MAX)
        await until(lambda: _has_dead(post))
    [waiting] = await parked(database)
    assert (codes(waiting), waiting.arrived.body) == (["$ too_large"], b"")
    assert await post.ready() == 0


async def _has_dead(post: Post) -> bool:
    return await post.ready(post.route.dead) == 1


async def test_only_bound_keys_arrive(database: Sessions, company: tuple[Workspace, list[Person]]) -> None:
    _, [ana, *_] = company
    async with posting(keys=("orders.#",)) as post:
        await post.send("sale", user_id=ana.member_id)
        await post.send("orders.closed", user_id=ana.member_id)
        assert await post.ready() == 1


async def test_several_workspaces_and_none_named(database: Sessions, post: Post) -> None:
    """Nothing is taken before somebody says for whom; the process runs on."""
    (one, [ana]), _ = await make_company(database, 1), await make_company(database, 1)
    await post.send("sale", user_id=ana.member_id)
    async with listening(Consumer(database), route=post.route):
        await asyncio.sleep(0.5)
        assert await post.ready() == 1
    consumer = Consumer(database)
    assert [await consumer.home(wanted) for wanted in (str(one.id), one.name.upper())] == [one.id, one.id]
    task = asyncio.create_task(Intake(consumer, post.route, lambda: consumer.home(one.name)).run())
    await until(taken(database, 1))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_queue_of_another_kind_is_named_and_does_not_stop_the_process(database: Sessions) -> None:
    await require_broker()
    async with posting() as post:
        other = replace(post.route, queue=f"{post.route.queue}.classic")
        await post.channel.declare_queue(other.queue, durable=True)
        try:
            assert "PLAUDIT_AMQP_QUEUE" in await broker.probe(other)
            async with listening(Consumer(database), route=other):
                await asyncio.sleep(0.5)
            assert await broker.probe(post.route) == ""
        finally:
            await post.channel.queue_delete(other.queue)
            await post.channel.queue_delete(other.dead)
            await post.channel.exchange_delete(other.dead)


REFUSED: Sequence[tuple[str, str]] = [
    ("amqp://guest:guest@127.0.0.1:1/", "see that it runs"),
    ("amqp://guest:canary@127.0.0.1:5672/", "refuses the user or the password"),
    ("amqp://guest:guest@127.0.0.1:5672/nowhere", "virtual host"),
]


@pytest.mark.parametrize(("address", "remedy"), REFUSED)
async def test_why_a_broker_cannot_be_used(address: str, remedy: str) -> None:
    await require_broker()
    told = await broker.probe(Route(address))
    assert remedy in told
    assert "canary" not in told


async def test_without_the_broker_the_rest_runs(database: Sessions) -> None:
    await make_company(database, 1)
    settings = Settings(amqp_url=SecretStr("amqp://guest:guest@127.0.0.1:1/"))
    async with aiohttp.ClientSession() as http:
        application = composition.build(settings, database, http)
        async with composition.running(application, host="127.0.0.1", port=0) as address:
            await asyncio.sleep(0.3)
            async with http.get(f"{address}/readyz") as answer:
                assert answer.status == 200


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    require_client()
    monkeypatch.setitem(sys.modules, "aio_pika", None)
    with pytest.raises(Misconfigured, match=r"extra amqp.*pip install"):
        require_client()


def test_the_client_is_the_one_that_was_tried() -> None:
    assert aio_pika.__version__.startswith("10.")
