"""Plaudit with Slack alone, in several workspaces of Slack: two teams that have the same people, channels and ids.

Whoever speaks with the wrong team's token, or looks into the wrong team's rows, therefore succeeds, and is seen to.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import SecretStr
from sqlalchemy import CursorResult, text
from yarl import URL

from bots import app as composition
from bots.keys import button_secret
from bots.settings import Settings
from bots.simulator import Conversation, SlackSimulator, World, example_world
from bots.simulator.slack import App, Decision
from bots.store import found_workspace
from core.database import Sessions
from core.installations import invitations

SIGNING_SECRET = "canary-signing-secret-1f2e3d"
CLIENT_SECRET = "canary-client-secret-4c5b6a"
APP_TOKEN = "xapp-canary-app-token-7a8b9c"
BOT_TOKEN = "xoxb-canary-bot-token-0d1e2f"
SECRET_KEY = "canary-secret-key-of-forty-characters-xx"
TEAMS = ("T0ACME00001", "T0UMBRELLA1")


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    text: str
    url: URL
    headers: Any

    @property
    def title(self) -> str:
        return self.text.partition("<h1>")[2].partition("</h1>")[0]


@dataclass(slots=True)
class Stage:
    """`teams` are Slack's, `homes` the ids of our workspaces; `tokens` what each call of ours was made with."""

    sessions: Sessions
    settings: Settings
    application: composition.Application
    app: App
    teams: tuple[SlackSimulator, ...]
    channels: tuple[Conversation, ...]
    homes: tuple[int, ...]
    url: str
    tokens: list[tuple[str, str]] = field(default_factory=list)

    async def link(self, home: int = 0) -> str:
        """What `plaudit slack install-link` prints."""
        async with self.sessions.begin(role="ops") as (session, now):
            code = await invitations.invite(
                session, workspace_id=self.homes[home], secret=button_secret(self.settings), now=now
            )
        return f"{self.url}/slack/install?code={code}"

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[aiohttp.ClientSession]:
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=URL(self.url))
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            yield browser

    async def open(
        self, browser: aiohttp.ClientSession, url: str, *, follow: bool = True, language: str = "en"
    ) -> Page:
        async with browser.get(url, headers={"Accept-Language": language}, allow_redirects=follow) as answer:
            return Page(answer.status, await answer.text(), answer.real_url, answer.headers)

    def decide(self, team: int = 0, **how: Any) -> None:
        """What the person in front of Slack's page will do."""
        simulator = self.teams[team]
        person = simulator.world.person("Zoë")
        self.app.decision = Decision(simulator.world.slack_team_id, person, **how)

    async def install(self, team: int = 0, home: int | None = None, **how: Any) -> Page:
        """A person opens a fresh link and goes through with it."""
        self.decide(team, **how)
        async with self.browser() as browser:
            return await self.open(browser, await self.link(team if home is None else home))

    async def join(self, team: int = 0, home: int | None = None) -> None:
        """Installed, and the channel connected by its admin."""
        assert (await self.install(team, home)).status == 200
        await self.teams[team].slash(self.world(team).person("Ana"), self.channels[team], "/plaudit", "admin connect")
        await self.quiet()

    def world(self, team: int) -> World:
        return self.teams[team].world

    def replace_person(self, team: int, who: str, **changes: Any) -> None:
        people = self.world(team).people
        place = people.index(self.world(team).person(who))
        people[place] = replace(people[place], **changes)

    async def sql(self, statement: str, **values: Any) -> Sequence[Any]:
        async with self.sessions.begin(role="ops") as (session, _):
            result = await session.execute(text(statement), values)
            return result.all() if isinstance(result, CursorResult) and result.returns_rows else []

    async def count(self, table: str, where: str = "true", **values: Any) -> int:
        return int((await self.sql(f"SELECT count(*) FROM {table} WHERE {where}", **values))[0][0])

    async def installations(self) -> list[tuple[str, int, bool]]:
        """(team, workspace, whether it stands)."""
        rows = await self.sql(
            "SELECT team_id, workspace_id, revoked_at IS NULL FROM slack_installation ORDER BY workspace_id, team_id"
        )
        return [tuple(row) for row in rows]

    async def quiet(self, *, seconds: float = 60) -> None:
        """Until everything that arrived is worked on and everything owed is sent."""
        async with asyncio.timeout(seconds):
            while await self._unfinished():
                await self.sql("UPDATE outbox_scope SET ready_at = '-infinity' WHERE ready_at > clock_timestamp()")
                self.application.deliverer.bell.ring()
                await asyncio.sleep(0.02)

    async def _unfinished(self) -> bool:
        row = await self.sql(
            "SELECT EXISTS (SELECT FROM inbox WHERE state IN ('pending', 'retry'))"
            " OR EXISTS (SELECT FROM outbox WHERE state IN ('pending', 'sending'))"
        )
        return bool(row[0][0])

    def posts(self, team: int, containing: str) -> list[str]:
        return [message.text for message in self.teams[team].posts(self.channels[team]) if containing in message.text]


