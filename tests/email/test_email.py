"""Letters to members who are in no chat: what is in them, who gets them, and what a mail server may say."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from bots.chat import Place, PlaceKind, Target
from bots.email.platform import EmailPlatform
from bots.email.server import Server
from bots.sending import Ambiguous, Permanent, SendError, Transient
from cards.model import Card, Heading, Paragraph, Text
from cards.render import Context
from cards.words import words_for
from core.database import Sessions
from tests.cards.samples import SAMPLES
from tests.conversations.stage import Stage, open_stage

SENDER = "Plaudit <plaudit@example.com>"


class Mailbox:
    """A mail server that keeps what it is given, or answers as it is told."""

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], Any]] = []
        self.answer = "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append((list(envelope.rcpt_tos), message_from_bytes(content, policy=policy.default)))
        return "250 kept"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
async def port(mailbox: Mailbox) -> AsyncIterator[int]:
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(mailbox), "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


def platform(port: int, addresses: dict[tuple[int, int], str]) -> EmailPlatform:
    async def find(workspace_id: int, member_id: int) -> str:
        return addresses.get((workspace_id, member_id), "")

    return EmailPlatform(Server("127.0.0.1", port, "", "", SENDER), find)


TARGET = Target(Place("email", "1", "", PlaceKind.PERSONAL), person="7")
HOSTILE = Card("Ana\r\nBcc: all@example.com thanked you", (Heading("Thank you"), Paragraph((Text("<b>you</b>"),))))


async def test_a_letter_says_what_the_card_says_without_buttons(mailbox: Mailbox, port: int) -> None:
    post = platform(port, {(1, 7): "ana@example.com"})
    card = SAMPLES["kudos_received"](words_for("en"))
    rendered = post.render(card, Context({}, {}, "en"))
    sent = await post.send(TARGET, rendered, card.summary)
    await post.send(TARGET, rendered, card.summary)
    [(to, letter), (_, again)] = mailbox.letters
    assert to == ["ana@example.com"]
    assert (letter["From"], letter["To"]) == (SENDER, "ana@example.com")
    assert "Thank you for staying late" in letter.get_content()
    assert "[" not in letter.get_content()
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"] == again["Message-ID"] == sent.message_id


async def test_nobody_writes_headers(mailbox: Mailbox, port: int) -> None:
    post = platform(port, {(1, 7): "ana@example.com"})
    await post.send(TARGET, post.render(HOSTILE, Context({}, {}, "en")), HOSTILE.summary)
    [(to, letter)] = mailbox.letters
    assert (to, letter["Bcc"]) == (["ana@example.com"], None)
    assert letter["Subject"] == "Ana Bcc: all@example.com thanked you"
    assert "<b>you</b>" in letter.get_content()
    assert letter.get_content_type() == "text/plain"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("450 try again", Transient),
        ("550 no such mailbox ana@example.com", Permanent),
        ("421 closing", Transient),
    ],
)
async def test_what_the_server_says_decides_and_is_not_repeated(
    mailbox: Mailbox, port: int, answer: str, expected: type[SendError]
) -> None:
    mailbox.answer = answer
    post = platform(port, {(1, 7): "ana@example.com"})
    with pytest.raises((expected, Ambiguous)) as failed:
        await post.send(TARGET, post.render(HOSTILE, Context({}, {}, "en")), HOSTILE.summary)
    assert "ana" not in failed.value.reason
    assert mailbox.letters == []


async def test_a_server_that_is_away_is_tried_again(port: int) -> None:
    post = EmailPlatform(Server("127.0.0.1", 1, "", "", SENDER), platform(port, {(1, 7): "ana@example.com"})._find)
    with pytest.raises(Transient):
        await post.send(TARGET, post.render(HOSTILE, Context({}, {}, "en")), HOSTILE.summary)


async def test_without_an_address_it_never_will(mailbox: Mailbox, port: int) -> None:
    post = platform(port, {})
    with pytest.raises(Permanent):
        await post.send(TARGET, post.render(HOSTILE, Context({}, {}, "en")), HOSTILE.summary)
    with pytest.raises(Permanent):
        await platform(port, {(1, 7): "no address at all"}).send(
            TARGET, post.render(HOSTILE, Context({}, {}, "en")), HOSTILE.summary
        )
    assert mailbox.letters == []


async def test_a_letter_is_not_edited(mailbox: Mailbox, port: int) -> None:
    post = platform(port, {(1, 7): "ana@example.com"})
    edit = replace(TARGET, message_id="<1@example.com>")
    assert (await post.send(edit, post.render(HOSTILE, Context({}, {}, "en")), "")).message_id == "<1@example.com>"
    assert mailbox.letters == []


OFFLINE = """
WITH made AS (INSERT INTO member (workspace_id) VALUES (:w) RETURNING id)
INSERT INTO profile (workspace_id, member_id, display_name, email, department, groups)
SELECT :w, id, 'Olga', 'olga@example.com', 'Works', ARRAY['works'] FROM made
"""


async def thank_olga(stage: Stage) -> None:
    await stage.sql(OFFLINE, w=stage.workspace_id)
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", "@works for the night shift")
    await stage.quiet()


async def test_who_is_in_no_chat_is_told_by_letter(database: Sessions, mailbox: Mailbox, port: int) -> None:
    async with open_stage(database, smtp_host="127.0.0.1", smtp_port=port, smtp_from=SENDER) as stage:
        await thank_olga(stage)
        assert await stage.count("outbox", "state = 'sent' AND address ->> 'platform' = 'email'") == 1
        assert await stage.count("outbox", "CAST(address AS text) LIKE '%olga%'") == 0
    [(to, letter)] = mailbox.letters
    assert to == ["olga@example.com"]
    assert "for the night shift" in letter.get_content()


async def test_without_a_mail_server_nothing_is_parked(database: Sessions, mailbox: Mailbox) -> None:
    async with open_stage(database) as stage:
        await thank_olga(stage)
        assert await stage.count("outbox", "state = 'parked'") == 0
        assert await stage.count("outbox", "state = 'dropped' AND address ->> 'platform' = 'email'") == 1
    assert mailbox.letters == []
