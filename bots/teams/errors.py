"""What the Bot Connector's refusals mean for a message."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bots.sending import Ambiguous, Permanent, RetryAfter, SendError, Transient

PAUSE_DEFAULT = 5.0
PAUSE_MAX = 3600.0
THROTTLED = frozenset({412, 429})
NOT_DONE = frozenset({502, 503, 504})
CODE_LENGTH_MAX = 60
MEMBER_UNKNOWN = "MemberNotFoundInConversation"
CONVERSATION_UNKNOWN = "ConversationNotFound"
# 403 with these: the bot was removed or blocked. Other 403s are about the message.
BOT_REMOVED = frozenset(
    {
        "BotDisabledByAdmin",
        "BotDisabledByUser",
        "BotNotInConversationRoster",
        "ConversationBlockedByUser",
        "MessageWritesBlocked",
    }
)
# Said of a chat where the bot is not installed, but also of a message that it did not write.
FORBIDDEN = "ForbiddenOperationException"


class ConnectorRefusal(Exception):
    """An answer of the Connector that is not a success; `code` is its own word for it, never with personal data."""

    def __init__(self, status: int, code: str, headers: Mapping[str, str]) -> None:
        super().__init__(f"the Connector answered {status} {code}".rstrip())
        self.status = status
        self.code = code
        self.headers = headers


def error_code(body: bytes) -> str:
    """`error.code` of an answer, empty if it is not shaped like that."""
    try:
        answer = json.loads(body)
    except ValueError:
        return ""
    error = answer.get("error") if isinstance(answer, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    if not isinstance(code, str) or not code.isascii() or not code.isalnum():
        return ""
    return code[:CODE_LENGTH_MAX]


def as_send_error(refusal: ConnectorRefusal, *, editing: bool = False, now: datetime | None = None) -> SendError:
    """What `deliver` should do. Source: Microsoft's "Rate limiting" and "Status codes from bot conversational APIs"."""
    reason, status = str(refusal), refusal.status
    if status in THROTTLED or (status in NOT_DONE and "Retry-After" in refusal.headers):
        return RetryAfter(reason, _pause(refusal.headers, now or datetime.now(UTC)))
    if status in NOT_DONE or status in (401, 408):
        return Transient(reason)
    if status >= 500:
        return Ambiguous(reason)
    return Permanent(reason, gone=_is_gone(refusal, editing))


def _is_gone(refusal: ConnectorRefusal, editing: bool) -> bool:
    if refusal.status == 404:
        # Without a word about the conversation it is the edited message that is not there.
        return not editing or refusal.code == CONVERSATION_UNKNOWN
    if refusal.status != 403:
        return False
    return refusal.code in BOT_REMOVED or (refusal.code == FORBIDDEN and not editing)


def _pause(headers: Mapping[str, str], now: datetime) -> float:
    """Retry-After holds seconds or a date."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(max(float(value[:6]), 1.0), PAUSE_MAX)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return PAUSE_DEFAULT
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((aware - now).total_seconds(), 1.0), PAUSE_MAX)
