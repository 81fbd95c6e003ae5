"""Only Teams speaks for Teams: forged tokens, other tenants, other Connectors, rotated keys, unsigned development."""

import base64
import copy
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bots.simulator.teams.tokens import Forgery
from bots.simulator.world import Json
from tests.teams.stage import APP_ID, Stage, one_message, stage

Forge = Callable[[Stage], str | None]


def claims(**changed: Any) -> Forge:
    return lambda bot: bot.teams.token(Forgery(claims=changed))


def at(bot: Stage, **offsets: int) -> Json:
    return {name: int(bot.clock.seconds()) + offset for name, offset in offsets.items()}


def packed(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def resigned(bot: Stage, header: object) -> str:
    """A token whose header was exchanged without the key."""
    _, payload, signature = bot.teams.token().split(".")
    return f"{packed(header)}.{payload}.{signature}"


def signed_by_hand(bot: Stage, **changed: object) -> str:
    """What a library would refuse to sign, signed with the true key."""
    key = bot.teams.keys.current
    payload = jwt.decode(bot.teams.token(), options={"verify_signature": False})
    text = f"{packed({'alg': 'RS256', 'typ': 'JWT', 'kid': key.kid})}.{packed({**payload, **changed})}"
    return f"{text}.{packed(key.private.sign(text.encode(), PKCS1v15(), SHA256()))}"


def confused(bot: Stage) -> str:
    """HS256 with the public key as the shared secret."""
    key = bot.teams.keys.current
    secret = key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = f"{packed({'alg': 'HS256', 'typ': 'JWT', 'kid': key.kid})}.{bot.teams.token().split('.')[1]}"
    return f"{text}.{packed(hmac.digest(secret, text.encode(), 'sha256'))}"


def own_key_inside(bot: Stage) -> str:
    key = bot.teams.keys.unpublished()
    payload = jwt.decode(bot.teams.token(), options={"verify_signature": False})
    headers = {"kid": bot.teams.keys.current.kid, "jwk": key.public_jwk(), "jku": "http://127.0.0.1:1/keys"}
    return jwt.encode(payload, key.private, algorithm="RS256", headers=headers)


FORGERIES: dict[str, Forge] = {
    "no token": lambda _: "",
    "garbage": lambda _: "garbage",
    "three dots": lambda _: "a.b.c",
    "not ASCII": lambda _: "ünïcödé.x.y",
    "empty parts": lambda _: "..",
    "a very long one": lambda bot: bot.teams.token() + "A" * 3000,
    "an unknown key": lambda bot: bot.teams.token(Forgery(key=bot.teams.keys.unpublished())),
    "another key under a known id": lambda bot: bot.teams.token(
        Forgery(key=bot.teams.keys.unpublished(), kid=bot.teams.keys.current.kid)
    ),
    "a key of its own inside": own_key_inside,
    "no key named": lambda bot: bot.teams.token(Forgery(kid=None)),
    "a number as key": lambda bot: resigned(bot, {"alg": "RS256", "kid": 5}),
    "an object as key": lambda bot: resigned(bot, {"alg": "RS256", "kid": {"a": 1}}),
    "algorithm none": lambda bot: bot.teams.token(Forgery(algorithm="none")),
    "algorithm none without signature": lambda bot: bot.teams.token(Forgery(algorithm="none")).rsplit(".", 1)[0] + ".",
    "algorithm HS256 with the public key": confused,
    "algorithm RS512": lambda bot: bot.teams.token(Forgery(algorithm="RS512")),
    "algorithm exchanged": lambda bot: resigned(bot, {"alg": "none", "kid": bot.teams.keys.current.kid}),
    "a list as header": lambda bot: resigned(bot, []),
    "another issuer": claims(iss="https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/"),
    "an issuer like ours": claims(iss="https://api.botframework.com/"),
    "a list of issuers": lambda bot: signed_by_hand(bot, iss=["https://api.botframework.com"]),
    "an issuer that is a number": lambda bot: signed_by_hand(bot, iss=5),
    "an audience that is a number": lambda bot: signed_by_hand(bot, aud=5),
    "a subject that is an object": lambda bot: signed_by_hand(bot, sub={"a": 1}, iss="x"),
    "a beginning that is an object": lambda bot: signed_by_hand(bot, nbf={}),
    "no issuer": claims(iss=None),
    "another audience": claims(aud="00000000-0000-0000-0000-000000000000"),
    "a list of audiences": claims(aud=[APP_ID, "another"]),
    "an empty audience": claims(aud=""),
    "no audience": claims(aud=None),
    "expired": lambda bot: bot.teams.token(Forgery(claims=at(bot, nbf=-7200, exp=-301))),
    "no expiry": claims(exp=None),
    "an expiry of words": claims(exp="tomorrow"),
    "an expiry without end": lambda bot: bot.teams.token(Forgery(claims={"exp": float("inf")})),
    "an expiry that is true": claims(exp=True),
    "an expiry as a list": claims(exp=[9_999_999_999]),
    "from the future": lambda bot: bot.teams.token(Forgery(claims=at(bot, nbf=301))),
    "no beginning": claims(nbf=None),
    "another service URL": claims(serviceurl="https://smba.trafficmanager.net/emea/"),
    "a service URL that is an object": claims(serviceurl={}),
    "no service URL": claims(serviceurl=None),
    "a signature cut short": lambda bot: bot.teams.token()[:-10],
    "a claim changed afterwards": lambda bot: bot.teams.token().replace(".", ".A", 1),
}


@pytest.mark.parametrize("name", FORGERIES)
async def test_forged_tokens_are_refused(bot: Stage, name: str) -> None:
    token = FORGERIES[name](bot)
    delivery = await bot.teams.send(await one_message(bot), token=token)
    assert delivery.status == 401
    assert bot.desk.is_untouched


@pytest.mark.parametrize("scheme", ["", "Basic ", "Bearer", "Bearer  ", "Token "])
async def test_other_schemes_are_refused(bot: Stage, scheme: str) -> None:
    activity = await one_message(bot)
    raw = bot.teams.raw(activity)
    status, _ = await bot.post(raw.body, {**raw.headers, "Authorization": scheme + bot.teams.token()})
    assert status == 401
    assert bot.desk.is_untouched


async def test_a_token_signed_by_hand_is_accepted_if_nothing_is_changed(bot: Stage) -> None:
    """So what refuses the others is what was changed in them."""
    assert (await bot.teams.send(await one_message(bot), token=signed_by_hand(bot))).status == 202


async def test_the_true_token_is_accepted_also_at_the_edges_of_its_time(bot: Stage) -> None:
    activity = await one_message(bot)
    assert (await bot.teams.send(activity)).status == 202
    for offsets in ({"nbf": 300}, {"nbf": -7200, "exp": -299}):
        token = bot.teams.token(Forgery(claims=at(bot, **offsets)))
        assert (await bot.teams.send(activity, token=token)).status == 202
    assert len(bot.desk.stored) == 3


async def test_forged_invokes_do_not_reach_the_desk(bot: Stage) -> None:
    message = await one_message(bot)
    invoke = {**message, "type": "invoke", "name": "adaptiveCard/action", "value": {}}
    assert (await bot.teams.send(invoke, token="")).status == 401
    assert bot.desk.is_untouched


async def test_a_token_seen_before_still_expires_and_is_still_for_one_connector(bot: Stage) -> None:
    activity, token = await one_message(bot), bot.teams.token()
    assert (await bot.teams.send(activity, token=token)).status == 202
    elsewhere = {**activity, "serviceUrl": activity["serviceUrl"] + "other/"}
    assert (await bot.teams.send(elsewhere, token=token)).status == 401
    bot.clock.forward(minutes=64)
    assert (await bot.teams.send(activity, token=token)).status == 202
    bot.clock.forward(minutes=2)
    assert (await bot.teams.send(activity, token=token)).status == 401


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"channelData": {"tenant": {"id": "11111111-2222-3333-4444-555555555555"}}}, 403),
        ({"channelData": {"tenant": {"id": ""}}, "conversation": {"id": "19:x", "tenantId": ""}}, 403),
        ({"channelData": {}, "conversation": {"id": "19:x"}}, 403),
        ({"channelId": "webchat"}, 401),
        ({"channelId": "emulator"}, 401),
        ({"serviceUrl": "https://smba.trafficmanager.net/emea/"}, 401),
    ],
)
async def test_other_tenants_channels_and_connectors(bot: Stage, change: Json, status: int) -> None:
    activity = {**await one_message(bot), **change}
    if "conversation" not in change and "channelData" in change:
        activity["conversation"] = {**activity["conversation"], "tenantId": change["channelData"]["tenant"]["id"]}
    assert (await bot.teams.send(activity)).status == status
    assert bot.desk.is_untouched


