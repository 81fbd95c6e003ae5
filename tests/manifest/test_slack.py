"""The Slack app's manifest: the file that is kept, what Slack says of it, and that the adapter asks for nothing more or less."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from bots.manifest import slack, yaml
from bots.manifest.address import read_address
from bots.slack.events import WANTED
from bots.slack.inbound import UMBRELLA
from bots.slack.webhook import PATH
from cards.help import EXAMPLES
from tests.judges import slack_manifest as judge

Json = dict[str, Any]

PROJECT = Path(__file__).resolve().parents[2]
ADDRESS = read_address("https://plaudit.example.com")
METHOD = re.compile(
    r'"((?:apps|auth|chat|conversations|oauth|reactions|team|usergroups|users|views)(?:\.[a-zA-Z0-9]+)+)"'
)


def plain(value: Any) -> Any:
    """As JSON knows it: lists for tuples."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


MANIFEST: Json = plain(slack.manifest(ADDRESS))
SOCKETS: Json = plain(slack.manifest(None))


def test_the_file_is_what_the_command_writes() -> None:
    kept = (PROJECT / "manifest" / "slack.yaml").read_text(encoding="utf-8")
    assert kept == slack.written(ADDRESS), (
        "plaudit manifest slack --url https://plaudit.example.com --out manifest/slack.yaml"
    )


@pytest.mark.parametrize("manifest", [MANIFEST, SOCKETS], ids=["HTTP", "Socket Mode"])
def test_slack_accepts_it(manifest: Json) -> None:
    assert judge.faults(manifest) == []


def test_every_address_is_where_we_listen() -> None:
    assert {command["url"] for command in MANIFEST["features"]["slash_commands"]} == {ADDRESS.at(PATH)}
    for part in ("event_subscriptions", "interactivity"):
        assert MANIFEST["settings"][part]["request_url"] == ADDRESS.at(PATH)
    assert MANIFEST["oauth_config"]["redirect_urls"] == [ADDRESS.at("/slack/oauth_redirect")]


def test_socket_mode_names_no_address() -> None:
    assert SOCKETS["settings"]["socket_mode_enabled"] is True
    assert MANIFEST["settings"]["socket_mode_enabled"] is False
    assert "https" not in str(SOCKETS)


def test_every_verb_is_a_command_of_its_own_but_those_that_slack_keeps() -> None:
    commands = [command["command"] for command in MANIFEST["features"]["slash_commands"]]
    verbs = [f"/{verb}" for verb in EXAMPLES if verb not in slack.TAKEN]
    assert commands == [*verbs, UMBRELLA]
    assert {"/kudos", "/points"} <= {*verbs}
    assert "/help" not in verbs


def test_mentions_arrive_as_ids() -> None:
    assert all(command["should_escape"] for command in MANIFEST["features"]["slash_commands"])


def test_hints_are_what_may_be_typed() -> None:
    hints = {command["command"]: command.get("usage_hint", "") for command in MANIFEST["features"]["slash_commands"]}
    assert hints["/kudos"].startswith("@Ana thank you for the release notes | ")
    assert hints["/link"] == "CODE"
    assert hints["/plaudit"].startswith("help | kudos | ")
    assert all(0 < len(hint) <= slack.HINT_MAX for hint in hints.values())


def test_shortcuts() -> None:
    shortcuts = MANIFEST["features"]["shortcuts"]
    assert [(each["type"], each["callback_id"]) for each in shortcuts] == [
        ("message", "give_kudos"),
        ("global", "give_kudos_anywhere"),
    ]
    assert MANIFEST["features"]["app_home"]["home_tab_enabled"] is True


def test_the_adapter_hears_what_it_wants() -> None:
    subscribed = {event.partition(".")[0] for event in slack.EVENTS}
    assert set(WANTED) <= subscribed


def test_every_scope_is_used_and_every_use_has_its_scope() -> None:
    methods = {
        method
        for source in (PROJECT / "bots" / "slack").glob("*.py")
        for method in METHOD.findall(source.read_text(encoding="utf-8"))
    }
    assert {"chat.postMessage", "users.info"} <= methods
    used = {judge.SCOPE_OF_METHOD[method] for method in methods} | {judge.SCOPE_OF_EVENT[each] for each in slack.EVENTS}
    # Slash commands and shortcuts; the address in users.info; posting where a command was typed and the bot is not a member.
    used |= {"commands", "users:read.email", "chat:write.public"}
    assert used - {None} == set(slack.SCOPES)


BROKEN: dict[str, tuple[Any, ...]] = {
    "underscore": ("features", "slash_commands", 0, "command", "/give_kudos"),
    "capital": ("features", "slash_commands", 0, "command", "/Kudos"),
    "twice": ("features", "slash_commands", 0, "command", "/plaudit"),
    "name too long": ("display_information", "name", "x" * 36),
    "too little told": ("display_information", "long_description", "Kudos"),
    "unknown scope": ("oauth_config", "scopes", "bot", 0, "everything"),
    "event without scope": ("oauth_config", "scopes", "bot", []),
    "unknown key": ("settings", "sockets", True),
    "one id for two shortcuts": ("features", "shortcuts", 0, "callback_id", "give_kudos_anywhere"),
}


@pytest.mark.parametrize("path", BROKEN.values(), ids=BROKEN)
def test_slack_refuses(path: tuple[Any, ...]) -> None:
    *way, last, value = path
    broken = deepcopy(MANIFEST)
    place: Any = broken
    for step in way:
        place = place[step]
    place[last] = value
    assert judge.faults(broken)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", "plain"),
        ("message.im", "message.im"),
        ("chat:write.public", "chat:write.public"),
        ("https://example.com/slack/events", "https://example.com/slack/events"),
        ("yes", '"yes"'),
        ("True", '"True"'),
        ("", '""'),
        ("12", '"12"'),
        ("- a", '"- a"'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ("#3b2a63", '"#3b2a63"'),
        ("@ana | +5", '"@ana | +5"'),
        ('"quoted"\n', '"\\"quoted\\"\\n"'),
        ("{{x}}", '"{{x}}"'),
        ("ends:", '"ends:"'),
        (True, "true"),
        (12, "12"),
    ],
)
def test_what_could_be_read_otherwise_is_quoted(value: str | bool | int, written: str) -> None:
    assert yaml.written({"key": value}) == f"key: {written}\n"


def test_lists_and_mappings() -> None:
    document: Json = {"a": [{"b": 1, "c": ["w", "x"]}, "z"], "d": {"e": {"f": False}}}
    expected = "a:\n  - b: 1\n    c:\n      - w\n      - x\n  - z\nd:\n  e:\n    f: false\n"
    assert yaml.written(document) == expected
