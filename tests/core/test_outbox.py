"""Messages that are owed: one at a time per conversation, the urgent first, none lost, none sent without end."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core import outbox
from core.database import Sessions
from core.outbox import ANSWER, BROADCAST, NOTICE, Leased, Outgoing

WORKSPACE = 1
SECOND = timedelta(seconds=1)


def message(key: str, scope: str = "C1", *, priority: int = BROADCAST, **reference: Any) -> Outgoing:
    return Outgoing(key, scope, "kudos_card", {"remote_id": scope}, reference or {"kudos": 1}, priority)


async def owe(session: AsyncSession, *messages: Outgoing) -> None:
    await outbox.enqueue(session, messages, workspace_id=WORKSPACE)


async def keys(session: AsyncSession, limit: int = 10) -> list[str]:
    return [leased.dedup_key for leased in await outbox.lease(session, limit=limit)]


async def one(session: AsyncSession) -> Leased:
    (leased,) = await outbox.lease(session, limit=10)
    return leased


async def row(session: AsyncSession, key: str) -> Any:
    found = await session.execute(text("SELECT * FROM outbox WHERE dedup_key = :key"), {"key": key})
    return found.one()


async def sent(session: AsyncSession, leased: Leased, **pacing: timedelta) -> None:
    await outbox.settle(session, leased, state="sent")
    await outbox.release(session, leased.scope, **pacing)


async def pass_time(session: AsyncSession, by: timedelta) -> None:
    """Move what is planned towards the present, as the database's clock cannot be moved."""
    await session.execute(text("UPDATE outbox SET not_before = not_before - CAST(:by AS interval)"), {"by": by})
    await session.execute(
        text(
            "UPDATE outbox_scope SET ready_at = ready_at - CAST(:by AS interval),"
            " leased_until = leased_until - CAST(:by AS interval)"
        ),
        {"by": by},
    )


async def test_what_is_owed_is_leased_as_it_was_written(session: AsyncSession) -> None:
    await owe(session, message("k1", "C1", kudos=7, reader=8))
    leased = await one(session)
    assert leased == Leased(
        workspace_id=WORKSPACE,
        id=leased.id,
        dedup_key="k1",
        scope="C1",
        kind="kudos_card",
        priority=BROADCAST,
        address={"remote_id": "C1"},
        reference={"kudos": 7, "reader": 8},
        revision=1,
        attempts=1,
        ambiguous=0,
        post_id=None,
        post_address=None,
    )
    assert (await row(session, "k1")).state == "sending"


async def test_a_conversation_is_written_to_one_message_at_a_time_in_order(session: AsyncSession) -> None:
    await owe(session, message("k1"), message("k2"))
    await owe(session, message("k3"))
    for expected in ("k1", "k2", "k3"):
        leased = await one(session)
        assert leased.dedup_key == expected
        assert await keys(session) == []
        await sent(session, leased)
    assert await keys(session) == []
    assert await outbox.backlog(session) == {}


async def test_conversations_do_not_wait_for_each_other(session: AsyncSession) -> None:
    await owe(session, *(message(f"{scope}:{number}", scope) for scope in ("C1", "C2", "C3") for number in range(2)))
    assert sorted(await keys(session, limit=2)) == ["C1:0", "C2:0"]
    assert await keys(session) == ["C3:0"]


async def test_an_answer_overtakes_a_notice_and_a_notice_a_broadcast(session: AsyncSession) -> None:
    await owe(session, message("broadcast"), message("notice", priority=NOTICE), message("answer", priority=ANSWER))
    for expected in ("answer", "notice", "broadcast"):
        leased = await one(session)
        assert leased.dedup_key == expected
        await sent(session, leased)


@pytest.mark.parametrize("analysed", [False, True])
async def test_an_answer_is_leased_first_however_much_waits_elsewhere(session: AsyncSession, *, analysed: bool) -> None:
    await owe(session, *(message(f"{number}", f"C{number % 2}") for number in range(10_000)))
    await owe(session, *(message(f"place {number}", f"D{number:04}", priority=NOTICE) for number in range(500)))
    await owe(session, message("answer", "Z", priority=ANSWER))
    if analysed:
        await session.execute(text("RESET ROLE"))
        await session.execute(text("ANALYZE outbox, outbox_scope"))
        await session.execute(text("SET LOCAL ROLE plaudit_ops"))
    assert await keys(session, limit=1) == ["answer"]
    assert set(await keys(session, limit=3)) == {"place 0", "place 1", "place 2"}


async def test_a_conversation_with_several_priorities_takes_one_place(session: AsyncSession) -> None:
    for priority in (ANSWER, NOTICE, BROADCAST):
        await owe(session, message(f"C1:{priority}", "C1", priority=priority))
    await owe(session, message("C2", "C2"))
    assert sorted(await keys(session, limit=2)) == ["C1:0", "C2"]


async def test_what_was_asked_for_again_while_it_waited_is_sent_once(session: AsyncSession) -> None:
    await owe(session, message("k1", kudos=1))
    await owe(session, message("k1", kudos=2))
    leased = await one(session)
    assert (leased.revision, leased.reference) == (2, {"kudos": 2})
    await sent(session, leased)
    assert await keys(session) == []


