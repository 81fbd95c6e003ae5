"""Who is told of a kudos, where, and what becomes of it when the kudos changes."""

from datetime import datetime
from typing import NamedTuple

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.kudos import service as kudos
from core.kudos.service import Source
from core.kudos.wording import Wording
from core.outbox import BROADCAST, NOTICE
from core.people import service as people
from core.people.models import Workspace
from core.standing import standing_at
from tests.factories import enter, make_member, make_members, make_place, make_workspace, thank

_ROWS = text(
    "SELECT kind, scope, priority, reference, address, dedup_key, revision, state FROM outbox"
    " WHERE workspace_id = :workspace_id ORDER BY kind, scope"
)


class Told(NamedTuple):
    kind: str
    scope: str


async def told(session: AsyncSession, workspace: Workspace) -> list[Told]:
    found = await session.execute(_ROWS, {"workspace_id": workspace.id})
    return [Told(row.kind, row.scope) for row in found]


async def test_the_card_stands_where_it_was_written_and_in_every_connected_place(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    written = await make_place(session, workspace, remote_id="C-written", reference={"thread": "1"})
    await make_place(session, workspace, remote_id="C-connected", is_connected=True)
    await make_place(session, workspace, platform="teams", tenant="E1", remote_id="19:x", is_connected=True)
    await make_place(session, workspace, remote_id="C-other")
    await make_place(session, workspace, remote_id="C-left", is_connected=True)
    await people.leave_place(session, workspace_id=workspace.id, platform="slack", tenant="T1", remote_id="C-left")
    kudos_id = await thank(session, workspace, ana, [luis], now=now, source=Source(written.id, "m1"))
    assert await told(session, workspace) == [
        Told("kudos_card", "slack:T1:C-connected"),
        Told("kudos_card", "slack:T1:C-written"),
        Told("kudos_card", "teams:E1:19:x"),
    ]
    row = (await session.execute(_ROWS, {"workspace_id": workspace.id})).all()[1]
    assert (row.priority, row.reference, row.state, row.revision) == (BROADCAST, {"kudos": kudos_id}, "pending", 1)
    assert row.address == {
        "platform": "slack",
        "tenant": "T1",
        "remote_id": "C-written",
        "kind": "channel",
        "name": "somewhere",
        "reference": {"thread": "1"},
    }


async def test_a_place_that_is_source_and_connected_gets_one_card(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    place = await make_place(session, workspace, remote_id="C1", is_connected=True)
    await thank(session, workspace, ana, [luis], now=now, source=Source(place.id, "m1"))
    assert await told(session, workspace) == [Told("kudos_card", "slack:T1:C1")]


async def test_the_private_chat_it_was_written_in_gets_no_card(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    chat = await make_place(session, workspace, remote_id="D1", kind="personal", member=ana)
    await thank(session, workspace, ana, [luis], now=now, source=Source(chat.id, "m1"))
    assert [row.kind for row in await told(session, workspace)] == ["kudos_notice"]


async def test_receivers_are_told_in_private_unless_a_card_mentions_them(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana = await make_member(session, workspace)
    mentioned = await make_member(session, workspace)
    elsewhere = await make_member(session, workspace, platform="teams", tenant="E1", remote_id="29:a")
    other_team = await make_member(session, workspace, tenant="T2", remote_id="U-t2")
    with_chat = await make_member(session, workspace, platform="telegram", tenant="", remote_id="77")
    await make_place(
        session,
        workspace,
        platform="telegram",
        tenant="",
        remote_id="77",
        kind="personal",
        member=with_chat,
        reference={"chat": 77},
    )
    without_chat = await make_member(session, workspace, platform="telegram", tenant="", remote_id="88")
    await make_place(session, workspace, remote_id="C1", is_connected=True)
    receivers = [mentioned, elsewhere, other_team, with_chat, without_chat]
    kudos_id = await thank(session, workspace, ana, receivers, now=now)
    assert await told(session, workspace) == [
        Told("kudos_card", "slack:T1:C1"),
        Told("kudos_notice", "slack:T2:@U-t2"),
        Told("kudos_notice", "teams:E1:@29:a"),
        Told("kudos_notice", "telegram::77"),
    ]
    row = (await session.execute(_ROWS, {"workspace_id": workspace.id})).all()[3]
    assert (row.priority, row.reference) == (NOTICE, {"kudos": kudos_id, "reader": with_chat.member_id})
    assert row.address == {
        "platform": "telegram",
        "tenant": "",
        "remote_id": "77",
        "kind": "personal",
        "name": "",
        "reference": {"chat": 77},
        "person": "77",
    }


async def test_a_private_kudos_is_told_to_its_receivers_alone(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    place = await make_place(session, workspace, remote_id="C1", is_connected=True)
    await thank(session, workspace, ana, [luis], now=now, is_private=True, source=Source(place.id, "m1"))
    assert [row.kind for row in await told(session, workspace)] == ["kudos_notice"]


async def test_every_change_is_told_wherever_the_kudos_was(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis, eva = await make_members(session, workspace, 3)
    await make_place(session, workspace, remote_id="C1", is_connected=True)
    far = await make_member(session, workspace, platform="teams", tenant="E1")
    kudos_id = await thank(session, workspace, ana, [luis, far], now=now)
    untouched = await thank(session, workspace, luis, [ana], now=now)

    async def revisions() -> dict[int, set[tuple[str, int, str]]]:
        found: dict[int, set[tuple[str, int, str]]] = {kudos_id: set(), untouched: set()}
        for row in await session.execute(_ROWS, {"workspace_id": workspace.id}):
            found[row.reference["kudos"]].add((row.kind, row.revision, row.state))
        return found

    await session.execute(text("UPDATE outbox SET state = 'sent'"))
    await kudos.second(session, workspace=workspace, kudos_id=kudos_id, member=eva, now=now)
    seconded = await revisions()
    assert seconded[kudos_id] == {("kudos_card", 2, "pending"), ("kudos_notice", 2, "pending")}
    assert seconded[untouched] == {("kudos_card", 1, "sent")}
    # A second that counts no more changes nothing; what is being sent stays with its sender.
    await kudos.second(session, workspace=workspace, kudos_id=kudos_id, member=eva, now=now)
    await session.execute(text("UPDATE outbox SET state = 'sending' WHERE kind = 'kudos_card'"))
    await kudos.reword(session, workspace=workspace, kudos_id=kudos_id, giver=ana, wording=Wording.of("other words"))
    assert (await revisions())[kudos_id] == {("kudos_card", 3, "sending"), ("kudos_notice", 3, "pending")}
    await kudos.undo(session, workspace=workspace, kudos_id=kudos_id, giver=ana, now=now)
    assert {revision for _, revision, _ in (await revisions())[kudos_id]} == {4}


async def test_a_change_reaches_no_kudos_whose_number_begins_alike(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    await make_place(session, workspace, remote_id="C1", is_connected=True)
    kudos_id = await thank(session, workspace, ana, [luis], now=now)
    longer = f"kudos:{kudos_id}0:in:slack:T1:C1"
    await session.execute(
        text("UPDATE outbox SET dedup_key = :longer WHERE workspace_id = :workspace_id"),
        {"longer": longer, "workspace_id": workspace.id},
    )
    await kudos.undo(session, workspace=workspace, kudos_id=kudos_id, giver=ana, now=now)
    (row,) = (await session.execute(_ROWS, {"workspace_id": workspace.id})).all()
    assert row.revision == 1


async def test_another_workspace_is_never_told(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    ana, luis = await make_members(session, workspace, 2)
    other = await make_workspace(session)
    await make_place(session, other, remote_id="C-theirs", is_connected=True)
    await enter(session, workspace.id, role="ops")
    await thank(session, workspace, ana, [luis], now=now)
    assert [row.kind for row in await told(session, workspace)] == ["kudos_notice"]
    assert await told(session, other) == []


_POST = text(
    "INSERT INTO post (workspace_id, dedup_key, message_id, address) VALUES (:workspace_id, :key, :message_id, '{}')"
)


@pytest.mark.parametrize(
    ("key", "is_found"),
    [
        ("kudos:7:in:slack:T1:C1", True),
        ("kudos:7:in:slack:T1:C2", False),
        ("kudos:7:in:slack:T1:C1:x", False),
        ("kudos:7:to:slack:T1:C1", False),
        ("badge:7:in:slack:T1:C1", False),
    ],
)
async def test_the_kudos_of_a_card_is_found_by_its_message(
    session: AsyncSession, workspace: Workspace, key: str, is_found: bool
) -> None:
    await session.execute(_POST, {"workspace_id": workspace.id, "key": key, "message_id": "17.5"})
    found = {
        (scope, message_id): await standing_at(
            session, "kudos", workspace_id=workspace.id, scope=scope, message_id=message_id
        )
        for scope in ("slack:T1:C1", "slack:T1:%", "slack:T1:C_")
        for message_id in ("17.5", "17.6")
    }
    assert {place: kudos_id for place, kudos_id in found.items() if kudos_id} == (
        {("slack:T1:C1", "17.5"): 7} if is_found else {}
    )
    other = await make_workspace(session)
    await enter(session, workspace.id)
    assert await standing_at(session, "kudos", workspace_id=other.id, scope="slack:T1:C1", message_id="17.5") is None
