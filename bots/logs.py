"""Logs for operators: one line an event, fields from a list, never what people wrote, who they are, or a secret."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

FIELDS = frozenset(
    {
        "event", "level", "timestamp", "logger", "exception", "exc_info",
        "platform", "reference", "kind", "outbox", "reason", "host", "port", "channels", "remedy", "count", "state",
    }
)  # fmt: skip
"""What may be logged; anything else is left out, so that a careless call cannot leak."""

QUIET = ("aiohttp.access", "alembic", "apscheduler", "asyncio", "botbuilder", "botframework", "httpcore", "httpx", "msrest",
         "slack_bolt", "slack_sdk", "sqlalchemy", "telegram", "urllib3")  # fmt: skip
"""Libraries that name URLs with tokens, or bodies, below WARNING."""


def configure(*, is_production: bool, stream: TextIO = sys.stderr) -> None:
    """JSON lines in production, readable ones in development. Tracebacks never show local variables."""
    render: Any = (
        structlog.processors.JSONRenderer()
        if is_production
        else structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            _allow_listed,
            *([structlog.processors.format_exc_info] if is_production else []),
            render,
        ],
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=stream, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _allow_listed(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: value for name, value in event.items() if name in FIELDS}
