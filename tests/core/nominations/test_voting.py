"""One ballot a member, within the time, for those who stand: and every no says which rule it is."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Refusal
from core.nominations import advancing, announce, queries, secrecy, service, standing, voting
from core.people.models import Workspace
from core.people.queries import Person
from tests.core.badges.stock import describe
from tests.core.nominations.stock import Stage, make_stage, move_on, nominate, now_is, put_off, rows, vote
from tests.factories import make_members, make_workspace


@pytest.fixture
async def people(session: AsyncSession, workspace: Workspace) -> Any:
    return await make_members(session, workspace, 8)


async def in_voting(session: AsyncSession, people: Any, now: datetime, **config: Any) -> tuple[Stage, list[int]]:
    """Ana and Luis are candidates, by the last two."""
    stage = await make_stage(session, await _workspace(session, people), people, now, **config)
    ana, luis, *_, tom, zoe = stage.people
    ids = [await nominate(session, stage, tom, ana), await nominate(session, stage, zoe, luis)]
    await move_on(session, stage, now)
    return stage._replace(campaign=await now_is(session, stage)), ids


async def _workspace(session: AsyncSession, people: list[Person]) -> Workspace:
    found = await session.get(Workspace, (await rows(session, "SELECT current_workspace()"))[0][0])
    assert found is not None
    return found


async def test_a_vote_counts_and_is_told_as_turnout(session: AsyncSession, people: Any, now: datetime) -> None:
    stage, (ana, _luis) = await in_voting(session, people, now)
    assert await queries.turnout(session, stage.campaign) == (0, 8)
    assert await vote(session, stage, stage.people[2], ana) is True
    assert await queries.turnout(session, stage.campaign) == (1, 8)
    assert await queries.choices_of(session, stage.campaign, stage.people[2].member_id) == [ana]
    assert await queries.choices_of(session, stage.campaign, stage.people[3].member_id) == []


async def test_votes_have_nothing_of_the_voter(session: AsyncSession, people: Any, now: datetime) -> None:
    stage, (ana, _luis) = await in_voting(session, people, now)
    await vote(session, stage, stage.people[2], ana)
    [(tag, ordinal, choice)] = await rows(session, "SELECT voter_tag, ordinal, choice FROM vote")
    assert (len(tag), ordinal, choice) == (32, 1, ana)
    assert tag == secrecy.tag(stage.campaign.ballot_key, stage.people[2].member_id)
    # What the database makes of a member is what Python makes of it.
    made = await rows(
        session,
        f"SELECT {secrecy.TAG} FROM member WHERE id = :id",
        id=stage.people[2].member_id,
        **secrecy.blocks(stage.campaign.ballot_key),
    )
    assert made == [(tag,)]


async def test_votes_are_final_unless_the_campaign_says_otherwise(
    session: AsyncSession, people: Any, now: datetime
) -> None:
    stage, (ana, luis) = await in_voting(session, people, now)
    voter = stage.people[2]
    await vote(session, stage, voter, ana)
    with pytest.raises(voting.VotedAlready):
        await vote(session, stage, voter, luis)
    with pytest.raises(voting.VoteFinal):
        await voting.take_back(session, workspace=stage.workspace, campaign_id=stage.id, voter=voter)
    assert await queries.choices_of(session, stage.campaign, voter.member_id) == [ana]


async def test_votes_change_and_are_taken_back_where_allowed(session: AsyncSession, people: Any, now: datetime) -> None:
    stage, (ana, luis) = await in_voting(session, people, now, allow_vote_change=True, max_votes_per_user=2)
    voter = stage.people[2]
    taken: dict[str, Any] = {"workspace": stage.workspace, "campaign_id": stage.id, "voter": voter}
    with pytest.raises(voting.NotVoted):
        await voting.take_back(session, **taken)
    assert await vote(session, stage, voter, ana, luis) is True
    assert await vote(session, stage, voter, luis) is False
    assert await queries.choices_of(session, stage.campaign, voter.member_id) == [luis]
    await voting.take_back(session, **taken)
    assert await rows(session, "SELECT * FROM vote") == []
    assert await vote(session, stage, voter, ana) is True
    await put_off(session, stage, voting_end_at="-1 millisecond")
    with pytest.raises(voting.VotingClosed):
        await voting.take_back(session, **taken)


async def test_choices_that_are_refused(session: AsyncSession, people: Any, now: datetime) -> None:
    stage, (ana, luis) = await in_voting(session, people, now, max_votes_per_user=2)
    other = await make_workspace(session)
    [stranger] = await make_members(session, other, 1)
    await session.execute(text("SELECT set_config('plaudit.workspace_id', :w, true)"), {"w": str(stage.workspace.id)})
    voter = stage.people[2]
    wrong: list[tuple[list[int], str]] = [
        ([], "vote_no_choice"),
        ([ana, ana], "vote_twice"),
        ([ana, luis, 7], "vote_too_many"),
        ([ana, 999_999], "candidate_gone"),
        ([-1], "candidate_gone"),
    ]
    for choices, code in wrong:
        with pytest.raises(Refusal) as refused:
            await vote(session, stage, voter, *choices)
        assert refused.value.code == code
    assert await rows(session, "SELECT * FROM vote") == []
    with pytest.raises(service.CampaignGone):
        await voting.vote(session, workspace=other, campaign_id=stage.id, voter=stranger, choices=[ana])


async def test_nobody_votes_for_themselves(session: AsyncSession, people: Any, now: datetime) -> None:
    stage, (ana, luis) = await in_voting(session, people, now)
    with pytest.raises(voting.VoteForOneself):
        await vote(session, stage, stage.people[0], ana)
    assert await vote(session, stage, stage.people[0], luis)


async def test_a_withdrawn_candidate_gets_no_vote_and_frees_those_who_voted_for_them(
    session: AsyncSession, people: Any, now: datetime
) -> None:
    stage, (ana, luis) = await in_voting(session, people, now)
    voter = stage.people[2]
    await vote(session, stage, voter, ana)
    await standing.decline(session, workspace=stage.workspace, candidacy_id=ana, member=stage.people[0])
    with pytest.raises(voting.CandidateGone) as refused:
        await vote(session, stage, stage.people[3], ana)
    assert refused.value.details["name"] == stage.people[0].name
    assert await vote(session, stage, voter, luis) is False  # the same ballot, for somebody who stands
    with pytest.raises(voting.VotedAlready):
        await vote(session, stage, voter, luis)


async def test_too_early_and_too_late(session: AsyncSession, people: Any, now: datetime) -> None:
    stage = await make_stage(session, await _workspace(session, people), people, now)
    ana = await nominate(session, stage, stage.people[1], stage.people[0])
    with pytest.raises(voting.VotingNotOpen) as early:
        await vote(session, stage, stage.people[2], ana)
    assert early.value.details["opens_at"] == stage.campaign.nominations_end_at.isoformat()
    await move_on(session, stage, now)
    await put_off(session, stage, voting_end_at="-1 millisecond")
    with pytest.raises(voting.VotingClosed):
        await vote(session, stage, stage.people[2], ana)
    await move_on(session, stage, now)
    with pytest.raises(voting.VotingClosed) as closed:
        await vote(session, stage, stage.people[2], ana)
    assert closed.value.details["state"] == "closed"
    assert await rows(session, "SELECT * FROM vote") == []


async def test_who_may_vote_is_asked_at_the_moment_of_the_act(
    session: AsyncSession, people: Any, now: datetime
) -> None:
    stage, (ana, _luis) = await in_voting(session, people, now, eligible_voters={"departments": ["Sales"]})
    voter = stage.people[2]
    with pytest.raises(voting.VoterNotEligible) as refused:
        await vote(session, stage, voter, ana)
    assert refused.value.details["who"] == [{"departments": ["Sales"]}]
    await describe(session, stage.workspace, voter, department="Sales")
    assert await queries.turnout(session, stage.campaign) == (0, 1)
    assert await vote(session, stage, voter, ana)


async def test_a_leaver_does_not_vote(session: AsyncSession, people: Any, now: datetime) -> None:
    stage, (ana, _luis) = await in_voting(session, people, now)
    gone = stage.people[2]
    await session.execute(text("UPDATE member SET status = 'left' WHERE id = :id"), {"id": gone.member_id})
    with pytest.raises(service.CampaignMemberLeft):
        await vote(session, stage, gone, ana)
    assert await queries.turnout(session, stage.campaign) == (0, 7)


async def test_nominees_and_their_managers_can_be_barred(session: AsyncSession, people: Any, now: datetime) -> None:
    stage, (ana, luis) = await in_voting(session, people, now, bar_nominees=True, bar_managers=True)
    candidate, boss, free = stage.people[0], stage.people[2], stage.people[3]
    values = {"boss": boss.member_id, "id": candidate.member_id}
    await session.execute(text("UPDATE member SET manager_id = :boss WHERE id = :id"), values)
    with pytest.raises(voting.NomineeBarred):
        await vote(session, stage, candidate, luis)
    with pytest.raises(voting.ManagerBarred):
        await vote(session, stage, boss, luis)
    assert await vote(session, stage, free, luis)
    assert await queries.turnout(session, stage.campaign) == (1, 5)
    # Who declines stands no more, and manages nobody who does.
    await standing.decline(session, workspace=stage.workspace, candidacy_id=ana, member=candidate)
    assert await vote(session, stage, candidate, luis)
    assert await vote(session, stage, boss, luis)


async def test_those_who_have_not_voted_are_reminded_once(session: AsyncSession, people: Any, now: datetime) -> None:
    stage, (ana, _luis) = await in_voting(session, people, now)
    await vote(session, stage, stage.people[2], ana)

    at: dict[str, Any] = {"workspace_id": stage.workspace.id, "now": now}
    assert await advancing.advance(session, stage.id, **at) is None
    await session.execute(text("UPDATE campaign SET remind_at = clock_timestamp()"))
    for _ in range(2):
        await advancing.advance(session, stage.id, **at)
    told = await rows(
        session,
        "SELECT (reference->>'reader')::bigint, priority FROM outbox WHERE kind = :kind",
        kind=announce.REMINDER,
    )
    everybody = {person.member_id for person in people}
    assert {row[0] for row in told} == everybody - {stage.people[2].member_id}
    assert {row[1] for row in told} == {3}  # a notice, which waits for the end of quiet hours
    assert (await now_is(session, stage)).state == "voting"


async def test_an_open_ballot_knows_its_voters_and_has_no_key(
    session: AsyncSession, people: Any, now: datetime
) -> None:
    stage, (ana, _luis) = await in_voting(session, people, now, ballot="open")
    assert stage.campaign.ballot_key is None
    await vote(session, stage, stage.people[2], ana)
    [(tag,)] = await rows(session, "SELECT voter_tag FROM vote")
    assert int.from_bytes(tag, "big") == stage.people[2].member_id
    await move_on(session, stage, now + timedelta(days=1))
    assert await queries.choices_of(session, await now_is(session, stage), stage.people[2].member_id) == [ana]
