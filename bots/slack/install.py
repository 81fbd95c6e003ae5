"""GET /slack/install and GET /slack/oauth_redirect: a Slack workspace joins, by the link that an operator made for it.

Slack is asked between two transactions, never inside one: the first ends the visit, the second uses up the invitation and
stores the token.
"""

import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from aiohttp import web

from bots.sending import Permanent, SendError
from bots.slack.installations import ManyTeams
from bots.slack.oauth import INSTALL_PATH, REDIRECT_PATH, Exchanged, OAuth, Unfit
from bots.slack.page import HEADERS, page
from core.database import Sessions
from core.installations import invitations
from core.installations.invitations import HOURS, MINUTES, OtherBrowser, Visit
from core.people.service import PlaceTaken
from core.tokens import AlreadyDone, Closed

COOKIE: Final = "__Host-plaudit-slack"

_BROWSER = re.compile(r"[\w-]{43}", re.ASCII)
_LENGTH_MAX: Final = 500

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.Response]]


class Installer:
    """`secret` derives invitations and visits, as it does tokens of buttons."""

    def __init__(self, sessions: Sessions, teams: ManyTeams, oauth: OAuth, *, secret: bytes) -> None:
        self._sessions = sessions
        self._teams = teams
        self._oauth = oauth
        self._secret = secret

    def routes(self) -> list[web.RouteDef]:
        """No HEAD: looking at the second one would end the visit."""
        return [
            web.get(INSTALL_PATH, _answered(self.begin), allow_head=False),
            web.get(REDIRECT_PATH, _answered(self.finish), allow_head=False),
        ]

    async def begin(self, request: web.Request) -> web.Response:
        """Open an invitation and go to Slack. The browser is known again by a cookie; two tabs of it share one."""
        code = _given(request, "code")
        if not code:
            return page(request, "link_missing", status=400)
        browser = _browser(request) or secrets.token_urlsafe(32)
        try:
            async with self._sessions.begin(role="ops") as (session, now):
                state = await invitations.begin(session, code, browser=browser, secret=self._secret, now=now)
        except (Closed, AlreadyDone):
            return page(request, "link_closed", status=410, hours=HOURS)
        answer = web.Response(status=302, headers={**HEADERS, "Location": self._oauth.authorize_url(state)})
        answer.set_cookie(COOKIE, browser, max_age=MINUTES * 60, path="/", secure=True, httponly=True, samesite="Lax")
        return answer

    async def finish(self, request: web.Request) -> web.Response:
        """Slack sent the browser back: with a code, or without one because the person said no."""
        try:
            visit = await self._resume(_given(request, "state"), _browser(request))
        except OtherBrowser:
            return page(request, "other_browser", status=403)
        except (Closed, AlreadyDone):
            return page(request, "visit_closed", status=410, minutes=MINUTES)
        code = _given(request, "code")
        if not code:
            return page(request, "denied", status=403)
        try:
            exchanged = await self._oauth.exchange(code)
        except Unfit as unfit:
            await self._give_back(unfit.token)
            return page(request, unfit.why, status=400)
        except Permanent as error:
            log.warning("Slack did not exchange the code of an installation: %s", error.reason)
            return page(request, "refused", status=400)
        except SendError as error:
            log.warning("Slack could not be asked about an installation: %s", error.reason)
            return page(request, "unreachable", status=503)
        return await self._store(request, exchanged, visit)

    async def _resume(self, state: str, browser: str) -> Visit:
        async with self._sessions.begin(role="ops") as (session, _):
            return await invitations.resume(session, state, browser=browser)

    async def _store(self, request: web.Request, exchanged: Exchanged, visit: Visit) -> web.Response:
        granted = exchanged.granted
        accept = partial(invitations.accept, visit=visit)
        try:
            await self._teams.keep(granted, exchanged.token, workspace_id=visit.workspace_id, accept=accept)
        except (PlaceTaken, Closed, AlreadyDone) as refused:
            # What we hold for that team may be this very token: only one that nobody uses is given back.
            if not await self._teams.is_installed(granted.team_id):
                await self._give_back(exchanged.token)
            if isinstance(refused, PlaceTaken):
                return page(request, "place_taken", status=409)
            return page(request, "link_closed", status=410, hours=HOURS)
        log.info("Slack team %s installed us in workspace %d", granted.team_id, visit.workspace_id)
        return page(request, "done", status=200, team=exchanged.team_name or granted.team_id)

    async def _give_back(self, token: str) -> None:
        try:
            await self._oauth.give_back(token)
        except SendError as error:
            log.warning("a token that we have no use for was not taken back: %s", error.reason)


def _answered(handler: Handler) -> Handler:
    """The edge: a bug is logged once, and the person gets a page that says under which reference."""

    async def handle(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("an installation failed (%s)", reference)
            return page(request, "broken", status=500, reference=reference)

    return handle


def _given(request: web.Request, name: str) -> str:
    """A parameter that is there once and of a sane length, else empty."""
    values = request.query.getall(name, [])
    return values[0] if len(values) == 1 and len(values[0]) <= _LENGTH_MAX else ""


def _browser(request: web.Request) -> str:
    found = request.cookies.get(COOKIE, "")
    return found if _BROWSER.fullmatch(found) else ""
