"""Giving kudos: the service with everything on, against the one statement that writes the same rows.

The limit is a data-modifying CTE through raw asyncpg in a transaction of its own: kudos, receiver, transfer, both balances and
the card in the outbox. It knows the accounts' ids beforehand, and keeps no role, workspace, repeat guard or cap per pair.
"""

import json
from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Any

import asyncpg
from sqlalchemy import text

from bench.company import CHANNEL, TEAM, Company, found
from bench.database import analyze, on_database
from bench.figures import Figure, Rate, middle, rate
from core.database import POOL_SIZE, Sessions
from core.kudos import service as kudos
from core.kudos.wording import Wording
from core.people.queries import Person

GOAL = 0.3
MEMBERS = 400
OPERATIONS = 1500
ROUNDS = 7
CONNECTIONS = POOL_SIZE
Pairs = Sequence[Sequence[Person]]

LIMIT = """
WITH spent AS (
    UPDATE account SET balance = balance - $5 WHERE workspace_id = $1 AND id = $2 AND balance >= $5 RETURNING id
), credited AS (
    UPDATE account SET balance = balance + $5 FROM spent WHERE workspace_id = $1 AND account.id = $3 RETURNING account.id
), given AS (
    INSERT INTO kudos (workspace_id, giver_id, message, points_each, given_at)
    SELECT $1, $4, $6, $5, now() FROM spent RETURNING id
), moved AS (
    INSERT INTO transfer (workspace_id, group_id, debit_id, credit_id, amount, reason, reference, actor_id, idempotency_key, at)
    SELECT $1, 0, spent.id, credited.id, $5, 'kudos', 'kudos:' || given.id, $4, 'kudos:' || given.id, now()
    FROM spent, credited, given RETURNING id
), received AS (
    INSERT INTO kudos_receiver (workspace_id, kudos_id, member_id, transfer_id) SELECT $1, given.id, $7, moved.id FROM given, moved
), owed AS (
    INSERT INTO outbox (workspace_id, dedup_key, scope, kind, address, reference, priority)
    SELECT $1, 'kudos:' || id || ':in:' || $8, $8, 'kudos_card', $9, jsonb_build_object('kudos', id), 6 FROM given
) SELECT id FROM given
"""
_ADDRESS = json.dumps(
    {"platform": "slack", "tenant": TEAM, "remote_id": CHANNEL, "kind": "channel", "name": "general", "reference": {}}
)
_COUNTS = text(
    "SELECT (SELECT count(*) FROM kudos), (SELECT count(*) FROM transfer WHERE reason = 'kudos'), (SELECT count(*) FROM outbox)"
)


def run() -> list[Figure]:
    return on_database(_measure)


async def _measure(sessions: Sessions, dsn: str) -> list[Figure]:
    company = await found(sessions, members=MEMBERS)
    pool = await asyncpg.create_pool(dsn, min_size=CONNECTIONS, max_size=CONNECTIONS)
    try:
        ours, limit = await _rounds(sessions, pool, company)
    finally:
        await pool.close()
    done = OPERATIONS * (ROUNDS + 1)
    await _assert_done(sessions, 2 * done)
    work = (
        f"{done} kudos each way on {CONNECTIONS} connections, median of {ROUNDS} interleaved rounds; "
        f"CPU of this process {ours.cpu:.0f} µs against {limit.cpu:.0f} µs each"
    )
    return [Figure("kudos", "kudos a second", ours.per_second, limit.per_second, "min", GOAL, work)]


async def _rounds(sessions: Sessions, pool: Any, company: Company) -> tuple[Rate, Rate]:
    chance = Random(1)
    ours, limits = [], []
    for turn in range(ROUNDS + 1):
        pairs = [chance.sample(company.members, 2) for _ in range(OPERATIONS)]
        words = [Wording.of(f"for staying late in round {turn}, night {night}") for night in range(OPERATIONS)]
        limits.append(await rate(partial(_limit, pool, company, pairs, words), count=OPERATIONS, at_once=CONNECTIONS))
        ours.append(await rate(partial(_give, sessions, company, pairs, words), count=OPERATIONS, at_once=CONNECTIONS))
        if turn == 0:
            await analyze(sessions)
    return middle(ours[1:]), middle(limits[1:])  # the first warms up


async def _give(sessions: Sessions, company: Company, pairs: Pairs, words: list[Wording], number: int) -> None:
    giver, receiver = pairs[number]
    await give(sessions, company, giver, receiver, words[number])


async def give(sessions: Sessions, company: Company, giver: Person, receiver: Person, wording: Wording) -> None:
    """A kudos as the product gives it, in a transaction of its own."""
    async with sessions.begin(company.workspace.id) as (session, now):
        await kudos.give(
            session,
            workspace=company.workspace,
            giver=giver,
            receivers=[receiver],
            wording=wording,
            guards_repeats=True,
            now=now,
        )


async def _limit(pool: Any, company: Company, pairs: Pairs, words: list[Wording], number: int) -> None:
    giver, receiver = pairs[number]
    async with pool.acquire() as connection:
        given = await connection.fetchval(
            LIMIT,
            company.workspace.id,
            company.accounts[giver.member_id, "allowance"],
            company.accounts[receiver.member_id, "earned"],
            giver.member_id,
            1,
            words[number].message,
            receiver.member_id,
            f"slack:{TEAM}:{CHANNEL}",
            _ADDRESS,
        )
    assert given is not None


async def _assert_done(sessions: Sessions, kudos_given: int) -> None:
    """A bench that did less than it says has measured nothing."""
    async with sessions.begin(role="ops") as (session, _):
        counts = tuple((await session.execute(_COUNTS)).one())
    assert counts == (kudos_given,) * 3, f"kudos, transfers, messages: {counts}"
