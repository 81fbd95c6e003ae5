"""The bot as it really runs, and around it the three simulated platforms, on free ports of this machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cached_property

import aiohttp
from pydantic import SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from bots import app
from bots.demo.company import COMPANY, TIME_ZONE, Company
from bots.settings import Settings
from bots.simulator import (
    Conversation,
    Person,
    SlackSimulator,
    TeamsSimulator,
    TelegramSimulator,
    Transcript,
    World,
)
from core import inbox, outbox
from core.database import Sessions

HOST = "127.0.0.1"
SETTLE_SECONDS_MAX = 60.0
POLL_SECONDS = 0.02

# Of nobody's bots: the simulated platforms are the only ones that take them.
APP_PASSWORD = "demo-password"  # noqa: S105
SIGNING_SECRET = "demo-signing-secret-0123456789ab"  # noqa: S105
SLACK_TOKEN = "xoxb-demo-token"  # noqa: S105
TELEGRAM_SECRET = "demo-webhook-secret"  # noqa: S105


class DemoSettings(Settings):
    """Settings that nothing but the demo decides: the environment of the caller is not read."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


class Unsettled(Exception):
    """Something was said and not dealt with in the time that a patient person has."""


@dataclass(frozen=True)
class Stage:
    """What the story is played on. `url` is where the bot listens."""

    company: Company
    sessions: Sessions
    transcript: Transcript
    teams: TeamsSimulator
    slack: SlackSimulator
    telegram: TelegramSimulator
    url: str

    @property
    def world(self) -> World:
        return self.company.world

    @property
    def simulators(self) -> tuple[TeamsSimulator, SlackSimulator, TelegramSimulator]:
        return self.teams, self.slack, self.telegram

    @cached_property
    def cast(self) -> list[Person]:
        return self.world.people[:7]

    @cached_property
    def teams_channel(self) -> Conversation:
        return self.world.channel("teams", "General", self.cast, team=COMPANY)

    @cached_property
    def slack_channel(self) -> Conversation:
        return self.world.channel("slack", "thanks", self.cast)

    @cached_property
    def telegram_group(self) -> Conversation:
        return self.world.group("telegram", "Field crew", self.cast)

    async def settle(self) -> None:
        """Until everything that was said is dealt with and every message is out. Raises Unsettled."""
        try:
            async with asyncio.timeout(SETTLE_SECONDS_MAX):
                while await self._is_busy():  # noqa: ASYNC110 - the database says so, and it rings no bell
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise Unsettled(f"the bot was still busy after {SETTLE_SECONDS_MAX:.0f} s") from None

    async def _is_busy(self) -> bool:
        async with self.sessions.begin(role="ops") as (session, _):
            waiting = [*(await inbox.backlog(session)), *(await outbox.backlog(session))]
        return any(state != "parked" for state in waiting)


@asynccontextmanager
async def set_up(company: Company, sessions: Sessions, *, port: int) -> AsyncIterator[Stage]:
    """Start the platforms, then the bot on `port` (0: a free one), then tell the platforms where it is."""
    world, transcript = company.world, Transcript()
    token = f"{world.bot.telegram_id}:AAdemodemodemodemodemodemodemodemodem"
    teams = TeamsSimulator(world, bot_url="", app_id=company.app_id, app_password=APP_PASSWORD, transcript=transcript)
    slack = SlackSimulator(
        world, bot_url="", signing_secret=SIGNING_SECRET, bot_token=SLACK_TOKEN, transcript=transcript
    )
    telegram = TelegramSimulator(world, token=token, secret=TELEGRAM_SECRET, transcript=transcript)
    async with AsyncExitStack() as stack:
        for simulator in (teams, slack, telegram):
            await stack.enter_async_context(simulator)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        settings = DemoSettings(
            host=HOST,
            port=port,
            timezone=TIME_ZONE,
            teams_app_id=company.app_id,
            teams_app_password=SecretStr(APP_PASSWORD),
            teams_tenant_ids=(world.tenant_id,),
            teams_service_hosts=(HOST,),
            teams_openid_metadata_url=teams.openid_metadata_url,
            slack_signing_secret=SecretStr(SIGNING_SECRET),
            slack_bot_token=SecretStr(SLACK_TOKEN),
            slack_api_url=slack.api_url,
            telegram_bot_token=SecretStr(token),
            telegram_secret=SecretStr(TELEGRAM_SECRET),
            telegram_api_url=telegram.url,
        )
        application = app.build(settings, sessions, http, teams_authority=teams.url)
        url = await stack.enter_async_context(app.running(application, host=HOST, port=port))
        teams.courier.url = f"{url}/api/messages"
        slack.courier.url = f"{url}/slack/events"
        telegram.updates.set_webhook(f"{url}/telegram/webhook", TELEGRAM_SECRET)
        yield Stage(company, sessions, transcript, teams, slack, telegram, url)
