"""What votes come to: winners, ties by each rule, quorum, the award with its points, the record, and nothing that tells of voters."""

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.nominations import advancing, closing, queries, records, recount, secrecy, service
from core.nominations.models import Campaign
from core.nominations.verify import CHECKS
from core.people.models import Workspace
from core.points import verify
from tests.books import assert_balanced
from tests.core.badges.stock import awards
from tests.core.nominations.stock import Stage, candidacies, make_stage, move_on, nominate, now_is, put_off, rows, vote
from tests.factories import current, enter, make_members, make_place


@pytest.fixture
async def people(session: AsyncSession, workspace: Workspace) -> Any:
    return await make_members(session, workspace, 9)


async def in_voting(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime, **config: Any
) -> tuple[Stage, list[int]]:
    """The first three of the others stand, in this order."""
    stage = await make_stage(session, workspace, people, now, **config)
    ids = [
        await nominate(session, stage, nominator, nominee, f"because of {nominee.name}")
        for nominator, nominee in zip(stage.people[3:], stage.people[:3], strict=False)
    ]
    await move_on(session, stage, now)
    return stage._replace(campaign=await now_is(session, stage)), ids


async def closed(session: AsyncSession, stage: Stage, now: datetime, *ballots: list[int]) -> Campaign:
    """Let as many of those who do not stand vote, and close by the clock."""
    for voter, choices in zip(stage.people[3:], ballots, strict=False):
        await vote(session, stage, voter, *choices)
    await put_off(session, stage, voting_end_at="-1 second")
    await advancing.advance(session, stage.id, workspace_id=stage.workspace.id, now=now)
    return await now_is(session, stage)


async def assert_sound(session: AsyncSession, workspace: Workspace) -> None:
    await enter(session, workspace.id, role="ops")
    outcomes = [await verify.examine(session, check) for check in CHECKS]
    await enter(session, workspace.id)
    assert [each for each in outcomes if each.faults] == []
    await assert_balanced(session, workspace)


