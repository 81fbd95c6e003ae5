"""The chats that are configured, each with its adapter; the SDK of the others is never imported."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from bots.chat import Platform
from bots.desk import Desk, Window
from bots.keys import button_secret, keyring
from bots.settings import Settings
from core.database import Sessions

if TYPE_CHECKING:
    from bots.slack.access import Access
    from bots.slack.api import Api

Background = Callable[[], Coroutine[Any, Any, None]]
Routes = Callable[[Desk], list[web.RouteDef]]


@dataclass(frozen=True, slots=True)
class Channel:
    """An adapter with its routes; `start` runs once before the first delivery, `listen` for as long as the process does."""

    platform: Platform
    routes: Routes
    start: Background | None = None
    listen: Callable[[Desk], Coroutine[Any, Any, None]] | None = None


def configured(
    settings: Settings,
    sessions: Sessions,
    http: aiohttp.ClientSession,
    teams_authority: str | None,
    slack_window: Window,
) -> list[Channel]:
    """The configured ones; the SDK of the others is never imported."""
    channels = []
    if settings.teams_configured:
        channels.append(_teams(settings, http, teams_authority))
    if settings.slack_configured:
        channels.append(_slack(settings, sessions, slack_window))
    if settings.telegram_configured:
        channels.append(_telegram(settings))
    if settings.smtp_host:
        channels.append(_email(settings, sessions))
    return channels


def _teams(settings: Settings, http: aiohttp.ClientSession, authority: str | None) -> Channel:
    from bots.teams.platform import TeamsPlatform, routes

    platform = TeamsPlatform(settings, http, authority=authority) if authority else TeamsPlatform(settings, http)
    return Channel(platform, lambda desk: routes(platform, desk))


def _slack(settings: Settings, sessions: Sessions, window: Window) -> Channel:
    """Either one workspace with the token of the settings or many with their own; requests or Socket Mode."""
    from bots.slack.access import OneTeam
    from bots.slack.api import Api
    from bots.slack.platform import SlackPlatform
    from bots.slack.socket import SocketMode
    from bots.slack.webhook import routes

    api = Api(token=settings.slack_bot_token.get_secret_value(), url=settings.slack_api_url)
    installing: list[web.RouteDef] = []
    access: Access = OneTeam(api, clock=time.time)
    if settings.slack_is_installed_by_many:
        access, installing = _many_teams(settings, sessions, api)
    platform = SlackPlatform(
        signing_secret=settings.slack_signing_secret.get_secret_value(),
        api_url=settings.slack_api_url,
        clock=time.time,
        access=access,
        window=window,
    )

    async def start() -> None:
        await platform.identify()

    if not settings.slack_uses_socket:
        return Channel(platform, lambda desk: [*routes(platform, desk), *installing], start)
    opening = api.speaking(settings.slack_app_token.get_secret_value())
    return Channel(platform, lambda _: installing, start, lambda desk: SocketMode(platform, desk, opening).listen())


def _many_teams(settings: Settings, sessions: Sessions, api: "Api") -> "tuple[Access, list[web.RouteDef]]":
    from bots.slack.install import Installer
    from bots.slack.installations import ManyTeams
    from bots.slack.oauth import OAuth

    teams = ManyTeams(sessions, api, keyring=keyring(settings), clock=time.time)
    oauth = OAuth(
        settings.slack_client_id,
        settings.slack_client_secret.get_secret_value(),
        public_url=settings.public_url,
        api_url=settings.slack_api_url,
        api=api,
    )
    return teams, Installer(sessions, teams, oauth, secret=button_secret(settings)).routes()


def _telegram(settings: Settings) -> Channel:
    from bots.telegram.inbound import routes
    from bots.telegram.platform import TelegramPlatform
    from bots.telegram.polling import poll

    platform = TelegramPlatform(
        token=settings.telegram_bot_token.get_secret_value(),
        secret=settings.telegram_secret.get_secret_value(),
        api_url=settings.telegram_api_url,
        mode=settings.telegram_mode,
    )
    if settings.telegram_mode == "webhook":
        return Channel(platform, lambda desk: routes(platform, desk), platform.start)
    return Channel(platform, lambda _: [], platform.start, lambda desk: poll(platform, desk, asyncio.Event()))


def _email(settings: Settings, sessions: Sessions) -> Channel:
    from bots.email.addresses import finder
    from bots.email.platform import EmailPlatform
    from bots.email.server import Server

    password = settings.smtp_password.get_secret_value()
    server = Server(settings.smtp_host, settings.smtp_port, settings.smtp_user, password, settings.smtp_from)
    return Channel(EmailPlatform(server, finder(sessions)), lambda _: [])
