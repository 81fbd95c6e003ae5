"""What `plaudit manifest` does: read the options, make the thing, put it where it belongs."""

import asyncio
import json
import re
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from bots import settings
from bots.cli.edge import FOUND, GOOD, CalledWrongly
from bots.cli.screen import out, progress, say
from bots.manifest import slack as slack_manifest
from bots.manifest import teams as teams_manifest
from bots.manifest.address import Address, BadAddress, read_address
from bots.manifest.teams import DEVELOPER_MAX, NAME_MAX, Listing
from bots.manifest.telegram import Call, descriptions, menus
from bots.sending import SendError
from bots.settings import REMEDIES, Settings
from cards.words import locale_names

VERSION = re.compile(r"(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){2}")


def teams(
    *,
    app_id: str | None,
    url: str | None,
    name: str,
    developer: str,
    privacy: str | None,
    terms: str | None,
    version: str,
    has_slash_commands: bool,
    path: Path,
) -> int:
    """Write the app package. Raises CalledWrongly, and Misconfigured for settings that cannot be read."""
    configured = settings.read()
    address = _address(url, configured)
    listing = Listing(
        app_id=_app_id(app_id or configured.teams_app_id),
        address=address,
        name=_short("--name", name, NAME_MAX),
        developer=_short("--developer", developer, DEVELOPER_MAX),
        privacy=_read(privacy or address.at("/privacy")),
        terms=_read(terms or address.at("/terms")),
        version=_version(version),
        has_slash_commands=has_slash_commands,
    )
    path.write_bytes(teams_manifest.package(listing))
    number = teams_manifest.manifest(listing)["manifestVersion"]
    say(f"{path}: version {listing.version} for bot {listing.app_id}, manifest {number}, {', '.join(locale_names())}.")
    say(f"It names two pages of yours: {listing.privacy.root} and {listing.terms.root}")
    say("Upload it in Teams: Apps, Manage your apps, Upload an app. To replace an earlier one, raise --app-version.")
    return GOOD


def slack(*, url: str | None, is_socket_mode: bool, path: Path | None) -> int:
    """Print or write the manifest. Raises CalledWrongly, and Misconfigured for settings that cannot be read."""
    address = None if is_socket_mode else _address(url, settings.read())
    _put(slack_manifest.written(address), path)
    return GOOD


def telegram(*, is_applied: bool, path: Path | None) -> int:
    """Print or write the calls, or make them. Raises CalledWrongly, and Misconfigured for settings that cannot be read."""
    if is_applied and path is not None:
        raise CalledWrongly("--apply makes the calls and --out writes them down; give one of the two")
    calls = [*menus(), *descriptions()]
    if is_applied:
        return asyncio.run(_apply(calls, settings.read()))
    listed = [{"method": call.method, "parameters": dict(call.parameters)} for call in calls]
    _put(json.dumps(listed, ensure_ascii=False, indent=2) + "\n", path)
    return GOOD


def _put(text: str, path: Path | None) -> None:
    if path is None:
        out().out(text, end="", highlight=False)
        return
    path.write_text(text, encoding="utf-8")
    say(f"{path} is written.")


async def _apply(calls: Sequence[Call], configured: Settings) -> int:
    """A line for each call. Without an answer of Telegram's the rest is left."""
    from bots.telegram import menu

    token = configured.telegram_bot_token.get_secret_value()
    if not token:
        raise CalledWrongly(f"--apply needs PLAUDIT_TELEGRAM_BOT_TOKEN: {REMEDIES['PLAUDIT_TELEGRAM_BOT_TOKEN']}")
    refused = 0
    try:
        with progress("Telling Telegram", len(calls)) as bar:
            async for call, fault in menu.tell(token, configured.telegram_api_url, calls):
                say(f"{call.method} {call.about}{f': refused, {fault}' if fault else ''}")
                refused += bool(fault)
                bar.advance()
    except SendError as error:
        raise CalledWrongly(f"{error.reason}; what is not listed above was not tried. Mend it and try again") from None
    say(f"Refused: {refused} of {len(calls)}." if refused else f"Telegram took all {len(calls)}.")
    return FOUND if refused else GOOD


def _address(url: str | None, configured: Settings) -> Address:
    wanted = url or configured.public_url
    if not wanted:
        raise CalledWrongly(
            "under which address is this Plaudit reached? Give --url https://…, or set PLAUDIT_PUBLIC_URL"
        )
    return _read(wanted)


def _read(url: str) -> Address:
    try:
        return read_address(url)
    except BadAddress as bad:
        raise CalledWrongly(str(bad)) from None


def _app_id(given: str) -> str:
    if not given:
        raise CalledWrongly(
            "for which bot? Give --app-id, or set PLAUDIT_TEAMS_APP_ID: the Application (client) id of its app"
        )
    try:
        return str(UUID(given))
    except ValueError:
        raise CalledWrongly(
            f"{given} is no Application (client) id; copy it from the app's page in Microsoft Entra"
        ) from None


def _short(option: str, text: str, length_max: int) -> str:
    if not 1 <= len(text.strip()) <= length_max:
        raise CalledWrongly(f"{option} takes 1 to {length_max} characters; shorten it")
    return text.strip()


def _version(given: str) -> str:
    if not VERSION.fullmatch(given):
        raise CalledWrongly(f"{given} is no version; write three numbers, like 1.4.0")
    return given
