"""The Teams app package: a manifest, its texts in the other languages, two icons.

Manifest 1.23: https://learn.microsoft.com/microsoftteams/platform/resources/schema/manifest-schema. Slash commands of bots are
a preview of 1.29: https://learn.microsoft.com/microsoftteams/platform/agents-in-teams/agent-slash-commands.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bots.manifest.address import Address
from bots.manifest.commands import Audience, Listed, first, listed
from cards.words import ENGLISH, Words, locale_names, words_for

Json = dict[str, Any]

ICONS = Path(__file__).resolve().parents[2] / "manifest"
COLOR, OUTLINE = "color.png", "outline.png"
ACCENT = "#3B2A63"
VERSION, COMMANDS_MAX = "1.23", 10
VERSION_WITH_SLASH, COMMANDS_WITH_SLASH_MAX = "1.29", 12
GIVE_KUDOS = "giveKudos"
LISTS: Sequence[tuple[tuple[str, ...], Audience]] = (
    (("personal",), "private"),
    # Teams cannot show a menu to some people of a team only: /admin itself says whom it is for.
    (("team", "groupChat"), "administrators"),
)
NAME_MAX, DEVELOPER_MAX = 30, 32
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Listing:
    """What an operator may choose. `app_id` is the bot's application id; `version` must grow with every upload.

    `privacy` and `terms` are pages of the operator's, https.
    """

    app_id: str
    address: Address
    name: str
    developer: str
    privacy: Address
    terms: Address
    version: str
    has_slash_commands: bool = False


def package(listing: Listing) -> bytes:
    """The zip to upload; the same listing gives the same bytes."""
    written = {"manifest.json": _dumped(manifest(listing))}
    written |= {f"{locale}.json": _dumped(localisation(listing, locale)) for locale in _other_languages()}
    written |= {name: (ICONS / name).read_bytes() for name in (COLOR, OUTLINE)}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in written.items():
            archive.writestr(zipfile.ZipInfo(name, _FIRST_DAY), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def manifest(listing: Listing) -> Json:
    """No resource-specific consent and no `webApplicationInfo`: the bot hears what mentions it, asks the roster of its own
    conversations, and the people picker of cards needs no permission."""
    words = words_for(ENGLISH)
    version = VERSION_WITH_SLASH if listing.has_slash_commands else VERSION
    return {
        "$schema": f"https://developer.microsoft.com/json-schemas/teams/v{version}/MicrosoftTeams.schema.json",
        "manifestVersion": version,
        "version": listing.version,
        "id": listing.app_id,
        "localizationInfo": {
            "defaultLanguageTag": ENGLISH,
            "additionalLanguages": [{"languageTag": locale, "file": f"{locale}.json"} for locale in _other_languages()],
        },
        "developer": {
            "name": listing.developer,
            "websiteUrl": listing.address.root,
            "privacyUrl": listing.privacy.root,
            "termsOfUseUrl": listing.terms.root,
        },
        "name": {"short": listing.name, "full": listing.name},
        "description": {"short": words("listing.short"), "full": words("listing.full")},
        "icons": {"color": COLOR, "outline": OUTLINE},
        "accentColor": ACCENT,
        "bots": [_bot(listing)],
        "composeExtensions": [_extension(listing, words)],
        "permissions": ["identity", "messageTeamMembers"],
        "validDomains": [listing.address.host],
        "defaultInstallScope": "team",
        "defaultGroupCapability": {"team": "bot", "groupchat": "bot"},
    }


def localisation(listing: Listing, locale: str) -> Json:
    """The texts of another language, each under its path in the manifest."""
    words = words_for(locale)
    texts = {
        "name.short": listing.name,
        "name.full": listing.name,
        "description.short": words("listing.short"),
        "description.full": words("listing.full"),
        "composeExtensions[0].commands[0].title": words("listing.send"),
        "composeExtensions[0].commands[0].description": words("listing.give_about"),
    }
    for number, (_, audience) in enumerate(LISTS):
        for place, command in enumerate(_commands(listing, locale, audience)):
            texts[f"bots[0].commandLists[{number}].commands[{place}].title"] = command.verb
            texts[f"bots[0].commandLists[{number}].commands[{place}].description"] = command.about
    return texts


def _bot(listing: Listing) -> Json:
    bot: Json = {
        "botId": listing.app_id,
        "scopes": ["personal", "team", "groupChat"],
        "isNotificationOnly": False,
        "supportsFiles": False,
        "commandLists": [_list(listing, scopes, audience) for scopes, audience in LISTS],
    }
    return {**bot, "supportsTargetedMessages": True} if listing.has_slash_commands else bot


def _list(listing: Listing, scopes: Sequence[str], audience: Audience) -> Json:
    commands = [
        {"title": command.verb, "description": command.about} for command in _commands(listing, ENGLISH, audience)
    ]
    shown: Json = {"scopes": [*scopes], "commands": commands}
    # In a private chat everything is for the bot already: Teams offers slash commands in groups and channels.
    return {**shown, "triggers": ["mention", "slash"]} if _has_slash(listing, audience) else shown


def _has_slash(listing: Listing, audience: Audience) -> bool:
    return listing.has_slash_commands and audience != "private"


def _extension(listing: Listing, words: Words) -> Json:
    """ "Send kudos" below the compose box, in the search box and in the menu of a message; the form comes from the bot."""
    command: Json = {
        "id": GIVE_KUDOS,
        "type": "action",
        "title": words("listing.send"),
        "description": words("listing.give_about"),
        "context": ["compose", "commandBox", "message"],
        "fetchTask": True,
    }
    if listing.has_slash_commands:
        command["triggers"] = ["slash"]
    return {"botId": listing.app_id, "commands": [command]}


def _commands(listing: Listing, locale: str, audience: Audience) -> Sequence[Listed]:
    most = COMMANDS_WITH_SLASH_MAX if listing.has_slash_commands else COMMANDS_MAX
    return first(listed(locale, audience), most)


def _other_languages() -> Iterator[str]:
    return (locale for locale in locale_names() if locale != ENGLISH)


def _dumped(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
