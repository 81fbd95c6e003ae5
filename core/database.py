"""One engine, one way to open a transaction, and the base of every table."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar

from sqlalchemy import BigInteger, DateTime, Dialect, Identity, MetaData, Row, TextClause, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

Role = Literal["app", "ops"]
Result = TypeVar("Result")

STATEMENT_SECONDS = 5
LOCK_SECONDS = 2
IDLE_SECONDS = 30
POOL_SIZE = 16
CONFLICTS = frozenset({"40001", "40P01"})  # serialization failure, deadlock
CONFLICT_ATTEMPTS = 5

NO_WORKSPACE = 0
"""Stands where a key wants a workspace and none is known: answers to strangers, claims of unbound tenants."""


_DIALECT: Dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]


class Outrun(Exception):
    """What this transaction had read was changed by another before it could act on it: nothing may be kept, run it again."""


class Table(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        int: BigInteger,
        datetime: DateTime(timezone=True),
        Mapping[str, Any]: JSONB,
    }


class OfWorkspace:
    """A table whose rows belong to one workspace; row-level security holds it, see the first migration."""

    workspace_id: Mapped[int] = mapped_column(primary_key=True, sort_order=-2)


class Numbered(OfWorkspace):
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, sort_order=-1)


class Transaction(NamedTuple):
    """`now` is the database's clock when the transaction began."""

    session: AsyncSession
    now: datetime


_OPEN = (
    "SELECT clock_timestamp(), set_config('role', $1, true), set_config('plaudit.workspace_id', $2, true),"
    " set_config('statement_timeout', $3, true), set_config('plan_cache_mode', $4, true)"
)


def _open(session: Session, role: Role, workspace_id: int, statement_seconds: int) -> datetime:
    """Every command, message and look at the queues pays for this statement, so it takes the shortest way to the driver."""
    # What a connection planned when its tables were almost empty, foreign keys' checks above all, reads a whole table for
    # each row of an import. Work that is given time is planned with the tables as they are.
    plans = "force_custom_plan" if statement_seconds > STATEMENT_SECONDS else "auto"
    settings = (f"plaudit_{role}", str(workspace_id), f"{statement_seconds}s", plans)
    now: datetime = session.connection().exec_driver_sql(_OPEN, settings).scalar_one()
    return now


class Sessions:
    """Opens transactions as one of the two roles; the connection's own user only migrates."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._make = async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def begin(
        self, workspace_id: int = NO_WORKSPACE, *, role: Role = "app", statement_seconds: int = STATEMENT_SECONDS
    ) -> AsyncIterator[Transaction]:
        """Commit at the end of the block, roll back if it raises.

        Role `app` sees the rows of `workspace_id` alone; `ops` (delivery, schedule, verification) sees every workspace.
        """
        async with self._make.begin() as session:
            yield Transaction(session, await session.run_sync(_open, role, workspace_id, statement_seconds))


class Hot:
    """A statement that a command runs every time, compiled once: the usual way costs the client a quarter more.

    Its parameters reach the driver as they are: integers, text, bytes, times and lists of them.
    """

    def __init__(self, statement: TextClause | str) -> None:
        compiled = (text(statement) if isinstance(statement, str) else statement).compile(dialect=_DIALECT)
        self._sql = compiled.string
        self._names = compiled.positiontup or []

    async def one(self, session: AsyncSession, values: Mapping[str, Any]) -> Row[Any]:
        """The one row that the statement returns. The session's own pending changes are not flushed before."""
        [row] = await self.all(session, values)
        return row

    async def all(self, session: AsyncSession, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """Every row that the statement returns; none if it returns nothing."""
        return await session.run_sync(self._run, tuple(values[name] for name in self._names))

    def _run(self, session: Session, values: tuple[Any, ...]) -> Sequence[Row[Any]]:
        result = session.connection().exec_driver_sql(self._sql, values)
        return result.all() if result.returns_rows else ()


def connect(url: str, *, pool_size: int = POOL_SIZE) -> AsyncEngine:
    """An engine for a `postgresql+asyncpg://` URL with the house's timeouts."""
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=STATEMENT_SECONDS,
        hide_parameters=True,  # an error must not carry what people wrote into the log
        connect_args={
            "server_settings": {
                "application_name": "plaudit",
                "lock_timeout": f"{LOCK_SECONDS}s",
                "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
                "timezone": "UTC",
            }
        },
    )


def sqlstate(error: DBAPIError) -> str:
    """PostgreSQL's five-character code of an error, empty if it has none."""
    return str(getattr(error.orig, "sqlstate", None) or "")


def constraint(error: DBAPIError) -> str:
    """Name of the constraint that a statement broke, empty if none."""
    cause = getattr(error.orig, "__cause__", None)
    return str(getattr(cause, "constraint_name", None) or "")


async def retrying(work: Callable[[], Awaitable[Result]]) -> Result:
    """Run a whole transaction again when it lost against another one (deadlock, serialization, Outrun), with jitter."""
    for attempt in range(1, CONFLICT_ATTEMPTS):
        try:
            return await work()
        except Outrun:
            pass
        except DBAPIError as error:
            if sqlstate(error) not in CONFLICTS:
                raise
        await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))
    return await work()
