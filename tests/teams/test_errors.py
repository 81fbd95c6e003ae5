"""What each refusal of the Connector means for a message."""

from datetime import UTC, datetime

import pytest

from bots.sending import Ambiguous, Permanent, RetryAfter, SendError, Transient
from bots.teams.errors import ConnectorRefusal, as_send_error, error_code

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (412, "", RetryAfter), (429, "", RetryAfter),
        (401, "", Transient), (408, "", Transient), (502, "", Transient), (503, "", Transient), (504, "", Transient),
        (500, "", Ambiguous), (501, "", Ambiguous), (520, "", Ambiguous),
        (302, "", Permanent), (400, "BadSyntax", Permanent), (405, "", Permanent), (413, "MessageSizeTooBig", Permanent),
    ],
)  # fmt: skip
def test_kinds(status: int, code: str, kind: type[SendError]) -> None:
    error = as_send_error(ConnectorRefusal(status, code, {}), now=NOW)
    assert type(error) is kind
    assert not (isinstance(error, Permanent) and error.gone)


@pytest.mark.parametrize(
    ("status", "code", "sending", "editing"),
    [
        (403, "BotNotInConversationRoster", True, True),
        (403, "MessageWritesBlocked", True, True),
        (403, "ForbiddenOperationException", True, False),
        (403, "SomethingElse", False, False),
        (403, "", False, False),
        (404, "ConversationNotFound", True, True),
        (404, "ActivityNotFoundInConversation", True, False),
        (404, "", True, False),
        (400, "ConversationNotFound", False, False),
    ],
)
def test_when_a_place_is_gone(status: int, code: str, sending: bool, editing: bool) -> None:
    for is_editing, gone in ((False, sending), (True, editing)):
        error = as_send_error(ConnectorRefusal(status, code, {}), editing=is_editing, now=NOW)
        assert isinstance(error, Permanent)
        assert error.gone is gone


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7), ("0", 1), ("99999999999", 3600), ("Fri, 20 Nov 2026 09:00:30 GMT", 30),
        ("Fri, 20 Nov 2026 08:00:00 GMT", 1), ("", 5), ("soon", 5), ("-3", 5), ("1.5", 5), ("٣", 5),
    ],
)  # fmt: skip
def test_how_long_to_wait(value: str, seconds: float) -> None:
    for status in (429, 412, 503):
        error = as_send_error(ConnectorRefusal(status, "", {"Retry-After": value}), now=NOW)
        assert isinstance(error, RetryAfter)
        assert error.seconds == seconds


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error": {"code": "BadSyntax", "message": "x"}}', "BadSyntax"),
        (b'{"error": {"code": "ana@example.com said no"}}', ""),
        (b'{"error": {"code": 5}}', ""), (b'{"error": "x"}', ""), (b"[]", ""), (b"<html>", ""), (b"", ""), (b"\xff", ""),
    ],
)  # fmt: skip
def test_the_connectors_own_word(body: bytes, code: str) -> None:
    assert error_code(body) == code
