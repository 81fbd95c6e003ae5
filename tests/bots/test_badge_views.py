"""From an act of giving to what people see: the card, the private word, and what is left once it is revoked."""

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from bots.views import VIEWS
from bots.views.scene import Scene
from cards.model import Card
from cards.render import Context, plain
from cards.words import words_for
from core.badges import announce, revoking, service
from core.people.models import Workspace
from core.people.queries import Person
from tests.core.badges.stock import awards, make_badge
from tests.factories import make_members


def said(card: Card | None) -> str:
    assert card is not None
    return str(plain.render(card, Context()).payload["text"])


@pytest.fixture
async def scene(session: AsyncSession, workspace: Workspace, now: datetime) -> Scene:
    """An act in which Member 1 gave a badge to Members 2 and 3."""
    giver, *receivers = await make_members(session, workspace, 3)
    badge = await make_badge(
        session,
        workspace,
        reward="Top",
        emoji="🏆",
        rarity="rare",
        points=5,
        message="Bravo, {{user.display_name}} ({{badge.points}})!",
    )
    await service.award(
        session, workspace=workspace, badge=badge, giver=giver, receivers=receivers, message="for <b>it</b>", now=now
    )
    act = (await awards(session, workspace))[0].act_id
    return Scene(session, now, workspace, words_for("en"), {"act": act, "reader": receivers[0].member_id}, b"secret")


async def revoke(scene: Scene, place: int) -> None:
    made = (await awards(scene.session, scene.home))[place]
    assert made.giver_id is not None
    giver = Person(made.giver_id, "Member 1", "active", ("member",), False, None, None)
    await revoking.revoke(scene.session, workspace=scene.home, award_id=made.id, actor=giver, reason="x", now=scene.now)


async def test_card_of_an_act(scene: Scene) -> None:
    assert said(await VIEWS[announce.CARD](scene)) == (
        "Member 1 gave Member 2 and Member 3 the badge 🏆 Top\nBravo, Member 2 and Member 3 (5)!\n> for <b>it</b>\nRare · +5 points each\n[Like] [Details]"
    )
    assert said(await VIEWS[announce.NOTICE](scene)) == (
        "Member 1 gave you the badge 🏆 Top\nBravo, Member 2 (5)!\n> for <b>it</b>\nRare · +5 points"
    )


async def test_what_was_revoked_leaves_the_card(scene: Scene) -> None:
    await revoke(scene, 0)
    assert said(await VIEWS[announce.CARD](scene)).startswith("Member 1 gave Member 3 the badge")
    assert await VIEWS[announce.NOTICE](scene) is None
    assert said(await VIEWS[announce.NOTICE](replace(scene, is_posted=True))) == "The badge 🏆 Top was taken back."
    await revoke(scene, 1)
    assert await VIEWS[announce.CARD](scene) is None
    assert said(await VIEWS[announce.CARD](replace(scene, is_posted=True))) == "The badge 🏆 Top was taken back."


async def test_act_that_is_not_there_says_nothing(scene: Scene) -> None:
    gone = replace(scene, reference={"act": -1, "reader": -1})
    assert [await VIEWS[kind](gone) for kind in (announce.CARD, announce.NOTICE)] == [None, None]
