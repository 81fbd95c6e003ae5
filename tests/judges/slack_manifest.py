"""A Slack app's manifest judged by a schema made from Slack's own TypeScript types, and by what its reference says besides.

`schemas/slack_manifest.json` comes from npm `@slack/web-api` 8.2.0 (MIT licence, see `schemas/LICENSE`). The reference,
https://docs.slack.dev/reference/app-manifest, adds names of commands, a smallest length, and which scope an event needs.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

Json = dict[str, Any]

SCHEMA = Path(__file__).parent / "schemas" / "slack_manifest.json"
LONG_DESCRIPTION_MIN = 174
SHORTCUT_NAME_MAX = 24
COMMAND = re.compile(r"/[a-z0-9][a-z0-9-]{0,30}")
MESSAGE_LENGTH_MAX = 160

SCOPE_OF_EVENT = {
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "app_uninstalled": None,
    "channel_left": "channels:read",
    "group_left": "groups:read",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "tokens_revoked": None,
}
"""From each event's page at https://docs.slack.dev/reference/events; None where it needs no scope."""
SCOPE_OF_METHOD = {
    "apps.connections.open": None,
    "auth.revoke": None,
    "auth.test": None,
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.members": "channels:read",
    "conversations.open": "im:write",
    "oauth.v2.access": None,
    "reactions.get": "reactions:read",
    "usergroups.users.list": "usergroups:read",
    "users.info": "users:read",
    "views.open": None,
    "views.publish": None,
    "views.push": None,
    "views.update": None,
}
"""From each method's page at https://docs.slack.dev/reference/methods, for a bot that writes to one person at a time and
asks about channels; None also where a token of another kind is used."""


def faults(manifest: Json) -> list[str]:
    """Sentences about everything that Slack would refuse, or silently not deliver."""
    return [*_shape_faults(manifest), *_reference_faults(manifest)]


def _shape_faults(manifest: Json) -> Iterator[str]:
    for error in _validator().iter_errors(manifest):
        yield f"{error.json_path}: {error.message[:MESSAGE_LENGTH_MAX]}"


def _reference_faults(manifest: Json) -> Iterator[str]:
    described = manifest["display_information"].get("long_description")
    if described is not None and len(described) < LONG_DESCRIPTION_MIN:
        yield f"long_description: {len(described)} characters, at least {LONG_DESCRIPTION_MIN}"
    features = manifest.get("features", {})
    for command in features.get("slash_commands", []):
        if not COMMAND.fullmatch(command["command"]):
            yield f"{command['command']} is no name of a command"
    for shortcut in features.get("shortcuts", []):
        if len(shortcut["name"]) > SHORTCUT_NAME_MAX:
            yield f"{shortcut['name']} is too long for a shortcut"
    yield from _repeated("command", features.get("slash_commands", []))
    yield from _repeated("callback_id", features.get("shortcuts", []))
    yield from _unheard(manifest)


def _repeated(key: str, things: list[Json]) -> Iterator[str]:
    names = [thing[key] for thing in things]
    yield from (f"{name} is there twice" for name in {each for each in names if names.count(each) > 1})


def _unheard(manifest: Json) -> Iterator[str]:
    granted = {*manifest["oauth_config"]["scopes"]["bot"]}
    for event in manifest["settings"]["event_subscriptions"]["bot_events"]:
        scope = SCOPE_OF_EVENT[event]
        if scope is not None and scope not in granted:
            yield f"{event} needs {scope}"


@cache
def _validator() -> Draft7Validator:
    return Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
