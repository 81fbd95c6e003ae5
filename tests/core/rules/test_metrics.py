"""What metrics measure, the product's own and a company's; who is chosen by lot and by sales."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.activities.models import Activity
from core.badges import registry
from core.people.models import Member, Workspace
from core.people.queries import Person
from core.rules import planning, service
from core.rules import why as asking
from tests.core.badges.stock import describe, make_badge
from tests.core.rules.stage import NOON, days, did, did_daily, evaluate, winners
from tests.factories import make_members

TODAY = NOON.date()
REWARDS = "rewards.functions."
MEASURED: list[tuple[str, dict[str, Any], int]] = [
    ("activities.count", {"type": "sale"}, 4),
    ("activities.count", {"type": "sale", "days": 7}, 3),
    ("activities.sum", {"type": "sale"}, 70),
    ("activities.sum", {"type": "sale", "days": 7}, 20),
    ("activities.highest", {"type": "sale"}, 50),
    ("activities.highest", {"type": "sale", "days": 7}, 10),
    ("activities.streak", {}, 3),
    ("activities.longest_streak", {}, 5),
    ("activities.days", {}, 8),
    ("activities.days", {"type": "nothing"}, 0),
    (f"{REWARDS}engagement.get_login_streak", {}, 3),
    (f"{REWARDS}engagement.get_total_logins", {}, 8),
    (f"{REWARDS}engagement.get_badges_earned_count", {}, 1),
    (f"{REWARDS}engagement.get_points_earned", {}, 30),
    (f"{REWARDS}training.check_product_knowledge", {}, 80),
    (f"{REWARDS}training.check_sales_training", {}, 100),
    (f"{REWARDS}sales.check_first_sale", {}, 4),
    (f"{REWARDS}sales.get_sales_count", {}, 4),
    (f"{REWARDS}sales.get_sales_count", {"days": 7}, 3),
]


@pytest.fixture
async def people(session: AsyncSession, workspace: Workspace) -> list[Person]:
    ana, luis, eva = await make_members(session, workspace, 3)
    for quantity, ago in ((50, 30), (5, 2), (5, 1), (10, 0)):
        await did(session, workspace, ana, "sale", quantity=quantity, at=NOON - timedelta(days=ago))
    logins = days(TODAY - timedelta(days=20), TODAY - timedelta(days=16)) + days(
        TODAY - timedelta(days=3), TODAY - timedelta(days=1)
    )
    await did_daily(session, workspace, ana, "login", logins)
    for score in (60, 80, 70):
        await did(session, workspace, ana, "product_knowledge", quantity=score)
    await did(session, workspace, ana, "Sales Training", quantity=100)
    first = await make_badge(session, workspace, reward_type="Computed Badge", points=30, awardee=[ana.member_id])
    await evaluate(session, workspace, first)
    return [ana, luis, eva]


@pytest.mark.parametrize(("metric", "params", "value"), MEASURED, ids=lambda each: str(each)[:50])
async def test_a_metric_measures(
    session: AsyncSession, workspace: Workspace, people: list[Person], metric: str, params: dict[str, Any], value: int
) -> None:
    rule = ["AchievementRule", {"metric": metric, "function_params": params, "threshold": value, "operator": "eq"}]
    badge = await make_badge(session, workspace, reward_type="Achievement Badge", rules=[rule], points=0)
    answer = await asking.ask(session, badge, workspace=workspace, member=people[0], now=NOON)
    assert [(each.holds, each.told.get("value") or 0) for each in answer.verdicts] == [(True, value)]
    holders = [each.member_id for each in people] if value == 0 else [people[0].member_id]
    assert list((await evaluate(session, workspace, badge)).members) == holders


@pytest.mark.parametrize(("operator", "holders"), [("gte", 1), ("gt", 0), ("lte", 3), ("lt", 2), ("eq", 1), ("ne", 2)])
async def test_whoever_has_nothing_has_0(
    session: AsyncSession, workspace: Workspace, people: list[Person], operator: str, holders: int
) -> None:
    rule = [
        "AchievementRule",
        {"metric": "activities.count", "function_params": {"type": "sale"}, "threshold": 4, "operator": operator},
    ]
    badge = await make_badge(session, workspace, reward_type="Achievement Badge", rules=[rule])
    assert (await evaluate(session, workspace, badge)).awarded == holders


@pytest.fixture
def own() -> Iterator[None]:
    """A company's own file, registered for a test."""
    before = registry.snapshot()

    @registry.metric("acme.big_deals", types=["sale"])
    def big_deals(asked: Any, at_least: int = 10) -> Any:
        return (
            select(Activity.member_id, func.count())
            .where(Activity.workspace_id == asked.workspace_id, Activity.type == "sale", Activity.quantity >= at_least)
            .group_by(Activity.member_id)
        )

    @registry.metric("acme.everybody")
    def everybody() -> Any:
        return select(Member.id, func.length("four"))

    @registry.metric("acme.per_member")
    async def per_member(user: Any, env: Any, conn: Any, least: int = 3, **_: Any) -> bool:
        count = await conn.fetchval(
            "SELECT count(*) FROM activity WHERE member_id = $1 AND type = 'sale' AND occurred_at >= $2 AND occurred_at < $3",
            user.user_id,
            env.start_date,
            env.end_date,
        )
        return bool(count >= least)

    yield
    registry.restore(before)