@pytest.mark.parametrize(
    "service_url",
    [
        "https://evil.example/",
        "http://evil.example/",
        "https://127.0.0.1.evil.example/",
        "https://127.0.0.1@evil.example/",
        "https://evil.example\\@127.0.0.1/",
        "https://127.0.0.1:1@evil.example/",
        "file:///etc/passwd",
        "127.0.0.1",
        "http://127.0.0.1/{conversationId}",
    ],
)
async def test_a_signed_activity_of_an_unknown_connector_is_refused(bot: Stage, service_url: str) -> None:
    activity = {**await one_message(bot), "serviceUrl": service_url}
    token = bot.teams.token(Forgery(claims={"serviceurl": service_url}))
    assert (await bot.teams.send(activity, token=token)).status == 403
    assert bot.desk.is_untouched


async def test_a_key_that_is_not_endorsed_for_teams_is_refused(bot: Stage) -> None:
    ring = bot.teams.keys
    published = ring.jwks()
    published["keys"][0]["endorsements"] = ["skype", "webchat"]
    ring.jwks = lambda: published  # type: ignore[method-assign]
    assert (await bot.teams.send(await one_message(bot))).status == 401
    assert bot.desk.is_untouched


async def test_rotated_keys_work_at_once_and_old_ones_stop(bot: Stage) -> None:
    activity = await one_message(bot)
    assert (await bot.teams.send(activity)).status == 202
    old = bot.teams.token()
    assert (await bot.teams.send(activity, token=old)).status == 202
    bot.clock.forward(minutes=2)
    bot.teams.rotate_keys()
    assert (await bot.teams.send(activity)).status == 202
    assert (await bot.teams.send(activity, token=old)).status == 401
    assert len(bot.teams.server.called("keys")) == 2


