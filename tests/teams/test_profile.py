"""What the roster says of a person, and what is done when it says nothing."""

from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from bots.chat import Account, PlaceKind, Profile
from bots.sending import Transient
from bots.teams import connector
from tests.teams.stage import Stage, account, place_of


@pytest.mark.parametrize("kind", ["channel", "group", "personal"])
async def test_the_directory_knows_a_member(bot: Stage, kind: str) -> None:
    group, personal = bot.world.group("teams", "Chat", [bot.ana]), bot.world.personal("teams", bot.ana)
    personal.has_bot = True
    conversation = {"channel": bot.channel(), "group": group, "personal": personal}[kind]
    known = await bot.platform.profile(Account(bot.ana.teams_id, "typed name"), place_of(bot, conversation))
    assert known == Profile("Ana García", "ana@example.com", (bot.ana.aad_id,), remote_id=bot.ana.teams_id)


async def test_a_channels_roster_may_be_its_teams(bot: Stage) -> None:
    team = bot.channel()
    place = replace(place_of(bot, team), remote_id="19:sub@thread.tacv2")
    place = replace(place, reference={**place.reference, "team_id": team.id})
    known = await bot.platform.profile(account(bot.ana), place)
    assert known is not None
    assert known.email == "ana@example.com"
    assert await bot.platform.profile(Account("29:stranger"), place) is None


async def test_the_directory_does_not_know_a_stranger(bot: Stage) -> None:
    assert await bot.platform.profile(Account("29:stranger", "Eve"), place_of(bot, bot.channel())) is None


async def test_who_is_asked_for_by_object_id_has_the_id_to_write_to(bot: Stage) -> None:
    known = await bot.platform.profile(Account(bot.luis.aad_id), place_of(bot, bot.channel()))
    assert known == Profile("Luis Ortega", "luis@example.com", (bot.luis.aad_id,), remote_id=bot.luis.teams_id)


async def test_a_conversation_without_the_bot_shows_nobody(bot: Stage) -> None:
    channel = bot.channel()
    place = place_of(bot, channel)
    channel.has_bot = False
    assert await bot.platform.profile(account(bot.ana), place) is None
    assert await bot.platform.profile(account(bot.ana), replace(place, remote_id="19:unknown@thread.v2")) is None


async def test_a_persons_own_chat_shows_them_if_they_have_one(bot: Stage) -> None:
    nowhere = replace(place_of(bot, bot.channel()), remote_id="", kind=PlaceKind.PERSONAL)
    assert await bot.platform.profile(Account(bot.luis.aad_id), nowhere) is None
    await bot.teams.install(bot.luis)
    known = await bot.platform.profile(Account(bot.luis.aad_id), nowhere)
    assert known is not None
    assert (known.name, known.remote_id) == ("Luis Ortega", bot.luis.teams_id)
    assert await bot.platform.profile(Account("00000000-0000-0000-0000-000000000000"), nowhere) is None
    bot.teams.faults.fail(status=503, name="POST conversations")
    with pytest.raises(Transient):
        await bot.platform.profile(Account(bot.luis.aad_id), nowhere)


async def test_a_pick_has_no_activity_to_vouch_for_it(bot: Stage) -> None:
    bot.teams.faults.fail(status=404, name="GET members")
    with pytest.raises(Transient):
        await bot.platform.profile(Account(bot.luis.aad_id), place_of(bot, bot.channel()))


async def test_guests_are_foreign_and_have_no_email(bot: Stage) -> None:
    guest = bot.world.person("Gus")
    place = place_of(bot, bot.world.group("teams", "Chat", [guest]))
    known = await bot.platform.profile(account(guest), place)
    assert known is not None
    assert (known.foreign, known.email) == ("guest", None)


@pytest.mark.parametrize(
    ("answer", "foreign", "email"),
    [
        ({"userPrincipalName": "gus_ext.org#EXT#@example.onmicrosoft.com", "email": "gus@ext.org"}, "guest", None),
        ({"userRole": "anonymous"}, "stranger", None),
        ({"role": "bot"}, "bot", None),
        ({"tenantId": "11111111-0000-0000-0000-000000000000", "email": "eve@else.org"}, "stranger", None),
        ({"userPrincipalName": "ana@example.com"}, "", "ana@example.com"),
        ({"email": "", "userPrincipalName": "ana"}, "", None),
        ({"email": 5, "name": None, "aadObjectId": 5}, "", None),
    ],
)
async def test_what_the_roster_says_of_a_person(
    bot: Stage, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], foreign: str, email: str | None
) -> None:
    place = place_of(bot, bot.channel())
    monkeypatch.setattr("bots.simulator.teams.connector.Connector._account", lambda *_: {"id": "29:x", **answer})
    known = await bot.platform.profile(Account(bot.ana.teams_id, "Ana", ("object",)), place)
    assert known is not None
    assert (known.foreign, known.email, known.name) == (foreign, email, "Ana")
    assert "object" in known.also


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_a_service_without_a_directory_leaves_the_activity_to_vouch(bot: Stage, status: int) -> None:
    bot.teams.faults.fail(status=status, name="GET members")
    known = await bot.platform.profile(account(bot.ana), place_of(bot, bot.channel()))
    assert known == Profile("Ana García", None, (bot.ana.aad_id,))


async def test_a_directory_that_cannot_be_asked_now(bot: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    place = place_of(bot, bot.channel())
    for status in (401, 403, 429, 500, 502, 503):
        bot.teams.faults.fail(status=status, name="GET members")
        with pytest.raises(Transient):
            await bot.platform.profile(account(bot.ana), place)
    bot.teams.faults.drop(2, name="GET members")
    with pytest.raises(Transient):
        await bot.platform.profile(account(bot.ana), place)
    bot.teams.faults.clear()
    monkeypatch.setattr(connector, "TIMEOUT", aiohttp.ClientTimeout(total=0.1))
    bot.teams.faults.hang(name="GET members")
    with pytest.raises(Transient):
        await bot.platform.profile(account(bot.ana), place)
