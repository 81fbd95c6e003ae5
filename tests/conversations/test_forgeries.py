"""Cases 1, 2, 6, 9 to 11: only the platform speaks for the platform. No handler runs, nothing is stored, nothing is a 5xx."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bots.simulator import Delivery, Raw
from bots.simulator.teams.tokens import Forgery
from tests.conversations.stage import Stage

NOT_MALFORMED = frozenset({401, 403})


async def nothing_happened(stage: Stage, deliveries: list[Delivery], allowed: frozenset[int]) -> None:
    assert deliveries
    assert {delivery.status for delivery in deliveries} <= allowed, [each.status for each in deliveries]
    await stage.teams.settle()
    assert [await stage.count(table) for table in ("inbox", "outbox", "kudos", "press")] == [0, 0, 0, 0]
    assert stage.wire.messages() == []


def command(stage: Stage) -> Raw:
    fields = stage.slack.payloads.slash(stage["Ana"], stage.slack_channel, "/kudos", [stage["Luis"], " for it"])
    return stage.slack.form(fields, "slash")


def with_headers(raw: Raw, **changed: str | None) -> Raw:
    names = {"signature": "X-Slack-Signature", "timestamp": "X-Slack-Request-Timestamp", "type": "Content-Type"}
    headers = dict(raw.headers)
    for name, value in changed.items():
        headers.pop(names[name], None)
        if value is not None:
            headers[names[name]] = value
    return replace(raw, headers=headers)


async def test_01_slack_signatures_missing_wrong_old_and_future(stage: Stage) -> None:
    raw = command(stage)
    signature = raw.headers["X-Slack-Signature"]
    now = int(stage.slack.workspace.now())
    forged = [
        with_headers(raw, signature=None),
        with_headers(raw, timestamp=None),
        with_headers(raw, signature=None, timestamp=None),
        with_headers(raw, signature=signature[:-1] + ("0" if signature[-1] != "0" else "1")),
        with_headers(raw, signature=signature.removeprefix("v0=")),
        with_headers(raw, signature="v1=" + signature.removeprefix("v0=")),
        with_headers(raw, signature=signature.upper()),
        with_headers(raw, timestamp=str(now + 1)),
        replace(raw, body=raw.body + b"&x=1"),
        replace(raw, body=raw.body.replace(b"for+it", b"for+me")),
        stage.slack.raw(raw.body, "application/x-www-form-urlencoded", "slash", timestamp=now - 301),
        stage.slack.raw(raw.body, "application/x-www-form-urlencoded", "slash", timestamp=now + 400),
        stage.slack.raw(raw.body, "application/x-www-form-urlencoded", "slash", timestamp=0),
    ]
    answers = [await stage.slack.courier.deliver(each) for each in forged]
    assert len(answers) == 13
    await nothing_happened(stage, answers, frozenset({401}))


async def test_02_what_slack_never_sends_is_a_4xx(stage: Stage) -> None:
    raw = command(stage)
    signed: Callable[..., Raw] = stage.slack.raw
    json_type, form = "application/json", "application/x-www-form-urlencoded"
    malformed = [
        with_headers(raw, timestamp="yesterday"),
        with_headers(raw, timestamp="1e9"),
        with_headers(raw, timestamp="９９９"),
        with_headers(raw, timestamp="9" * 400),
        with_headers(raw, signature="v0=\u00e9"),
        with_headers(raw, signature=""),
        signed(b"", form, "slash"),
        signed(b"\xff\xfe", form, "slash"),
        signed(b"payload=%7B", form, "slash"),
        signed(b"payload=[]", form, "slash"),
        signed(b"payload=" + b"%5B" * 500 + b"%5D" * 500, form, "slash"),
        signed(b"{", json_type, "event"),
        signed(b"[]", json_type, "event"),
        signed(b'{"type": "event_callback", "type": "x"}', json_type, "event"),
        signed(b'{"type": NaN}', json_type, "event"),
        signed(b"[" * 5000, json_type, "event"),
        signed(b'{"type": "event_callback"}', json_type, "event"),
        signed(b"x" * 300_000, json_type, "event"),
        signed(raw.body, "text/plain", "slash"),
        signed(raw.body, "", "slash"),
    ]
    answers = [await stage.slack.courier.deliver(each) for each in malformed]
    assert len(answers) == 20
    await nothing_happened(stage, answers, frozenset(range(400, 500)))


async def test_06_telegram_without_its_secret(stage: Stage) -> None:
    frame = {"message_id": 1, "date": 1, "chat": {"id": int(stage.group.id), "type": "group", "title": "Team"}}
    sender = {"id": stage["Ana"].telegram_id, "is_bot": False, "first_name": "Ana"}
    update = {"update_id": 77, "message": {**frame, "from": sender, "text": "/help"}}
    secrets = ("", "x", stage.telegram.updates.secret + "x", stage.telegram.updates.secret[:-1], "null", "A" * 300)
    answers = [await stage.telegram.redeliver(update, secret=secret) for secret in secrets]
    await nothing_happened(stage, answers, frozenset({403}))


@pytest.mark.parametrize(
    "update",
    [{}, {"update_id": "x"}, {"update_id": -1, "message": {}}, {"update_id": 1, "message": []}, {"message": 5}],
)
async def test_02_what_telegram_never_sends_is_a_4xx_or_nothing(stage: Stage, update: dict[str, Any]) -> None:
    raw = Raw(
        json.dumps(update).encode(),
        {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": stage.telegram.updates.secret},
    )
    answer = await stage.telegram.courier.deliver(raw)
    await nothing_happened(stage, [answer], frozenset({200, 400}))


FORGERIES: dict[str, Forgery] = {
    "issuer": Forgery(claims={"iss": "https://evil.example"}),
    "no issuer": Forgery(claims={"iss": None}),
    "audience": Forgery(claims={"aud": "22222222-2222-2222-2222-222222222222"}),
    "expired": Forgery(claims={"exp": 1_600_000_000}),
    "no expiry": Forgery(claims={"exp": None}),
    "no beginning": Forgery(claims={"nbf": None}),
    "not yet": Forgery(claims={"nbf": 4_000_000_000}),
    "service url": Forgery(claims={"serviceurl": "https://evil.example/"}),
    "alg none": Forgery(algorithm="none"),
    "alg HS256": Forgery(algorithm="HS256"),
    "no kid": Forgery(kid=None),
    "another kid": Forgery(kid="another"),
}


@pytest.mark.parametrize("name", [*FORGERIES, "unknown key", "none", "garbage", "empty bearer"])
async def test_09_teams_tokens_that_are_not_the_connectors(stage: Stage, name: str) -> None:
    words = {"none": "", "garbage": "abc.def.ghi", "empty bearer": " "}
    forgery = FORGERIES.get(name) or Forgery(key=stage.teams.keys.unpublished())
    token = words[name] if name in words else stage.teams.token(forgery)
    await nothing_happened(stage, [await stage.teams.send(activity(stage), token=token)], NOT_MALFORMED)


async def test_10_a_tenant_that_is_not_listed(stage: Stage) -> None:
    elsewhere = "99999999-0000-0000-0000-000000000000"
    told = activity(stage)
    told["channelData"] = {**told["channelData"], "tenant": {"id": elsewhere}}
    both = {**told, "conversation": {**told["conversation"], "tenantId": elsewhere}}
    neither = {**told, "channelData": {}, "conversation": {"id": told["conversation"]["id"]}}
    answers = [await stage.teams.send(each) for each in (told, both, neither)]
    await nothing_happened(stage, answers, frozenset({403}))


@pytest.mark.parametrize(
    "service_url",
    [
        "https://evil.example/",
        "https://127.0.0.1.evil.example/",
        "http://smba.trafficmanager.net/",
        "https://127.0.0.1@evil.example/",
        "ftp://127.0.0.1/",
        "",
    ],
)
async def test_11_a_service_url_elsewhere_gets_no_connection_and_no_token(stage: Stage, service_url: str) -> None:
    answer = await stage.teams.send({**activity(stage), "serviceUrl": service_url})
    await nothing_happened(stage, [answer], frozenset({400, 401, 403}))
    assert stage.teams.server.called("token") == []


def activity(stage: Stage) -> dict[str, Any]:
    parts = stage.world.parts("@[Plaudit] /kudos @[Luis] for it")
    return stage.teams._activities.message(stage["Ana"], stage.channel, parts, activity_id="1", thread="1")
