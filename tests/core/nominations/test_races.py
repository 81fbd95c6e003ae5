"""Many at once: one person one vote over three platforms, limits hold, and the closing instant is the database's."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from core.database import Sessions, retrying
from core.errors import Refusal
from core.nominations import advancing, nominating, queries, service, voting
from core.nominations.verify import CHECKS
from core.people.queries import Person
from core.points import verify
from tests.core.badges.stock import awards
from tests.core.nominations.stock import Stage, make_committed_stage, move_on, nominate, now_is, put_off, rows

DONE = "done"


async def outcome(work: Callable[[], Awaitable[object]]) -> str:
    try:
        await work()
    except Refusal as refusal:
        return refusal.code
    return DONE


async def voting_stage(database: Sessions, members: int, **config: Any) -> tuple[Stage, list[int]]:
    """The first two of the others stand."""
    stage = await make_committed_stage(database, members, **config)
    async with database.begin(stage.workspace.id) as (session, now):
        ids = [
            await nominate(session, stage, stage.people[2], stage.people[0]),
            await nominate(session, stage, stage.people[3], stage.people[1]),
        ]
        await move_on(session, stage, now)
    return stage, ids


async def cast(database: Sessions, stage: Stage, voter: Person, *choices: int) -> str:
    async def work() -> None:
        async with database.begin(stage.workspace.id) as (session, _):
            await voting.vote(
                session, workspace=stage.workspace, campaign_id=stage.id, voter=voter, choices=list(choices)
            )

    return await outcome(lambda: retrying(work))


async def close(database: Sessions, stage: Stage) -> None:
    async with database.begin(stage.workspace.id) as (session, now):
        await advancing.advance(session, stage.id, workspace_id=stage.workspace.id, now=now)


async def assert_sound(database: Sessions) -> None:
    async with database.begin(role="ops", statement_seconds=60) as (session, _):
        outcomes = [await verify.examine(session, check) for check in CHECKS]
    assert [each for each in outcomes if each.faults] == []


async def test_of_sixty_votes_by_one_member_one_counts(database: Sessions) -> None:
    stage, (ana, luis) = await voting_stage(database, 6)
    voter = stage.people[4]
    outcomes = await asyncio.gather(*(cast(database, stage, voter, (ana, luis)[each % 2]) for each in range(60)))
    assert Counter(outcomes) == {DONE: 1, "voted_already": 59}
    async with database.begin(stage.workspace.id) as (session, _):
        assert len(await rows(session, "SELECT choice FROM vote")) == 1
    await assert_sound(database)


async def test_of_sixty_changes_by_one_member_one_ballot_is_left(database: Sessions) -> None:
    stage, (ana, luis) = await voting_stage(database, 6, allow_vote_change=True, max_votes_per_user=2)
    voter = stage.people[4]
    ballots = ((ana,), (luis,), (ana, luis), (luis, ana))
    outcomes = await asyncio.gather(*(cast(database, stage, voter, *ballots[each % 4]) for each in range(60)))
    assert Counter(outcomes) == {DONE: 60}
    async with database.begin(stage.workspace.id) as (session, _):
        campaign = await now_is(session, stage)
        assert tuple(await queries.choices_of(session, campaign, voter.member_id)) in ballots
        assert (await queries.turnout(session, campaign)).ballots == 1
    await assert_sound(database)


async def test_votes_around_the_closing_instant_are_all_in_or_all_refused(database: Sessions) -> None:
    stage, ids = await voting_stage(database, 64)
    async with database.begin(stage.workspace.id) as (session, _):
        await put_off(session, stage, voting_end_at="400 milliseconds")

    async def late(place: int, voter: Person) -> str:
        await asyncio.sleep(0.025 * (place % 30))
        return await cast(database, stage, voter, ids[place % 2])

    async def keep_closing() -> None:
        for _ in range(60):
            await close(database, stage)
            await asyncio.sleep(0.01)

    voters = list(enumerate(stage.people[2:]))
    *outcomes, _ = await asyncio.gather(*(late(place, voter) for place, voter in voters), keep_closing())
    counted = Counter(outcomes)
    assert set(counted) == {DONE, "voting_closed"}
    async with database.begin(stage.workspace.id) as (session, _):
        campaign = await now_is(session, stage)
        assert campaign.state == "closed"
        assert campaign.ballots == counted[DONE]
        [(roll,)] = await rows(session, "SELECT count(*) FROM ballot_roll")
        assert roll == counted[DONE]
    await assert_sound(database)


async def test_ten_processes_close_once(database: Sessions) -> None:
    stage, (ana, _) = await voting_stage(database, 6)
    assert await cast(database, stage, stage.people[4], ana) == DONE
    async with database.begin(stage.workspace.id) as (session, _):
        await put_off(session, stage, voting_end_at="-1 second")
    await asyncio.gather(*(close(database, stage) for _ in range(10)))
    async with database.begin(stage.workspace.id) as (session, _):
        assert len(await awards(session, stage.workspace)) == 1
    async with database.begin(role="ops") as (session, _):
        assert await advancing.due(session) == []
    await assert_sound(database)


async def test_limits_of_nominations_hold_at_once(database: Sessions) -> None:
    stage = await make_committed_stage(database, 22, max_nominations_per_user=3)
    nominator, *nominees = stage.people

    async def one(nominee: Person) -> str:
        async def work() -> None:
            async with database.begin(stage.workspace.id) as (session, _):
                await nominate(session, stage, nominator, nominee)

        return await outcome(work)

    outcomes = await asyncio.gather(*(one(nominee) for nominee in nominees))
    assert Counter(outcomes) == {DONE: 3, "nominations_used_up": 17}
    again = await asyncio.gather(*(one(nominees[0]) for _ in range(10)))
    assert set(again) <= {"nominated_already", "nominations_used_up"}


async def test_everybody_nominates_one_at_once(database: Sessions) -> None:
    stage = await make_committed_stage(database, 22)
    nominee, *nominators = stage.people

    async def one(nominator: Person) -> str:
        async def work() -> None:
            async with database.begin(stage.workspace.id) as (session, _):
                await nominate(session, stage, nominator, nominee)

        return await outcome(lambda: retrying(work))

    assert Counter(await asyncio.gather(*(one(each) for each in nominators))) == {DONE: 20}
    async with database.begin(stage.workspace.id) as (session, _):
        [candidate] = await queries.candidates(session, stage.campaign)
        assert candidate.nominations == 20


async def test_one_opens_when_ten_try(database: Sessions) -> None:
    stage = await make_committed_stage(database, 3)
    async with database.begin(stage.workspace.id) as (session, _):
        await session.execute(text("UPDATE campaign SET state = 'cancelled'"))

    async def one() -> str:
        async def work() -> None:
            async with database.begin(stage.workspace.id) as (session, now):
                await service.open_campaign(
                    session, workspace=stage.workspace, badge=stage.badge, actor=stage.eva, now=now
                )

        return await outcome(work)

    assert Counter(await asyncio.gather(*(one() for _ in range(10)))) == {DONE: 1, "campaign_open_already": 9}


async def test_a_nomination_while_nominations_close_is_in_or_refused(database: Sessions) -> None:
    stage = await make_committed_stage(database, 42, min_nominations_to_proceed=1)
    nominee, first, *nominators = stage.people
    async with database.begin(stage.workspace.id) as (session, _):
        await nominate(session, stage, first, nominee)
        await put_off(session, stage, nominations_end_at="400 milliseconds")

    async def one(place: int, nominator: Person) -> str:
        async def work() -> None:
            async with database.begin(stage.workspace.id) as (session, _):
                await nominating.nominate(
                    session,
                    workspace=stage.workspace,
                    campaign_id=stage.id,
                    nominator=nominator,
                    nominee=nominee,
                    reason="x",
                )

        await asyncio.sleep(0.02 * place)
        return await outcome(work)

    async def keep_moving() -> None:
        for _ in range(60):
            await close(database, stage)
            await asyncio.sleep(0.01)

    *outcomes, _ = await asyncio.gather(*(one(*each) for each in enumerate(nominators)), keep_moving())
    counted = Counter(outcomes)
    assert set(counted) == {DONE, "nominations_closed"}
    async with database.begin(stage.workspace.id) as (session, now):
        campaign = await now_is(session, stage)
        assert campaign.state == "voting"
        assert campaign.voting_end_at - now <= timedelta(days=14)
        [candidate] = await queries.candidates(session, campaign)
        assert candidate.nominations == counted[DONE] + 1
