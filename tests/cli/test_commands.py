"""What every command owes its operator: help with an example, one-line faults with a remedy, an honest exit code."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import text

from core.database import Sessions
from core.people import service as people
from core.people.importing.apply import hold
from tests.cli.conftest import Command, commands, lines, url_of
from tests.factories import make_company, make_member

PROJECT = Path(__file__).resolve().parents[2]
SECONDS_MAX = 20
PASSWORD = "canary-password-7f3a"


@pytest.mark.parametrize("words", commands(), ids=" ".join)
async def test_help_teaches_by_example(plaudit: Command, words: tuple[str, ...]) -> None:
    ended = await plaudit(*words, "--help")
    assert ended.code == 0
    assert f"Usage: plaudit {' '.join(words)}" in ended.out
    assert "Example: " in ended.out
    assert f"plaudit {' '.join(words)}" in ended.out.partition("Example: ")[2]


async def test_help_lists_the_commands_and_the_exit_codes(plaudit: Command) -> None:
    ended = await plaudit("--help")
    for words in commands():
        assert words[0] in ended.out
    assert "Exit codes: 0" in ended.out


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["migrate", "--nonsense"], ["import", "people"], ["outbox", "replay", "x"]]
)
async def test_called_wrongly(plaudit: Command, arguments: list[str]) -> None:
    ended = await plaudit(*arguments)
    assert ended.code == 2
    assert "Usage: plaudit" in ended.err
    assert "Traceback" not in ended.err


async def test_version(plaudit: Command) -> None:
    assert (await plaudit("version")).out == "0.1.0\n"


async def test_every_fault_of_the_configuration_is_named_at_once(
    plaudit: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAUDIT_MODE", "production")
    monkeypatch.setenv("PLAUDIT_SLACK_BOT_TOKEN", f"xoxb-{PASSWORD}")
    monkeypatch.setenv("PLAUDIT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/x")
    ended = await plaudit("run")
    assert ended.code == 2
    assert len(lines(ended.err)) == 2
    assert "PLAUDIT_SECRET_KEY" in ended.err
    assert "PLAUDIT_SLACK_SIGNING_SECRET" in ended.err
    assert PASSWORD not in ended.err


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (f"postgresql://plaudit:{PASSWORD}@127.0.0.1:1/plaudit", "no connection"),
        (f"mysql://plaudit:{PASSWORD}@127.0.0.1/plaudit", "write postgresql://"),
        (f"postgresql://plaudit:{PASSWORD}@127.0.0.1:port/plaudit", "write postgresql://"),
        (f"postgresql://plaudit:{PASSWORD}@127.0.0.1", "write postgresql://"),
        (f"{PASSWORD}", "write postgresql://"),
        (f"postgresql://plaudit:{PASSWORD}@127.0.0.1:1/plaudit?sslrootcert={PASSWORD}", "sslrootcert"),
    ],
)
@pytest.mark.parametrize("command", ["verify", "doctor"])
async def test_database_that_cannot_be_used(
    plaudit: Command, monkeypatch: pytest.MonkeyPatch, url: str, told: str, command: str
) -> None:
    monkeypatch.setenv("PLAUDIT_DATABASE_URL", url)
    ended = await plaudit(command)
    said = ended.out + ended.err
    assert ended.code == (1 if command == "doctor" else 2)
    assert "PLAUDIT_DATABASE_URL" in said
    assert told in said
    assert PASSWORD not in said
    assert "Traceback" not in said


async def test_database_that_is_not_there(
    plaudit: Command, database: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAUDIT_DATABASE_URL", url_of(database, "no_such_database"))
    ended = await plaudit("verify")
    assert (ended.code, len(lines(ended.err))) == (2, 1)
    assert "no such database" in ended.err


@pytest.mark.usefixtures("empty")
async def test_migrate_makes_everything_once(plaudit: Command) -> None:
    for command in (["verify"], ["outbox", "list"], ["admin", "grant", "ana@example.com"]):
        early = await plaudit(*command)
        assert (early.code, early.err) == (
            2,
            "plaudit: the database's tables are missing or not of this version; run `plaudit migrate`\n",
        )
    first, second = await plaudit("migrate"), await plaudit("migrate")
    assert (first.code, second.code) == (0, 0)
    assert "up to date now" in first.out
    assert "My company" in first.out
    assert lines(second.out) == ["The database was up to date."]
    assert (await plaudit("verify")).out == "All 62 checks hold.\n"
    nowhere = await plaudit("migrate", "--to", "nowhere")
    assert (nowhere.code, len(lines(nowhere.err))) == (2, 1)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
async def test_spellings_of_the_database_url(
    plaudit: Command, database: Sessions, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    spelled = url_of(database).replace("postgresql+asyncpg:", f"{scheme}:")
    monkeypatch.setenv("PLAUDIT_DATABASE_URL", f"{spelled}&application_name=x&connect_timeout=5")
    assert (await plaudit("verify")).code == 0


async def test_verify_names_what_is_wrong(plaudit: Command, configured: Sessions) -> None:
    workspace, (ana,) = await make_company(configured, 1)
    async with configured.begin(workspace.id) as (session, _):
        await session.execute(
            text("INSERT INTO account (workspace_id, kind, member_id, balance) VALUES (:w, 'earned', :m, 7)"),
            {"w": workspace.id, "m": ana.member_id},
        )
    ended = await plaudit("verify")
    assert ended.code == 1
    assert "balance_drift" in ended.out
    assert "Faults: 1, in 1 of 62 checks." in ended.out


async def test_grant_by_address_and_by_account(plaudit: Command, configured: Sessions) -> None:
    workspace, _ = await make_company(configured, 0)
    async with configured.begin(workspace.id) as (session, _):
        await make_member(session, workspace, "Ana", email="ana@example.com")
        await make_member(session, workspace, "Luis", remote_id="U0LUIS")
        await make_member(session, workspace, "Eva", email="eva@example.com", status="left")
    assert (await plaudit("admin", "grant", "Ana@Example.com")).out == "Ana is an admin now.\n"
    assert (await plaudit("admin", "grant", "ana@example.com")).out == "Ana is an admin already.\n"
    assert (await plaudit("admin", "grant", "slack:T1:U0LUIS")).out == "Luis is an admin now.\n"
    async with configured.begin(workspace.id) as (session, _):
        admins = await session.scalar(text("SELECT count(*) FROM member WHERE 'admin' = ANY(roles)"))
    assert admins == 2
    for who, told in {
        "nobody@example.com": "nobody is known",
        "slack:T2:U0LUIS": "nobody is known",
        "Luis": "slack:T024BE7LD",
        "eva@example.com": "has left",
    }.items():
        ended = await plaudit("admin", "grant", who)
        assert (ended.code, len(lines(ended.err))) == (2, 1)
        assert told in ended.err


async def test_of_several_workspaces_one_is_chosen(plaudit: Command, configured: Sessions) -> None:
    first, _ = await make_company(configured, 0)
    second, _ = await make_company(configured, 0)
    async with configured.begin(second.id) as (session, _):
        await make_member(session, second, "Ana", email="ana@example.com")
    ended = await plaudit("admin", "grant", "ana@example.com")
    assert ended.code == 2
    assert "--workspace" in ended.err
    assert f"{first.id} ({first.name})" in ended.err
    assert (await plaudit("admin", "grant", "ana@example.com", "--workspace", str(first.id))).code == 2
    assert (await plaudit("admin", "grant", "ana@example.com", "--workspace", "nowhere")).code == 2
    assert (await plaudit("admin", "grant", "ana@example.com", "--workspace", second.name.upper())).code == 0


async def test_import_shows_then_writes(plaudit: Command, configured: Sessions, tmp_path: Path) -> None:
    workspace, _ = await make_company(configured, 0)
    async with configured.begin(workspace.id) as (session, _):
        await people.enrol(
            session,
            people.Contact("slack", "T1", "U0EVA", "eva"),
            workspace_id=workspace.id,
            is_provisional=True,
        )
    file = tmp_path / "people.csv"
    file.write_text("email,name,slack_id\nana@example.com,Ana,\neva@example.com,Eva,T1/U0EVA\n", encoding="utf-8")

    async def emails() -> list[str]:
        async with configured.begin(workspace.id) as (session, _):
            return list(await session.scalars(text("SELECT email FROM profile WHERE email IS NOT NULL ORDER BY email")))

    dry = await plaudit("import", "people", str(file))
    assert dry.code == 0
    assert "line 2: ana@example.com: new" in dry.out
    assert "line 3: eva@example.com: changes no longer provisional, email, name" in dry.out
    assert "--apply" in dry.out
    assert await emails() == []
    written = await plaudit("import", "people", str(file), "--apply")
    assert (written.code, lines(written.out)[-1]) == (0, "Written.")
    assert await emails() == ["ana@example.com", "eva@example.com"]
    assert (await plaudit("verify")).code == 0


async def test_import_with_one_fault_writes_nothing_and_names_the_line(
    plaudit: Command, configured: Sessions, tmp_path: Path
) -> None:
    await make_company(configured, 0)
    file = tmp_path / "people.csv"
    file.write_text("email,name,status,naem\nana@example.com,Ana,,\nluis@,Luis,gone,\n", encoding="utf-8")
    ended = await plaudit("import", "people", str(file), "--apply")
    assert ended.code == 1
    assert lines(ended.out)[:3] == [
        "people.csv:1: naem: is no column; take it out, or call it attributes.… to keep it; did you mean name?",
        'people.csv:3: email "luis@": is no e-mail address; write one like ana@example.com',
        'people.csv:3: status "gone": is no status; choose active, leave, left',
    ]
    assert "Nothing was written" in ended.out
    async with configured.begin(role="ops") as (session, _):
        assert await session.scalar(text("SELECT count(*) FROM member")) == 0


async def test_two_imports_at_once(plaudit: Command, configured: Sessions, tmp_path: Path) -> None:
    workspace, _ = await make_company(configured, 0)
    file = tmp_path / "people.csv"
    file.write_text("email,name\nana@example.com,Ana\n", encoding="utf-8")
    async with configured.begin(workspace.id) as (session, _now):
        await hold(session, workspace_id=workspace.id)
        ended = await plaudit("import", "people", str(file), "--apply")
    assert (ended.code, len(lines(ended.err))) == (2, 1)
    assert "try again" in ended.err


@pytest.mark.usefixtures("configured")
async def test_import_of_no_file(plaudit: Command, tmp_path: Path) -> None:
    ended = await plaudit("import", "people", str(tmp_path / "nobody.csv"))
    assert (ended.code, len(lines(ended.err))) == (2, 1)


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM])
async def test_run_serves_until_it_is_told_to_stop(empty: str, order: signal.Signals) -> None:
    environment = {**os.environ, "PLAUDIT_DATABASE_URL": empty, "PLAUDIT_PORT": "0"}
    command = (sys.executable, "-m", "bots", "run")
    process = await asyncio.create_subprocess_exec(*command, cwd=PROJECT, env=environment, stderr=subprocess.PIPE)
    assert process.stderr is not None
    try:
        async with asyncio.timeout(SECONDS_MAX):
            port = await listened_on(process.stderr)
            async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/readyz") as answer:
                assert answer.status == 200
            process.send_signal(order)
            rest = await process.stderr.read()
            assert await process.wait() == 0, rest.decode()
    finally:
        with suppress(ProcessLookupError):
            process.kill()


async def listened_on(log: asyncio.StreamReader) -> int:
    said = b""
    while line := await log.readline():
        said += line
        if found := re.search(rb"listening.*port=(\d+)", line):
            return int(found[1])
    raise AssertionError(said.decode())