async def test_a_key_that_is_replaced_under_its_id_takes_its_tokens_along(bot: Stage) -> None:
    activity, token, old = await one_message(bot), bot.teams.token(), bot.teams.keys.current
    assert (await bot.teams.send(activity, token=token)).status == 202
    bot.teams.keys.published = [replace(bot.teams.keys.unpublished(), kid=old.kid)]
    bot.clock.forward(hours=25)
    times = at(bot, nbf=-10, exp=3600)
    assert (await bot.teams.send(activity)).status == 202
    assert (await bot.teams.send(activity, token=bot.teams.token(Forgery(key=old, claims=times)))).status == 401
    assert (await bot.teams.send(activity, token=token)).status == 401


async def test_forged_key_ids_do_not_make_the_bot_fetch_keys_again_and_again(bot: Stage) -> None:
    activity = await one_message(bot)
    assert (await bot.teams.send(activity)).status == 202
    forged = [bot.teams.token(Forgery(key=bot.teams.keys.unpublished())) for _ in range(4)]
    for token in forged * 3:
        assert (await bot.teams.send(activity, token=token)).status == 401
    assert len(bot.teams.server.called("keys")) == 1
    bot.clock.forward(seconds=61)
    for token in forged:
        assert (await bot.teams.send(activity, token=token)).status == 401
    assert len(bot.teams.server.called("keys")) == 2


async def test_keys_are_kept_while_microsoft_cannot_be_asked(bot: Stage) -> None:
    activity = await one_message(bot)
    assert (await bot.teams.send(activity)).status == 202
    bot.clock.forward(hours=25)
    bot.teams.faults.fail(status=503, name="openid")
    assert (await bot.teams.send(activity)).status == 202
    assert bot.teams.faults.pending == 0


async def test_production_takes_no_plain_connection_to_the_connector() -> None:
    async with stage(mode="production") as bot:
        assert (await bot.teams.send(await one_message(bot))).status == 403
        assert bot.desk.is_untouched


WRONG: list[Any] = [None, 5, True, "x", [], {}, [{}], {"id": []}, [[["x"]]]]


async def test_random_damage_is_never_a_crash(bot: Stage) -> None:
    """Each key of a true activity replaced by each wrong kind of value: an answer below 500, always."""
    activity = await one_message(bot)
    statuses = set()
    for key in activity:
        for wrong in WRONG:
            damaged = {**copy.deepcopy(activity), key: wrong}
            token = bot.teams.token(Forgery(claims={"serviceurl": damaged.get("serviceUrl")}))
            statuses.add((await bot.teams.send(damaged, token=token)).status)
    assert statuses <= {200, 202, 400, 401, 403}
    assert {202, 400} <= statuses
