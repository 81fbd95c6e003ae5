"""Socket Mode: the same conversation over a websocket, also where it breaks at the worst moment."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bots import app as composition
from bots.chat import Answer, Audience, Incoming, Manner
from bots.simulator import SlackSimulator, example_world
from bots.simulator.slack import App
from bots.slack.api import Api
from bots.slack.platform import SlackPlatform
from bots.slack.socket import Rhythm, SocketMode
from cards.render import Rendered
from core.database import Sessions
from tests.slack.several import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, TEAMS, Stage, open_several
from tests.slack.slack_side import FakeDesk

QUICK = Rhythm(heartbeat=1.0, pause_first=0.02, pause_longest=0.1)


@pytest.fixture
async def stage(database: Sessions, unused_tcp_port: int) -> AsyncIterator[Stage]:
    """One workspace with the token of the settings, no signing secret; nothing of Slack's comes by HTTP."""
    async with open_several(database, unused_tcp_port, by_socket=True, bot_token=BOT_TOKEN) as opened:
        opened.homes = opened.homes[:1]
        await opened.sql("INSERT INTO binding VALUES ('slack', :team, '', :home)", team=TEAMS[0], home=opened.homes[0])
        yield opened


async def say(stage: Stage, words: str, *, command: str = "/kudos @[Luis]") -> Any:
    ana = stage.world(0).person("Ana")
    return await stage.teams[0].say(ana, stage.channels[0], f"@[Plaudit] {command} {words}")


async def test_a_conversation_with_a_break_in_between(stage: Stage) -> None:
    slack, channel = stage.teams[0], stage.channels[0]
    ana = stage.world(0).person("Ana")
    answer = await slack.slash(ana, channel, "/kudos", "@[Luis] for the first thing")
    assert answer.json()["response_type"] == "ephemeral"
    stage.app.sockets.cut()
    await stage.app.sockets.until(1, opened=2)
    assert (await say(stage, "for the second thing")).status == 200
    await stage.quiet()
    await slack.wait_for_private(channel, ana, "on its way")
    card = await slack.wait_for_post(channel, "for the second thing")
    tom = stage.world(0).person("Tom")
    second = next(button for button in card.reading.buttons if "Second" in button)
    assert (await slack.press(tom, card, second)).status == 200
    await stage.quiet()
    assert await stage.count("kudos_second") == 1
    assert await stage.count("kudos") == 2


async def test_there_is_no_way_in_by_http(stage: Stage) -> None:
    async with aiohttp.ClientSession() as http, http.post(f"{stage.url}/slack/events", data=b"{}") as answer:
        assert answer.status == 404


async def test_what_breaks_between_keeping_and_acknowledging(stage: Stage) -> None:
    """It was kept; Slack does not know, and sends it again over the next connection."""
    sockets = stage.app.sockets
    for number, breaks in enumerate(("lost_acks", "lost_deliveries", "lost_acks")):
        setattr(sockets, breaks, 1)
        assert (await _patiently(stage, f"number {number}")).status == 200
        assert getattr(sockets, breaks) == 0
    await stage.quiet()
    assert sockets.opened == 4
    assert await stage.count("kudos") == 3
    assert await stage.count("inbox", "remote_id LIKE 'event:%'") == 3
    assert [len(stage.posts(0, f"number {number}")) for number in range(3)] == [1] * 3


async def _patiently(stage: Stage, words: str) -> Any:
    """Slack waits longer between its repeats than we need to connect again."""
    slack = stage.teams[0]
    text = f"<@{stage.world(0).bot.slack_id}> /kudos <@{stage.world(0).person('Luis').slack_id}> {words}"
    ana, ts = stage.world(0).person("Ana").slack_id, f"{slack.world.stamp()}.000100"
    event = {"type": "app_mention", "user": ana, "channel": stage.channels[0].id, "ts": ts, "text": text}
    envelope = slack.payloads.envelope(event)
    for attempt in range(5):
        delivery = await slack.courier.deliver(slack._event_raw(envelope, {"X-Slack-Retry-Num": str(attempt)}))
        if delivery.is_accepted:
            return delivery
        await stage.app.sockets.until(1)
    raise AssertionError("Slack gave up")


