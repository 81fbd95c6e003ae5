"""POST /hooks/{name}: only somebody with the hook's secret is heard, each event once, each fault in clear words."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import aiohttp
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from bots import app as composition
from bots import hooks, logs
from bots.settings import Settings
from core.database import Sessions
from core.people.models import Workspace
from core.people.queries import Person
from tests.core.badges.stock import make_badge
from tests.core.events.stage import deeds, parked
from tests.factories import make_company
from web.hooks import IDEMPOTENCY_KEY, SIGNATURE, SIZE_MAX, TIMESTAMP, sign

SECRET, OTHER = "canary-hook-secret-" + "1" * 20, "canary-hook-secret-" + "2" * 20


class Answer(NamedTuple):
    status: int
    body: Any
    headers: Any


@dataclass(slots=True)
class Sender:
    http: aiohttp.ClientSession
    database: Sessions
    workspace: Workspace
    ana: Person

    async def send(
        self,
        content: Any,
        *,
        hook: str = "shop",
        secret: str = SECRET,
        ahead: int = 0,
        key: str = "",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """A signed request; `headers` replace those that it would have, empty ones are left out."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        timestamp = str(int(time.time()) + ahead)
        usual = {
            TIMESTAMP: timestamp,
            SIGNATURE: sign(body, secret=secret.encode(), timestamp=timestamp, key=key),
            "Content-Type": "application/json",
            IDEMPOTENCY_KEY: key,
        }
        sent = {name: value for name, value in {**usual, **(headers or {})}.items() if value}
        async with self.http.post(f"/hooks/{hook}", data=body, headers=sent) as answer:
            return Answer(answer.status, await answer.json(content_type=None), answer.headers)

    async def effects(self) -> int:
        async with self.database.begin(self.workspace.id) as (session, _):
            return len(await deeds(session, self.workspace))


@pytest.fixture
async def sender(database: Sessions) -> AsyncIterator[Sender]:
    logs.configure(is_production=False)
    workspace, [ana] = await make_company(database, 1)
    async with database.begin(workspace.id) as (session, _):
        await make_badge(session, workspace, reward_type="Automated Badge", multiple=True, events=["orders.closed"])
    settings = Settings(hooks=SecretStr(f"shop:{SECRET}, crm@{workspace.id}:{OTHER}, lost@nowhere:{OTHER}"))
    async with aiohttp.ClientSession() as http:
        application = composition.build(settings, database, http)
        async with (
            composition.running(application, host="127.0.0.1", port=0) as url,
            aiohttp.ClientSession(url) as client,
        ):
            yield Sender(client, database, workspace, ana)


def event(sender: Sender, **fields: Any) -> dict[str, Any]:
    return {"type": "orders.closed", "user_id": sender.ana.member_id, **fields}


async def test_a_signed_event_is_taken_once(sender: Sender) -> None:
    first = await sender.send(event(sender))
    assert (first.status, first.body) == (200, {"status": "taken", "recorded": 1, "awarded": 1})
    again = await sender.send(event(sender), ahead=-200)
    assert (again.status, again.body["status"]) == (200, "repeated")
    assert (await sender.send(event(sender), hook="crm", secret=OTHER)).body["status"] == "taken", "another producer"
    assert await sender.effects() == 2


async def test_an_idempotency_key_tells_events_apart_that_say_the_same(sender: Sender) -> None:
    for key, status in (("a", "taken"), ("b", "taken"), ("a", "repeated"), ("", "taken")):
        assert (await sender.send(event(sender), key=key)).body["status"] == status
    reused = await sender.send(event(sender, quantity=2), key="a")
    assert (reused.status, reused.body["error"]["code"]) == (409, "event_reused")
    assert await sender.effects() == 3


async def test_a_request_that_somebody_saw_cannot_be_made_another(sender: Sender) -> None:
    """The key is signed too: without, with another, and with the key in the body."""
    body = json.dumps(event(sender)).encode()
    timestamp = str(int(time.time()))
    seen = {TIMESTAMP: timestamp, SIGNATURE: sign(body, secret=SECRET.encode(), timestamp=timestamp, key="a")}
    for headers in ({IDEMPOTENCY_KEY: "b"}, {IDEMPOTENCY_KEY: ""}):
        assert (await sender.send(body, key="a", headers={**seen, **headers})).status == 401
    assert (await sender.send(b"a." + body, headers=seen)).status == 422
    assert await sender.effects() == 0


