"""A campaign of 3,000 voters among 50 candidates: the vote against the bare guarded write, the tally against one by hand.

The limit of a vote is one INSERT through raw asyncpg, guarded by the campaign's state and time, in a transaction with the role and
the workspace that the wall between companies takes: it knows the tag beforehand, asks nothing about the voter and the candidate, and
leaves the public card as it is. Ours is the whole service with a connected channel, so that every vote also changes the turnout on
the card. The limit of the tally counts and ranks the same votes, and asks neither who declined nor who left.
"""

import time
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

import asyncpg
from sqlalchemy import text

from bench.database import analyze, on_database
from bench.figures import Figure, Rate, middle, rate
from core.badges import importing
from core.badges.definition.reading import read_value
from core.badges.models import Badge
from core.database import POOL_SIZE, Sessions, retrying
from core.nominations import advancing, nominating, queries, secrecy, service, statements, voting
from core.people import service as people
from core.people.models import Workspace
from core.people.queries import Person
from core.points import service as points

VOTE_GOAL, TALLY_GOAL = 3.0, 1.5
VOTERS, CANDIDATES = 3000, 50
ROUNDS, TALLIES, WARMING = 5, 61, 10
CONNECTIONS = POOL_SIZE

BARE_VOTE = """
INSERT INTO vote (workspace_id, ballot_id, voter_tag, ordinal, choice)
SELECT $1, $2, $3, 1, $4 FROM campaign WHERE workspace_id = $1 AND id = $5 AND state = 'voting' AND voting_end_at > clock_timestamp()
ON CONFLICT DO NOTHING RETURNING choice
"""
FRAME = "SELECT set_config('role', $1, true), set_config('plaudit.workspace_id', $2, true)"
BARE_BALLOT = 0
"""Where the bare votes lie, so that each round counts its own."""
BARE_TALLY = """
UPDATE candidacy SET votes = counted.votes, place = counted.place FROM (
    SELECT choice, count(*) AS votes, rank() OVER (ORDER BY count(*) DESC) AS place
    FROM vote WHERE workspace_id = $1 AND ballot_id = $2 GROUP BY choice) AS counted
WHERE candidacy.workspace_id = $1 AND candidacy.id = counted.choice RETURNING candidacy.id, candidacy.votes, candidacy.place
"""
MEMBERS = (
    "INSERT INTO member (workspace_id) SELECT :workspace FROM generate_series(1, :number)",
    (
        "INSERT INTO profile (workspace_id, member_id, display_name) SELECT workspace_id, id, 'Member ' || id FROM member"
        " WHERE workspace_id = :workspace AND :number > 0"
    ),
)
_BADGE = {
    "reward_id": 1, "reward": "Best colleague", "reward_type": "Nomination Badge", "reward_category": "Recognition",
    "nomination_config": {"max_nominations_per_user": CANDIDATES},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Election:
    """`choices` are candidacies by the number of a voter."""

    workspace: Workspace
    campaign_id: int
    key: bytes | None
    voters: list[Person]
    choices: list[int]


def run() -> list[Figure]:
    return on_database(_measure)


async def _measure(sessions: Sessions, dsn: str) -> list[Figure]:
    election = await _election(sessions)
    pool = await asyncpg.create_pool(dsn, min_size=CONNECTIONS, max_size=CONNECTIONS)
    try:
        ours, limit = await _votes(sessions, pool, election)
        tally, by_hand = await _tallies(sessions, pool, election)
    finally:
        await pool.close()
    work = (
        f"{VOTERS * (ROUNDS + 1)} votes each way on {CONNECTIONS} connections, median of {ROUNDS} interleaved rounds; "
        f"CPU of this process {ours.cpu:.0f} µs against {limit.cpu:.0f} µs each"
    )
    counted = f"{VOTERS} ballots among {CANDIDATES} candidates counted {TALLIES} times each way, medians"
    return [
        Figure("campaign", "ms a vote", 1000 / ours.per_second, 1000 / limit.per_second, "max", VOTE_GOAL, work),
        Figure("campaign", "ms a tally", tally, by_hand, "max", TALLY_GOAL, counted),
    ]


async def _votes(sessions: Sessions, pool: Any, election: Election) -> tuple[Rate, Rate]:
    ours, limits = [], []
    for turn in range(ROUNDS + 1):
        await _empty(sessions)
        limits.append(await rate(partial(_bare, pool, election), count=VOTERS, at_once=CONNECTIONS))
        ours.append(await rate(partial(_vote, sessions, election), count=VOTERS, at_once=CONNECTIONS))
        await _assert_voted(sessions, election)
        if turn == 0:
            await analyze(sessions)
    return middle(ours[1:]), middle(limits[1:])  # the first warms up


async def _vote(sessions: Sessions, election: Election, number: int) -> None:
    async def cast() -> None:
        async with sessions.begin(election.workspace.id) as (session, _):
            await voting.vote(
                session,
                workspace=election.workspace,
                campaign_id=election.campaign_id,
                voter=election.voters[number],
                choices=[election.choices[number]],
            )

    await retrying(cast)


async def _bare(pool: Any, election: Election, number: int) -> None:
    tag = secrecy.tag(election.key, election.voters[number].member_id)
    async with pool.acquire() as connection, connection.transaction():
        await connection.fetchval(FRAME, "plaudit_app", str(election.workspace.id))
        values = (election.workspace.id, BARE_BALLOT, tag, election.choices[number], election.campaign_id)
        assert await connection.fetchval(BARE_VOTE, *values) is not None


async def _empty(sessions: Sessions) -> None:
    async with sessions.begin(role="ops") as (session, _):
        await session.execute(text("DELETE FROM vote"))
    await _settle(sessions)


async def _settle(sessions: Sessions) -> None:
    """What autovacuum does in a quiet minute."""
    async with sessions.engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(text("VACUUM ANALYZE vote, campaign, candidacy, member, outbox"))


async def _assert_voted(sessions: Sessions, election: Election) -> None:
    async with sessions.begin(role="ops") as (session, _):
        rows = await session.execute(text("SELECT ballot_id, count(*) FROM vote GROUP BY ballot_id"))
        assert {row[0]: row[1] for row in rows} == {BARE_BALLOT: VOTERS, election.campaign_id: VOTERS}


async def _tallies(sessions: Sessions, pool: Any, election: Election) -> tuple[float, float]:
    """Milliseconds of ours and of the one by hand, each rolled back; both in a transaction that is open already."""
    values = {"workspace_id": election.workspace.id, "campaign_id": election.campaign_id}
    ours, limits = [], []
    await _settle(sessions)
    for _ in range(TALLIES + WARMING):
        async with sessions.begin(election.workspace.id) as (session, _now):
            began = time.perf_counter()
            counted = await statements.TALLY.all(session, values)
            ours.append(time.perf_counter() - began)
            assert sum(row.votes for row in counted) == VOTERS
            await session.rollback()
        async with pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            began = time.perf_counter()
            by_hand = await connection.fetch(BARE_TALLY, election.workspace.id, election.campaign_id)
            limits.append(time.perf_counter() - began)
            assert sum(row["votes"] for row in by_hand) == VOTERS
            await transaction.rollback()
    return median(ours[WARMING:]) * 1000, median(limits[WARMING:]) * 1000


async def _election(sessions: Sessions) -> Election:
    """Members of one company, a connected channel, and a campaign that takes votes."""
    async with sessions.begin(role="ops", statement_seconds=600) as (session, _):
        workspace = await people.create_workspace(session, name="Acme", time_zone="Europe/Madrid")
        await points.open_system_accounts(session, workspace_id=workspace.id)
        place = await people.keep_place(
            session,
            workspace_id=workspace.id,
            platform="slack",
            tenant="T1",
            remote_id="C1",
            kind="channel",
            name="general",
            reference={},
            member_id=None,
        )
        await people.connect(session, place, is_connected=True)
        for statement in MEMBERS:
            await session.execute(text(statement), {"workspace": workspace.id, "number": VOTERS + 1})
        ids = (await session.scalars(text("SELECT id FROM member ORDER BY id"))).all()
        members = [Person(each, f"Member {each}", "active", ("member",), False, None, None) for each in ids]
    async with sessions.begin(workspace.id) as (session, now):
        campaign_id, ids = await _opened(session, workspace, members, now)
        campaign = await queries.get(session, campaign_id, workspace_id=workspace.id)
        assert campaign is not None
    voters = members[:VOTERS]
    # Nobody votes for themselves: candidate number n is member number n.
    choices = [ids[(number + 1 + number // CANDIDATES) % CANDIDATES] for number in range(VOTERS)]
    own = {number: ids[number] for number in range(CANDIDATES)}
    assert all(choices[number] != own[number] for number in own)
    await analyze(sessions)
    return Election(workspace, campaign_id, campaign.ballot_key, voters, choices)


async def _opened(session: Any, workspace: Workspace, members: list[Person], now: Any) -> tuple[int, list[int]]:
    """The campaign in its voting, and its candidacies."""
    plan = await importing.plan(session, read_value([_BADGE]), workspace_id=workspace.id, is_strict=False)
    await importing.apply(session, plan)
    badge = (await session.execute(text("SELECT id FROM badge"))).scalar_one()
    organiser = members[-1]._replace(roles=("coordinator",))
    campaign = await service.open_campaign(
        session, workspace=workspace, badge=await session.get(Badge, (workspace.id, badge)), actor=organiser, now=now
    )
    made = [
        await nominating.nominate(
            session,
            workspace=workspace,
            campaign_id=campaign.id,
            nominator=organiser,
            nominee=nominee,
            reason="never gives up",
        )
        for nominee in members[:CANDIDATES]
    ]
    await advancing.move_on(session, workspace=workspace, campaign_id=campaign.id, actor=organiser, now=now)
    return campaign.id, [each.candidacy_id for each in made]
