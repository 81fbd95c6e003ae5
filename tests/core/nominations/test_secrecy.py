"""Whoever has the whole database after the close, and knows everything about how it works, cannot tell who voted for whom.

The attacks read what an administrator with every right can read: rows, their physical order, the transactions that wrote them,
what lies in inbox and outbox. Each of them is shown to work on votes that were not protected, so that one that finds nothing here
is no attack that could never have found anything.
"""

import hashlib
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from core import inbox
from core.database import Sessions
from core.inbox import Key
from core.nominations import advancing, secrecy
from tests.core.nominations.stock import Stage, make_committed_stage, move_on, nominate, now_is, put_off, vote

VOTERS, CANDIDATES = 240, 4
TIMES_CHANCE = 1.5
"""Of 240 guesses among 4 candidates a quarter is right by chance, give or take an eighth of that; half as many more is none."""


class Election:
    """`truth` is whom each voter voted for, in the order in which they did."""

    def __init__(self, stage: Stage, truth: Mapping[int, int], key: bytes) -> None:
        self.stage, self.truth, self.key = stage, truth, key


async def held(database: Sessions) -> Election:
    """Voters vote one after the other, in an order of chance, each by a delivery that is claimed with the vote."""
    stage = await make_committed_stage(database, VOTERS + CANDIDATES + 1)
    chance = random.Random(7)
    async with database.begin(stage.workspace.id) as (session, now):
        ids = [
            await nominate(session, stage, stage.people[-1 - place], stage.people[place]) for place in range(CANDIDATES)
        ]
        await move_on(session, stage, now)
        key = (await now_is(session, stage)).ballot_key
    assert key is not None
    voters = stage.people[CANDIDATES:]
    chance.shuffle(voters)
    truth = {}
    for voter in voters:
        choice = chance.choice(ids)
        async with database.begin(stage.workspace.id) as (session, _):
            await inbox.claim(session, Key("slack", "T1", f"press-of-{voter.member_id}"))
            await vote(session, stage, voter, choice)
        truth[voter.member_id] = choice
    return Election(stage, truth, key)


async def close(database: Sessions, election: Election) -> None:
    async with database.begin(election.stage.workspace.id) as (session, now):
        await put_off(session, election.stage, voting_end_at="-1 second")
        await advancing.advance(session, election.stage.id, workspace_id=election.stage.workspace.id, now=now)


Attack = Callable[[AsyncConnection, Election], Awaitable[Mapping[int, int]]]


async def _all(connection: AsyncConnection, statement: str) -> Sequence[tuple[int, ...]]:
    return [tuple(row) for row in await connection.execute(text(statement))]


async def by_transaction(connection: AsyncConnection, election: Election) -> Mapping[int, int]:
    """The delivery that was claimed in the transaction of the vote names its presser."""
    found = await _all(
        connection,
        "SELECT CAST(substring(inbox.remote_id FROM 10) AS bigint), vote.choice FROM inbox JOIN vote ON vote.xmin = inbox.xmin",
    )
    return {row[0]: row[1] for row in found}


async def by_order_of_rows(connection: AsyncConnection, election: Election) -> Mapping[int, int]:
    """Deliveries have times and numbers; votes lie in their table in some order."""
    members = await _all(connection, "SELECT CAST(substring(remote_id FROM 10) AS bigint) FROM inbox ORDER BY seq")
    choices = await _all(connection, "SELECT choice FROM vote ORDER BY ctid")
    return {member: choice for (member,), (choice,) in zip(members, choices, strict=True)}


async def by_the_roll(connection: AsyncConnection, election: Election) -> Mapping[int, int]:
    """Row by row: the roll beside the votes."""
    roll = await _all(connection, "SELECT member_id FROM ballot_roll ORDER BY ctid")
    choices = await _all(connection, "SELECT choice FROM vote ORDER BY ctid")
    return {member: choice for (member,), (choice,) in zip(roll, choices, strict=False)}


