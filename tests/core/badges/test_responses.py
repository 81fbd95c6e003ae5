"""Likes, comments, reports and the showcase as services: whose, how often, of which workspace, and after a merge."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import choosing, queries, reports, responses, revoking, service, showcase
from core.errors import Refusal
from core.identity import service as identity
from core.people.models import Workspace
from core.people.queries import Person
from tests.core.badges.stock import awards, make_badge
from tests.core.identity.family import findings
from tests.factories import enter, make_member, make_members, make_workspace


@pytest.fixture
async def people(session: AsyncSession, workspace: Workspace) -> list[Person]:
    return await make_members(session, workspace, 6)


@pytest.fixture
async def act(session: AsyncSession, workspace: Workspace, people: list[Person], now: datetime) -> int:
    """Member 1 gave Members 2 and 3 a badge."""
    badge = await make_badge(session, workspace)
    made = await service.award(
        session, workspace=workspace, badge=badge, giver=people[0], receivers=people[1:3], now=now
    )
    return made.act_id


async def code(session: AsyncSession, work: Any) -> str:
    try:
        async with session.begin_nested():
            await work
    except Refusal as refused:
        return refused.code
    return "done"


async def test_who_may_like_what(
    session: AsyncSession, workspace: Workspace, people: list[Person], act: int, now: datetime
) -> None:
    async def like(member: Person, act_id: int = act) -> str:
        work = responses.like(session, workspace=workspace, act_id=act_id, member=member, now=now)
        return await code(session, work)

    assert [await like(person) for person in people] == ["own_award_like"] * 3 + ["done"] * 3
    assert await like(people[3]) == "already_done"
    assert await like(people[3], act + 1000) == "award_gone"
    found = await queries.story(session, act, workspace_id=workspace.id)
    assert found is not None
    assert found.likes == 3
    admin = people[5]._replace(roles=("admin",))
    await revoking.revoke_act(session, workspace=workspace, act_id=act, actor=admin, reason="x", now=now)
    assert await like(people[4]) == "award_gone"
    assert await findings(session, workspace) == []


async def test_another_workspace_finds_nothing(
    session: AsyncSession, workspace: Workspace, people: list[Person], act: int, now: datetime
) -> None:
    """Case 25, below the chats."""
    comment_id = await responses.comment(
        session, workspace=workspace, act_id=act, member=people[3], words="bravo", now=now
    )
    await reports.report(session, workspace=workspace, act_id=act, member=people[3], now=now)
    other = await make_workspace(session)
    stranger = (await make_member(session, other))._replace(roles=("admin",))
    what: dict[str, Any] = {"workspace": other, "now": now}
    assert [
        await code(session, responses.like(session, act_id=act, member=stranger, **what)),
        await code(session, responses.comment(session, act_id=act, member=stranger, words="x", **what)),
        await code(session, responses.remove_comment(session, comment_id=comment_id, actor=stranger, **what)),
        await code(session, reports.report(session, act_id=act, member=stranger, **what)),
        await code(session, reports.dismiss(session, act_id=act, actor=stranger, **what)),
        await code(session, revoking.revoke_act(session, act_id=act, actor=stranger, reason="x", **what)),
        await code(session, revoking.take_back(session, act_id=act, giver=stranger, **what)),
    ] == ["award_gone", "award_gone", "comment_gone", "award_gone", "report_decided", "award_gone", "award_gone"]
    assert await queries.story(session, act, workspace_id=other.id) is None


async def test_who_removes_a_comment(
    session: AsyncSession, workspace: Workspace, people: list[Person], act: int, now: datetime
) -> None:
    _, _, _, writer, other, helper = people
    comment_id = await responses.comment(
        session, workspace=workspace, act_id=act, member=writer, words=" bravo\u202e ", now=now
    )
    [kept] = await queries.comments(session, act, workspace_id=workspace.id)
    assert kept.text == "bravo"

    async def remove(actor: Person) -> str:
        work = responses.remove_comment(session, workspace=workspace, comment_id=comment_id, actor=actor, now=now)
        return await code(session, work)

    assert await remove(other) == "comment_not_yours"
    assert await remove(helper._replace(roles=("coordinator",), status="left")) == "comment_not_yours"
    assert await remove(helper._replace(roles=("coordinator",))) == "done"
    assert await remove(writer) == "comment_gone"
    again = responses.comment(session, workspace=workspace, act_id=act, member=writer, words="bravo", now=now)
    assert await code(session, again) == "done"


async def test_reports_and_who_decides(
    session: AsyncSession, workspace: Workspace, people: list[Person], act: int, now: datetime
) -> None:
    async def report(member: Person, reason: str = "") -> str:
        work = reports.report(session, workspace=workspace, act_id=act, member=member, reason=reason, now=now)
        return await code(session, work)

    assert [await report(people[3]), await report(people[3]), await report(people[4], "x" * 501)] == [
        "done",
        "award_reported",
        "report_too_long",
    ]
    coordinator = people[5]._replace(roles=("coordinator",))
    admin = people[5]._replace(roles=("admin",))
    dismissing = [
        await code(session, reports.dismiss(session, workspace=workspace, act_id=act, actor=actor, now=now))
        for actor in (coordinator, admin, admin)
    ]
    assert dismissing == ["admin_only", "done", "report_decided"]
    assert await report(people[3]) == "award_reported"


async def test_a_partly_revoked_act_keeps_its_reports_open(
    session: AsyncSession, workspace: Workspace, people: list[Person], act: int, now: datetime
) -> None:
    await reports.report(session, workspace=workspace, act_id=act, member=people[3], now=now)
    admin = people[5]._replace(roles=("admin",))
    first, second = [each.id for each in await awards(session, workspace)]
    what: dict[str, Any] = {"workspace": workspace, "actor": admin, "reason": "x", "now": now}
    await revoking.revoke(session, award_id=first, **what)
    assert len(await reports.list_open(session, act, workspace_id=workspace.id)) == 1
    await revoking.revoke(session, award_id=second, **what)
    assert await reports.list_open(session, act, workspace_id=workspace.id) == []
    assert await code(session, revoking.revoke_act(session, act_id=act, **what)) == "award_already_revoked"


async def test_members_who_are_merged_say_everything_once(
    session: AsyncSession, workspace: Workspace, people: list[Person], act: int, now: datetime
) -> None:
    giver, luis, _, older, younger, _ = people
    what: dict[str, Any] = {"workspace": workspace, "act_id": act, "now": now}
    for member in (older, younger):
        await responses.like(session, member=member, **what)
        await responses.comment(session, member=member, words="bravo", **what)
        await reports.report(session, member=member, **what)
    await responses.comment(session, member=younger, words="well done", **what)
    badges = [await make_badge(session, workspace, reward=f"Badge {number}") for number in range(4)]
    for number, badge in enumerate(badges):
        holder = (older, younger, younger, younger)[number]
        await service.award(session, workspace=workspace, badge=badge, giver=giver, receivers=[holder], now=now)
        if number:
            await showcase.show(session, workspace=workspace, member=holder, badge_id=badge.id)
    await showcase.show(session, workspace=workspace, member=older, badge_id=badges[0].id)
    draft = await choosing.keep(
        session,
        badges[:2],
        workspace=workspace,
        giver=younger,
        receivers=[luis],
        message="",
        conversation_id=None,
        now=now,
    )
    await identity.merge(
        session, workspace=workspace, member_ids=(older.member_id, younger.member_id), actor_id=older.member_id, now=now
    )
    found = await queries.story(session, act, workspace_id=workspace.id)
    assert found is not None
    assert (found.likes, found.comments) == (1, 2)
    assert {each.member_id for each in await queries.comments(session, act, workspace_id=workspace.id)} == {
        older.member_id
    }
    assert len(await reports.list_open(session, act, workspace_id=workspace.id)) == 1
    shown = await session.scalars(
        text("SELECT badge_id FROM award_showcase WHERE member_id = :m ORDER BY place"), {"m": older.member_id}
    )
    assert shown.all() == [badge.id for badge in badges[:3]]
    kept = await choosing.get_draft(session, draft, workspace_id=workspace.id)
    assert kept is not None
    assert kept.giver_id == older.member_id
    assert await findings(session, workspace) == []


async def test_who_becomes_a_party_by_a_merge_does_not_like_it(
    session: AsyncSession, workspace: Workspace, people: list[Person], act: int, now: datetime
) -> None:
    fan, receiver = people[4], people[2]
    await responses.like(session, workspace=workspace, act_id=act, member=fan, now=now)
    await identity.merge(
        session, workspace=workspace, member_ids=(fan.member_id, receiver.member_id), actor_id=fan.member_id, now=now
    )
    found = await queries.story(session, act, workspace_id=workspace.id)
    assert found is not None
    assert found.likes == 0
    assert await findings(session, workspace) == []


async def test_drafts_are_their_givers_and_are_forgotten(
    session: AsyncSession, workspace: Workspace, people: list[Person], now: datetime
) -> None:
    badge = await make_badge(session, workspace)
    what: dict[str, Any] = {"workspace": workspace, "receivers": people[1:2], "message": "x", "conversation_id": None}
    draft = await choosing.keep(session, [badge], giver=people[0], now=now, **what)
    taking = choosing.take(session, draft, workspace_id=workspace.id, giver=people[3])
    assert await code(session, taking) == "closed"
    taken = await choosing.take(session, draft, workspace_id=workspace.id, giver=people[0])
    assert taken.receiver_ids == [people[1].member_id]
    draft = await choosing.keep(session, [badge], giver=people[0], now=now, **what)
    await enter(session, workspace.id, role="ops")
    await choosing.forget(session, before=now)
    assert await choosing.get_draft(session, draft, workspace_id=workspace.id) is not None
    await session.execute(text("UPDATE award_draft SET at = at - interval '1 hour'"))
    await choosing.forget(session, before=now)
    assert await choosing.get_draft(session, draft, workspace_id=workspace.id) is None


async def test_names_are_found_however_they_are_written(
    session: AsyncSession, workspace: Workspace, people: list[Person], now: datetime
) -> None:
    who: dict[str, Any] = {"workspace": workspace, "giver": people[0], "now": now}
    for name in ("Crème brûlée", "İstanbul", "Straße", "Team", "Team player", "100 %"):
        await make_badge(session, workspace, reward=name)
    await make_badge(session, workspace, reward="Cre\u0301me\n caramel", reward_id=9)
    assert (await choosing.by_name(session, "CRÉME caramel", **who))[0].name == "Créme caramel"
    for typed, name in (
        ("crème BRÛLÉE", "Crème brûlée"),
        ("cre\u0300me bru\u0302le\u0301e", "Crème brûlée"),
        ("  team   player ", "Team player"),
        ("straße", "Straße"),
        ("100 %", "100 %"),
    ):
        assert [badge.name for badge in await choosing.by_name(session, typed, **who)] == [name], typed
    for said, name, message in (
        ("team player thank you", "Team player", "thank you"),
        ("Team, thank you", "Team", "thank you"),
        ("Team", "Team", ""),
        ("100 %: done", "100 %", "done"),
    ):
        found = await choosing.at_start(session, said, **who)
        assert ([badge.name for badge in found.badges], found.message) == ([name], message), said
    assert await code(session, choosing.at_start(session, "teams are great", **who)) == "badge_unnamed"
    assert await code(session, choosing.at_start(session, "", **who)) == "badge_unnamed"
    assert await code(session, choosing.by_name(session, "%", **who)) == "badge_unknown"
