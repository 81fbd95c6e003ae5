"""`plaudit import activities|attendance|holidays`: every fault by its line, nothing half-loaded, twice the same as once."""

import string
from pathlib import Path

import pytest
from sqlalchemy import text

from bots.cli.activities import WRONG
from core.database import Sessions
from tests.cli.conftest import Command
from tests.core.badges.stock import make_badge
from tests.factories import make_company, make_member

THREE = ["AchievementRule", {"metric": "activities.count", "function_params": {"type": "sale"}, "threshold": 3}]
GOOD = "email,type,occurred_at,quantity\nana@example.com,Sales,2026-11-02 10:00,2.5\nana@example.com,sale,2026-11-03,\nana@example.com,sale,2026-11-03,\n"


@pytest.fixture
async def company(configured: Sessions) -> Sessions:
    workspace, _ = await make_company(configured, 0)
    async with configured.begin(workspace.id) as (session, _now):
        await make_member(session, workspace, "Ana", email="ana@example.com")
        await make_badge(session, workspace, reward="Seller", reward_type="Achievement Badge", rules=[THREE])
    return configured


async def count(sessions: Sessions, table: str) -> int:
    async with sessions.begin(role="ops") as (session, _):
        return int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


async def test_dry_run_then_apply_then_again(company: Sessions, plaudit: Command, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(GOOD)
    dry = await plaudit("import", "activities", str(file))
    assert (dry.code, await count(company, "activity")) == (0, 0)
    assert "this was a dry run. To write: plaudit import activities" in dry.out
    done = await plaudit("import", "activities", str(file), "--apply")
    assert (done.code, await count(company, "activity"), await count(company, "award")) == (0, 3, 1)
    assert "Badges awarded by it: 1." in done.out
    again = await plaudit("import", "activities", str(file), "--apply")
    assert (again.code, await count(company, "activity"), await count(company, "award")) == (0, 3, 1)
    assert "Badges awarded by it: 0." in again.out
    assert (await plaudit("verify")).code == 0


async def test_who_was_stopped_before_the_badges_goes_on(company: Sessions, plaudit: Command, tmp_path: Path) -> None:
    """The rows are in and nothing was awarded, as after a crash between the two: the same file again awards it."""
    file = tmp_path / "sales.csv"
    file.write_text(GOOD)
    async with company.begin(role="ops") as (session, _):
        await session.execute(
            text("UPDATE badge SET is_enabled = false, definition = definition || '{\"is_enabled\": false}'")
        )
    await plaudit("import", "activities", str(file), "--apply")
    async with company.begin(role="ops") as (session, _):
        await session.execute(
            text("UPDATE badge SET is_enabled = true, definition = definition || '{\"is_enabled\": true}'")
        )
    assert await count(company, "award") == 0
    await plaudit("import", "activities", str(file), "--apply")
    assert (await count(company, "activity"), await count(company, "award")) == (3, 1)


FAULTY: list[tuple[str, str, str]] = [
    ("activities", "email,type,occurred_at\nana@example.com,sale,soon\n", ':2: occurred_at "soon": is no time'),
    ("activities", "email,type,occurred_at\nana@example.com,sale,2999-01-01\n", "is in the future"),
    ("activities", "email,type,occurred_at\nana@example.com,<b>,2026-01-01\n", ':2: type "<b>": is no type'),
    ("activities", "email,type,occurred_at,quantity\nana@example.com,sale,2026-01-01,-1\n", "is no quantity"),
    ("activities", "email,type,occurred_at,quantity\nana@example.com,sale,2026-01-01,1e400\n", "is no quantity"),
    ("activities", "email,type,occurred_at,quantity\nana@example.com,sale,2026-01-01,NaN\n", "is no quantity"),
    ("activities", "email,type,occurred_at\nbob@example.com,sale,2026-01-01\n", "is no member of this workspace"),
    ("activities", "email,member_id,type,occurred_at\nana@example.com,1,sale,2026-01-01\n", "says nobody, or two"),
    ("activities", "member_id,type,occurred_at\nx,sale,2026-01-01\n", "is no id of a member"),
    ("activities", "email,type\nana@example.com,sale\n", "the first line does not name this column"),
    ("activities", "type,occurred_at\nsale,2026-01-01\n", "names neither email nor member_id"),
    ("activities", "email,type,ocurred_at\nana@example.com,sale,2026-01-01\n", "did you mean occurred_at?"),
    ("activities", "email,type,occurred_at\nana@example.com,,2026-01-01\n", ":2: type: is needed"),
    ("activities", "email,type,occurred_at\n", "the file has no rows"),
    ("activities", 'email,type,occurred_at\nana@example.com,"sale,2026-01-01\n', "cannot be read as CSV"),
    ("attendance", "email,day\nana@example.com,2026-02-30\n", ':2: day "2026-02-30": is no date'),
    ("attendance", "email,day\nana@example.com,2999-01-01\n", "is in the future"),
    ("holidays", "day,name\n2026-12-25,Christmas\n2026-12-25,Again\n", "is on line 2 already"),
]


@pytest.mark.parametrize(("kind", "content", "said"), FAULTY, ids=[said for _, _, said in FAULTY])
async def test_a_fault_is_named_and_nothing_is_loaded(
    company: Sessions, plaudit: Command, tmp_path: Path, kind: str, content: str, said: str
) -> None:
    file = tmp_path / "file.csv"
    file.write_text(content)
    ended = await plaudit("import", kind, str(file), "--apply")
    assert ended.code == 1
    assert said in " ".join(ended.out.split())
    assert "Nothing was written" in ended.out
    assert [await count(company, table) for table in ("activity", "attendance", "holiday")] == [0, 0, 0]


async def test_a_good_row_beside_a_faulty_one_is_not_loaded(
    company: Sessions, plaudit: Command, tmp_path: Path
) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(GOOD + "nobody@example.com,sale,2026-11-03,\n")
    ended = await plaudit("import", "activities", str(file), "--apply")
    assert (ended.code, await count(company, "activity"), await count(company, "activity_key")) == (1, 0, 0)
    assert "sales.csv:5: email" in ended.out


async def test_attendance_and_holidays_come_in_once(company: Sessions, plaudit: Command, tmp_path: Path) -> None:
    there, free = tmp_path / "there.csv", tmp_path / "free.csv"
    there.write_text("email;day\nana@example.com;2026-11-02\nana@example.com;2026-11-03\nana@example.com;2026-11-02\n")
    free.write_text("day,name,calendar\n2026-12-25,Christmas,\n2026-01-06,Epiphany,Madrid\n")
    for _ in range(2):
        assert (await plaudit("import", "attendance", str(there), "--apply")).code == 0
        assert (await plaudit("import", "holidays", str(free), "--apply")).code == 0
        assert [await count(company, table) for table in ("attendance", "holiday")] == [2, 2]


async def test_what_is_no_file_is_said(company: Sessions, plaudit: Command) -> None:
    ended = await plaudit("import", "activities", "/nowhere.csv")
    assert ended.code == 2
    assert "name a CSV file of activities" in ended.err


def test_every_sentence_says_what_to_do() -> None:
    assert not [code for code, sentence in WRONG.items() if ";" not in sentence]
    assert all(list(string.Formatter().parse(sentence)) for sentence in WRONG.values())