async def by_key(connection: AsyncConnection, election: Election) -> Mapping[int, int]:
    """The key of the campaign, wherever it still is."""
    keys = [row[0] for row in await connection.execute(text("SELECT ballot_key FROM campaign"))]
    return await _by_tags(connection, election, lambda member: [secrecy.tag(key, member) for key in keys if key])


async def by_guessing_tags(connection: AsyncConnection, election: Election) -> Mapping[int, int]:
    """Tags made of what is known without the key: ids, names, hashes of them."""
    public = str(election.stage.campaign.public_id).encode()

    def guesses(member: int) -> list[bytes]:
        told = [str(member).encode(), member.to_bytes(8, "big"), public + str(member).encode()]
        return [secrecy.tag(None, member), *(hashlib.sha256(each).digest() for each in told)]

    return await _by_tags(connection, election, guesses)


async def _by_tags(
    connection: AsyncConnection, election: Election, guess: Callable[[int], Sequence[bytes]]
) -> Mapping[int, int]:
    choices = {row[0]: row[1] for row in await connection.execute(text("SELECT voter_tag, choice FROM vote"))}
    return {member: choices[tag] for member in election.truth for tag in guess(member) if tag in choices}


ATTACKS: Sequence[Attack] = (by_transaction, by_order_of_rows, by_the_roll, by_key, by_guessing_tags)


async def right(database: Sessions, election: Election, attack: Attack) -> int:
    """How many voters an attack names the choice of, as the owner of the database."""
    async with database.engine.connect() as connection:
        guessed = await attack(connection, election)
    return sum(election.truth.get(member) == choice for member, choice in guessed.items())


@pytest.fixture
async def election(database: Sessions) -> Election:
    return await held(database)


async def test_after_the_close_no_attack_does_better_than_chance(database: Sessions, election: Election) -> None:
    # While votes are cast nothing is promised against whoever watches the database, key included: the attacks are real.
    assert await right(database, election, by_key) == VOTERS
    assert await right(database, election, by_transaction) == VOTERS
    assert await right(database, election, by_order_of_rows) == VOTERS
    await close(database, election)
    most = VOTERS / CANDIDATES * TIMES_CHANCE
    found = {attack.__name__: await right(database, election, attack) for attack in ATTACKS}
    assert all(count <= most for count in found.values()), found
    assert (found["by_key"], found["by_transaction"], found["by_guessing_tags"]) == (0, 0, 0)


async def test_without_the_shuffle_the_order_of_rows_would_tell(database: Sessions, election: Election) -> None:
    """What `_forget_voters` is there for: the same close without it, undone after the look."""
    async with database.engine.connect() as connection:
        await connection.execute(text("UPDATE campaign SET state = 'cancelled', ballot_key = NULL"))
        guessed = await by_order_of_rows(connection, election)
        assert all(election.truth[member] == choice for member, choice in guessed.items())
        assert len(guessed) == VOTERS
        await connection.rollback()


async def test_nothing_that_is_left_names_voters_and_choices_together(database: Sessions, election: Election) -> None:
    await close(database, election)
    async with database.engine.connect() as connection:
        [(messages,)] = await _all(
            connection, "SELECT count(*) FROM outbox WHERE reference ?| ARRAY['choice', 'choices', 'receipt', 'tag']"
        )
        tokens = await _all(connection, "SELECT 1 FROM action_token WHERE verb LIKE 'vote%' AND member_id IS NOT NULL")
        presses = await _all(connection, "SELECT 1 FROM press")
        columns = await connection.execute(
            text("SELECT column_name FROM information_schema.columns WHERE table_name IN ('vote', 'ballot_roll')")
        )
        named = set(columns.scalars())
    assert (messages, tokens, presses) == (0, [], [])
    assert named == {"workspace_id", "ballot_id", "voter_tag", "ordinal", "choice", "campaign_id", "member_id"}
    roll = await database_roll(database)
    assert roll == sorted(election.truth)


async def database_roll(database: Sessions) -> list[int]:
    async with database.engine.connect() as connection:
        return [row[0] for row in await _all(connection, "SELECT member_id FROM ballot_roll ORDER BY ctid")]
