"""Slack's OAuth: the address at which a workspace lets us in, and what it granted in exchange for the code."""

from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import urlencode, urljoin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bots.manifest.slack import SCOPES
from bots.sending import Permanent
from bots.slack.api import Api
from core.installations.service import Granted

INSTALL_PATH: Final = "/slack/install"
REDIRECT_PATH: Final = "/slack/oauth_redirect"


class Unfit(Exception):
    """Slack let us in, in a way we cannot work with; `why` is a locale key below `installation.`."""

    def __init__(self, why: str, token: str) -> None:
        super().__init__(why)
        self.why = why
        self.token = token


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, hide_input_in_errors=True)


Shape = TypeVar("Shape", bound=_Shape)


class _Named(_Shape):
    id: str = Field(min_length=1)
    name: str = ""


class _User(_Shape):
    id: str = ""


class _Access(_Shape):
    """`oauth.v2.access`. `expires_in` is there if the app rotates its tokens."""

    access_token: str = Field(min_length=1)
    bot_user_id: str = ""
    app_id: str = ""
    scope: str = ""
    team: _Named | None = None
    enterprise: _Named | None = None
    authed_user: _User = _User()
    is_enterprise_install: bool = False
    expires_in: int | None = None


class _Identity(_Shape):
    """`auth.test`"""

    team_id: str
    user_id: str = Field(min_length=1)
    bot_id: str = ""


@dataclass(frozen=True, slots=True)
class Exchanged:
    granted: Granted
    team_name: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OAuth:
    """`public_url` is ours, `api_url` Slack's; `api` carries no token."""

    client_id: str
    client_secret: str = field(repr=False)
    public_url: str
    api_url: str
    api: Api

    @property
    def redirect_url(self) -> str:
        return self.public_url.rstrip("/") + REDIRECT_PATH

    def authorize_url(self, state: str) -> str:
        """Where a person decides; bot scopes only, so that nobody's own account is asked for."""
        asked = {
            "client_id": self.client_id,
            "scope": ",".join(SCOPES),
            "redirect_uri": self.redirect_url,
            "state": state,
        }
        return urljoin(self.api_url, "/oauth/v2/authorize") + "?" + urlencode(asked)

    async def exchange(self, code: str) -> Exchanged:
        """What a code is worth, once. Raises Unfit, or a SendError; neither names a secret."""
        answer = await self.api.introduce(
            "oauth.v2.access",
            {"code": code, "redirect_uri": self.redirect_url},
            client=(self.client_id, self.client_secret),
        )
        access = _read(_Access, answer, "oauth.v2.access")
        if access.is_enterprise_install or access.team is None:
            raise Unfit("organisation", access.access_token)
        if access.expires_in is not None:
            raise Unfit("rotation", access.access_token)
        return await self._introduced(access, access.team)

    async def give_back(self, token: str) -> None:
        """We hold a token that we have no use for. Raises a SendError."""
        await self.api.speaking(token).ask("auth.revoke", {})

    async def _introduced(self, access: _Access, team: _Named) -> Exchanged:
        """The token itself says whose it is, and tells what the exchange does not: the bot's own id."""
        answer = await self.api.speaking(access.access_token).ask("auth.test", {})
        identity = _read(_Identity, answer, "auth.test")
        if identity.team_id != team.id:
            raise Permanent("auth.test: the token is of another workspace")
        granted = Granted(
            team_id=team.id,
            enterprise_id=access.enterprise.id if access.enterprise else "",
            app_id=access.app_id,
            bot_user_id=identity.user_id,
            bot_id=identity.bot_id,
            scopes=tuple(scope for scope in access.scope.split(",") if scope),
            installed_by=access.authed_user.id,
        )
        return Exchanged(granted, team.name, access.access_token)


def _read(shape: type[Shape], answer: dict[str, Any], method: str) -> Shape:
    try:
        return shape.model_validate(answer)
    except ValidationError:
        raise Permanent(f"{method}: unreadable answer") from None
