"""POST /telegram/webhook: who may speak, what is stored, and that a 200 means stored."""

import gzip
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bots.settings import Settings
from bots.telegram.auth import SECRET_HEADER, bot_id, is_genuine
from bots.telegram.inbound import PATH, routes
from bots.telegram.platform import TelegramPlatform
from tests.telegram.conftest import SECRET, TOKEN, recorded
from tests.telegram.desk import MemoryDesk

Client = TestClient[web.Request, web.Application]
GENUINE = {SECRET_HEADER: SECRET, "Content-Type": "application/json"}


@pytest.fixture
def desk() -> MemoryDesk:
    return MemoryDesk()


@pytest.fixture
async def client(platform: TelegramPlatform, desk: MemoryDesk) -> AsyncIterator[Client]:
    app = web.Application()
    app.add_routes(routes(platform, desk))
    async with TestClient(TestServer(app)) as made:
        yield made


def body(update: dict[str, Any]) -> bytes:
    return json.dumps(update).encode()


async def test_an_update_is_stored_as_it_came(client: Client, desk: MemoryDesk) -> None:
    update = recorded("group_text_mention")
    answer = await client.post(PATH, data=body(update), headers=GENUINE)
    assert (answer.status, await answer.read()) == (200, b"")
    assert desk.stored == {("telegram", "7000000001", f"update:{update['update_id']}"): ("-4123456789", update)}


FORGED: list[tuple[str, list[tuple[str, str]]]] = [
    ("no secret", []),
    ("empty", [(SECRET_HEADER, "")]),
    ("blank", [(SECRET_HEADER, " ")]),
    ("shorter", [(SECRET_HEADER, SECRET[:-1])]),
    ("longer", [(SECRET_HEADER, SECRET + "0")]),
    ("other case", [(SECRET_HEADER, SECRET.upper())]),
    ("not ascii", [(SECRET_HEADER, SECRET[:-1] + "é")]),
    ("the token", [(SECRET_HEADER, TOKEN)]),
    ("twice, one right", [(SECRET_HEADER, "wrong"), (SECRET_HEADER, SECRET)]),
    ("twice the right one", [(SECRET_HEADER, SECRET), (SECRET_HEADER, SECRET)]),
    ("as bearer", [("Authorization", f"Bearer {SECRET}")]),
    ("other header", [("X-Telegram-Secret-Token", SECRET)]),
    ("as a list", [(SECRET_HEADER, f"{SECRET},{SECRET}")]),
]


@pytest.mark.parametrize(("name", "headers"), FORGED, ids=[name for name, _ in FORGED])
async def test_only_telegram_speaks_for_telegram(
    client: Client, desk: MemoryDesk, name: str, headers: list[tuple[str, str]]
) -> None:
    """Case 6."""
    answer = await client.post(PATH, data=body(recorded("private_text")), headers=headers)
    assert answer.status == 403
    assert desk.calls == []


async def test_the_secret_is_asked_before_the_body_is_read(client: Client) -> None:
    assert (await client.post(PATH, data=b"{")).status == 403
    assert (await client.post(PATH, data=b"[" * 300_000)).status == 403


@pytest.mark.parametrize("secret", ["", " ", "a b", "ümlaut", "x" * 257])
def test_without_a_proper_secret_a_webhook_does_not_start(secret: str) -> None:
    """Case 6."""
    with pytest.raises(ValueError, match="secret") as refused:
        TelegramPlatform(token=TOKEN, secret=secret, api_url="http://127.0.0.1:9", mode="webhook")
    assert "ümlaut" not in str(refused.value)


def test_settings_refuse_a_webhook_without_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAUDIT_TELEGRAM_BOT_TOKEN", TOKEN)
    assert any("PLAUDIT_TELEGRAM_SECRET" in fault for fault in Settings().faults())


@pytest.mark.parametrize("token", ["", "abc", "abc:def", ":def", "12:", "12:de f", "12 :def", "１２:def", "12:def\n"])
def test_a_malformed_token_is_refused_and_not_quoted(token: str) -> None:
    with pytest.raises(ValueError, match="token") as refused:
        bot_id(token)
    assert not token or token not in str(refused.value)


def test_an_unset_secret_matches_nothing() -> None:
    assert not is_genuine([""], "")


def without(update: dict[str, Any], *path: str, **changed: Any) -> bytes:
    node = update
    for step in path:
        node = node[step]
    node.update(changed)
    return body(update)


