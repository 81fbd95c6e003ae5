"""Telegram's menus and descriptions, by scope and language."""

from collections import Counter
from typing import Any

from bots.manifest.telegram import DESCRIPTION_MAX, NAME, descriptions, menus
from cards.words import locale_names, words_for

LANGUAGES = {"", *(locale for locale in locale_names() if locale != "en")}
MENUS = {(call.parameters["scope"]["type"], call.parameters.get("language_code", "")): call for call in menus()}
SCOPES = {"all_private_chats", "all_group_chats", "all_chat_administrators"}


def verbs(scope: str, language: str = "") -> list[str]:
    return [command["command"] for command in MENUS[scope, language].parameters["commands"]]


def test_one_menu_for_each_scope_and_language() -> None:
    assert set(MENUS) == {(scope, language) for scope in SCOPES for language in LANGUAGES}
    assert {call.method for call in MENUS.values()} == {"setMyCommands"}


def test_what_is_listed_where() -> None:
    everything = set(verbs("all_private_chats"))
    assert {"kudos", "link", "help", "admin"} <= everything
    assert set(verbs("all_chat_administrators")) == everything - {"link"}
    assert set(verbs("all_group_chats")) == everything - {"link", "admin"}


def test_commands_are_named_alike_and_described_in_the_language() -> None:
    for scope in SCOPES:
        for language in LANGUAGES:
            assert verbs(scope, language) == verbs(scope)
            words = words_for(language or "en")
            for command in MENUS[scope, language].parameters["commands"]:
                assert command["description"] == words(f"help.about.{command['command']}")
                assert NAME.fullmatch(command["command"])
                assert 1 <= len(command["description"]) <= DESCRIPTION_MAX


def test_descriptions_fit() -> None:
    told: list[tuple[str, dict[str, Any]]] = [(call.method, dict(call.parameters)) for call in descriptions()]
    assert Counter(method for method, _ in told) == {
        "setMyDescription": len(LANGUAGES),
        "setMyShortDescription": len(LANGUAGES),
    }
    for method, parameters in told:
        name, most = ("description", 512) if method == "setMyDescription" else ("short_description", 120)
        assert 1 <= len(parameters[name]) <= most
        assert parameters[name] == words_for(parameters.get("language_code"))(
            "listing.full" if name == "description" else "listing.short"
        )
