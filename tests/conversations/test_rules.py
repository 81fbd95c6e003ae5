"""Badges that rules award, where people are: the card says why, /why says how the rules stand, relations hold for hands."""

import json
from typing import Any

from core.people import queries as people
from core.rules import service
from tests.conversations.stage import Stage
from tests.core.badges.stock import make_badge
from tests.core.rules.stage import did

THREE = ["AchievementRule", {"metric": "activities.count", "function_params": {"type": "sale"}, "threshold": 3}]


async def stocked(stage: Stage, **fields: Any) -> int:
    async with stage.sessions.begin(stage.workspace_id) as (session, _):
        workspace = await people.workspace(session, stage.workspace_id)
        usual = {"reward": "Seller", "reward_type": "Achievement Badge", "points": 7, "rules": [THREE]}
        return (await make_badge(session, workspace, **{**usual, **fields})).id


async def sold(stage: Stage, name: str, times: int) -> None:
    async with stage.sessions.begin(stage.workspace_id) as (session, now):
        workspace = await people.workspace(session, stage.workspace_id)
        known = await people.people(session, [stage.member(name)], workspace_id=workspace.id)
        await did(session, workspace, known[stage.member(name)], "sale", times=times, at=now)


async def evaluated(stage: Stage, badge: int) -> None:
    async with stage.sessions.begin(stage.workspace_id) as (session, now):
        await service.evaluate(session, workspace_id=stage.workspace_id, badge_id=badge, now=now)
    stage.application.deliverer.bell.ring()
    await stage.quiet()


async def why(stage: Stage, words: str, *, asker: str = "Luis") -> str:
    delivery = await stage.slack.slash(stage[asker], stage.slack_channel, "/why", words)
    await stage.quiet()
    return json.dumps(delivery.json(), ensure_ascii=False)


async def test_the_card_says_why(stage: Stage) -> None:
    badge = await stocked(stage, message="You sold {{ args.value }}, {{ user.display_name }}!")
    await sold(stage, "Luis", 4)
    await evaluated(stage, badge)
    posts = stage.posts("earned the badge")
    assert len(posts) == 3
    assert all("sale: 4 (" in post.text or "sale: 4" in json.dumps(post.payload) for post in posts)
    assert all("You sold 4" in json.dumps(post.payload, ensure_ascii=False) for post in posts)
    assert await stage.earned("Luis") == 7


async def test_why_tells_how_the_rules_stand(stage: Stage) -> None:
    badge = await stocked(stage)
    await sold(stage, "Luis", 2)
    short = await why(stage, '"Seller"')
    assert "You do not have this badge." in short
    assert "✗ number: sale: 2 (at least 3)" in short
    await sold(stage, "Luis", 1)
    await evaluated(stage, badge)
    held = await why(stage, '"Seller"')
    assert "a rule awarded it" in held
    assert "• number: sale: 3 (at least 3)" in held
    assert "✓ number: sale: 3 (at least 3)" in held


async def test_figures_of_a_colleague_are_theirs(stage: Stage) -> None:
    await stocked(stage)
    await sold(stage, "Luis", 2)
    told = await why(stage, '@[Luis] "Seller"', asker="Tom")
    assert "does not have this badge" in told
    assert "sale: 2" not in told


async def test_only_the_manager_gives_what_managers_give(stage: Stage) -> None:
    await stocked(stage, reward="Well led", reward_type="User Badge", rules=["DirectManagerRule"], multiple=True)
    await stocked(stage, reward="Seen above", reward_type="User Badge", rules=["HierarchyRelationship"], multiple=True)

    async def given(badge: str) -> int:
        await stage.slack.slash(stage["Ana"], stage.slack_channel, "/badge", f'@[Luis] "{badge}" well done')
        await stage.quiet()
        return await stage.count("award JOIN badge ON badge.id = award.badge_id", "badge.name = :b", b=badge)

    assert (await given("Well led"), await given("Seen above")) == (0, 0)
    luis, tom, ana = (stage.member(name) for name in ("Luis", "Tom", "Ana"))
    await stage.sql("UPDATE member SET manager_id = :tom WHERE id = :luis", tom=tom, luis=luis)
    await stage.sql("UPDATE member SET manager_id = :ana WHERE id = :tom", ana=ana, tom=tom)
    assert (await given("Well led"), await given("Seen above")) == (0, 1)
    await stage.sql("UPDATE member SET manager_id = :ana WHERE id = :luis", ana=ana, luis=luis)
    assert await given("Well led") == 1
