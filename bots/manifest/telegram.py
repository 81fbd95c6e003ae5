"""Telegram's menus and descriptions as calls of the Bot API. One source for the running bot and for `plaudit manifest telegram`.

Bounds: https://core.telegram.org/bots/api#setmycommands.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bots.manifest.commands import Audience, first, listed
from cards.words import ENGLISH, locale_names, words_for

COMMANDS_MAX = 100
DESCRIPTION_MAX = 256
SCOPES: Mapping[str, Audience] = {
    "all_private_chats": "private",
    "all_group_chats": "group",
    "all_chat_administrators": "administrators",
}
NAME = re.compile(r"[a-z0-9_]{1,32}")


@dataclass(frozen=True, slots=True)
class Call:
    """A method of the Bot API with its parameters, and what it is about in a few words."""

    method: str
    about: str
    parameters: Mapping[str, Any]


def menus() -> Iterator[Call]:
    """One list of commands for each scope and language; English is what people of any other language see."""
    for scope, audience in SCOPES.items():
        for locale in _languages():
            commands = [
                {"command": command.verb, "description": command.about[:DESCRIPTION_MAX]}
                for command in first(listed(locale, audience), COMMANDS_MAX)
                if NAME.fullmatch(command.verb)
            ]
            parameters = {"commands": commands, "scope": {"type": scope}, **_language(locale)}
            yield Call("setMyCommands", f"{scope}, {locale}: {len(commands)} commands", parameters)


def descriptions() -> Iterator[Call]:
    """What stands in an empty chat with the bot, and on its profile."""
    for locale in _languages():
        words = words_for(locale)
        yield Call("setMyDescription", locale, {"description": words("listing.full"), **_language(locale)})
        yield Call("setMyShortDescription", locale, {"short_description": words("listing.short"), **_language(locale)})


def _language(locale: str) -> Mapping[str, str]:
    return {} if locale == ENGLISH else {"language_code": locale}


def _languages() -> Iterator[str]:
    """English, then the others; Telegram takes two-letter codes only."""
    yield ENGLISH
    yield from (locale for locale in locale_names() if len(locale) == 2 and locale != ENGLISH)
