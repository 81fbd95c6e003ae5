"""What a sheet would bring: its rows compared with the workspace, and the writing of them, all or nothing."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.activities import service, statements
from core.activities.importing.sheet import Row, Sheet
from core.activities.models import ATTENDANCE
from core.activities.service import AHEAD_MAX, BATCH_MAX, Deed, Presence
from core.people.importing.cells import Fault, shown
from core.people.models import Workspace

SOURCE = "import"

_KNOWN_KEYS = text(
    "SELECT count(*) FROM activity_key JOIN unnest(CAST(:references AS text[])) AS given(reference) USING (reference)"
    " WHERE workspace_id = :workspace_id AND source = :source"
)
_KNOWN_DAYS = text(
    "SELECT count(*) FROM attendance JOIN unnest(CAST(:members AS bigint[]), CAST(:days AS date[])) AS given(member_id, day)"
    " USING (member_id, day) WHERE workspace_id = :workspace_id"
)
_KNOWN_HOLIDAYS = text(
    "SELECT count(*) FROM holiday JOIN jsonb_to_recordset(:rows) AS given(calendar text, day date, name text)"
    " USING (calendar, day, name) WHERE workspace_id = :workspace_id"
).bindparams(bindparam("rows", type_=JSONB))
_KEEP_HOLIDAYS = text(
    "INSERT INTO holiday (workspace_id, calendar, day, name) SELECT :workspace_id, calendar, day, name"
    " FROM jsonb_to_recordset(:rows) AS given(calendar text, day date, name text) ORDER BY calendar, day"
    " ON CONFLICT (workspace_id, calendar, day) DO UPDATE SET name = excluded.name"
).bindparams(bindparam("rows", type_=JSONB))


class HasFaults(Exception):
    """A plan with faults is never written, not even in part."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Nothing may be written while there are `faults`. `known` rows were brought in before and change nothing."""

    workspace_id: int
    deeds: tuple[Deed, ...]
    days: tuple[Presence, ...]
    holidays: tuple[Mapping[str, str], ...]
    known: int
    faults: tuple[Fault, ...]

    @property
    def rows(self) -> int:
        return len(self.deeds) + len(self.days) + len(self.holidays)

    @property
    def members(self) -> Sequence[int]:
        return sorted({deed.member_id for deed in self.deeds} | {day.member_id for day in self.days})

    @property
    def types(self) -> Sequence[str]:
        return sorted({deed.type for deed in self.deeds} | ({ATTENDANCE} if self.days else set()))


async def plan(session: AsyncSession, sheet: Sheet, *, workspace: Workspace, now: datetime) -> Plan:
    """Compare every row with the workspace. The plan holds all faults at once, the sheet's own included."""
    faults = list(sheet.faults)
    if sheet.kind == "holidays":
        return await _plan_holidays(session, sheet, workspace, faults)
    owners = await _owners(session, sheet, workspace.id, faults)
    zone = ZoneInfo(workspace.time_zone)
    _check_times(sheet, zone, now, faults)
    rows = [(row, owners[row.line]) for row in sheet.rows if row.line in owners]
    deeds = tuple(_deeds(rows, zone)) if sheet.kind == "activities" else ()
    days = tuple(dict.fromkeys(Presence(owner, row.values["day"]) for row, owner in rows)) if not deeds else ()
    known = await _count_known(session, workspace.id, deeds, days)
    return Plan(workspace.id, deeds, days, (), known, _sorted(faults))