async def test_a_command_whose_connection_broke_is_answered_elsewhere(stage: Stage) -> None:
    slack, channel, ana = stage.teams[0], stage.channels[0], stage.world(0).person("Ana")
    stage.app.sockets.lost_deliveries = 1
    delivery = await slack.slash(ana, channel, "/kudos", "@[Luis] all the same")
    assert delivery.status == 0
    receipt = await slack.wait_for_private(channel, ana, "on its way")
    assert receipt.visible_to == (ana.name,)
    assert await stage.count("kudos") == 1


async def test_slack_renews_its_connections(stage: Stage) -> None:
    """The next one is open before the last one is left, and what comes meanwhile on the last one is answered on it."""
    sockets = stage.app.sockets
    await sockets.refresh()
    await sockets.until(2)
    sockets.connections[1].is_leaving = True  # so that the envelope goes by the one that is being left
    sockets.connections[0].is_leaving = False
    assert (await say(stage, "by the old one")).status == 200
    sockets.connections[0].is_leaving, sockets.connections[1].is_leaving = True, False
    await sockets.close_leaving()
    await sockets.until(1)
    assert (await say(stage, "by the new one")).status == 200
    await stage.quiet()
    assert await stage.count("kudos") == 2
    assert sockets.opened == 2


async def test_two_replicas_hear_a_delivery_once(stage: Stage) -> None:
    async with aiohttp.ClientSession() as http:
        second = composition.build(stage.settings, stage.sessions, http)
        async with composition.running(second, host="127.0.0.1", port=0):
            await stage.app.sockets.until(2)
            stage.app.sockets.lost_acks = 1  # kept by one, repeated to the other
            assert (await say(stage, "once")).status == 200
            await stage.quiet()
        await stage.app.sockets.until(1)
    assert await stage.count("kudos") == 1


async def test_several_workspaces_by_socket(database: Sessions, unused_tcp_port: int) -> None:
    async with open_several(database, unused_tcp_port, by_socket=True) as stage:
        for team in (0, 1):
            await stage.join(team)
            await stage.teams[team].slash(
                stage.world(team).person("Ana"), stage.channels[team], "/kudos", f"@[Luis] words of {team}"
            )
            await stage.quiet()
        assert [len(stage.posts(team, f"words of {of}")) for team in (0, 1) for of in (0, 1)] == [1, 0, 0, 1]


@dataclass
class Small:
    """The adapter alone, with a desk that writes down."""

    slack: SlackSimulator
    desk: FakeDesk
    mode: SocketMode
    platform: SlackPlatform
    task: "asyncio.Task[None]"

    @property
    def sockets(self) -> Any:
        return self.slack.app.sockets


@asynccontextmanager
async def listening(desk: FakeDesk, app: App | None = None, *, token: str = APP_TOKEN) -> AsyncIterator[Small]:
    world = example_world()
    app = app or App(app_token=APP_TOKEN)
    async with SlackSimulator(
        world, bot_url="", signing_secret=SIGNING_SECRET, bot_token=BOT_TOKEN, app=app, retry_delays=()
    ) as slack:
        api = Api(token=token, url=slack.api_url)
        platform = SlackPlatform(api_url=slack.api_url, clock=lambda: 0.0, bot_token=BOT_TOKEN)
        mode = SocketMode(platform, desk, api, rhythm=QUICK)
        task = asyncio.create_task(mode.listen())
        try:
            yield Small(slack, desk, mode, platform, task)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await platform.close()
            await api.close()


@pytest.fixture
async def small() -> AsyncIterator[Small]:
    async with listening(FakeDesk()) as opened:
        await opened.sockets.until(1)
        yield opened


