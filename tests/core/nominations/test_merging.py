"""Two members turn out to be one: one ballot counts, nominations and candidacies join, and what was closed stays as counted."""

import asyncio
import contextlib
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Sessions, retrying
from core.identity import service as identity
from core.nominations import queries, voting
from core.people.models import Workspace
from core.people.queries import Person
from tests.core.identity.family import assert_clean, findings
from tests.core.nominations.stock import Stage, candidacies, make_stage, move_on, nominate, now_is, rows, vote
from tests.core.nominations.test_races import voting_stage
from tests.factories import make_members


@pytest.fixture
async def people(session: AsyncSession, workspace: Workspace) -> Any:
    """Eva organises; `old` and `new` turn out to be one person, who was `old` first."""
    return await make_members(session, workspace, 8)


async def merge(session: AsyncSession, stage: Stage, one: Person, other: Person, now: datetime) -> int:
    older, _younger, _ = await identity.merge(
        session,
        workspace=stage.workspace,
        member_ids=(one.member_id, other.member_id),
        actor_id=one.member_id,
        now=now,
    )
    return older


async def in_voting(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime, **config: Any
) -> tuple[Stage, list[int]]:
    stage = await make_stage(session, workspace, people, now, **config)
    *_, ana, luis, tom, zoe = stage.people
    ids = [await nominate(session, stage, tom, ana), await nominate(session, stage, zoe, luis)]
    await move_on(session, stage, now)
    return stage._replace(campaign=await now_is(session, stage)), ids


async def test_of_two_ballots_that_of_the_member_who_lives_on_counts(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage, (ana, luis) = await in_voting(session, workspace, people, now)
    old, new, *_ = stage.people
    await vote(session, stage, new, luis)
    await vote(session, stage, old, ana)
    assert await merge(session, stage, new, old, now) == old.member_id
    assert await rows(session, "SELECT choice FROM vote") == [(ana,)]
    with pytest.raises(voting.VotedAlready):
        await vote(session, stage, old, luis)
    assert await findings(session, workspace) == []


async def test_the_only_ballot_goes_along(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage, (_ana, luis) = await in_voting(session, workspace, people, now)
    old, new, *_ = stage.people
    await vote(session, stage, new, luis)
    await merge(session, stage, new, old, now)
    assert await queries.choices_of(session, stage.campaign, old.member_id) == [luis]
    with pytest.raises(voting.VotedAlready):
        await vote(session, stage, old, luis)


async def test_nominations_of_one_person_by_both_are_one(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage = await make_stage(session, workspace, people, now)
    old, new, ana, luis, *_ = stage.people
    await nominate(session, stage, new, ana, "was first")
    await nominate(session, stage, old, ana, "was second")
    await nominate(session, stage, luis, old)
    await merge(session, stage, old, new, now)
    told = {each.member_id: each for each in await queries.candidates(session, stage.campaign)}
    assert told[ana.member_id].reasons == ("was first",)
    assert told[ana.member_id].nominations == 1
    assert set(told) == {ana.member_id, old.member_id}
    assert await queries.nominees_of(session, stage.campaign, old.member_id) == [ana.member_id]


async def test_whom_one_nominated_the_other_is_nobody_by_themselves(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage = await make_stage(session, workspace, people, now)
    old, new, *_ = stage.people
    await nominate(session, stage, old, new)
    await merge(session, stage, old, new, now)
    assert await queries.candidates(session, stage.campaign) == []


async def test_two_candidacies_become_one_with_the_votes_of_both(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage = await make_stage(session, workspace, people, now, max_votes_per_user=3, max_nominations_per_user=2)
    old, new, third, tom, zoe, kim, pat = stage.people
    gone = await nominate(session, stage, tom, new, "as new")
    await nominate(session, stage, tom, old, "as old too")
    mine = await nominate(session, stage, zoe, old, "as old")
    other = await nominate(session, stage, zoe, third)
    await move_on(session, stage, now)
    await vote(session, stage, tom, gone)
    await vote(session, stage, zoe, mine)
    await vote(session, stage, kim, gone, other, mine)
    await vote(session, stage, pat, gone, mine)
    await merge(session, stage, old, new, now)
    stood = {each.member_id: each for each in await queries.candidates(session, stage.campaign)}
    assert stood[old.member_id].reasons == ("as old", "as new")
    ballots = await rows(session, "SELECT array_agg(choice ORDER BY choice) FROM vote GROUP BY voter_tag ORDER BY 1")
    assert ballots == [([mine],), ([mine],), ([mine],), (sorted([mine, other]),)]
    assert await findings(session, workspace) == []
    await move_on(session, stage, now)
    assert {each.id: each.votes for each in await candidacies(session, stage)} == {mine: 4, other: 1}
    assert (await now_is(session, stage)).ballots == 4
    assert await findings(session, workspace) == []


async def test_what_was_closed_stays_as_it_was_counted(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage, (ana, luis) = await in_voting(session, workspace, people, now)
    old, new, *_ = stage.people
    await vote(session, stage, old, ana)
    await vote(session, stage, new, luis)
    await move_on(session, stage, now)
    await merge(session, stage, old, new, now)
    assert len(await rows(session, "SELECT * FROM vote")) == 2
    assert await rows(session, "SELECT member_id FROM ballot_roll") == [(old.member_id,)]
    assert await findings(session, workspace) == []


async def test_votes_and_a_merge_at_once_leave_one_ballot(database: Sessions) -> None:
    for _ in range(6):
        stage, (ana, luis) = await voting_stage(database, 7)
        old, new = stage.people[4:6]

        async def cast(voter: Person, choice: int, stage: Stage = stage) -> None:
            async def work() -> None:
                async with database.begin(stage.workspace.id) as (session, _now):
                    [(living,)] = [
                        tuple(row)
                        for row in await session.execute(
                            text("SELECT coalesce(merged_into, id) FROM member WHERE id = :id"), {"id": voter.member_id}
                        )
                    ]
                    known = voter._replace(member_id=living)
                    await voting.vote(
                        session, workspace=stage.workspace, campaign_id=stage.id, voter=known, choices=[choice]
                    )

            with contextlib.suppress(voting.VotedAlready):
                await retrying(work)

        async def join(stage: Stage = stage, old: Person = old, new: Person = new) -> None:
            async def work() -> None:
                async with database.begin(stage.workspace.id) as (session, now):
                    await merge(session, stage, old, new, now)

            await retrying(work)

        await asyncio.gather(cast(old, ana), cast(new, luis), join(), cast(new, ana), cast(old, luis))
        async with database.begin(stage.workspace.id) as (session, _):
            assert len(await rows(session, "SELECT choice FROM vote")) == 1
            campaign = await now_is(session, stage)
            assert len(await queries.choices_of(session, campaign, old.member_id)) == 1
    await assert_clean(database)
