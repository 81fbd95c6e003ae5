"""Taking awards back: by a role at any time, by whoever gave them soon after."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import announce, reports, statements
from core.badges.models import Award
from core.badges.service import hold_guards, recount
from core.errors import Refusal
from core.people.models import Workspace
from core.people.queries import Person
from core.points import service as points
from core.text import clean

REASON_MAX = 1000
RECEIVERS_MAX = 1000
TAKEN_BACK = "taken back by the giver"
"""The reason of an award that nobody with a role revoked; no card shows it."""
REVOKERS = frozenset({"admin", "coordinator"})


class AwardGone(Refusal):
    code = "award_gone"


class AwardAlreadyRevoked(Refusal):
    code = "award_already_revoked"


class RevokeNotAllowed(Refusal):
    """Neither a role that may, nor the giver within the workspace's `minutes`."""

    code = "revoke_not_allowed"


class RevokeReasonMissing(Refusal):
    """No reason, or one longer than `limit` characters."""

    code = "revoke_reason_missing"


class NothingToTakeBack(Refusal):
    """The giver's latest badge is older than `minutes`, or there is none."""

    code = "badge_nothing_to_undo"


def may_revoke(actor: Person) -> bool:
    """Whether a role of theirs lets a member revoke what others gave."""
    return not actor.has_left and bool(REVOKERS & set(actor.roles))


async def revoke(
    session: AsyncSession, *, workspace: Workspace, award_id: int, actor: Person, reason: str, now: datetime
) -> None:
    """Take one award back: its points return, its key is free, its cards say so.

    Admins and coordinators may at any time, the giver within the workspace's time to undo. Raises AwardGone,
    AwardAlreadyRevoked, RevokeNotAllowed, RevokeReasonMissing.
    """
    found = await session.scalar(select(Award).where(Award.workspace_id == workspace.id, Award.id == award_id))
    await _revoke(session, workspace, [found] if found else [], actor, clean(reason), now)


async def revoke_act(
    session: AsyncSession, *, workspace: Workspace, act_id: int, actor: Person, reason: str, now: datetime
) -> None:
    """Take back whatever still stands of an act. Raises what `revoke` raises."""
    await _revoke(session, workspace, await _of_act(session, workspace, act_id), actor, clean(reason), now)


async def take_back(session: AsyncSession, *, workspace: Workspace, act_id: int, giver: Person, now: datetime) -> None:
    """The giver thinks better of it, in time. Raises what `revoke` raises."""
    awards = await _of_act(session, workspace, act_id)
    if any(award.giver_id != giver.member_id for award in awards):
        raise RevokeNotAllowed(minutes=workspace.undo_minutes)
    await _revoke(session, workspace, awards, giver._replace(roles=()), TAKEN_BACK, now)


async def take_back_latest(session: AsyncSession, *, workspace: Workspace, giver: Person, now: datetime) -> int:
    """Take back the latest badge that a member gave and that still stands; returns its act. Raises NothingToTakeBack."""
    latest = await session.scalar(
        select(Award)
        .where(
            Award.workspace_id == workspace.id,
            Award.giver_id == giver.member_id,
            Award.revoked_at.is_(None),
            Award.awarded_at > now - timedelta(minutes=workspace.undo_minutes),
        )
        .order_by(Award.awarded_at.desc(), Award.id.desc())
        .limit(1)
    )
    if latest is None:
        raise NothingToTakeBack(minutes=workspace.undo_minutes)
    await take_back(session, workspace=workspace, act_id=latest.act_id, giver=giver, now=now)
    return latest.act_id


async def _of_act(session: AsyncSession, workspace: Workspace, act_id: int) -> Sequence[Award]:
    rows = await session.scalars(
        select(Award)
        .where(Award.workspace_id == workspace.id, Award.act_id == act_id)
        .order_by(Award.id)
        .limit(RECEIVERS_MAX)
    )
    return rows.all()


async def _revoke(
    session: AsyncSession, workspace: Workspace, awards: Sequence[Award], actor: Person, reason: str, now: datetime
) -> None:
    if not awards:
        raise AwardGone
    is_giver = all(award.giver_id == actor.member_id for award in awards)
    if actor.has_left or not (is_giver or may_revoke(actor)):
        raise RevokeNotAllowed(minutes=workspace.undo_minutes)
    if all(award.revoked_at is not None for award in awards):
        raise AwardAlreadyRevoked
    if not reason or len(reason) > REASON_MAX:
        raise RevokeReasonMissing(limit=REASON_MAX)
    window = None if may_revoke(actor) else timedelta(minutes=workspace.undo_minutes)
    values = {
        "workspace_id": workspace.id,
        "awards": [award.id for award in awards],
        "actor": actor.member_id,
        "reason": reason,
        "window": window,
    }
    holders = [award.member_id for award in awards]
    await hold_guards(session, workspace.id, awards[0].badge_id, holders)  # first of all, as giving does
    revoked = (await session.execute(statements.REVOKE, values)).all()
    if not revoked:
        raise await _why_not(session, workspace, awards)
    transfers = [row.transfer_id for row in revoked if row.transfer_id is not None]
    await points.reverse(
        session, transfers, workspace_id=workspace.id, reason="badge_revoked", actor_id=actor.member_id, now=now
    )
    await recount(session, workspace.id, revoked[0].badge_id, [row.member_id for row in revoked])
    await reports.moot(session, revoked[0].act_id, workspace_id=workspace.id, actor=actor, now=now)
    await announce.changed(session, revoked[0].act_id, workspace_id=workspace.id)


async def _why_not(session: AsyncSession, workspace: Workspace, awards: Sequence[Award]) -> Refusal:
    """Somebody else was faster, or the time is over."""
    standing = await session.scalar(
        select(Award.id)
        .where(
            Award.workspace_id == workspace.id,
            Award.id.in_([award.id for award in awards]),
            Award.revoked_at.is_(None),
        )
        .limit(1)
    )
    return RevokeNotAllowed(minutes=workspace.undo_minutes) if standing else AwardAlreadyRevoked()
