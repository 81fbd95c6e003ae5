"""The Teams app package: what is in it, in every language, and what Microsoft's schemas say of it."""

import io
import json
import re
import zipfile
from dataclasses import replace
from typing import Any

import pytest

from bots.manifest.address import read_address
from bots.manifest.commands import HELP, PRIVATE, Listed, first
from bots.manifest.teams import COMMANDS_MAX, Listing, localisation, manifest, package
from cards.help import EXAMPLES
from cards.words import locale_names
from tests.judges import teams_manifest as judge

Json = dict[str, Any]

LISTING = Listing(
    app_id="11111111-2222-3333-4444-555555555555",
    address=read_address("https://plaudit.example.com"),
    name="Plaudit",
    developer="Example Ltd",
    privacy=read_address("https://example.com/privacy"),
    terms=read_address("https://example.com/terms"),
    version="1.0.0",
)
WITH_SLASH = replace(LISTING, has_slash_commands=True)
OTHERS = [locale for locale in locale_names() if locale != "en"]
LISTINGS = pytest.mark.parametrize("listing", [LISTING, WITH_SLASH], ids=["1.23", "1.29"])


def unpacked(listing: Listing) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package(listing))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def value_at(document: Json, path: str) -> Any:
    """What stands under a path as localisation files write it: `bots[0].commandLists[1]…`."""
    found: Any = document
    for name, index in re.findall(r"([A-Za-z]+)|\[(\d+)\]", path):
        found = found[name] if name else found[int(index)]
    return found


@LISTINGS
def test_the_package_holds_what_it_names(listing: Listing) -> None:
    files = unpacked(listing)
    document = json.loads(files["manifest.json"])
    named = {language["file"] for language in document["localizationInfo"]["additionalLanguages"]}
    assert set(files) == {"manifest.json", *document["icons"].values(), *named}
    assert named == {f"{locale}.json" for locale in OTHERS}
    assert files["color.png"].startswith(b"\x89PNG")


def test_the_same_listing_gives_the_same_bytes() -> None:
    assert package(LISTING) == package(LISTING)
    assert package(LISTING) != package(WITH_SLASH)


def test_the_bot_and_the_form() -> None:
    document = manifest(LISTING)
    (bot,), (extension,) = document["bots"], document["composeExtensions"]
    assert document["manifestVersion"] == "1.23"
    assert document["$schema"].endswith("/v1.23/MicrosoftTeams.schema.json")
    assert document["id"] == bot["botId"] == extension["botId"] == LISTING.app_id
    assert bot["scopes"] == ["personal", "team", "groupChat"]
    (command,) = extension["commands"]
    assert (command["id"], command["type"], command["title"]) == ("giveKudos", "action", "Send kudos")
    assert command["fetchTask"]
    assert command["context"] == ["compose", "commandBox", "message"]
    assert document["validDomains"] == ["plaudit.example.com"]
    assert document["developer"]["privacyUrl"] == "https://example.com/privacy"


def test_nothing_is_asked_for_that_is_not_used() -> None:
    document = manifest(LISTING)
    assert document["permissions"] == ["identity", "messageTeamMembers"]
    assert not {"authorization", "webApplicationInfo", "devicePermissions"} & set(document)


def test_a_menu_lists_what_can_be_typed_there() -> None:
    lists = {tuple(each["scopes"]): each["commands"] for each in manifest(LISTING)["bots"][0]["commandLists"]}
    verbs = {scopes: [command["title"] for command in commands] for scopes, commands in lists.items()}
    everything = [Listed(verb, "…") for verb in EXAMPLES]
    public = [command for command in everything if command.verb not in PRIVATE]
    assert verbs["personal",] == [command.verb for command in first(everything, COMMANDS_MAX)]
    assert verbs["team", "groupChat"] == [command.verb for command in first(public, COMMANDS_MAX)]
    assert "link" not in verbs["team", "groupChat"]


def test_a_menu_with_too_little_room_keeps_help() -> None:
    many = [*(Listed(f"verb{number}", "…") for number in range(20)), Listed(HELP, "…"), Listed("admin", "…")]
    short = first(many, 10)
    assert [command.verb for command in short] == [*(f"verb{number}" for number in range(9)), HELP]
    assert first(many, 22) == many


def test_slash_commands_are_asked_for() -> None:
    """Only where something else is said too: in teams and group chats."""
    document = manifest(WITH_SLASH)
    (bot,) = document["bots"]
    assert document["manifestVersion"] == "1.29"
    assert bot["supportsTargetedMessages"]
    assert [each.get("triggers") for each in bot["commandLists"]] == [None, ["mention", "slash"]]
    assert document["composeExtensions"][0]["commands"][0]["triggers"] == ["slash"]
    assert "triggers" not in json.dumps(manifest(LISTING))
    assert "supportsTargetedMessages" not in json.dumps(manifest(LISTING))


@LISTINGS
@pytest.mark.parametrize("locale", OTHERS)
def test_every_text_is_translated(listing: Listing, locale: str) -> None:
    """Each path leads to a text of the manifest, and says in the language what that says in English."""
    document, texts = manifest(listing), localisation(listing, locale)
    english = {path: value_at(document, path) for path in texts}
    the_same = {path for path in texts if english[path] == texts[path]}
    assert the_same == {
        path for path in texts if path.startswith("name.") or (path.endswith("].title") and "Lists" in path)
    }
    assert len([path for path in texts if path.endswith("].description")]) == 1 + sum(
        len(each["commands"]) for each in document["bots"][0]["commandLists"]
    )


needs_schemas = pytest.mark.skipif(
    judge.schemas() is None, reason="PLAUDIT_TEAMS_SCHEMAS does not name a folder with npm @microsoft/app-manifest"
)


@needs_schemas
@LISTINGS
def test_microsoft_accepts_it(listing: Listing) -> None:
    document = manifest(listing)
    version = document["manifestVersion"]
    assert judge.faults(document, version) == []
    for locale in OTHERS:
        assert judge.faults(localisation(listing, locale), version, judge.LOCALISATION) == [], locale


BROKEN: dict[str, Json] = {
    "short name too long": {"name": {"short": "x" * 31}},
    "no icon": {"icons": {"color": "color.png"}},
    "unknown scope": {"bots": [{"botId": LISTING.app_id, "scopes": ["channel"]}]},
    "slash commands before their time": {"bots": manifest(WITH_SLASH)["bots"]},
    "unknown key": {"slashCommands": []},
}


@needs_schemas
@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_microsoft_refuses(change: Json) -> None:
    assert judge.faults({**manifest(LISTING), **change}, "1.23")
