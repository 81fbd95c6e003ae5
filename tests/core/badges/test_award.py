"""Giving and taking back: who, whom, how often, when, for how many points; every refusal with its figures."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import collecting, queries, revoking, service
from core.badges.checks import (
    BadgeClosed,
    BadgeConditionUnmet,
    BadgeDisabled,
    BadgeGiverGone,
    BadgeNotByHand,
    BadgeNotForThem,
    BadgeNotYet,
    BadgeNotYours,
    BadgeOver,
    BadgeReceiverGone,
    BadgeToNobody,
    BadgeToOneself,
    BadgeToTooMany,
)  # fmt: skip
from core.badges.models import Badge
from core.badges.revoking import AwardAlreadyRevoked, AwardGone, RevokeNotAllowed, RevokeReasonMissing
from core.badges.service import (
    BadgeHeld,
    BadgeHeldThisPeriod,
    BadgeMessageTooLong,
    BadgeTooSoon,
)  # fmt: skip
from core.errors import Refusal
from core.people.models import Workspace
from core.people.queries import Person
from tests.books import account, assert_balanced, spending, transfers
from tests.core.badges.stock import awards, describe, make_badge
from tests.factories import current, figures, make_member, make_members, make_place, make_workspace

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday


async def give(
    session: AsyncSession,
    workspace: Workspace,
    badge: Badge,
    giver: Person,
    *receivers: Person,
    now: datetime = NOON,
    **more: Any,
) -> list[int]:
    made = await service.award(
        session,
        workspace=workspace,
        badge=badge,
        giver=giver,
        receivers=receivers,
        message=more.pop("message", "well done"),
        now=now,
        **more,
    )
    return list(made.award_ids)


def admin(member: Person) -> Person:
    return member._replace(roles=("member", "admin"))


async def refused(session: AsyncSession, work: Any) -> Refusal:
    """The refusal of an award; what it did is rolled back, as an edge would."""
    with pytest.raises(Refusal) as caught:
        async with session.begin_nested():
            await work
    return caught.value


@pytest.fixture
async def people(session: AsyncSession, workspace: Workspace) -> list[Person]:
    return await make_members(session, workspace, 3)


async def test_award_moves_points_from_the_issuer_and_not_from_the_giver(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    ana, luis, eva = people
    badge = await make_badge(session, workspace, points=25)
    first, second = await give(session, workspace, badge, ana, luis, eva)
    moved = [row for row in await transfers(session, workspace) if row.reason == "badge_earned"]
    assert [(row.amount, row.reference, row.actor_id) for row in moved] == [
        (25, f"award:{first}", ana.member_id), (25, f"award:{second}", ana.member_id),
    ]  # fmt: skip
    assert {row.debit_id for row in moved} == {await account(session, workspace, "issuer")}
    assert [await current(session, workspace, each, now=NOON) for each in people] == [0, 25, 25]
    kept = await awards(session, workspace)
    assert [(each.member_id, each.giver_id, each.points, each.message, each.why, each.transfer_id is None) for each in kept] == [
        (luis.member_id, ana.member_id, 25, "well done", {"by": "hand"}, False),
        (eva.member_id, ana.member_id, 25, "well done", {"by": "hand"}, False),
    ]  # fmt: skip
    assert len({each.act_id for each in kept}) == 1
    await assert_balanced(session, workspace)


async def test_badge_without_points_moves_none(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    badge = await make_badge(session, workspace, points=0)
    await give(session, workspace, badge, people[0], people[1])
    assert [row for row in await transfers(session, workspace) if row.reason == "badge_earned"] == []
    assert [each.transfer_id for each in await awards(session, workspace)] == [None]


async def test_points_settle_what_is_owed_first(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    ana, luis, _ = people
    badge = await make_badge(session, workspace, points=10, multiple=True)
    (first,) = await give(session, workspace, badge, ana, luis)
    from core.points import service as points

    await points.append(
        session, [await spending(session, workspace, luis, 10, "s")], workspace_id=workspace.id, actor_id=None, now=NOON
    )
    await revoking.revoke(session, workspace=workspace, award_id=first, actor=admin(ana), reason="oops", now=NOON)
    assert (await figures(session, workspace, luis, now=NOON)).owed == 10
    await give(session, workspace, badge, ana, luis, now=NOON + timedelta(minutes=1))
    balance = await figures(session, workspace, luis, now=NOON)
    assert (balance.owed, balance.current) == (0, 0)
    await assert_balanced(session, workspace)


async def test_once_is_for_ever(session: AsyncSession, workspace: Workspace, people: list[Person]) -> None:
    ana, luis, eva = people
    badge = await make_badge(session, workspace)
    await give(session, workspace, badge, ana, luis)
    refusal = await refused(session, give(session, workspace, badge, eva, luis, now=NOON + timedelta(days=4000)))
    assert isinstance(refusal, BadgeHeld)
    assert refusal.details == {"badge": "Thanks", "name": "Member 2", "since_on": NOON.isoformat(), "zone": "Etc/UTC"}
    again = await make_badge(session, workspace, reward_id=badge.reward_id, multiple=True, timeframe="daily")
    await give(session, workspace, again, ana, luis, eva, now=NOON + timedelta(days=1))
    once_more = await make_badge(session, workspace, reward_id=badge.reward_id)
    late = NOON + timedelta(days=9)
    for holder in (luis, eva):  # eva has it of a day only
        assert isinstance(await refused(session, give(session, workspace, once_more, ana, holder, now=late)), BadgeHeld)


async def test_one_who_may_not_stops_the_whole_act(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    ana, luis, eva = people
    badge = await make_badge(session, workspace)
    await give(session, workspace, badge, ana, luis)
    assert isinstance(await refused(session, give(session, workspace, badge, ana, eva, luis)), BadgeHeld)
    assert [each.member_id for each in await awards(session, workspace)] == [luis.member_id]


FRAMES = [
    # timeframe, zone, given at, refused at, until, then given at
    ("daily", "Etc/UTC", "2026-11-20T23:59:59+00:00", None, "2026-11-21T00:00:00+00:00"),
    ("daily", "Europe/Madrid", "2026-11-20T22:59:59+00:00", None, "2026-11-20T23:00:00+00:00"),
    ("daily", "Etc/UTC", "2026-11-20T00:00:00+00:00", "2026-11-20T23:59:59+00:00", "2026-11-21T00:00:00+00:00"),
    ("hourly", "Europe/Madrid", "2026-10-25T00:30:00+00:00", "2026-10-25T00:59:59+00:00", "2026-10-25T01:00:00+00:00"),
    ("daily", "Europe/Madrid", "2026-10-24T22:00:00+00:00", "2026-10-25T22:59:59+00:00", "2026-10-25T23:00:00+00:00"),
    ("weekly", "Etc/UTC", "2026-11-16T00:00:00+00:00", "2026-11-22T23:59:59+00:00", "2026-11-23T00:00:00+00:00"),
    ("biweekly", "Etc/UTC", "2026-11-23T00:00:00+00:00", "2026-12-06T23:59:59+00:00", "2026-12-07T00:00:00+00:00"),
    ("monthly", "Etc/UTC", "2026-11-01T00:00:00+00:00", "2026-11-30T23:59:59+00:00", "2026-12-01T00:00:00+00:00"),
    ("quarterly", "Etc/UTC", "2026-10-01T00:00:00+00:00", "2026-12-31T23:59:59+00:00", "2027-01-01T00:00:00+00:00"),
    (
        "yearly",
        "America/New_York",
        "2026-02-01T00:00:00+00:00",
        "2027-01-01T04:59:59+00:00",
        "2027-01-01T05:00:00+00:00",
    ),
]


@pytest.mark.parametrize(("frame", "zone", "first", "again", "resets_at"), FRAMES)
async def test_once_in_a_calendar_period(
    session: AsyncSession,
    workspace: Workspace,
    people: list[Person],
    frame: str,
    zone: str,
    first: str,
    again: str | None,
    resets_at: str,
) -> None:
    ana, luis, _ = people
    badge = await make_badge(session, workspace, multiple=True, timeframe=frame, timezone=zone)
    await give(session, workspace, badge, ana, luis, now=datetime.fromisoformat(first))
    refusal = await refused(
        session, give(session, workspace, badge, ana, luis, now=datetime.fromisoformat(again or first))
    )
    assert isinstance(refusal, BadgeHeldThisPeriod)
    assert datetime.fromisoformat(refusal.details["resets_at"]) == datetime.fromisoformat(resets_at)
    assert (refusal.details["timeframe"], refusal.details["zone"]) == (frame, zone)
    assert await give(session, workspace, badge, ana, luis, now=datetime.fromisoformat(resets_at))


async def test_zone_is_the_workspaces_unless_the_badge_names_one(session: AsyncSession) -> None:
    workspace = await make_workspace(session, time_zone="Pacific/Auckland")
    ana, luis = await make_members(session, workspace, 2)
    badge = await make_badge(session, workspace, multiple=True, timeframe="daily")
    await give(session, workspace, badge, ana, luis, now=NOON)
    assert [each.period for each in await awards(session, workspace)] == ["2026-11-21"]


ROLLING: list[tuple[dict[str, Any], str, str]] = [
    ({"timeframe": "rolling:7d"}, "2026-11-20T12:00:00+00:00", "2026-11-27T12:00:00+00:00"),
    ({"timeframe": "rolling:1mo"}, "2027-01-31T12:00:00+00:00", "2027-02-28T12:00:00+00:00"),
    ({"timeframe": "rolling:12h"}, "2026-11-20T12:00:00+00:00", "2026-11-21T00:00:00+00:00"),
    ({"cooldown_minutes": 90}, "2026-11-20T12:00:00+00:00", "2026-11-20T13:30:00+00:00"),
    ({"timeframe": "rolling:1h", "cooldown_minutes": 90}, "2026-11-20T12:00:00+00:00", "2026-11-20T13:30:00+00:00"),
    # A day on the local clock has 25 hours when the clocks go back; 24 hours stay 24 hours.
    (
        {"timeframe": "rolling:1d", "timezone": "Europe/Madrid"},
        "2026-10-24T10:00:00+00:00",
        "2026-10-25T11:00:00+00:00",
    ),
    (
        {"timeframe": "rolling:24h", "timezone": "Europe/Madrid"},
        "2026-10-24T10:00:00+00:00",
        "2026-10-25T10:00:00+00:00",
    ),
    ({"timeframe": "daily", "cooldown_minutes": 120}, "2026-11-20T23:30:00+00:00", "2026-11-21T01:30:00+00:00"),
]


@pytest.mark.parametrize(("fields", "first", "free_at"), ROLLING)
async def test_not_again_within_a_gap(
    session: AsyncSession, workspace: Workspace, people: list[Person], fields: dict[str, Any], first: str, free_at: str
) -> None:
    ana, luis, _ = people
    badge = await make_badge(session, workspace, multiple=True, **fields)
    await give(session, workspace, badge, ana, luis, now=datetime.fromisoformat(first))
    free = datetime.fromisoformat(free_at)
    refusal = await refused(session, give(session, workspace, badge, ana, luis, now=free - timedelta(seconds=1)))
    assert isinstance(refusal, BadgeTooSoon)
    assert datetime.fromisoformat(refusal.details["resets_at"]) == free
    assert await give(session, workspace, badge, ana, luis, now=free)


async def test_without_limit_each_act_counts_and_one_source_once(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    ana, luis, _ = people
    badge = await make_badge(session, workspace, multiple=True)
    for _ in range(3):
        await give(session, workspace, badge, ana, luis)
    await give(session, workspace, badge, ana, luis, source="delivery 7")
    assert isinstance(
        await refused(session, give(session, workspace, badge, ana, luis, source="delivery 7")), BadgeHeld
    )
    assert len(await awards(session, workspace)) == 4


async def test_revoking_frees_the_key_and_takes_the_points_back(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    ana, luis, eva = people
    badge = await make_badge(session, workspace, multiple=True, timeframe="rolling:30d", points=10)
    (first,) = await give(session, workspace, badge, ana, luis)
    later = NOON + timedelta(days=2)
    await revoking.revoke(
        session, workspace=workspace, award_id=first, actor=admin(eva), reason="by mistake", now=later
    )
    assert await current(session, workspace, luis, now=later) == 0
    (revoked,) = await awards(session, workspace)
    assert (revoked.revoked_by, revoked.revoke_reason, revoked.revoked_at is None) == (
        eva.member_id,
        "by mistake",
        False,
    )
    assert await give(session, workspace, badge, ana, luis, now=later)
    assert await current(session, workspace, luis, now=later) == 10
    again = await refused(
        session, revoking.revoke(session, workspace=workspace, award_id=first, actor=admin(eva), reason="x", now=later)
    )
    assert isinstance(again, AwardAlreadyRevoked)
    await assert_balanced(session, workspace)


async def test_revoking_the_latest_brings_the_guard_back_to_the_one_before(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    ana, luis, _ = people
    badge = await make_badge(session, workspace, multiple=True, cooldown_minutes=60)
    await give(session, workspace, badge, ana, luis)
    (second,) = await give(session, workspace, badge, ana, luis, now=NOON + timedelta(minutes=60))
    await revoking.revoke(
        session, workspace=workspace, award_id=second, actor=admin(ana), reason="x", now=NOON + timedelta(minutes=61)
    )
    assert isinstance(
        await refused(session, give(session, workspace, badge, ana, luis, now=NOON + timedelta(minutes=59))),
        BadgeTooSoon,
    )
    assert await give(session, workspace, badge, ana, luis, now=NOON + timedelta(minutes=62))


async def test_who_may_revoke(session: AsyncSession, workspace: Workspace, people: list[Person], now: datetime) -> None:
    ana, luis, eva = people
    badge = await make_badge(session, workspace)
    (made,) = await give(session, workspace, badge, ana, luis, now=now)

    async def trying(actor: Person, *, reason: str = "x", award_id: int = made) -> Refusal:
        work = revoking.revoke(session, workspace=workspace, award_id=award_id, actor=actor, reason=reason, now=now)
        return await refused(session, work)

    assert isinstance(await trying(eva), RevokeNotAllowed)
    assert isinstance(await trying(luis), RevokeNotAllowed)
    assert isinstance(await trying(ana, reason=" \n"), RevokeReasonMissing)
    assert isinstance(await trying(ana, reason="x" * 1001), RevokeReasonMissing)
    assert isinstance(await trying(ana, award_id=made + 1000), AwardGone)
    left = eva._replace(roles=("admin",), status="left")
    assert isinstance(await trying(left), RevokeNotAllowed)
    await session.execute(text("UPDATE award SET awarded_at = awarded_at - interval '10 minutes'"))
    assert (await trying(ana)).details == {"minutes": 10}
    other = await make_workspace(session)
    stranger = (await make_member(session, other))._replace(roles=("admin",))
    foreign = revoking.revoke(session, workspace=other, award_id=made, actor=stranger, reason="x", now=now)
    assert isinstance(await refused(session, foreign), AwardGone)


MANAGERS = [{"job_code": ["MANAGER", "DIRECTOR"], "groups": ["board"]}, {"departments": ["Sales"]}]
ASSIGNERS: list[tuple[dict[str, Any], bool]] = [
    ({}, False),
    ({"job_code": "MANAGER"}, False),
    ({"job_code": "manager", "groups": ["Board", "choir"]}, True),
    ({"job_code": "DIRECTOR", "groups": ["board"]}, True),
    ({"groups": ["board"]}, False),
    ({"department": "sales"}, True),
    ({"department": "Salesforce"}, False),
]


@pytest.mark.parametrize(("fields", "may"), ASSIGNERS)
async def test_assigner(
    session: AsyncSession, workspace: Workspace, people: list[Person], fields: dict[str, Any], may: bool
) -> None:
    ana, luis, _ = people
    await describe(session, workspace, ana, **fields)
    badge = await make_badge(session, workspace, assigner=MANAGERS)
    assert [each.id for each in await queries.givable(session, workspace=workspace, giver=ana, now=NOON)] == [
        badge.id
    ] * may
    if may:
        assert await give(session, workspace, badge, ana, luis)
        return
    refusal = await refused(session, give(session, workspace, badge, ana, luis))
    assert isinstance(refusal, BadgeNotYours)
    assert refusal.details["who"] == [
        {"job_codes": ["MANAGER", "DIRECTOR"], "groups": ["board"]}, {"departments": ["Sales"]},
    ]  # fmt: skip


async def test_people_named_by_id_or_address(session: AsyncSession, workspace: Workspace) -> None:
    ana, luis = await make_members(session, workspace, 2)
    eva = await make_member(session, workspace, "Eva", email="eva@example.com")
    badge = await make_badge(session, workspace, multiple=True, assigner=[ana.member_id, "EVA@example.com"])
    assert await give(session, workspace, badge, ana, luis)
    assert await give(session, workspace, badge, eva, luis)
    refusal = await refused(session, give(session, workspace, badge, luis, ana))
    assert refusal.details["who"] == [{"people": ["1"]}, {"people": ["1"]}]


async def test_awardee_programs_and_conditions_of_each_receiver(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    ana, luis, eva = people
    for each in (luis, eva):
        await describe(session, workspace, each, job_code="EMPLOYEE", programs=["mentoring"], department="Sales")
    badge = await make_badge(
        session,
        workspace,
        awardee=[{"job_code": ["EMPLOYEE"]}],
        programs=["Mentoring"],
        conditions={"department": "Sales"},
        multiple=True,
    )
    assert len(await give(session, workspace, badge, ana, luis, eva)) == 2
    await describe(session, workspace, eva, job_code="BOSS")
    refusal = await refused(session, give(session, workspace, badge, ana, luis, eva))
    assert isinstance(refusal, BadgeNotForThem)
    assert refusal.details["name"] == "Member 3"
    await describe(session, workspace, eva, job_code="EMPLOYEE", programs=[])
    assert isinstance(await refused(session, give(session, workspace, badge, ana, eva)), BadgeNotForThem)
    await describe(session, workspace, eva, programs=["mentoring"], department="IT")
    refusal = await refused(session, give(session, workspace, badge, ana, eva))
    assert isinstance(refusal, BadgeConditionUnmet)
    assert refusal.details == {
        "badge": "Thanks", "name": "Member 3", "attribute": "department", "operator": "eq", "wanted": "Sales",
    }  # fmt: skip


PROFILE: dict[str, Any] = {
    "department": "Sales", "groups": ["choir", "Board"], "hire_date": datetime(2020, 1, 1).date(),  # noqa: DTZ001
    "attributes": {"level": "7", "floor": "third", "remote": "true", "score": 4.5},
}  # fmt: skip
CONDITIONS: list[tuple[dict[str, Any], bool]] = [
    ({"department": "sales"}, True),
    ({"department": ["IT", "Sales"]}, True),
    ({"department": {"ne": "Sales"}}, False),
    ({"department": {"not_in": ["IT"]}}, True),
    ({"department": {"contains": "ale"}}, True),
    ({"department": {"contains": "%"}}, False),
    ({"location": "Madrid"}, False),
    ({"location": {"ne": "Madrid"}}, True),
    ({"groups": "board"}, True),
    ({"groups": ["x", "choir"]}, True),
    ({"groups": {"not_in": ["choir"]}}, False),
    ({"roles": "member"}, True),
    ({"status": "active"}, True),
    ({"hire_date": {"lt": "2021-01-01"}}, True),
    ({"tenure_days": {"gte": 365}}, True),
    ({"tenure_days": {"gt": 100000}}, False),
    ({"level": 7}, True),
    ({"level": {"gte": 7, "lt": 8}}, True),
    ({"level": {"gt": 7}}, False),
    ({"attributes.level": [6, 7]}, True),
    ({"score": {"gt": 4}}, True),
    ({"floor": "THIRD"}, True),
    ({"floor": {"gt": 3}}, False),
    ({"remote": True}, True),
    ({"remote": False}, False),
    ({"missing": {"ne": "x"}}, True),
    ({"missing": "x"}, False),
    ({"department": "Sales", "level": 8}, False),
    ({"x'; DROP TABLE award; --": "y"}, False),
]


@pytest.mark.parametrize(("conditions", "may"), CONDITIONS)
async def test_conditions(
    session: AsyncSession, workspace: Workspace, people: list[Person], conditions: dict[str, Any], may: bool
) -> None:
    ana, luis, _ = people
    await describe(session, workspace, luis, **PROFILE)
    badge = await make_badge(session, workspace, conditions=conditions)
    if may:
        assert await give(session, workspace, badge, ana, luis)
    else:
        assert isinstance(await refused(session, give(session, workspace, badge, ana, luis)), BadgeConditionUnmet)


async def test_when(session: AsyncSession, workspace: Workspace, people: list[Person]) -> None:
    ana, luis, _ = people
    badge = await make_badge(
        session, workspace, availability_rule={"start_date": "12-01", "end_date": "12-31"}, timezone="Europe/Madrid"
    )
    refusal = await refused(session, give(session, workspace, badge, ana, luis))
    assert isinstance(refusal, BadgeClosed)
    assert refusal.details == {"badge": "Thanks", "opens_at": "2026-11-30T23:00:00+00:00", "zone": "Europe/Madrid"}
    over = await make_badge(session, workspace, availability_rule={"end_date": "2026-01-01"})
    assert isinstance(await refused(session, give(session, workspace, over, ana, luis)), BadgeOver)
    coming = await make_badge(session, workspace, effective_date="2026-12-01")
    refusal = await refused(session, give(session, workspace, coming, ana, luis))
    assert isinstance(refusal, BadgeNotYet)
    assert refusal.details["opens_at"] == "2026-12-01T00:00:00+00:00"
    off = await make_badge(session, workspace, is_enabled=False)
    assert isinstance(await refused(session, give(session, workspace, off, ana, luis)), BadgeDisabled)
    assert await queries.givable(session, workspace=workspace, giver=ana, now=NOON) == []


async def test_badge_turned_off_meanwhile_is_not_given(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    ana, luis, _ = people
    badge = await make_badge(session, workspace)
    await session.execute(text("UPDATE badge SET is_enabled = false WHERE id = :id"), {"id": badge.id})
    assert isinstance(await refused(session, give(session, workspace, badge, ana, luis)), BadgeDisabled)


async def test_people_who_cannot(session: AsyncSession, workspace: Workspace, people: list[Person]) -> None:
    ana, luis, eva = people
    badge = await make_badge(session, workspace)
    automated = await make_badge(session, workspace, reward_type="Automated Badge")
    gone = await make_member(session, workspace, "Gone", status="left")
    refusals: list[tuple[Badge, Person, list[Person], type[Refusal]]] = [
        (badge, ana, [], BadgeToNobody),
        (badge, ana, [ana], BadgeToOneself),
        (badge, ana, [luis, ana], BadgeToOneself),
        (badge, gone, [luis], BadgeGiverGone),
        (badge, ana, [gone], BadgeReceiverGone),
        (badge, ana, [gone._replace(status="active")], BadgeReceiverGone),  # left a moment ago
        (automated, ana, [luis], BadgeNotByHand),
    ]
    for of, giver, receivers, kind in refusals:
        assert isinstance(await refused(session, give(session, workspace, of, giver, *receivers)), kind)
    small = await make_workspace(session, receivers_max=1)
    one, two, three = await make_members(session, small, 3)
    refusal = await refused(session, give(session, small, await make_badge(session, small), one, two, three))
    assert isinstance(refusal, BadgeToTooMany)
    assert refusal.details == {"count": 2, "limit": 1}
    assert eva


async def test_message_is_cleaned_and_limited(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    ana, luis, _ = people
    badge = await make_badge(session, workspace)
    refusal = await refused(session, give(session, workspace, badge, ana, luis, message="x" * 1001))
    assert isinstance(refusal, BadgeMessageTooLong)
    await give(session, workspace, badge, ana, luis, message="well\0 \u202edone {{ user }}")
    assert [each.message for each in await awards(session, workspace)] == ["well done {{ user }}"]


async def test_cards_are_owed_once_for_each_act(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    ana, luis, eva = people
    place = await make_place(session, workspace, is_connected=True)
    far = await make_member(session, workspace, "Far", platform="teams", tenant="8c2f", remote_id="29:far")
    badge = await make_badge(session, workspace)
    made = await give(session, workspace, badge, ana, luis, eva, far, conversation_id=place.id)
    owed = text("SELECT kind, reference FROM outbox WHERE workspace_id = :w ORDER BY id")
    rows = [tuple(row) for row in await session.execute(owed, {"w": workspace.id})]
    act = (await awards(session, workspace))[0].act_id
    assert rows == [("badge_card", {"act": act}), ("badge_notice", {"act": act, "reader": far.member_id})]
    await revoking.revoke(session, workspace=workspace, award_id=made[0], actor=admin(ana), reason="x", now=NOON)
    revised = text("SELECT revision FROM outbox WHERE workspace_id = :w ORDER BY id")
    assert (await session.scalars(revised, {"w": workspace.id})).all() == [2, 2]
    story = await queries.story(session, act, workspace_id=workspace.id)
    assert story is not None
    assert (story.receiver_ids, story.revoked_ids) == (
        (luis.member_id, eva.member_id, far.member_id),
        (luis.member_id,),
    )


async def test_collection_has_rarity_dates_and_how_many_hold_it(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    ana, luis, eva = people
    rare = await make_badge(
        session, workspace, reward="Rare", rarity="epic", color="#9C27B0", multiple=True, emoji="🏆"
    )
    secret = await make_badge(session, workspace, reward="Secret", is_secret=True)
    await give(session, workspace, rare, ana, luis)
    await give(session, workspace, rare, ana, luis, eva, now=NOON + timedelta(days=1))
    assert [
        each.name for each in await queries.list_badges(session, workspace_id=workspace.id, member_id=luis.member_id)
    ] == ["Rare"]
    (taken,) = await give(session, workspace, secret, ana, luis)
    (first, second) = await collecting.collection(
        session, workspace_id=workspace.id, member_id=luis.member_id, reader_id=luis.member_id
    )
    assert (first.name, first.rarity, first.color, first.emoji, first.times, first.holders, first.members) == (
        "Rare", "epic", "#9C27B0", "🏆", 2, 2, 3,
    )  # fmt: skip
    assert (first.first_at, first.last_at) == (NOON, NOON + timedelta(days=1))
    assert second.name == "Secret"
    listed = await queries.list_badges(session, workspace_id=workspace.id, member_id=luis.member_id)
    assert [each.name for each in listed] == ["Rare", "Secret"]
    assert len(await queries.list_badges(session, workspace_id=workspace.id)) == 2
    await revoking.revoke(session, workspace=workspace, award_id=taken, actor=admin(ana), reason="x", now=NOON)
    assert (
        len(
            await collecting.collection(
                session, workspace_id=workspace.id, member_id=luis.member_id, reader_id=luis.member_id
            )
        )
        == 1
    )


async def test_grant_leaves_out_who_has_it_and_is_few_statements(session: AsyncSession, workspace: Workspace) -> None:
    many = await make_members(session, workspace, 30)
    badge = await make_badge(session, workspace, multiple=True, timeframe="daily", cooldown_minutes=60)
    await give(session, workspace, badge, many[0], many[1])
    ids = [each.member_id for each in many[1:]]
    made = await service.grant(
        session, workspace=workspace, badge=badge, member_ids=ids, why={"rule": "test"}, now=NOON
    )
    assert made.member_ids == ids[1:]
    again = await service.grant(
        session, workspace=workspace, badge=badge, member_ids=ids, why={}, now=NOON + timedelta(minutes=90)
    )
    assert (again.award_ids, again.member_ids) == ([], [])
    guard = text("SELECT DISTINCT last_at FROM award_guard WHERE workspace_id = :w")
    assert (await session.scalars(guard, {"w": workspace.id})).all() == [NOON]
    await assert_balanced(session, workspace)