def _sorted(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    return tuple(sorted(faults, key=lambda fault: fault.line))


async def _owners(session: AsyncSession, sheet: Sheet, workspace_id: int, faults: list[Fault]) -> Mapping[int, int]:
    """The member of each line; who is nobody's is a fault."""
    emails = sorted({row.values["email"] for row in sheet.rows if "email" in row.values})
    ids = sorted({row.values["member_id"] for row in sheet.rows if "member_id" in row.values})
    by_address = await session.execute(statements.MEMBERS_BY_ADDRESS, {"workspace_id": workspace_id, "emails": emails})
    known: dict[Any, int] = {row.email: row.member_id for row in by_address}
    by_id = await session.execute(statements.MEMBERS_BY_ID, {"workspace_id": workspace_id, "ids": ids})
    known |= {row.id: row.member_id for row in by_id}
    owners: dict[int, int] = {}
    for row in sheet.rows:
        column = "email" if "email" in row.values else "member_id"
        named = row.values[column]
        if named in known:
            owners[row.line] = known[named]
        else:
            faults.append(Fault(row.line, column, shown(str(named)), "member_unknown"))
    return owners


def _check_times(sheet: Sheet, zone: ZoneInfo, now: datetime, faults: list[Fault]) -> None:
    latest = now + AHEAD_MAX
    for row in sheet.rows:
        column = "day" if sheet.kind == "attendance" else "occurred_at"
        given = row.values[column]
        is_late = given > latest.date() if sheet.kind == "attendance" else _at(given, zone) > latest
        if is_late:
            faults.append(Fault(row.line, column, given.isoformat(), "future"))


def _at(given: datetime, zone: ZoneInfo) -> datetime:
    return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)


def _deeds(rows: Sequence[tuple[Row, int]], zone: ZoneInfo) -> Iterator[Deed]:
    """A row without a reference is known again by what it says; one that says the same as another in its file is another."""
    seen: Counter[str] = Counter()
    for row, owner in rows:
        at, quantity = _at(row.values["occurred_at"], zone), row.values.get("quantity", Decimal(1))
        reference = row.values.get("reference", "")
        if not reference:
            said = f"{owner}|{row.values['type']}|{at.isoformat()}|{quantity.normalize()}"
            seen[said] += 1
            reference = f"row:{hashlib.sha256(said.encode()).hexdigest()[:32]}:{seen[said]}"
        yield Deed(owner, row.values["type"], at, SOURCE, reference, quantity)


async def _count_known(
    session: AsyncSession, workspace_id: int, deeds: Sequence[Deed], days: Sequence[Presence]
) -> int:
    if deeds:
        references = list({deed.reference for deed in deeds})
        values = {"workspace_id": workspace_id, "source": SOURCE, "references": references}
        known = int(await session.scalar(_KNOWN_KEYS, values) or 0)
        return known + len(deeds) - len(references)
    given = {"members": [day.member_id for day in days], "days": [day.day for day in days]}
    return int(await session.scalar(_KNOWN_DAYS, {"workspace_id": workspace_id, **given}) or 0)


async def _plan_holidays(session: AsyncSession, sheet: Sheet, workspace: Workspace, faults: list[Fault]) -> Plan:
    lines: dict[tuple[str, str], int] = {}
    rows: list[Mapping[str, str]] = []
    for row in sheet.rows:
        calendar, day = row.values.get("calendar", "").casefold(), row.values["day"].isoformat()
        first = lines.setdefault((calendar, day), row.line)
        if first != row.line:
            faults.append(Fault(row.line, "day", day, "twice", {"first": first}))
        rows.append({"calendar": calendar, "day": day, "name": row.values.get("name", "")})
    known = await session.scalar(_KNOWN_HOLIDAYS, {"workspace_id": workspace.id, "rows": rows})
    return Plan(workspace.id, (), (), tuple(rows), int(known or 0), _sorted(faults))


async def apply(
    session: AsyncSession, plan: Plan, *, now: datetime, on_progress: Callable[[int], object] | None = None
) -> None:
    """Write what the plan says, a thousand rows a statement. `on_progress` is told how many rows were written since it was last
    called. Raises HasFaults."""
    if plan.faults:
        raise HasFaults
    if plan.holidays:
        await session.execute(_KEEP_HOLIDAYS, {"workspace_id": plan.workspace_id, "rows": list(plan.holidays)})
    for start in range(0, len(plan.deeds), BATCH_MAX):
        part = plan.deeds[start : start + BATCH_MAX]
        await service.record(session, workspace_id=plan.workspace_id, activities=part, now=now)
        if on_progress:
            on_progress(len(part))
    for start in range(0, len(plan.days), BATCH_MAX):
        days = plan.days[start : start + BATCH_MAX]
        await service.attend(session, workspace_id=plan.workspace_id, days=days, source=SOURCE, now=now)
        if on_progress:
            on_progress(len(days))
