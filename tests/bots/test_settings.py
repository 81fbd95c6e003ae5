"""Case 38: a channel with any of its settings needs all of its required ones, and production needs real secrets."""

import itertools
import json
from typing import Any

import pytest

from bots import settings
from bots.settings import DEVELOPMENT_KEY, Misconfigured, Settings

SECRET = "canary-value-that-must-not-be-printed"
GOOD = {"PLAUDIT_MODE": "production", "PLAUDIT_SECRET_KEY": "k" * 32}
CHANNELS: dict[str, dict[str, str]] = {
    "teams": {
        "PLAUDIT_TEAMS_APP_ID": "11111111-2222-3333-4444-555555555555",
        "PLAUDIT_TEAMS_APP_PASSWORD": SECRET,
        "PLAUDIT_TEAMS_TENANT_IDS": "99999999-0000-0000-0000-000000000000",
    },
    "slack": {"PLAUDIT_SLACK_SIGNING_SECRET": SECRET, "PLAUDIT_SLACK_BOT_TOKEN": f"xoxb-{SECRET}"},
    "telegram": {"PLAUDIT_TELEGRAM_BOT_TOKEN": f"1:{SECRET}", "PLAUDIT_TELEGRAM_SECRET": SECRET},
}
EVERYTHING = GOOD | CHANNELS["teams"] | CHANNELS["slack"] | CHANNELS["telegram"]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    import os

    for name in [name for name in os.environ if name.startswith("PLAUDIT_")]:
        monkeypatch.delenv(name)
    return monkeypatch


def faults(environment: pytest.MonkeyPatch, values: dict[str, str]) -> list[str]:
    for name, value in values.items():
        environment.setenv(name, value)
    try:
        settings.load()
    except Misconfigured as refusal:
        return refusal.faults
    return []


def test_everything_set_starts(environment: pytest.MonkeyPatch) -> None:
    assert faults(environment, EVERYTHING) == []


def test_nothing_set_starts_in_development(environment: pytest.MonkeyPatch) -> None:
    assert faults(environment, {}) == []


@pytest.mark.parametrize("mode", ["development", "production"])
@pytest.mark.parametrize("emptied", ["missing", "", "   ", "\t\n"])
@pytest.mark.parametrize("name", [name for channel in CHANNELS.values() for name in channel])
def test_each_setting_of_a_channel_is_required(
    environment: pytest.MonkeyPatch, name: str, emptied: str, mode: str
) -> None:
    values = EVERYTHING | {"PLAUDIT_MODE": mode, name: emptied}
    if emptied == "missing":
        del values[name]
    found = faults(environment, values)
    assert [fault.split()[0] for fault in found] == [name]
    assert SECRET not in str(found)


@pytest.mark.parametrize("channel", sorted(CHANNELS))
def test_one_setting_alone_asks_for_the_others(environment: pytest.MonkeyPatch, channel: str) -> None:
    names = set(CHANNELS[channel])
    for name in names:
        with pytest.MonkeyPatch.context() as alone:
            found = faults(alone, {name: CHANNELS[channel][name]})
        assert {fault.split()[0] for fault in found} == names - {name}


SIGNING = {"PLAUDIT_SLACK_SIGNING_SECRET": SECRET}
SOCKET = {"PLAUDIT_SLACK_APP_TOKEN": f"xapp-{SECRET}"}
ONE = {"PLAUDIT_SLACK_BOT_TOKEN": f"xoxb-{SECRET}"}
MANY = {
    "PLAUDIT_SLACK_CLIENT_ID": "1.2",
    "PLAUDIT_SLACK_CLIENT_SECRET": SECRET,
    "PLAUDIT_PUBLIC_URL": "https://plaudit.example.com",
}
WAYS = [ONE | SIGNING, ONE | SOCKET, MANY | SIGNING, MANY | SOCKET]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: "-".join(sorted(name.removeprefix("PLAUDIT_") for name in way)))
def test_each_way_of_slack_needs_all_of_its_own(environment: pytest.MonkeyPatch, way: dict[str, str]) -> None:
    assert faults(environment, GOOD | way) == []
    loaded = Settings()
    assert loaded.slack_configured
    assert loaded.slack_is_installed_by_many == ("PLAUDIT_SLACK_CLIENT_ID" in way)
    assert loaded.slack_uses_socket == ("PLAUDIT_SLACK_APP_TOKEN" in way)
    for name in set(way) - set(SOCKET):
        with pytest.MonkeyPatch.context() as without:
            without.setenv(name, " ")
            found = Settings().faults()
        assert [fault.split()[0] for fault in found] == [name], name
        assert SECRET not in str(found)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (ONE | MANY | SIGNING, "PLAUDIT_SLACK_BOT_TOKEN"),
        (ONE | {"PLAUDIT_SLACK_APP_TOKEN": f"xoxb-{SECRET}"}, "PLAUDIT_SLACK_APP_TOKEN"),
        (MANY | SIGNING | {"PLAUDIT_PUBLIC_URL": "http://plaudit.example.com"}, "PLAUDIT_PUBLIC_URL"),
        (MANY | SIGNING | {"PLAUDIT_PUBLIC_URL": "plaudit.example.com"}, "PLAUDIT_PUBLIC_URL"),
        (MANY | SIGNING | {"PLAUDIT_PUBLIC_URL": "https://plaudit.example.com?x=1"}, "PLAUDIT_PUBLIC_URL"),
        (MANY | SIGNING | {"PLAUDIT_PUBLIC_URL": "https://me:word@plaudit.example.com"}, "PLAUDIT_PUBLIC_URL"),
        ({"PLAUDIT_PUBLIC_URL": "https://["}, "PLAUDIT_PUBLIC_URL"),
        ({"PLAUDIT_PUBLIC_URL": "https://"}, "PLAUDIT_PUBLIC_URL"),
        ({"PLAUDIT_PUBLIC_URL": "javascript:alert(1)"}, "PLAUDIT_PUBLIC_URL"),
    ],
    ids=str,
)
def test_what_slack_cannot_work_with_is_named(
    environment: pytest.MonkeyPatch, values: dict[str, str], named: str
) -> None:
    found = faults(environment, GOOD | values)
    assert [fault.split()[0] for fault in found] == [named]
    assert SECRET not in str(found)


