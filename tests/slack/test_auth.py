"""Only Slack speaks for Slack: forged requests get 401, malformed ones 4xx, and none reaches the desk."""

import gzip
import json
from urllib.parse import urlencode

import pytest

from bots.slack.auth import SIGNATURE, TIMESTAMP, sign
from bots.slack.webhook import PATH, SIZE_MAX
from tests.slack.slack_side import FORM_TYPE, JSON_TYPE, NOW, SECRET, Client, FakeDesk, encoded, post, recorded, signed

RAW, FORM = encoded(recorded("slash_kudos"))
TIME = str(int(NOW))
GOOD = sign(RAW, secret=SECRET, timestamp=TIME)


def pair(timestamp: str | None, signature: str | None) -> list[tuple[str, str]]:
    given = [(TIMESTAMP, timestamp), (SIGNATURE, signature)]
    return [(name, value) for name, value in given if value is not None]


def at(seconds: float) -> list[tuple[str, str]]:
    return list(signed(RAW, at=NOW + seconds).items())


FORGERIES = {
    "nothing": [],
    "no signature": pair(TIME, None),
    "no timestamp": pair(None, GOOD),
    "empty signature": pair(TIME, ""),
    "empty timestamp": pair("", GOOD),
    "another secret": pair(TIME, sign(RAW, secret="guess", timestamp=TIME)),
    "no secret": pair(TIME, sign(RAW, secret="", timestamp=TIME)),
    "another body": pair(TIME, sign(RAW + b" ", secret=SECRET, timestamp=TIME)),
    "another timestamp": pair(str(int(NOW) + 1), GOOD),
    "301 s old": at(-301),
    "301 s in the future": at(301),
    "a year old": at(-31_536_000),
    "at the epoch": at(-NOW),
    "version v1": pair(TIME, GOOD.replace("v0=", "v1=")),
    "no version": pair(TIME, GOOD.removeprefix("v0=")),
    "upper case": pair(TIME, "v0=" + GOOD.removeprefix("v0=").upper()),
    "cut by one": pair(TIME, GOOD[:-1]),
    "longer by one": pair(TIME, GOOD + "0"),
    "not hexadecimal": pair(TIME, "v0=" + "g" * 64),
    "not ASCII": pair(TIME, "v0=" + "é" * 64),
    "all zeros": pair(TIME, "v0=" + "0" * 64),
    "timestamp in words": pair("yesterday", GOOD),
    "timestamp negative": pair("-" + TIME, GOOD),
    "timestamp with fraction": pair(TIME + ".0", GOOD),
    "timestamp in exponents": pair("1e400", GOOD),
    "timestamp NaN": pair("NaN", GOOD),
    "timestamp of 40 digits": pair("9" * 40, GOOD),
    "timestamp in other digits": pair("１７９５６００００１", GOOD),
    "timestamp with a blank inside": pair(TIME[:5] + " " + TIME[5:], GOOD),
    "two signatures": [*pair(TIME, GOOD), (SIGNATURE, GOOD)],
    "two timestamps": [*pair(TIME, GOOD), (TIMESTAMP, TIME)],
}


@pytest.mark.parametrize("headers", FORGERIES.values(), ids=FORGERIES.keys())
async def test_forgery(client: Client, desk: FakeDesk, headers: list[tuple[str, str]]) -> None:
    async with client.post(PATH, data=RAW, headers=[("Content-Type", FORM), *headers]) as response:
        assert response.status == 401
    assert desk.is_untouched


@pytest.mark.parametrize("seconds", [-300, 0, 300])
async def test_true_signature_within_five_minutes(client: Client, desk: FakeDesk, seconds: float) -> None:
    async with client.post(PATH, data=RAW, headers=[("Content-Type", FORM), *at(seconds)]) as response:
        assert response.status == 200
    assert desk.answered


def test_signature_of_slacks_own_documentation() -> None:
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
        b"channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
        b"response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&"
        b"trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert sign(body, secret="8f742231b10e8888abcd99yyyzzz85a5", timestamp="1531420618") == expected


def event(**changes: object) -> bytes:
    return json.dumps({**recorded("message_im"), **changes}).encode()


def changed_event(**changes: object) -> bytes:
    return event(event={**recorded("message_im")["event"], **changes})


def command(**changes: str) -> bytes:
    return urlencode({**recorded("slash_kudos"), **changes}).encode()


def press(**changes: object) -> bytes:
    return urlencode({"payload": json.dumps({**recorded("block_actions"), **changes})}).encode()


