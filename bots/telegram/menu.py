"""The command menu that Telegram's clients show behind `/`, in every language that has a locale file."""

from collections.abc import Iterator

from telegram import (
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)

from bots.telegram.api import Api
from cards.words import ENGLISH, locale_names, locale_tree, words_for

DESCRIPTION_LENGTH_MAX = 256


async def publish(api: Api) -> None:
    """One list for each scope and language; English is what people of any other language see. Raises TelegramError."""
    for scope in (BotCommandScopeDefault(), BotCommandScopeAllPrivateChats(), BotCommandScopeAllGroupChats()):
        for locale in _languages():
            await api.set_my_commands(commands(locale), scope=scope, language_code="" if locale == ENGLISH else locale)


def commands(locale: str) -> list[BotCommand]:
    """Every verb that `help.about` describes, spelled as in English, described in the language."""
    words = words_for(locale)
    return [
        BotCommand(verb, words(f"help.about.{verb}")[:DESCRIPTION_LENGTH_MAX])
        for verb in locale_tree(ENGLISH)["verbs"]
        if f"help.about.{verb}" in words
    ]


def _languages() -> Iterator[str]:
    """Telegram takes two-letter codes only."""
    return (locale for locale in locale_names() if len(locale) == 2)