async def test_what_was_asked_for_again_while_it_was_sent_is_sent_again_as_an_edit(session: AsyncSession) -> None:
    await owe(session, message("k1"))
    first = await one(session)
    await owe(session, message("k1"))
    assert (await row(session, "k1")).state == "sending"
    assert await keys(session) == []
    await outbox.record_post(session, first, message_id="m1", address={"thread": "t"})
    await sent(session, first)
    second = await one(session)
    assert (second.revision, second.attempts, second.post_id, second.post_address) == (2, 1, "m1", {"thread": "t"})
    await sent(session, second)
    assert await keys(session) == []


async def test_what_was_sent_is_sent_again_when_it_is_asked_for_again(session: AsyncSession) -> None:
    await owe(session, message("k1"))
    await sent(session, await one(session))
    await owe(session, message("k1"))
    assert (await one(session)).revision == 2


@pytest.mark.parametrize(("priority", "kept"), [(ANSWER, {}), (NOTICE, {"kudos": 1}), (BROADCAST, {"kudos": 1})])
async def test_what_an_answer_was_about_is_forgotten_when_it_is_sent(
    session: AsyncSession, priority: int, kept: Mapping[str, int]
) -> None:
    await owe(session, message("k1", priority=priority))
    await sent(session, await one(session))
    found = await row(session, "k1")
    assert (found.state, found.reference, found.sent_at is not None) == ("sent", kept, True)


async def test_an_answer_asked_for_again_or_parked_keeps_what_it_is_about(session: AsyncSession) -> None:
    await owe(session, message("again", "C1", priority=ANSWER), message("parked", "C2", priority=ANSWER))
    again, parked = sorted(await outbox.lease(session, limit=2), key=lambda leased: leased.dedup_key)
    await owe(session, message("again", "C1", priority=ANSWER))
    await outbox.settle(session, again, state="sent")
    await outbox.settle(session, parked, state="parked", error="no such chat")
    found = [await row(session, key) for key in ("again", "parked")]
    assert [(kept.state, kept.reference) for kept in found] == [("pending", {"kudos": 1}), ("parked", {"kudos": 1})]
    assert found[1].error == "no such chat"
    assert found[1].sent_at is None


@pytest.mark.parametrize(("counted", "attempts"), [(True, 1), (False, 0)])
async def test_a_postponed_message_waits_and_lets_others_pass(
    session: AsyncSession, *, counted: bool, attempts: int
) -> None:
    await owe(session, message("k1"), message("k2"))
    leased = await one(session)
    await outbox.postpone(session, leased, delay=30 * SECOND, error="x" * 600, counted=counted)
    await outbox.release(session, "C1")
    found = await row(session, "k1")
    assert (found.state, found.attempts, found.ambiguous, len(found.error)) == ("pending", attempts, 0, 500)
    await sent(session, await one(session))
    assert await keys(session) == []
    await pass_time(session, 30 * SECOND)
    assert (await one(session)).attempts == attempts + 1


async def test_an_ambiguous_attempt_is_counted_as_such(session: AsyncSession) -> None:
    await owe(session, message("k1"))
    await outbox.postpone(session, await one(session), delay=timedelta(), error="cut", ambiguous=True)
    await outbox.release(session, "C1")
    leased = await one(session)
    assert (leased.ambiguous, leased.attempts) == (1, 2)


async def drain(session: AsyncSession, number: int, **pacing: timedelta) -> int:
    """How many of `number` messages can be sent at once."""
    for done in range(number):
        leased = await outbox.lease(session, limit=1)
        if not leased:
            return done
        await sent(session, leased[0], **pacing)
    return number


@pytest.mark.parametrize(
    ("gap", "burst", "at_once"),
    [(0, 0, 9), (60, 0, 1), (60, 60, 2), (60, 180, 4)],
)
async def test_a_conversation_is_paced_with_a_burst(session: AsyncSession, gap: int, burst: int, at_once: int) -> None:
    await owe(session, *(message(f"{number}") for number in range(9)))
    pacing = {"gap": gap * SECOND, "burst": burst * SECOND}
    assert await drain(session, 9, **pacing) == at_once
    if gap:
        await pass_time(session, 60 * SECOND)
        assert await drain(session, 9, **pacing) == 1
        # A long silence earns one burst, not more.
        await pass_time(session, 3600 * SECOND)
        assert await drain(session, 9, **pacing) == min(at_once, 9 - at_once - 1)


async def test_a_pause_stops_one_conversation_until_it_is_over(session: AsyncSession) -> None:
    await owe(session, message("a1", "C1"), message("a2", "C1"), message("b1", "C2"), message("b2", "C2"))
    for leased in await outbox.lease(session, limit=2):
        pause = 60 * SECOND if leased.scope == "C1" else timedelta()
        await sent(session, leased, gap=SECOND, burst=10 * SECOND, pause=pause)
    unpaused = await one(session)
    assert unpaused.dedup_key == "b2"
    await sent(session, unpaused)
    await pass_time(session, 59 * SECOND)
    assert await keys(session) == []
    await pass_time(session, SECOND)
    assert await keys(session) == ["a2"]


