"""Through real HTTP: what reaches the desk, what Slack is answered, and what happens when the desk fails."""

import asyncio
import json
import logging

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bots.chat import Account, Answer, Audience, Manner, PlaceKind, Pressed, Said
from bots.slack.platform import SlackPlatform
from cards.render import Rendered
from tests.slack.slack_side import (
    NOT_FOR_US,
    NOW,
    SECRET,
    TEAM,
    Client,
    FakeDesk,
    deliver,
    encoded,
    post,
    recorded,
    served,
    signed,
)
from tests.slack.web_api import FakeSlack

BLOCKS = [{"type": "divider"}]


def answer(audience: Audience) -> Answer:
    rendered = Rendered({"text": "Hi &amp; bye", "blocks": BLOCKS, "channel": "C0WRONG"})
    return Answer(rendered, "Hi & bye", audience, Manner.POST)


async def test_event_is_stored_as_sent_without_the_token(client: Client, desk: FakeDesk) -> None:
    assert await deliver(client, recorded("app_mention")) == (200, "")
    [stored] = desk.stored.values()
    assert (stored.tenant, stored.delivery_id, stored.conversation) == (TEAM, "event:Ev0000000001", "C0GENERAL")
    body = recorded("app_mention")
    assert body.pop("token")
    assert stored.body == body


@pytest.mark.parametrize("name", NOT_FOR_US)
async def test_what_is_not_for_us_is_acknowledged_and_not_kept(client: Client, desk: FakeDesk, name: str) -> None:
    assert await deliver(client, recorded(name)) == (200, "")
    assert desk.is_untouched


async def test_another_workspace_is_refused(client: Client, desk: FakeDesk) -> None:
    status, _ = await deliver(client, recorded("app_mention_other_workspace"))
    assert status == 403
    assert desk.is_untouched


async def test_one_event_four_times_in_parallel_is_one_delivery(client: Client, desk: FakeDesk) -> None:
    body = recorded("message_im")
    outcomes = await asyncio.gather(*[deliver(client, body) for _ in range(4)])
    assert outcomes == [(200, "")] * 4
    assert list(desk.stored) == ["event:Ev0000000004"]


async def test_the_same_signed_request_twice_is_one_delivery(client: Client, desk: FakeDesk) -> None:
    raw, content_type = encoded(recorded("slash_kudos"))
    headers = signed(raw, at=NOW - 299)
    outcomes = [await post(client, raw, content_type, **headers) for _ in range(2)]
    assert [status for status, _ in outcomes] == [200, 200]
    assert list(desk.answered) == ["trigger:13345224609.738474920.8088930838d88f008e0"]


async def test_challenge_is_answered(client: Client, desk: FakeDesk) -> None:
    body = recorded("url_verification")
    status, text = await deliver(client, body)
    assert status == 200
    assert json.loads(text)["challenge"] == body["challenge"]
    assert desk.is_untouched


async def test_certificate_check_is_answered(client: Client, desk: FakeDesk) -> None:
    status, _ = await post(client, b"ssl_check=1&token=x", "application/x-www-form-urlencoded")
    assert status == 200
    assert desk.is_untouched


async def test_held_back_events_are_no_error(client: Client) -> None:
    raw = json.dumps({"type": "app_rate_limited", "team_id": TEAM, "minute_rate_limited": 1795600000}).encode()
    assert await post(client, raw) == (200, "")


async def test_command_reaches_the_desk_whole(client: Client, desk: FakeDesk) -> None:
    # Bolt's own HTTP mode loses this one: its text says "payload".
    assert await deliver(client, recorded("slash_kudos")) == (200, "")
    [incoming] = desk.answered.values()
    assert isinstance(incoming.act, Said)
    assert incoming.act.parts == ("/kudos ", Account("U0LUIS001", "luis"), " thanks for the payload fix & more")
    assert incoming.answers_in_body
    assert incoming.repeat_guard
    assert incoming.response_url.startswith("https://hooks.slack.com/commands/")
    assert desk.windows == [2.0]
    assert "token" not in desk.bodies[0]


