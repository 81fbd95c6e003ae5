"""The composition root: settings → database → adapters → one aiohttp application with its worker, sender and ticker."""

import asyncio
import gc
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import structlog
from aiohttp import web

import migrations
from bots import effects, functions, hooks, pictures, vitals
from bots.channels import Background, Channel
from bots.channels import configured as channels_of
from bots.chat import Platform
from bots.consumer import Consumer, require_client
from bots.deliver import Deliverer
from bots.deliver_callbacks import Caller
from bots.desk import SLACK_WINDOW, Desk, Window
from bots.dispatch import Dispatcher
from bots.homes import Homes
from bots.intake import Intake
from bots.keys import button_secret
from bots.metrics import Metrics
from bots.presenter import Presenter
from bots.receiving import Receiver
from bots.replies import Replies
from bots.settings import Misconfigured, Settings
from bots.signals import Bell
from bots.store import check_functions, ensure_workspace, open_database
from bots.ticker import make_ticker
from bots.worker import Worker
from core.database import Sessions
from web import health
from web import hooks as hook_pages
from web import pictures as picture_pages

log = structlog.get_logger()

BODY_BYTES_MAX = 256 * 1024
SHUTDOWN_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Application:
    """Everything a process is made of; tests and the demo reach into it."""

    sessions: Sessions
    web: web.Application
    dispatcher: Dispatcher
    worker: Worker
    deliverer: Deliverer
    metrics: Metrics
    consumer: Consumer
    intake: Background | None = None
    channels: list[Channel] = field(default_factory=list)
    runs_jobs: bool = True


def _pictures_from(settings: Settings) -> str:
    """Where chats fetch pictures: they do over https only. Empty if they cannot."""
    address = settings.public_url.strip().rstrip("/")
    return address if address.startswith("https://") else ""


def build(
    settings: Settings,
    sessions: Sessions,
    http: aiohttp.ClientSession,
    *,
    teams_authority: str | None = None,
    slack_window: Window = SLACK_WINDOW,
) -> Application:
    """Put a process together; nothing runs yet. For simulators `teams_authority` replaces Entra's token service, and one that
    waits longer than Slack does has a longer window."""
    effects.fill()
    channels = list(channels_of(settings, sessions, http, teams_authority, slack_window))
    platforms: dict[str, Platform] = {channel.platform.name: channel.platform for channel in channels}
    presenter = Presenter(button_secret(settings), _pictures_from(settings))
    metrics, worker_bell, sender_bell = Metrics(), Bell(), Bell()
    dispatcher = _dispatcher(settings, sessions, Replies(platforms, presenter), metrics, worker_bell, sender_bell)
    sends_notices = settings.notifications == "on"
    deliverer = Deliverer(
        sessions, platforms, presenter, sender_bell, metrics, Caller(sessions), sends_notices=sends_notices
    )
    consumer = Consumer(sessions, takes_events=settings.events == "on")
    return Application(
        sessions=sessions,
        web=_site(sessions, metrics, [*_of_channels(channels, dispatcher), *_hooks(settings, consumer)]),
        dispatcher=dispatcher,
        worker=Worker(sessions, dispatcher, worker_bell),
        deliverer=deliverer,
        metrics=metrics,
        consumer=consumer,
        intake=_intake(settings, consumer),
        channels=channels,
        runs_jobs=settings.schedule == "on",
    )


def _dispatcher(
    settings: Settings, sessions: Sessions, replies: Replies, metrics: Metrics, worker_bell: Bell, sender_bell: Bell
) -> Dispatcher:
    is_development = settings.mode == "development"
    return Dispatcher(
        sessions=sessions,
        intake=Intake(sessions),
        platforms=replies.platforms,
        replies=replies,
        homes=Homes(sessions, is_development),
        is_development=is_development,
        metrics=metrics,
        wake_worker=worker_bell.ring,
        wake_sender=sender_bell.ring,
    )


def _of_channels(channels: list[Channel], desk: Desk) -> list[web.RouteDef]:
    return [route for channel in channels for route in channel.routes(desk)]


def _site(sessions: Sessions, metrics: Metrics, routes: list[web.RouteDef]) -> web.Application:
    """Everything that is served by HTTP."""
    site = web.Application(client_max_size=BODY_BYTES_MAX)
    site.add_routes(routes)
    site.add_routes(health.routes(vitals.checks(sessions), metrics.registry, lambda: vitals.count(sessions, metrics)))
    site.add_routes(picture_pages.routes(_pictures(sessions)))
    return site


def _pictures(sessions: Sessions) -> picture_pages.Finders:
    return picture_pages.Finders(
        pictures.badge_finder(sessions), pictures.certificate_finder(sessions), pictures.podium_finder(sessions)
    )


def _hooks(settings: Settings, consumer: Consumer) -> list[web.RouteDef]:
    known = {hook.name: hook for hook in hooks.read(settings.hooks.get_secret_value()).hooks}
    secrets = {name: hook.secret for name, hook in known.items()}
    return hook_pages.routes(secrets, Receiver(consumer, known).receive, time.time)


def _intake(settings: Settings, consumer: Consumer) -> Background | None:
    """Where events come from RabbitMQ, if they do. Raises Misconfigured without the extra that speaks to it."""
    if not settings.amqp_url.get_secret_value().strip():
        return None
    require_client()
    from bots import broker

    return broker.Intake(consumer, broker.route(settings), lambda: consumer.home(settings.amqp_workspace)).run


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
    ticker = make_ticker(application.sessions, runs_jobs=application.runs_jobs)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(application.worker.run()), group.create_task(application.deliverer.run())]
        tasks.append(group.create_task(application.consumer.run()))
        if application.intake:
            tasks.append(group.create_task(application.intake()))
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
        freeze()
        stop = _stop_signal()
        async with running(application, host=settings.host, port=settings.port):
            await stop.wait()


def freeze() -> None:
    """What was made until now stays as long as the process: the collector no longer looks through it time and again."""
    gc.collect()
    gc.freeze()


def _stop_signal() -> asyncio.Event:
    """Set by SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
