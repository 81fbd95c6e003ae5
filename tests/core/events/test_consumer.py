"""The edge: parked once with its reason, tried again after a bug, one effect however often and from how many sides."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from bots import logs
from bots.consumer import Consumer, Outcome
from core.badges import registry
from core.database import Sessions
from core.events import service
from core.events.asking import Asked
from core.events.service import ATTEMPTS_MAX, Arrived
from core.people.models import Member, Workspace
from core.people.queries import Person
from tests.core.badges.stock import make_badge
from tests.core.events.stage import codes, deeds, message, parked
from tests.core.rules.stage import winners
from tests.factories import make_company


@pytest.fixture(scope="module", autouse=True)
def _logs() -> None:
    """As the product logs: without it structlog draws tracebacks with every local variable, which takes seconds."""
    logs.configure(is_production=False)


@pytest.fixture
def consumer(database: Sessions) -> Consumer:
    return Consumer(database)


@pytest.fixture
async def company(database: Sessions) -> tuple[Workspace, Person]:
    workspace, [ana] = await make_company(database, 1)
    return workspace, ana


@pytest.fixture
def queries() -> Iterator[None]:
    before = registry.snapshot()
    yield
    registry.restore(before)


async def recorded(database: Sessions, workspace: Workspace) -> int:
    async with database.begin(workspace.id) as (session, _):
        return len(await deeds(session, workspace))


async def soon(database: Sessions) -> None:
    """What is put off is due."""
    async with database.begin(role="ops") as (session, _):
        await session.execute(text("UPDATE event_parked SET not_before = clock_timestamp()"))


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"body": b"{"}, "$ not_json"),
    ({"body": b"\xff\x00"}, "$ not_json"),
    ({"body": b"[]"}, "$ not_json"),
    ({"body": b'{"user_id": 1, "user_id": 2}'}, "$ not_json"),
    ({"body": b'{"quantity": NaN}'}, "$ not_json"),
    ({"body": b"{}" + b" " * service.BODY_BYTES_MAX}, "$ too_large"),
    ({"quantity": -1}, "$.quantity beyond"),
    ({"user_id": "nobody@example.com"}, "$.user_id user_unknown"),
    ({}, "$.user_id user_missing"),
    ({"key": "nobody.wants.it", "user_id": 1}, "event_unwanted"),
]


@pytest.mark.parametrize(("given", "reason"), BROKEN, ids=lambda each: str(each)[:40])
async def test_what_cannot_be_taken_is_parked_once_and_the_next_goes_on(
    database: Sessions, consumer: Consumer, company: tuple[Workspace, Person], given: dict[str, Any], reason: str
) -> None:
    workspace, ana = company
    broken = message(**given)
    outcomes = await asyncio.gather(*(consumer.take(broken, workspace_id=workspace.id) for _ in range(4)))
    assert {each.state for each in outcomes} == {"refused"}
    [waiting] = await parked(database)
    assert (codes(waiting), waiting.state, waiting.attempts) == ([reason], "parked", 4)
    assert "nobody@example.com" not in str(waiting.details)
    good = message(user_id=ana.member_id)
    assert (await consumer.take(good, workspace_id=workspace.id)).state == "taken"
    assert await recorded(database, workspace) == 1
    assert len(waiting.arrived.body) <= service.BODY_BYTES_MAX


async def test_what_is_refused_is_left_to_the_sender_who_is_told(
    database: Sessions, consumer: Consumer, company: tuple[Workspace, Person]
) -> None:
    outcome = await consumer.take(message(body=b"{"), workspace_id=company[0].id, parks=False)
    assert (outcome.state, outcome.is_parked) == ("refused", False)
    assert await parked(database) == []


async def test_parked_and_mended_it_has_one_effect_however_often_it_is_replayed(
    database: Sessions, consumer: Consumer, company: tuple[Workspace, Person]
) -> None:
    workspace, ana = company
    early = message("orders.closed", called="m1", user_id=ana.member_id)
    assert (await consumer.take(early, workspace_id=workspace.id)).state == "refused"
    [waiting] = await parked(database)
    assert (await consumer.again(waiting)).state == "refused"
    async with database.begin(workspace.id) as (session, _):
        badge = await make_badge(
            session, workspace, reward_type="Automated Badge", multiple=True, events=["orders.closed"]
        )
    outcomes = await asyncio.gather(
        *(consumer.again(waiting) for _ in range(8)), consumer.take(early, workspace_id=workspace.id)
    )
    assert sum(each.taken.awarded for each in outcomes) == 1
    assert {each.state for each in outcomes} <= {"taken", "repeated", "gone"}
    assert await parked(database) == []
    assert (await consumer.again(waiting)).state == "gone"
    async with database.begin(workspace.id) as (session, _):
        assert len(await winners(session, workspace, badge)) == 1
    assert await recorded(database, workspace) == 1


async def test_forty_copies_from_two_replicas_have_one_effect(
    database: Sessions, company: tuple[Workspace, Person]
) -> None:
    workspace, ana = company
    async with database.begin(workspace.id) as (session, _):
        badge = await make_badge(session, workspace, reward_type="Automated Badge", multiple=True, events=["sale"])
    replicas = Consumer(database), Consumer(database)
    copies = [message(called=called, user_id=ana.member_id, quantity=3) for called in ("m1", "") for _ in range(20)]
    turns = asyncio.Semaphore(12)

    async def take(place: int, copy: Arrived) -> Outcome:
        async with turns:
            return await replicas[place % 2].take(copy, workspace_id=workspace.id)

    outcomes = await asyncio.gather(*(take(place, copy) for place, copy in enumerate(copies)))
    assert Counter(each.state for each in outcomes) == {"taken": 2, "repeated": 38}
    async with database.begin(workspace.id) as (session, _):
        assert len(await winners(session, workspace, badge)) == 2
    assert await recorded(database, workspace) == 2


async def test_what_fails_is_put_off_and_parked_after_eight_attempts_then_replayed_with_one_effect(
    database: Sessions, consumer: Consumer, company: tuple[Workspace, Person], queries: None
) -> None:
    workspace, ana = company
    calls = 0

    @registry.query("team.won")
    def winners_of(asked: Asked) -> Any:
        nonlocal calls
        calls += 1
        raise ZeroDivisionError("secret: hunter2")

    poison = message("team.won")
    first = await consumer.take(poison, workspace_id=workspace.id)
    assert (first.state, first.is_parked) == ("failed", False)
    [waiting] = await parked(database)
    assert waiting.details["error"].startswith("ZeroDivisionError (")
    assert first.reference in waiting.details["error"]
    assert await consumer.drain() == 0, "it is put off"
    for attempt in range(2, ATTEMPTS_MAX + 1):
        await soon(database)
        assert await consumer.drain() == 1
        [waiting] = await parked(database)
        assert (waiting.attempts, waiting.state) == (attempt, "parked" if attempt == ATTEMPTS_MAX else "retry")
    await soon(database)
    assert await consumer.drain() == 0
    assert calls == ATTEMPTS_MAX
    assert (await consumer.again(waiting)).is_parked
    # Mended, and brought back.
    registry.restore({key: each for key, each in registry.snapshot().items() if key != ("query", "team.won")})
    registry.query("team.won")(lambda asked: select(Member.id))
    assert (await consumer.again(waiting)).state == "taken"
    assert await recorded(database, workspace) == 1
    assert ana.member_id
    assert await parked(database) == []


async def test_it_is_put_off_twice_as_long_each_time(database: Sessions, company: tuple[Workspace, Person]) -> None:
    workspace, _ = company
    waits = []
    for _ in range(4):
        async with database.begin(workspace.id) as (session, _now):
            await service.fail(session, message(), workspace_id=workspace.id, error="x")
            seconds = "SELECT extract(epoch FROM not_before - clock_timestamp()) FROM event_parked"
            waits.append(float(await session.scalar(text(seconds)) or 0))
    assert [round(each) for each in waits] == [1, 2, 4, 8]


async def test_half_an_effect_is_none(
    database: Sessions, consumer: Consumer, company: tuple[Workspace, Person]
) -> None:
    """The award fails after the activity was written: neither is there, nor the claim."""
    workspace, ana = company
    async with database.begin(workspace.id) as (session, _):
        await make_badge(session, workspace, reward_type="Automated Badge", events=["sale"])
    async with database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE award ADD CONSTRAINT broken CHECK (false) NOT VALID"))
    sent = message(user_id=ana.member_id)
    assert (await consumer.take(sent, workspace_id=workspace.id)).state == "failed"
    assert await recorded(database, workspace) == 0
    async with database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE award DROP CONSTRAINT broken"))
    await soon(database)
    assert await consumer.drain() == 1
    assert await recorded(database, workspace) == 1
    assert await parked(database) == []


async def test_switched_off_nothing_is_taken_parked_or_tried_again(
    database: Sessions, consumer: Consumer, company: tuple[Workspace, Person]
) -> None:
    workspace, ana = company
    async with database.begin(workspace.id) as (session, _):
        await service.fail(session, message(user_id=ana.member_id), workspace_id=workspace.id, error="x")
    await soon(database)
    await _switch(database, workspace, is_on=False)
    off = Consumer(database, takes_events=False)
    for who in (consumer, off):
        assert (await who.take(message(called="1", user_id=ana.member_id), workspace_id=workspace.id)).state == "off"
        assert await who.drain() == 0
        assert (await who.again((await parked(database))[0])).state == "off"
    assert len(await parked(database)) == 1
    await _switch(database, workspace, is_on=True)
    assert await off.drain() == 0
    assert await consumer.drain() == 1
    assert await recorded(database, workspace) == 1


async def _switch(database: Sessions, workspace: Workspace, *, is_on: bool) -> None:
    async with database.begin(role="ops") as (session, _):
        await session.execute(
            text("UPDATE workspace SET takes_events = :on WHERE id = :w"), {"on": is_on, "w": workspace.id}
        )


async def test_while_the_database_is_away_the_message_is_still_to_be_taken(
    database: Sessions, consumer: Consumer, company: tuple[Workspace, Person]
) -> None:
    """Not even the failure can be noted: whoever brought the message must not acknowledge it."""
    async with database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE event_claim RENAME TO claim_away"))
        await connection.execute(text("ALTER TABLE event_parked RENAME TO parked_away"))
    with pytest.raises(DBAPIError):
        await consumer.take(message(user_id=company[1].member_id), workspace_id=company[0].id)


async def test_claims_and_what_was_parked_long_ago_are_forgotten(
    database: Sessions, consumer: Consumer, company: tuple[Workspace, Person]
) -> None:
    workspace, ana = company
    await consumer.take(message(user_id=ana.member_id), workspace_id=workspace.id)
    await consumer.take(message(body=b"{"), workspace_id=workspace.id)
    async with database.begin(role="ops") as (session, now):
        for ahead in (timedelta(0), timedelta(seconds=5)):
            before = now - timedelta(seconds=60) + ahead * 20
            await service.forget(session, claims_before=before, parked_before=before)
            counts = [
                await session.scalar(text(f"SELECT count(*) FROM {table}")) for table in ("event_claim", "event_parked")
            ]
            assert counts == ([1, 1] if not ahead else [0, 0])


async def test_another_workspace_has_its_own(database: Sessions, consumer: Consumer) -> None:
    (one, [ana]), (two, [bob]) = await make_company(database, 1), await make_company(database, 1)
    same = Arrived("amqp:shop", "sale", "id:1", b'{"user_id": %d}' % ana.member_id)
    assert (await consumer.take(same, workspace_id=one.id)).state == "taken"
    assert (await consumer.take(same, workspace_id=two.id)).state == "refused"
    own = Arrived("amqp:shop", "sale", "id:1", b'{"user_id": %d}' % bob.member_id)
    outcome: Outcome = await consumer.take(own, workspace_id=two.id)
    assert outcome.state == "taken"
    async with database.begin(two.id) as (session, _):
        assert [member for member, _, _ in await deeds(session, two)] == [bob.member_id]
