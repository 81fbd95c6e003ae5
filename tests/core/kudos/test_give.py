"""Who may thank whom, with how many points, in which words."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Refusal
from core.kudos import queries
from core.kudos.service import (
    AllowanceShort,
    GiverLeft,
    NoReceivers,
    PairLimit,
    ReceiverLeft,
    Repeated,
    SelfKudos,
    Source,
    TooManyReceivers,
)
from core.kudos.wording import MessageTooLong, NoMessage, TagInvalid, TooManyTags, Wording
from core.people.models import Workspace
from core.people.queries import Person
from core.points.service import PointsInvalid, allowance_period
from tests.books import assert_balanced, transfers
from tests.factories import current, figures, make_member, make_members, make_place, make_workspace, thank


async def test_several_receivers_get_one_kudos_and_their_points_each(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis, eva = await make_members(session, workspace, 3)
    kudos_id = await thank(session, workspace, ana, [luis, eva], now=now, message="for  the demo ", points_each=5)
    story = await queries.story(session, kudos_id, workspace_id=workspace.id)
    assert story is not None
    assert story == queries.Story(
        kudos_id=kudos_id,
        giver_id=ana.member_id,
        receiver_ids=(luis.member_id, eva.member_id),
        message="for the demo",
        tags=(),
        points_each=5,
        seconds=0,
        is_private=False,
        given_at=now,
        undone_at=None,
    )
    assert [await current(session, workspace, member, now=now) for member in (ana, luis, eva)] == [0, 5, 5]
    assert (await figures(session, workspace, ana, now=now)).allowance == 40
    assert await queries.counts(session, luis.member_id, workspace_id=workspace.id) == (1, 0)
    assert await queries.counts(session, ana.member_id, workspace_id=workspace.id) == (0, 1)
    moved = [row for row in await transfers(session, workspace) if row.reason == "kudos"]
    assert {(row.amount, row.actor_id, row.reference, row.at) for row in moved} == {
        (5, ana.member_id, f"kudos:{kudos_id}", now)
    }
    assert len({row.group_id for row in moved}) == 1
    await assert_balanced(session, workspace)


async def test_a_kudos_gives_the_workspaces_usual_points(session: AsyncSession, now: datetime) -> None:
    workspace = await make_workspace(session, kudos_points=3)
    ana, luis = await make_members(session, workspace, 2)
    await thank(session, workspace, ana, [luis], now=now)
    assert await current(session, workspace, luis, now=now) == 3


async def test_a_kudos_without_points_moves_none(session: AsyncSession, now: datetime) -> None:
    workspace = await make_workspace(session, kudos_points=0, allowance_points=0, pair_points_max=0)
    ana, luis = await make_members(session, workspace, 2)
    for _ in range(2):
        await thank(session, workspace, ana, [luis], now=now)
    assert await queries.counts(session, luis.member_id, workspace_id=workspace.id) == (2, 0)
    assert await transfers(session, workspace) == []


async def test_a_receiver_named_twice_receives_once(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    ana, luis = await make_members(session, workspace, 2)
    await thank(session, workspace, ana, [luis, luis], now=now, points_each=5)
    assert await current(session, workspace, luis, now=now) == 5
    assert (await figures(session, workspace, ana, now=now)).allowance == 45


@pytest.mark.parametrize("points_each", [0, -1, 10**9 + 1])
async def test_points_that_are_none(
    session: AsyncSession, workspace: Workspace, now: datetime, points_each: int
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    with pytest.raises(PointsInvalid):
        await thank(session, workspace, ana, [luis], now=now, points_each=points_each)


async def test_who_must_not_give_or_receive(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    ana, luis = await make_members(session, workspace, 2)
    gone = await make_member(session, workspace, "Gone", status="left")
    away = await make_member(session, workspace, "Away", status="leave")
    cases: list[tuple[Person, Sequence[Person], type[Refusal], dict[str, object]]] = [
        (ana, [], NoReceivers, {}),
        (ana, [ana], SelfKudos, {}),
        (ana, [luis, ana], SelfKudos, {}),
        (gone, [luis], GiverLeft, {}),
        (ana, [gone], ReceiverLeft, {"name": "Gone"}),
        (ana, [luis, gone], ReceiverLeft, {"name": "Gone"}),
    ]
    for giver, receivers, refusal, details in cases:
        with pytest.raises(refusal) as refused:
            await thank(session, workspace, giver, receivers, now=now)
        assert refused.value.details == details
    assert await transfers(session, workspace) == []
    await thank(session, workspace, ana, [away], now=now)
    await thank(session, workspace, away, [ana], now=now)


async def test_there_is_a_limit_of_receivers(session: AsyncSession, now: datetime) -> None:
    workspace = await make_workspace(session, receivers_max=2)
    ana, *others = await make_members(session, workspace, 4)
    with pytest.raises(TooManyReceivers) as refused:
        await thank(session, workspace, ana, others, now=now)
    assert refused.value.details == {"count": 3, "limit": 2}
    await thank(session, workspace, ana, others[:2], now=now)


@pytest.mark.parametrize(
    ("message", "tags", "refusal", "details"),
    [
        ("", (), NoMessage, {}),
        (" \u200b\n\x00 ", (), NoMessage, {}),
        ("x" * 1001, (), MessageTooLong, {"length": 1001, "limit": 1000}),
        ("x", [f"tag{number}" for number in range(11)], TooManyTags, {"count": 11, "limit": 10}),
        ("x", ["good", "#🎉"], TagInvalid, {"tag": "#🎉"}),
    ],
)
def test_words_that_cannot_be_kept(
    message: str, tags: Sequence[str], refusal: type[Refusal], details: dict[str, object]
) -> None:
    with pytest.raises(refusal) as refused:
        Wording.of(message, tags)
    assert refused.value.details == details


async def test_the_longest_words_and_the_most_tags_are_kept(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    tags = [f"{number}{'x' * 60}" for number in range(10)]
    kudos_id = await thank(session, workspace, ana, [luis], now=now, message="🎉" * 1000, tags=tags)
    story = await queries.story(session, kudos_id, workspace_id=workspace.id)
    assert story is not None
    assert story.message == "🎉" * 1000
    assert {len(name) for name, _ in story.tags} == {40}


async def test_tags_are_normalised_kept_once_and_known_by_their_emoji(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    tags = ["#Team Work", "teamwork", "HELPFUL", "Mentor"]
    kudos_id = await thank(session, workspace, ana, [luis], now=now, tags=tags)
    story = await queries.story(session, kudos_id, workspace_id=workspace.id)
    assert story is not None
    assert story.tags == (("helpful", "🤝"), ("mentor", "🧭"), ("teamwork", ""))
    await thank(session, workspace, luis, [ana], now=now, tags=["teamwork"])
    counted = await session.execute(text("SELECT count(*) FROM tag WHERE name = 'teamwork'"))
    assert counted.scalar() == 1


async def test_the_allowance_bounds_what_a_week_gives(session: AsyncSession, now: datetime) -> None:
    workspace = await make_workspace(session, allowance_points=10, time_zone="Asia/Tokyo")
    ana, *others = await make_members(session, workspace, 4)
    await thank(session, workspace, ana, others[:2], now=now, points_each=4)
    with pytest.raises(AllowanceShort) as refused:
        await thank(session, workspace, ana, others, now=now, points_each=1)
    week = allowance_period(workspace, now)
    assert refused.value.details == {
        "needed": 3,
        "left": 2,
        "resets_at": week.ends_at.isoformat(),
        "zone": "Asia/Tokyo",
    }
    await thank(session, workspace, ana, others[:1], now=now, points_each=2)
    assert (await figures(session, workspace, ana, now=now)).allowance == 0
    # What is not used does not roll over, what was used comes back.
    await thank(session, workspace, ana, others[:1], now=week.ends_at, points_each=10)
    assert (await figures(session, workspace, ana, now=week.ends_at)).allowance == 0
    await assert_balanced(session, workspace)


async def test_a_pair_is_capped_per_week(session: AsyncSession, now: datetime) -> None:
    workspace = await make_workspace(session, allowance_points=100)
    ana, luis, eva = await make_members(session, workspace, 3)
    week = allowance_period(workspace, now)
    await thank(session, workspace, ana, [luis], now=now, points_each=20)
    with pytest.raises(PairLimit) as refused:
        async with session.begin_nested():
            await thank(session, workspace, ana, [eva, luis], now=now)
    window = {"resets_at": week.ends_at.isoformat(), "zone": "Etc/UTC"}
    assert refused.value.details == {"member_id": luis.member_id, "limit": 20, "left": 0, **window}
    assert await current(session, workspace, eva, now=now) == 0
    assert (await figures(session, workspace, ana, now=now)).allowance == 80
    with pytest.raises(PairLimit) as refused:
        async with session.begin_nested():
            await thank(session, workspace, ana, [eva], now=now, points_each=21)
    assert refused.value.details == {"member_id": eva.member_id, "limit": 20, "left": 20, **window}
    await thank(session, workspace, ana, [eva], now=now, points_each=15)
    with pytest.raises(PairLimit) as refused:
        async with session.begin_nested():
            await thank(session, workspace, ana, [eva], now=now, points_each=6)
    assert refused.value.details == {"member_id": eva.member_id, "limit": 20, "left": 5, **window}
    # The other way and the next week are pairs of their own.
    await thank(session, workspace, luis, [ana], now=now, points_each=20)
    await thank(session, workspace, ana, [luis], now=week.ends_at, points_each=20)
    await assert_balanced(session, workspace)


async def test_a_refused_kudos_leaves_the_pair_as_it_was(session: AsyncSession, now: datetime) -> None:
    workspace = await make_workspace(session, allowance_points=20)
    ana, luis = await make_members(session, workspace, 2)
    await thank(session, workspace, ana, [luis], now=now, points_each=15)
    with pytest.raises(AllowanceShort):
        async with session.begin_nested():
            await thank(session, workspace, ana, [luis], now=now, points_each=6)
    await thank(session, workspace, ana, [luis], now=now, points_each=5)
    assert await current(session, workspace, luis, now=now) == 20


async def test_private_kudos_are_kept_as_such(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    ana, luis = await make_members(session, workspace, 2)
    kudos_id = await thank(session, workspace, ana, [luis], now=now, is_private=True)
    story = await queries.story(session, kudos_id, workspace_id=workspace.id)
    assert story is not None
    assert story.is_private
    assert [found.kudos_id for found in await queries.received(session, luis.member_id, workspace_id=workspace.id)] == [
        kudos_id
    ]


async def test_the_same_words_within_thirty_seconds_are_a_second_try(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis, eva = await make_members(session, workspace, 3)

    async def say(after: float, receiver: Person = luis, giver: Person = ana, **more: object) -> None:
        async with session.begin_nested():
            instant = now + timedelta(seconds=after)
            await thank(session, workspace, giver, [receiver], now=instant, guards_repeats=True, **more)  # type: ignore[arg-type]

    await say(0)
    for after in (0, 1, 29.999):
        with pytest.raises(Repeated) as refused:
            await say(after)
        assert refused.value.details == {"seconds": 30}
    # Other words, points, people or a later time make it another kudos.
    await say(1, message="for something else")
    await say(1, points_each=2)
    await say(1, receiver=eva)
    await say(1, giver=eva)
    await say(1, tags=["fair"])
    await say(30)
    with pytest.raises(Repeated):
        await say(59)
    # Where the platform names its deliveries, the same words may be said twice.
    await thank(session, workspace, ana, [luis], now=now)


async def test_the_lists_of_a_member_are_newest_first(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    ids = [
        await thank(session, workspace, ana, [luis], now=now + timedelta(seconds=number), points_each=1)
        for number in range(6)
    ]
    given = await queries.given(session, ana.member_id, workspace_id=workspace.id)
    received = await queries.received(session, luis.member_id, workspace_id=workspace.id, limit=2)
    assert [story.kudos_id for story in given] == ids[:0:-1]
    assert [story.kudos_id for story in received] == ids[:3:-1]


async def test_a_kudos_is_found_by_the_message_that_gave_it(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    place = await make_place(session, workspace)
    kudos_id = await thank(session, workspace, ana, [luis], now=now, source=Source(place.id, "1700000000.1"))
    for conversation_id, message_id, expected in [
        (place.id, "1700000000.1", kudos_id),
        (place.id, "1700000000.2", None),
        (place.id + 1, "1700000000.1", None),
    ]:
        found = await queries.of_message(
            session, workspace_id=workspace.id, conversation_id=conversation_id, message_id=message_id
        )
        assert (found and found.id) == expected
