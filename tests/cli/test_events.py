"""Events that could not be taken can be seen with their reason, and taken once it is mended."""

import pytest
from sqlalchemy import text

from bots.consumer import Consumer
from bots.event_words import REFUSED, WRONG, sentences
from core.database import Sessions
from core.people.models import Workspace
from tests.cli.conftest import Command, lines
from tests.core.badges.stock import make_badge
from tests.core.events.stage import message, parked
from tests.core.events.test_message import FAULTS
from tests.factories import make_company, make_member


@pytest.fixture
async def workspace(configured: Sessions) -> Workspace:
    made, _ = await make_company(configured, 0)
    return made


async def send(sessions: Sessions, workspace: Workspace, key: str, **fields: object) -> None:
    await Consumer(sessions).take(message(key, **fields), workspace_id=workspace.id)  # type: ignore[arg-type]


async def test_nothing_is_parked(plaudit: Command, workspace: Workspace) -> None:
    for words in (["events"], ["events", "list"], ["events", "replay", "--all"]):
        assert tuple(await plaudit(*words)) == (0, "No event is parked.\n", "")


async def test_listed_with_reasons_and_without_what_the_messages_say(
    plaudit: Command, configured: Sessions, workspace: Workspace
) -> None:
    await send(configured, workspace, "orders.closed", user_id=1)
    await send(configured, workspace, "sale", user_id="ana@example.com", quantity=-1)
    listed = await plaudit("events")
    assert listed.code == 1
    assert "nothing asks for orders.closed; name it in the events of a badge" in listed.out
    assert '$.quantity: "-1" is not from 0 to 1000000000' in listed.out
    assert "2 given up, 0 tried again. Mend the cause, then: plaudit events replay IDS, or --all" in listed.out
    assert "ana@example.com" not in listed.out


async def test_replayed_once_mended_with_one_effect(
    plaudit: Command, configured: Sessions, workspace: Workspace
) -> None:
    await send(configured, workspace, "sale", user_id="ana@example.com")
    await send(configured, workspace, "orders.closed", user_id="ana@example.com")
    first, second = [each.id for each in await parked(configured)]
    still = await plaudit("events", "replay", str(first))
    assert still.code == 1
    assert "nobody is known by what stands at 0" in still.out
    assert "0 taken, 1 still parked." in still.out
    async with configured.begin(workspace.id) as (session, _):
        await make_member(session, workspace, "Ana", email="ana@example.com")
        await make_badge(session, workspace, reward_type="Automated Badge", events=["orders.closed"])
    mended = await plaudit("events", "replay", "--all")
    assert mended.code == 0
    assert f"{first} sale: recorded for 1 members, 0 awards" in mended.out
    assert f"{second} orders.closed: recorded for 1 members, 1 awards" in mended.out
    again = await plaudit("events", "replay", str(first))
    assert (again.code, len(lines(again.err))) == (2, 1)
    assert f"no event waits as {first}" in again.err
    async with configured.begin(workspace.id) as (session, _):
        assert await session.scalar(text("SELECT count(*) FROM activity")) == 2


async def test_what_is_meant_has_to_be_said(plaudit: Command, workspace: Workspace) -> None:
    for words in ([], ["7", "--all"]):
        ended = await plaudit("events", "replay", *words)
        assert (ended.code, ended.out) == (2, "")
        assert "Name the ids that `plaudit events list` shows, or say --all" in ended.err


async def test_more_than_a_page_is_replayed(plaudit: Command, configured: Sessions, workspace: Workspace) -> None:
    for number in range(102):
        await send(configured, workspace, "orders.closed", called=str(number), user_id=1)
    assert "102 given up, 0 tried again; the first 100 are shown." in (await plaudit("events", "list")).out
    assert "0 taken, 102 still parked." in (await plaudit("events", "replay", "--all")).out


def test_every_fault_has_a_sentence_that_says_what_to_do() -> None:
    assert {code for _, _, code in FAULTS} <= set(WRONG)
    for told in (*WRONG.values(), *REFUSED.values()):
        assert ";" in told or "must be" in told or ":" in told or "limit" in told
    assert sentences("strange", {}) == ["it was refused (strange); see how to send events"]


def remark(said: str, subject: str) -> str:
    return "\n".join(line for line in said.splitlines() if line.strip().startswith(subject))


async def test_the_doctor_tells_of_the_broker_the_hooks_the_switches_and_what_is_parked(
    plaudit: Command, configured: Sessions, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "to use it: set PLAUDIT_AMQP_URL" in remark((await plaudit("doctor")).out, "RabbitMQ")
    await send(configured, workspace, "nobody.wants.it", user_id=1)
    monkeypatch.setenv("PLAUDIT_AMQP_URL", "amqp://guest:canary-9b@127.0.0.1:1/")
    monkeypatch.setenv("PLAUDIT_EVENTS", "off")
    monkeypatch.setenv("PLAUDIT_HOOKS", f"shop:{'canary-9b' * 4}")
    ended = await plaudit("doctor")
    assert ended.code == 1
    assert "BROKEN" in remark(ended.out, "RabbitMQ")
    assert "see that it runs" in remark(ended.out, "RabbitMQ")
    assert "the rest runs without it" in remark(ended.out, "RabbitMQ")
    assert "/hooks/shop" in remark(ended.out, "Hooks")
    assert "1 parked" in ended.out
    assert "`plaudit events list` says why; then `plaudit events replay --all`" in ended.out
    assert "PLAUDIT_EVENTS=on" in ended.out
    monkeypatch.setenv("PLAUDIT_HOOKS", "shop:canary-9b")
    ended = await plaudit("doctor")
    assert "shorter than 32 characters" in remark(ended.out, "Hooks")
    assert "canary-9b" not in ended.out + ended.err


async def test_events_and_notifications_of_a_workspace_are_switched(
    plaudit: Command, configured: Sessions, workspace: Workspace
) -> None:
    async def switched() -> list[tuple[bool, bool]]:
        async with configured.begin(role="ops") as (session, _):
            rows = await session.execute(text("SELECT takes_events, sends_notices FROM workspace ORDER BY id"))
            return [(row.takes_events, row.sends_notices) for row in rows]

    told = await plaudit("events", "off")
    assert told.out == f"Workspace {workspace.id} takes no events until `plaudit events on`.\n"
    assert (await plaudit("notifications", "off")).code == 0
    assert await switched() == [(False, False)]
    await make_company(configured, 0)
    asked = await plaudit("events", "on")
    assert (asked.code, "choose with --workspace" in asked.err) == (2, True)
    assert (await plaudit("events", "on", "--workspace", str(workspace.id))).code == 0
    assert await switched() == [(True, False), (True, True)]
    assert (await plaudit("notifications", "on", "--workspace", workspace.name)).code == 0
    assert await switched() == [(True, True), (True, True)]
