"""The three simulators, Plaudit on a database of its own, and colleagues who are linked across the three."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from pydantic import SecretStr
from sqlalchemy import CursorResult, text

from bots import app as composition
from bots.desk import SLACK_WINDOW, Window
from bots.settings import Settings
from bots.simulator import (
    Conversation,
    Message,
    Person,
    SlackSimulator,
    TeamsSimulator,
    TelegramSimulator,
    Transcript,
    World,
    example_world,
)
from bots.simulator.slack.client import PATIENCE
from core.database import Sessions
from core.kudos import service as kudos
from core.people import service as people
from core.points import service as points
from tests.conversations.wire import Wire

APP_ID = "11111111-2222-3333-4444-555555555555"
APP_PASSWORD = "canary-teams-password-1b2c3d"
PATIENT_WINDOW = Window(40.0, 20.0)
SIGNING_SECRET = "canary-slack-signing-secret-4e5f"
SLACK_TOKEN = "xoxb-canary-slack-token-6a7b8c"
TELEGRAM_KEY = "AAcanaryTelegramTokenxxxxxxxxxxxxxx"
TELEGRAM_SECRET = "canary_telegram_secret_9d0e"
SECRET_KEY = "canary-secret-key-of-forty-characters-xx"
BOT_PATHS = {"teams": "/api/messages", "slack": "/slack/events", "telegram": "/telegram/webhook"}
LINKED = 5
"""How many of the example's people are members from the start; the sixth, Mei, nobody has heard of."""

Simulator = TeamsSimulator | SlackSimulator | TelegramSimulator


@dataclass(slots=True)
class Stage:
    """`channel`, `slack_channel` and `group` are connected; `url` is Plaudit's. `members` are the linked people's ids."""

    sessions: Sessions
    workspace_id: int
    world: World
    transcript: Transcript
    teams: TeamsSimulator
    slack: SlackSimulator
    telegram: TelegramSimulator
    wire: Wire
    settings: Settings
    application: composition.Application
    url: str
    channel: Conversation
    slack_channel: Conversation
    group: Conversation
    members: dict[str, int]

    @property
    def simulators(self) -> tuple[Simulator, ...]:
        return (self.teams, self.slack, self.telegram)

    @property
    def places(self) -> tuple[tuple[Simulator, Conversation], ...]:
        return ((self.teams, self.channel), (self.slack, self.slack_channel), (self.telegram, self.group))

    def __getitem__(self, name: str) -> Person:
        return self.world.person(name)

    def member(self, name: str) -> int:
        return self.members[self.world.person(name).name]

    def posts(self, containing: str = "") -> list[Message]:
        """The bot's public messages in the connected conversations."""
        return [
            message
            for simulator, conversation in self.places
            for message in simulator.posts(conversation)
            if containing in message.text
        ]

    async def sql(self, statement: str, **values: Any) -> Sequence[Any]:
        async with self.sessions.begin(role="ops") as (session, _):
            result = await session.execute(text(statement), values)
            return result.all() if isinstance(result, CursorResult) and result.returns_rows else []

    async def alter(self, statement: str) -> None:
        """Change the schema, as its owner."""
        async with self.sessions.engine.begin() as connection:
            await connection.execute(text(statement))

    async def count(self, table: str, where: str = "true", **values: Any) -> int:
        return int((await self.sql(f"SELECT count(*) FROM {table} WHERE {where}", **values))[0][0])

    async def quiet(self, *, seconds: float = 60, unpaced: bool = True) -> None:
        """Until everything that arrived is worked on and everything owed is sent. `unpaced` skips the platforms' pace."""
        async with asyncio.timeout(seconds):
            while await self._unfinished():
                if unpaced:
                    await self.sql("UPDATE outbox_scope SET ready_at = '-infinity' WHERE ready_at > clock_timestamp()")
                    self.application.deliverer.bell.ring()
                await asyncio.sleep(0.02)

    async def _unfinished(self) -> bool:
        row = await self.sql(
            "SELECT EXISTS (SELECT FROM inbox WHERE state IN ('pending', 'retry'))"
            " OR EXISTS (SELECT FROM outbox WHERE state IN ('pending', 'sending'))"
        )
        return bool(row[0][0])

    async def allowance_left(self, name: str) -> int | None:
        """None before the member's first kudos of the period."""
        rows = await self.sql(
            "SELECT balance FROM account WHERE kind = 'allowance' AND member_id = :member", member=self.member(name)
        )
        return int(rows[0][0]) if rows else None

    async def earned(self, name: str) -> int:
        rows = await self.sql(
            "SELECT coalesce(sum(balance), 0) FROM account WHERE kind = 'earned' AND member_id = :member",
            member=self.member(name),
        )
        return int(rows[0][0])

    @asynccontextmanager
    async def replica(self) -> AsyncIterator[str]:
        """A second process's worth of Plaudit on the same database; yields its address."""
        async with aiohttp.ClientSession() as http:
            second = composition.build(self.settings, self.sessions, http, teams_authority=self.teams.url)
            async with composition.running(second, host="127.0.0.1", port=0) as url:
                yield url