MALFORMED: list[tuple[str, bytes]] = [
    ("empty", b""),
    ("not JSON", b"{"),
    ("a list", b"[]"),
    ("a string", b'"update"'),
    ("null", b"null"),
    ("latin-1", '{"update_id": 1, "message": "é"}'.encode("latin-1")),
    ("utf-16", body(recorded("private_text")).decode().encode("utf-16")),
    ("twice a key", b'{"update_id": 1, "update_id": 2}'),
    ("NaN", b'{"update_id": NaN}'),
    ("1e400", b'{"update_id": 1e400}'),
    ("deep", b'{"update_id": 1, "message": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"),
    ("no update_id", b"{}"),
    ("text update_id", without(recorded("private_text"), update_id="915000101")),
    ("float update_id", without(recorded("private_text"), update_id=1.0)),
    ("boolean update_id", without(recorded("private_text"), update_id=True)),
    ("negative update_id", without(recorded("private_text"), update_id=-1)),
    ("endless update_id", without(recorded("private_text"), update_id=2**63)),
    ("message is text", without(recorded("private_text"), message="hello")),
    ("message is null", without(recorded("private_text"), message=None)),
    ("chat is a number", without(recorded("private_text"), "message", chat=5)),
    ("chat without id", without(recorded("private_text"), "message", chat={"type": "private"})),
    ("chat id is text", without(recorded("private_text"), "message", "chat", id="@everybody")),
    ("chat id is true", without(recorded("private_text"), "message", "chat", id=True)),
    ("query is a list", without(recorded("pressed"), callback_query=[])),
    ("query's message is text", without(recorded("pressed"), "callback_query", message="x")),
]


@pytest.mark.parametrize(("name", "sent"), MALFORMED, ids=[name for name, _ in MALFORMED])
async def test_malformed_bodies_are_the_senders_fault(client: Client, desk: MemoryDesk, name: str, sent: bytes) -> None:
    answer = await client.post(PATH, data=sent, headers=GENUINE)
    assert 400 <= answer.status < 500
    assert desk.calls == []


async def test_what_no_database_keeps_is_replaced(client: Client, desk: MemoryDesk) -> None:
    sent = without(recorded("private_text"), "message", text="a\x00b\ud800c")
    assert (await client.post(PATH, data=sent, headers=GENUINE)).status == 200
    [(_, stored)] = desk.stored.values()
    assert stored["message"]["text"] == "a\ufffdb\ufffdc"


async def test_bodies_are_capped(client: Client, desk: MemoryDesk) -> None:
    update = recorded("private_text")
    update["message"]["text"] = "x" * 262_144
    assert (await client.post(PATH, data=body(update), headers=GENUINE)).status == 413
    bomb = gzip.compress(body(update))
    assert (await client.post(PATH, data=bomb, headers={**GENUINE, "Content-Encoding": "gzip"})).status == 413
    assert desk.calls == []


async def test_a_broken_compression_is_the_senders_fault(client: Client, desk: MemoryDesk) -> None:
    headers = {**GENUINE, "Content-Encoding": "gzip"}
    assert 400 <= (await client.post(PATH, data=b"not gzip at all", headers=headers)).status < 500
    assert desk.calls == []


UNWANTED = ["channel_post", "pressed_inline", "reaction_other"]


@pytest.mark.parametrize("name", UNWANTED)
async def test_other_kinds_are_taken_and_dropped(client: Client, desk: MemoryDesk, name: str) -> None:
    assert (await client.post(PATH, data=body(recorded(name)), headers=GENUINE)).status == 200
    assert desk.calls == []


async def test_a_message_without_chat_is_taken_and_dropped(client: Client, desk: MemoryDesk) -> None:
    update = recorded("private_text")
    del update["message"]["chat"]
    assert (await client.post(PATH, data=body(update), headers=GENUINE)).status == 200
    assert desk.calls == []


WANTED = ["private_text", "edited", "pressed", "pressed_inaccessible", "bot_added"]
WANTED += ["private_users_shared", "reaction_added", "reaction_changed"]


@pytest.mark.parametrize("name", WANTED)
async def test_every_wanted_kind_is_stored_under_its_chat(client: Client, desk: MemoryDesk, name: str) -> None:
    update = recorded(name)
    assert (await client.post(PATH, data=body(update), headers=GENUINE)).status == 200
    [(conversation, stored)] = desk.stored.values()
    assert stored == update
    assert f'"id": {conversation}' in json.dumps(update)


async def test_copies_out_of_order_are_one_delivery_each(client: Client, desk: MemoryDesk) -> None:
    """Case 7."""
    first, second = recorded("private_text"), recorded("group_text_mention")
    for update in (second, first, second, first, second, first):
        assert (await client.post(PATH, data=body(update), headers=GENUINE)).status == 200
    assert len(desk.calls) == 6
    assert [stored for _, stored in desk.stored.values()] == [second, first]


async def test_what_could_not_be_stored_is_not_acknowledged(
    client: Client, desk: MemoryDesk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "aiohttp.server")
    desk.is_down = True
    assert (await client.post(PATH, data=body(recorded("private_text")), headers=GENUINE)).status == 500
    desk.is_down = False
    assert (await client.post(PATH, data=body(recorded("private_text")), headers=GENUINE)).status == 200
    assert len(desk.stored) == 1


async def test_polling_opens_no_door(desk: MemoryDesk) -> None:
    platform = TelegramPlatform(token=TOKEN, secret="", api_url="http://127.0.0.1:9", mode="polling")
    assert routes(platform, desk) == []
    await platform.close()
