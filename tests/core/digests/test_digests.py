"""What a day and a week came to, made once, and who is told."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import service as badges
from core.database import Sessions
from core.digests import queries, service
from core.digests.queries import Spell
from core.errors import Refusal
from core.kudos import service as kudos
from core.leaderboards import service as leaderboards
from core.people import modes
from core.people.models import Workspace
from core.schedule.registry import Figures, Run
from tests.core.badges.stock import make_badge
from tests.factories import enter, make_company, make_members, make_place, make_workspace, thank

NINE = timedelta(hours=9)
CARDS = text("SELECT scope FROM outbox WHERE workspace_id = :w AND kind = 'digest_card' ORDER BY scope")
BORN = text("UPDATE profile SET birth_month = :month, birth_day = :day WHERE workspace_id = :w AND member_id = :member")


@pytest.fixture
def tomorrow(now: datetime) -> datetime:
    """When the digest of today is due, in UTC."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1) + NINE


@pytest.fixture
def spell(workspace: Workspace, tomorrow: datetime) -> Spell:
    return Spell(workspace.id, tomorrow - NINE - timedelta(days=1), tomorrow - NINE)


async def daily(session: AsyncSession, workspace: Workspace, at: datetime) -> Figures:
    return await service.daily(session, Run(workspace.id, "daily_digest", at.isoformat(), at, at))


async def cards(session: AsyncSession, workspace: Workspace) -> list[str]:
    return list(await session.scalars(CARDS, {"w": workspace.id}))


async def test_a_day_is_told_once_where_a_digest_was_chosen(
    session: AsyncSession, workspace: Workspace, now: datetime, tomorrow: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    for name, mode in (("C1", "direct"), ("C2", "digest"), ("C3", "silent"), ("C4", "digest")):
        place = await make_place(session, workspace, remote_id=name, is_connected=name != "C4")
        await modes.choose(session, place, mode)
    await thank(session, workspace, ana, [luis], now=now)
    first = await daily(session, workspace, tomorrow)
    assert (first["cards"], await daily(session, workspace, tomorrow)) == (1, {"cards": 0})
    assert await cards(session, workspace) == ["slack:T1:C2"]
    assert (
        await session.scalar(text("SELECT count(*) FROM outbox WHERE kind = 'kudos_card' AND scope = 'slack:T1:C2'"))
        == 0
    )


async def test_a_week_is_told_wherever_anything_is(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    ana, luis = await make_members(session, workspace, 2)
    for name, mode in (("C1", "direct"), ("C2", "digest"), ("C3", "silent"), ("C5", "thread")):
        await modes.choose(session, await make_place(session, workspace, remote_id=name, is_connected=True), mode)
    await thank(session, workspace, ana, [luis], now=now)
    monday = now.replace(hour=9) + timedelta(days=7 - now.weekday())
    await service.weekly(session, Run(workspace.id, "weekly_digest", "w", monday, monday))
    assert await cards(session, workspace) == ["slack:T1:C1", "slack:T1:C2", "slack:T1:C5"]


async def test_of_nothing_nothing_is_said(
    session: AsyncSession, workspace: Workspace, now: datetime, tomorrow: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    await modes.choose(session, await make_place(session, workspace, is_connected=True), "digest")
    await thank(session, workspace, ana, [luis], now=now, is_private=True)
    assert await daily(session, workspace, tomorrow) == {"cards": 0}
    assert await cards(session, workspace) == []


async def test_figures_are_of_what_is_public_and_stands(
    session: AsyncSession, workspace: Workspace, now: datetime, spell: Spell
) -> None:
    ana, luis, eva = await make_members(session, workspace, 3)
    await thank(session, workspace, ana, [luis, eva], now=now, message="one")
    await thank(session, workspace, eva, [luis], now=now, message="two")
    await thank(session, workspace, luis, [ana], now=now, message="three", is_private=True)
    undone = await thank(session, workspace, luis, [eva], now=now, message="four")
    await kudos.undo(session, workspace=workspace, kudos_id=undone, giver=luis, now=now)
    for secret in (False, True):
        badge = await make_badge(session, workspace, reward=f"Badge {secret}", is_secret=secret)
        await badges.award(session, workspace=workspace, badge=badge, giver=ana, receivers=[luis], now=now)
    assert await queries.figures(session, spell) == (2, 2, 2, 1)
    assert [(each.rank, each.member_id, each.kudos) for each in await queries.podium(session, spell)] == [
        (1, luis.member_id, 2),
        (2, eva.member_id, 1),
    ]
    [won] = await queries.won(session, spell)
    assert (won.name, won.awards, won.member_ids) == ("Badge False", 1, (luis.member_id,))
    await leaderboards.hide(session, luis.member_id, workspace_id=workspace.id)
    assert [each.member_id for each in await queries.podium(session, spell)] == [eva.member_id]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2027, 2, 28), date(2027, 2, 28), [date(2027, 2, 28)]),
        (date(2028, 2, 28), date(2028, 2, 28), []),
        (date(2028, 2, 29), date(2028, 2, 29), [date(2028, 2, 29)]),
        (date(2027, 12, 28), date(2028, 1, 3), []),
    ],
)
async def test_born_on_a_29th_of_february(
    session: AsyncSession, workspace: Workspace, first: date, last: date, expected: list[date]
) -> None:
    (ana,) = await make_members(session, workspace, 1)
    await session.execute(BORN, {"w": workspace.id, "member": ana.member_id, "month": 2, "day": 29})
    found = await queries.birthdays(session, workspace_id=workspace.id, first=first, last=last)
    assert [each.on for each in found] == expected


