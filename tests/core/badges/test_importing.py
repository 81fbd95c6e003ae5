"""The plan of an import: new, changed, unchanged, the words it would make; and those words as entities."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import importing, terms
from core.badges.importing import HasFaults
from core.badges.models import Badge
from core.badges.terms import TermGone, TermInUse, TermTaken
from core.people.models import Workspace
from tests.core.badges.stock import definition, make_badge, planned
from tests.factories import make_workspace


async def test_plan_lists_words_that_are_made(session: AsyncSession, workspace: Workspace) -> None:
    plan = await planned(session, workspace, definition(reward_group="Monthly"), definition())
    assert plan.terms == (("category", "Recognition"), ("group", "Monthly"), ("type", "User Badge"))
    assert (len(plan.new), plan.faults) == (2, ())
    assert await terms.ids(session, workspace_id=workspace.id) == {}, "a plan writes nothing"


async def test_strict_refuses_words_that_are_not_there(session: AsyncSession, workspace: Workspace) -> None:
    await make_badge(session, workspace)
    given = definition(reward_category="Recogniton")
    plan = await planned(session, workspace, given, is_strict=True)
    assert [(fault.path, fault.code, fault.details) for fault in plan.faults] == [
        ("$[0].reward_category", "term_missing", {"kind": "category", "found": "Recogniton", "nearest": "Recognition"})
    ]
    with pytest.raises(HasFaults):
        await importing.apply(session, plan)
    assert (await planned(session, workspace, definition(), is_strict=True)).faults == ()


async def test_nothing_is_loaded_half(session: AsyncSession, workspace: Workspace) -> None:
    plan = await planned(session, workspace, definition(), definition(points=-1))
    with pytest.raises(HasFaults):
        await importing.apply(session, plan)
    assert (await session.scalars(select(Badge).where(Badge.workspace_id == workspace.id))).all() == []


async def test_change_keeps_the_badge_and_names_its_fields(session: AsyncSession, workspace: Workspace) -> None:
    first = await make_badge(session, workspace, reward_id=7, points=10, description="old")
    identity = (first.id, first.public_id)
    given = definition(reward_id=7, points=20, rarity="rare", reward_group="New")
    plan = await planned(session, workspace, given)
    assert [change.fields for change in plan.changed] == [("description", "points", "rarity", "reward_group")]
    assert (plan.new, plan.unchanged, plan.terms) == ((), 0, (("group", "New"),))
    again = await make_badge(session, workspace, reward_id=7, points=20, rarity="rare", reward_group="New")
    assert (again.id, again.public_id) == identity
    assert (again.points, again.rarity) == (20, "rare")
    assert (await planned(session, workspace, given)).unchanged == 1


async def test_other_workspaces_have_badges_of_their_own(session: AsyncSession, workspace: Workspace) -> None:
    await make_badge(session, workspace, reward_id=7)
    other = await make_workspace(session)
    plan = await planned(session, other, definition(reward_id=7))
    assert (len(plan.new), len(plan.terms)) == (1, 2)


async def test_a_thousand_badges_at_once(session: AsyncSession, workspace: Workspace) -> None:
    badges = [definition(reward_id=place, reward=f"Badge {place}") for place in range(1, 1001)]
    plan = await planned(session, workspace, *badges)
    await importing.apply(session, plan)
    assert (await planned(session, workspace, *badges)).unchanged == 1000


async def test_words_are_entities(session: AsyncSession, workspace: Workspace) -> None:
    made = await terms.create(session, workspace_id=workspace.id, kind="group", name=" Monthly ", emoji="📅")
    with pytest.raises(TermTaken):
        await terms.create(session, workspace_id=workspace.id, kind="group", name="Monthly")
    assert [
        (each.name, each.emoji) for each in await terms.list_terms(session, workspace_id=workspace.id, kind="group")
    ] == [("Monthly", "📅")]
    badge = await make_badge(session, workspace, reward_id=7, reward_group="Monthly")
    assert badge.group_id == made
    with pytest.raises(TermInUse) as used:
        await terms.remove(session, made, workspace_id=workspace.id)
    assert used.value.details == {"count": 1}
    await terms.change(session, made, workspace_id=workspace.id, name="Each month", description="d", emoji="")
    found = await terms.get(session, made, workspace_id=workspace.id)
    assert found is not None
    await session.refresh(found)
    assert (found.name, found.description) == ("Each month", "d")
    named = text("SELECT definition ->> 'reward_group' FROM badge WHERE id = :id")
    assert await session.scalar(named, {"id": badge.id}) == "Each month"
    unused = await terms.create(session, workspace_id=workspace.id, kind="group", name="Unused")
    with pytest.raises(TermTaken):
        await terms.change(session, unused, workspace_id=workspace.id, name="Each month", description="", emoji="")
    await terms.remove(session, unused, workspace_id=workspace.id)
    for gone in (unused, made + 10_000):
        with pytest.raises(TermGone):
            await terms.remove(session, gone, workspace_id=workspace.id)
        with pytest.raises(TermGone):
            await terms.change(session, gone, workspace_id=workspace.id, name="x", description="", emoji="")


async def test_word_of_another_workspace_is_not_there(session: AsyncSession, workspace: Workspace) -> None:
    made = await terms.create(session, workspace_id=workspace.id, kind="group", name="Ours")
    other = await make_workspace(session)
    assert await terms.get(session, made, workspace_id=other.id) is None
    with pytest.raises(TermGone):
        await terms.remove(session, made, workspace_id=other.id)
