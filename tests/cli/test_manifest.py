"""`plaudit manifest`: values from options or settings, files or standard output, and calls that Telegram may refuse."""

import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bots.manifest import slack
from bots.manifest.address import read_address
from bots.manifest.telegram import descriptions, menus
from bots.simulator import TelegramSimulator, example_world
from cards.words import locale_names
from tests.cli.conftest import Command, lines
from tests.telegram.bot_api import BotApi, Scripted

APP_ID = "11111111-2222-3333-4444-555555555555"
URL = "https://plaudit.example.com"
TOKEN = "7000000001:AAE-canary-not-a-real-token_but-like-one"
CALLS = [*menus(), *descriptions()]


def told(ended_err: str) -> str:
    assert len(lines(ended_err)) == 1
    assert "Traceback" not in ended_err
    return ended_err


async def test_teams_by_options(plaudit: Command, tmp_path: Path) -> None:
    file = tmp_path / "app.zip"
    ended = await plaudit(
        *(
            "manifest",
            "teams",
            "--app-id",
            APP_ID.upper(),
            "--url",
            f"{URL}/",
            "--name",
            "Bravo",
            "--app-version",
            "2.0.1",
        ),
        *("--developer", "Example Ltd", "--privacy", "https://example.com/p", "--out", str(file)),
    )
    assert (ended.code, ended.err) == (0, "")
    with zipfile.ZipFile(file) as archive:
        document = json.loads(archive.read("manifest.json"))
        spanish = json.loads(archive.read("es.json"))
    assert (document["id"], document["version"], document["manifestVersion"]) == (APP_ID, "2.0.1", "1.23")
    assert document["name"]["short"] == spanish["name.short"] == "Bravo"
    assert document["developer"] == {
        "name": "Example Ltd",
        "websiteUrl": URL,
        "privacyUrl": "https://example.com/p",
        "termsOfUseUrl": f"{URL}/terms",
    }
    assert f"{file}: version 2.0.1 for bot {APP_ID}, manifest 1.23, de, en, es, fr, pt." in ended.out
    assert f"https://example.com/p and {URL}/terms" in ended.out


async def test_teams_by_settings(plaudit: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The rest of the configuration need not be there yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLAUDIT_TEAMS_APP_ID", APP_ID)
    monkeypatch.setenv("PLAUDIT_PUBLIC_URL", URL)
    ended = await plaudit("manifest", "teams", "--slash-commands")
    assert ended.code == 0
    with zipfile.ZipFile("plaudit-teams.zip") as archive:
        document = json.loads(archive.read("manifest.json"))
    assert (document["id"], document["manifestVersion"]) == (APP_ID, "1.29")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--url", URL], "PLAUDIT_TEAMS_APP_ID"),
        (["--app-id", APP_ID], "PLAUDIT_PUBLIC_URL"),
        (["--app-id", "plaudit", "--url", URL], "Microsoft Entra"),
        (["--app-id", APP_ID, "--url", "http://plaudit.example.com"], "https"),
        (["--app-id", APP_ID, "--url", "https://localhost:3978"], "from outside"),
        (["--app-id", APP_ID, "--url", URL, "--name", "x" * 31], "--name takes 1 to 30"),
        (["--app-id", APP_ID, "--url", URL, "--name", " "], "--name takes 1 to 30"),
        (["--app-id", APP_ID, "--url", URL, "--developer", "x" * 33], "--developer takes 1 to 32"),
        (["--app-id", APP_ID, "--url", URL, "--terms", "terms.html"], "https"),
        (["--app-id", APP_ID, "--url", URL, "--app-version", "1.0"], "three numbers"),
        (["--app-id", APP_ID, "--url", URL, "--app-version", "01.0.0"], "three numbers"),
    ],
)
async def test_teams_called_wrongly(plaudit: Command, tmp_path: Path, options: list[str], what: str) -> None:
    file = tmp_path / "app.zip"
    ended = await plaudit("manifest", "teams", *options, "--out", str(file))
    assert ended.code == 2
    assert what in told(ended.err)
    assert not file.exists()