async def test_the_winner_gets_badge_points_and_words(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    place = await make_place(session, workspace, is_connected=True)
    stage, (ana, luis, mia) = await in_voting(session, workspace, people, now)
    campaign = await closed(session, stage, now, [luis], [ana], [luis])
    assert (campaign.state, campaign.outcome, campaign.ballots, campaign.electorate) == ("closed", "won", 3, 9)
    standings = await queries.candidates(session, campaign)
    assert [(each.candidacy_id, each.votes, each.place, each.is_winner) for each in standings] == [
        (luis, 2, 1, True),
        (ana, 1, 2, False),
        (mia, 0, 3, False),
    ]
    [award] = await awards(session, workspace)
    assert (award.member_id, award.points, award.message) == (
        stage.people[1].member_id,
        100,
        f"because of {stage.people[1].name}",
    )
    assert dict(award.why) == {"by": "campaign", "campaign": stage.id, "votes": 2}
    assert await current(session, workspace, stage.people[1], now=now) == 100
    told = await rows(session, "SELECT DISTINCT kind, address->>'remote_id' FROM outbox WHERE priority = 6 ORDER BY 1")
    assert told == [(kind, place.remote_id) for kind in ("badge_card", "campaign_card", "campaign_results")]
    await assert_sound(session, workspace)


async def test_what_was_closed_stays_closed(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage, (ana, *_) = await in_voting(session, workspace, people, now)
    await closed(session, stage, now, [ana])
    assert await advancing.advance(session, stage.id, workspace_id=workspace.id, now=now) is None
    with pytest.raises(service.CampaignMoved):
        await move_on(session, stage, now)
    assert len(await awards(session, workspace)) == 1


TIES: list[tuple[str, str, list[int], list[int]]] = [
    ("earliest", "won", [0], [0]),
    ("share", "shared", [0, 1], [0, 1]),
    ("admin", "tied", [], []),
    ("runoff", "runoff", [], []),
]


@pytest.mark.parametrize(("rule", "outcome", "winners", "awarded"), TIES)
async def test_a_tie_goes_by_the_rule(
    session: AsyncSession,
    workspace: Workspace,
    people: Any,
    now: datetime,
    rule: str,
    outcome: str,
    winners: list[int],
    awarded: list[int],
) -> None:
    stage, ids = await in_voting(session, workspace, people, now, tie_rule=rule)
    campaign = await closed(session, stage, now, [ids[1]], [ids[0]])
    assert campaign.outcome == outcome
    assert [each.id for each in await candidacies(session, stage) if each.is_winner] == [ids[each] for each in winners]
    assert {each.member_id for each in await awards(session, workspace)} == {
        stage.people[each].member_id for each in awarded
    }
    await assert_sound(session, workspace)
    assert recount.recount(await records.record(session, campaign)) == []


async def test_a_tie_that_waits_for_an_organiser(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    await session.execute(
        text("UPDATE member SET roles = ARRAY['member', 'admin'] WHERE id = :id"), {"id": people[0].member_id}
    )
    stage, ids = await in_voting(session, workspace, people, now, tie_rule="admin")
    await closed(session, stage, now, [ids[1]], [ids[0]])
    told = await rows(session, "SELECT (reference->>'reader')::bigint FROM outbox WHERE kind = 'tie_notice'")
    assert told == [(people[0].member_id,)]
    asked: dict[str, Any] = {"workspace": workspace, "campaign_id": stage.id, "now": now}
    with pytest.raises(service.CampaignRoleMissing):
        await closing.break_tie(session, actor=stage.people[5], member_id=stage.people[0].member_id, **asked)
    with pytest.raises(closing.NotAmongTied):
        await closing.break_tie(session, actor=stage.eva, member_id=stage.people[2].member_id, **asked)
    campaign = await closing.break_tie(session, actor=stage.eva, member_id=stage.people[1].member_id, **asked)
    assert campaign.outcome == "won"
    assert [each.member_id for each in await awards(session, workspace)] == [stage.people[1].member_id]
    with pytest.raises(closing.NotTied):
        await closing.break_tie(session, actor=stage.eva, member_id=stage.people[0].member_id, **asked)
    await assert_sound(session, workspace)
    assert recount.recount(await records.record(session, campaign)) == []


async def test_a_runoff_is_a_short_campaign_of_those_who_tie(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage, ids = await in_voting(session, workspace, people, now, tie_rule="runoff", runoff_duration_days=3)
    await closed(session, stage, now, [ids[1]], [ids[0]], [ids[1]], [ids[0]], [ids[2]])
    [runoff] = await queries.list_open(session, workspace_id=workspace.id)
    assert (runoff.state, runoff.runoff_of, runoff.name) == ("voting", stage.id, stage.campaign.name)
    assert runoff.voting_end_at == now + timedelta(days=3)
    again = stage._replace(campaign=runoff)
    stood = await queries.candidates(session, runoff)
    assert [(each.member_id, each.nominations, each.reasons) for each in stood] == [
        (person.member_id, 1, (f"because of {person.name}",)) for person in stage.people[:2]
    ]
    # And a tie again goes to the earliest, so that it ends.
    numbers = [each.candidacy_id for each in stood]
    campaign = await closed(session, again, now, [numbers[1]], [numbers[0]])
    assert campaign.outcome == "won"
    assert [each.member_id for each in await awards(session, workspace)] == [stage.people[0].member_id]
    assert recount.recount(await records.record(session, campaign)) == []
    await assert_sound(session, workspace)


async def test_below_the_quorum_nobody_wins(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage, (ana, *_) = await in_voting(session, workspace, people, now, quorum=3)
    campaign = await closed(session, stage, now, [ana], [ana])
    assert (campaign.outcome, campaign.ballots) == ("no_quorum", 2)
    assert await awards(session, workspace) == []
    assert recount.recount(await records.record(session, campaign)) == []


async def test_without_votes_nobody_wins(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage, _ = await in_voting(session, workspace, people, now)
    assert (await closed(session, stage, now)).outcome == "no_votes"
    assert await awards(session, workspace) == []
    await assert_sound(session, workspace)


async def test_a_candidate_who_left_does_not_win(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage, (ana, luis, _) = await in_voting(session, workspace, people, now)
    await session.execute(text("UPDATE member SET status = 'left' WHERE id = :id"), {"id": stage.people[0].member_id})
    campaign = await closed(session, stage, now, [ana], [ana], [luis])
    [won] = [each for each in await candidacies(session, stage) if each.is_winner]
    assert (won.id, won.votes, campaign.ballots) == (luis, 1, 3)
    assert recount.recount(await records.record(session, campaign)) == []


async def test_who_has_the_badge_for_ever_wins_and_is_not_awarded_again(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage, (ana, *_) = await in_voting(session, workspace, people, now, multiple=False)
    await closed(session, stage, now, [ana])
    again = await service.open_campaign(session, workspace=workspace, badge=stage.badge, actor=stage.eva, now=now)
    second = stage._replace(campaign=again)
    candidacy = await nominate(session, second, stage.people[4], stage.people[0])
    await move_on(session, second, now)
    campaign = await closed(session, second, now, [candidacy])
    assert campaign.outcome == "won"
    assert len(await awards(session, workspace)) == 1


async def test_ballots_of_several_choices(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage, (ana, luis, mia) = await in_voting(session, workspace, people, now, max_votes_per_user=2)
    campaign = await closed(session, stage, now, [ana, luis], [luis, mia], [luis])
    assert campaign.ballots == 3
    votes = {each.id: each.votes for each in await candidacies(session, stage)}
    assert votes == {ana: 1, luis: 3, mia: 1}
    await assert_sound(session, workspace)


async def test_the_close_destroys_the_key_and_writes_the_roll(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage, (ana, luis, _) = await in_voting(session, workspace, people, now)
    key = stage.campaign.ballot_key
    assert await rows(session, "SELECT * FROM ballot_roll") == []
    campaign = await closed(session, stage, now, [ana], [luis], [ana], [luis])
    assert campaign.ballot_key is None
    roll = await rows(session, "SELECT member_id FROM ballot_roll ORDER BY member_id")
    assert [member_id for (member_id,) in roll] == [person.member_id for person in stage.people[3:7]]
    # The votes are what they were; nobody can tell any more whose.
    wanted = {secrecy.tag(key, person.member_id) for person in stage.people[3:7]}
    assert {row[0] for row in await rows(session, "SELECT voter_tag FROM vote")} == wanted
    assert await queries.choices_of(session, campaign, stage.people[3].member_id) == ()


async def test_a_receipt_finds_the_ballot(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage, (ana, luis, _) = await in_voting(session, workspace, people, now)
    code = secrecy.receipt(secrecy.tag(stage.campaign.ballot_key, stage.people[4].member_id))
    await closed(session, stage, now, [ana], [luis])
    typed = secrecy.read_receipt(code.lower().replace("-", " "))
    assert typed is not None
    found = await queries.by_receipt(session, typed, workspace_id=workspace.id)
    assert found is not None
    assert (found[0].id, found[1]) == (stage.id, [luis])
    assert await queries.by_receipt(session, bytes(10), workspace_id=workspace.id) is None
    assert secrecy.read_receipt("ABCD") is None
    assert secrecy.read_receipt("????-????-????-????") is None


async def test_the_record_is_recounted_by_a_program_that_knows_nothing_of_ours(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime, tmp_path: Path
) -> None:
    stage, (ana, luis, _) = await in_voting(session, workspace, people, now)
    code = secrecy.receipt(secrecy.tag(stage.campaign.ballot_key, stage.people[3].member_id))
    campaign = await closed(session, stage, now, [luis], [luis], [ana])
    record = {**await records.record(session, campaign), "names": await records.names(session, campaign)}
    assert campaign.record_digest == bytes.fromhex(record["digest"])
    assert stage.people[1].name not in json.dumps({**record, "names": {}})

    def verdict(changed: dict[str, Any], *receipts: str) -> tuple[int, str]:
        path = tmp_path / "record.json"
        path.write_text(json.dumps(changed))
        # Isolated: without our folder, our packages or anybody else's.
        command = [sys.executable, "-I", "-S", recount.__file__, str(path), *receipts]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    status, told = verdict(record, code)
    assert status == 0, told
    assert f"{stage.people[1].name}: 2 (winner)" in told
    assert f"receipt {code}: counted for {stage.people[1].name}" in told
    assert verdict(record, "AAAA-AAAA-AAAA-AAAA")[0] == 1
    forged: list[dict[str, Any]] = [
        {**record, "ballots": record["ballots"][1:]},
        {**record, "ballots": [*record["ballots"], record["ballots"][0]]},
        {**record, "ballots": [{**each, "choices": [1]} for each in record["ballots"]]},
        {**record, "result": {**record["result"], "winners": [1]}},
        {**record, "result": {**record["result"], "outcome": "no_votes"}},
        {**record, "result": {**record["result"], "electorate": 5}},
        {**record, "rules": {**record["rules"], "quorum": 9}},
        {key: each for key, each in record.items() if key != "candidates"},
    ]
    for each in forged:
        status, told = verdict(each)
        assert status == 1, told
    assert verdict({"format": "something else"})[0] == 2
