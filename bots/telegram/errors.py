"""What python-telegram-bot raises, told apart by the one question that matters: did it arrive?"""

import re

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
    TimedOut,
)

from bots.sending import Ambiguous, Permanent, RetryAfter, SendError, Transient

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_MAYBE_DONE = frozenset({500, 504})
_CHAT_GONE = ("chat not found", "peer_id_invalid", "group chat was deactivated", "user is deactivated")
MISREAD = "can't parse entities"
"""How Telegram says that our HTML is wrong."""
_REASON = re.compile(r"[A-Za-z][\w '.-]{0,79}", re.ASCII)


class HttpFault(NetworkError):
    """An HTTP status that python-telegram-bot would have turned into a sentence."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


class Flooded(TelegramError):
    """429. `seconds` is Telegram's `retry_after`; the SDK's own class warns of a deprecation each time it is made."""

    def __init__(self, seconds: float) -> None:
        super().__init__("too many requests")
        self.seconds = seconds


class Unreadable(TelegramError):
    """A 2xx whose body is not an answer of the Bot API: whatever we asked for may have been done."""

    def __init__(self) -> None:
        super().__init__("the answer could not be read")


def is_bad_request(error: TelegramError, *phrases: str) -> bool:
    """Whether Telegram refused the call and its description contains one of the phrases (lower case)."""
    return isinstance(error, BadRequest) and any(phrase in error.message.lower() for phrase in phrases)


def translate(error: TelegramError, *, is_repeatable: bool = False) -> SendError:
    """`is_repeatable` calls may be made twice without harm, so for them it does not matter whether the first arrived."""
    if isinstance(error, Flooded):
        return RetryAfter("too many requests", error.seconds)
    if isinstance(error, Forbidden):
        return Permanent(_reason(error), gone=True)
    if isinstance(error, BadRequest):
        return Permanent(_reason(error), gone=is_bad_request(error, *_CHAT_GONE))
    if isinstance(error, ChatMigrated):
        return Permanent("the group became a supergroup")
    if isinstance(error, InvalidToken):
        return Transient("Telegram rejects the bot's token")
    if isinstance(error, Conflict):
        return Transient("another process or a webhook receives the updates")
    if isinstance(error, Unreadable):
        return Transient(error.message) if is_repeatable else Ambiguous(error.message)
    if isinstance(error, HttpFault):
        return _of_status(error.status, is_repeatable)
    return _of_transport(error, is_repeatable)


def _of_status(status: int, is_repeatable: bool) -> SendError:
    reason = f"Telegram answered {status}"
    if 400 <= status < 500:
        return Permanent(reason)
    if status in _MAYBE_DONE and not is_repeatable:
        return Ambiguous(reason)
    return Transient(reason)


def _of_transport(error: TelegramError, is_repeatable: bool) -> SendError:
    cause = error.__cause__
    reason = "timed out" if isinstance(error, TimedOut) else "connection failed"
    if isinstance(cause, _NEVER_SENT):
        return Transient(reason)
    if isinstance(cause, httpx.HTTPError):
        reason = f"{reason} ({type(cause).__name__})"
    return Transient(reason) if is_repeatable else Ambiguous(reason)


def _reason(error: TelegramError) -> str:
    """Telegram's description up to its first colon: behind it may stand pieces of what we sent."""
    match = _REASON.match(error.message.removeprefix("Forbidden: "))
    return match[0].strip() if match else "refused"