async def test_a_birthday_alone_is_worth_a_digest(
    session: AsyncSession, workspace: Workspace, tomorrow: datetime
) -> None:
    (ana,) = await make_members(session, workspace, 1)
    await modes.choose(session, await make_place(session, workspace, is_connected=True), "digest")
    born = {"w": workspace.id, "member": ana.member_id, "month": tomorrow.month, "day": tomorrow.day}
    await session.execute(BORN, born)
    assert (await daily(session, workspace, tomorrow))["cards"] == 1


async def test_the_days_are_the_workspaces_own(session: AsyncSession) -> None:
    workspace = await make_workspace(session, time_zone="Pacific/Auckland")
    await enter(session, workspace.id)
    (ana,) = await make_members(session, workspace, 1)
    await modes.choose(session, await make_place(session, workspace, is_connected=True), "digest")
    nine_there = datetime(2027, 6, 9, 21, 0, tzinfo=UTC)  # the 10th in Auckland
    await session.execute(BORN, {"w": workspace.id, "member": ana.member_id, "month": 6, "day": 10})
    await daily(session, workspace, nine_there)
    spelled = (
        await session.execute(text("SELECT since, until FROM digest WHERE workspace_id = :w"), {"w": workspace.id})
    ).one()
    assert tuple(spelled) == (datetime(2027, 6, 8, 12, tzinfo=UTC), datetime(2027, 6, 9, 12, tzinfo=UTC))


async def test_another_workspace_is_not_told(
    session: AsyncSession, workspace: Workspace, now: datetime, tomorrow: datetime
) -> None:
    ana, luis = await make_members(session, workspace, 2)
    await thank(session, workspace, ana, [luis], now=now)
    other = await make_workspace(session)
    await enter(session, other.id)
    await modes.choose(session, await make_place(session, other, is_connected=True), "digest")
    assert await daily(session, other, tomorrow) == {"cards": 0}


async def test_forty_at_once_make_one(database: Sessions) -> None:
    import asyncio

    workspace, (ana, luis) = await make_company(database, 2)
    async with database.begin(workspace.id) as (session, now):
        await modes.choose(session, await make_place(session, workspace, is_connected=True), "digest")
        await thank(session, workspace, ana, [luis], now=now)
    due = now.replace(hour=9) + timedelta(days=1)

    async def tell() -> int:
        async with database.begin(workspace.id) as (session, _):
            return int((await daily(session, workspace, due))["cards"])

    assert sum(await asyncio.gather(*(tell() for _ in range(40)))) == 1


@pytest.mark.parametrize(
    ("platform", "mode", "code"), [("slack", "loud", "mode_unknown"), ("telegram", "thread", "no_threads")]
)
async def test_a_mode_that_cannot_be_is_refused(
    session: AsyncSession, workspace: Workspace, platform: str, mode: str, code: str
) -> None:
    place = await make_place(session, workspace, platform=platform, is_connected=True)
    with pytest.raises(Refusal) as refused:
        await modes.choose(session, place, mode)
    assert refused.value.code == code
