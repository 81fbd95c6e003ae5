"""Campaigns open, people are nominated with reasons, and whatever is not allowed is refused with the rule that says so."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Refusal
from core.nominations import advancing, comments, nominating, queries, service, standing
from core.people.models import Workspace
from tests.core.badges.stock import describe, make_badge
from tests.core.nominations.stock import (
    Stage,
    candidacies,
    make_campaign_badge,
    make_stage,
    move_on,
    nominate,
    now_is,
    organiser,
    put_off,
    rows,
)
from tests.factories import make_member, make_members, make_place, make_workspace


@pytest.fixture
async def people(session: AsyncSession, workspace: Workspace) -> Any:
    return await make_members(session, workspace, 6)


@pytest.fixture
async def stage(session: AsyncSession, workspace: Workspace, people: Any, now: datetime) -> Stage:
    return await make_stage(session, workspace, people, now)


async def test_a_campaign_opens_with_the_times_of_its_badge(session: AsyncSession, stage: Stage, now: datetime) -> None:
    campaign = stage.campaign
    assert (campaign.state, campaign.name, campaign.starts_at) == ("nomination", "Best colleague", now)
    assert campaign.nominations_end_at == now + timedelta(days=7)
    assert campaign.voting_end_at == now + timedelta(days=14)
    assert campaign.ballot_key is None


async def test_a_campaign_is_announced_where_it_was_opened_and_in_every_connected_chat(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    here, _elsewhere = await make_place(session, workspace), await make_place(session, workspace)
    linked = await make_place(session, workspace, platform="teams", is_connected=True)
    badge = await make_campaign_badge(session, workspace)
    campaign = await service.open_campaign(
        session, workspace=workspace, badge=badge, actor=organiser(people[0]), conversation_id=here.id, now=now
    )
    told = await rows(session, "SELECT kind, address->>'remote_id', reference FROM outbox ORDER BY scope")
    assert {row[1] for row in told} == {here.remote_id, linked.remote_id}
    assert {(row[0], row[2]["campaign"]) for row in told} == {("campaign_card", campaign.id)}


async def test_only_one_campaign_of_a_badge_at_a_time(session: AsyncSession, stage: Stage, now: datetime) -> None:
    with pytest.raises(service.CampaignOpenAlready) as refused:
        await service.open_campaign(session, workspace=stage.workspace, badge=stage.badge, actor=stage.eva, now=now)
    assert refused.value.details["name"] == "Best colleague"


async def test_a_member_without_a_role_opens_none(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    badge = await make_campaign_badge(session, workspace)
    with pytest.raises(service.CampaignRoleMissing):
        await service.open_campaign(session, workspace=workspace, badge=badge, actor=people[0], now=now)


async def test_a_badge_that_is_given_by_hand_has_no_campaign(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    badge = await make_badge(session, workspace, reward="Thanks")
    with pytest.raises(service.CampaignNoNominations) as refused:
        await service.open_campaign(session, workspace=workspace, badge=badge, actor=organiser(people[0]), now=now)
    assert refused.value.details == {"badge": "Thanks", "kind": "user"}


async def test_a_period_has_its_campaign_once(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    badge = await make_campaign_badge(session, workspace)
    opened: dict[str, Any] = {"workspace": workspace, "badge": badge, "now": now}
    first = await service.open_for_badge(session, period_key="2026-11", **opened)
    assert first is not None
    assert first.opened_by is None
    assert await service.open_for_badge(session, period_key="2026-11", **opened) is None
    assert await service.open_for_badge(session, period_key="2026-12", **opened) is None  # one is under way
    await session.execute(text("UPDATE campaign SET state = 'cancelled'"))
    assert await service.open_for_badge(session, period_key="2026-11", **opened) is None
    assert await service.open_for_badge(session, period_key="2026-12", **opened) is not None


async def test_a_draft_starts_by_itself(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    badge = await make_campaign_badge(session, workspace)
    later = now + timedelta(hours=2)
    campaign = await service.open_campaign(
        session, workspace=workspace, badge=badge, actor=organiser(people[0]), starts_at=later, now=now
    )
    stage = Stage(workspace, badge, campaign, organiser(people[0]), people[1:])
    assert (campaign.state, campaign.nominations_end_at) == ("draft", later + timedelta(days=7))
    with pytest.raises(nominating.NominationsNotOpen) as refused:
        await nominate(session, stage, people[1], people[2])
    assert refused.value.details["opens_at"] == later.isoformat()
    assert await advancing.advance(session, campaign.id, workspace_id=workspace.id, now=now) is None
    await session.execute(text("UPDATE campaign SET starts_at = clock_timestamp() - INTERVAL '1 second'"))
    await advancing.advance(session, campaign.id, workspace_id=workspace.id, now=now)
    assert (await now_is(session, stage)).state == "nomination"


async def test_several_nominations_are_one_candidacy(session: AsyncSession, stage: Stage) -> None:
    ana, luis, mia, *_ = stage.people
    first = await nominate(session, stage, ana, mia, "she  helps\x00 everybody")
    assert await nominate(session, stage, luis, mia, "she knows it all") == first
    [candidate] = await queries.candidates(session, stage.campaign)
    assert (candidate.member_id, candidate.nominations) == (mia.member_id, 2)
    assert candidate.reasons == ("she knows it all", "she helps everybody")
    told = await rows(session, "SELECT dedup_key FROM outbox WHERE kind = 'nomination_notice'")
    assert told == [(f"candidacy:{first}:to:{mia.member_id}",)]


LONG = "x" * 1001


@pytest.mark.parametrize(
    ("who", "whom", "reason", "code"),
    [
        (0, 0, "me", "nominate_oneself"),
        (0, 1, "   ", "nomination_reason_missing"),
        (0, 1, "\u200b", "nomination_reason_missing"),
        (0, 1, LONG, "nomination_reason_too_long"),
    ],
)
async def test_what_is_refused(
    session: AsyncSession, stage: Stage, who: int, whom: int, reason: str, code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        await nominate(session, stage, stage.people[who], stage.people[whom], reason)
    assert refused.value.code == code
    assert await candidacies(session, stage) == []


async def test_a_leaver_is_not_nominated_and_does_not_nominate(session: AsyncSession, stage: Stage) -> None:
    gone = await make_member(session, stage.workspace, "Noa", status="left")
    with pytest.raises(nominating.NomineeLeft):
        await nominate(session, stage, stage.people[0], gone)
    with pytest.raises(service.CampaignMemberLeft):
        await nominate(session, stage, gone, stage.people[0])


async def test_the_same_person_twice_and_over_the_limit(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage = await make_stage(session, workspace, people, now, max_nominations_per_user=2)
    ana, luis, mia, tom, *_ = stage.people
    await nominate(session, stage, ana, luis)
    with pytest.raises(nominating.NominatedAlready):
        await nominate(session, stage, ana, luis, "again")
    await nominate(session, stage, ana, mia)
    with pytest.raises(nominating.NominationsUsedUp) as refused:
        await nominate(session, stage, ana, tom)
    assert refused.value.details["limit"] == 2


async def test_one_may_nominate_oneself_where_it_is_allowed(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage = await make_stage(session, workspace, people, now, allow_self_nomination=True)
    await nominate(session, stage, stage.people[0], stage.people[0], "I can")
    assert len(await candidacies(session, stage)) == 1


async def test_eligibility_is_asked_at_the_moment_of_the_act(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    rules: dict[str, Any] = {"eligible_nominators": {"job_codes": ["ASSOCIATE"], "min_tenure_days": 90}}
    rules |= {"eligible_nominees": {"departments": ["Sales"], "groups": ["north", "south"]}}
    stage = await make_stage(session, workspace, people, now, **rules)
    ana, luis, *_ = stage.people
    with pytest.raises(nominating.NominatorNotEligible) as refused:
        await nominate(session, stage, ana, luis)
    assert refused.value.details["who"] == [{"job_codes": ["ASSOCIATE"], "min_tenure_days": ["90"]}]
    hired = (now - timedelta(days=89)).date()
    await describe(session, workspace, ana, job_code="associate", hire_date=hired)
    with pytest.raises(nominating.NominatorNotEligible):
        await nominate(session, stage, ana, luis)
    await describe(session, workspace, ana, hire_date=hired - timedelta(days=2))
    with pytest.raises(nominating.NomineeNotEligible) as refused_nominee:
        await nominate(session, stage, ana, luis)
    assert refused_nominee.value.details["who"] == [{"departments": ["Sales"], "groups": ["north", "south"]}]
    await describe(session, workspace, luis, department="sales")
    with pytest.raises(nominating.NomineeNotEligible):
        await nominate(session, stage, ana, luis)
    await describe(session, workspace, luis, groups=["South"])
    assert await nominate(session, stage, ana, luis)


async def test_who_cannot_have_the_badge_cannot_be_nominated(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage = await make_stage(session, workspace, people, now, awardee=[{"job_code": ["ASSOCIATE"]}])
    with pytest.raises(Refusal) as refused:
        await nominate(session, stage, stage.people[0], stage.people[1])
    assert refused.value.code == "badge_not_for_them"


async def test_of_a_list_only_those_on_it_stand(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    _eva, ana, luis, mia, tom, _zoe = people
    await describe(session, workspace, ana, groups=["finalists"])
    listed = [{"groups": ["finalists"]}, str(luis.member_id)]
    stage = await make_stage(session, workspace, people, now, campaign_type="pre_candidates", pre_candidates=listed)
    assert [each.member_id for each in await candidacies(session, stage)] == [ana.member_id, luis.member_id]
    with pytest.raises(nominating.NomineeNotListed):
        await nominate(session, stage, tom, mia)
    await nominate(session, stage, tom, ana, "indeed")
    added: dict[str, Any] = {"workspace": workspace, "campaign_id": stage.id, "nominee": mia}
    with pytest.raises(service.CampaignRoleMissing):
        await nominating.put_on_list(session, actor=tom, **added)
    await nominating.put_on_list(session, actor=stage.eva, **added)
    with pytest.raises(nominating.NominatedAlready):
        await nominating.put_on_list(session, actor=stage.eva, **added)
    told = {each.member_id: each.nominations for each in await queries.candidates(session, stage.campaign)}
    assert told == {ana.member_id: 2, luis.member_id: 1, mia.member_id: 1}


async def test_too_late_by_the_clock_of_the_database(session: AsyncSession, stage: Stage) -> None:
    await put_off(session, stage, nominations_end_at="-1 millisecond")
    with pytest.raises(nominating.NominationsClosed) as refused:
        await nominate(session, stage, stage.people[0], stage.people[1])
    assert refused.value.details["state"] == "nomination"
    assert await candidacies(session, stage) == []


async def test_too_few_nominations_cancel(
    session: AsyncSession, workspace: Workspace, people: Any, now: datetime
) -> None:
    stage = await make_stage(session, workspace, people, now, min_nominations_to_proceed=2)
    ana, luis, mia, *_ = stage.people
    await nominate(session, stage, ana, mia)
    await nominate(session, stage, luis, mia)
    await session.execute(
        text("UPDATE member SET status = 'left' WHERE id = :id"), {"id": mia.member_id}
    )  # whom nobody can vote for counts for nothing
    await move_on(session, stage, now)
    campaign = await now_is(session, stage)
    assert (campaign.state, campaign.reason, campaign.ballot_key) == ("cancelled", service.TOO_FEW, None)


async def test_enough_nominations_open_the_voting(session: AsyncSession, stage: Stage, now: datetime) -> None:
    await nominate(session, stage, stage.people[0], stage.people[1])
    await put_off(session, stage, nominations_end_at="-1 second")
    await advancing.advance(session, stage.id, workspace_id=stage.workspace.id, now=now)
    campaign = await now_is(session, stage)
    assert campaign.state == "voting"
    assert campaign.ballot_key is not None
    assert len(campaign.ballot_key) == 32
    assert campaign.remind_at == campaign.voting_end_at - timedelta(hours=24)
    assert await advancing.advance(session, stage.id, workspace_id=stage.workspace.id, now=now) is None


async def test_voters_keep_their_time_when_nobody_was_there_to_move(
    session: AsyncSession, stage: Stage, now: datetime
) -> None:
    await nominate(session, stage, stage.people[0], stage.people[1])
    await put_off(session, stage, voting_end_at="-1 day")
    await advancing.advance(session, stage.id, workspace_id=stage.workspace.id, now=now)
    campaign = await now_is(session, stage)
    assert (campaign.state, campaign.voting_end_at) == ("voting", now + timedelta(days=7))


async def test_who_takes_a_nomination_back_may_nominate_another(
    session: AsyncSession, stage: Stage, now: datetime
) -> None:
    ana, luis, mia, *_ = stage.people
    await nominate(session, stage, ana, luis)
    taken: dict[str, Any] = {"workspace": stage.workspace, "campaign_id": stage.id, "nominator": ana, "now": now}
    await standing.withdraw(session, nominee_id=luis.member_id, **taken)
    assert await queries.candidates(session, stage.campaign) == []
    with pytest.raises(standing.NotNominated):
        await standing.withdraw(session, nominee_id=luis.member_id, **taken)
    await nominate(session, stage, ana, mia)
    await nominate(session, stage, mia, luis)
    assert [each.member_id for each in await queries.candidates(session, stage.campaign)] == [
        luis.member_id,
        mia.member_id,
    ]


async def test_a_nominee_declines_and_stays_away(session: AsyncSession, stage: Stage) -> None:
    ana, luis, mia, *_ = stage.people
    candidacy = await nominate(session, stage, ana, luis)
    with pytest.raises(standing.NotStanding):
        await standing.decline(session, workspace=stage.workspace, candidacy_id=candidacy, member=ana)
    await standing.decline(session, workspace=stage.workspace, candidacy_id=candidacy, member=luis)
    with pytest.raises(standing.NotStanding):
        await standing.decline(session, workspace=stage.workspace, candidacy_id=candidacy, member=luis)
    with pytest.raises(nominating.NomineeDeclined):
        await nominate(session, stage, mia, luis)


async def test_an_organiser_removes_with_a_reason(session: AsyncSession, stage: Stage) -> None:
    ana, luis, mia, *_ = stage.people
    candidacy = await nominate(session, stage, ana, luis)
    removed: dict[str, Any] = {"workspace": stage.workspace, "candidacy_id": candidacy}
    with pytest.raises(service.CampaignRoleMissing):
        await standing.remove(session, actor=ana, reason="no", **removed)
    with pytest.raises(service.CampaignReasonMissing):
        await standing.remove(session, actor=stage.eva, reason=" ", **removed)
    await standing.remove(session, actor=stage.eva, reason="is on the jury", **removed)
    with pytest.raises(nominating.NomineeRemoved) as refused:
        await nominate(session, stage, mia, luis)
    assert refused.value.details["reason"] == "is on the jury"


async def test_comments(session: AsyncSession, stage: Stage) -> None:
    ana, luis, mia, *_ = stage.people
    candidacy = await nominate(session, stage, ana, luis)
    said: dict[str, Any] = {"workspace": stage.workspace, "candidacy_id": candidacy, "member": mia}
    await comments.comment(session, words="well <b>deserved</b>", **said)
    with pytest.raises(Refusal) as refused:
        await comments.comment(session, words="well  <b>deserved</b>", **said)
    assert refused.value.code == "comment_repeated"
    [told] = await comments.list_comments(session, candidacy, workspace_id=stage.workspace.id)
    assert (told.member_id, told.text) == (mia.member_id, "well <b>deserved</b>")
    taken: dict[str, Any] = {"workspace": stage.workspace, "comment_id": told.comment_id}
    with pytest.raises(Refusal) as refused:
        await comments.remove_comment(session, actor=ana, **taken)
    assert refused.value.code == "comment_not_yours"
    await comments.remove_comment(session, actor=mia, **taken)
    assert await comments.list_comments(session, candidacy, workspace_id=stage.workspace.id) == []
    await standing.decline(session, workspace=stage.workspace, candidacy_id=candidacy, member=luis)
    with pytest.raises(standing.NotStanding):
        await comments.comment(session, words="a pity", **said)


async def test_a_campaign_of_another_company_is_not_there(session: AsyncSession, stage: Stage) -> None:
    other = await make_workspace(session)
    stranger, colleague = await make_members(session, other, 2)
    with pytest.raises(service.CampaignGone):
        await nominating.nominate(
            session, workspace=other, campaign_id=stage.id, nominator=stranger, nominee=colleague, reason="x"
        )


async def test_cancelled_with_a_reason_and_only_once(session: AsyncSession, stage: Stage, now: datetime) -> None:
    asked: dict[str, Any] = {"workspace": stage.workspace, "campaign_id": stage.id, "now": now}
    with pytest.raises(service.CampaignRoleMissing):
        await service.cancel(session, actor=stage.people[0], reason="x", **asked)
    with pytest.raises(service.CampaignReasonMissing):
        await service.cancel(session, actor=stage.eva, reason="", **asked)
    await service.cancel(session, actor=stage.eva, reason="we moved it to May", **asked)
    with pytest.raises(service.CampaignMoved) as refused:
        await service.cancel(session, actor=stage.eva, reason="again", **asked)
    assert refused.value.details["state"] == "cancelled"
    with pytest.raises(service.CampaignMoved):
        await move_on(session, stage, now)
