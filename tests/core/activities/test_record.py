"""Recording: once whatever is told twice, in the member's own day; tallies and months that follow in any order."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.activities import service
from core.activities.service import ActivityInvalid, ActivityMemberUnknown, ActivityTooMany, Deed, Presence
from core.database import POOL_SIZE, Sessions, retrying
from core.people.models import Workspace
from core.people.queries import Person
from tests.core.badges.stock import describe
from tests.factories import enter, make_company, make_member, make_members, make_workspace

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def deed(member: Person, reference: str, at: datetime = NOON, kind: str = "sale", **more: Any) -> Deed:
    return Deed(member.member_id, kind, at, "crm", reference, **more)


async def tally(session: AsyncSession, member: Person, kind: str = "sale") -> tuple[Any, ...]:
    """(times, quantity, highest, days, current, longest, first_on, last_on)"""
    found = await session.execute(
        text(
            "SELECT times, quantity, highest, days, current, longest, first_on, last_on FROM activity_tally"
            " WHERE member_id = :m AND type = :t"
        ),
        {"m": member.member_id, "t": kind},
    )
    return tuple(found.one())


async def counted(session: AsyncSession, member: Person) -> int:
    return int(
        await session.scalar(text("SELECT count(*) FROM activity WHERE member_id = :m"), {"m": member.member_id}) or 0
    )


async def test_what_is_told_twice_counts_once(session: AsyncSession, workspace: Workspace) -> None:
    ana, luis = await make_members(session, workspace, 2)
    deeds = [deed(ana, "1", quantity=Decimal("2.5")), deed(luis, "2"), deed(ana, "1", quantity=Decimal(7))]
    made = await service.record(session, workspace_id=workspace.id, activities=deeds, now=NOON)
    assert (made.recorded, made.repeated, list(made.members), list(made.types)) == (
        2,
        1,
        [ana.member_id, luis.member_id],
        ["sale"],
    )
    again = [deed(ana, "1", at=NOON - timedelta(days=60)), deed(ana, "3")]
    made = await service.record(session, workspace_id=workspace.id, activities=again, now=NOON)
    assert (made.recorded, made.repeated) == (1, 1)
    today = NOON.date()
    assert await tally(session, ana) == (2, Decimal("3.5"), Decimal("2.5"), 1, 1, 1, today, today)
    assert (await counted(session, ana), await counted(session, luis)) == (2, 1)


async def test_types_are_one_whatever_their_spelling(session: AsyncSession, workspace: Workspace) -> None:
    assert [service.type_name(typed) for typed in ("Sales", " customer  Visit ", "LOG-IN", "a.b", "hours")] == [
        "sale", "customer_visit", "log_in", "a.b", "hour",
    ]  # fmt: skip
    assert [service.type_name(typed) for typed in ("", "   ", "x" * 61, "<b>", "a'b", "…")] == [""] * 6
    ana = await make_member(session, workspace)
    deeds = [deed(ana, "1", kind="Sales"), deed(ana, "2", kind="sale")]
    made = await service.record(session, workspace_id=workspace.id, activities=deeds, now=NOON)
    assert list(made.types) == ["sale"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"type": " "}, "type"),
    ({"reference": ""}, "reference"),
    ({"reference": "x" * 201}, "reference"),
    ({"source": ""}, "source"),
    ({"quantity": Decimal(-1)}, "quantity"),
    ({"quantity": Decimal("NaN")}, "quantity"),
    ({"quantity": Decimal(10**9 + 1)}, "quantity"),
    ({"occurred_at": NOON.replace(tzinfo=None)}, "occurred_at"),
    ({"occurred_at": NOON + timedelta(days=2)}, "occurred_at"),
]


@pytest.mark.parametrize(("fields", "named"), WRONG, ids=[named for _, named in WRONG])
async def test_what_is_no_activity_is_refused_by_name(
    session: AsyncSession, workspace: Workspace, fields: dict[str, Any], named: str
) -> None:
    ana = await make_member(session, workspace)
    usual = {"member_id": ana.member_id, "type": "sale", "occurred_at": NOON, "source": "crm", "reference": "1"}
    with pytest.raises(ActivityInvalid) as refused:
        await service.record(session, workspace_id=workspace.id, activities=[Deed(**{**usual, **fields})], now=NOON)
    assert refused.value.details["field"] == named


async def test_a_batch_has_a_limit_and_strangers_are_named(session: AsyncSession, workspace: Workspace) -> None:
    ana = await make_member(session, workspace)
    many = [deed(ana, str(number)) for number in range(1001)]
    with pytest.raises(ActivityTooMany):
        await service.record(session, workspace_id=workspace.id, activities=many, now=NOON)
    other = await make_workspace(session)
    stranger = await make_member(session, other)
    await enter(session, workspace.id)
    with pytest.raises(ActivityMemberUnknown) as refused:
        async with session.begin_nested():
            await service.record(
                session, workspace_id=workspace.id, activities=[deed(ana, "1"), deed(stranger, "2")], now=NOON
            )
    assert refused.value.details["ids"] == [stranger.member_id]
    assert await counted(session, ana) == 0


async def test_the_day_is_the_members_own(session: AsyncSession, workspace: Workspace) -> None:
    ana, luis, eva = await make_members(session, workspace, 3)
    await describe(session, workspace, ana, time_zone="Asia/Tokyo")
    await describe(session, workspace, eva, time_zone="Moon/Base")
    late = datetime(2026, 11, 20, 23, tzinfo=UTC)
    deeds = [deed(ana, "1", late), deed(luis, "2", late), deed(eva, "3", late)]
    await service.record(session, workspace_id=workspace.id, activities=deeds, now=late)
    assert [(await tally(session, each))[-1] for each in (ana, luis, eva)] == [
        date(2026, 11, 21), date(2026, 11, 20), date(2026, 11, 20),
    ]  # fmt: skip


async def test_first_contact_of_a_day_is_told_once(session: AsyncSession, workspace: Workspace) -> None:
    ana = await make_member(session, workspace)
    ana = ana._replace(time_zone="America/New_York")
    moments = [datetime(2026, 11, 20, 12, tzinfo=UTC) + timedelta(hours=hours) for hours in (0, 5, 15, 17, 30)]
    firsts = [await service.logged_in(session, workspace=workspace, member=ana, now=moment) for moment in moments]
    assert firsts == [True, False, False, True, False]  # midnight in New York is 05:00 UTC
    assert (await tally(session, ana, "login"))[3:6] == (2, 2, 2)


async def test_months_have_partitions_and_far_days_the_default(session: AsyncSession, workspace: Workspace) -> None:
    ana = await make_member(session, workspace)
    far = [datetime(1999, 5, 1, tzinfo=UTC), datetime(2019, 5, 1, tzinfo=UTC), NOON]
    deeds = [deed(ana, str(at), at) for at in far]
    await service.record(session, workspace_id=workspace.id, activities=deeds, now=NOON)
    await service.make_months(session, now=NOON)  # moves what waited in the default partition
    found = await session.execute(
        text("SELECT tableoid::regclass::text FROM activity WHERE member_id = :m ORDER BY occurred_at"),
        {"m": ana.member_id},
    )
    assert [name.partition(".")[2] for name in found.scalars()] == [
        "activity_other",
        "activity_2019_05",
        "activity_2026_11",
    ]
    assert await counted(session, ana) == 3


async def test_partitions_cannot_be_read_past_the_wall(session: AsyncSession, workspace: Workspace) -> None:
    found = await session.scalar(text("SELECT has_schema_privilege('plaudit_app', 'activity_months', 'USAGE')"))
    assert found is False


async def test_attendance_is_a_day_once(session: AsyncSession, workspace: Workspace) -> None:
    ana = await make_member(session, workspace)
    days = [Presence(ana.member_id, date(2026, 11, day)) for day in (18, 19, 19, 16)]
    made = await service.attend(session, workspace_id=workspace.id, days=days, source="gate", now=NOON)
    assert (made.recorded, made.repeated, list(made.types)) == (3, 1, ["attendance"])
    assert (await tally(session, ana, "attendance"))[3:] == (3, 2, 2, date(2026, 11, 16), date(2026, 11, 19))
    filled = [Presence(ana.member_id, date(2026, 11, 17))]
    await service.attend(session, workspace_id=workspace.id, days=filled, source="gate", now=NOON)
    assert (await tally(session, ana, "attendance"))[3:] == (4, 4, 4, date(2026, 11, 16), date(2026, 11, 19))
    tomorrow = [Presence(ana.member_id, date(2026, 11, 23))]
    with pytest.raises(ActivityInvalid):
        await service.attend(session, workspace_id=workspace.id, days=tomorrow, source="gate", now=NOON)


def runs(days: Iterable[int]) -> tuple[int, int, int]:
    """(days, current, longest) by another way: walking."""
    known = sorted(set(days))
    current = longest = 0
    for place, day in enumerate(known):
        current = current + 1 if place and known[place - 1] == day - 1 else 1
        longest = max(longest, current)
    return len(known), current, longest


async def laid(session: AsyncSession, workspace: Workspace, member: Person, batches: Sequence[Sequence[int]]) -> None:
    for number, batch in enumerate(batches):
        deeds = [
            deed(member, f"{member.member_id}:{number}:{place}", NOON - timedelta(days=90 - day))
            for place, day in enumerate(batch)
        ]
        await service.record(session, workspace_id=workspace.id, activities=deeds, now=NOON)


@settings(max_examples=40)
@given(batches=st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=6), min_size=1, max_size=8))
async def test_runs_are_right_in_whatever_order_days_come(_shared: Sessions, batches: list[list[int]]) -> None:  # noqa: PT019
    async with _shared.begin(role="ops") as (session, _):
        workspace = await make_workspace(session)
        ana = await make_member(session, workspace)
        await laid(session, workspace, ana, batches)
        expected = runs(day for batch in batches for day in batch)
        assert (await tally(session, ana))[3:6] == expected
        await session.rollback()


async def test_forty_at_once_lose_nothing(database: Sessions) -> None:
    """Overlapping batches in any order, some of them late: each deed once, runs as if they had come one after the other."""
    workspace, people = await make_company(database, 10)
    chance = random.Random(7)
    deeds = [
        deed(person, f"{person.member_id}:{day}", NOON - timedelta(days=day)) for person in people for day in range(20)
    ]
    batches = [chance.sample(deeds, 50) for _ in range(40)] + [deeds[start::4] for start in range(4)]

    hands = asyncio.Semaphore(POOL_SIZE)

    async def work(batch: list[Deed]) -> int:
        async def attempt() -> int:
            async with hands, database.begin(workspace.id) as (session, now):
                await session.execute(text("SELECT set_config('lock_timeout', '30s', true)"))
                return (await service.record(session, workspace_id=workspace.id, activities=batch, now=now)).recorded

        return await retrying(attempt)

    assert sum(await asyncio.gather(*map(work, batches))) == 200
    async with database.begin(workspace.id) as (session, _):
        for person in people:
            assert (await tally(session, person))[0] == 20
            assert (await tally(session, person))[3:6] == (20, 20, 20)
            assert await counted(session, person) == 20
