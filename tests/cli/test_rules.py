"""`plaudit badges plan` and `plaudit why`: what rules would do, and what stands between somebody and a badge."""

import pytest
from sqlalchemy import text

from core.database import Sessions
from tests.cli.conftest import Command
from tests.core.badges.stock import make_badge
from tests.core.rules.stage import did
from tests.factories import make_company, make_member

THREE = ["AchievementRule", {"metric": "activities.count", "function_params": {"type": "sale"}, "threshold": 3}]


@pytest.fixture
async def company(configured: Sessions) -> Sessions:
    workspace, _ = await make_company(configured, 0)
    async with configured.begin(workspace.id) as (session, now):
        ana = await make_member(session, workspace, "Ana", email="ana@example.com")
        luis = await make_member(session, workspace, "Luis", email="luis@example.com")
        await did(session, workspace, ana, "sale", times=5, at=now)
        await did(session, workspace, luis, "sale", times=2, at=now)
        await make_badge(
            session, workspace, reward="Seller", reward_type="Achievement Badge", rules=[THREE, "Birthday"]
        )
        await make_badge(session, workspace, reward="Lottery", reward_type="Computed Badge", rules=["RandomUsers"])
        await make_badge(
            session,
            workspace,
            reward="Closed",
            reward_type="Achievement Badge",
            rules=[THREE],
            availability_rule={"end_date": "2020-01-01"},
        )
        await session.execute(
            text(
                "UPDATE profile SET birth_month = extract(month FROM CAST(:now AS timestamptz)), birth_day = extract(day FROM CAST(:now AS timestamptz))"
            ),
            {"now": now},
        )
    return configured


async def test_plan_tells_how_many_who_and_why_not(company: Sessions, plaudit: Command) -> None:
    ended = await plaudit("badges", "plan")
    said = " ".join(ended.out.split())
    assert ended.code == 0
    assert "Ana (1): number: sale: 5 (at least 3); birthday" in said
    assert "Luis (2): number" not in said
    assert "drawn by lot" in said
    assert "can no longer be had" in said or "over" in said.lower()
    assert "Nothing was awarded" in said
    async with company.begin(role="ops") as (session, _):
        assert await session.scalar(text("SELECT count(*) FROM award")) == 0
        assert await session.scalar(text("SELECT count(*) FROM rule_run")) == 0


async def test_plan_of_one_badge_shows_the_query(company: Sessions, plaudit: Command) -> None:
    ended = await plaudit("badges", "plan", "seller", "--query")
    assert "activity_tally" in ended.out
    assert "Lottery" not in ended.out


async def test_an_unknown_badge_is_said_with_the_nearest(company: Sessions, plaudit: Command) -> None:
    ended = await plaudit("badges", "plan", "Seler")
    assert ended.code == 2
    assert "did you mean Seller?" in ended.err


async def test_why_tells_each_rule_with_its_figures(company: Sessions, plaudit: Command) -> None:
    good = await plaudit("why", "ana@example.com", "Seller")
    assert good.code == 0
    assert "✓ number: sale: 5 (at least 3)" in good.out
    assert "Nothing stands in the way." in good.out
    short = await plaudit("why", "2", "Seller")
    assert short.code == 1
    assert "✗ number: sale: 2 (at least 3)" in short.out
    assert "✓ birthday" in short.out
    closed = await plaudit("why", "ana@example.com", "Closed")
    assert closed.code == 1
    assert len([line for line in closed.out.splitlines() if "✗" in line]) == 1


async def test_why_of_nobody_is_said(company: Sessions, plaudit: Command) -> None:
    ended = await plaudit("why", "nobody@example.com", "Seller")
    assert ended.code == 2
    assert "nobody is known as nobody@example.com" in ended.err
