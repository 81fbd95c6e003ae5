"""Badges that rules award: given in one statement, paid in another, and told to whom they concern."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import announce, paying
from core.badges import service as badges
from core.badges.models import Badge
from core.rules import awarding
from core.rules.awarding import Given, Grant

QUIET: Final = ("automated", "recognition")
"""What comes with everyday work is told to its receiver alone."""


async def grant(session: AsyncSession, grants: Sequence[Grant]) -> Sequence[Given]:
    """Award, pay, and owe everybody who is to be told."""
    workspace_id, now = grants[0].asked.workspace_id, grants[0].asked.now
    outcome = await awarding.give(session, grants)
    for badge_id in {badge_id for badge_id, _ in outcome.undone}:
        quicker = [member_id for of, member_id in outcome.undone if of == badge_id]
        await badges.recount(session, workspace_id, badge_id, quicker)
    if not outcome.given:
        return ()
    by_id = {grant.badge.id: grant.badge for grant in grants}
    await paying.pay(
        session,
        workspace_id=workspace_id,
        badge_ids=[given.badge_id for given in outcome.given],
        first=min(given.first for given in outcome.given),
        last=max(given.last for given in outcome.given),
        count=sum(given.many for given in outcome.given if by_id[given.badge_id].points),
        giver_id=None,
        reference=f"award:{min(given.first for given in outcome.given)}",
        now=now,
    )
    for given in outcome.given:
        await _tell(session, by_id[given.badge_id], given)
    return outcome.given


async def _tell(session: AsyncSession, badge: Badge, given: Given) -> None:
    is_quiet = badge.kind in QUIET
    await announce.called(session, badge, given.first, given.last)
    if given.act_id is None:
        crowd = announce.Crowd(given.first, given.last, given.many)
        await announce.crowded(session, badge, crowd, is_quiet=is_quiet)
    elif is_quiet:
        await announce.in_private(session, given.act_id, given.members, workspace_id=badge.workspace_id)
    else:
        await announce.awarded(session, badge, given.act_id, given.members, conversation_id=None)
