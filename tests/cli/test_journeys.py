"""`plaudit journeys enroll`: a cohort sets out, as the dry run said, and nobody twice."""

import pytest
from sqlalchemy import text

from core.database import Sessions
from tests.cli.conftest import Command
from tests.core.badges.stock import describe
from tests.core.journeys.road import make_journey
from tests.factories import make_company


@pytest.fixture
async def company(configured: Sessions) -> Sessions:
    workspace, people = await make_company(configured, 4)
    async with configured.begin(workspace.id) as (session, _):
        await make_journey(session, workspace, reward="Onboarding", reward_id=7001)
        await make_journey(session, workspace, reward="Ramp-up", reward_id=7002, is_enabled=False)
        for person, department in zip(people, ("Sales", "Sales", "Support", "Legal"), strict=True):
            await describe(session, workspace, person, department=department)
    return configured


async def on_the_way(database: Sessions) -> int:
    async with database.begin(role="ops") as (session, _):
        return int((await session.execute(text("SELECT count(*) FROM journey WHERE origin = 'cohort'"))).scalar_one())


async def test_a_cohort_sets_out_as_the_dry_run_said(company: Sessions, plaudit: Command) -> None:
    asked = ("journeys", "enroll", "onboarding", "--department", "sales", "--department", "Support")
    dry = await plaudit(*asked, "--dry-run")
    assert (dry.code, dry.err) == (0, "")
    assert "Member 1" in dry.out
    assert "3 would set out on Onboarding. Nothing was written" in dry.out
    assert await on_the_way(company) == 0
    assert "3 set out on Onboarding" in (await plaudit(*asked)).out
    assert await on_the_way(company) == 3
    assert "0 set out on Onboarding" in (await plaudit(*asked)).out
    assert "1 set out on Onboarding" in (await plaudit("journeys", "enroll", "7001", "--everybody")).out
    assert await on_the_way(company) == 4


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("Onboarding",), "say who is to set out"),
        (("Onboarding", "--everybody", "--department", "Sales"), "say who is to set out"),
        (
            ("Onbording", "--everybody"),
            "Onbording names no journey that is enabled; write the reward_id of one of: 7001",
        ),
        (("Ramp-up", "--everybody"), "Ramp-up names no journey that is enabled"),
    ],
)
async def test_it_is_called_wrongly(company: Sessions, plaudit: Command, arguments: tuple[str, ...], told: str) -> None:
    ended = await plaudit("journeys", "enroll", *arguments)
    assert ended.code == 2
    assert told in ended.err
    assert await on_the_way(company) == 0
