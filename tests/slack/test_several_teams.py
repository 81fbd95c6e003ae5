"""X4 between Slack workspaces: each speaks with its own token, hears what is its own, and leaves when it wants."""

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bots.chat import Account, Place, PlaceKind, Target
from bots.keys import keyring
from bots.sending import Permanent, Transient
from bots.simulator import Delivery
from bots.slack.api import Api
from bots.slack.installations import KNOWN_SECONDS, UNKNOWN_SECONDS, ManyTeams
from bots.slack.platform import SlackPlatform
from cards.render import Rendered
from core.database import Sessions
from tests.slack.several import TEAMS, Stage, open_several

ACME, UMBRELLA = TEAMS


@pytest.fixture
async def stage(database: Sessions, unused_tcp_port: int) -> AsyncIterator[Stage]:
    """Both installed and connected; each has another Mei, whom nobody has heard of."""
    async with open_several(database, unused_tcp_port) as opened:
        for team, name in enumerate(("Mei of Acme", "Mei of Umbrella")):
            opened.replace_person(team, "Mei", name=name, email=f"mei@{team}.example")
            await opened.join(team)
        yield opened


async def thank(stage: Stage, team: int, words: str, whom: str = "Luis") -> Delivery:
    ana = stage.world(team).person("Ana")
    delivery = await stage.teams[team].slash(ana, stage.channels[team], "/kudos", f"@[{whom}] {words}")
    await stage.quiet()
    return delivery


def token_of(stage: Stage, team: int) -> str:
    [token] = [token for token, api in stage.app.tokens.items() if api.team_id == TEAMS[team]]
    return token


async def test_the_teams_look_alike(stage: Stage) -> None:
    """Without this nothing here would be tested."""
    first, second = stage.teams
    assert first.world.person("Ana").slack_id == second.world.person("Ana").slack_id
    assert stage.channels[0].id == stage.channels[1].id
    assert token_of(stage, 0) != token_of(stage, 1)


async def test_each_team_is_spoken_to_with_its_own_token(stage: Stage) -> None:
    for team in (0, 1):
        stage.tokens.clear()
        await thank(stage, team, f"words of {team}")
        calls = {(name, token) for name, token in stage.tokens if name in ("chat.postMessage", "chat.postEphemeral")}
        assert calls
        assert {token for _, token in calls} == {f"Bearer {token_of(stage, team)}"}
    assert [len(stage.posts(team, f"words of {of}")) for team in (0, 1) for of in (0, 1)] == [1, 0, 0, 1]


async def test_each_team_has_a_pace_of_its_own(stage: Stage) -> None:
    """Slack's limits are a workspace's: a busy one does not hold up the others."""
    for team in (0, 1):
        await thank(stage, team, "in its own time")
    assert set(stage.application.deliverer._limits) == {f"slack:{team}" for team in TEAMS}


async def test_slack_tries_out_the_address(stage: Stage) -> None:
    delivery = await stage.teams[0].verify_url()
    assert (delivery.status, delivery.json()["challenge"]) == (200, delivery.raw.json()["challenge"])


async def test_points_and_members_stay_at_home(stage: Stage) -> None:
    await thank(stage, 0, "one")
    for words in ("two", "three"):
        await thank(stage, 1, words)
    rows = await stage.sql(
        "SELECT workspace_id, sum(balance) FROM account WHERE kind = 'earned' GROUP BY workspace_id ORDER BY 1"
    )
    assert [tuple(row) for row in rows] == [(stage.homes[0], 1), (stage.homes[1], 2)]
    tenants = await stage.sql("SELECT workspace_id, array_agg(DISTINCT tenant) FROM identity GROUP BY 1 ORDER BY 1")
    assert [tuple(row) for row in tenants] == [(stage.homes[0], [ACME]), (stage.homes[1], [UMBRELLA])]


async def test_each_teams_directory_is_asked_about_its_own_people(stage: Stage) -> None:
    for team in (0, 1):
        await thank(stage, team, "welcome", whom=stage.world(team).people[5].name)
    rows = await stage.sql(
        "SELECT workspace_id, display_name FROM profile WHERE display_name LIKE 'Mei%' ORDER BY workspace_id"
    )
    assert [tuple(row) for row in rows] == [(stage.homes[0], "Mei of Acme"), (stage.homes[1], "Mei of Umbrella")]


