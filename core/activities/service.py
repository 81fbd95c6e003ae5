"""The verbs of activities: record what members did and when they were there, once whatever is told twice."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.ext.asyncio import AsyncSession

from core.activities import statements
from core.activities.models import ATTENDANCE, LOGIN, REFERENCE_LENGTH_MAX, SOURCE_LENGTH_MAX, TYPE_LENGTH_MAX
from core.clock import today
from core.database import Hot
from core.errors import Refusal
from core.people.models import Workspace
from core.people.queries import Person
from core.text import clean

BATCH_MAX = 1000
QUANTITY_MAX = 1_000_000_000
AHEAD_MAX = timedelta(days=1)
"""How far a source's clock may be ahead of ours."""
MONTHS_AHEAD = 2
PEOPLE = "people"
"""The source of what the product itself sees members do."""

_NAME = re.compile(r"\w[\w.]*")
_JOINTS = re.compile(r"[\s\-/:]+")
ALSO: Mapping[str, str] = {
    "logins": LOGIN, "hours": "hour", "tasks": "task", "projects": "project", "trainings": "training", "sales": "sale",
    "skills": "skill", "referrals": "referral", "visits": "visit", "attendances": ATTENDANCE,
}  # fmt: skip
"""Other names of the types that are well known."""


class ActivityInvalid(Refusal):
    """`field` of the activity at `place` (from 0) holds `found`; `wanted` says what it may."""

    code = "activity_invalid"


class ActivityTooMany(Refusal):
    """More in one batch than `limit`."""

    code = "activity_too_many"


