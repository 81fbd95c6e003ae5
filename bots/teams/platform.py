"""`TeamsPlatform`: what the rest of Plaudit knows of Teams, and its route."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import aiohttp
from aiohttp import web

from bots.chat import Account, Incoming, Place, PlatformName, Profile, Sent, Target
from bots.desk import Desk
from bots.sending import Pacing
from bots.settings import Settings
from bots.teams import activity, outbound
from bots.teams.auth import Doorkeeper
from bots.teams.connector import Connectors
from bots.teams.inbound import Front
from bots.teams.keys import KeyRing
from bots.teams.service import ServiceHosts
from bots.teams.tokens import LOGIN, MULTI_TENANT, AccessTokens
from bots.teams.turn import Authentication, Wording
from cards.model import Card
from cards.render import Context, Rendered, adaptive

PATH = "/api/messages"
# Per conversation Teams takes 7 messages in one second, 8 in two, 60 in thirty and 1800 in an hour, and 50 a second in all.
# A burst of 5 and then one each 0.6 s keeps to the first three, so that an answer hardly ever waits; a conversation that is
# written to that fast for twenty minutes is told by 429, which is obeyed.
PACING = Pacing(gap=0.6, burst=5, per_second=50.0)
# They log bodies, URLs with ids, and tokens at lower levels.
LOUD = ("botbuilder", "botframework", "msrest", "urllib3", "msal")
SYMBOLS = {"later": "⏳", "failed": "⚠️"}


def symbols(key: Literal["later", "failed"], _locale: str) -> str:
    """What a presser sees when there is no answer yet, or never; the same in every language."""
    return SYMBOLS[key]


class TeamsPlatform:
    """Implements `bots.chat.Platform` on botbuilder. `session` stays its owner's to close; `clock` is seconds since 1970.

    `authority` is where the bot's own token comes from; `wording` says "later" and "failed" in a locale.
    """

    name: PlatformName = "teams"
    must_answer_presses = False
    can_refresh = True
    asks_by_place = True

    def __init__(
        self,
        settings: Settings,
        session: aiohttp.ClientSession,
        *,
        clock: Callable[[], float] = time.time,
        authority: str = LOGIN,
        wording: Wording = symbols,
    ) -> None:
        _quieten()
        self.can_whisper = settings.teams_targeted
        is_development = settings.mode == "development"
        services = ServiceHosts(frozenset(settings.teams_service_hosts), plain_loopback=is_development)
        doorkeeper = Doorkeeper(
            app_id=settings.teams_app_id,
            tenants=settings.teams_tenant_ids,
            services=services,
            keys=KeyRing(session, settings.teams_openid_metadata_url, clock),
            unsigned=settings.teams_unsigned and is_development and settings.is_loopback,
            clock=clock,
        )
        tokens = AccessTokens(
            session,
            app_id=settings.teams_app_id,
            password=settings.teams_app_password.get_secret_value(),
            tenant=_home(settings),
            authority=authority,
            clock=clock,
        )
        self._connectors = Connectors(session, tokens, services)
        self._front = Front(doorkeeper, Authentication(doorkeeper, self._connectors), wording)

    async def receive(self, request: web.Request, desk: Desk) -> web.Response:
        """Answer one request of the Bot Connector."""
        return await self._front.receive(request, desk)

    def parse(self, body: Mapping[str, Any]) -> Sequence[Incoming]:
        return activity.parse(body)

    async def profile(self, account: Account, place: Place) -> Profile | None:
        return await outbound.find_profile(self._connectors, account, place)

    async def members(self, crowd: str, place: Place) -> Sequence[Account] | None:
        return await outbound.find_members(self._connectors, crowd, place)

    def render(self, card: Card, context: Context) -> Rendered:
        return adaptive.render(card, context)

    def pacing(self, place: Place) -> Pacing:  # noqa: ARG002 - the same everywhere in Teams
        return PACING

    async def send(self, target: Target, rendered: Rendered, summary: str) -> Sent:
        return await outbound.send(self._connectors, target, rendered, summary, whispers=self.can_whisper)

    async def close(self) -> None:
        """Nothing of its own is open: the session belongs to whoever made it."""


def routes(platform: TeamsPlatform, desk: Desk) -> list[web.RouteDef]:
    """The messaging endpoint to enter in the bot's registration."""

    async def messages(request: web.Request) -> web.Response:
        return await platform.receive(request, desk)

    return [web.post(PATH, messages)]


def _home(settings: Settings) -> str:
    """Where the bot's app is registered: a single-tenant app in the first tenant that is listed."""
    if settings.teams_app_type == "MultiTenant" or not settings.teams_tenant_ids:
        return MULTI_TENANT
    return settings.teams_tenant_ids[0]


def _quieten() -> None:
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