@asynccontextmanager
async def open_several(
    sessions: Sessions, port: int, *, by_socket: bool = False, bot_token: str = ""
) -> AsyncIterator[Stage]:
    """Nobody has installed anything yet; with `bot_token` the first team has, in the way of one token."""
    url = f"http://127.0.0.1:{port}"
    app = App(
        client_secret=CLIENT_SECRET,
        app_token=APP_TOKEN if by_socket else "",
        redirect_urls={f"{url}/slack/oauth_redirect"},
    )
    teams = tuple(_team(app, url, team, bot_token if team == TEAMS[0] else "") for team in TEAMS)
    tokens: list[tuple[str, str]] = []
    teams[0].server.app.middlewares.append(_listening(tokens))
    async with AsyncExitStack() as stack:
        for team in teams:
            await stack.enter_async_context(team)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        settings = _settings(teams[0], url, by_socket=by_socket, bot_token=bot_token)
        assert settings.faults() == []
        homes = [await found_workspace(sessions, name=f"Company {number}", time_zone="Etc/UTC") for number in (1, 2)]
        application = composition.build(settings, sessions, http)
        await stack.enter_async_context(composition.running(application, host="127.0.0.1", port=port))
        channels = tuple(team.world.channel("slack", "general", team.world.people) for team in teams)
        if by_socket:
            await app.sockets.until(1)
        yield Stage(sessions, settings, application, app, teams, channels, tuple(homes), url, tokens)


def _team(app: App, url: str, team_id: str, bot_token: str) -> SlackSimulator:
    world = example_world()
    world.slack_team_id, world.slack_domain = team_id, team_id.lower()
    return SlackSimulator(
        world,
        bot_url=f"{url}/slack/events",
        signing_secret=SIGNING_SECRET,
        bot_token=bot_token,
        app=app,
        retry_delays=(0, 0, 0),
    )


def _settings(team: SlackSimulator, url: str, *, by_socket: bool, bot_token: str) -> Settings:
    """Once the simulators listen."""
    given: dict[str, Any] = {"public_url": url, "slack_api_url": team.api_url, "secret_key": SecretStr(SECRET_KEY)}
    if bot_token:
        given["slack_bot_token"] = SecretStr(bot_token)
    else:
        given |= {"slack_client_id": team.app.client_id, "slack_client_secret": SecretStr(CLIENT_SECRET)}
    if by_socket:
        given["slack_app_token"] = SecretStr(APP_TOKEN)
    else:
        given["slack_signing_secret"] = SecretStr(SIGNING_SECRET)
    return Settings(**given)


def _listening(tokens: list[tuple[str, str]]) -> Any:
    @web.middleware
    async def listen(request: web.Request, handler: Handler) -> web.StreamResponse:
        tokens.append((request.path.rpartition("/")[2], request.headers.get("Authorization", "")))
        return await handler(request)

    return listen
