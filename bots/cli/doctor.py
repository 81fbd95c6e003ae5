"""`plaudit doctor`: what is configured, what is missing, what is broken, and how to mend it. Shows no secret's value."""

import asyncio
from collections.abc import Sequence

import aiohttp
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

import migrations
from bots import functions, settings, store
from bots.cli.edge import FOUND, GOOD
from bots.cli.remarks import Remark, hook_names, rabbitmq, switches
from bots.cli.screen import say, show
from bots.keys import keyring
from bots.settings import DEVELOPMENT_KEY, REMEDIES, Misconfigured, Settings
from bots.store import DatabaseUnreachable
from core import inbox, outbox
from core.database import Sessions
from core.embedded import EmbeddedError
from core.events import service as events
from core.installations import service as installations
from core.people import directory

SHOWN = {"good": "ok", "missing": "–", "broken": "BROKEN"}
ONLINE_SECONDS = 10
OTHER_WAYS = frozenset({"PLAUDIT_SLACK_CLIENT_ID", "PLAUDIT_SLACK_CLIENT_SECRET", "PLAUDIT_SLACK_APP_TOKEN"})
"""What a channel may need instead; the how-to tells when."""


def doctor(*, online: bool) -> int:
    try:
        configured = Settings()
    except ValidationError:
        return _report(_unreadable())
    return _report(asyncio.run(_examined(configured, online)))


def _report(remarks: Sequence[Remark]) -> int:
    show(
        ("Subject", "State", "What", "What to do"),
        [(each.subject, SHOWN[each.state], each.about, each.remedy) for each in remarks],
    )
    broken = sum(each.state == "broken" for each in remarks)
    say(f"To mend: {broken}." if broken else "Nothing is broken.")
    return FOUND if broken else GOOD


def _unreadable() -> Sequence[Remark]:
    """Settings that cannot even be read: the sentences of `settings.load`."""
    try:
        settings.load()
    except Misconfigured as misconfigured:
        return [Remark("Settings", "broken", *_split(fault)) for fault in misconfigured.faults]
    return []


def _split(fault: str) -> tuple[str, str]:
    """`SETTING is missing: do this` → what is wrong, what to do."""
    about, _, remedy = fault.partition(": ")
    return about, remedy


async def _examined(configured: Settings, online: bool) -> Sequence[Remark]:
    remarks = [*_process(configured), *_functions(configured), *_channels(configured), *switches(configured)]
    remarks += [*hook_names(configured), *await rabbitmq(configured), *await _database(configured)]
    return [*remarks, *await _online(configured)] if online else remarks


def _faults(configured: Settings, prefix: str) -> list[str]:
    return [fault for fault in configured.faults() if fault.startswith(f"PLAUDIT_{prefix}")]


def _process(configured: Settings) -> list[Remark]:
    remarks = [Remark("Mode", "good", f"{configured.mode}, listening on {configured.host}:{configured.port}")]
    remarks += [Remark("Public address", "broken", *_split(fault)) for fault in _faults(configured, "PUBLIC_URL")]
    if faults := _faults(configured, "SECRET_KEY"):
        return [*remarks, *(Remark("Secret key", "broken", *_split(fault)) for fault in faults)]
    if configured.secret_key.get_secret_value() == DEVELOPMENT_KEY:
        remedy = f"before production, set PLAUDIT_SECRET_KEY: {REMEDIES['PLAUDIT_SECRET_KEY']}"
        return [*remarks, Remark("Secret key", "missing", "the default one, for development", remedy)]
    return [*remarks, Remark("Secret key", "good", "set")]


def _functions(configured: Settings) -> list[Remark]:
    """What the company's own file registers."""
    if configured.functions is None:
        return []
    try:
        found = functions.load(configured.functions)
    except Misconfigured as misconfigured:
        return [Remark("Functions", "broken", *_split_last(fault)) for fault in misconfigured.faults]
    if not found:
        remedy = "decorate its functions with metric(…), callback(…) or query(…) of core.badges.registry, or unset PLAUDIT_FUNCTIONS"
        return [Remark("Functions", "missing", f"{configured.functions} registers nothing", remedy)]
    return [Remark("Functions", "good", f"{named.kind} {named.name}") for named in found]


def _split_last(fault: str) -> tuple[str, str]:
    """`SETTING: file, line 3 is no Python (x): do this` → what is wrong, what to do."""
    about, _, remedy = fault.rpartition(": ")
    return about, remedy


def _channels(configured: Settings) -> list[Remark]:
    is_configured = {
        "Teams": configured.teams_configured,
        "Slack": configured.slack_configured,
        "Telegram": configured.telegram_configured,
    }
    remarks = []
    for channel, has_settings in is_configured.items():
        prefix = f"{channel.upper()}_"
        faults = _faults(configured, prefix)
        if not has_settings:
            remarks.append(Remark(channel, "missing", "not configured", f"to use it: {_needs(prefix)}"))
        elif faults:
            remarks += [Remark(channel, "broken", *_split(fault)) for fault in faults]
        else:
            remarks.append(Remark(channel, "good", _how(configured, channel)))
    return remarks


def _needs(prefix: str) -> str:
    """What a channel needs, as far as it has no default."""
    named = {name: remedy for name, remedy in REMEDIES.items() if name.startswith(f"PLAUDIT_{prefix}")}
    defaults = {f"PLAUDIT_{name.upper()}": field.default for name, field in Settings.model_fields.items()}
    wanted = [
        f"{name} ({remedy})"
        for name, remedy in named.items()
        if name not in OTHER_WAYS and (not isinstance(defaults[name], tuple) or not defaults[name])
    ]
    return "set " + "; ".join(wanted)


