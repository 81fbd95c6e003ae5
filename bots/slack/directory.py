"""Slack's directory: users.info → Profile."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from bots.chat import Account, Profile
from bots.sending import Permanent, SendError, Transient
from bots.slack.api import Api

SLACKBOT: Final = "USLACKBOT"
MEMBERS_MAX: Final = 200

_UNKNOWN = ("user_not_found", "user_not_visible", "users_not_found")
_NO_DIRECTORY = ("missing_scope", "unknown_method")


async def look_up(api: Api, account: Account, *, team: str) -> Profile | None:
    """Who `account` is; None if Slack knows nobody active under the id. Raises Transient if it cannot be asked now.

    Without the scope users:read, or the method, the name that came with the delivery has to do.
    """
    try:
        answer = await api.ask("users.info", {"user": account.remote_id, "include_locale": "true"})
    except Permanent as error:
        code = error.reason.rpartition(" ")[2]
        if code in _UNKNOWN:
            return None
        if code in _NO_DIRECTORY:
            return Profile(name=account.name, foreign=account.foreign)
        raise Transient(error.reason) from None
    except SendError as error:
        raise Transient(error.reason) from None
    user = answer.get("user")
    if not isinstance(user, dict):
        raise Transient("users.info: unreadable answer")
    return None if user.get("deleted") else _profile(user, account, team)


async def members(api: Api, crowd: str) -> Sequence[Account] | None:
    """Who is in a channel (C…, G…) or a user group (S…); None where Slack does not say. Raises Transient."""
    is_group = crowd.startswith("S")
    method = "usergroups.users.list" if is_group else "conversations.members"
    asked = {"usergroup": crowd} if is_group else {"channel": crowd, "limit": str(MEMBERS_MAX)}
    try:
        answer = await api.ask(method, asked)
    except Permanent:
        return None
    except SendError as error:
        raise Transient(error.reason) from None
    listed = answer.get("users" if is_group else "members")
    if not isinstance(listed, list):
        raise Transient(f"{method}: unreadable answer")
    return [Account(each) for each in listed if isinstance(each, str) and each != SLACKBOT]


def _profile(user: Mapping[str, Any], account: Account, team: str) -> Profile:
    shown = user.get("profile")
    details: Mapping[str, Any] = shown if isinstance(shown, dict) else {}
    names = (details.get("real_name"), details.get("display_name"), user.get("real_name"), user.get("name"))
    is_vouched = user.get("is_email_confirmed") is not False
    return Profile(
        name=next((name for name in map(_text, names) if name), account.name),
        email=(_text(details.get("email")) or None) if is_vouched else None,
        foreign=_foreign(user, team),
        locale=_text(user.get("locale")) or None,
        time_zone=_text(user.get("tz")) or None,
    )


def _foreign(user: Mapping[str, Any], team: str) -> Literal["", "bot", "guest", "stranger"]:
    if user.get("is_bot") or user.get("id") == SLACKBOT:
        return "bot"
    home = user.get("team_id")
    if user.get("is_stranger") or (team and home and home != team):
        return "stranger"
    return "guest" if user.get("is_restricted") or user.get("is_ultra_restricted") else ""


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