@pytest.mark.parametrize(("audience", "kind"), [(Audience.HERE, "in_channel"), (Audience.PRIVATE, "ephemeral")])
async def test_command_is_answered_in_the_body(client: Client, desk: FakeDesk, audience: Audience, kind: str) -> None:
    desk.answer_next = answer(audience)
    status, text = await deliver(client, recorded("slash_kudos"))
    assert status == 200
    assert json.loads(text) == {"response_type": kind, "text": "Hi &amp; bye", "blocks": BLOCKS}


async def test_in_a_direct_message_only_the_asker_sees_the_answer(client: Client, desk: FakeDesk) -> None:
    desk.answer_next = answer(Audience.HERE)
    _, text = await deliver(client, recorded("slash_direct"))
    assert json.loads(text)["response_type"] == "ephemeral"
    [incoming] = desk.answered.values()
    assert incoming.place.kind is PlaceKind.PERSONAL


async def test_press_is_acknowledged_with_nothing(client: Client, desk: FakeDesk) -> None:
    desk.answer_next = answer(Audience.HERE)
    assert await deliver(client, recorded("block_actions")) == (200, "")
    [incoming] = desk.answered.values()
    assert isinstance(incoming.act, Pressed)
    assert [manner for manner in Manner if incoming.carries(manner)] == [Manner.FORM]
    assert desk.owed == []


async def test_a_value_that_is_no_token_is_passed_on(client: Client, desk: FakeDesk) -> None:
    body = recorded("block_actions")
    body["actions"][0]["value"] = '{"user": "U0ANA0001", "points": 1000000}'
    await deliver(client, body)
    [incoming] = desk.answered.values()
    assert isinstance(incoming.act, Pressed)
    assert incoming.act.token == '{"user": "U0ANA0001", "points": 1000000}'


@pytest.mark.parametrize("name", ["message_im", "block_actions"])
async def test_a_failing_desk_makes_slack_try_again(client: Client, desk: FakeDesk, name: str) -> None:
    desk.failure = RuntimeError("the database is away")
    status, text = await deliver(client, recorded(name))
    assert (status, text) == (500, "")


async def test_a_failing_desk_is_told_to_who_typed_the_command(
    client: Client, desk: FakeDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.failure = RuntimeError("the database is away")
    status, text = await deliver(client, recorded("slash_kudos"))
    said = json.loads(text)
    assert (status, said["response_type"]) == (200, "ephemeral")
    assert "database" not in said["text"]
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert str(record.args[0] if isinstance(record.args, tuple) else "") in said["text"]


async def test_bodies_are_not_logged(client: Client, desk: FakeDesk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    desk.failure = RuntimeError("the database is away")
    body = recorded("message_im")
    body["event"]["text"] = "canary-5f1c"
    await deliver(client, body)
    raw, content_type = encoded(body)
    await post(client, raw, content_type, **signed(raw, secret="wrong"))
    assert "canary-5f1c" not in caplog.text
    assert SECRET not in caplog.text
    assert "xoxb-test" not in caplog.text


async def test_without_slack_the_first_signed_request_names_the_workspace(
    slack: FakeSlack, platform: SlackPlatform, desk: FakeDesk
) -> None:
    slack.answers["auth.test"] = [{"ok": False, "error": "service_unavailable"}]
    async with TestClient(served(platform, desk)) as client:
        assert (await deliver(client, recorded("message_im")))[0] == 200
        assert (platform.team_id, platform.identity.confirmed) == (TEAM, False)
        assert (await deliver(client, recorded("app_mention_other_workspace")))[0] == 403
    assert slack.methods == ["auth.test"]  # the next question waits half a minute


async def test_slack_is_asked_once_who_we_are(client: Client, slack: FakeSlack) -> None:
    for name in ("message_im", "slash_kudos", "block_actions"):
        assert (await deliver(client, recorded(name)))[0] == 200
    assert slack.methods == ["auth.test"]


async def test_slack_unreachable_delays_nobody(desk: FakeDesk, unused_tcp_port: int) -> None:
    platform = SlackPlatform(
        signing_secret=SECRET, bot_token="xoxb-test", api_url=f"http://127.0.0.1:{unused_tcp_port}/", clock=lambda: NOW
    )
    server: TestServer = served(platform, desk)
    async with TestClient(server) as client:
        assert (await deliver(client, recorded("message_im")))[0] == 200
    await platform.close()
    assert list(desk.stored) == ["event:Ev0000000004"]