MALFORMED = {
    "empty": (b"", JSON_TYPE),
    "empty form": (b"", FORM_TYPE),
    "cut": (event()[:-20], JSON_TYPE),
    "an array": (b"[]", JSON_TYPE),
    "a number": (b"1", JSON_TYPE),
    "null": (b"null", JSON_TYPE),
    "not UTF-8": (b'{"type":"\xff"}', JSON_TYPE),
    "UTF-16": (event().decode().encode("utf-16"), JSON_TYPE),
    "a key twice": (b'{"type":"url_verification","type":"x","challenge":"c"}', JSON_TYPE),
    "NaN": (event(event_time=float("nan")), JSON_TYPE),
    "too deep": (b'{"a":' * 2000 + b"1" + b"}" * 2000, JSON_TYPE),
    "unknown type": (event(type="surprise"), JSON_TYPE),
    "no type": (b"{}", JSON_TYPE),
    "challenge is a number": (b'{"type":"url_verification","challenge":5}', JSON_TYPE),
    "event is a list": (event(event=[]), JSON_TYPE),
    "event without type": (event(event={}), JSON_TYPE),
    "event id missing": (event(event_id=None), JSON_TYPE),
    "event id empty": (event(event_id=""), JSON_TYPE),
    "event id an object": (event(event_id={"a": 1}), JSON_TYPE),
    "team a number": (event(team_id=7), JSON_TYPE),
    "authorizations a number": (event(authorizations=7), JSON_TYPE),
    "authorizations of numbers": (event(authorizations=[7]), JSON_TYPE),
    "enterprise a number": (event(enterprise=7), JSON_TYPE),
    "user on top a number": (event(user=7), JSON_TYPE),
    "channel a list": (changed_event(channel=["C1"]), JSON_TYPE),
    "channel missing": (changed_event(channel=None), JSON_TYPE),
    "text a number": (changed_event(text=5), JSON_TYPE),
    "user an object": (changed_event(user={"id": "U1"}), JSON_TYPE),
    "changed message a text": (changed_event(subtype="message_changed", message="x"), JSON_TYPE),
    "form not UTF-8": (b"command=%ff", FORM_TYPE),
    "form with raw bytes": (b"command=/kudos\xff", FORM_TYPE),
    "form without equals": (b"command", FORM_TYPE),
    "form with a field twice": (command() + b"&user_id=U0OTHER01", FORM_TYPE),
    "form of 100 fields": (command() + b"".join(b"&f%d=1" % number for number in range(100)), FORM_TYPE),
    "form with NUL": (command(text="\0"), FORM_TYPE),
    "command without user": (command(user_id=""), FORM_TYPE),
    "command without slash": (command(command="kudos"), FORM_TYPE),
    "command without trigger": (command(trigger_id=""), FORM_TYPE),
    "trigger of 5000": (command(trigger_id="1" * 5000), FORM_TYPE),
    "payload no JSON": (b"payload=%7B", FORM_TYPE),
    "payload an array": (b"payload=%5B%5D", FORM_TYPE),
    "press without actions": (press(actions=[]), FORM_TYPE),
    "press with a text as action": (press(actions=["x"]), FORM_TYPE),
    "press with a number as value": (press(actions=[{"type": "button", "action_id": "a", "value": 5}]), FORM_TYPE),
    "press without user": (press(user={}), FORM_TYPE),
    "press with state of lists": (press(state={"values": {"a": []}}), FORM_TYPE),
    "press with a number as response_url": (press(response_url=5), FORM_TYPE),
    "XML": (b"<event/>", "application/xml"),
    "no content type": (event(), "application/octet-stream"),
    "other charset": (event(), "application/json; charset=utf-16"),
    "unknown charset": (event(), "application/json; charset=klingon"),
}


@pytest.mark.parametrize(("raw", "content_type"), MALFORMED.values(), ids=MALFORMED.keys())
async def test_malformed(client: Client, desk: FakeDesk, raw: bytes, content_type: str) -> None:
    status, text = await post(client, raw, content_type)
    assert status in {400, 415}
    assert "Traceback" not in text
    assert desk.is_untouched


@pytest.mark.parametrize("size", [SIZE_MAX + 1, 1_000_000])
async def test_too_large(client: Client, desk: FakeDesk, size: int) -> None:
    status, _ = await post(client, event(padding="x" * size))
    assert status == 413
    assert desk.is_untouched


async def test_compressed(client: Client, desk: FakeDesk) -> None:
    for raw in (gzip.compress(event()), b"not gzip"):
        status, _ = await post(client, raw, JSON_TYPE, **{"Content-Encoding": "gzip"})
        assert status in {400, 415}
    assert desk.is_untouched


async def test_other_methods(client: Client) -> None:
    for method in ("GET", "PUT", "DELETE"):
        async with client.request(method, PATH) as response:
            assert response.status == 405
