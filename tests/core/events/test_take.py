"""What a message does: activities, awards, points; for whom, and once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import registry
from core.events import asking, service
from core.events.asking import Asked, EventTooMany, EventUnwanted, QueryInvalid
from core.events.message import EventInvalid
from core.events.service import EventReused, EventsOff, Taken
from core.people.models import Member, Profile, Workspace
from core.people.queries import Person
from tests.core.badges.stock import describe, make_badge
from tests.core.events.stage import deeds, message
from tests.core.rules.stage import NOON, told, winners
from tests.factories import current, make_member, make_members, make_workspace


async def take(
    session: AsyncSession, workspace: Workspace, arrived: service.Arrived, content: dict[str, Any], *, now: Any = NOON
) -> Taken:
    return await service.take(session, arrived, content, workspace_id=workspace.id, now=now)


async def send(
    session: AsyncSession, workspace: Workspace, key: str = "sale", *, called: str = "", now: Any = NOON, **fields: Any
) -> Taken:
    return await take(session, workspace, message(key, called=called, **fields), fields, now=now)


@pytest.fixture
def queries() -> Iterator[None]:
    """What a test registers is gone after it."""
    before = registry.snapshot()
    yield
    registry.restore(before)


@pytest.fixture
async def ana(session: AsyncSession, workspace: Workspace) -> Person:
    return await make_member(session, workspace, "Ana", email="ana@example.com", remote_id="UANA")


async def test_a_badge_whose_events_name_the_key_is_awarded_and_told(
    session: AsyncSession, workspace: Workspace, ana: Person
) -> None:
    badge = await make_badge(
        session, workspace, reward_type="Automated Badge", points=7, events=["orders.closed"], message="Closed!"
    )
    taken = await send(session, workspace, "orders.closed", user_id="ana@example.com", quantity=3)
    assert taken == Taken(recorded=1, awarded=1)
    assert await deeds(session, workspace) == [(ana.member_id, "orders.closed", 3.0)]
    [award] = await winners(session, workspace, badge)
    assert award.member_id == ana.member_id
    assert award.why["event"] == "orders.closed"
    assert await current(session, workspace, ana, now=NOON) == 7
    assert [kind for kind, _ in await told(session, workspace)]


async def test_the_key_may_be_written_otherwise_and_with_options(
    session: AsyncSession, workspace: Workspace, ana: Person
) -> None:
    badge = await make_badge(
        session, workspace, reward_type="Recognition Badge", events=[{"Order Closed": {"region": "EU"}}]
    )
    assert (await send(session, workspace, "order-closed", user_id=ana.member_id)).awarded == 1
    assert len(await winners(session, workspace, badge)) == 1


async def test_a_rule_over_activities_is_met_by_events(
    session: AsyncSession, workspace: Workspace, ana: Person
) -> None:
    rule = ["AchievementRule", {"metric": "activities.sum", "function_params": {"type": "sale"}, "threshold": 10}]
    badge = await make_badge(session, workspace, reward_type="Achievement Badge", rules=[rule])
    assert (await send(session, workspace, called="1", user_id="slack:T1:UANA", quantity=6)).awarded == 0
    assert (await send(session, workspace, called="2", user_id="slack:T1:UANA", quantity=4)).awarded == 1
    assert len(await winners(session, workspace, badge)) == 1


async def test_without_a_calendar_limit_each_event_awards_once(
    session: AsyncSession, workspace: Workspace, ana: Person
) -> None:
    badge = await make_badge(session, workspace, reward_type="Automated Badge", multiple=True, events=["orders.closed"])
    daily = await make_badge(
        session, workspace, reward_type="Automated Badge", multiple=True, timeframe="daily", events=["orders.closed"]
    )
    for number, awarded in ((1, 2), (1, 0), (2, 1), (3, 1)):
        taken = await send(session, workspace, "orders.closed", called=str(number), user_id=ana.member_id)
        assert taken.awarded == awarded
    assert len(await winners(session, workspace, badge)) == 3
    assert len(await winners(session, workspace, daily)) == 1
    assert (
        await send(session, workspace, "orders.closed", called="4", user_id=ana.member_id, now=NOON + timedelta(days=1))
    ).awarded == 2


async def test_a_reference_makes_another_message_the_same_deed(
    session: AsyncSession, workspace: Workspace, ana: Person
) -> None:
    await make_badge(session, workspace, reward_type="Automated Badge", multiple=True, events=["sale"])
    eva = await make_member(session, workspace, "Eva")
    assert await send(session, workspace, called="1", user_id=ana.member_id, reference="o1") == Taken(1, 0, 1)
    assert await send(session, workspace, called="2", user_id=ana.member_id, reference="o1") == Taken(0, 1, 0)
    both = [ana.member_id, eva.member_id]
    assert await send(session, workspace, called="3", user_ids=both, reference="o1") == Taken(1, 1, 1)
    assert (
        await send(session, workspace, "orders.paid", called="4", user_id=ana.member_id, type="hours", reference="o1")
    ).recorded == 1


async def test_a_repeat_has_no_effect_with_and_without_an_id(
    session: AsyncSession, workspace: Workspace, ana: Person
) -> None:
    for known in ("m1", ""):
        assert (await send(session, workspace, called=known, user_id=ana.member_id, quantity=2)).is_repeat is False
        assert (await send(session, workspace, called=known, user_id=ana.member_id, quantity=2)).is_repeat is True
    assert len(await deeds(session, workspace)) == 2
    # The same id of another producer, and the same words under another key, are other messages.
    assert not (
        await take(session, workspace, message(called="m1", producer="till", user_id=1), {"user_id": ana.member_id})
    ).is_repeat
    assert not (await send(session, workspace, "visit", user_id=ana.member_id, quantity=2)).is_repeat


async def test_an_id_that_comes_with_another_content_is_refused(
    session: AsyncSession, workspace: Workspace, ana: Person
) -> None:
    await send(session, workspace, called="m1", user_id=ana.member_id)
    with pytest.raises(EventReused):
        await send(session, workspace, called="m1", user_id=ana.member_id, quantity=100)


async def test_one_message_about_several(session: AsyncSession, workspace: Workspace) -> None:
    members = await make_members(session, workspace, 3)
    badge = await make_badge(session, workspace, reward_type="Automated Badge", events=["sale"])
    ids = [each.member_id for each in members]
    taken = await send(session, workspace, user_ids=[*ids, str(ids[0])])
    assert taken == Taken(recorded=3, awarded=3)
    assert {each.member_id for each in await winners(session, workspace, badge)} == set(ids)


async def test_whoever_was_merged_is_the_one_who_lives_on_and_counts_once(
    session: AsyncSession, workspace: Workspace, ana: Person
) -> None:
    eva = await make_member(session, workspace, "Eva")
    await session.execute(
        text("UPDATE member SET merged_into = :a WHERE id = :e"), {"a": ana.member_id, "e": eva.member_id}
    )
    assert (await send(session, workspace, user_ids=[eva.member_id, ana.member_id])).recorded == 1
    assert await deeds(session, workspace) == [(ana.member_id, "sale", 1.0)]


async def test_somebody_who_left_gets_no_badge(session: AsyncSession, workspace: Workspace) -> None:
    gone = await make_member(session, workspace, "Leo", status="left")
    await make_badge(session, workspace, reward_type="Automated Badge", events=["sale"])
    assert await send(session, workspace, user_id=gone.member_id) == Taken(recorded=1, awarded=0)


UNKNOWN = ["nobody@example.com", "slack:T1:UNOBODY", "slack:T2:UANA", "teams:T1:UANA", 4_000_000_000]


@pytest.mark.parametrize("who", UNKNOWN)
async def test_somebody_unknown_is_refused_by_place_and_not_by_name(
    session: AsyncSession, workspace: Workspace, ana: Person, who: Any
) -> None:
    with pytest.raises(EventInvalid) as refused:
        await send(session, workspace, user_ids=["ana@example.com", who])
    assert refused.value.details == {"faults": [{"path": "$.user_ids", "code": "user_unknown", "places": [1]}]}
    assert await deeds(session, workspace) == []


async def test_members_of_another_workspace_are_unknown(session: AsyncSession, workspace: Workspace) -> None:
    other = await make_workspace(session)
    stranger = await make_member(session, other, "Otto", email="otto@example.com", remote_id="UOTTO")
    await session.execute(text("SELECT set_config('plaudit.workspace_id', :w, true)"), {"w": str(workspace.id)})
    for who in (stranger.member_id, "otto@example.com", "slack:T1:UOTTO"):
        with pytest.raises(EventInvalid) as refused:
            await send(session, workspace, called=f"m{who}", user_id=who)
        assert refused.value.details["faults"][0]["code"] == "user_unknown"


async def test_what_nothing_wants_is_refused_with_what_looks_like_it(
    session: AsyncSession, workspace: Workspace, ana: Person
) -> None:
    await make_badge(session, workspace, reward_type="Automated Badge", events=["orders.closed"])
    await make_badge(session, workspace, reward_type="Automated Badge", events=["orders.lost"], is_enabled=False)
    for key, near in (("orders.close", "orders.closed"), ("orders.lost", "orders.closed"), ("zzz", "")):
        with pytest.raises(EventUnwanted) as refused:
            await send(session, workspace, key, user_id=ana.member_id)
        assert refused.value.details["key"] == key
        assert refused.value.details["nearest"] == near
        assert refused.value.code == "event_unwanted"


WANTING: list[dict[str, Any]] = [
    {"reward_type": "Challenge", "challenges": [{"step": "One", "event": "course.done"}]},
    {
        "reward_type": "Achievement Badge",
        "rules": [
            [
                "AchievementRule",
                {"metric": "activities.count", "function_params": {"type": "course_done"}, "threshold": 1},
            ]
        ],
    },
    {"reward_type": "Computed Badge", "events": ["course.done"], "rules": [["RandomUsers", {"count": 1}]]},
]


@pytest.mark.parametrize("fields", WANTING, ids=lambda each: each["reward_type"])
async def test_steps_and_rules_want_events_too(
    session: AsyncSession, workspace: Workspace, ana: Person, fields: dict[str, Any]
) -> None:
    key = "course-done" if fields["reward_type"] == "Achievement Badge" else "course.done"
    with pytest.raises(EventUnwanted):
        await send(session, workspace, key, called="1", user_id=ana.member_id)
    await session.execute(text("DELETE FROM event_claim"))
    await make_badge(session, workspace, **fields)
    assert (await send(session, workspace, key, called="1", user_id=ana.member_id)).recorded == 1


async def test_a_registered_query_says_whom_an_event_is_about(
    session: AsyncSession, workspace: Workspace, queries: None
) -> None:
    @registry.query("quarter.closed")
    def sellers(asked: Asked) -> Any:
        return select(Profile.member_id).where(
            Profile.workspace_id == asked.workspace_id, Profile.department == asked.event.data["department"]
        )

    ana, eva, leo, ida = await make_members(session, workspace, 4)
    for member in (ana, eva, leo):
        await describe(session, workspace, member, department="Sales")
    await session.execute(text("UPDATE member SET status = 'left' WHERE id = :m"), {"m": leo.member_id})
    badge = await make_badge(session, workspace, reward_type="Automated Badge", events=["quarter.closed"])
    assert await send(session, workspace, "quarter.closed", data={"department": "Sales"}) == Taken(2, 0, 2)
    assert {each.member_id for each in await winners(session, workspace, badge)} == {ana.member_id, eva.member_id}
    # Nobody is found: nothing happens, and that is no fault. Whom the message names itself it is about.
    assert await send(session, workspace, "quarter.closed", data={"department": "Ops"}) == Taken()
    assert (await send(session, workspace, "quarter.closed", user_id=ida.member_id)).recorded == 1


async def test_a_query_sees_its_own_workspace_alone(session: AsyncSession, workspace: Workspace, queries: None) -> None:
    registry.query("everybody")(lambda asked: select(Member.id))
    await make_members(session, workspace, 2)
    other = await make_workspace(session)
    await make_members(session, other, 3)
    assert (await send(session, other, "everybody")).recorded == 3


async def test_a_query_of_too_many_or_of_no_rows_at_all(
    session: AsyncSession, workspace: Workspace, queries: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MEMBERS_MAX", 2)
    registry.query("everybody")(lambda asked: select(Member.id))
    registry.query("nothing")(lambda asked: None)
    await make_members(session, workspace, 3)
    with pytest.raises(EventTooMany):
        await send(session, workspace, "everybody")
    with pytest.raises(QueryInvalid):
        await send(session, workspace, "nothing")


async def test_without_a_query_a_message_has_to_name_somebody(session: AsyncSession, workspace: Workspace) -> None:
    with pytest.raises(EventInvalid) as refused:
        await send(session, workspace, "sale")
    assert refused.value.details["faults"][0]["code"] == "user_missing"


async def test_a_workspace_that_takes_no_events_refuses_them(
    session: AsyncSession, ana: Person, workspace: Workspace
) -> None:
    await session.execute(text("UPDATE workspace SET takes_events = false WHERE id = :w"), {"w": workspace.id})
    await session.refresh(workspace)
    with pytest.raises(EventsOff):
        await send(session, workspace, user_id=ana.member_id)


HOSTILE = ["x\0y", "ключ", "'; DROP TABLE member; --", "{{ 7*7 }}", "\u202esale", "a" * 250]


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_hostile_names_of_producers_messages_and_keys_are_kept_apart(
    session: AsyncSession, workspace: Workspace, ana: Person, hostile: str
) -> None:
    fields: dict[str, Any] = {"user_id": ana.member_id, "type": "sale", "reference": hostile.replace("\0", "")[:100]}
    arrived = message(hostile, called=hostile, producer=hostile, **fields)
    assert len(arrived.source) <= 40
    assert (await take(session, workspace, arrived, fields)).recorded == 1
    assert (await take(session, workspace, arrived, fields)).is_repeat
    other = message(hostile, called=hostile, producer=f"{hostile}2", **fields)
    assert other.source != arrived.source
    assert not (await take(session, workspace, other, fields)).is_repeat


async def test_a_key_longer_than_any_broker_lets_it_be_is_refused(
    session: AsyncSession, workspace: Workspace, ana: Person
) -> None:
    with pytest.raises(EventInvalid) as refused:
        await send(session, workspace, "a" * 300, type="sale", user_id=ana.member_id)
    assert refused.value.details["faults"][0]["code"] == "type_of_key"