async def test_folder_that_is_not_there(plaudit: Command, tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "app.zip"
    ended = await plaudit("manifest", "teams", "--app-id", APP_ID, "--url", URL, "--out", str(file))
    assert ended.code == 2
    assert str(file) in told(ended.err)


async def test_slack_is_printed_as_it_is(plaudit: Command, tmp_path: Path) -> None:
    printed = await plaudit("manifest", "slack", "--url", URL)
    assert (printed.code, printed.out, printed.err) == (0, slack.written(read_address(URL)), "")
    file = tmp_path / "slack.yaml"
    written = await plaudit("manifest", "slack", "--url", URL, "--out", str(file))
    assert (written.code, written.out) == (0, f"{file} is written.\n")
    assert file.read_text(encoding="utf-8") == printed.out


async def test_slack_without_an_address(plaudit: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = await plaudit("manifest", "slack")
    assert ended.code == 2
    assert "PLAUDIT_PUBLIC_URL" in told(ended.err)
    sockets = await plaudit("manifest", "slack", "--socket-mode")
    assert (sockets.code, sockets.out) == (0, slack.written(None))
    monkeypatch.setenv("PLAUDIT_PUBLIC_URL", "https://kudos.example.org/")
    assert "https://kudos.example.org/slack/events" in (await plaudit("manifest", "slack")).out


async def test_telegram_calls_are_json(plaudit: Command, tmp_path: Path) -> None:
    printed = await plaudit("manifest", "telegram")
    assert json.loads(printed.out) == [{"method": call.method, "parameters": call.parameters} for call in CALLS]
    file = tmp_path / "calls.json"
    assert (await plaudit("manifest", "telegram", "--out", str(file))).code == 0
    assert file.read_text(encoding="utf-8") == printed.out


@pytest.fixture
async def telegram(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TelegramSimulator]:
    async with TelegramSimulator(example_world(), token=TOKEN) as simulator:
        monkeypatch.setenv("PLAUDIT_TELEGRAM_BOT_TOKEN", TOKEN)
        monkeypatch.setenv("PLAUDIT_TELEGRAM_API_URL", simulator.url)
        yield simulator


async def test_telegram_takes_it(plaudit: Command, telegram: TelegramSimulator) -> None:
    for _ in range(2):
        ended = await plaudit("manifest", "telegram", "--apply")
        assert (ended.code, ended.err) == (0, "")
        assert lines(ended.out) == [
            *(f"{call.method} {call.about}" for call in CALLS),
            f"Telegram took all {len(CALLS)}.",
        ]
    assert len(telegram.api.commands) == 3 * len(locale_names())
    assert telegram.api.descriptions["short_description", "de"].startswith("Danke ")
    assert len(telegram.api.descriptions["description", ""]) > 200


@pytest.fixture
async def scripted(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BotApi]:
    async with BotApi(TOKEN) as api:
        monkeypatch.setenv("PLAUDIT_TELEGRAM_BOT_TOKEN", TOKEN)
        monkeypatch.setenv("PLAUDIT_TELEGRAM_API_URL", api.url)
        yield api


async def test_telegram_refuses_one(plaudit: Command, scripted: BotApi) -> None:
    scripted.refuse("setMyCommands", 400, "Bad Request: BOT_COMMAND_INVALID")
    ended = await plaudit("manifest", "telegram", "--apply")
    assert ended.code == 1
    assert lines(ended.out)[0] == f"setMyCommands {CALLS[0].about}: refused, Bot_command_invalid"
    assert lines(ended.out)[-1] == f"Refused: 1 of {len(CALLS)}."
    assert len(scripted.calls) == len(CALLS)


async def test_telegram_asks_to_wait(plaudit: Command, scripted: BotApi) -> None:
    scripted.refuse("setMyCommands", 429, "Too Many Requests: retry after 0", retry_after=0)
    ended = await plaudit("manifest", "telegram", "--apply")
    assert ended.code == 0
    assert len(scripted.calls) == len(CALLS) + 1


@pytest.mark.parametrize(
    ("status", "description", "parameters"),
    [
        (401, "Unauthorized", {}),
        (502, "Bad Gateway", {}),
        (429, "Too Many Requests: retry after 3000", {"retry_after": 3000}),
    ],
)
async def test_telegram_does_not_answer(
    plaudit: Command, scripted: BotApi, status: int, description: str, parameters: dict[str, int]
) -> None:
    """The rest is left, and the token is not shown."""
    scripted.say("setMyCommands", True)
    scripted.refuse("setMyCommands", status, description, **parameters)
    ended = await plaudit("manifest", "telegram", "--apply")
    assert (ended.code, len(lines(ended.out)), len(scripted.calls)) == (2, 1, 2)
    assert "try again" in told(ended.err)
    assert "canary" not in ended.err + ended.out


async def test_telegram_cuts_the_line(plaudit: Command, scripted: BotApi) -> None:
    scripted.script("setMyCommands", Scripted())
    ended = await plaudit("manifest", "telegram", "--apply")
    assert (ended.code, len(scripted.calls)) == (2, 1)
    assert "canary" not in told(ended.err)


async def test_apply_or_out(plaudit: Command, scripted: BotApi, tmp_path: Path) -> None:
    ended = await plaudit("manifest", "telegram", "--apply", "--out", str(tmp_path / "calls.json"))
    assert (ended.code, scripted.calls) == (2, [])
    assert "one of the two" in told(ended.err)


async def test_apply_needs_a_token(plaudit: Command) -> None:
    ended = await plaudit("manifest", "telegram", "--apply")
    assert ended.code == 2
    assert "PLAUDIT_TELEGRAM_BOT_TOKEN: ask @BotFather" in told(ended.err)
