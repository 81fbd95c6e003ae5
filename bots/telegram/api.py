"""The one client of the Bot API: python-telegram-bot's, with short timeouts and quiet loggers."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlsplit

import telegram
from telegram.request import HTTPXRequest

from bots.settings import LOOPBACK
from bots.telegram.errors import Flooded, HttpFault, Unreadable

UPDATE_KINDS = ("message", "edited_message", "callback_query", "my_chat_member", "message_reaction")
TIMEOUT = 10.0  # seconds
CONNECTIONS_MAX = 64
RETRY_AFTER_DEFAULT = 5.0  # seconds, for a 429 that does not say
_UNDERSTOOD = frozenset({400, 401, 403, 404, 409})  # the SDK has an error class for each of these


class Request(HTTPXRequest):
    """Tells 429 and 5xx apart by their status; the SDK only keeps a sentence of them."""

    async def do_request(self, *args: Any, **named: Any) -> tuple[int, bytes]:
        status, body = await super().do_request(*args, **named)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise Flooded(_retry_after(body))
        if not 200 <= status < 300 and status not in _UNDERSTOOD:
            raise HttpFault(status)
        return status, body

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Without the SDK's habit of logging what it could not read. Raises TelegramError."""
        try:
            answer = json.loads(payload)
        except ValueError:
            raise Unreadable from None
        if not isinstance(answer, dict) or (answer.get("ok") and "result" not in answer):
            raise Unreadable
        return answer


class Api(telegram.Bot):
    """`telegram.Bot` plus updates as they came. Never call `initialize`: its error message holds the token."""

    async def raw_updates(self, offset: int | None, hold: float) -> list[dict[str, Any]]:
        """One getUpdates that waits up to `hold` seconds. `Bot.get_updates` parses all or raises, so that one update it
        cannot read would stop the queue for ever. Raises TelegramError."""
        named = {"offset": offset, "timeout": int(hold), "allowed_updates": list(UPDATE_KINDS)}
        result = await self._post("getUpdates", named, read_timeout=TIMEOUT + hold)
        return cast("list[dict[str, Any]]", result)

    async def make(self, method: str, parameters: Mapping[str, Any]) -> None:
        """A call that is spelled out already, as the Bot API documents it. Raises TelegramError."""
        await self._post(method, dict(parameters))

    async def ask(self, method: str, parameters: Mapping[str, Any]) -> Any:
        """The same for its result, as it came. Raises TelegramError."""
        return await self._post(method, dict(parameters))


def connect(token: str, api_url: str) -> tuple[Api, Request]:
    """No network yet. The second is to be shut down at the end."""
    _quieten()
    request = Request(
        connection_pool_size=CONNECTIONS_MAX,
        read_timeout=TIMEOUT,
        write_timeout=TIMEOUT,
        connect_timeout=TIMEOUT,
        pool_timeout=TIMEOUT,
        # A company's proxy is for the way out; nothing on this machine is behind it.
        httpx_kwargs={"trust_env": urlsplit(api_url).hostname not in LOOPBACK},
    )
    root = api_url.rstrip("/")
    api = Api(token, f"{root}/bot", f"{root}/file/bot", request=request, get_updates_request=request)
    return api, request


def _quieten() -> None:
    """httpx logs each URL, token included, at INFO; python-telegram-bot each message at DEBUG."""
    for name in ("httpx", "httpcore", "telegram"):
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))


def _retry_after(body: bytes) -> float:
    try:
        seconds = json.loads(body)["parameters"]["retry_after"]
    except (ValueError, KeyError, TypeError):
        return RETRY_AFTER_DEFAULT
    is_number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    return float(seconds) if is_number and seconds >= 0 else RETRY_AFTER_DEFAULT
