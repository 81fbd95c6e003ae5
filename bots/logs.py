"""Logs for operators: one line an event, fields from a list, never what people wrote, who they are, or a secret."""

import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from types import TracebackType
from typing import Any, TextIO

import structlog

FIELDS = frozenset(
    {
        "event", "level", "timestamp", "logger", "exception", "exc_info",
        "platform", "reference", "kind", "outbox", "reason", "host", "port", "channels", "remedy", "count", "state",
        "job", "workspace",
    }
)  # fmt: skip
"""What may be logged; anything else is left out, so that a careless call cannot leak."""

QUIET = ("aio_pika", "aiohttp.access", "aiormq", "alembic", "apscheduler", "asyncio", "botbuilder", "botframework", "httpcore", "httpx", "msrest",
         "slack_bolt", "slack_sdk", "sqlalchemy", "telegram", "urllib3")  # fmt: skip
"""Libraries that name URLs with tokens, or bodies, below WARNING."""

OURS = frozenset({"bots", "cards", "core", "migrations", "web"})
TOLD = ("sqlstate", "constraint_name", "errno")

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def configure(*, is_production: bool, stream: TextIO = sys.stderr) -> None:
    """JSON lines in production, readable ones in development. Tracebacks show neither local variables nor others' messages."""
    render: Any = (
        structlog.processors.JSONRenderer()
        if is_production
        else structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=_write)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            _allow_listed,
            *([structlog.processors.ExceptionRenderer(format_exception)] if is_production else []),
            render,
        ],
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def format_exception(exc_info: ExcInfo) -> str:
    """A traceback for operators. What an exception says is left out unless it is one of ours: a database quotes the row that
    it refused, a parser the text that it could not read."""
    return "".join(_lines(exc_info[1])).rstrip("\n") if exc_info[1] else ""


class _Formatter(logging.Formatter):
    """For the libraries' own loggers, which log exceptions too."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is logging's
        return format_exception(ei)


def _write(stream: TextIO, exc_info: ExcInfo) -> None:
    stream.write("\n" + format_exception(exc_info))


def _lines(error: BaseException) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _lines(before)
        yield "\nwhich led to\n\n"
    yield from traceback.format_tb(error.__traceback__)
    yield _told(error) + "\n"
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from (f"  | {line}\n" for part in _lines(inner) for line in part.splitlines())


def _told(error: BaseException) -> str:
    kind = type(error)
    if kind.__module__.partition(".")[0] in OURS:
        return f"{kind.__module__}.{kind.__qualname__}: {error}"
    details = [f"{name} {value}" for name in TOLD if (value := getattr(error, name, None))]
    return " ".join((f"{kind.__module__}.{kind.__qualname__}", *details))


def _allow_listed(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: value for name, value in event.items() if name in FIELDS}
