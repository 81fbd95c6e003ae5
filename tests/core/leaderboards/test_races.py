"""Whatever comes at once is counted, each once. Nothing is tried again where nobody merges, so a deadlock there is a fault."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bots.ticker import rank_all
from core.badges import revoking
from core.badges import service as badges
from core.database import Outrun, Sessions, retrying
from core.errors import Refusal
from core.identity import service as identity
from core.kudos import service as kudos
from core.leaderboards import service
from core.people.models import Workspace
from core.people.queries import Person
from tests.core.badges.stock import make_badge
from tests.core.identity.family import assert_clean
from tests.core.leaderboards.boards import board, ids, totals
from tests.factories import make_company, thank

DONE = "done"
Work = Callable[[AsyncSession, datetime], Awaitable[object]]


async def act(database: Sessions, workspace: Workspace, work: Work) -> str:
    """`done`, or the code of the refusal."""
    try:
        async with database.begin(workspace.id) as (session, now):
            await work(session, now)
    except Refusal as refusal:
        return refusal.code
    return DONE


async def test_forty_kudos_to_one_person_are_forty(database: Sessions) -> None:
    workspace, (star, *givers) = await make_company(database, 41)

    def giving(giver: Person) -> Work:
        return lambda session, now: thank(session, workspace, giver, [star], now=now, points_each=3)

    outcomes = await asyncio.gather(*(act(database, workspace, giving(giver)) for giver in givers))
    assert Counter(outcomes) == {DONE: 40}
    async with database.begin(workspace.id) as (session, now):
        assert set((await totals(session, workspace, star)).values()) == {120}
        assert set((await totals(session, workspace, star, "kudos")).values()) == {40}
        assert len(await totals(session, workspace, star)) == 6
        assert ids((await board(session, workspace, now)).rows) == [star.member_id]
    await assert_clean(database)


async def test_kudos_undo_awards_and_hiding_at_once(database: Sessions) -> None:
    """Everybody thanks the same three, in any order of names, while earlier kudos to them are taken back, badges come and go,
    and one of them hides."""
    workspace, members = await make_company(database, 23, kudos_points=0)
    stars, givers = members[:3], members[3:]
    async with database.begin(workspace.id) as (session, now):
        badge = await make_badge(session, workspace, points=5, multiple=True)
        given = [
            await thank(session, workspace, giver, stars, now=now, points_each=number % 2 or None)
            for number, giver in enumerate(givers)
        ]
        awarded = [
            await badges.award(
                session,
                workspace=workspace,
                badge=badge,
                giver=giver,
                receivers=stars,
                source=f"before:{giver.name}",
                now=now,
            )
            for giver in givers[:6]
        ]

    def giving(number: int, giver: Person) -> Work:
        order = [stars[(number + place) % 3] for place in range(3)]
        return lambda session, now: thank(
            session, workspace, giver, order, now=now, points_each=number % 2 or None, message="once more"
        )

    def undoing(kudos_id: int, giver: Person) -> Work:
        return lambda session, now: kudos.undo(session, workspace=workspace, kudos_id=kudos_id, giver=giver, now=now)

    def awarding(giver: Person) -> Work:
        return lambda session, now: badges.award(
            session, workspace=workspace, badge=badge, giver=giver, receivers=stars, source=giver.name, now=now
        )

    def taking_back(award_id: int, giver: Person) -> Work:
        return lambda session, now: revoking.revoke(
            session, workspace=workspace, award_id=award_id, actor=giver, reason="mistake", now=now
        )

    def hiding(session: AsyncSession, _: datetime) -> Awaitable[object]:
        return service.hide(session, stars[1].member_id, workspace_id=workspace.id)

    works: list[Work] = [hiding]
    for number, giver in enumerate(givers):
        works += [giving(number, giver), undoing(given[number], giver), awarding(giver)]
    works += [
        taking_back(award_id, giver)
        for giver, ids_ in zip(givers, awarded, strict=False)
        for award_id in ids_.award_ids
    ]
    outcomes = await asyncio.gather(*(act(database, workspace, work) for work in works))
    assert Counter(outcomes) == {DONE: len(works)}
    await rank_all(database)
    async with database.begin(workspace.id) as (session, now):
        assert (await totals(session, workspace, stars[0], "kudos"))["all"] == 20
        assert (await totals(session, workspace, stars[0], "badges"))["all"] == 20
        assert set((await totals(session, workspace, givers[0], "given")).values()) == {1}
        assert ids((await board(session, workspace, now)).rows) == [stars[0].member_id, stars[2].member_id]
    await assert_clean(database)


async def test_a_merge_in_the_middle_of_kudos_and_awards(database: Sessions) -> None:
    workspace, (ana, phone, *others) = await make_company(database, 14)
    async with database.begin(workspace.id) as (session, _):
        badge = await make_badge(session, workspace, points=5, multiple=True)

    async def merge() -> str:
        async def work() -> None:
            async with database.begin(workspace.id) as (session, now):
                pair = (ana.member_id, phone.member_id)
                await identity.merge(session, workspace=workspace, member_ids=pair, actor_id=pair[0], now=now)

        await retrying(work)
        return "merged"

    def giving(giver: Person, receiver: Person) -> Work:
        return lambda session, now: thank(session, workspace, giver, [receiver], now=now, points_each=2)

    def awarding(giver: Person) -> Work:
        return lambda session, now: badges.award(
            session, workspace=workspace, badge=badge, giver=giver, receivers=[ana], source=giver.name, now=now
        )

    async def outrun(work: Work) -> str:
        """Whoever still means the merged member has to look again, and then means the other."""
        try:
            return await retrying(lambda: act(database, workspace, work))
        except Outrun:
            return "outrun"

    works = [giving(other, phone if number % 2 else ana) for number, other in enumerate(others)]
    works += [awarding(other) for other in others]
    half = len(works) // 2
    outcomes = Counter(await asyncio.gather(*map(outrun, works[:half]), merge(), *map(outrun, works[half:])))
    assert outcomes["merged"] == 1
    assert set(outcomes) <= {"merged", DONE, "outrun"}
    async with database.begin(workspace.id) as (session, _now):
        assert (await totals(session, workspace, ana, "kudos"))["all"] == 12 - outcomes["outrun"]
        assert (await totals(session, workspace, ana, "badges"))["all"] == 12
        assert await totals(session, workspace, phone, "kudos") == {}
    await assert_clean(database)
