"""Callbacks from the award to what people get: run after the commit, tried again, parked with a reason, brought back."""

import asyncio
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from bots.callbacks import Notice, Tools
from bots.deliver_callbacks import Caller
from bots.sending import Permanent
from core.badges import registry
from core.callbacks.service import Happened
from core.outbox import replay
from tests.conversations.stage import Stage
from tests.conversations.test_badges import slash, stocked

MAIL, PAPER = "rewards.callbacks.send_completion_email", "rewards.callbacks.training.send_certificate"


class Faults:
    """What a company's function does, call by call; what it was called with."""

    def __init__(self) -> None:
        self.outcomes: list[Exception | Notice | None] = []
        self.calls: list[Happened] = []
        self.called = asyncio.Event()

    async def __call__(self, happened: Happened, tools: Tools) -> Notice | None:
        self.calls.append(happened)
        self.called.set()
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class Letters:
    """A mailer that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []

    async def send(self, *, to: str, subject: str, text: str, key: str) -> None:
        self.sent.append({"to": to, "subject": subject, "text": text, "key": key})


@pytest.fixture
def own() -> Iterator[Faults]:
    before, faults = registry.snapshot(), Faults()
    registry.callback("acme.print")(faults.__call__)
    yield faults
    registry.restore(before)


async def rows(stage: Stage) -> list[Any]:
    return list(await stage.sql("SELECT id, state, attempts, error FROM outbox WHERE kind = 'callback' ORDER BY id"))


async def until(stage: Stage, state: str) -> Any:
    """The call's row once it is in a state; nothing waits for its back-off."""
    async with asyncio.timeout(20):
        while True:
            await stage.sql("UPDATE outbox SET not_before = '-infinity' WHERE kind = 'callback' AND state = 'pending'")
            stage.application.deliverer.bell.ring()
            [row] = await rows(stage)
            if row.state == state:
                return row
            await asyncio.sleep(0.02)


async def give(stage: Stage) -> None:
    """Without waiting until all is sent: what is to fail is tried again later and later."""
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/badge", '@[Luis] "Above and beyond" thank you')


async def test_it_is_tried_again_and_then_done_once(stage: Stage, own: Faults) -> None:
    own.outcomes = [ValueError("a secret"), RuntimeError("x")]
    await stocked(stage, awarded_callbacks=["acme.print"])
    await give(stage)
    row = await until(stage, "sent")
    assert (row.attempts, row.error) == (3, "")
    assert {(each.key, each.badge, each.member_id, each.name) for each in own.calls} == {
        (own.calls[0].key, "Above and beyond", stage.member("Luis"), stage["Luis"].name)
    }
    assert len(own.calls) == 3


async def test_it_is_parked_with_its_reason_and_brought_back(stage: Stage, own: Faults) -> None:
    own.outcomes = [ValueError("a secret")] * 8
    await stocked(stage, awarded_callbacks=["acme.print"])
    await give(stage)
    row = await until(stage, "parked")
    assert (row.attempts, row.error) == (8, "acme.print failed (ValueError)")
    async with stage.sessions.begin(role="ops") as (session, _):
        assert await replay(session, [row.id]) == [row.id]
    assert (await until(stage, "sent")).error == ""
    assert len(own.calls) == 9


async def test_what_never_can_is_parked_at_once(stage: Stage, own: Faults) -> None:
    own.outcomes = [Permanent("the printer was sold")]
    await stocked(stage, awarded_callbacks=["acme.print"])
    await give(stage)
    row = await until(stage, "parked")
    assert (row.attempts, row.error) == (1, "the printer was sold")


async def test_a_name_that_nothing_registers_any_more_is_parked(stage: Stage, own: Faults) -> None:
    await stocked(stage, awarded_callbacks=["acme.print"])
    registry.restore({key: named for key, named in registry.snapshot().items() if named.name != "acme.print"})
    await give(stage)
    assert (await until(stage, "parked")).error == "nothing registers the callback acme.print"


async def test_nothing_is_called_for_an_award_that_was_taken_back(stage: Stage, own: Faults) -> None:
    own.outcomes = [ValueError("not now")]
    await stocked(stage, awarded_callbacks=["acme.print"])
    await give(stage)
    await asyncio.wait_for(own.called.wait(), 10)
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/badge", "undo")
    await until(stage, "dropped")
    assert len(own.calls) == 1


async def test_a_certificate_comes_in_private_with_its_picture(stage: Stage) -> None:
    await stocked(stage, awarded_callbacks=[PAPER])
    await slash(stage, '@[Luis] "Above and beyond" thank you')
    await until(stage, "sent")
    await stage.quiet()
    assert await stage.count("outbox", "kind = 'certificate' AND state = 'sent'") == 1
    [award] = await stage.sql("SELECT id, public_id FROM award")
    path = f"/pictures/certificates/{award.public_id}.png"
    async with aiohttp.ClientSession(stage.url) as http:
        async with http.get(path) as answer:
            body = await answer.read()
            assert (answer.status, answer.content_type) == (200, "image/png")
            assert answer.headers["Cache-Control"] == "private, max-age=600"
        assert body.startswith(b"\x89PNG")
        await stage.sql("UPDATE award SET revoked_at = now(), revoke_reason = 'mistake'")
        async with http.get(path) as answer:
            assert answer.status == 404


async def test_an_email_goes_to_who_has_an_address_else_a_word_in_private(stage: Stage) -> None:
    letters = Letters()
    caller = Caller(stage.sessions, Tools(letters))
    object.__setattr__(stage.application.deliverer, "caller", caller)
    await stocked(stage, awarded_callbacks=[MAIL])
    await stage.sql("UPDATE profile SET email = 'luis@example.com' WHERE member_id = :m", m=stage.member("Luis"))
    await stage.sql("UPDATE profile SET email = NULL WHERE member_id = :m", m=stage.member("Tom"))
    await slash(stage, '@[Luis] @[Tom] "Above and beyond" thank you')
    await stage.quiet()
    [letter] = letters.sent
    assert (letter["to"], letter["subject"]) == ("luis@example.com", "You completed Above and beyond")
    assert "earned 50 points" in letter["text"]
    notices = await stage.sql("SELECT reference FROM outbox WHERE kind = 'completion_notice'")
    assert [row.reference["reader"] for row in notices] == [stage.member("Tom")]
