"""What Slack knows about one app: its secrets, the workspaces that have it with their tokens, OAuth, and its connections.

Simulated workspaces of one app share it, and with it the server: one Web API, in which the token says whose it is.
Source: Slack's "Installing with OAuth" and the reference of oauth.v2.access, auth.revoke and apps.connections.open.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from aiohttp import web

from bots.simulator.clock import Ids
from bots.simulator.loopback import LoopbackServer
from bots.simulator.slack.errors import SlackApiError
from bots.simulator.slack.sockets import Sockets
from bots.simulator.slack.web_api import WebApi, arguments
from bots.simulator.world import Json, Person

CODE_SECONDS = 10 * 60.0


@dataclass(slots=True)
class Decision:
    """What the person in front of Slack's page does next: in which workspace, and whether they agree.

    `organisation` installs for a whole Enterprise Grid, `rotation` makes Slack's tokens expire.
    """

    team_id: str = ""
    person: Person | None = None
    agrees: bool = True
    organisation: bool = False
    rotation: bool = False


@dataclass(frozen=True, slots=True)
class _Code:
    decision: Decision
    redirect_uri: str
    scope: str
    made_at: float


@dataclass(slots=True)
class App:
    """`tokens` are in use; `ended` no longer, with Slack's word for why."""

    client_id: str = "1234567890.1234567890"
    client_secret: str = field(default="simulated-client-secret", repr=False)
    app_token: str = field(default="", repr=False)
    redirect_urls: set[str] = field(default_factory=set)
    id: str = ""
    decision: Decision = field(default_factory=Decision)
    tokens: dict[str, WebApi] = field(default_factory=dict, repr=False)
    ended: dict[str, str] = field(default_factory=dict, repr=False)
    sockets: Sockets = field(default_factory=Sockets)
    server: LoopbackServer | None = None
    _teams: dict[str, WebApi] = field(default_factory=dict)
    _codes: dict[str, _Code] = field(default_factory=dict, repr=False)
    _ids: Ids = field(default_factory=lambda: Ids("slack app"))

    def host(self, server: LoopbackServer, app_id: str) -> LoopbackServer:
        """The server of the first workspace serves all of them."""
        if self.server is None:
            self.server, self.id = server, app_id
            server.app.router.add_route("*", "/api/{method}", self._handle)
            server.app.router.add_get("/oauth/v2/authorize", self._authorize)
            server.app.router.add_get("/link/", self.sockets.accept)
        return self.server

    def admit(self, api: WebApi, token: str) -> None:
        """A workspace that exists; with a token it has the app already."""
        self._teams[api.team_id] = api
        if token:
            self.tokens[token] = api

    def leave(self, team_id: str, why: str = "account_inactive") -> None:
        """The workspace removes the app: its tokens end."""
        for token in [token for token, api in self.tokens.items() if api.team_id == team_id]:
            del self.tokens[token]
            self.ended[token] = why

    async def _handle(self, request: web.Request) -> web.Response:
        try:
            asked, method = await arguments(request), request.match_info["method"]
            own: dict[str, Callable[[web.Request, Json], Json]] = {
                "oauth.v2.access": self._access,
                "auth.revoke": self._revoke,
                "apps.connections.open": self._open,
            }
            if method in own:
                return web.json_response({"ok": True, **own[method](request, asked)})
            return web.json_response({"ok": True, **self._speaker(request, asked).call(method, asked)})
        except SlackApiError as error:
            return error.response()

    def _speaker(self, request: web.Request, asked: Json) -> WebApi:
        token = _bearer(request) or asked.get("token", "")
        if not token:
            raise SlackApiError("not_authed")
        if token not in self.tokens:
            raise SlackApiError(self.ended.get(token, "invalid_auth"))
        return self.tokens[token]

    async def _authorize(self, request: web.Request) -> web.Response:
        """Slack's page, and what the person did there."""
        asked, decision = request.query, self.decision
        if asked.get("client_id") != self.client_id:
            return web.Response(status=400, text="Invalid client_id parameter")
        if asked.get("redirect_uri") not in self.redirect_urls:
            return web.Response(status=400, text="redirect_uri did not match any configured URIs")
        if not asked.get("scope"):
            return web.Response(status=400, text="Invalid permissions requested")
        answer = {"error": "access_denied"}
        if decision.agrees:
            code = self._ids.hexadecimal(64)
            moment = self._teams[decision.team_id].now()
            self._codes[code] = _Code(decision, asked["redirect_uri"], asked["scope"], moment)
            answer = {"code": code}
        location = asked["redirect_uri"] + "?" + urlencode({**answer, "state": asked.get("state", "")})
        return web.Response(status=302, headers={"Location": location})

    def _access(self, request: web.Request, asked: Json) -> Json:
        """A code is worth something once. A workspace that has the app already gets its token again."""
        client, secret = _basic(request) or (asked.get("client_id"), asked.get("client_secret"))
        if client != self.client_id:
            raise SlackApiError("invalid_client_id")
        if secret != self.client_secret:
            raise SlackApiError("bad_client_secret")
        code = self._codes.pop(asked.get("code", ""), None)
        if code is None or self._teams[code.decision.team_id].now() - code.made_at > CODE_SECONDS:
            raise SlackApiError("invalid_code")
        if asked.get("redirect_uri") != code.redirect_uri:
            raise SlackApiError("bad_redirect_uri")
        return self._granted(code)

    def _granted(self, code: _Code) -> Json:
        decision, api = code.decision, self._teams[code.decision.team_id]
        standing = [token for token, owner in self.tokens.items() if owner is api]
        token = standing[0] if standing else f"xoxb-{self._ids.hexadecimal(40)}"
        self.tokens[token] = api
        return {
            "access_token": token,
            "token_type": "bot",
            "scope": code.scope,
            "bot_user_id": api.bot_user_id,
            "app_id": self.id,
            "team": None if decision.organisation else {"id": api.team_id, "name": api.team_name},
            "enterprise": {"id": "E0GRID00001", "name": "Grid"} if decision.organisation else None,
            "is_enterprise_install": decision.organisation,
            "authed_user": {"id": decision.person.slack_id if decision.person else ""},
            **({"expires_in": 43200, "refresh_token": "xoxe-1-simulated"} if decision.rotation else {}),
        }

    def _revoke(self, request: web.Request, asked: Json) -> Json:
        self._speaker(request, asked)
        token = _bearer(request) or asked["token"]
        del self.tokens[token]
        self.ended[token] = "token_revoked"
        return {"revoked": True}

    def _open(self, request: web.Request, _: Json) -> Json:
        if not self.app_token or _bearer(request) != self.app_token:
            raise SlackApiError("invalid_auth" if _bearer(request) else "not_authed")
        assert self.server is not None
        ticket = self.sockets.issue(self._ids.hexadecimal(32))
        return {"url": f"{self.server.url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={self.id}"}


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" else ""


def _basic(request: web.Request) -> tuple[str, str] | None:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Basic":
        return None
    try:
        client, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return client, secret
