"""Who speaks for Telegram: the webhook's secret, and what the bot's token says without asking anybody."""

import hmac
import re
from collections.abc import Sequence

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
_TOKEN = re.compile(r"([0-9]{1,20}):[A-Za-z0-9_-]+", re.ASCII)
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}", re.ASCII)


def bot_id(token: str) -> str:
    """The bot's own user id: the number before the colon. Raises ValueError, which does not quote the token."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise ValueError("the Telegram token is not of the form 123456:letters")
    return match[1]


def check_secret(secret: str) -> None:
    """Raises ValueError unless `setWebhook` would take the secret: 1–256 letters, digits, `_` and `-`."""
    if _SECRET.fullmatch(secret) is None:
        raise ValueError("the Telegram webhook secret is empty or holds other characters than letters, digits, _ and -")


def is_genuine(headers: Sequence[str], secret: str) -> bool:
    """Whether the request carries the secret, once. `headers` are all values of `SECRET_HEADER`."""
    if len(headers) != 1 or not secret:
        return False
    return hmac.compare_digest(headers[0].encode("utf-8", "surrogateescape"), secret.encode())
