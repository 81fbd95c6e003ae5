"""The composition root: settings → database → adapters → one aiohttp application with its worker, sender and ticker."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import structlog
from aiohttp import web

import migrations
from bots import functions, pictures, vitals
from bots.chat import Platform
from bots.deliver import Deliverer
from bots.deliver_callbacks import Caller
from bots.desk import Desk
from bots.dispatch import Dispatcher
from bots.keys import button_secret, keyring
from bots.metrics import Metrics
from bots.presenter import Presenter
from bots.settings import Misconfigured, Settings
from bots.signals import Bell
from bots.store import check_functions, ensure_workspace, open_database
from bots.ticker import make_ticker
from bots.worker import Worker
from core.database import Sessions
from web import health
from web import pictures as picture_pages

if TYPE_CHECKING:
    from bots.slack.access import Access
    from bots.slack.api import Api

log = structlog.get_logger()

BODY_BYTES_MAX = 256 * 1024
SHUTDOWN_SECONDS = 10

Background = Callable[[], Coroutine[Any, Any, None]]
Routes = Callable[[Desk], list[web.RouteDef]]


@dataclass(frozen=True, slots=True)
class Channel:
    """An adapter with its routes; `start` runs once before the first delivery, `listen` for as long as the process does."""

    platform: Platform
    routes: Routes
    start: Background | None = None
    listen: Callable[[Desk], Coroutine[Any, Any, None]] | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """Everything a process is made of; tests and the demo reach into it."""

    sessions: Sessions
    web: web.Application
    dispatcher: Dispatcher
    worker: Worker
    deliverer: Deliverer
    metrics: Metrics
    channels: list[Channel] = field(default_factory=list)


def _pictures_from(settings: Settings) -> str:
    """Where chats fetch pictures: they do over https only. Empty if they cannot."""
    address = settings.public_url.strip().rstrip("/")
    return address if address.startswith("https://") else ""


def build(
    settings: Settings, sessions: Sessions, http: aiohttp.ClientSession, *, teams_authority: str | None = None
) -> Application:
    """Put a process together; nothing runs yet. `teams_authority` replaces Entra's token service (simulator)."""
    channels = list(_channels(settings, sessions, http, teams_authority))
    platforms: dict[str, Platform] = {channel.platform.name: channel.platform for channel in channels}
    presenter = Presenter(button_secret(settings), _pictures_from(settings))
    metrics, worker_bell, sender_bell = Metrics(), Bell(), Bell()
    dispatcher = Dispatcher(
        sessions=sessions,
        platforms=platforms,
        presenter=presenter,
        is_development=settings.mode == "development",
        metrics=metrics,
        wake_worker=worker_bell.ring,
        wake_sender=sender_bell.ring,
    )
    application = web.Application(client_max_size=BODY_BYTES_MAX)
    for channel in channels:
        application.add_routes(channel.routes(dispatcher))
    application.add_routes(
        health.routes(vitals.checks(sessions), metrics.registry, lambda: vitals.count(sessions, metrics))
    )
    application.add_routes(picture_pages.routes(pictures.finder(sessions), pictures.certificate_finder(sessions)))
    return Application(
        sessions=sessions,
        web=application,
        dispatcher=dispatcher,
        worker=Worker(sessions, dispatcher, worker_bell),
        deliverer=Deliverer(sessions, platforms, presenter, sender_bell, metrics, Caller(sessions)),
        metrics=metrics,
        channels=channels,
    )


def _channels(
    settings: Settings, sessions: Sessions, http: aiohttp.ClientSession, teams_authority: str | None
) -> list[Channel]:
    """The configured ones; the SDK of the others is never imported."""
    channels = []
    if settings.teams_configured:
        channels.append(_teams(settings, http, teams_authority))
    if settings.slack_configured:
        channels.append(_slack(settings, sessions))
    if settings.telegram_configured:
        channels.append(_telegram(settings))
    return channels


def _teams(settings: Settings, http: aiohttp.ClientSession, authority: str | None) -> Channel:
    from bots.teams.platform import TeamsPlatform, routes

    platform = TeamsPlatform(settings, http, authority=authority) if authority else TeamsPlatform(settings, http)
    return Channel(platform, lambda desk: routes(platform, desk))


def _slack(settings: Settings, sessions: Sessions) -> Channel:
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


@asynccontextmanager
async def running(application: Application, *, host: str, port: int) -> AsyncIterator[str]:
    """Start listening, working, sending and ticking; yields the address. Ends in the other order, letting answers out."""
    async with AsyncExitStack() as stack:
        for channel in application.channels:
            stack.push_async_callback(channel.platform.close)
        await stack.enter_async_context(_background(application))
        runner = web.AppRunner(application.web, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, host, port)
        await site.start()
        address = runner.addresses[0]
        log.info(
            "listening", host=address[0], port=address[1], channels=[c.platform.name for c in application.channels]
        )
        yield f"http://{address[0]}:{address[1]}"


@asynccontextmanager
async def _background(application: Application) -> AsyncIterator[None]:
    """The tasks of a process belong to one group; if one dies of a bug the process ends, and its supervisor starts it anew."""
    ticker = make_ticker(application.sessions)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(application.worker.run()), group.create_task(application.deliverer.run())]
        for channel in application.channels:
            if channel.start:
                tasks.append(group.create_task(channel.start()))
            if channel.listen:
                tasks.append(group.create_task(channel.listen(application.dispatcher)))
        ticker.start()
        try:
            yield
        finally:
            ticker.shutdown(wait=False)
            for task in tasks:
                task.cancel()


async def serve(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM. In development the schema is brought up to date; in production it has to be."""
    functions.load(settings.functions)
    async with open_database(settings) as sessions, aiohttp.ClientSession() as http:
        if settings.mode == "development":
            await migrations.upgrade(sessions.engine)
        elif not await migrations.is_current(sessions.engine):
            raise Misconfigured(["the database's schema is not this version's: run `plaudit migrate`"])
        await check_functions(sessions, settings)
        await ensure_workspace(sessions, time_zone=settings.timezone)
        application = build(settings, sessions, http)
        if not application.channels:
            log.warning("no_channel_configured", remedy="run `plaudit doctor` to see what to set")
        stop = _stop_signal()
        async with running(application, host=settings.host, port=settings.port):
            await stop.wait()


def _stop_signal() -> asyncio.Event:
    """Set by SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
