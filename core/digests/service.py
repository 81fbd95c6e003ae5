"""The jobs of digests: every morning what yesterday came to, and on Mondays the week.

The daily one goes to connected conversations that chose it instead of a card for each thank-you, the weekly one to all of them
but the silent ones. Nothing happened: nothing is said.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core import outbox
from core.clock import period, today
from core.digests import queries
from core.digests.models import DAILY, WEEKLY
from core.digests.queries import Spell
from core.people import modes
from core.people import queries as people
from core.people.models import Workspace
from core.people.modes import DIGEST, DIRECT, THREAD
from core.schedule.registry import Figures, Run, job

CARD = "digest_card"
HOUR = 9
"""Of the workspace's own clock."""

_MODES = {DAILY: (DIGEST,), WEEKLY: (DIRECT, THREAD, DIGEST)}

# A digest is made once; its cards are rows of the same statement.
_MAKE = text(f"""
WITH made AS (
    INSERT INTO digest (workspace_id, kind, since, until) VALUES (:workspace_id, :kind, :since, :until)
    ON CONFLICT (workspace_id, kind, since) DO NOTHING RETURNING id
),
place AS (
    SELECT concat_ws(':', platform, tenant, remote_id) AS scope,
           {modes.ADDRESS} AS address
    FROM conversation WHERE workspace_id = :workspace_id AND is_connected AND NOT is_gone AND mode = ANY(:modes)
),
paced AS (INSERT INTO outbox_scope (scope) SELECT scope FROM place, made ORDER BY scope ON CONFLICT DO NOTHING),
card AS (
    INSERT INTO outbox (workspace_id, dedup_key, scope, kind, address, reference, priority)
    SELECT :workspace_id, concat('digest:', made.id, ':in:', scope), scope, '{CARD}', address,
           jsonb_build_object('digest', made.id), {outbox.BROADCAST}
    FROM place, made ORDER BY scope RETURNING id
)
SELECT (SELECT id FROM made) AS digest_id, (SELECT count(*) FROM card) AS cards
""")  # noqa: S608 - constants of this code


@job("daily_digest", cron={"hour": HOUR})
async def daily(session: AsyncSession, run: Run) -> Figures:
    return await _tell(session, run, DAILY, "day", timedelta(days=1))


@job("weekly_digest", cron={"day_of_week": "mon", "hour": HOUR})
async def weekly(session: AsyncSession, run: Run) -> Figures:
    return await _tell(session, run, WEEKLY, "week", timedelta(days=7))


async def _tell(session: AsyncSession, run: Run, kind: str, unit: str, ago: timedelta) -> Figures:
    """The period before the one the run is due in, whenever it is run."""
    workspace = await people.workspace(session, run.workspace_id)
    found = period(unit, run.at - ago, ZoneInfo(workspace.time_zone))
    spell = Spell(workspace.id, found.starts_at, found.ends_at)
    if not await _is_worth_telling(session, workspace, spell):
        return {"cards": 0}
    values = {**spell._asdict(), "kind": kind, "modes": list(_MODES[kind])}
    made = (await session.execute(_MAKE, values)).one()
    return {"cards": made.cards, **({"digest": made.digest_id} if made.digest_id else {})}


async def _is_worth_telling(session: AsyncSession, workspace: Workspace, spell: Spell) -> bool:
    figures = await queries.figures(session, spell)
    if figures.kudos or figures.awards:
        return True
    first, last = celebrated(workspace, spell.since, spell.until)
    return bool(await queries.birthdays(session, workspace_id=workspace.id, first=first, last=last))


def celebrated(workspace: Workspace, since: datetime, until: datetime) -> tuple[date, date]:
    """The first and last local day whose birthdays are told of: as many days as the digest is about, beginning with today."""
    zone = ZoneInfo(workspace.time_zone)
    first = today(until, zone)
    return first, first + (first - today(since, zone)) - timedelta(days=1)
