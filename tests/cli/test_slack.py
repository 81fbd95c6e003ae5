"""`plaudit slack`: links for installations, and tokens under a new key."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from bots.cli.slack import BATCH
from bots.keys import button_secret, keyring
from bots.settings import Settings
from bots.store import found_workspace
from core.database import Sessions
from core.installations import invitations, service
from core.installations.service import Granted
from core.sealing import Keyring, Unsealed
from tests.cli.conftest import Command

OLD, NEW = "old-secret-key-of-more-than-32-characters", "new-secret-key-of-more-than-32-characters"

TEAMS = 2 * BATCH + 3


@pytest.fixture
def oauth(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PLAUDIT_SLACK_CLIENT_ID": "1.2",
        "PLAUDIT_SLACK_CLIENT_SECRET": "canary-client-secret",
        "PLAUDIT_SLACK_SIGNING_SECRET": "canary-signing-secret",
        "PLAUDIT_PUBLIC_URL": "https://plaudit.example.com/",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("oauth")
async def test_a_link_opens_an_installation_into_the_workspace_that_was_named(
    plaudit: Command, configured: Sessions
) -> None:
    homes = [await found_workspace(configured, name=name, time_zone="Etc/UTC") for name in ("Acme", "Umbrella")]
    ended = await plaudit("slack", "install-link", "--workspace", "umbrella")
    assert ended.code == 0
    link = urlsplit(ended.out.splitlines()[0])
    assert f"{link.scheme}://{link.netloc}{link.path}" == "https://plaudit.example.com/slack/install"
    assert "24 hours" in ended.out
    [code] = parse_qs(link.query)["code"]
    async with configured.begin(role="ops") as (session, now):
        state = await invitations.begin(session, code, browser="b" * 43, secret=b"s" * 32, now=now)
        assert (await invitations.resume(session, state, browser="b" * 43)).workspace_id == homes[1]


@pytest.mark.usefixtures("oauth")
async def test_a_link_needs_a_workspace(plaudit: Command, configured: Sessions) -> None:
    for name in ("Acme", "Umbrella"):
        await found_workspace(configured, name=name, time_zone="Etc/UTC")
    ended = await plaudit("slack", "install-link")
    assert (ended.code, ended.out) == (2, "")
    assert "--workspace" in ended.err


@pytest.mark.usefixtures("configured")
async def test_without_the_apps_secrets_there_are_no_links(plaudit: Command) -> None:
    ended = await plaudit("slack", "install-link")
    assert ended.code == 2
    assert "PLAUDIT_SLACK_CLIENT_ID" in ended.err


async def kept(sessions: Sessions, workspace_id: int, keys: Keyring, teams: int) -> None:
    async with sessions.begin(workspace_id) as (session, _):
        for number in range(teams):
            team = f"T{number:03}"
            sealed = keys.seal(f"xoxb-{team}".encode(), about=service.about(workspace_id, team))
            granted = Granted(team, "A1", "U1", "B1", ())
            await service.install(session, granted, workspace_id=workspace_id, sealed_token=sealed)


async def opened(sessions: Sessions, keys: Keyring) -> list[str]:
    async with sessions.begin(role="ops") as (session, _):
        rows = (await session.execute(text("SELECT workspace_id, team_id, sealed_token FROM slack_installation"))).all()
    return [keys.open(row[2], about=service.about(row[0], row[1])).decode() for row in rows]


async def test_the_secret_key_changes(plaudit: Command, configured: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    home = await found_workspace(configured, name="Acme", time_zone="Etc/UTC")
    monkeypatch.setenv("PLAUDIT_SECRET_KEY", OLD)
    await kept(configured, home, keyring(Settings()), TEAMS)
    monkeypatch.setenv("PLAUDIT_SECRET_KEY", NEW)
    lost = await plaudit("slack", "reseal")
    assert lost.code == 1
    assert "PLAUDIT_SECRET_KEY_PREVIOUS" in lost.out
    assert f"T{TEAMS - 1:03}" in lost.out
    monkeypatch.setenv("PLAUDIT_SECRET_KEY_PREVIOUS", OLD)
    assert len(await opened(configured, keyring(Settings()))) == TEAMS
    ended = await plaudit("slack", "reseal")
    assert (ended.code, ended.out.splitlines()[0]) == (0, f"{TEAMS} tokens sealed anew.")
    assert (await plaudit("slack", "reseal")).out.startswith("0 tokens")
    monkeypatch.delenv("PLAUDIT_SECRET_KEY_PREVIOUS")
    assert sorted(await opened(configured, keyring(Settings()))) == [f"xoxb-T{number:03}" for number in range(TEAMS)]
    assert not re.search(r"xoxb-|secret-key-of", lost.out + ended.out)


def test_each_purpose_has_a_key_of_its_own() -> None:
    settings = Settings()
    sealed = keyring(settings).seal(b"x", about=b"")
    with pytest.raises(Unsealed):
        Keyring(button_secret(settings)).open(sealed, about=b"")