async def test_a_button_of_another_team_is_nothing_here(stage: Stage) -> None:
    await thank(stage, 0, "for it")
    await thank(stage, 1, "for that")
    [card] = [each for each in stage.teams[0].posts(stage.channels[0]) if "for it" in each.text]
    [shown] = [each for each in stage.teams[1].posts(stage.channels[1]) if "for that" in each.text]
    shown.payload["blocks"] = card.payload["blocks"]
    button = next(each for each in card.reading.buttons if "Second" in each)
    await stage.teams[1].press(stage.world(1).person("Tom"), shown, button)
    await stage.quiet()
    assert await stage.count("kudos_second") == 0


async def test_slack_is_asked_nothing_to_tell_whose_a_delivery_is(stage: Stage) -> None:
    stage.tokens.clear()
    for _ in range(3):
        await thank(stage, 0, f"number {_}")
        await stage.teams[1].say(stage.world(1).person("Ana"), stage.channels[1], "@[Plaudit] /points")
    await stage.quiet()
    assert "auth.test" not in [name for name, _ in stage.tokens]


def stranger(stage: Stage) -> dict[str, Any]:
    """An event, rightly signed, of a workspace that never installed us."""
    text = f"<@{stage.world(0).bot.slack_id}> /help"
    event = {"type": "app_mention", "user": "U1", "channel": "C1", "ts": "1.1", "event_ts": "1.1", "text": text}
    body = json.dumps(stage.teams[0].payloads.envelope(event)).replace(ACME, "T0NOBODY001")
    parsed: dict[str, Any] = json.loads(body)
    return parsed


async def test_a_team_that_never_installed_is_refused(stage: Stage) -> None:
    before = await stage.count("inbox")
    delivery = await stage.teams[0].redeliver(stranger(stage))
    fields = stage.teams[0].payloads.slash(stage.world(0).person("Ana"), stage.channels[0], "/points", [])
    command = await stage.teams[0].courier.deliver(stage.teams[0].form({**fields, "team_id": "T0NOBODY001"}, "slash"))
    assert (delivery.status, command.status) == (403, 403)
    assert await stage.count("inbox") == before
    assert await stage.count("binding") == 2


async def test_whose_a_delivery_is_cannot_be_read_now(stage: Stage) -> None:
    """Nothing is acknowledged that was not kept; who typed a command is told."""
    async with stage.sessions.engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE slack_installation RENAME TO away")
    access(stage).forget(ACME)
    delivery = await stage.teams[0].say(stage.world(0).person("Ana"), stage.channels[0], "@[Plaudit] /points")
    assert delivery
    assert delivery.status == 500
    command = await stage.teams[0].slash(stage.world(0).person("Ana"), stage.channels[0], "/points")
    assert command.status == 200
    assert "away" not in command.body.decode()
    assert command.json()["response_type"] == "ephemeral"


async def revoked(stage: Stage, team: int = 0) -> Delivery:
    bot = stage.world(team).bot.slack_id
    return await stage.teams[team].event({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [bot]}})


def access(stage: Stage) -> ManyTeams:
    platform = stage.application.channels[0].platform
    assert isinstance(platform, SlackPlatform)
    assert isinstance(platform.access, ManyTeams)
    return platform.access


@pytest.mark.parametrize("order", [("uninstalled", "revoked"), ("revoked", "uninstalled"), ("revoked",)], ids=str)
async def test_a_team_that_leaves_is_forgotten(stage: Stage, order: tuple[str, ...]) -> None:
    """Slack tells it twice, in any order, and repeats itself."""
    deliveries = [await (revoked(stage) if each == "revoked" else stage.teams[0].uninstall()) for each in order * 2]
    statuses = [delivery.status for delivery in deliveries]
    assert set(statuses) == {200}
    await stage.quiet()
    rows = await stage.sql(
        "SELECT team_id, sealed_token IS NULL, revoked_at IS NULL FROM slack_installation ORDER BY 1"
    )
    assert [tuple(row) for row in rows] == [(ACME, True, False), (UMBRELLA, False, True)]
    gone = await stage.sql(
        "SELECT tenant, bool_and(is_gone), bool_or(is_gone) FROM conversation GROUP BY tenant ORDER BY 1"
    )
    assert [tuple(row) for row in gone] == [(ACME, True, True), (UMBRELLA, False, False)]
    assert (await thank(stage, 0, "anybody there?")).status == 403
    stage.tokens.clear()
    assert (await thank(stage, 1, "we are")).status == 200
    assert stage.posts(1, "we are")
    assert {token for _, token in stage.tokens if token} == {f"Bearer {token_of(stage, 1)}"}


