"""`plaudit import badges`: a dry run with every fault by its path, a plan, and then all of it at once."""

import json
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bots.cli.badges import WARNED, WRONG, sentence
from core.badges.definition.reading import FIELDS, read
from core.database import Sessions
from tests.cli.conftest import Command
from tests.core.badges.stock import EXAMPLES, definition, reading
from tests.core.badges.test_faults import DOCUMENTS, FAULTY
from tests.factories import make_company

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "badges.md"
EXAMPLE = EXAMPLES / "welcome_badge.json"


@pytest.fixture
async def company(configured: Sessions) -> Sessions:
    await make_company(configured, 0)
    return configured


async def stored(sessions: Sessions) -> int:
    async with sessions.begin(role="ops") as (session, _):
        return int(await session.scalar(text("SELECT count(*) FROM badge")) or 0)


async def test_dry_run_then_apply(company: Sessions, plaudit: Command) -> None:
    dry = await plaudit("import", "badges", str(EXAMPLE))
    assert (dry.code, await stored(company)) == (0, 0)
    assert "new badge: 1001 Welcome Badge (Automated Badge)" in dry.out
    assert "new category: Recognition" in dry.out
    assert "awards none of them yet" not in " ".join(dry.out.split())
    done = await plaudit("import", "badges", str(EXAMPLE), "--apply")
    assert (done.code, await stored(company)) == (0, 1)
    assert "Written." in done.out
    again = await plaudit("import", "badges", str(EXAMPLE), "--strict")
    assert again.code == 0
    assert (await plaudit("verify")).code == 0


async def test_strict_refuses(company: Sessions, plaudit: Command) -> None:
    ended = await plaudit("import", "badges", str(EXAMPLE), "--apply", "--strict")
    assert (ended.code, await stored(company)) == (1, 0)
    assert "$[0].reward_type" in ended.out


async def test_faults_and_warnings_are_told(company: Sessions, plaudit: Command, tmp_path: Path) -> None:
    file = tmp_path / "rewards.json"
    file.write_text(
        json.dumps([definition(), definition(pionts=5), definition(availability_rule={"dow": [1, 2, 3, 4, 5]})])
    )
    ended = await plaudit("import", "badges", str(file), "--apply")
    said = " ".join(ended.out.split())
    assert (ended.code, await stored(company)) == (1, 0)
    assert "rewards.json: $[1].pionts: is no field; did you mean points?" in said
    assert "warning: rewards.json: $[2].availability_rule.dow: [1, 2, 3, 4, 5] is Tuesday to Saturday" in said


async def test_no_such_file(company: Sessions, plaudit: Command) -> None:
    assert (await plaudit("import", "badges", "/nowhere.json")).code == 2


@pytest.mark.parametrize("fields", [fields for fields, _, _ in FAULTY], ids=str)
def test_every_fault_has_a_sentence(fields: Mapping[str, Any]) -> None:
    for fault in reading(definition(**fields)).faults:
        assert sentence("x.json", fault, WRONG)


@pytest.mark.parametrize("content", [content for content, _, _ in DOCUMENTS])
def test_every_fault_of_a_document_has_a_sentence(content: bytes) -> None:
    for fault in read(content).faults:
        assert sentence("x.json", fault, WRONG)


def test_every_sentence_says_what_to_do() -> None:
    assert not [
        code for code, words in WRONG.items() if ";" not in words and ":" not in words and "{nearest}" not in words
    ]
    assert all(list(string.Formatter().parse(words)) for words in (*WRONG.values(), *WARNED.values()))


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_is_documented(field: str) -> None:
    assert f"| `{field}` |" in REFERENCE.read_text(encoding="utf-8")