def _how(configured: Settings, channel: str) -> str:
    if channel == "Teams":
        signed = "accepting unsigned activities" if configured.teams_unsigned else "signed activities only"
        return f"configured for {len(configured.teams_tenant_ids)} tenants, {signed}"
    if channel == "Telegram":
        return f"configured, by {configured.telegram_mode}"
    whose = "workspaces that install it" if configured.slack_is_installed_by_many else "one workspace"
    return f"configured for {whose}, by {'Socket Mode' if configured.slack_uses_socket else 'requests'}"


async def _database(configured: Settings) -> Sequence[Remark]:
    try:
        is_external = bool(store.configured_url(configured))
        root = None if is_external else store.data_root()
        if root is not None and not any(root.glob("postgresql-*")):
            return [
                Remark(
                    "Database",
                    "missing",
                    f"embedded, not made yet, in {root}",
                    "`plaudit migrate` or `plaudit run` makes it",
                )
            ]
        async with store.open_database(configured) as sessions:
            kind = "PLAUDIT_DATABASE_URL" if root is None else f"embedded, in {root}"
            return [
                Remark("Database", "good", f"{kind}, PostgreSQL {await _version(sessions)}"),
                *await _content(configured, sessions),
            ]
    except Misconfigured as misconfigured:
        return [Remark("Database", "broken", *_split(fault)) for fault in misconfigured.faults]
    except (DatabaseUnreachable, EmbeddedError) as error:
        about, _, remedy = str(error).partition("; " if isinstance(error, DatabaseUnreachable) else ". ")
        return [Remark("Database", "broken", about, remedy)]


async def _version(sessions: Sessions) -> str:
    async with sessions.engine.connect() as connection:
        return str(await connection.scalar(text("SHOW server_version")))


async def _content(configured: Settings, sessions: Sessions) -> Sequence[Remark]:
    if not await migrations.is_current(sessions.engine):
        return [Remark("Schema", "broken", "the tables are missing or of another version", "run `plaudit migrate`")]
    try:
        async with sessions.begin(role="ops") as (session, _):
            census = await directory.census(session)
            slack = await _installations(configured, session)
            parked = {"Outbox": await outbox.backlog(session), "Inbox": await inbox.backlog(session)}
            parked["Events"] = await events.backlog(session)
    except DBAPIError as error:
        what = f"the tables are there and cannot be read ({type(error.orig).__name__})"
        return [Remark("Schema", "broken", what, "run `plaudit migrate` as the user of PLAUDIT_DATABASE_URL")]
    queues = [
        _queue(name, backlog.get("parked", 0), sum(backlog.values()) - backlog.get("parked", 0))
        for name, backlog in parked.items()
    ]
    return [Remark("Schema", "good", "of this version"), *_people(census), *slack, *queues]


async def _installations(configured: Settings, session: AsyncSession) -> list[Remark]:
    standing, revoked = await installations.count(session)
    if not configured.slack_is_installed_by_many and not standing:
        return []
    about = f"{standing} installed, {revoked} uninstalled"
    if not standing:
        return [Remark("Slack workspaces", "missing", about, "`plaudit slack install-link` makes a link for one")]
    header = keyring(configured).header
    if await installations.standing(session, not_sealed_as=header, limit=1):
        remedy = "with the earlier key in PLAUDIT_SECRET_KEY_PREVIOUS, run `plaudit slack reseal`"
        return [Remark("Slack workspaces", "broken", f"{about}; another secret key sealed their tokens", remedy)]
    return [Remark("Slack workspaces", "good", about)]


def _people(census: directory.Census) -> list[Remark]:
    if not census.workspaces:
        return [Remark("Workspaces", "missing", "none", "`plaudit migrate` makes the first")]
    admins = Remark("Admins", "good", str(census.admins))
    if not census.admins:
        admins = Remark("Admins", "missing", "none", "`plaudit admin grant ana@example.com`")
    connected = ", ".join(f"{count} on {platform}" for platform, count in sorted(census.connected.items()))
    places = Remark("Conversations", "good", f"connected: {connected}")
    if not connected:
        places = Remark("Conversations", "missing", "none connected", "write `/admin connect` to the bot in a channel")
    return [Remark("Workspaces", "good", f"{census.workspaces}, with {census.members} members"), admins, places]


def _queue(name: str, parked: int, pending: int) -> Remark:
    if parked:
        command = name.lower()
        again = f"plaudit {command} replay{' --all' if name == 'Events' else ''}"
        return Remark(name, "broken", f"{parked} parked", f"`plaudit {command} list` says why; then `{again}`")
    return Remark(name, "good", f"{pending} waiting, none parked")


async def _online(configured: Settings) -> Sequence[Remark]:
    """Whether the platforms' own servers answer at all; no secret is sent, so any answer will do."""
    wanted = {
        "Teams": (configured.teams_configured, configured.teams_openid_metadata_url),
        "Slack": (configured.slack_configured, configured.slack_api_url),
        "Telegram": (configured.telegram_configured, configured.telegram_api_url),
    }
    remarks = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ONLINE_SECONDS)) as http:
        for channel, (has_settings, url) in wanted.items():
            if has_settings:
                remarks.append(await _reached(http, channel, url))
    return remarks


async def _reached(http: aiohttp.ClientSession, channel: str, url: str) -> Remark:
    subject = f"{channel} online"
    try:
        async with http.get(url, allow_redirects=False) as answer:
            return Remark(subject, "good", f"answers ({answer.status})")
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        remedy = f"let this machine reach it over HTTPS, or mend PLAUDIT_{channel.upper()}_…_URL"
        return Remark(subject, "broken", f"does not answer ({type(error).__name__})", remedy)