@pytest.mark.parametrize(
    "url", ["https://plaudit.example.com", "https://example.com:8443/plaudit/", "http://127.0.0.1:3978"]
)
def test_an_address_of_ours(environment: pytest.MonkeyPatch, url: str) -> None:
    assert faults(environment, GOOD | {"PLAUDIT_PUBLIC_URL": url}) == []


@pytest.mark.parametrize("key", [None, "", " " * 40, DEVELOPMENT_KEY, "canary-key-16-ch", "k" * 31])
def test_production_refuses_a_weak_key(environment: pytest.MonkeyPatch, key: str | None) -> None:
    values = {name: value for name, value in EVERYTHING.items() if name != "PLAUDIT_SECRET_KEY"}
    found = faults(environment, values | ({} if key is None else {"PLAUDIT_SECRET_KEY": key}))
    assert [fault.split()[0] for fault in found] == ["PLAUDIT_SECRET_KEY"]
    assert not key or key.isspace() or key not in str(found)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"PLAUDIT_TEAMS_UNSIGNED": "1"} | EVERYTHING, "PLAUDIT_TEAMS_UNSIGNED"),
        (
            CHANNELS["teams"] | {"PLAUDIT_TEAMS_UNSIGNED": "1", "PLAUDIT_HOST": "0.0.0.0"},
            "PLAUDIT_TEAMS_UNSIGNED",
        ),
        (EVERYTHING | {"PLAUDIT_TEAMS_SERVICE_HOSTS": ""}, "PLAUDIT_TEAMS_SERVICE_HOSTS"),
        (EVERYTHING | {"PLAUDIT_TEAMS_SERVICE_HOSTS": " , "}, "PLAUDIT_TEAMS_SERVICE_HOSTS"),
        (EVERYTHING | {"PLAUDIT_TEAMS_TENANT_IDS": ",,"}, "PLAUDIT_TEAMS_TENANT_IDS"),
        (EVERYTHING | {"PLAUDIT_PORT": SECRET}, "PLAUDIT_PORT"),
        (EVERYTHING | {"PLAUDIT_PORT": "70000"}, "PLAUDIT_PORT"),
        (EVERYTHING | {"PLAUDIT_MODE": SECRET}, "PLAUDIT_MODE"),
        (EVERYTHING | {"PLAUDIT_TELEGRAM_MODE": SECRET}, "PLAUDIT_TELEGRAM_MODE"),
        (EVERYTHING | {"PLAUDIT_TIMEZONE": "Mars/Olympus"}, "PLAUDIT_TIMEZONE"),
    ],
)
def test_what_is_unsafe_or_not_understood_is_named(
    environment: pytest.MonkeyPatch, values: dict[str, str], named: str
) -> None:
    found = faults(environment, values)
    assert any(fault.startswith(named) for fault in found), found
    assert SECRET not in str(found)


def test_polling_needs_no_webhook_secret(environment: pytest.MonkeyPatch) -> None:
    values = GOOD | {"PLAUDIT_TELEGRAM_BOT_TOKEN": "1:x", "PLAUDIT_TELEGRAM_MODE": "polling"}
    assert faults(environment, values) == []


def test_all_faults_are_told_at_once(environment: pytest.MonkeyPatch) -> None:
    firsts = {min(channel): channel[min(channel)] for channel in CHANNELS.values()}
    found = faults(environment, {"PLAUDIT_MODE": "production"} | firsts)
    missing = {name for channel in CHANNELS.values() for name in channel} - set(firsts) | {"PLAUDIT_SECRET_KEY"}
    assert missing <= {fault.split()[0] for fault in found}


def test_no_secret_shows_when_settings_are_printed(environment: pytest.MonkeyPatch) -> None:
    for name, value in EVERYTHING.items():
        environment.setenv(name, value)
    loaded = settings.load()
    printed: list[Any] = [repr(loaded), str(loaded), str(loaded.model_dump()), json.dumps(loaded.model_dump_json())]
    assert not any(SECRET in text for text in printed)


@pytest.mark.parametrize("names", itertools.combinations(sorted(CHANNELS), 2), ids="-".join)
def test_channels_are_independent(environment: pytest.MonkeyPatch, names: tuple[str, str]) -> None:
    assert faults(environment, GOOD | CHANNELS[names[0]] | CHANNELS[names[1]]) == []
    loaded = Settings()
    configured = {
        name
        for name, is_set in (
            ("teams", loaded.teams_configured),
            ("slack", loaded.slack_configured),
            ("telegram", loaded.telegram_configured),
        )
        if is_set
    }
    assert configured == set(names)
