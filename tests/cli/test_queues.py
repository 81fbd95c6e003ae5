"""What was given up can be seen with its reason, and brought back."""

from sqlalchemy import text

from core import inbox, outbox
from core.database import Sessions
from core.inbox import ATTEMPTS_MAX, Arrival, Key
from core.outbox import Outgoing
from tests.cli.conftest import Command, lines
from tests.factories import make_company


async def park_messages(sessions: Sessions, number: int) -> list[int]:
    workspace, _ = await make_company(sessions, 0)
    async with sessions.begin(role="ops") as (session, _):
        messages = [Outgoing(f"key:{each}", f"slack:T1:C{each}", "kudos_card", {}, {}) for each in range(number)]
        await outbox.enqueue(session, messages, workspace_id=workspace.id)
        for message in await outbox.lease(session, limit=number):
            await outbox.settle(session, message, state="parked", error="channel_not_found")
        return list(await session.scalars(text("SELECT id FROM outbox WHERE state = 'parked' ORDER BY id")))


async def park_deliveries(sessions: Sessions, number: int) -> list[int]:
    async with sessions.begin(role="ops") as (session, _):
        for each in range(number):
            key = Key("telegram", "bot", f"update:{each}")
            await inbox.store(session, [Arrival(key, "55", {"update_id": each})])
            for _attempt in range(ATTEMPTS_MAX):
                await inbox.fail(session, key, error="KeyError: 'chat'")
        return list(await session.scalars(text("SELECT seq FROM inbox WHERE state = 'parked' ORDER BY seq")))


async def states(sessions: Sessions, table: str) -> list[str]:
    order = {"outbox": "id", "inbox": "seq"}[table]
    async with sessions.begin(role="ops") as (session, _):
        return list(await session.scalars(text(f"SELECT state FROM {table} ORDER BY {order}")))


async def test_empty_queues(plaudit: Command, configured: Sessions) -> None:
    for queue in ("outbox", "inbox"):
        for verb in ("list", "replay"):
            ended = await plaudit(queue, verb)
            assert (ended.code, ended.out) == (0, f"Nothing is parked in the {queue}.\n")


async def test_outbox(plaudit: Command, configured: Sessions) -> None:
    ids = await park_messages(configured, 3)
    listed = await plaudit("outbox", "list")
    assert listed.code == 1
    assert listed.out.count("channel_not_found") == 3
    assert "3 parked. Mend the cause, then: plaudit outbox replay" in listed.out
    assert (await plaudit("outbox", "replay", str(ids[1]))).code == 0
    assert await states(configured, "outbox") == ["parked", "pending", "parked"]
    unknown = await plaudit("outbox", "replay", str(ids[1]), str(ids[2]))
    assert (unknown.code, len(lines(unknown.err))) == (2, 1)
    assert str(ids[1]) in unknown.err
    assert (await plaudit("outbox", "replay")).out == "1 will be tried again by the running Plaudit.\n"
    assert await states(configured, "outbox") == ["pending"] * 3


async def test_inbox(plaudit: Command, configured: Sessions) -> None:
    ids = await park_deliveries(configured, 3)
    listed = await plaudit("inbox", "list")
    assert listed.code == 1
    assert listed.out.count("KeyError: 'chat'") == 3
    assert str(ids[0]) in listed.out
    assert (await plaudit("inbox", "replay", str(ids[1]))).code == 0
    assert await states(configured, "inbox") == ["parked", "retry", "parked"]
    assert (await plaudit("inbox", "replay", str(ids[1]))).code == 2
    assert (await plaudit("inbox", "replay")).code == 0
    assert await states(configured, "inbox") == ["retry"] * 3


async def test_more_than_a_page_of_deliveries_is_replayed(plaudit: Command, configured: Sessions) -> None:
    await park_deliveries(configured, 105)
    listed = await plaudit("inbox", "list")
    assert "105 parked; the first 100 are shown." in listed.out
    assert (await plaudit("inbox", "replay")).out == "105 will be tried again by the running Plaudit.\n"
