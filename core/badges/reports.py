"""A colleague finds an award wrong: the admins are told in private, and one of them decides."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core import outbox
from core.badges.models import DISMISSED, UPHELD
from core.errors import Refusal
from core.outbox import Outgoing
from core.people import queries as people
from core.people.models import Workspace
from core.people.queries import Person
from core.people.service import AdminOnly
from core.text import clean

REASON_MAX = 500
ADMINS_MAX = 50
NOTICE = "badge_report_notice"

_REPORT = text("""
INSERT INTO award_report (workspace_id, award_id, member_id, reason, at)
SELECT :workspace_id, min(id), :member_id, :reason, :now FROM award WHERE workspace_id = :workspace_id AND act_id = :act_id
HAVING bool_or(revoked_at IS NULL)
ON CONFLICT (workspace_id, award_id, member_id) DO NOTHING RETURNING id
""")
_STANDS = text(
    "SELECT 1 FROM award WHERE workspace_id = :workspace_id AND act_id = :act_id AND revoked_at IS NULL LIMIT 1"
)
_ADMINS = text(
    "SELECT id FROM member WHERE workspace_id = :workspace_id AND status = 'active' AND merged_into IS NULL"
    " AND roles @> ARRAY['admin'] ORDER BY id LIMIT :limit"
)
_DECIDE = text("""
UPDATE award_report SET state = :state, decided_by = :actor, decided_at = :now
WHERE workspace_id = :workspace_id AND state = 'open'
  AND award_id = (SELECT min(id) FROM award WHERE workspace_id = :workspace_id AND act_id = :act_id)
RETURNING id
""")


_OPEN = text("""
SELECT id, reason FROM award_report WHERE workspace_id = :workspace_id AND state = 'open'
  AND award_id = (SELECT min(id) FROM award WHERE workspace_id = :workspace_id AND act_id = :act_id)
ORDER BY id DESC LIMIT :limit
""")
_MINE = text(
    "SELECT 1 FROM award_report WHERE workspace_id = :workspace_id AND member_id = :member_id AND award_id ="
    " (SELECT min(id) FROM award WHERE workspace_id = :workspace_id AND act_id = :act_id)"
)


class Open(NamedTuple):
    report_id: int
    reason: str


class ReportGone(Refusal):
    """There is no such act in the workspace, or nothing of it stands."""

    code = "award_gone"


class ReportedAlready(Refusal):
    code = "award_reported"


class ReportTooLong(Refusal):
    code = "report_too_long"


class ReportsDecided(Refusal):
    """Another admin was faster."""

    code = "report_decided"


async def report(
    session: AsyncSession, *, workspace: Workspace, act_id: int, member: Person, reason: str = "", now: datetime
) -> int:
    """Ask the admins to look at an act, once for each member; returns how many admins are told.

    Raises ReportGone, ReportedAlready, ReportTooLong.
    """
    told = clean(reason)
    if len(told) > REASON_MAX:
        raise ReportTooLong(length=len(told), limit=REASON_MAX)
    values = {
        "workspace_id": workspace.id,
        "act_id": act_id,
        "member_id": member.member_id,
        "reason": told,
        "now": now,
    }
    if (await session.execute(_REPORT, values)).first() is None:
        stands = (await session.execute(_STANDS, {"workspace_id": workspace.id, "act_id": act_id})).first()
        raise ReportedAlready if stands else ReportGone
    return await _tell_admins(session, workspace.id, act_id)


async def _tell_admins(session: AsyncSession, workspace_id: int, act_id: int) -> int:
    """One message an admin however many report it: the second report is an edit of it."""
    admins = (await session.execute(_ADMINS, {"workspace_id": workspace_id, "limit": ADMINS_MAX})).scalars().all()
    lines = await people.lines(session, admins, workspace_id=workspace_id)
    notices = [
        Outgoing(
            f"{_prefix(act_id)}{line.member_id}",
            line.scope,
            NOTICE,
            line.address,
            {"act": act_id, "reader": line.member_id},
            outbox.NOTICE,
        )
        for line in lines
    ]
    await outbox.enqueue(session, notices, workspace_id=workspace_id)
    return len(notices)


async def dismiss(session: AsyncSession, *, workspace: Workspace, act_id: int, actor: Person, now: datetime) -> None:
    """An admin finds nothing wrong. Raises AdminOnly, ReportsDecided."""
    if not actor.is_admin:
        raise AdminOnly
    if not await _decide(session, act_id, workspace.id, DISMISSED, actor, now):
        raise ReportsDecided


async def moot(session: AsyncSession, act_id: int, *, workspace_id: int, actor: Person, now: datetime) -> None:
    """What was reported is taken back: nothing is left to decide once nothing of the act stands."""
    stands = (await session.execute(_STANDS, {"workspace_id": workspace_id, "act_id": act_id})).first()
    if stands is None:
        await _decide(session, act_id, workspace_id, UPHELD, actor, now)


async def _decide(
    session: AsyncSession, act_id: int, workspace_id: int, state: str, actor: Person, now: datetime
) -> bool:
    values: dict[str, Any] = {
        "workspace_id": workspace_id,
        "act_id": act_id,
        "state": state,
        "actor": actor.member_id,
        "now": now,
    }
    decided = (await session.execute(_DECIDE, values)).all()
    if decided:
        await outbox.renew(session, _prefix(act_id), (NOTICE,), workspace_id=workspace_id)
    return bool(decided)


def _prefix(act_id: int) -> str:
    return f"award:{act_id}:report:"


async def list_open(session: AsyncSession, act_id: int, *, workspace_id: int, limit: int = 100) -> Sequence[Open]:
    """Reports of an act that nobody has decided, newest first."""
    rows = await session.execute(_OPEN, {"workspace_id": workspace_id, "act_id": act_id, "limit": limit})
    return [Open(*row) for row in rows]


async def has_reported(session: AsyncSession, act_id: int, member_id: int, *, workspace_id: int) -> bool:
    values = {"workspace_id": workspace_id, "act_id": act_id, "member_id": member_id}
    return (await session.execute(_MINE, values)).first() is not None
