"""Groups: members by what their rows say, and the people of one conversation, ranked among themselves."""

from datetime import datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.kudos import service as kudos
from core.kudos.service import Source
from core.leaderboards import crews
from core.leaderboards.asking import Asked, Crew
from core.leaderboards.crews import ChannelMissing, CrewsMissing, CrewUnknown, CrewUnnamed
from core.people.models import Conversation, Workspace
from core.people.queries import Person
from tests.core.badges.stock import describe
from tests.core.leaderboards.boards import board, give_scores, ids, ranks
from tests.factories import enter, make_member, make_members, make_place, make_workspace, thank


async def find(
    session: AsyncSession,
    workspace: Workspace,
    member: Person,
    kind: str,
    name: str = "",
    place: Conversation | None = None,
) -> Crew:
    place = place or await make_place(session, workspace)
    return await crews.find(
        session,
        workspace_id=workspace.id,
        kind=kind,
        name=name,
        typed=f"{kind} {name}".strip(),
        member_id=member.member_id,
        place=place,
    )


@pytest.mark.parametrize(
    ("kind", "column", "own", "other"),
    [
        ("department", "department", "Sales", "Support"),
        ("location", "location", "Berlin", "Madrid"),
        ("job", "job_code", "ENG-1", "ENG-2"),
        ("team", "groups", ["Blue"], ["Green", "Red"]),
        ("program", "programs", ["Mentors"], ["Alumni"]),
    ],
)
async def test_a_group_is_ranked_among_itself(
    session: AsyncSession, workspace: Workspace, now: datetime, kind: str, column: str, own: object, other: object
) -> None:
    members = await make_members(session, workspace, 5)
    await give_scores(session, workspace, members, [9, 8, 8, 7, 6])
    for member in members[1:4]:
        await describe(session, workspace, member, **{column: own})
    await describe(session, workspace, members[4], **{column: other})
    name = own[0] if isinstance(own, list) else str(own)
    crew = await find(session, workspace, members[1], kind, name)
    assert crew == Crew(kind, name)
    found = await board(session, workspace, now, Asked(period="all", crew=crew), members[3])
    assert ids(found.rows) == [member.member_id for member in members[1:4]]
    assert ranks(found.rows) == [(1, 8), (1, 8), (3, 7)]
    assert found.participants == 3
    assert found.own == found.rows[2]
    outsider = await board(session, workspace, now, Asked(period="all", crew=crew), members[0])
    assert (outsider.own, outsider.neighbours) == (None, [])
    # Whatever the case it is typed in; and one's own without a name.
    assert await find(session, workspace, members[0], kind, name.upper()) == crew
    assert await find(session, workspace, members[2], kind) == crew


async def test_a_group_that_nobody_is_in_names_the_nearest(session: AsyncSession, workspace: Workspace) -> None:
    names = ["Sales", "Support", "Salsa", "Finance", "Legal", "Marketing", "Sailing"]
    for member, name in zip(await make_members(session, workspace, len(names)), names, strict=True):
        await describe(session, workspace, member, department=name, groups=[name])
    asker = await make_member(session, workspace)
    for kind in ("department", "team"):
        with pytest.raises(CrewUnknown) as refused:
            await find(session, workspace, asker, kind, "Sals")
        assert refused.value.details["typed"] == f"{kind} Sals"
        known = refused.value.details["known"].split(", ")
        assert len(known) == 5
        assert set(known[:2]) == {"Sales", "Salsa"}
        with pytest.raises(CrewUnnamed) as unnamed:
            await find(session, workspace, asker, kind)
        assert unnamed.value.details == {"typed": kind, "known": "Finance, Legal, Marketing, Sailing, Sales"}


async def test_who_is_in_several_teams_is_asked_which(session: AsyncSession, workspace: Workspace) -> None:
    ana, luis = await make_members(session, workspace, 2)
    await describe(session, workspace, ana, groups=["Green", "Blue"])
    await describe(session, workspace, luis, groups=["Another"])
    with pytest.raises(CrewUnnamed) as refused:
        await find(session, workspace, ana, "team")
    assert refused.value.details["known"] == "Blue, Green"


async def test_a_workspace_without_any_group_says_so(session: AsyncSession, workspace: Workspace) -> None:
    other = await make_workspace(session)
    await describe(session, other, await make_member(session, other), department="Sales", groups=["Sales"])
    await enter(session, workspace.id)
    ana = await make_member(session, workspace)
    for kind, name in (("department", "Sales"), ("team", "Sales"), ("location", "")):
        with pytest.raises(CrewsMissing):
            await find(session, workspace, ana, kind, name)


async def test_a_channel_is_who_gave_or_received_there_in_the_open(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis, eva, tom, zoe, kim = await make_members(session, workspace, 6)
    here, there = await make_place(session, workspace), await make_place(session, workspace)
    await thank(session, workspace, ana, [luis], now=now, points_each=3, source=Source(here.id))
    await thank(session, workspace, eva, [tom], now=now, points_each=9, source=Source(there.id))
    await thank(session, workspace, zoe, [ana], now=now, points_each=2, source=Source(here.id), is_private=True)
    undone = await thank(session, workspace, kim, [luis], now=now, points_each=1, source=Source(here.id))
    await kudos.undo(session, workspace=workspace, kudos_id=undone, giver=kim, now=now)
    crew = await crews.find(
        session, workspace_id=workspace.id, kind="channel", name="", typed="", member_id=ana.member_id, place=here
    )
    assert crew == Crew("channel", str(here.id))
    found = await board(session, workspace, now, Asked(period="all", crew=crew))
    assert ids(found.rows) == [luis.member_id, ana.member_id]
    given = await board(session, workspace, now, Asked("given", "all", crew))
    assert ids(given.rows) == [ana.member_id]


async def test_a_private_chat_is_no_channel(session: AsyncSession, workspace: Workspace) -> None:
    ana = await make_member(session, workspace)
    private = await make_place(session, workspace, kind="personal", member=ana)
    with pytest.raises(ChannelMissing):
        await find(session, workspace, ana, "channel", place=private)


async def test_another_workspaces_channel_has_nobody_here(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    other = await make_workspace(session)
    ana, luis = await make_members(session, other, 2)
    place = await make_place(session, other)
    await thank(session, other, ana, [luis], now=now, source=Source(place.id))
    await enter(session, workspace.id, role="ops")
    asked = Asked(period="all", crew=Crew("channel", str(place.id)))
    assert (await board(session, workspace, now, asked)).rows == []
