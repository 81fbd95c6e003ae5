"""What the database says, asked over a connection that the bot knows nothing of."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
from sqlalchemy import make_url

from tests.storm.process import until

# A notification is delivered by the commit that it is part of.
_TELL_OF_COMMITS = """
CREATE FUNCTION storm_tells() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_notify(''committed'', ''''); RETURN NULL; END';
CREATE TRIGGER storm_tells AFTER INSERT OR UPDATE ON inbox FOR EACH ROW WHEN (new.state = 'done') EXECUTE FUNCTION storm_tells();
CREATE TRIGGER storm_tells AFTER INSERT ON kudos FOR EACH ROW EXECUTE FUNCTION storm_tells();
"""
_BOT_IS_CONNECTED = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'plaudit')"
)
_UNFINISHED = """
SELECT EXISTS (SELECT FROM inbox WHERE state IN ('pending', 'retry'))
    OR EXISTS (SELECT FROM outbox WHERE state IN ('pending', 'sending'))
"""
_DOUBTFUL = """
SELECT EXISTS (SELECT FROM outbox WHERE id = ANY($1) AND (state = 'sending' OR state = 'pending' AND ambiguous > 0))
"""
_SECONDS = """
SELECT kudos.message, second.member_id FROM kudos_second AS second
JOIN kudos ON kudos.workspace_id = second.workspace_id AND kudos.id = second.kudos_id
"""
_MOVED = """
SELECT member.id, coalesce(sum(transfer.amount), 0) AS points FROM member
JOIN account ON account.workspace_id = member.workspace_id AND account.member_id = member.id AND account.kind = 'earned'
LEFT JOIN transfer ON transfer.workspace_id = account.workspace_id AND transfer.credit_id = account.id GROUP BY member.id
"""


class Books:
    """`watch` must have been awaited before anything else."""

    def __init__(self, dsn: str) -> None:
        url = make_url(dsn).set(drivername="postgresql")
        self._dsn = url.render_as_string(hide_password=False)
        self._connection: Any = None
        self._turn = asyncio.Lock()

    async def watch(self, on_commit: Callable[[], object]) -> None:
        """Call `on_commit` after every commit that claimed a delivery or made a kudos; in one commit they are one."""
        self._connection = await asyncpg.connect(self._dsn, server_settings={"application_name": "storm"})
        await self._connection.execute(_TELL_OF_COMMITS)
        await self._connection.add_listener("committed", lambda *_: on_commit())

    async def close(self) -> None:
        await self._connection.close()

    async def after_death(self) -> list[int]:
        """Wait until the dead bot's last statements are over and return the messages that were on their way.

        Their lease is up at once: the test knows what another process could only learn by waiting half a minute.
        """
        await until(self._is_alone)
        on_their_way = await self._rows("SELECT id FROM outbox WHERE state = 'sending'")
        await self._rows("UPDATE outbox_scope SET leased_until = '-infinity'")
        return [row["id"] for row in on_their_way]

    async def are_settled(self, messages: list[int]) -> bool:
        """Whether the fate of these messages is known."""
        return not await self._ask(_DOUBTFUL, messages)

    async def is_all_done(self) -> bool:
        """Whether every delivery was worked on and every message sent, or given up."""
        return not await self._ask(_UNFINISHED)

    async def parked(self) -> list[str]:
        rows = await self._rows(
            "SELECT 'message ' || dedup_key || ': ' || error AS what FROM outbox WHERE state = 'parked'"
            " UNION ALL SELECT 'delivery ' || remote_id || ': ' || error FROM inbox WHERE state = 'parked'"
        )
        return [row["what"] for row in rows]

    async def kudos(self) -> Counter[str]:
        """How often each message was given."""
        return Counter(row["message"] for row in await self._rows("SELECT message FROM kudos WHERE undone_at IS NULL"))

    async def seconds(self) -> set[tuple[str, int]]:
        return {(row["message"], row["member_id"]) for row in await self._rows(_SECONDS)}

    async def earned(self) -> dict[int, int]:
        """Points that were moved to each member, by the transfers."""
        return {row["id"]: int(row["points"]) for row in await self._rows(_MOVED)}

    async def _is_alone(self) -> bool:
        return not await self._ask(_BOT_IS_CONNECTED)

    async def _ask(self, statement: str, *values: Any) -> Any:
        async with self._turn:
            return await self._connection.fetchval(statement, *values)

    async def _rows(self, statement: str) -> list[Any]:
        async with self._turn:
            return list(await self._connection.fetch(statement))


def differences(expected: Counter[str], found: Counter[str]) -> Iterator[str]:
    """Sentences about what was lost, doubled, or never sent."""
    for what, count in (expected - found).items():
        yield f"lost: {what} ({count} missing)"
    for what, count in (found - expected).items():
        yield f"{'doubled' if what in expected else 'never sent'}: {what} ({count} too many)"
