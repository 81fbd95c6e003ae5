"""A company's own functions: registered once from one file, told by the doctor, and a start that says what is wrong with them."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from bots import functions
from bots.settings import Misconfigured, Settings
from bots.store import check_functions
from core.badges import registry
from core.database import Sessions
from core.people.queries import workspace as read_workspace
from tests.cli.conftest import Command, url_of
from tests.core.badges.stock import definition, make_badge
from tests.factories import make_company

GOOD = """
from sqlalchemy import select

from core.badges.registry import callback, metric
from core.people.models import Member


@metric("acme.sales.closed")
def closed():
    return select(Member.id, 1)


@callback("acme.letters.print")
async def print_letter(award):
    return None
"""
FAULTY: list[tuple[str, str, str]] = [
    ("def x(:\n", "line 1 is no Python", "mend it there"),
    ("\n\nimport acme_that_is_nowhere\n", "line 3 asks for what is not there", "install what it is part of"),
    ("from core.badges import registry\n@registry.metrik('a.b')\ndef x(): ...\n", "line 2 asks for what is not there", "mend the name"),
    ("from core.badges.registry import metric\nx = metric('a.b')(len)\ny = metric('a.b')(max)\n", "line 3 registers the metric a.b, which is there already", "give it another name"),
    ("from core.badges.registry import metric\nmetric('no name!')(len)\n", "line 2 registers 'no name!', which is no name", "words joined by dots"),
    ("from core.badges.registry import metric\n@metric\ndef x(): ...\n", "which is no name", "words joined by dots"),
    ("from core.badges.registry import metric\nmetric('early.bird')(len)\n\nraise RuntimeError('canary-secret')\n", "line 4 fails (RuntimeError)", "may only import and register"),
    ("import sys\nsys.exit(0)\n", "line 2 fails (SystemExit)", "may only import and register"),
    ("x = '\0'\n", "is no Python", "mend it there"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "wrong", "remedy"), FAULTY, ids=[wrong for _, wrong, _ in FAULTY])
def test_a_file_with_a_fault_says_where_and_what_to_do(tmp_path: Path, source: str, wrong: str, remedy: str) -> None:
    path = tmp_path / "own.py"
    path.write_text(source)
    before = registry.listed()
    with pytest.raises(Misconfigured) as refused:
        functions.load(path)
    [fault] = refused.value.faults
    assert fault.startswith(f"PLAUDIT_FUNCTIONS: {path}, ")
    assert wrong in fault
    assert remedy in fault
    assert "canary" not in fault
    assert registry.listed() == before, "nothing of it is registered"


@pytest.mark.parametrize(
    ("name", "said"), [("missing.py", "which is no file"), ("", "which is no file"), ("own.txt", "has to end in .py")]
)
def test_what_is_no_python_file_is_said(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "own.txt").write_text(GOOD)
    with pytest.raises(Misconfigured) as refused:
        functions.load(tmp_path / name)
    assert said in refused.value.faults[0]


def test_no_file_is_no_functions() -> None:
    assert functions.load(None) == ()


async def ended(*arguments: str, **environment: str) -> tuple[int, str]:
    """A process of its own, as an operator starts it: what a file registers ends with it."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("PLAUDIT_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bots",
        *arguments,
        env={**given, "COLUMNS": "400", **environment},
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_badges_may_use_what_is_registered_and_the_doctor_lists_it(
    configured: Sessions, plaudit: Command, tmp_path: Path
) -> None:
    await make_company(configured, 0)
    own, badges = tmp_path / "own.py", tmp_path / "badges.json"
    own.write_text(GOOD)
    rule = ["AchievementRule", {"function_path": "acme.sales.closed", "threshold": 3}]
    badges.write_text(
        json.dumps(
            [definition(reward_type="Achievement Badge", rules=[rule], awarded_callbacks=["acme.letters.print"])]
        )
    )
    database = {"PLAUDIT_DATABASE_URL": url_of(configured)}
    with_file = {**database, "PLAUDIT_FUNCTIONS": str(own)}

    code, said = await ended("import", "badges", str(badges), **database)
    assert code == 1
    assert "is no registered metric" in said
    code, said = await ended("import", "badges", str(badges), "--apply", **with_file)
    assert (code, "Written." in said) == (0, True), said
    code, said = await ended("doctor", **with_file)
    assert code == 0, said
    assert "metric acme.sales.closed" in said
    assert "callback acme.letters.print" in said
    own.write_text("")
    code, said = await ended("doctor", **with_file)
    assert "registers nothing" in said
    own.write_text("def x(:")
    code, said = await ended("doctor", **with_file)
    assert code == 1
    [line] = [line for line in said.splitlines() if line.strip().startswith("Functions")]
    assert "BROKEN" in line
    assert "mend it there" in line

    code, said = await ended("run", PLAUDIT_PORT="0", **with_file)
    assert code == 2, "the process does not start"
    assert f"plaudit: PLAUDIT_FUNCTIONS: {own}, line 1 is no Python" in said
    assert "Traceback" not in said
    own.write_text("")
    code, said = await ended("run", PLAUDIT_PORT="0", **with_file)
    assert code == 2
    assert "uses the metric acme.sales.closed, which nothing registers: add it to" in said
    assert "uses the callback acme.letters.print" in said


async def test_every_place_of_a_name_is_looked_at(database: Sessions) -> None:
    workspace, _ = await make_company(database, 0)
    async with database.begin(workspace.id) as (session, _now):
        badge = await make_badge(session, await read_workspace(session, workspace.id))
        badge.definition = {
            **badge.definition,
            "rules": [{"type": "AchievementRule", "metric": "gone.metric"}],
            "steps": [{"step": "one", "condition": {"function_path": "gone.path"}, "callbacks": ["gone.step"]}],
            "step_callbacks": {"one": ["gone.of_step"]},
            "completion_callbacks": ["gone.done", "rewards.callbacks.send_completion_email"],
            "awarded_callbacks": ["gone.awarded"],
            "attributes": {"function_path": "not.a.name"},
        }
    with pytest.raises(Misconfigured) as refused:
        await check_functions(database, Settings(functions=Path("own.py")))
    named = {fault.split("uses the ")[1].split(",")[0] for fault in refused.value.faults}
    assert named == {
        "metric gone.metric", "metric gone.path", "callback gone.step", "callback gone.of_step", "callback gone.done",
        "callback gone.awarded",
    }  # fmt: skip
