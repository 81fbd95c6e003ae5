"""Writes a plan: a few statements for each thousand rows, in the caller's one transaction."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.people.importing.plan import Entry, Plan

ROWS_PER_STATEMENT = 1000


class HasFaults(Exception):
    """A plan with faults is never written, not even in part."""


# The lock that first contacts take (core.people.service): who is being imported is not enrolled at the same time.
_HOLD = text("SELECT pg_advisory_xact_lock(hashtextextended('enrol', :workspace_id))")

_IDS = text("SELECT nextval(pg_get_serial_sequence('member', 'id')) FROM generate_series(1, :count)")


def _of_rows(statement: str) -> TextClause:
    return text(statement).bindparams(bindparam("rows", type_=JSONB))


_ADD_MEMBERS = _of_rows("""
INSERT INTO member (workspace_id, id, status, roles)
SELECT :workspace_id, member_id, coalesce(status, 'active'), coalesce(roles, ARRAY['member'])
FROM jsonb_to_recordset(:rows) AS given(member_id bigint, status text, roles text[])
""")

_CHANGE_MEMBERS = _of_rows("""
UPDATE member SET status = coalesce(given.status, member.status), roles = coalesce(given.roles, member.roles),
       is_provisional = coalesce(given.is_provisional, member.is_provisional)
FROM jsonb_to_recordset(:rows) AS given(member_id bigint, status text, roles text[], is_provisional boolean)
WHERE member.workspace_id = :workspace_id AND member.id = given.member_id
""")

_ADD_PROFILES = _of_rows("""
INSERT INTO profile (workspace_id, member_id, display_name, email, locale, time_zone, job_code, department, location,
                     groups, programs, hire_date, birth_year, birth_month, birth_day, attributes)
SELECT :workspace_id, given.member_id, told.display_name, told.email, told.locale, told.time_zone, told.job_code,
       told.department, told.location, coalesce(told.groups, '{}'), coalesce(told.programs, '{}'), told.hire_date,
       told.birth_year, told.birth_month, told.birth_day, given.attributes
FROM jsonb_to_recordset(:rows) AS given(member_id bigint, fields jsonb, attributes jsonb),
     jsonb_populate_record(NULL::profile, given.fields) AS told
""")

# A field that the row does not tell keeps what it holds at this moment.
_CHANGE_PROFILES = _of_rows("""
UPDATE profile SET (display_name, email, locale, time_zone, job_code, department, location,
                    groups, programs, hire_date, birth_year, birth_month, birth_day) =
    (SELECT told.display_name, told.email, told.locale, told.time_zone, told.job_code, told.department, told.location,
            told.groups, told.programs, told.hire_date, told.birth_year, told.birth_month, told.birth_day
     FROM jsonb_populate_record(profile, given.fields) AS told),
    attributes = (profile.attributes || given.attributes) - given.cleared
FROM jsonb_to_recordset(:rows) AS given(member_id bigint, fields jsonb, attributes jsonb, cleared text[])
WHERE profile.workspace_id = :workspace_id AND profile.member_id = given.member_id
""")

_ADD_ACCOUNTS = _of_rows("""
INSERT INTO identity (workspace_id, platform, tenant, remote_id, member_id)
SELECT :workspace_id, platform, tenant, remote_id, member_id
FROM jsonb_to_recordset(:rows) AS given(platform text, tenant text, remote_id text, member_id bigint)
""")

_SET_MANAGERS = _of_rows("""
UPDATE member SET manager_id = given.manager_id FROM jsonb_to_recordset(:rows) AS given(member_id bigint, manager_id bigint)
WHERE member.workspace_id = :workspace_id AND member.id = given.member_id
""")


async def hold(session: AsyncSession, *, workspace_id: int) -> None:
    """Keep first contacts waiting until the end of the transaction; to be called before the plan that will be applied."""
    await session.execute(_HOLD, {"workspace_id": workspace_id})


async def apply(session: AsyncSession, plan: Plan, *, on_progress: Callable[[int], object] | None = None) -> None:
    """Write what the plan says. `on_progress` is told how many rows were written since it was last called.

    Raises HasFaults.
    """
    if plan.faults:
        raise HasFaults
    ids = (await session.scalars(_IDS, {"count": len(plan.new)})).all()
    owned = [(entry.known.member_id, entry) for entry in plan.changed if entry.known]
    owned += zip(ids, plan.new, strict=True)
    for part in _parts(owned):
        await _write(session, plan.workspace_id, part)
        if on_progress:
            on_progress(len(part))
    here = {entry.row.email: member_id for member_id, entry in owned if entry.row.email}
    rows = [
        {
            "member_id": member_id,
            "manager_id": plan.managers.get(entry.manager) or here[entry.manager] if entry.manager else None,
        }
        for member_id, entry in owned
        if entry.manager != ""
    ]
    await _run(session, _SET_MANAGERS, plan.workspace_id, rows)


def _parts(owned: Sequence[tuple[int, Entry]]) -> Iterator[Sequence[tuple[int, Entry]]]:
    for start in range(0, len(owned), ROWS_PER_STATEMENT):
        yield owned[start : start + ROWS_PER_STATEMENT]


async def _write(session: AsyncSession, workspace_id: int, part: Sequence[tuple[int, Entry]]) -> None:
    added = [{"member_id": member_id, **entry.member} for member_id, entry in part if entry.known is None]
    changed = [{"member_id": member_id, **entry.member} for member_id, entry in part if entry.known and entry.member]
    await _run(session, _ADD_MEMBERS, workspace_id, added)
    await _run(session, _CHANGE_MEMBERS, workspace_id, changed)
    told = [(member_id, entry) for member_id, entry in part if entry.profile or entry.attributes]
    first = [_profile(*each) for each in told if each[1].known is None or not each[1].known.has_profile]
    later = [_profile(*each) for each in told if each[1].known is not None and each[1].known.has_profile]
    await _run(session, _ADD_PROFILES, workspace_id, first)
    await _run(session, _CHANGE_PROFILES, workspace_id, later)
    accounts = [
        {**account._asdict(), "member_id": member_id} for member_id, entry in part for account in entry.accounts
    ]
    await _run(session, _ADD_ACCOUNTS, workspace_id, accounts)


def _profile(member_id: int, entry: Entry) -> Mapping[str, Any]:
    fields = {
        name: value.isoformat() if name == "hire_date" and value else value for name, value in entry.profile.items()
    }
    attributes = {name: value for name, value in entry.attributes.items() if value is not None}
    cleared = [name for name, value in entry.attributes.items() if value is None]
    return {"member_id": member_id, "fields": fields, "attributes": attributes, "cleared": cleared}


async def _run(
    session: AsyncSession, statement: TextClause, workspace_id: int, rows: Sequence[Mapping[str, Any]]
) -> None:
    if rows:
        await session.execute(statement, {"workspace_id": workspace_id, "rows": rows})
