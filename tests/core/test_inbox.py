"""Deliveries: each has one effect, in order per conversation, and one that fails neither blocks nor vanishes."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core import inbox
from core.database import Sessions
from core.inbox import ATTEMPTS_MAX, Arrival, Key

SECOND = timedelta(seconds=1)


def key(remote_id: str, tenant: str = "T1", platform: str = "slack") -> Key:
    return Key(platform, tenant, remote_id)


async def store(session: AsyncSession, remote_id: str, conversation: str = "C1", tenant: str = "T1") -> None:
    await inbox.store(session, [Arrival(key(remote_id, tenant), conversation, {"id": remote_id})])


async def due(session: AsyncSession, limit: int = 10) -> list[str]:
    return [pending.key.remote_id for pending in await inbox.due(session, limit=limit)]


async def state(session: AsyncSession, remote_id: str) -> tuple[str, int, object, str]:
    found = await session.execute(
        text("SELECT state, attempts, body, error FROM inbox WHERE remote_id = :remote_id"), {"remote_id": remote_id}
    )
    return tuple(found.one())


async def pass_time(session: AsyncSession, by: timedelta) -> None:
    await session.execute(text("UPDATE inbox SET not_before = not_before - CAST(:by AS interval)"), {"by": by})


async def test_a_delivery_stored_four_times_is_one(session: AsyncSession) -> None:
    for _ in range(4):
        await store(session, "e1")
    (pending,) = await inbox.due(session, limit=10)
    assert pending == inbox.Pending(key("e1"), "C1", {"id": "e1"}, 0)
    assert await inbox.take(session, pending.key)
    await store(session, "e1")
    assert await due(session) == []
    assert not await inbox.take(session, pending.key)
    assert await state(session, "e1") == ("done", 0, None, "")


async def test_the_same_id_of_another_tenant_or_platform_is_another_delivery(session: AsyncSession) -> None:
    keys = (key("1"), key("1", "T2"), key("1", "T1", "telegram"))
    await inbox.store(session, [Arrival(one, "C1", {}) for one in keys])
    assert len(await inbox.due(session, limit=10)) == 3


async def test_a_conversation_is_worked_on_in_order_and_others_beside_it(session: AsyncSession) -> None:
    for remote_id, conversation in [("a1", "A"), ("b1", "B"), ("a2", "A"), ("a3", "A"), ("b2", "B")]:
        await store(session, remote_id, conversation)
    await store(session, "other tenant", "A", tenant="T2")
    assert await due(session) == ["a1", "b1", "other tenant"]
    assert await inbox.take(session, key("a1"))
    assert await due(session) == ["b1", "a2", "other tenant"]
    assert await due(session, limit=1) == ["b1"]


async def test_a_delivery_that_failed_waits_without_holding_up_those_behind_it(session: AsyncSession) -> None:
    for remote_id in ("a1", "a2", "a3"):
        await store(session, remote_id)
    assert not await inbox.fail(session, key("a1"), error="x" * 600)
    assert await state(session, "a1") == ("retry", 1, {"id": "a1"}, "x" * 500)
    assert await due(session) == ["a2"]
    await pass_time(session, SECOND)
    assert await due(session) == ["a1", "a2"]
    assert await inbox.take(session, key("a1"))
    assert await state(session, "a1") == ("done", 1, None, "")


async def test_each_failure_doubles_the_wait_and_the_eighth_parks(session: AsyncSession) -> None:
    await store(session, "a1")
    for attempt in range(1, ATTEMPTS_MAX):
        assert await due(session) == ["a1"]
        assert not await inbox.fail(session, key("a1"), error="no")
        await pass_time(session, (2 ** (attempt - 1) - 0.5) * SECOND)
        assert await due(session) == []
        await pass_time(session, 0.5 * SECOND)
    assert await inbox.fail(session, key("a1"), error="still no")
    await pass_time(session, timedelta(days=1))
    assert await due(session) == []
    assert not await inbox.take(session, key("a1"))
    assert await state(session, "a1") == ("parked", ATTEMPTS_MAX, {"id": "a1"}, "still no")
    assert not await inbox.fail(session, key("a1"), error="counts no more")


async def test_a_parked_delivery_is_replayed_once(session: AsyncSession) -> None:
    await store(session, "a1")
    await store(session, "a2")
    for _ in range(ATTEMPTS_MAX):
        await inbox.fail(session, key("a1"), error="no")
    assert not await inbox.replay(session, key("a2"))
    assert await inbox.replay(session, key("a1"))
    assert not await inbox.replay(session, key("a1"))
    assert await due(session) == ["a1", "a2"]
    assert (await inbox.due(session, limit=1))[0].attempts == 0


async def test_an_inline_delivery_is_claimed_once(session: AsyncSession) -> None:
    assert await inbox.claim(session, key("i1"))
    assert not await inbox.claim(session, key("i1"))
    assert await due(session) == []


async def test_what_is_stored_cannot_be_claimed_and_what_is_claimed_not_stored(session: AsyncSession) -> None:
    await store(session, "stored")
    assert not await inbox.claim(session, key("stored"))
    assert await due(session) == ["stored"]
    assert await inbox.claim(session, key("claimed"))
    await store(session, "claimed")
    assert await due(session) == ["stored"]


@pytest.mark.parametrize("done", ["finish", "park", "wait"])
async def test_only_what_is_done_is_forgotten(session: AsyncSession, now: datetime, done: str) -> None:
    await store(session, "a1")
    if done == "finish":
        assert await inbox.take(session, key("a1"))
    for _ in range(ATTEMPTS_MAX if done == "park" else 0):
        await inbox.fail(session, key("a1"), error="no")
    await inbox.forget(session, before=now - SECOND)
    await inbox.forget(session, before=now + 60 * SECOND)
    left = (await session.execute(text("SELECT count(*) FROM inbox"))).scalar()
    assert left == (0 if done == "finish" else 1)


async def test_a_claim_is_kept_or_lost_with_its_effect(database: Sessions) -> None:
    async def claim_and_fail() -> None:
        async with database.begin() as (session, _):
            assert await inbox.claim(session, key("i1"))
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        await claim_and_fail()
    async with database.begin() as (session, _):
        assert await inbox.claim(session, key("i1"))
    async with database.begin() as (session, _):
        assert not await inbox.claim(session, key("i1"))


async def test_of_ten_claims_at_once_one_succeeds(database: Sessions) -> None:
    async def claim() -> bool:
        async with database.begin() as (session, _):
            claimed = await inbox.claim(session, key("i1"))
            await asyncio.sleep(0.01)
            return claimed

    assert sum(await asyncio.gather(*(claim() for _ in range(10)))) == 1


async def test_workers_at_once_work_on_each_delivery_once_and_in_order(database: Sessions) -> None:
    conversations, each = 4, 8
    async with database.begin() as (session, _):
        for number in range(each):
            for place in range(conversations):
                await store(session, f"{place}:{number}", f"C{place}")
    order: list[str] = []

    async def work() -> None:
        while len(order) < conversations * each:
            async with database.begin() as (session, _):
                pending = await inbox.due(session, limit=10)
            for found in pending:
                async with database.begin() as (session, _):
                    if await inbox.take(session, found.key):
                        order.append(found.key.remote_id)

    async with asyncio.timeout(20):
        await asyncio.gather(*(work() for _ in range(4)))
    assert len(order) == conversations * each
    for place in range(conversations):
        assert [done for done in order if done.startswith(f"{place}:")] == [
            f"{place}:{number}" for number in range(each)
        ]
