"""Slack as `dispatch`, `deliver` and `worker` see it."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bots.chat import Account, Incoming, Pacing, Place, PlatformName, Profile, SendError, Sent, Target
from bots.slack import inbound
from bots.slack.api import Api
from bots.slack.directory import look_up
from bots.slack.identity import Identity
from bots.slack.outbound import Outbound
from cards.model import Card
from cards.render import Context, Rendered, blockkit

IDENTITY_RETRY: Final = 30.0  # seconds between two questions who we are, while Slack does not answer
IDENTITY_WAIT: Final = 1.0  # seconds that a delivery waits for it; Slack waits three for its answer

# Slack's published limits: one message a second and conversation, "several hundred" a minute in a workspace.
PACING: Final = Pacing(gap=1.0, burst=3, per_second=5.0)

log = logging.getLogger(__name__)


class SlackPlatform:
    """`clock` is Unix time in seconds: what signatures are compared with."""

    name: PlatformName = "slack"
    can_whisper = True
    must_answer_presses = False

    def __init__(
        self, *, signing_secret: str, bot_token: str, api_url: str, clock: Callable[[], float], api: Api | None = None
    ) -> None:
        quieten()
        self.signing_secret = signing_secret
        self.api_url = api_url
        self.clock = clock
        self.identity = Identity()
        self._api = api or Api(token=bot_token, url=api_url)
        self._outbound = Outbound(self._api)
        self._asked_at = float("-inf")

    @property
    def team_id(self) -> str:
        """Our workspace; empty while neither Slack nor a signed request has named it."""
        return self.identity.team_id

    async def identify(self) -> bool:
        """Ask Slack whose token this is; whether we know. Called at start, and again with deliveries until it is known."""
        if self.identity.confirmed:
            return True
        self._asked_at = self.clock()
        try:
            answer = await self._api.ask("auth.test", {})
        except SendError as error:
            log.warning("Slack does not say whose token this is: %s", error.reason)
            return False
        team, user, bot = (str(answer.get(key) or "") for key in ("team_id", "user_id", "bot_id"))
        self.identity = Identity(team, user, bot, confirmed=bool(team))
        return self.identity.confirmed

    async def recognise(self, body: Mapping[str, Any]) -> None:
        """Before a delivery is read: find out who we are, or take the word of a body that Slack has signed."""
        if self.identity.confirmed:
            return
        if self.clock() - self._asked_at >= IDENTITY_RETRY:
            try:
                await asyncio.wait_for(self.identify(), IDENTITY_WAIT)
            except TimeoutError:
                log.warning("Slack does not say whose token this is: no answer in time")
        if not self.identity.team_id:
            self.identity = replace(self.identity, team_id=inbound.installed_team(body))

    def parse(self, body: Mapping[str, Any]) -> Sequence[Incoming]:
        return inbound.read(body, self.identity)

    async def profile(self, account: Account, place: Place) -> Profile | None:
        return await look_up(self._api, account, team=self.identity.team_id or place.tenant)

    def render(self, card: Card, context: Context) -> Rendered:
        return blockkit.render(card, context)

    def pacing(self, place: Place) -> Pacing:  # noqa: ARG002 - the same everywhere
        return PACING

    async def send(self, target: Target, rendered: Rendered, summary: str) -> Sent:
        return await self._outbound.send(target, rendered, summary)

    async def close(self) -> None:
        await self._api.close()


def quieten() -> None:
    """The SDK's loggers write whole bodies at INFO and DEBUG."""
    for name in ("slack_bolt", "slack_sdk"):
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.getEffectiveLevel(), logging.WARNING))
