"""The verbs of leaderboards: hide and show oneself."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from core.people.models import Member


async def hide(session: AsyncSession, member_id: int, *, workspace_id: int) -> None:
    """Take a member off every board, past periods included; ranks close up. A second time changes nothing."""
    await _hides(session, member_id, workspace_id, hides=True)


async def show(session: AsyncSession, member_id: int, *, workspace_id: int) -> None:
    """Put a member back on the boards, with all that was counted meanwhile."""
    await _hides(session, member_id, workspace_id, hides=False)


async def _hides(session: AsyncSession, member_id: int, workspace_id: int, *, hides: bool) -> None:
    """The totals follow by a trigger."""
    of_member = (Member.workspace_id == workspace_id, Member.id == member_id, Member.hides_rank.is_not(hides))
    await session.execute(update(Member).where(*of_member).values(hides_rank=hides))