async def test_a_message_whose_sender_died_is_repeated_once_and_then_parked(session: AsyncSession) -> None:
    await owe(session, message("k1"), message("other", "C2"))
    (leased,) = [leased for leased in await outbox.lease(session, limit=2) if leased.scope == "C1"]
    await pass_time(session, outbox.LEASE - SECOND)
    assert await keys(session) == []
    await session.execute(text("UPDATE outbox_scope SET leased_until = 'infinity' WHERE scope = 'C2'"))
    await pass_time(session, SECOND)
    again = await one(session)
    assert (again.dedup_key, again.id, again.ambiguous, again.attempts) == ("k1", leased.id, 1, 2)
    await pass_time(session, outbox.LEASE)
    assert await keys(session) == []
    found = await row(session, "k1")
    assert (found.state, found.ambiguous) == ("parked", 2)
    assert found.error
    assert (await row(session, "other")).state == "sending"


async def test_a_conversation_goes_on_behind_a_parked_message(session: AsyncSession) -> None:
    await owe(session, message("k1"), message("k2"))
    await outbox.settle(session, await one(session), state="parked", error="too long")
    await outbox.release(session, "C1")
    assert await keys(session) == ["k2"]


async def test_parked_messages_come_back_when_they_are_replayed(session: AsyncSession) -> None:
    await owe(session, *(message(f"k{number}", f"C{number}") for number in range(3)))
    for leased in await outbox.lease(session, limit=3):
        await outbox.settle(session, leased, state="parked", error="no")
        await outbox.release(session, leased.scope)
    parked = await outbox.parked(session)
    assert [found.dedup_key for found in parked] == ["k0", "k1", "k2"]
    assert await outbox.backlog(session) == {"parked": 3}
    assert await outbox.replay(session, [parked[1].id]) == [parked[1].id]
    leased = await one(session)
    assert (leased.dedup_key, leased.attempts, leased.ambiguous) == ("k1", 1, 0)
    assert sorted(await outbox.replay(session, [])) == [parked[0].id, parked[2].id]
    assert await outbox.replay(session, []) == []
    assert await outbox.backlog(session) == {"pending": 2, "sending": 1}


async def test_only_what_was_dealt_with_long_ago_is_forgotten(session: AsyncSession, now: datetime) -> None:
    states = ("sent", "dropped", "parked", "pending")
    await owe(session, *(message(state, state) for state in states))
    for state in states:
        await session.execute(text("UPDATE outbox SET state = :state WHERE dedup_key = :state"), {"state": state})
    await outbox.forget(session, before=now - SECOND)
    assert len((await session.execute(text("SELECT 1 FROM outbox"))).all()) == 4
    await outbox.forget(session, before=now + 60 * SECOND)
    left = await session.execute(text("SELECT dedup_key FROM outbox ORDER BY id"))
    assert left.scalars().all() == ["parked", "pending"]


async def test_nothing_owed_is_nothing_written(session: AsyncSession) -> None:
    await owe(session)
    assert (await session.execute(text("SELECT 1 FROM outbox"))).all() == []


async def test_leasers_at_once_share_the_conversations_and_never_one_of_them(database: Sessions) -> None:
    scopes, each = 12, 6
    async with database.begin(WORKSPACE) as (session, _):
        await owe(
            session, *(message(f"{place}:{number}", f"C{place}") for place in range(scopes) for number in range(each))
        )
    busy: set[str] = set()
    order: list[str] = []
    clashes = 0

    async def send() -> None:
        nonlocal clashes
        while len(order) < scopes * each:
            async with database.begin(role="ops") as (session, _):
                leased: Sequence[Leased] = await outbox.lease(session, limit=3)
            clashes += sum(1 for found in leased if found.scope in busy)
            busy.update(found.scope for found in leased)
            await asyncio.sleep(0.001)
            for found in leased:
                order.append(found.dedup_key)
                busy.discard(found.scope)
                async with database.begin(role="ops") as (session, _):
                    await sent(session, found)

    async with asyncio.timeout(30):
        await asyncio.gather(*(send() for _ in range(4)))
    assert clashes == 0
    assert sorted(order) == sorted(f"{place}:{number}" for place in range(scopes) for number in range(each))
    for place in range(scopes):
        mine = [key for key in order if key.startswith(f"{place}:")]
        assert mine == [f"{place}:{number}" for number in range(each)]


async def test_a_second_leaser_finds_the_conversations_that_the_first_left(database: Sessions) -> None:
    async with database.begin(WORKSPACE) as (session, _):
        await owe(session, *(message(f"{place}", f"C{place}") for place in range(4)))
    async with database.begin(role="ops") as (first, _), database.begin(role="ops") as (second, _):
        assert set(await keys(first, limit=2)) == {"0", "1"}
        assert set(await keys(second, limit=2)) == {"2", "3"}
