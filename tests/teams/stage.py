"""What the tests of Teams share: a bot with a desk that only takes notes, the simulator in front of it, and recordings."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from pydantic import SecretStr

from bots.chat import Account, Answer, Incoming, Place, PlaceKind, PlatformName
from bots.settings import Settings
from bots.simulator.teams import TeamsSimulator
from bots.simulator.world import Conversation, Json, Person, World, example_world
from bots.teams.platform import TeamsPlatform, routes
from cards.render import Rendered

APP_ID = "8d9b5a6e-3c0f-4a1e-9b6d-2f7c1e0a4b55"
PASSWORD = "a-client-secret-of-the-tests"
RECORDED = Path(__file__).parents[1] / "recorded" / "teams"
CARD = Rendered({"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "Thanks, Zoë"}]})

KINDS = {"personal": PlaceKind.PERSONAL, "group": PlaceKind.GROUP, "channel": PlaceKind.CHANNEL}


def recorded(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    return body


class ManualClock:
    """Stands still until told otherwise."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class NotingDesk:
    """Keeps what it is handed; `reply` is what a press gets, an exception is raised."""

    stored: list[tuple[str, str, str, str, Mapping[str, Any]]] = field(default_factory=list)
    pressed: list[tuple[Incoming, Mapping[str, Any], float]] = field(default_factory=list)
    reply: Answer | Exception | None = None

    async def store(
        self, platform: PlatformName, tenant: str, delivery_id: str, conversation: str, body: Mapping[str, Any]
    ) -> None:
        self.stored.append((platform, tenant, delivery_id, conversation, body))

    async def answer(self, incoming: Incoming, *, body: Mapping[str, Any], window: float) -> Answer | None:
        self.pressed.append((incoming, body, window))
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply

    async def owe(self, incoming: Incoming, answer: Answer) -> None:
        raise AssertionError("Teams is answered in the body")

    @property
    def is_untouched(self) -> bool:
        return not self.stored and not self.pressed


@dataclass
class Stage:
    """A running bot and the Teams it talks to."""

    world: World
    clock: ManualClock
    teams: TeamsSimulator
    desk: NotingDesk
    platform: TeamsPlatform
    session: aiohttp.ClientSession
    url: str

    @property
    def ana(self) -> Person:
        return self.world.person("Ana")

    @property
    def luis(self) -> Person:
        return self.world.person("Luis")

    def channel(self) -> Conversation:
        return self.world.channel("teams", "Praise", [self.ana, self.luis])

    async def post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        async with self.session.post(self.url, data=body, headers=headers) as response:
            return response.status, await response.read()


def settings(teams: TeamsSimulator, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "teams_app_id": APP_ID,
        "teams_app_password": SecretStr(PASSWORD),
        "teams_tenant_ids": (teams.world.tenant_id,),
        "teams_service_hosts": ("127.0.0.1",),
        "teams_openid_metadata_url": teams.openid_metadata_url,
        **changes,
    }
    return Settings(**values)


@asynccontextmanager
async def stage(*, desk: NotingDesk | None = None, **changes: Any) -> AsyncIterator[Stage]:
    """`changes` are settings that differ from a signed bot in development."""
    clock = ManualClock()
    world = example_world(clock=clock, app_id=APP_ID)
    teams = TeamsSimulator(world, bot_url="", app_id=APP_ID, app_password=PASSWORD)
    desk = desk or NotingDesk()
    async with teams, aiohttp.ClientSession() as session:
        platform = TeamsPlatform(settings(teams, **changes), session, clock=clock.seconds, authority=teams.url)
        app = web.Application()
        app.add_routes(routes(platform, desk))
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/messages"
        teams.courier.url = url
        try:
            yield Stage(world, clock, teams, desk, platform, session, url)
        finally:
            await platform.close()
            await runner.cleanup()


def place_of(bot: Stage, conversation: Conversation, thread: str = "") -> Place:
    reference = {
        "service_url": bot.teams.service_url,
        "bot_id": bot.world.bot.teams_id,
        "bot_name": "Plaudit",
        **({"team_id": conversation.team_id} if conversation.team_id else {}),
    }
    return Place(
        "teams", bot.world.tenant_id, conversation.id, KINDS[conversation.kind], reference=reference, thread=thread
    )


def account(person: Person) -> Account:
    return Account(person.teams_id, person.name, (person.aad_id,))


async def one_message(bot: Stage) -> Json:
    """An activity that the bot has not seen."""
    bot.teams.courier.url = "http://127.0.0.1:9/nowhere"
    activity = (await bot.teams.say(bot.ana, bot.channel(), "@[Plaudit] /kudos @[Luis] x")).activity
    bot.teams.courier.url = bot.url
    return activity