async def test_forty_copies_at_once_have_one_effect(sender: Sender) -> None:
    turns = asyncio.Semaphore(10)

    async def send() -> Answer:
        async with turns:
            return await sender.send(event(sender))

    answers = await asyncio.gather(*(send() for _ in range(40)))
    assert Counter(each.body["status"] for each in answers) == {"taken": 1, "repeated": 39}
    assert await sender.effects() == 1


FORGED: list[tuple[dict[str, Any], str]] = [
    ({"secret": OTHER}, "signature_wrong"),
    ({"secret": "x"}, "signature_wrong"),
    ({"hook": "crm"}, "signature_wrong"),
    ({"ahead": -301}, "timestamp_old"),
    ({"ahead": 320}, "timestamp_old"),
    ({"headers": {TIMESTAMP: ""}}, "header_wrong"),
    ({"headers": {TIMESTAMP: "now"}}, "header_wrong"),
    ({"headers": {TIMESTAMP: "9" * 13}}, "header_wrong"),
    ({"headers": {TIMESTAMP: "-1"}}, "header_wrong"),
    ({"headers": {TIMESTAMP: "1e9"}}, "header_wrong"),
    ({"headers": {TIMESTAMP: "٣٣٣"}}, "header_wrong"),
    ({"headers": {SIGNATURE: ""}}, "header_wrong"),
    ({"headers": {SIGNATURE: "v1="}}, "header_wrong"),
    ({"headers": {SIGNATURE: "v0=" + "0" * 64}}, "header_wrong"),
    ({"headers": {SIGNATURE: "v1=" + "0" * 64}}, "signature_wrong"),
    ({"headers": {SIGNATURE: "v1=" + "G" * 64}}, "header_wrong"),
    ({"headers": {SIGNATURE: "0" * 64}}, "header_wrong"),
    ({"key": "with.dot"}, "signature_wrong"),
    ({"key": "x" * 201}, "signature_wrong"),
]


@pytest.mark.parametrize(("given", "code"), FORGED, ids=lambda each: str(each)[:50])
async def test_nobody_else_is_heard(sender: Sender, given: dict[str, Any], code: str) -> None:
    answer = await sender.send(event(sender), **given)
    assert (answer.status, answer.body["error"]["code"]) == (401, code)
    assert "canary" not in str(answer.body)
    assert (await sender.effects(), await parked(sender.database)) == (0, [])


async def test_a_changed_body_is_not_what_was_signed(sender: Sender) -> None:
    body = json.dumps(event(sender)).encode()
    timestamp = str(int(time.time()))
    headers = {TIMESTAMP: timestamp, SIGNATURE: sign(body, secret=SECRET.encode(), timestamp=timestamp)}
    assert (await sender.send(body.replace(b"orders", b"odders"), headers=headers)).status == 401
    doubled = [(TIMESTAMP, timestamp), (TIMESTAMP, timestamp), (SIGNATURE, headers[SIGNATURE])]
    async with sender.http.post(
        "/hooks/shop", data=body, headers=[*doubled, ("Content-Type", "application/json")]
    ) as answer:
        assert answer.status == 401


@pytest.mark.parametrize("hook", ["nobody", "SHOP", "shop%00", "..%2Fshop", "x" * 500])
async def test_a_hook_that_is_not_there(sender: Sender, hook: str) -> None:
    answer = await sender.send(event(sender), hook=hook)
    assert (answer.status, answer.body["error"]["code"]) == (404, "hook_unknown")
    async with sender.http.get("/hooks/shop") as got:
        assert got.status == 405


FAULTY: list[tuple[Any, int, str, str]] = [
    (b"{", 422, "event_invalid", "$: is not one JSON object"),
    (b"[]", 422, "event_invalid", "$: is not one JSON object"),
    ({"type": "orders.closed", "user_id": "ana"}, 422, "event_invalid", "$.user_id: names nobody"),
    (
        {"type": "orders.closed", "user_id": "nobody@example.com"},
        422,
        "event_invalid",
        "nobody is known by what stands at 0",
    ),
    ({"type": "orders.closed", "user_id": 1, "amount": 5}, 422, "event_invalid", "$.amount: is no field of an event"),
    ({"user_id": 1}, 422, "event_invalid", "$.type: is needed"),
    ({"type": "orders.close", "user_id": 1}, 422, "event_unwanted", "did you mean orders.closed?"),
]


