"""Whose token speaks: of the one workspace that the operator installed us in, or of each that installed us itself."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any, Final, Protocol

from bots.sending import SendError
from bots.slack import inbound
from bots.slack.api import Api
from bots.slack.identity import Identity

IDENTITY_RETRY: Final = 30.0  # seconds between two questions who we are, while Slack does not answer
IDENTITY_WAIT: Final = 1.0  # seconds that a delivery waits for it; Slack waits three for its answer

log = logging.getLogger(__name__)


class Access(Protocol):
    """What the adapter asks about tokens."""

    @property
    def identity(self) -> Identity:
        """What deliveries are read with; empty where each names its own workspace."""
        ...

    async def identify(self) -> bool:
        """Before the first delivery: find out who we are, and whether we know."""
        ...

    async def admit(self, body: Mapping[str, Any]) -> None:
        """Before a delivery is read. Raises NotOurs for a workspace of which we hold no token."""
        ...

    def bot(self, team: str) -> Identity:
        """Who we are in a workspace that was admitted."""
        ...

    def speaking(self, team: str) -> AbstractAsyncContextManager[Api]:
        """The Web API with the workspace's token. Raises Permanent (gone) where we hold none; what a call raises inside is
        a SendError too, and tells a token that Slack does not know any more."""
        ...

    async def left(self, team: str, told_at: float) -> bool:
        """The workspace uninstalled us, Slack said at a Unix time. False: that is over, it installed us again since."""
        ...

    async def close(self) -> None: ...


class OneTeam:
    """One token, from the settings; Slack says whose it is. `clock` is Unix time in seconds."""

    def __init__(self, api: Api, *, clock: Callable[[], float]) -> None:
        self.identity = Identity()
        self._api = api
        self._clock = clock
        self._asked_at = float("-inf")

    async def identify(self) -> bool:
        """Ask Slack whose token this is; again with deliveries until it is known."""
        if self.identity.confirmed:
            return True
        self._asked_at = self._clock()
        try:
            answer = await self._api.ask("auth.test", {})
        except SendError as error:
            log.warning("Slack does not say whose token this is: %s", error.reason)
            return False
        team, user, bot = (str(answer.get(key) or "") for key in ("team_id", "user_id", "bot_id"))
        self.identity = Identity(team, user, bot, confirmed=bool(team))
        return self.identity.confirmed

    async def admit(self, body: Mapping[str, Any]) -> None:
        """Find out who we are, or take the word of a body that Slack has signed; `parse` refuses other workspaces."""
        if self.identity.confirmed:
            return
        if self._clock() - self._asked_at >= IDENTITY_RETRY:
            try:
                await asyncio.wait_for(self.identify(), IDENTITY_WAIT)
            except TimeoutError:
                log.warning("Slack does not say whose token this is: no answer in time")
        if not self.identity.team_id:
            self.identity = replace(self.identity, team_id=inbound.installed_team(body))

    def bot(self, team: str) -> Identity:  # noqa: ARG002 - there is one
        return self.identity

    @asynccontextmanager
    async def speaking(self, team: str) -> AsyncIterator[Api]:  # noqa: ARG002 - the same everywhere
        yield self._api

    async def left(self, team: str, told_at: float) -> bool:  # noqa: ARG002 - the token is the operator's to take back
        return True

    async def close(self) -> None:
        await self._api.close()
