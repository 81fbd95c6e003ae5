"""The reference pages tell what the code does: every command, every setting with its default and when it is needed."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from bots.cli.people import WRONG
from bots.settings import Settings
from core.database import Sessions
from core.people.importing.cells import COLUMNS
from core.points.models import AMOUNT_MAX
from tests.cli.conftest import commands

DOCS = Path(__file__).resolve().parents[1] / "docs"
REFERENCE = DOCS / "reference"


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def table_rows(text: str) -> list[list[str]]:
    """Cells of every row of the page's tables."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| `")
    ]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_is_documented(words: tuple[str, ...]) -> None:
    documented = [
        row for row in table_rows(page("commands.md")) if re.match(rf"`plaudit {' '.join(words)}[ `]", row[0])
    ]
    assert len(documented) == 1
    assert documented[0][1]


def test_no_command_is_documented_that_is_not_there() -> None:
    known = {" ".join(words) for words in commands()}
    documented = re.findall(r"^\| `plaudit ([a-z -]+?)(?= [\[A-Z]|`)", page("commands.md"), re.MULTILINE)
    assert set(documented) == known


def default_of(name: str) -> str:
    """A setting's default as the page writes it."""
    default: Any = Settings.model_fields[name].default
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, tuple):
        default = ",".join(default)
    if isinstance(default, bool):
        default = str(default).lower()
    return f"`{default}`" if default not in {None, ""} else "–"


SETTINGS = {row[0]: row for row in table_rows(page("settings.md")) if row[0].startswith("`PLAUDIT_")}


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    row = SETTINGS[f"`PLAUDIT_{name.upper()}`"]
    assert len(row) == 4, "setting, default, required when, what it is"
    assert row[1] == default_of(name)
    assert row[3] == Settings.model_fields[name].description


def test_no_setting_is_documented_that_is_not_there() -> None:
    assert set(SETTINGS) == {f"`PLAUDIT_{name.upper()}`" for name in Settings.model_fields}


CONFIGURED: dict[str, dict[str, Any]] = {
    "production": {"mode": "production", "secret_key": ""},
    "Teams is used": {"teams_app_id": "x", "teams_service_hosts": ""},
    "Teams is used (by its tenants)": {"teams_tenant_ids": "x", "teams_service_hosts": ""},
    "Slack is used": {"slack_bot_token": "x"},
    "Slack is used (by its secret)": {"slack_signing_secret": "x"},
    "Slack is used by several": {"slack_client_id": "x"},
    "Slack is used by several (by its secret)": {"slack_client_secret": "x"},
    "Telegram is used, by webhook": {"telegram_bot_token": "x"},
    "Telegram is used": {"telegram_secret": "x"},
    "a mail server is used": {"smtp_host": "x"},
    "a mail server is used (by its user)": {"smtp_user": "x"},
}


def test_required_when_is_told_of_exactly_the_settings_that_can_be_missed() -> None:
    faults = [fault for given in CONFIGURED.values() for fault in Settings(**given).faults()]
    missed = {f"`{fault.split()[0]}`" for fault in faults if "is missing or empty" in fault}
    assert {name for name, row in SETTINGS.items() if row[2] != "never"} == missed


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_of_the_people_file_is_documented(column: str) -> None:
    assert f"`{column}`" in (DOCS / "how-to" / "import-people.md").read_text(encoding="utf-8")


def test_every_sentence_of_the_import_says_what_to_do() -> None:
    assert not [code for code, sentence in WRONG.items() if ";" not in sentence and ":" not in sentence]


async def test_every_table_is_documented(database: Sessions) -> None:
    async with database.begin(role="ops") as (session, _):
        found = await session.scalars(
            text(
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace ="
                " CAST('public' AS regnamespace) AND NOT relispartition AND relname <> 'alembic_version'"
            )
        )
    assert {name for name in found if f"`{name}`" not in page("database.md")} == set()


def test_limit_of_an_amount_is_the_one_that_verify_tells() -> None:
    assert AMOUNT_MAX == 10**9
    assert "from 1 to 10⁹" in page("commands.md")
