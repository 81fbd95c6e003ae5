"""Which chat this is, and which workspace a tenant or a chat belongs to."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Sessions
from core.people import queries
from core.people import service as people
from core.people.models import Conversation, Workspace
from core.people.service import PlaceTaken
from tests.factories import enter, make_company, make_member, make_members, make_place, make_workspace


async def keep(session: AsyncSession, workspace: Workspace, **changes: Any) -> Conversation:
    given: dict[str, Any] = {
        "platform": "slack",
        "tenant": "T1",
        "remote_id": "C1",
        "kind": "channel",
        "name": "general",
        "reference": {"ts": "1"},
        "member_id": None,
    }
    return await people.keep_place(session, workspace_id=workspace.id, **{**given, **changes})


async def fresh(session: AsyncSession, place: Conversation) -> Any:
    found = await session.execute(text("SELECT *, xmin FROM conversation WHERE id = :id"), {"id": place.id})
    return found.one()


async def test_a_place_is_kept_once_and_follows_what_changes(session: AsyncSession, workspace: Workspace) -> None:
    first = await keep(session, workspace)
    for changes in (
        {"name": "renamed"},
        {"reference": {"ts": "2"}},
        {"kind": "group"},
        {"name": "  a\x00 name  ", "reference": {}},
    ):
        again = await keep(session, workspace, **changes)
        assert again.id == first.id
        found = await fresh(session, first)
        for field, value in changes.items():
            assert getattr(found, field) == ("a name" if "\x00" in str(value) else value)
    await keep(session, workspace, name="")
    assert (await fresh(session, first)).name == "a name"


async def test_a_place_that_has_not_changed_is_written_once_an_hour(database: Sessions) -> None:
    workspace, _ = await make_company(database, 0)
    for change, is_written in [
        (None, False),
        ("heard_at = now() - interval '59 minutes'", False),
        ("heard_at = now() - interval '61 minutes'", True),
        ("is_gone = true", True),
    ]:
        async with database.begin(workspace.id) as (session, _):
            place = await keep(session, workspace)
            if change:
                await session.execute(text(f"UPDATE conversation SET {change}"))
        async with database.begin(workspace.id) as (session, _):
            before = await fresh(session, place)
            await keep(session, workspace)
            after = await fresh(session, place)
        assert (before.xmin != after.xmin) is is_written
        assert not after.is_gone


async def test_a_private_chat_has_its_member_and_no_other_place_has_one(
    session: AsyncSession, workspace: Workspace
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    chat = await keep(session, workspace, remote_id="D1", kind="personal", member_id=ana.member_id)
    assert chat.member_id == ana.member_id
    await keep(session, workspace, remote_id="D1", kind="personal", member_id=luis.member_id)
    assert (await fresh(session, chat)).member_id == luis.member_id
    assert (await keep(session, workspace, member_id=ana.member_id)).member_id is None


async def test_a_place_of_another_workspace_is_another_place(session: AsyncSession, workspace: Workspace) -> None:
    mine = await keep(session, workspace)
    other = await make_workspace(session)
    assert (await keep(session, other)).id != mine.id


async def test_connected_places_are_those_we_are_still_in(session: AsyncSession, workspace: Workspace) -> None:
    first = await make_place(session, workspace, remote_id="C1", is_connected=True)
    second = await make_place(session, workspace, remote_id="C2", is_connected=True)
    await make_place(session, workspace, remote_id="C3")

    async def connected() -> list[int]:
        return [place.id for place in await queries.connected(session, workspace_id=workspace.id)]

    assert await connected() == [first.id, second.id]
    await people.leave_place(session, workspace_id=workspace.id, platform="slack", tenant="T1", remote_id="C2")
    assert await connected() == [first.id]
    await keep(session, workspace, remote_id="C2")
    assert await connected() == [first.id, second.id]
    await people.connect(session, first, is_connected=False)
    assert await connected() == [second.id]


async def test_places_are_found_by_their_keys(session: AsyncSession, workspace: Workspace) -> None:
    await keep(session, workspace)
    keys = [("slack", "T1", "C1"), ("slack", "T1", "C2"), ("teams", "T1", "C1")]
    assert [place.remote_id for place in await queries.places(session, keys, workspace_id=workspace.id)] == ["C1"]
    assert await queries.places(session, [], workspace_id=workspace.id) == []


async def test_a_place_that_moves_takes_its_row_its_binding_and_its_connection_along(
    session: AsyncSession, workspace: Workspace
) -> None:
    where: dict[str, Any] = {"platform": "telegram", "tenant": ""}
    place = await make_place(session, workspace, **where, remote_id="-1", kind="group", is_connected=True)
    await people.bind(session, workspace_id=workspace.id, **where, remote_id="-1")
    await people.move_place(session, workspace_id=workspace.id, **where, old="-1", new="-100")
    moved = await fresh(session, place)
    assert (moved.remote_id, moved.is_connected) == ("-100", True)
    assert await queries.workspace_of(session, **where, remote_id="-100") == workspace.id
    assert await queries.workspace_of(session, **where, remote_id="-1") is None


async def test_a_place_that_moves_to_where_we_are_already_becomes_that_place(
    session: AsyncSession, workspace: Workspace
) -> None:
    """Telegram may tell of the new group before it tells that the old one moved, and tells the move twice."""
    where: dict[str, Any] = {"platform": "telegram", "tenant": ""}
    old = await make_place(session, workspace, **where, remote_id="-1", kind="group", is_connected=True)
    new = await make_place(session, workspace, **where, remote_id="-100", kind="group")
    for remote_id in ("-1", "-100"):
        await people.bind(session, workspace_id=workspace.id, **where, remote_id=remote_id)
    for _ in range(2):
        await people.move_place(session, workspace_id=workspace.id, **where, old="-1", new="-100")
    assert [place.remote_id for place in await queries.connected(session, workspace_id=workspace.id)] == ["-100"]
    assert (await fresh(session, new)).is_connected
    assert (await fresh(session, old)).is_gone
    assert await queries.workspace_of(session, **where, remote_id="-100") == workspace.id


async def test_a_tenant_belongs_to_one_workspace(session: AsyncSession, workspace: Workspace) -> None:
    other = await make_workspace(session)
    await enter(session, 0, role="ops")
    for _ in range(2):
        await people.bind(session, workspace_id=workspace.id, platform="slack", tenant="T1")
    with pytest.raises(PlaceTaken):
        await people.bind(session, workspace_id=other.id, platform="slack", tenant="T1")
    assert await queries.workspace_of(session, platform="slack", tenant="T1", remote_id="C1") == workspace.id
    # A single chat of a tenant may be another's, and then is.
    await people.bind(session, workspace_id=other.id, platform="slack", tenant="T1", remote_id="C1")
    assert await queries.workspace_of(session, platform="slack", tenant="T1", remote_id="C1") == other.id
    assert await queries.workspace_of(session, platform="slack", tenant="T1", remote_id="C2") == workspace.id
    assert await queries.workspace_of(session, platform="slack", tenant="T2", remote_id="C1") is None
    assert await queries.workspace_of(session, platform="teams", tenant="T1", remote_id="C1") is None


async def test_two_workspaces_that_bind_one_tenant_at_once(database: Sessions) -> None:
    first, _ = await make_company(database, 0)
    second, _ = await make_company(database, 0)

    async def bind(workspace: Workspace) -> bool:
        try:
            async with database.begin(role="ops") as (session, _):
                await people.bind(session, workspace_id=workspace.id, platform="slack", tenant="T1")
        except PlaceTaken:
            return False
        return True

    bound = await asyncio.gather(*(bind(workspace) for workspace in [first, second] * 4))
    async with database.begin(role="ops") as (session, _):
        owner = await queries.workspace_of(session, platform="slack", tenant="T1", remote_id="")
    assert bound == [workspace.id == owner for workspace in [first, second] * 4]


async def test_a_tenant_that_may_speak_to_us_belongs_to_the_only_workspace(session: AsyncSession) -> None:
    assert await people.bind_to_only_workspace(session, platform="slack", tenant="T1") is None
    workspace = await make_workspace(session)
    await enter(session, 0, role="ops")
    assert await people.bind_to_only_workspace(session, platform="slack", tenant="T1") == workspace.id
    assert await queries.workspace_of(session, platform="slack", tenant="T1", remote_id="") == workspace.id
    await make_workspace(session)
    await enter(session, 0, role="ops")
    assert await people.bind_to_only_workspace(session, platform="slack", tenant="T2") is None


async def test_a_workspace_begins_with_the_usual_policy(session: AsyncSession) -> None:
    made = await people.create_workspace(session, name=" Acme\x00 ", time_zone="Europe/Madrid")
    assert (made.name, made.time_zone, made.locale) == ("Acme", "Europe/Madrid", "en")
    assert (made.allowance_points, made.kudos_points, made.pair_points_max, made.undo_minutes) == (50, 1, 20, 10)
    assert await queries.workspace(session, made.id) is made
    await enter(session, made.id)
    await make_member(session, made)
