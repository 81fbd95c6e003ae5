"""Slack as `dispatch`, `deliver` and `worker` see it."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from bots.chat import Account, Answer, Incoming, Manner, Place, PlatformName, Profile, Sent, Target
from bots.desk import SLACK_WINDOW, Window
from bots.sending import Pacing, Permanent, Transient
from bots.slack import home, inbound, modals
from bots.slack.access import Access, OneTeam
from bots.slack.api import Api
from bots.slack.directory import look_up, members
from bots.slack.identity import Identity
from bots.slack.outbound import Outbound
from cards.model import Card
from cards.render import Context, Rendered, blockkit_views

# Slack's published limits: one message a second and conversation, "several hundred" a minute in a workspace.
PACING: Final = Pacing(gap=1.0, burst=3, per_second=5.0)


class SlackPlatform:
    """`clock` is Unix time in seconds: what signatures are compared with. `access` stands for `bot_token` where there are
    several workspaces; `signing_secret` is empty where deliveries come by Socket Mode."""

    name: PlatformName = "slack"
    can_whisper = True
    must_answer_presses = False
    can_refresh = False
    asks_by_place = False

    def __init__(
        self,
        *,
        api_url: str,
        clock: Callable[[], float],
        signing_secret: str = "",
        bot_token: str = "",
        access: Access | None = None,
        window: Window = SLACK_WINDOW,
    ) -> None:
        quieten()
        self.window = window
        self.signing_secret = signing_secret
        self.api_url = api_url
        self.clock = clock
        self.access = access or OneTeam(Api(token=bot_token, url=api_url), clock=clock)

    @property
    def identity(self) -> Identity:
        return self.access.identity

    @property
    def team_id(self) -> str:
        """Our only workspace; empty while neither Slack nor a signed request has named it, and where there are several."""
        return self.identity.team_id

    async def identify(self) -> bool:
        """Called at start: whether we know whose token this is."""
        return await self.access.identify()

    async def recognise(self, body: Mapping[str, Any]) -> None:
        """Before a delivery is read. Raises NotOurs for a workspace of which we hold no token."""
        await self.access.admit(body)

    def parse(self, body: Mapping[str, Any]) -> Sequence[Incoming]:
        return inbound.read(body, self.identity)

    async def profile(self, account: Account, place: Place) -> Profile | None:
        try:
            async with self.access.speaking(place.tenant) as api:
                return await look_up(api, account, team=self.team_id or place.tenant)
        except Permanent as error:
            raise Transient(error.reason) from None

    async def members(self, crowd: str, place: Place) -> Sequence[Account] | None:
        async with self.access.speaking(place.tenant) as api:
            return await members(api, crowd)

    def render(self, card: Card, context: Context) -> Rendered:
        return blockkit_views.render(card, context)

    def pacing(self, place: Place) -> Pacing:  # noqa: ARG002 - the same everywhere
        return PACING

    async def show(self, answer: Answer, incoming: Incoming, body: Mapping[str, Any]) -> None:
        """Show a view to whom `body` comes from. Raises a SendError or TimeoutError."""
        async with self.access.speaking(incoming.place.tenant) as api:
            await modals.show(api, answer, incoming, body, seconds=self.window.show)

    async def send(self, target: Target, rendered: Rendered, summary: str) -> Sent:
        async with self.access.speaking(target.place.tenant) as api:
            if target.manner is Manner.PAGE:
                return await home.publish(api, target, rendered)
            return await Outbound(api).send(target, rendered, summary)

    async def close(self) -> None:
        await self.access.close()


def quieten() -> None:
    """The SDK's loggers write whole bodies at INFO and DEBUG."""
    for name in ("slack_bolt", "slack_sdk"):
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.getEffectiveLevel(), logging.WARNING))
