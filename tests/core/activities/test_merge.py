"""Two members become one: what both did is one history, and a day on which both were there is one day."""

from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.activities import service as activities
from core.identity import service as identity
from core.people.models import Workspace
from tests.core.activities.test_record import tally
from tests.core.rules.stage import NOON, did_daily, was_there
from tests.factories import make_members

TODAY = NOON.date()


async def test_days_of_both_are_one_run(session: AsyncSession, workspace: Workspace) -> None:
    ana, phone, luis = await make_members(session, workspace, 3)
    await did_daily(session, workspace, ana, "login", [TODAY - timedelta(days=ago) for ago in (4, 2, 0)])
    await did_daily(session, workspace, phone, "login", [TODAY - timedelta(days=ago) for ago in (3, 2, 1)])
    await did_daily(session, workspace, phone, "visit", [TODAY])
    await was_there(session, workspace, ana, [date(2026, 11, 2), date(2026, 11, 3)])
    await was_there(session, workspace, phone, [date(2026, 11, 3), date(2026, 11, 4)])
    pair = (ana.member_id, phone.member_id)
    await identity.merge(session, workspace=workspace, member_ids=pair, actor_id=ana.member_id, now=NOON)
    assert (await tally(session, ana, "login"))[3:] == (5, 5, 5, TODAY - timedelta(days=4), TODAY)
    assert (await tally(session, ana, "login"))[0] == 6
    assert (await tally(session, ana, "visit"))[3:6] == (1, 1, 1)
    assert (await tally(session, ana, "attendance"))[:6] == (3, 3, 1, 3, 3, 3)
    for table in ("activity", "attendance", "activity_tally", "activity_month"):
        left = await session.scalar(text(f"SELECT count(*) FROM {table} WHERE member_id = :m"), {"m": phone.member_id})
        assert left == 0, table
    await did_daily(session, workspace, phone, "login", [TODAY + timedelta(days=1)])
    assert (await tally(session, ana, "login"))[3:6] == (6, 6, 6), "who still knows the old member means the older"
    assert not await activities.has_logged_in(session, workspace=workspace, member=luis, now=NOON)