async def test_a_revoked_token_of_a_person_is_not_ours(stage: Stage) -> None:
    event = {"type": "tokens_revoked", "tokens": {"oauth": ["U0SOMEBODY1"], "bot": []}}
    assert (await stage.teams[0].event(event)).status == 200
    assert (ACME, stage.homes[0], True) in await stage.installations()


async def test_a_team_that_comes_back(stage: Stage) -> None:
    old = token_of(stage, 0)
    await stage.teams[0].uninstall()
    await stage.quiet()
    assert (await stage.install(0)).status == 200
    assert token_of(stage, 0) != old
    await thank(stage, 0, "back again")
    assert stage.posts(0, "back again")


async def test_a_farewell_that_comes_too_late(stage: Stage) -> None:
    """Slack repeats an event after minutes: the team may have installed us again by then."""
    farewell = stage.teams[0].payloads.envelope({"type": "app_uninstalled"})
    late = {**farewell, "event_time": farewell["event_time"] - 3600}
    before = await stage.count("inbox")
    assert (await stage.teams[0].redeliver(late)).status == 200
    assert (ACME, stage.homes[0], True) in await stage.installations()
    assert await stage.count("inbox") == before
    assert await stage.count("conversation", "is_gone") == 0


async def test_a_farewell_of_nobody(stage: Stage) -> None:
    farewell = {**stranger(stage), "event": {"type": "app_uninstalled"}}
    before = await stage.count("inbox")
    assert (await stage.teams[0].redeliver(farewell)).status == 200
    assert await stage.count("inbox") == before
    assert [standing for _, _, standing in await stage.installations()] == [True, True]


async def test_a_token_that_slack_does_not_know_any_more(stage: Stage) -> None:
    """The event of it was lost: the first refused message tells."""
    await thank(stage, 0, "before")
    stage.app.leave(ACME, "token_revoked")
    await thank(stage, 0, "who hears this?")
    assert await stage.installations() == [(ACME, stage.homes[0], False), (UMBRELLA, stage.homes[1], True)]
    assert await stage.count("conversation", "is_gone AND tenant = :team", team=ACME) >= 1
    assert (await thank(stage, 0, "nobody")).status == 403


async def test_the_directory_may_tell_it_first(stage: Stage) -> None:
    stage.app.leave(ACME)
    answer = await thank(stage, 0, "welcome", whom="Tom")
    assert "try again" in answer.body.decode().lower()
    assert (ACME, stage.homes[0], False) in await stage.installations()


async def test_a_token_that_was_replaced_meanwhile(stage: Stage) -> None:
    """This process still holds the old one: it is refused, and the message goes with the new one."""
    await thank(stage, 0, "before")
    old = token_of(stage, 0)
    held = dict(access(stage)._teams)
    stage.app.leave(ACME)
    await stage.install(0)
    access(stage)._teams.update(held)
    stage.tokens.clear()
    await thank(stage, 0, "twice tried")
    assert stage.posts(0, "twice tried")
    assert f"Bearer {old}" in [token for _, token in stage.tokens]
    assert (ACME, stage.homes[0], True) in await stage.installations()


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def replica(stage: Stage) -> AsyncIterator[tuple[ManyTeams, Clock]]:
    """What another process knows."""
    clock = Clock()
    api = Api(token="", url=stage.settings.slack_api_url)
    teams = ManyTeams(stage.sessions, api, keyring=keyring(stage.settings), clock=clock)
    yield teams, clock
    await teams.close()


