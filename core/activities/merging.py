"""What becomes of a member's activities when the member is merged into another: they are the older's, and days count once."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.activities import statements

# Tallies are added up with a run of 0, the sign that RECOUNT has to count the days; months are laid over each other.
_MERGE = (
    text("UPDATE activity SET member_id = :older WHERE workspace_id = :workspace_id AND member_id = :younger"),
    text(
        "WITH moved AS (DELETE FROM attendance WHERE workspace_id = :workspace_id AND member_id = :younger RETURNING day, source,"
        " recorded_at) INSERT INTO attendance (workspace_id, member_id, day, source, recorded_at)"
        " SELECT :workspace_id, :older, day, source, recorded_at FROM moved ORDER BY day ON CONFLICT DO NOTHING"
    ),
    text(
        "WITH moved AS (DELETE FROM activity_tally WHERE workspace_id = :workspace_id AND member_id = :younger RETURNING *)"
        " INSERT INTO activity_tally AS kept (workspace_id, type, member_id, times, quantity, highest, days, current, longest,"
        " first_on, last_on) SELECT :workspace_id, type, :older, times, quantity, highest, days, 0, longest, first_on, last_on"
        " FROM moved ORDER BY type ON CONFLICT (workspace_id, type, member_id) DO UPDATE SET"
        " times = kept.times + excluded.times, quantity = kept.quantity + excluded.quantity,"
        " highest = greatest(kept.highest, excluded.highest), current = 0"
    ),
    text(
        "WITH moved AS (DELETE FROM activity_month WHERE workspace_id = :workspace_id AND member_id = :younger"
        " RETURNING type, month, days) INSERT INTO activity_month AS kept (workspace_id, type, month, member_id, days)"
        " SELECT :workspace_id, type, month, :older, days FROM moved ORDER BY type, month"
        " ON CONFLICT (workspace_id, type, month, member_id) DO UPDATE SET days = kept.days | excluded.days"
    ),
    # A day on which both were there is one of attendance, and one login.
    text(
        "UPDATE activity_tally SET times = counted.days, quantity = counted.days FROM (SELECT count(*) AS days FROM attendance"
        " WHERE workspace_id = :workspace_id AND member_id = :older) AS counted WHERE activity_tally.workspace_id = :workspace_id"
        " AND activity_tally.member_id = :older AND activity_tally.type = 'attendance'"
    ),
)


async def merge(session: AsyncSession, *, workspace_id: int, younger: int, older: int) -> None:
    """Move what the younger did to the older. Both members are locked."""
    values = {"workspace_id": workspace_id, "younger": younger, "older": older}
    for statement in _MERGE:
        await session.execute(statement, {key: each for key, each in values.items() if f":{key}" in statement.text})
    await session.execute(statements.RECOUNT, {"workspace_id": workspace_id, "members": [older]})
