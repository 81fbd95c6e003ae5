"""Forms that are filled in by steps: one in a chat, for a while, and gone with whoever filled it in."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import drafts
from core.database import Sessions
from core.drafts import Draft
from core.people.models import Workspace
from core.people.queries import Person
from tests.factories import enter, make_company, make_members, make_workspace

CHAT = "telegram:1:41"
DAY = timedelta(days=1)


async def begin(session: AsyncSession, workspace: Workspace, member: Person, now: datetime, **changes: Any) -> None:
    usual: dict[str, Any] = {
        "conversation": CHAT,
        "kind": "kudos_form",
        "nonce": "aa",
        "reference": {"place": 7},
        "values": {},
        "people": [("41", "Zoë"), ("7", "Ana")],
        "expires_at": now + DAY,
    }
    await drafts.start(session, workspace_id=workspace.id, member_id=member.member_id, **{**usual, **changes})


async def nonce(session: AsyncSession, workspace: Workspace, conversation: str = CHAT) -> str | None:
    found = await drafts.hold(session, workspace_id=workspace.id, conversation=conversation)
    return found.nonce if found else None


async def count(session: AsyncSession) -> int:
    return int(await session.scalar(select(func.count()).select_from(Draft)) or 0)


async def test_a_chat_has_one_form_and_the_new_one_begins_anew(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    [ana] = await make_members(session, workspace, 1)
    await begin(session, workspace, ana, now)
    first = await drafts.hold(session, workspace_id=workspace.id, conversation=CHAT)
    assert first is not None
    assert [list(pair) for pair in first.people] == [["41", "Zoë"], ["7", "Ana"]]
    first.filled, first.awaited, first.message_id = {"message": "for the demo"}, "message", "12"
    await begin(session, workspace, ana, now, nonce="bb", people=[], values={"privacy": "private"})
    second = await drafts.get(session, workspace_id=workspace.id, conversation=CHAT)
    assert second is not None
    assert (second.nonce, second.filled, second.people) == ("bb", {"privacy": "private"}, [])
    assert (second.awaited, second.message_id) == ("", "")
    assert await count(session) == 1


async def test_chats_and_workspaces_have_their_own(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    [ana] = await make_members(session, workspace, 1)
    await begin(session, workspace, ana, now)
    await begin(session, workspace, ana, now, conversation="telegram:1:42", nonce="bb")
    assert await nonce(session, workspace, "telegram:1:42") == "bb"
    assert await nonce(session, workspace, "telegram:1:43") is None
    other = await make_workspace(session)
    assert await nonce(session, other) is None
    await enter(session, workspace.id)
    assert await nonce(session, workspace) == "aa"


async def test_a_form_out_of_time_is_none_and_is_forgotten(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    """Case 36: the database's clock decides."""
    ana, luis = await make_members(session, workspace, 2)
    await begin(session, workspace, ana, now, expires_at=now - timedelta(seconds=1))
    await begin(session, workspace, luis, now, conversation="telegram:1:42")
    assert await nonce(session, workspace) is None
    await enter(session, 0, role="ops")
    await drafts.forget(session, before=now)
    assert await count(session) == 1


async def test_it_goes_when_it_is_sent_and_when_its_member_is_merged(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    await begin(session, workspace, ana, now)
    await begin(session, workspace, luis, now, conversation="telegram:1:42")
    await drafts.close(session, workspace_id=workspace.id, conversation=CHAT)
    assert await nonce(session, workspace) is None
    await drafts.merge(session, workspace_id=workspace.id, younger=luis.member_id)
    assert await count(session) == 0


async def test_steps_that_come_at_once_follow_one_another(database: Sessions) -> None:
    workspace, [ana] = await make_company(database, 1)
    async with database.begin(workspace.id) as (session, now):
        await begin(session, workspace, ana, now)

    async def tick(number: int) -> None:
        async with database.begin(workspace.id) as (session, _):
            draft = await drafts.hold(session, workspace_id=workspace.id, conversation=CHAT)
            assert draft is not None
            draft.filled = {**draft.filled, str(number): "x"}

    await asyncio.gather(*(tick(number) for number in range(12)))
    async with database.begin(workspace.id) as (session, _):
        found = await drafts.get(session, workspace_id=workspace.id, conversation=CHAT)
        assert found is not None
        assert len(found.filled) == 12