class ActivityMemberUnknown(Refusal):
    """`ids` are members of nobody in this workspace."""

    code = "activity_member_unknown"


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that a member did. `reference` is its id at the `source`: what comes with the same again is the same deed."""

    member_id: int
    type: str
    occurred_at: datetime
    source: str
    reference: str
    quantity: Decimal = Decimal(1)


class Presence(NamedTuple):
    """A member was there on a day."""

    member_id: int
    day: date


class Recorded(NamedTuple):
    """How many were new, how many were known already; of the new ones the members and types, for whoever evaluates them."""

    recorded: int
    repeated: int
    members: Sequence[int]
    types: Sequence[str]


def type_name(typed: str) -> str:
    """`Sales`, `Customer Visit` → `sale`, `customer_visit`; empty if it is no name of a type."""
    name = _JOINTS.sub("_", clean(typed).casefold()).strip("_.")
    name = ALSO.get(name, name)
    return name if len(name) <= TYPE_LENGTH_MAX and _NAME.fullmatch(name) else ""


async def record(session: AsyncSession, *, workspace_id: int, activities: Sequence[Deed], now: datetime) -> Recorded:
    """Write up to a thousand activities and what is kept of them. One whose source and reference are known changes nothing.

    Raises ActivityTooMany, ActivityInvalid, ActivityMemberUnknown; then nothing of the transaction may be kept.
    """
    if len(activities) > BATCH_MAX:
        raise ActivityTooMany(count=len(activities), limit=BATCH_MAX)
    rows: dict[tuple[str, str], Row] = {}
    for place, deed in enumerate(activities):
        rows.setdefault((deed.source, deed.reference), _row(deed, place, now))
    await _make_months(session, {deed.occurred_at for deed in activities}, now)
    columns = zip(*rows.values(), strict=True) if rows else ([] for _ in Row._fields)
    values = dict(zip(Row._fields, map(list, columns), strict=True))
    kept = await _RECORD.one(session, {"workspace_id": workspace_id, **values})
    return await _settled(session, workspace_id, kept, len(activities))


class Row(NamedTuple):
    """A deed as the statement takes it."""

    members: int
    types: str
    quantities: Decimal
    moments: datetime
    sources: str
    references: str


def _row(deed: Deed, place: int, now: datetime) -> Row:
    """The deed as the statement takes it. Raises ActivityInvalid."""
    name = type_name(deed.type)
    if not name:
        raise _invalid(place, "type", deed.type, f"1–{TYPE_LENGTH_MAX}")
    if not 0 < len(deed.source) <= SOURCE_LENGTH_MAX:
        raise _invalid(place, "source", deed.source, f"1–{SOURCE_LENGTH_MAX}")
    if not 0 < len(deed.reference) <= REFERENCE_LENGTH_MAX:
        raise _invalid(place, "reference", deed.reference, f"1–{REFERENCE_LENGTH_MAX}")
    if not (deed.quantity.is_finite() and 0 <= deed.quantity <= QUANTITY_MAX):
        raise _invalid(place, "quantity", str(deed.quantity), f"0–{QUANTITY_MAX}")
    if deed.occurred_at.tzinfo is None or deed.occurred_at > now + AHEAD_MAX:
        raise _invalid(place, "occurred_at", deed.occurred_at.isoformat(), f"≤ {now + AHEAD_MAX:%Y-%m-%d %H:%M}")
    return Row(deed.member_id, name, deed.quantity, deed.occurred_at, deed.source, deed.reference)


def _invalid(place: int, field: str, found: str, wanted: str) -> ActivityInvalid:
    return ActivityInvalid(place=place, field=field, found=clean(found)[:60], wanted=wanted)


async def attend(
    session: AsyncSession, *, workspace_id: int, days: Sequence[Presence], source: str, now: datetime
) -> Recorded:
    """Write that members were there, up to a thousand days. A day that is known changes nothing.

    Raises ActivityTooMany, ActivityInvalid, ActivityMemberUnknown; then nothing of the transaction may be kept.
    """
    if len(days) > BATCH_MAX:
        raise ActivityTooMany(count=len(days), limit=BATCH_MAX)
    latest = (now + AHEAD_MAX).date()
    for place, presence in enumerate(days):
        if presence.day > latest:
            raise _invalid(place, "day", presence.day.isoformat(), f"≤ {latest.isoformat()}")
    rows = [{"m": presence.member_id, "day": presence.day.isoformat()} for presence in dict.fromkeys(days)]
    values = {"workspace_id": workspace_id, "rows": rows, "source": source[:SOURCE_LENGTH_MAX], "type": ATTENDANCE}
    kept = (await session.execute(statements.ATTEND, values)).one()
    return await _settled(session, workspace_id, kept, len(days))


async def _settled(session: AsyncSession, workspace_id: int, kept: Any, count: int) -> Recorded:
    """What a statement came to, once late days are counted again. Raises ActivityMemberUnknown."""
    if kept.unknown:
        raise ActivityMemberUnknown(ids=list(kept.unknown[:10]), count=len(kept.unknown))
    if kept.is_late:
        await session.execute(statements.RECOUNT, {"workspace_id": workspace_id, "members": list(kept.members)})
    return Recorded(kept.recorded, count - kept.recorded, kept.members, kept.types if kept.recorded else [])


_RECORD = Hot(statements.RECORD)
_HAS_LOGGED_IN = Hot(statements.HAS_LOGGED_IN)


def _login(workspace: Workspace, member: Person, now: datetime) -> tuple[date, dict[str, Any]]:
    """The day it is for a member, and the key of their login on it."""
    day = today(now, zone_of(member.time_zone, workspace))
    reference = f"{LOGIN}:{member.member_id}:{day.isoformat()}"
    return day, {"workspace_id": workspace.id, "source": PEOPLE, "reference": reference}


async def has_logged_in(session: AsyncSession, *, workspace: Workspace, member: Person, now: datetime) -> bool:
    """Whether a member was here before on this day of theirs. Asked at every contact."""
    _, key = _login(workspace, member, now)
    return bool((await _HAS_LOGGED_IN.one(session, key)).is_known)


async def logged_in(session: AsyncSession, *, workspace: Workspace, member: Person, now: datetime) -> bool:
    """Note that a member is here; whether it is their first contact of the day, in their own zone."""
    day, key = _login(workspace, member, now)
    values = {**key, "member_id": member.member_id, "type": LOGIN, "day": day, "now": now}
    noted = (await session.execute(statements.LOG_IN, values)).one()
    if noted.is_late:
        recounted = {"workspace_id": workspace.id, "members": [member.member_id]}
        await session.execute(statements.RECOUNT, recounted)
    return bool(noted.is_first)


def zone_of(time_zone: str | None, workspace: Workspace) -> ZoneInfo:
    """A member's own zone; what a platform calls one and nobody knows is the company's."""
    try:
        return ZoneInfo(time_zone or workspace.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(workspace.time_zone)


async def _make_months(session: AsyncSession, moments: set[datetime], now: datetime) -> None:
    """Partitions for what lies outside of those that the clock makes ahead."""
    ahead = {month_of(now.date(), ahead) for ahead in range(-1, MONTHS_AHEAD)}
    missing = {month_of(moment.date(), 0) for moment in moments} - ahead
    if missing:
        await session.execute(statements.MAKE_MONTHS, {"days": sorted(missing)})


async def make_months(session: AsyncSession, *, now: datetime) -> None:
    """Make the partitions of last month, this and the next ones. Run by the clock, as ops."""
    days = [month_of(now.date(), ahead) for ahead in range(-1, MONTHS_AHEAD + 1)]
    await session.execute(statements.MAKE_MONTHS, {"days": days})


def month_of(day: date, ahead: int) -> date:
    """The first day of the month that is so many after a day's."""
    months = day.year * 12 + day.month - 1 + ahead
    return date(months // 12, months % 12 + 1, 1)
