"""The tokens of the workspaces that installed us: sealed in the database, open in this process for a minute."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bots.sending import Permanent, SendError, Transient
from bots.slack import inbound
from bots.slack.api import Api
from bots.slack.identity import Identity, NotOurs
from core.database import Sessions
from core.installations import service
from core.installations.service import Granted, Installation
from core.sealing import Keyring, Unsealed

KNOWN_SECONDS: Final = 60.0
"""How long another process may speak for a workspace that uninstalled us."""
UNKNOWN_SECONDS: Final = 5.0
TEAMS_MAX: Final = 2000

_DEAD = ("token_revoked", "account_inactive")
_FAREWELLS = frozenset({"app_uninstalled", "tokens_revoked"})

Accept = Callable[[AsyncSession], Awaitable[None]]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """What we found about a team, and until when that is good. No installation: there is none; no token: it does not open."""

    until: float
    installation: Installation | None
    token: str = field(default="", repr=False)


class ManyTeams:
    """`clock` is Unix time in seconds. Nothing is asked of Slack to tell whose a delivery is."""

    identity = Identity()

    def __init__(self, sessions: Sessions, api: Api, *, keyring: Keyring, clock: Callable[[], float]) -> None:
        self.api = api
        self._sessions = sessions
        self._keyring = keyring
        self._clock = clock
        self._teams: dict[str, _Known] = {}

    async def identify(self) -> bool:
        return True

    async def admit(self, body: Mapping[str, Any]) -> None:
        team = inbound.installed_team(body)
        # Who has left may say so twice: each of the two events, and each repeat, comes after the first has worked.
        if not _is_farewell(body) and (await self._known(team)).installation is None:
            raise NotOurs("a workspace that has not installed us")

    def bot(self, team: str) -> Identity:
        known = self._teams.get(team)
        if known is None or known.installation is None:
            return Identity(team)
        return Identity(team, known.installation.bot_user_id, known.installation.bot_id, confirmed=True)

    @asynccontextmanager
    async def speaking(self, team: str) -> AsyncIterator[Api]:
        known = await self._known(team)
        if known.installation is None:
            raise Permanent("not installed in this workspace", gone=True)
        if not known.token:
            raise Transient("the token does not open: was the secret key changed?")
        try:
            yield self.api.speaking(known.token)
        except SendError as error:  # the directory says of everything that it is to be asked later
            if not error.reason.endswith(_DEAD):
                raise
            raise await self._lost(known.installation, error) from None

    async def left(self, team: str, told_at: float) -> bool:
        async with self._sessions.begin(role="ops") as (session, _):
            is_over = await service.revoke(session, team, told_at=datetime.fromtimestamp(told_at, UTC))
        self.forget(team)
        return is_over

    async def keep(self, granted: Granted, token: str, *, workspace_id: int, accept: Accept) -> None:
        """Store what a team granted, if `accept` raises nothing in the same transaction. Raises PlaceTaken."""
        sealed = self._keyring.seal(token.encode(), about=service.about(workspace_id, granted.team_id))
        async with self._sessions.begin(workspace_id) as (session, _):
            await accept(session)
            await service.install(session, granted, workspace_id=workspace_id, sealed_token=sealed)
        self.forget(granted.team_id)

    async def is_installed(self, team: str) -> bool:
        """As the database says now."""
        self.forget(team)
        return (await self._known(team)).installation is not None

    def forget(self, team: str) -> None:
        self._teams.pop(team, None)

    async def close(self) -> None:
        await self.api.close()

    async def _known(self, team: str) -> _Known:
        known = self._teams.get(team)
        if known is not None and self._clock() < known.until:
            return known
        async with self._sessions.begin(role="ops") as (session, _):
            found = await service.get(session, team)
        return self._remember(team, found)

    def _remember(self, team: str, found: Installation | None) -> _Known:
        token = "" if found is None else self._open(found)
        known = _Known(self._clock() + (KNOWN_SECONDS if token else UNKNOWN_SECONDS), found, token)
        self.forget(team)
        while len(self._teams) >= TEAMS_MAX:
            del self._teams[next(iter(self._teams))]
        self._teams[team] = known
        return known

    def _open(self, found: Installation) -> str:
        """Empty for a token that does not open: an operator's matter, so nothing is given up for it."""
        try:
            return self._keyring.open(
                found.sealed_token, about=service.about(found.workspace_id, found.team_id)
            ).decode()
        except Unsealed as reason:
            log.error("the token of Slack team %s does not open: %s", found.team_id, reason)  # noqa: TRY400
            return ""

    async def _lost(self, installation: Installation, error: SendError) -> SendError:
        """Slack knows the token no more: the team uninstalled us and we were not told, or it has another token by now."""
        async with self._sessions.begin(role="ops") as (session, _):
            is_over = await service.revoke_token(session, installation)
        self.forget(installation.team_id)
        return Permanent(error.reason, gone=True) if is_over else Transient(error.reason)


def _is_farewell(body: Mapping[str, Any]) -> bool:
    event = body.get("event")
    return isinstance(event, dict) and event.get("type") in _FAREWELLS