async def test_a_companys_own_metric_is_a_query(
    session: AsyncSession, workspace: Workspace, people: list[Person], own: None
) -> None:
    async def awarded(metric: str, **params: Any) -> list[int]:
        rule = ["AchievementRule", {"metric": metric, "function_params": params, "threshold": 2}]
        badge = await make_badge(session, workspace, reward_type="Achievement Badge", rules=[rule])
        return list((await evaluate(session, workspace, badge)).members)

    assert await awarded("acme.big_deals") == [people[0].member_id]
    assert await awarded("acme.big_deals", at_least=11) == []
    assert await awarded("acme.everybody") == [each.member_id for each in people]


async def test_the_per_member_form_is_for_touched_members(
    session: AsyncSession, workspace: Workspace, people: list[Person], own: None
) -> None:
    ana, luis, _ = people
    rule = ["AchievementRule", {"metric": "acme.per_member", "function_params": {"least": 3}, "threshold": 99}]
    badge = await make_badge(session, workspace, reward_type="Achievement Badge", rules=[rule], points=0)
    everybody = await evaluate(session, workspace, badge)
    assert everybody.refused is not None
    assert (everybody.awarded, everybody.refused.code) == (0, "badge_per_member")
    planned = await planning.plan(session, badge, workspace=workspace, now=NOON)
    assert planned.refused is not None
    done = await service.touch(
        session, workspace_id=workspace.id, members=[ana.member_id, luis.member_id], types={"sale"}, now=NOON
    )
    assert [(each.members, each.slow) for each in done] == [((ana.member_id,), ("acme.per_member",))]
    (made,) = await winners(session, workspace, badge)
    assert made.why["rules"][0]["value"] is True
    answer = await asking.ask(session, badge, workspace=workspace, member=luis, now=NOON)
    assert [(each.holds, each.told["value"]) for each in answer.verdicts] == [(False, False)]


async def test_best_sellers_of_the_last_period(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    ana, luis, eva = people
    for member, kind, quantity in ((luis, "visit", 5), (eva, "visit", 9), (ana, "visit", 1)):
        await did(session, workspace, member, kind, quantity=quantity, at=NOON - timedelta(days=30))
    await did(session, workspace, ana, "visit", quantity=100)
    rule = ["BestSeller", {"count": 2, "column": "Visits", "period": "last"}]
    badge = await make_badge(
        session, workspace, reward_type="Computed Badge", rules=[rule], multiple=True, timeframe="monthly"
    )
    made = await evaluate(session, workspace, badge)
    assert set(made.members) == {luis.member_id, eva.member_id}
    told = {each.member_id: each.why for each in await winners(session, workspace, badge)}
    assert (told[eva.member_id]["rank"], told[luis.member_id]["rank"]) == (1, 2)
    assert told[eva.member_id]["rules"][0]["period"] == "2026-10"


async def drawn(session: AsyncSession, workspace: Workspace, seeds: int, **rule: Any) -> Counter[int]:
    """How often each member won, over so many draws by different seeds."""
    badge = await make_badge(
        session, workspace, reward_type="Computed Badge", points=0, multiple=True, rules=[["RandomUsers", rule]]
    )
    won: Counter[int] = Counter()
    for seed in range(seeds):
        made = await evaluate(session, workspace, badge, run=str(seed), seed=f"seed {seed}")
        won.update(made.members)
    return won


async def test_a_draw_is_fair_and_can_be_made_again(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    import hashlib

    won = await drawn(session, workspace, 120)
    expected: Counter[int] = Counter(
        min(
            (each.member_id for each in people),
            key=lambda member_id: hashlib.sha256(f"seed {seed}:{member_id}".encode()).digest(),
        )
        for seed in range(120)
    )
    assert won == expected, "anybody who knows the seed finds the same"
    assert all(20 <= won[each.member_id] <= 60 for each in people), won


async def test_weights_are_odds(session: AsyncSession, workspace: Workspace, people: list[Person]) -> None:
    ana, luis, eva = people
    for member, code, level in ((ana, "BOSS", "6"), (luis, "STAFF", "2"), (eva, "INTERN", "x")):
        await describe(session, workspace, member, job_code=code, attributes={"level": level})
    by_code = await drawn(session, workspace, 120, weights={"BOSS": 6, "STAFF": 2, "*": 0})
    assert by_code[eva.member_id] == 0
    assert 75 <= by_code[ana.member_id] <= 105, by_code  # 90 of 120 are expected
    by_level = await drawn(session, workspace, 120, weights="level")
    assert by_level == by_code, "the same weights by the same seeds"


async def test_recent_winners_wait(session: AsyncSession, workspace: Workspace, people: list[Person]) -> None:
    badge = await make_badge(
        session,
        workspace,
        reward_type="Computed Badge",
        multiple=True,
        timeframe="daily",
        rules=[["RandomUsers", {"count": 1, "exclude_recent_winners": True, "recent_winner_days": 3}]],
    )
    won = [(await evaluate(session, workspace, badge, now=NOON + timedelta(days=day))).members for day in range(4)]
    assert len(set(won[:3])) == 3
    assert all(len(members) == 1 for members in won)


async def test_managers_relations_have_no_giver_by_rule(
    session: AsyncSession, workspace: Workspace, people: list[Person]
) -> None:
    badge = await make_badge(session, workspace, reward_type="Computed Badge", rules=["DirectManagerRule"])
    assert (await evaluate(session, workspace, badge)).awarded == 0
    assert date(2026, 11, 20) == TODAY
