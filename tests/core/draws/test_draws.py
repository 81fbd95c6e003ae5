"""Draws as rows: who takes part, what is sealed, what is paid, and what the database refuses."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import drawing
from core.badges import service as badges
from core.badges.checks import BadgeClosed, BadgeDisabled
from core.badges.drawing import NotADraw
from core.draws import joining, proof, queries, sealing, service, stages
from core.draws.eligible import Filters
from core.draws.lottery import digest
from core.draws.models import Draw, DrawResult
from core.draws.service import Prize
from core.errors import Refusal
from core.people.models import Member, Workspace
from core.people.queries import Person
from tests.books import assert_balanced
from tests.core.badges.stock import awards, describe, make_badge
from tests.factories import current, enter, make_member, make_members, make_place, make_workspace

SEED = bytes(range(32))
LOTTERY = {"reward_type": "Computed Badge", "reward": "Daily Lottery", "multiple": True}


def chance(number: int) -> bytes:
    return SEED[:number]


def random_users(**fields: Any) -> list[Any]:
    return [["RandomUsers", fields]]


async def opened(session: AsyncSession, workspace: Workspace, opener: Person, now: datetime, **fields: Any) -> Draw:
    given = {
        "name": "Friday coffee",
        "prize": Prize(points=50),
        "winners": 2,
        "closes_at": now + timedelta(hours=1),
        **fields,
    }
    draw = await service.open_draw(session, workspace=workspace, opener=opener, now=now, **given)
    assert draw is not None
    return draw


async def admin(session: AsyncSession, workspace: Workspace, *roles: str) -> Person:
    person = await make_member(session, workspace, "Boss")
    await session.execute(update(Member).where(Member.id == person.member_id).values(roles=list(roles or ("admin",))))
    return person._replace(roles=roles or ("admin",))


async def join(session: AsyncSession, workspace: Workspace, draw: Draw, *members: Person, now: datetime) -> None:
    for member in members:
        await drawing.join(session, workspace=workspace, draw=draw, member=member, now=now)


async def step(session: AsyncSession, draw: Draw, now: datetime) -> str | None:
    return await drawing.advance(session, workspace_id=draw.workspace_id, draw_id=draw.id, chance=chance, now=now)


async def through(session: AsyncSession, draw: Draw, now: datetime) -> list[str | None]:
    """All steps, at their times."""
    frozen_at = max(draw.closes_at, now)
    return [await step(session, draw, at) for at in (frozen_at, *[frozen_at + timedelta(minutes=10)] * 2)]


async def results(session: AsyncSession, draw: Draw) -> list[DrawResult]:
    rows = await session.scalars(
        select(DrawResult)
        .where(DrawResult.workspace_id == draw.workspace_id, DrawResult.draw_id == draw.id)
        .order_by(DrawResult.rank)
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def listed(session: AsyncSession, draw: Draw) -> dict[str, int]:
    data = await sealing.entrants(session, draw.id, workspace_id=draw.workspace_id)
    return {line.split()[0]: int(line.split()[1]) for line in data.decode().splitlines()}


async def public_ids(session: AsyncSession, members: Sequence[Person]) -> list[str]:
    rows = await session.execute(
        select(Member.id, Member.public_id).where(Member.id.in_([m.member_id for m in members]))
    )
    known = dict(rows.tuples().all())
    return [str(known[member.member_id]) for member in members]


async def owed(session: AsyncSession, draw: Draw) -> list[tuple[str, int]]:
    rows = await session.execute(
        text("SELECT kind, revision FROM outbox WHERE reference ->> 'draw' = :id ORDER BY id"), {"id": str(draw.id)}
    )
    return [tuple(row) for row in rows]


async def test_members_join_and_points_are_won(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    await make_place(session, workspace, is_connected=True)
    boss = await admin(session, workspace)
    members = await make_members(session, workspace, 5)
    draw = await opened(session, workspace, boss, now)
    await join(session, workspace, draw, *members, now=now)

    states = await through(session, draw, now)

    assert states == ["frozen", "drawn", "paid"]
    assert await step(session, draw, now + timedelta(days=1)) is None
    ranked = await results(session, draw)
    assert [row.rank for row in ranked] == [1, 2, 3, 4, 5]
    assert [row.prize for row in ranked] == [1, 2, None, None, None]
    winners = {row.paid_to for row in ranked[:2]}
    assert len(winners) == 2
    for member in members:
        assert await current(session, workspace, member, now=now) == (50 if member.member_id in winners else 0)
    await assert_balanced(session, workspace)
    assert await owed(session, draw) == [("draw_card", 8), ("draw_result", 1), ("draw_notice", 1), ("draw_notice", 1)]


async def test_what_is_sealed_is_published_before_it_is_drawn(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    boss = await admin(session, workspace)
    members = await make_members(session, workspace, 3)
    draw = await opened(session, workspace, boss, now, notice=timedelta(minutes=30))
    await join(session, workspace, draw, *members, now=now)

    assert await step(session, draw, now) is None  # still open
    assert await step(session, draw, draw.closes_at) == "frozen"

    assert draw.commitment == digest(SEED)
    assert draw.list_hash == digest(await sealing.entrants(session, draw.id, workspace_id=workspace.id))
    assert draw.draws_at == draw.closes_at + timedelta(minutes=30)
    assert (draw.entrants, draw.tickets) == (3, 3)
    assert await listed(session, draw) == dict.fromkeys(await public_ids(session, members), 1)
    assert await step(session, draw, draw.draws_at - timedelta(seconds=1)) is None
    assert await queries.record(session, draw) is None  # the seed is nobody's business yet
    assert await step(session, draw, draw.draws_at) == "drawn"


async def test_the_record_is_recomputed_without_our_database(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    boss = await admin(session, workspace)
    draw = await opened(session, workspace, boss, now, winners=3, filters=Filters(weights={"SALES": 7}))
    for number, member in enumerate(await make_members(session, workspace, 20)):
        await describe(session, workspace, member, job_code="sales" if number % 3 else None)
        await join(session, workspace, draw, member, now=now)
    await through(session, draw, now)

    made = await queries.record(session, draw)

    assert made is not None
    assert [wrong for _, wrong in proof.examine(json.loads(json.dumps(made)))] == [""] * 4
    assert len(made["result"]) == 8
    assert sorted({line.split()[1] for line in made["entrants"].splitlines()}) == ["1", "7"]


async def test_a_badge_is_won_and_its_limits_pass_to_reserves(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    boss = await admin(session, workspace)
    members = await make_members(session, workspace, 6)
    badge = await make_badge(session, workspace, **{**LOTTERY, "multiple": False}, points=30)
    draw = await opened(session, workspace, boss, now, prize=Prize(badge.id, 5), winners=2)
    await join(session, workspace, draw, *members, now=now)
    await step(session, draw, draw.closes_at)
    await step(session, draw, draw.closes_at + timedelta(minutes=10))
    first, second, third, fourth, *_ = await results(session, draw)
    leaver = next(member for member in members if member.member_id == second.entrant_id)
    await session.execute(update(Member).where(Member.id == leaver.member_id).values(status="left"))
    holder = next(member for member in members if member.member_id == third.entrant_id)
    await badges.grant(
        session, workspace=workspace, badge=badge, member_ids=[holder.member_id], why={"by": "hand"}, now=now
    )

    assert await step(session, draw, draw.closes_at + timedelta(minutes=10)) == "paid"

    told = [(row.prize, row.passed_over, row.award_id is not None) for row in await results(session, draw)]
    assert told == [
        (1, None, True), (None, "left", False), (None, "limit", False), (2, None, True), (None, None, False), (None, None, False),
    ]  # fmt: skip
    winner = next(member for member in members if member.member_id == first.entrant_id)
    assert await current(session, workspace, winner, now=now) == 35
    given = [award for award in await awards(session, workspace) if award.why["by"] == "draw"]
    assert {award.member_id for award in given} == {first.entrant_id, fourth.entrant_id}
    assert {award.why["draw"] for award in given} == {draw.id}
    kinds = [kind for kind, _ in await owed(session, draw)]
    assert "badge_card" not in kinds
    await assert_balanced(session, workspace)


async def test_merged_members_are_one_person(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    boss = await admin(session, workspace)
    older, younger, other = await make_members(session, workspace, 3)
    draw = await opened(session, workspace, boss, now, winners=3)
    await join(session, workspace, draw, younger, other, now=now)
    merged = update(Member).where(Member.id == younger.member_id).values(merged_into=older.member_id)
    await session.execute(merged)

    with pytest.raises(service.DrawJoined):
        await join(session, workspace, draw, older, now=now)
    await step(session, draw, draw.closes_at)

    assert await listed(session, draw) == dict.fromkeys(await public_ids(session, [older, other]), 1)


async def test_who_was_merged_after_the_sealing_wins_one_prize(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    boss = await admin(session, workspace)
    older, younger, other = await make_members(session, workspace, 3)
    draw = await opened(session, workspace, boss, now, winners=3)
    await join(session, workspace, draw, older, younger, other, now=now)
    await step(session, draw, draw.closes_at)
    merged = update(Member).where(Member.id == younger.member_id).values(merged_into=older.member_id)
    await session.execute(merged)
    await step(session, draw, draw.closes_at + timedelta(minutes=10))
    await step(session, draw, draw.closes_at + timedelta(minutes=10))

    told = {(row.prize, row.passed_over) for row in await results(session, draw)}
    assert told == {(1, None), (2, None), (None, "merged")}
    assert await current(session, workspace, older, now=now) == 50


WRONG: list[tuple[dict[str, Any], type[Refusal]]] = [
    ({"name": " \u200b"}, service.DrawNameInvalid),
    ({"name": "x" * 121}, service.DrawNameInvalid),
    ({"winners": 0}, service.DrawWinnersInvalid),
    ({"winners": True}, service.DrawWinnersInvalid),
    ({"winners": 10_001}, service.DrawWinnersInvalid),
    ({"prize": Prize()}, service.DrawPrizeMissing),
    ({"prize": Prize(points=-5)}, Refusal),
    ({"prize": Prize(points=10**9 + 1)}, Refusal),
    ({"closes_at": datetime(2020, 1, 1, tzinfo=UTC)}, service.DrawTimeInvalid),
    ({"closes_at": datetime(2100, 1, 1, tzinfo=UTC)}, service.DrawTimeInvalid),
]


@pytest.mark.parametrize(("fields", "refusal"), WRONG)
async def test_what_cannot_be_opened_is_refused(
    session: AsyncSession, workspace: Workspace, now: datetime, fields: dict[str, Any], refusal: type[Refusal]
) -> None:
    boss = await admin(session, workspace)

    with pytest.raises(refusal):
        await opened(session, workspace, boss, now, **fields)


async def test_a_role_opens_and_a_name_is_joinable_once(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    boss = await admin(session, workspace, "manager")
    member = await make_member(session, workspace)
    for person in (member, boss._replace(status="left")):
        with pytest.raises(service.DrawNotAllowed):
            await opened(session, workspace, person, now)
    first = await opened(session, workspace, boss, now)
    with pytest.raises(service.DrawNameTaken):
        await opened(session, workspace, boss, now, name="FRIDAY Coffee")
    await step(session, first, first.closes_at)
    assert first.state == "void"
    await opened(session, workspace, boss, now)


async def test_who_may_not_join(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    boss = await admin(session, workspace)
    ana, luis, zoe = await make_members(session, workspace, 3)
    await describe(session, workspace, ana, department="Sales")
    badge = await make_badge(session, workspace, **LOTTERY, awardee=[{"job_code": ["HERO"]}])
    draw = await opened(session, workspace, boss, now, filters=Filters(departments=["sales"]))
    hero = await opened(session, workspace, boss, now, name="Hero", prize=Prize(badge.id))
    await join(session, workspace, draw, ana, now=now)

    with pytest.raises(service.DrawJoined):
        await join(session, workspace, draw, ana, now=now)
    with pytest.raises(service.DrawNotForYou):
        await join(session, workspace, draw, luis, now=now)
    with pytest.raises(service.DrawNotForYou):
        await join(session, workspace, hero, ana, now=now)
    await session.execute(update(Member).where(Member.id == zoe.member_id).values(status="left"))
    with pytest.raises(service.DrawNotForYou):
        await join(session, workspace, draw, zoe._replace(status="left"), now=now)
    await session.execute(
        text("UPDATE draw SET closes_at = now() - interval '1 second' WHERE id = :id"), {"id": draw.id}
    )
    with pytest.raises(service.DrawClosed):
        await join(session, workspace, draw, luis, now=now)
    with pytest.raises(service.DrawClosed):
        await joining.leave(session, draw=draw, member=ana)


async def test_leave_and_join_again(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    boss = await admin(session, workspace)
    ana = await make_member(session, workspace)
    draw = await opened(session, workspace, boss, now)
    with pytest.raises(service.DrawNotJoined):
        await joining.leave(session, draw=draw, member=ana)
    await join(session, workspace, draw, ana, now=now)
    await joining.leave(session, draw=draw, member=ana)
    assert await queries.count_entrants(session, [draw], workspace_id=workspace.id) == {}
    assert await queries.joined_by(session, [draw.id], ana.member_id, workspace_id=workspace.id) == frozenset()
    await join(session, workspace, draw, ana, now=now)
    assert await queries.count_entrants(session, [draw], workspace_id=workspace.id) == {draw.id: 1}
    assert await queries.joined_by(session, [draw.id], ana.member_id, workspace_id=workspace.id) == {draw.id}


async def test_who_leaves_the_company_is_not_sealed(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    boss = await admin(session, workspace)
    ana, luis = await make_members(session, workspace, 2)
    draw = await opened(session, workspace, boss, now)
    await join(session, workspace, draw, ana, luis, now=now)
    await session.execute(update(Member).where(Member.id == luis.member_id).values(status="left"))

    await step(session, draw, draw.closes_at)

    assert list(await listed(session, draw)) == await public_ids(session, [ana])


async def test_a_draw_without_anybody_is_void(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    draw = await opened(session, workspace, await admin(session, workspace), now)

    assert await step(session, draw, draw.closes_at) == "void"
    assert draw.void_reason == "nobody"
    assert draw.list_hash is None


async def test_calling_off(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    boss, manager, other = [await admin(session, workspace, role) for role in ("admin", "manager", "manager")]
    first = await opened(session, workspace, manager, now)
    await join(session, workspace, first, boss, now=now)
    with pytest.raises(service.DrawNotAllowed):
        await stages.call_off(session, first, actor=other, now=now)
    await step(session, first, first.closes_at)
    await stages.call_off(session, first, actor=manager, now=now)
    assert (first.state, first.voided_by, first.void_reason) == ("void", manager.member_id, "called_off")
    assert await step(session, first, now + timedelta(days=1)) is None
    with pytest.raises(service.DrawClosed):
        await stages.call_off(session, first, actor=boss, now=now)


async def eligible(session: AsyncSession, workspace: Workspace, now: datetime, **filters: Any) -> dict[str, int]:
    draw = await service.open_draw(
        session, workspace=workspace, name="x", prize=Prize(points=1), winners=1, filters=Filters(**filters), now=now
    )
    assert draw is not None
    await stages.freeze(session, draw, chance=chance, now=now)
    return await listed(session, draw) if draw.state == "frozen" else {}


async def test_filters_and_weights_choose_who_takes_part(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    members = await make_members(session, workspace, 4)
    ana, luis, zoe, _ = members
    await make_member(session, workspace, "Leaver", status="left")
    await make_member(session, workspace, "Away", status="leave")
    other = await make_workspace(session)
    await make_member(session, other, "Foreign")
    await enter(session, workspace.id)
    today = now.date()
    await describe(session, workspace, ana, department="Sales", job_code="M1", groups=["Choir"], hire_date=today)
    await describe(session, workspace, luis, department="sales", programs=["Mentor"], hire_date=date(2020, 1, 1))
    await describe(session, workspace, zoe, department="IT", attributes={"stars": 12, "text": "many"})
    a, b, z, _ = await public_ids(session, members)

    assert len(await eligible(session, workspace, now)) == 5
    assert set(await eligible(session, workspace, now, departments=["SALES"])) == {a, b}
    assert set(await eligible(session, workspace, now, departments=["Sales", "it"])) == {a, b, z}
    assert set(await eligible(session, workspace, now, departments=["Sales"], programs=["mentor"])) == {b}
    assert set(await eligible(session, workspace, now, groups=["choir", "none"])) == {a}
    assert set(await eligible(session, workspace, now, job_codes=["m1"])) == {a}
    assert set(await eligible(session, workspace, now, min_tenure_days=1)) == {b}
    by_name = await eligible(session, workspace, now, weights={"Sales": 3, "m1": 5, "choir": 2, "IT": 0})
    assert (by_name[a], by_name[b], by_name.get(z), len(by_name)) == (5, 3, None, 4)
    by_stars = await eligible(session, workspace, now, weights="stars")
    assert (by_stars[z], by_stars[a]) == (12, 1)
    assert set((await eligible(session, workspace, now, weights="text")).values()) == {1}
    by_tenure = await eligible(session, workspace, now, weights="tenure_days")
    assert by_tenure[b] == (today - date(2020, 1, 1)).days
    assert await eligible(session, workspace, now, departments=["none"]) == {}


async def test_recent_winners_wait(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    badge = await make_badge(
        session, workspace, **LOTTERY, rules=random_users(exclude_recent_winners=True, recent_winner_days=7)
    )
    members = await make_members(session, workspace, 3)
    won: list[int | None] = []
    for day in (0, 1, 2, 3):
        at = now + timedelta(days=day)
        figures = await drawing.open_for_badge(
            session, workspace_id=workspace.id, badge_id=badge.id, now=at, run=f"job@{day}", chance=chance
        )
        draw = await stages.hold(session, figures["draw"], workspace_id=workspace.id)
        assert draw is not None
        assert figures["entrants"] == max(0, 3 - day)
        for _ in range(2):
            await step(session, draw, at + timedelta(minutes=10))
        won += [row.paid_to for row in await results(session, draw) if row.prize]
    assert sorted(each for each in won if each) == sorted(member.member_id for member in members)
    at = now + timedelta(days=7, minutes=11)
    again = await drawing.open_for_badge(
        session, workspace_id=workspace.id, badge_id=badge.id, now=at, run="job@7", chance=chance
    )
    assert again["entrants"] == 1


async def test_a_badges_draw_is_opened_once_for_each_run(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    await make_place(session, workspace, is_connected=True)
    await make_members(session, workspace, 3)
    badge = await make_badge(session, workspace, **LOTTERY, rules=random_users(count=2))
    what: dict[str, Any] = {"workspace_id": workspace.id, "badge_id": badge.id, "now": now, "chance": chance}

    first = await drawing.open_for_badge(session, run="badge:1@2026-11-20", **what)
    second = await drawing.open_for_badge(session, run="badge:1@2026-11-20", **what)

    assert (first["draws"], first["entrants"], second) == (1, 3, {"draws": 0})
    draw = await stages.hold(session, first["draw"], workspace_id=workspace.id)
    assert draw is not None
    assert (draw.name, draw.winners, draw.state) == ("Daily Lottery", 2, "frozen")
    assert draw.draws_at == now + timedelta(minutes=10)
    assert await owed(session, draw) == [("draw_card", 1)]


async def test_a_badges_draw_is_refused_when_the_badge_is(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    by_hand = await make_badge(session, workspace)
    closed = await make_badge(
        session, workspace, **LOTTERY, rules=random_users(), availability_rule={"dow": [(now.weekday() + 3) % 7]}
    )
    off = await make_badge(session, workspace, **LOTTERY, rules=random_users(), is_enabled=False)
    for badge, refusal in ((by_hand, NotADraw), (closed, BadgeClosed), (off, BadgeDisabled)):
        with pytest.raises(refusal):
            await drawing.open_for_badge(
                session, workspace_id=workspace.id, badge_id=badge.id, now=now, run="x", chance=chance
            )


async def test_who_holds_the_badge_takes_no_part(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    members = await make_members(session, workspace, 3)
    for fields in ({"multiple": False}, {"multiple": True, "timeframe": "monthly"}):
        badge = await make_badge(session, workspace, **{**LOTTERY, **fields}, rules=random_users())
        await badges.grant(
            session, workspace=workspace, badge=badge, member_ids=[members[0].member_id], why={"by": "x"}, now=now
        )
        figures = await drawing.open_for_badge(
            session, workspace_id=workspace.id, badge_id=badge.id, now=now, run=str(badge.id), chance=chance
        )
        assert figures["entrants"] == 2


CHANGES = [
    "UPDATE draw SET seed = sha256('x'), commitment = sha256(sha256('x')) WHERE id = :id",
    "UPDATE draw SET list_hash = sha256('x') WHERE id = :id",
    "UPDATE draw SET winners = 9 WHERE id = :id",
    "UPDATE draw_list SET entrants = 'x' WHERE draw_id = :id",
    "DELETE FROM draw_list WHERE draw_id = :id",
    "TRUNCATE draw_list",
]


@pytest.mark.parametrize("statement", CHANGES)
async def test_the_database_keeps_what_is_sealed(
    session: AsyncSession, workspace: Workspace, now: datetime, statement: str
) -> None:
    boss = await admin(session, workspace)
    draw = await opened(session, workspace, boss, now)
    await join(session, workspace, draw, boss, now=now)
    await step(session, draw, draw.closes_at)
    await enter(session, workspace.id, role="ops")

    with pytest.raises(DBAPIError, match=r"sealed|append-only|permission denied"):
        async with session.begin_nested():
            await session.execute(text(statement), {"id": draw.id} if ":id" in statement else {})


async def test_a_list_that_was_changed_all_the_same_is_not_drawn_from(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    boss = await admin(session, workspace)
    draw = await opened(session, workspace, boss, now)
    await join(session, workspace, draw, boss, now=now)
    await step(session, draw, draw.closes_at)
    await session.execute(text("RESET ROLE"))
    await session.execute(text("ALTER TABLE draw_list DISABLE TRIGGER USER"))
    await session.execute(text("UPDATE draw_list SET entrants = entrants || 'x'"))
    await session.execute(text("ALTER TABLE draw_list ENABLE TRIGGER USER"))
    await enter(session, workspace.id)

    with pytest.raises(stages.Tampered):
        await step(session, draw, draw.closes_at + timedelta(minutes=10))


async def test_another_workspace_sees_no_draw(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    boss = await admin(session, workspace)
    draw = await opened(session, workspace, boss, now)
    other = await make_workspace(session)
    stranger = await make_member(session, other)

    assert await stages.hold(session, draw.id, workspace_id=other.id) is None
    assert await stages.hold(session, draw.id, workspace_id=workspace.id) is None  # the wall
    with pytest.raises(service.DrawClosed):
        await joining.join(session, draw=draw, member=stranger, now=now)
