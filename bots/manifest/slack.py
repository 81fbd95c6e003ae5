"""The manifest of the Slack app, https://docs.slack.dev/reference/app-manifest."""

from collections.abc import Iterator, Mapping, Sequence

from bots.manifest import yaml
from bots.manifest.address import Address
from bots.manifest.commands import HELP, arguments
from cards.help import EXAMPLES
from cards.words import ENGLISH, words_for

NAME = "Plaudit"
BACKGROUND = "#3b2a63"
EVENTS_PATH = "/slack/events"
REDIRECT_PATH = "/slack/oauth_redirect"
UMBRELLA = "/plaudit"
GIVE_KUDOS = "give_kudos"
GIVE_KUDOS_ANYWHERE = "give_kudos_anywhere"
"""Ids of the two shortcuts; Slack wants them different."""
HINT_MAX = 120
HEAD = "# Made by `plaudit manifest slack`. Paste it at https://api.slack.com/apps: Create New App, From a manifest.\n"

TAKEN = {
    *("active", "apps", "archive", "away", "call", "close", "collapse", "dm", "dnd", "expand", "feed", "feedback"),
    *(
        "huddle",
        "invite",
        "join",
        "keys",
        "kick",
        "leave",
        "me",
        "msg",
        "mute",
        "open",
        "part",
        "prefs",
        "pro",
        "remind",
    ),
    *("remove", "rename", "search", "shortcuts", "shrug", "star", "status", "topic", "who", HELP),
}
"""Slack's own commands, which it lets no app have; and help, which belongs to nobody. `/plaudit` leads to all of them."""

EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_left",
    "group_left",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",  # edits and deletions of messages that gave a kudos; nothing else of these two is stored
    "message.groups",
    "message.im",
    "reaction_added",
    "reaction_removed",
    "tokens_revoked",
)
SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "chat:write.public",
    "commands",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "reactions:read",
    "usergroups:read",
    "users:read",
    "users:read.email",
)


def manifest(address: Address | None) -> Mapping[str, yaml.Value]:
    """Without an address the app is for Socket Mode: Slack then sends everything through a connection that we open."""
    return {
        "display_information": _display(),
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": NAME, "always_online": True},
            "shortcuts": _shortcuts(),
            "slash_commands": [*_commands(address)],
        },
        "oauth_config": {
            **({"redirect_urls": [address.at(REDIRECT_PATH)]} if address else {}),
            "scopes": {"bot": SCOPES},
        },
        "settings": {
            "event_subscriptions": {**_received("request_url", address), "bot_events": EVENTS},
            "interactivity": {"is_enabled": True, **_received("request_url", address)},
            "org_deploy_enabled": False,
            "socket_mode_enabled": address is None,
            "token_rotation_enabled": False,
        },
    }


def written(address: Address | None) -> str:
    """The manifest in YAML."""
    return HEAD + yaml.written(manifest(address))


def _display() -> Mapping[str, yaml.Value]:
    words = words_for(ENGLISH)
    return {
        "name": NAME,
        "description": words("listing.short"),
        "long_description": words("listing.full"),
        "background_color": BACKGROUND,
    }


def _shortcuts() -> Sequence[Mapping[str, yaml.Value]]:
    """One in the menu of a message, one behind the lightning bolt."""
    words = words_for(ENGLISH)
    told = {"name": words("listing.give"), "description": words("listing.give_about")}
    return [
        {"type": "message", "callback_id": GIVE_KUDOS, **told},
        {"type": "global", "callback_id": GIVE_KUDOS_ANYWHERE, **told},
    ]


def _commands(address: Address | None) -> Iterator[Mapping[str, yaml.Value]]:
    """`should_escape` makes Slack send `<@U…>` for a mention; without it a name is typed text that identifies nobody."""
    words = words_for(ENGLISH)
    for verb in EXAMPLES:
        if verb not in TAKEN:
            yield _command(f"/{verb}", words(f"help.about.{verb}"), _hint(arguments(verb)), address)
    yield _command(UMBRELLA, words("listing.umbrella"), _hint([HELP, *(v for v in EXAMPLES if v != HELP)]), address)


def _command(name: str, about: str, hint: str, address: Address | None) -> Mapping[str, yaml.Value]:
    usage = {"usage_hint": hint} if hint else {}
    return {
        "command": name,
        **_received("url", address),
        "description": about,
        **usage,
        "should_escape": True,
    }


def _hint(choices: Sequence[str]) -> str:
    """As many as can be read at a glance."""
    kept: list[str] = []
    for choice in choices:
        if len(" | ".join([*kept, choice])) <= HINT_MAX:
            kept.append(choice)
    return " | ".join(kept)


def _received(key: str, address: Address | None) -> Mapping[str, yaml.Value]:
    return {key: address.at(EVENTS_PATH)} if address else {}
