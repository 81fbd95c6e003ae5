"""What Slack answers, and how calls break → the reasons that `deliver` knows."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bots.sending import Ambiguous, Permanent, RetryAfter, SendError, Transient

PAUSE_UNSAID: Final = 30.0  # seconds, where a 429 does not say how long

# Slack documents for internal_error and fatal_error that "some aspect of the operation" may have succeeded.
_AMBIGUOUS = frozenset({"internal_error", "fatal_error"})
_TRANSIENT = frozenset({"service_unavailable", "request_timeout", "team_added_to_org", "org_login_required"})
_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_GONE = frozenset({"channel_not_found", "not_in_channel", "is_archived", "channel_is_archived"})

_CODE = re.compile(r"[a-z0-9_]{1,60}")


class Unreadable(Exception):
    """Something that is not Slack's Web API answered: a redirect, or a page of a proxy. `status` is its HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


@contextmanager
def translated(method: str, *, repeatable: bool = False) -> Iterator[None]:
    """Turn what a call to `method` raises into a SendError.

    `repeatable` says that a second call does no harm, so that nothing about it is ambiguous.
    """
    try:
        yield
    except SendError:
        raise
    except SlackApiError as error:
        raise _settled(_from_answer(method, error), repeatable) from None
    except Unreadable as error:
        raise _settled(from_status(method, error.status, ""), repeatable) from None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise _settled(_from_connection(method, error), repeatable) from None


def from_status(method: str, status: int, retry_after: str) -> SendError:
    """For an answer without an error code of Slack's; `retry_after` is the header's text, empty if there was none."""
    reason = f"{method}: HTTP {status}"
    if status == 429:
        return RetryAfter(reason, _seconds(retry_after))
    if status in {408, 503}:
        return Transient(reason)
    return Permanent(reason) if 400 <= status < 500 else Ambiguous(reason)


def from_code(method: str, code: str) -> SendError:
    """For `code` from an answer's `error`; anything that does not look like a code is not repeated in the reason."""
    return _from_code(method, code if _CODE.fullmatch(code) else "unknown_error")


def _from_answer(method: str, error: SlackApiError) -> SendError:
    """`error.response` is the SDK's response, or aiohttp's own where the body was announced as JSON and is none."""
    answer = error.response
    status = answer.status_code if isinstance(answer, AsyncSlackResponse) else answer.status
    retry_after = answer.headers.get("Retry-After", "")
    data = answer.data if isinstance(answer, AsyncSlackResponse) else None
    code = data.get("error") if isinstance(data, dict) else None
    if not isinstance(code, str) or status == 429:
        return from_status(method, status, retry_after)
    if code in _LIMITED:
        return RetryAfter(f"{method}: {code}", _seconds(retry_after))
    return from_code(method, code)


def _from_code(method: str, code: str) -> SendError:
    reason = f"{method}: {code}"
    if code in _TRANSIENT:
        return Transient(reason)
    if code in _AMBIGUOUS:
        return Ambiguous(reason)
    return Permanent(reason, gone=code in _GONE)


def _from_connection(method: str, error: Exception) -> SendError:
    reason = f"{method}: {type(error).__name__}"
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)):
        return Transient(reason)
    return Ambiguous(reason)


def _settled(error: SendError, repeatable: bool) -> SendError:
    return Transient(error.reason) if repeatable and isinstance(error, Ambiguous) else error


def _seconds(text: str) -> float:
    return float(text) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", text) else PAUSE_UNSAID
