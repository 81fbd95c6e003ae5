"""Every example of the predecessor's page imports unchanged; what it shows only in part is completed, not corrected."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import importing
from core.badges.definition.model import Definition
from core.badges.definition.reading import read
from core.badges.definition.rules import RandomUsers
from core.people.models import Workspace
from tests.core.badges.stock import EXAMPLES

FILES = sorted(EXAMPLES.glob("*.json"))
NEEDED = {"reward_id": 9999, "reward": "An example"}
JOB = {"trigger": "cron"}
WARNED = {"badge_name": {"type_own"}, "daily_lottery": {"category_missing"}, "early_bird_special": {"dow_from_monday"}}


def whole(path: Path) -> Any:
    """The example; a part of a badge becomes a badge by what every badge needs."""
    given = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(given, list) or "reward_id" in given:
        return given
    if "cron" in given:
        given = {"job": JOB | given}
    return NEEDED | given


def test_there_are_all_of_them() -> None:
    assert len(FILES) == 33


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_example_imports(session: AsyncSession, workspace: Workspace, path: Path) -> None:
    given = whole(path)
    found = read(json.dumps(given).encode())
    assert found.faults == ()
    is_part = not isinstance(given, list) and given["reward_id"] == 9999
    expected = WARNED.get(path.stem, set())
    codes = {warning.code for warning in found.warnings} - (
        {"type_assumed", "category_missing", "job_missing"} if is_part else set()
    )
    assert codes == expected
    plan = await importing.plan(session, found, workspace_id=workspace.id)
    await importing.apply(session, plan)
    again = await importing.plan(session, found, workspace_id=workspace.id)
    assert (again.new, again.changed, again.unchanged, again.terms) == ((), (), 1, ())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_stored_reads_back_the_same(path: Path) -> None:
    (made,) = read(json.dumps(whole(path)).encode()).definitions
    assert Definition.model_validate(json.loads(json.dumps(importing.stored(made)))) == made


def the(name: str) -> Definition:
    (made,) = read(json.dumps(whole(EXAMPLES / f"{name}.json")).encode()).definitions
    return made


def test_fields_arrive() -> None:
    lottery = the("monthly_mega_lottery")
    assert (lottery.reward, lottery.points, lottery.kind, lottery.multiple, lottery.timeframe) == (
        "Monthly Mega Lottery", 5000, "computed", True, "monthly",
    )  # fmt: skip
    (rule,) = lottery.rules
    assert isinstance(rule, RandomUsers)
    assert (rule.type, rule.count, rule.exclude_recent_winners, rule.recent_winner_days) == ("RandomUsers", 5, True, 30)
    assert lottery.job is not None
    assert lottery.job.cron is not None
    assert (lottery.job.cron.day, lottery.job.cron.hour, lottery.job.id) == ("last", "16", "monthly_mega_lottery")
    mastery = the("sales_mastery")
    assert [step.step for step in mastery.steps] == ["Product Knowledge", "Sales Techniques", "First Sale"]
    assert mastery.steps[1].condition is not None
    assert (mastery.steps[1].condition.threshold, mastery.steps[1].condition.operator) == (100, "eq")
    assert mastery.completion_callbacks == ("rewards.callbacks.training.send_certificate",)
    nomination = the("employee_of_the_month_sales")
    assert nomination.nomination_config is not None
    assert nomination.nomination_config.eligible_nominators is not None
    assert nomination.nomination_config.eligible_nominators.job_codes == ("ASSOCIATE", "MANAGER")
    by_hand = the("employee_of_the_month")
    assert by_hand.kind == "user"
    assert by_hand.assigner[0].job_codes == ("MANAGER", "DIRECTOR")


def test_type_that_is_not_told_is_what_the_other_fields_show() -> None:
    kinds = {
        name: the(name).kind
        for name in ("happy_birthday", "elite_performer", "holiday_special", "job_date", "top_seller")
    }
    assert kinds == {
        "happy_birthday": "computed", "elite_performer": "achievement", "holiday_special": "user", "job_date": "computed",
        "top_seller": "computed",
    }  # fmt: skip