def posting(platform: SlackPlatform, stage: Stage, team: int) -> Any:
    place = Place("slack", TEAMS[team], stage.channels[team].id, PlaceKind.CHANNEL)
    return platform.send(Target(place), Rendered({"text": "hello"}), "hello")


def speaker(teams: ManyTeams, stage: Stage) -> SlackPlatform:
    return SlackPlatform(api_url=stage.settings.slack_api_url, clock=Clock(), access=teams)


async def test_another_process_notices_within_a_minute(stage: Stage, replica: tuple[ManyTeams, Clock]) -> None:
    teams, clock = replica
    body = stage.teams[0].payloads.envelope({"type": "app_mention"})
    await teams.admit(body)
    assert teams.bot(ACME).user_id == stage.world(0).bot.slack_id
    await stage.teams[0].uninstall()
    await teams.admit(body)
    clock.now += KNOWN_SECONDS
    with pytest.raises(ValueError, match="has not installed"):
        await teams.admit(body)
    await stage.install(0)
    with pytest.raises(ValueError, match="has not installed"):
        await teams.admit(body)
    clock.now += UNKNOWN_SECONDS
    await teams.admit(body)


async def test_a_team_that_is_not_installed_is_not_written_to(stage: Stage, replica: tuple[ManyTeams, Clock]) -> None:
    platform = speaker(replica[0], stage)
    await stage.sql("DELETE FROM slack_installation WHERE team_id = :team", team=ACME)
    stage.tokens.clear()
    with pytest.raises(Permanent) as refused:
        await posting(platform, stage, 0)
    assert refused.value.gone
    with pytest.raises(Transient):
        await platform.profile(Account("U1"), Place("slack", ACME, "C1", PlaceKind.CHANNEL))
    assert stage.tokens == []
    await posting(platform, stage, 1)


TAMPERED = {
    "a bit of the text": "set_byte(sealed_token, 40, get_byte(sealed_token, 40) # 1)",
    "a bit of the nonce": "set_byte(sealed_token, 8, get_byte(sealed_token, 8) # 1)",
    "the key's name": "set_byte(sealed_token, 2, get_byte(sealed_token, 2) # 1)",
    "the version": "set_byte(sealed_token, 0, 2)",
    "the end": "substring(sealed_token, 1, octet_length(sealed_token) - 1)",
    "nearly all": "substring(sealed_token, 1, 9)",
    "everything": "''::bytea",
    "in clear": "convert_to('xoxb-in-clear', 'UTF8')",
    "the other team's": "(SELECT sealed_token FROM slack_installation WHERE team_id = 'T0UMBRELLA1')",
}


@pytest.mark.parametrize("how", TAMPERED)
async def test_a_token_that_was_tampered_with_never_leaves(
    stage: Stage, replica: tuple[ManyTeams, Clock], how: str, caplog: pytest.LogCaptureFixture
) -> None:
    await stage.sql(f"UPDATE slack_installation SET sealed_token = {TAMPERED[how]} WHERE team_id = 'T0ACME00001'")
    platform = speaker(replica[0], stage)
    stage.tokens.clear()
    with pytest.raises(Transient, match="does not open"):
        await posting(platform, stage, 0)
    assert stage.tokens == []
    assert "T0ACME00001 does not open" in caplog.text
    # Nothing is given up for it: what is owed waits for the operator.
    assert (ACME, stage.homes[0], True) in await stage.installations()


async def test_a_row_that_moved_to_another_workspace_does_not_open(
    stage: Stage, replica: tuple[ManyTeams, Clock]
) -> None:
    await stage.sql(
        "UPDATE slack_installation SET workspace_id = :home WHERE team_id = :team", home=stage.homes[1], team=ACME
    )
    with pytest.raises(Transient, match="does not open"):
        await posting(speaker(replica[0], stage), stage, 0)


async def test_no_token_shows_where_things_are_printed(
    stage: Stage, replica: tuple[ManyTeams, Clock], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="bots")
    teams, _ = replica
    await posting(speaker(teams, stage), stage, 0)
    stage.app.leave(ACME)
    with pytest.raises(Permanent):
        await posting(speaker(teams, stage), stage, 0)
    printed = repr(teams._teams) + repr(vars(teams)) + caplog.text
    assert UMBRELLA not in printed
    assert "xoxb" not in printed
