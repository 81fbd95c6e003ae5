"""Who may add a Slack team to a workspace: an invitation, made by an operator, good for one installation.

An invitation is opened in a browser, as often as you like: link scanners open links too. Each time a visit begins, which that
browser alone can end, once. The invitation is used up by the installation that is stored.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core import tokens
from core.errors import Refusal
from core.tokens import AlreadyDone, Closed, Grant, Issued

HOURS: Final = 24
MINUTES: Final = 10

_INVITATION: Final = "slack_invitation"
_VISIT: Final = "slack_visit"
_NUMBER_BITS: Final = 62


class OtherBrowser(Refusal):
    """The visit began in another browser, or this one keeps no cookies."""

    code = "other_browser"


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser that came back from Slack; `invitation` is the hash of the one that it opened."""

    workspace_id: int
    invitation: bytes


async def invite(session: AsyncSession, *, workspace_id: int, secret: bytes, now: datetime) -> str:
    """A code that lets whoever has it install one Slack team into a workspace."""
    grant = _grant(workspace_id, _INVITATION, "", expires_at=now + timedelta(hours=HOURS))
    return (await tokens.mint(session, [grant], secret=secret))[0]


async def begin(session: AsyncSession, code: str, *, browser: str, secret: bytes, now: datetime) -> str:
    """Open an invitation; returns the `state` that Slack is to bring back. Raises Closed or AlreadyDone. Run as ops."""
    invitation = await tokens.find(session, code)
    _require(invitation, _INVITATION)
    if await tokens.is_spent(session, invitation):
        raise AlreadyDone
    argument = f"{_print(browser)} {invitation.token_hash.hex()}"
    grant = _grant(invitation.workspace_id, _VISIT, argument, expires_at=now + timedelta(minutes=MINUTES))
    return (await tokens.mint(session, [grant], secret=secret))[0]


async def resume(session: AsyncSession, state: str, *, browser: str) -> Visit:
    """End a visit, which is done once whatever comes of it. Raises Closed, OtherBrowser or AlreadyDone. Run as ops.

    A browser that it is not of does not end it.
    """
    visit = await tokens.find(session, state)
    _require(visit, _VISIT)
    seen, _, invitation = visit.argument.partition(" ")
    if not browser or not hmac.compare_digest(seen, _print(browser)):
        raise OtherBrowser
    await tokens.spend(session, visit)
    return Visit(visit.workspace_id, bytes.fromhex(invitation))


async def accept(session: AsyncSession, visit: Visit) -> None:
    """Use the invitation up, in the transaction that stores the installation. Raises Closed or AlreadyDone."""
    await tokens.spend(session, await tokens.find_by_digest(session, visit.invitation))


def _grant(workspace_id: int, verb: str, argument: str, *, expires_at: datetime) -> Grant:
    return Grant(
        workspace_id=workspace_id,
        verb=verb,
        object_id=secrets.randbits(_NUMBER_BITS),
        argument=argument,
        member_id=None,
        conversation=verb,  # no place of a chat: nobody can press it there
        mode=tokens.SINGLE,
        expires_at=expires_at,
    )


def _require(issued: Issued, verb: str) -> None:
    if issued.verb != verb:
        raise Closed


def _print(browser: str) -> str:
    return tokens.digest(browser).hex()