@pytest.mark.parametrize(("content", "status", "code", "told"), FAULTY, ids=str)
async def test_what_is_wrong_is_told_and_not_kept(
    sender: Sender, content: Any, status: int, code: str, told: str
) -> None:
    answer = await sender.send(content)
    assert (answer.status, answer.body["error"]["code"]) == (status, code)
    assert told in answer.body["error"]["message"]
    if code == "event_invalid":
        assert answer.body["error"]["faults"][0]["path"].startswith("$")
    assert await parked(sender.database) == []
    # The same again once it is mended is not a repeat.
    assert (await sender.send(content)).status == status


async def test_what_is_too_large_or_of_another_type(sender: Sender) -> None:
    answer = await sender.send(b"{" + b" " * SIZE_MAX)
    assert (answer.status, answer.body["error"]["code"]) == (413, "too_large")

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b" " * (SIZE_MAX // 8)

    async with sender.http.post(
        "/hooks/shop", data=endless(), headers={"Content-Type": "application/json"}
    ) as streamed:
        assert (streamed.status, (await streamed.json())["error"]["code"]) == (413, "too_large")
    for headers in (
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Encoding": "gzip"},
    ):
        assert (await sender.send(event(sender), headers=headers)).status in {400, 415}
    assert await sender.effects() == 0


async def test_switched_off_they_are_told_when_to_come_back(sender: Sender) -> None:
    async def switch(is_on: bool) -> None:
        async with sender.database.begin(role="ops") as (session, _):
            await session.execute(text("UPDATE workspace SET takes_events = :on"), {"on": is_on})

    await switch(False)
    answer = await sender.send(event(sender))
    assert (answer.status, answer.body["error"]["code"], answer.headers["Retry-After"]) == (503, "events_off", "60")
    assert "plaudit events on" in answer.body["error"]["message"]
    assert (await sender.send(event(sender), secret=OTHER)).status == 401, "strangers learn nothing"
    await switch(True)
    assert (await sender.send(event(sender))).body["status"] == "taken"


async def test_a_hook_of_no_workspace(sender: Sender) -> None:
    answer = await sender.send(event(sender), hook="lost", secret=OTHER)
    assert (answer.status, answer.body["error"]["code"]) == (503, "hook_without_workspace")


async def test_what_fails_is_kept_and_tried_again(sender: Sender) -> None:
    async with sender.database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE award ADD CONSTRAINT broken CHECK (false) NOT VALID"))
    answer = await sender.send(event(sender))
    assert (answer.status, answer.body["status"]) == (202, "kept")
    async with sender.database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE award DROP CONSTRAINT broken"))
    async with asyncio.timeout(20):
        while not await sender.effects():  # noqa: ASYNC110 - the process does it by itself
            await asyncio.sleep(0.05)
    assert (await sender.send(event(sender))).body["status"] == "repeated"
    assert await parked(sender.database) == []


async def test_what_could_not_even_be_kept_is_left_to_the_sender(sender: Sender) -> None:
    async with sender.database.engine.begin() as connection:
        for table in ("event_claim", "event_parked"):
            await connection.execute(text(f"ALTER TABLE {table} RENAME TO {table}_away"))
    answer = await sender.send(event(sender))
    assert (answer.status, answer.body["error"]["code"]) == (503, "unavailable")


async def test_another_workspaces_member_is_nobody(sender: Sender, database: Sessions) -> None:
    _, [bob] = await make_company(database, 1)
    answer = await sender.send(event(sender, user_id=bob.member_id), hook="crm", secret=OTHER)
    assert (answer.status, answer.body["error"]["faults"][0]["code"]) == (422, "user_unknown")
    # With two workspaces a hook that names none is for nobody.
    assert (await sender.send(event(sender))).status == 503


SETTINGS = [
    ("shop", "is no hook"),
    (f":{SECRET}", "is no hook"),
    (f"Shop:{SECRET}", "is no hook"),
    (SECRET, "is no hook"),
    ("shop:short", "shorter than 32 characters"),
    (f"shop:{SECRET},shop:{OTHER}", "twice"),
]


@pytest.mark.parametrize(("setting", "told"), SETTINGS)
def test_a_setting_that_cannot_be_read_is_named_without_its_secret(setting: str, told: str) -> None:
    [fault] = [each for each in Settings(hooks=SecretStr(setting)).faults() if "HOOKS" in each]
    assert told in fault
    assert "canary" not in fault
    assert "short:" not in fault


def test_hooks_of_a_setting() -> None:
    read = hooks.read(f" shop : {SECRET} ,, crm@Acme Inc:{OTHER}:with-colon,")
    assert [(each.name, each.workspace) for each in read.hooks] == [("shop", ""), ("crm", "Acme Inc")]
    assert read.hooks[1].secret.endswith(b":with-colon")
    assert hooks.read("") == ((), ())
