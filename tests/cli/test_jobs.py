"""`plaudit jobs`: what is done by the clock, by hand too."""

import json
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bots import effects
from core.database import Sessions
from core.people.models import Workspace
from core.schedule.registry import RULES
from tests.cli.conftest import Command, lines
from tests.core.badges.stock import make_badge
from tests.factories import make_company

JOB = {"trigger": "cron", "cron": {"hour": 16, "minute": 0}, "id": "daily_at_four", "timezone": "America/New_York"}


class Rules:
    calls = 0
    fault: Exception | None = None

    async def __call__(self, session: AsyncSession, **_: Any) -> int:
        self.calls += 1
        if self.fault is not None:
            raise self.fault
        return 2


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> Rules:
    made = Rules()
    monkeypatch.setitem(effects.OF_BADGES, RULES, made)
    return made


@pytest.fixture
async def company(configured: Sessions) -> Workspace:
    workspace, _ = await make_company(configured, 0)
    async with configured.begin(workspace.id) as (session, _):
        fields: dict[str, Any] = {"reward_type": "Computed Badge", "rules": ["Birthday"], "reward_id": 1010}
        await make_badge(session, workspace, reward="Happy birthday", job=JOB, **fields)
    return workspace


async def test_no_jobs(plaudit: Command, configured: Sessions) -> None:
    ended = await plaudit("jobs")
    assert (ended.code, ended.out) == (0, "There is no job: no badge that is switched on has one.\n")


async def test_list_run_and_list_again(plaudit: Command, company: Workspace, rules: Rules) -> None:
    before = await plaudit("jobs")
    assert before.code == 0
    assert "daily_at_four" in before.out
    assert "Happy birthday" in before.out
    assert "cron hour=16 minute=0 America/New_York" in before.out

    ran = await plaudit("jobs", "run", "daily_at_four", "--key", "today")
    again = await plaudit("jobs", "run", "badge:1010", "--key", "today")

    assert (ran.code, ran.out) == (0, "badge:1010: done awarded=2\n")
    assert again.code == 0
    assert "nothing was done" in again.out
    assert rules.calls == 1
    told = [
        json.loads(line)
        for line in lines((await plaudit("jobs", "list", "--json", "--workspace", str(company.id))).out)
    ]
    assert {each["name"] for each in told} == {"badge:1010", "daily_digest", "weekly_digest"}
    listed = next(each for each in told if each["name"] == "badge:1010")
    assert (listed["name"], listed["last_key"], listed["outcome"]) == ("badge:1010", "manual:today", "done")
    assert listed["next_at"] > listed["last_at"]


async def test_without_a_key_the_minute_is_the_key(plaudit: Command, company: Workspace, rules: Rules) -> None:
    ran = [await plaudit("jobs", "run", "badge:1010") for _ in range(3)]

    assert {each.code for each in ran} == {0}
    assert rules.calls <= 2


async def test_a_run_that_fails_is_told_and_noted(plaudit: Command, company: Workspace, rules: Rules) -> None:
    rules.fault = RuntimeError("secret")

    ended = await plaudit("jobs", "run", "badge:1010", "--key", "x")
    listed = await plaudit("jobs")

    assert ended.code == 1
    assert "badge:1010 failed: RuntimeError. Nothing was changed" in ended.out
    assert "secret" not in ended.out + ended.err + listed.out
    assert "RuntimeError" in ended.err
    assert listed.code == 1
    assert "RuntimeError" in listed.out
    rules.fault = None
    assert (await plaudit("jobs", "run", "badge:1010", "--key", "x")).code == 0
    assert (await plaudit("jobs")).code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("nothing",), "no job of this workspace"), (("badge:1010", "--key", "x" * 33), "--key takes 1 to 32 characters")],
)
async def test_called_wrongly(plaudit: Command, company: Workspace, arguments: tuple[str, ...], said: str) -> None:
    ended = await plaudit("jobs", "run", *arguments)

    assert ended.code == 2
    assert said in ended.err


async def test_one_id_for_two_jobs_is_asked_back(
    plaudit: Command, configured: Sessions, company: Workspace, rules: Rules
) -> None:
    async with configured.begin(company.id) as (session, _):
        await make_badge(session, company, reward_type="Computed Badge", rules=["Birthday"], reward_id=1011, job=JOB)

    ended = await plaudit("jobs", "run", "daily_at_four")

    assert ended.code == 2
    assert "is the id of several jobs (badge:1010, badge:1011)" in ended.err


async def test_off_and_on(plaudit: Command, configured: Sessions, company: Workspace, rules: Rules) -> None:
    assert (await plaudit("jobs", "off")).code == 0
    assert "switched off" in (await plaudit("jobs")).out
    async with configured.begin(role="ops") as (session, _):
        before = await session.scalar(text("SELECT jobs_since FROM workspace"))
    assert (await plaudit("jobs", "on", "--workspace", str(company.id))).code == 0
    assert "switched off" not in (await plaudit("jobs")).out
    async with configured.begin(role="ops") as (session, _):
        assert await session.scalar(text("SELECT jobs_since FROM workspace")) > before


async def test_an_import_names_times_that_are_past_or_never_come(
    plaudit: Command, configured: Sessions, tmp_path: Any
) -> None:
    await make_company(configured, 0)
    jobs: list[dict[str, Any]] = [
        {"trigger": "date", "run_date": "2025-12-25 10:00:00"},
        {"run_date": "2025-12-25", "skip_past_dates": True},
        {"cron": {"year": 2020}},
        {"cron": {"month": "feb", "day": 29, "day_of_week": "mon"}},
    ]
    badges = [
        {"reward_id": number, "reward": "X", "reward_type": "Computed Badge", "rules": ["Birthday"], "job": job}
        for number, job in enumerate(jobs, 1)
    ]
    file = tmp_path / "rewards.json"
    file.write_text(json.dumps(badges))
    warned = " ".join((await plaudit("import", "badges", str(file))).out.split())
    assert '$[0].job.run_date: "2025-12-25T10:00:00" is past: the job runs once' in warned
    assert '$[1].job.run_date: "2025-12-25" is past and skip_past_dates is true: the job never runs' in warned
    assert "$[2].job.cron: names no time that is still to come" in warned
    assert "$[3].job" not in warned

    badges[0]["job"] = {"cron": {"month": 2, "day": 30}}
    badges[1]["job"] = {"cron": {"hour": "25"}, "timezone": "Mars/Base"}
    file.write_text(json.dumps(badges))
    ended = await plaudit("import", "badges", str(file), "--apply")
    said = " ".join(ended.out.split())
    assert ended.code == 1
    assert "$[0].job.cron: fits no day of any year" in said
    assert "$[1].job.cron.hour" in said
    async with configured.begin(role="ops") as (session, _):
        assert await session.scalar(text("SELECT count(*) FROM badge")) == 0