class SlowDesk(FakeDesk):
    """Works until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.goes_on = asyncio.Event(), asyncio.Event()

    async def answer(self, incoming: Incoming, *, body: Any, window: float) -> Answer | None:
        self.begun.set()
        await self.goes_on.wait()
        return await super().answer(incoming, body=body, window=window)


def channel_of(small: Small) -> Any:
    world = small.slack.world
    return world.channel("slack", "general", world.people)


async def test_it_stops_when_what_it_took_is_answered() -> None:
    desk = SlowDesk()
    desk.answer_next = Answer(Rendered({"text": "done"}), "done", Audience.PRIVATE, Manner.POST)
    async with listening(desk) as small:
        await small.sockets.until(1)
        ana, channel = small.slack.world.person("Ana"), channel_of(small)
        asking = asyncio.create_task(small.slack.slash(ana, channel, "/points"))
        await desk.begun.wait()
        small.task.cancel()
        await asyncio.sleep(0.05)
        assert not small.task.done(), "it waits for what is under way"
        desk.goes_on.set()
        answered = await asking
        with pytest.raises(asyncio.CancelledError):
            await small.task
    assert (answered.status, answered.json()["text"]) == (200, "done")
    assert small.sockets.connections == []


async def test_while_it_stops_nothing_more_is_taken() -> None:
    desk = SlowDesk()
    async with listening(desk) as small:
        await small.sockets.until(1)
        small.slack.courier.patience = 0.3
        ana, channel = small.slack.world.person("Ana"), channel_of(small)
        asking = asyncio.create_task(small.slack.slash(ana, channel, "/points"))
        await desk.begun.wait()
        small.task.cancel()
        await asyncio.sleep(0)
        late = await small.slack.slash(ana, channel, "/points")
        desk.goes_on.set()
        await asking
    assert late.status == 0
    assert len(desk.answered) == 1


@pytest.mark.parametrize("kind", ["event", "press"])
async def test_what_could_not_be_kept_is_not_acknowledged(small: Small, kind: str) -> None:
    small.desk.failure = RuntimeError("the database is away")
    small.slack.courier.patience = 0.3
    ana, channel = small.slack.world.person("Ana"), channel_of(small)
    if kind == "event":
        delivery = await small.slack.say(ana, channel, "@[Plaudit] /points")
    else:
        content = {"text": "x", "blocks": [BUTTONS]}
        delivery = await small.slack.press(ana, small.slack.post(channel, content), "Second it")
    assert delivery
    assert delivery.status == 0
    small.desk.failure = None
    assert await small.slack.redeliver(delivery.raw.json()) if kind == "event" else True
    assert len(small.desk.stored) == (1 if kind == "event" else 0)


BUTTONS = {
    "type": "actions",
    "block_id": "b",
    "elements": [
        {"type": "button", "action_id": "a", "value": "tok", "text": {"type": "plain_text", "text": "Second it"}}
    ],
}


async def test_who_typed_a_command_is_told_of_a_failure(small: Small) -> None:
    small.desk.failure = RuntimeError("the database is away")
    delivery = await small.slack.slash(small.slack.world.person("Ana"), channel_of(small), "/points")
    assert delivery.status == 200
    assert delivery.json()["response_type"] == "ephemeral"


async def test_a_press_is_acknowledged_with_nothing(small: Small) -> None:
    channel = channel_of(small)
    message = small.slack.post(channel, {"text": "x", "blocks": [BUTTONS]})
    delivery = await small.slack.press(small.slack.world.person("Ana"), message, "Second it")
    assert (delivery.status, delivery.body) == (200, b"")
    assert len(small.desk.answered) == 1


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "hello",
        "[]",
        "{",
        '{"type": "events_api"}',
        '{"type": "events_api", "envelope_id": "1", "payload": []}',
        '{"type": "events_api", "envelope_id": "1", "payload": {}}',
        '{"type": "slash_commands", "envelope_id": "1", "payload": {"command": 5}}',
        '{"type": "interactive", "envelope_id": "1", "payload": {"type": "block_actions", "user": "x"}}',
        '{"type": "something_new", "envelope_id": "1", "payload": {"type": "event_callback"}}',
        '{"type": "events_api", "type": "events_api"}',
        '{"a": ' * 60 + "1" + "}" * 60,
        '{"type": "events_api", "envelope_id": "1", "payload": {"x": NaN}}',
    ],
)
async def test_what_slack_never_sends_does_no_harm(small: Small, sent: str) -> None:
    await small.sockets.send(sent)
    delivery = await small.slack.slash(small.slack.world.person("Ana"), channel_of(small), "/points")
    assert delivery.status == 200
    assert len(small.desk.answered) == 1
    assert small.desk.stored == {}
    assert small.sockets.opened == 1


async def test_an_envelope_that_is_too_large_ends_the_connection_alone(small: Small) -> None:
    await small.sockets.send('{"type": "events_api", "x": "' + "x" * 300_000 + '"}')
    await small.sockets.until(1, opened=2)
    assert (await small.slack.slash(small.slack.world.person("Ana"), channel_of(small), "/points")).status == 200


@pytest.mark.parametrize("reason", ["refresh_requested", "warning", "link_disabled", "too_many_websockets", ""])
async def test_every_farewell_is_followed_by_another_connection(small: Small, reason: str) -> None:
    await small.sockets.refresh(reason, close=True)
    await small.sockets.until(1, opened=2)
    assert not small.task.done()


@pytest.mark.parametrize("fault", ["fail", "drop", "throttle"])
async def test_a_connection_that_cannot_be_opened_is_tried_again(fault: str) -> None:
    async with listening(FakeDesk()) as small:
        how: dict[str, Any] = {"retry_after": 0} if fault == "throttle" else {}
        getattr(small.slack.faults, fault)(3, name="apps.connections.open", **how)
        await small.sockets.until(1)
        small.sockets.cut()
        await small.sockets.until(1, opened=2)


async def test_a_ticket_that_is_refused_is_not_used_again() -> None:
    async with listening(FakeDesk()) as small:
        await small.sockets.until(1)
        small.slack.faults.fail(2, status=403, name="link")
        small.sockets.cut()
        await small.sockets.until(1, opened=2)
        assert small.slack.faults.pending == 0
        assert len(small.slack.server.called("apps.connections.open")) == 4


@pytest.mark.parametrize(
    "url",
    [
        "wss://evil.example/link/?ticket=1",
        "wss://slack.com.evil.example/link/",
        "ws://wss-primary.slack.com/link/",
        "wss://slack.com/link/",
        "wss://x@wss.slack.com/link/",
        "wss://wss-primary.slack.com:8443/link/",
        "https://wss-primary.slack.com/link/",
        "wss://[",
        "",
    ],
)
async def test_a_websocket_elsewhere_is_not_opened(url: str) -> None:
    api = Api(token=APP_TOKEN, url="https://slack.com/api/")
    assert not api._is_socket(url)


@pytest.mark.parametrize(
    ("api_url", "url"),
    [
        ("https://slack.com/api/", "wss://wss-primary.slack.com/link/?ticket=1&app_id=2"),
        ("https://slack-gov.com/api/", "wss://wss-primary.slack-gov.com:443/link/?ticket=1"),
        ("http://127.0.0.1:8080/api/", "ws://127.0.0.1:8080/link/?ticket=1"),
    ],
)
def test_a_websocket_of_slack(api_url: str, url: str) -> None:
    assert Api(token="x", url=api_url)._is_socket(url)


async def test_a_wrong_app_token_is_told_and_nothing_secret_is(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="bots")
    async with listening(FakeDesk(), token="xapp-canary-of-another-app") as small:
        while len(small.slack.server.called("apps.connections.open")) < 3:  # noqa: ASYNC110 - it rings no bell
            await asyncio.sleep(0.01)
        assert not small.task.done()
    assert "apps.connections.open: invalid_auth" in caplog.text
    assert "xapp-" not in caplog.text


async def test_no_ticket_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with listening(FakeDesk()) as small:
        await small.sockets.until(1)
        small.slack.faults.fail(2, status=403, name="link")
        small.sockets.cut()
        await small.sockets.until(1, opened=2)
    ours = [each.getMessage() for each in caplog.records if each.name.partition(".")[0] in ("bots", "slack_sdk")]
    assert any("no connection to Slack" in each for each in ours)
    assert [each for each in ours if "ticket" in each or APP_TOKEN in each] == []
