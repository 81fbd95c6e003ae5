"""users.info → Profile."""

from typing import Any

import pytest

from bots.chat import Account, Place, PlaceKind, Profile
from bots.sending import Transient
from bots.slack.platform import SlackPlatform
from tests.slack.slack_side import TEAM
from tests.slack.web_api import FakeSlack

ACCOUNT = Account("U0ANA0001", "ana")
PLACE = Place("slack", TEAM, "C0GENERAL", PlaceKind.CHANNEL)
USER: dict[str, Any] = {
    "id": "U0ANA0001",
    "team_id": TEAM,
    "name": "ana",
    "deleted": False,
    "tz": "Europe/Madrid",
    "locale": "es-ES",
    "is_bot": False,
    "is_email_confirmed": True,
    "profile": {"real_name": "Ana López", "display_name": "anita", "email": "ana@acme.example"},
}
PROFILE = Profile("Ana López", "ana@acme.example", locale="es-ES", time_zone="Europe/Madrid")


async def look_up(platform: SlackPlatform, slack: FakeSlack, answer: dict[str, Any]) -> Profile | None:
    slack.answers["users.info"] = [answer]
    return await platform.profile(ACCOUNT, PLACE)


async def test_profile(platform: SlackPlatform, slack: FakeSlack) -> None:
    assert await look_up(platform, slack, {"ok": True, "user": USER}) == PROFILE
    assert slack.calls[0].arguments == {"user": "U0ANA0001", "include_locale": "true"}


@pytest.mark.parametrize(
    ("changes", "foreign"),
    [
        ({"is_bot": True}, "bot"),
        ({"id": "USLACKBOT"}, "bot"),
        ({"is_restricted": True}, "guest"),
        ({"is_ultra_restricted": True}, "guest"),
        ({"is_stranger": True}, "stranger"),
        ({"team_id": "T0OTHER01"}, "stranger"),
        ({"team_id": "T0OTHER01", "is_restricted": True}, "stranger"),
        ({}, ""),
    ],
)
async def test_foreign(platform: SlackPlatform, slack: FakeSlack, changes: dict[str, Any], foreign: str) -> None:
    profile = await look_up(platform, slack, {"ok": True, "user": {**USER, **changes}})
    assert profile
    assert profile.foreign == foreign


async def test_an_email_that_slack_does_not_vouch_for(platform: SlackPlatform, slack: FakeSlack) -> None:
    profile = await look_up(platform, slack, {"ok": True, "user": {**USER, "is_email_confirmed": False}})
    assert profile
    assert profile.email is None


async def test_little_is_known(platform: SlackPlatform, slack: FakeSlack) -> None:
    assert await look_up(platform, slack, {"ok": True, "user": {"id": "U0ANA0001"}}) == Profile("ana")


@pytest.mark.parametrize("code", ["user_not_found", "user_not_visible"])
async def test_unknown(platform: SlackPlatform, slack: FakeSlack, code: str) -> None:
    assert await look_up(platform, slack, {"ok": False, "error": code}) is None


async def test_deactivated(platform: SlackPlatform, slack: FakeSlack) -> None:
    assert await look_up(platform, slack, {"ok": True, "user": {**USER, "deleted": True}}) is None


@pytest.mark.parametrize("code", ["missing_scope", "unknown_method"])
async def test_without_a_directory(platform: SlackPlatform, slack: FakeSlack, code: str) -> None:
    assert await look_up(platform, slack, {"ok": False, "error": code}) == Profile("ana")


@pytest.mark.parametrize(
    "code", ["ratelimited", "internal_error", "invalid_auth", "token_revoked", "user_not_found_yet"]
)
async def test_not_now(platform: SlackPlatform, slack: FakeSlack, code: str) -> None:
    with pytest.raises(Transient):
        await look_up(platform, slack, {"ok": False, "error": code})