@asynccontextmanager
async def open_stage(
    sessions: Sessions, *, is_set_up: bool = True, is_hasty: bool = False, world: World | None = None, **changes: Any
) -> AsyncIterator[Stage]:
    """`is_set_up` False: an empty workspace, nobody known, nothing connected. `is_hasty`: Slack waits three seconds, as it really
    does, and not until a busy machine has done its work. `changes` are settings that differ."""
    world = world or example_world(app_id=APP_ID)
    transcript = Transcript()
    simulators = _simulators(world, transcript, is_hasty=is_hasty)
    wire = Wire(simulators)
    wire.attach()
    teams, slack, telegram = simulators
    async with AsyncExitStack() as stack:
        for simulator in simulators:
            await stack.enter_async_context(simulator)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        settings = _settings(world, teams, slack, telegram).model_copy(update=changes)
        assert settings.faults() == []
        workspace_id = await _found(sessions)
        places = _places(world)
        members = await _set_up(sessions, workspace_id, world, teams, places) if is_set_up else {}
        window = SLACK_WINDOW if is_hasty else PATIENT_WINDOW
        application = composition.build(settings, sessions, http, teams_authority=teams.url, slack_window=window)
        url = await stack.enter_async_context(composition.running(application, host="127.0.0.1", port=0))
        teams.courier.url, slack.courier.url = url + BOT_PATHS["teams"], url + BOT_PATHS["slack"]
        telegram.updates.set_webhook(url + BOT_PATHS["telegram"], TELEGRAM_SECRET)
        yield Stage(
            sessions,
            workspace_id,
            world,
            transcript,
            teams,
            slack,
            telegram,
            wire,
            settings,
            application,
            url,
            *places,
            members,
        )


def _simulators(
    world: World, transcript: Transcript, *, is_hasty: bool = True
) -> tuple[TeamsSimulator, SlackSimulator, TelegramSimulator]:
    """They learn the bot's address when it listens."""
    return (
        TeamsSimulator(world, bot_url="", app_id=APP_ID, app_password=APP_PASSWORD, transcript=transcript),
        SlackSimulator(
            world,
            bot_url="",
            signing_secret=SIGNING_SECRET,
            bot_token=SLACK_TOKEN,
            transcript=transcript,
            patience=PATIENCE if is_hasty else sum(PATIENT_WINDOW),
        ),
        TelegramSimulator(world, token=telegram_token(world), secret=TELEGRAM_SECRET, transcript=transcript),
    )


def telegram_token(world: World) -> str:
    return f"{world.bot.telegram_id}:{TELEGRAM_KEY}"


def _settings(world: World, teams: TeamsSimulator, slack: SlackSimulator, telegram: TelegramSimulator) -> Settings:
    return Settings(
        secret_key=SecretStr(SECRET_KEY),
        teams_app_id=APP_ID,
        teams_app_password=SecretStr(APP_PASSWORD),
        teams_tenant_ids=(world.tenant_id,),
        teams_service_hosts=("127.0.0.1",),
        teams_openid_metadata_url=teams.openid_metadata_url,
        slack_signing_secret=SecretStr(SIGNING_SECRET),
        slack_bot_token=SecretStr(SLACK_TOKEN),
        slack_api_url=slack.api_url,
        telegram_bot_token=SecretStr(telegram_token(world)),
        telegram_secret=SecretStr(TELEGRAM_SECRET),
        telegram_api_url=telegram.url,
    )


def _places(world: World) -> tuple[Conversation, Conversation, Conversation]:
    everybody = world.people
    return (
        world.channel("teams", "General", everybody),
        world.channel("slack", "general", everybody),
        world.group("telegram", "Team", everybody),
    )


async def _found(sessions: Sessions) -> int:
    async with sessions.begin(role="ops") as (session, _):
        workspace = await people.create_workspace(session, name="Acme", time_zone="Europe/Madrid")
        await points.open_system_accounts(session, workspace_id=workspace.id)
        await kudos.seed_tags(session, workspace_id=workspace.id)
        return workspace.id


async def _set_up(
    sessions: Sessions,
    workspace_id: int,
    world: World,
    teams: TeamsSimulator,
    places: tuple[Conversation, Conversation, Conversation],
) -> dict[str, int]:
    """What `/admin connect` and first words do, without saying them; Ana is the admin."""
    tenants = {"teams": world.tenant_id, "slack": world.slack_team_id, "telegram": str(world.bot.telegram_id)}
    async with sessions.begin(workspace_id) as (session, _):
        for place in places:
            remote_id = place.id if place.platform == "telegram" else ""
            where: dict[str, Any] = {
                "workspace_id": workspace_id,
                "platform": place.platform,
                "tenant": tenants[place.platform],
            }
            await people.bind(session, **where, remote_id=remote_id)
            kept = await people.keep_place(
                session,
                **where,
                remote_id=place.id,
                kind="group" if place.platform == "telegram" else place.kind,
                name=place.name,
                reference=_reference(world, teams, place),
                member_id=None,
            )
            await people.connect(session, kept, is_connected=True)
        members = {person.name: await _link(session, workspace_id, person, tenants) for person in world.people[:LINKED]}
        await people.make_admin(session, members[world.people[0].name], workspace_id=workspace_id)
    return members


def _reference(world: World, teams: TeamsSimulator, place: Conversation) -> dict[str, str]:
    if place.platform != "teams":
        return {}
    bot = {"bot_id": world.bot.teams_id, "bot_name": world.bot.name}
    return {"service_url": teams.service_url, **bot, "team_id": place.team_id}


async def _link(session: Any, workspace_id: int, person: Person, tenants: dict[str, str]) -> int:
    accounts = {
        "teams": (person.teams_id, (person.aad_id,)),
        "slack": (person.slack_id, ()),
        "telegram": (str(person.telegram_id), ()),
    }
    member_id = 0
    for platform, (remote_id, also) in accounts.items():
        contact = people.Contact(platform, tenants[platform], remote_id, person.name, also=also, email=person.email)
        member_id = (await people.enrol(session, contact, workspace_id=workspace_id, is_provisional=False)).member_id
    return member_id
