"""What a sheet would change: its rows compared with the members of the workspace. Reads only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.people.importing.cells import Account, Fault, shown
from core.people.importing.sheet import Row, Sheet
from core.people.models import ROLES

PLAIN = ("email", "locale", "time_zone", "job_code", "department", "location", "groups", "programs", "hire_date")


class Known(NamedTuple):
    """A member as they stand."""

    member_id: int
    status: str
    roles: list[str]
    is_provisional: bool
    manager_id: int | None
    has_profile: bool
    profile: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """What one row changes. `known` is None for a new member; `manager` is an address, None to clear, "" to leave as it is."""

    row: Row
    known: Known | None
    member: Mapping[str, Any]
    profile: Mapping[str, Any]
    attributes: Mapping[str, str | None]
    accounts: tuple[Account, ...]
    manager: str | None

    @property
    def changes(self) -> Sequence[str]:
        """Names of what changes."""
        named = [*self.member, *self.profile, *(f"attributes.{name}" for name in self.attributes)]
        return [*named, *(account.column for account in self.accounts), *([] if self.manager == "" else ["manager"])]


@dataclass(frozen=True, slots=True)
class Plan:
    """Nothing may be written while there are `faults`. `managers` tells the members behind addresses that are not new."""

    workspace_id: int
    new: tuple[Entry, ...]
    changed: tuple[Entry, ...]
    unchanged: int
    faults: tuple[Fault, ...]
    managers: Mapping[str, int]


# The same statements serve ten rows and ten thousand; a plan made for the ones must not be kept for the others.
_PLAN_EACH_TIME = text("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)")

_TENANTS = text("SELECT DISTINCT platform, tenant FROM binding WHERE workspace_id = :workspace_id")

_BY_EMAIL = text(
    "SELECT profile.email, coalesce(member.merged_into, member.id) FROM profile"
    " JOIN member ON member.workspace_id = profile.workspace_id AND member.id = profile.member_id"
    " WHERE profile.workspace_id = :workspace_id AND profile.email = ANY(:emails)"
)

_BY_ACCOUNT = text(
    "SELECT identity.platform, identity.tenant, identity.remote_id, coalesce(member.merged_into, member.id) FROM identity"
    " JOIN member ON member.workspace_id = identity.workspace_id AND member.id = identity.member_id"
    " JOIN unnest(CAST(:platforms AS text[]), CAST(:tenants AS text[]), CAST(:remote_ids AS text[]))"
    " AS given(platform, tenant, remote_id) ON given.platform = identity.platform AND given.tenant = identity.tenant"
    " AND given.remote_id = identity.remote_id WHERE identity.workspace_id = :workspace_id"
)

_MEMBERS = text(
    "SELECT member.id, member.status, member.roles, member.is_provisional, member.manager_id,"
    " profile.member_id IS NOT NULL AS has_profile, profile.display_name, profile.email, profile.locale, profile.time_zone,"
    " profile.job_code, profile.department, profile.location, profile.groups, profile.programs, profile.hire_date,"
    " profile.birth_year, profile.birth_month, profile.birth_day, profile.attributes"
    " FROM member LEFT JOIN profile ON profile.workspace_id = member.workspace_id AND profile.member_id = member.id"
    " WHERE member.workspace_id = :workspace_id AND member.id = ANY(:ids)"
)

_MANAGED = text("SELECT id, manager_id FROM member WHERE workspace_id = :workspace_id AND manager_id IS NOT NULL")


async def plan(session: AsyncSession, sheet: Sheet, *, workspace_id: int) -> Plan:
    """Compare every row with the workspace. The plan holds all faults at once, the sheet's own included."""
    planning = _Planning(workspace_id, sheet)
    await planning.find(session)
    entries = [planning.entry(row) for row in planning.rows]
    planning.check_managers(entries)
    return Plan(
        workspace_id=workspace_id,
        new=tuple(entry for entry in entries if entry.known is None),
        changed=tuple(entry for entry in entries if entry.known is not None and entry.changes),
        unchanged=sum(1 for entry in entries if entry.known is not None and not entry.changes),
        faults=tuple(sorted(planning.faults, key=lambda fault: fault.line)),
        managers=planning.by_email,
    )


class _Planning:
    """What has been found out of a sheet so far."""

    def __init__(self, workspace_id: int, sheet: Sheet) -> None:
        self.workspace_id = workspace_id
        self.sheet = sheet
        self.rows: Sequence[Row] = sheet.rows
        self.faults = list(sheet.faults)
        self.by_email: Mapping[str, int] = {}
        self.by_account: Mapping[tuple[str, str, str], int] = {}
        self.known: Mapping[int, Known] = {}
        self.managed: Mapping[int, int] = {}
        self.owners: dict[int, int] = {}

    async def find(self, session: AsyncSession) -> None:
        await session.execute(_PLAN_EACH_TIME)
        of_workspace = {"workspace_id": self.workspace_id}
        tenants = defaultdict(list)
        for platform, tenant in await session.execute(_TENANTS, of_workspace):
            tenants[platform].append(tenant)
        self.rows = [self._placed(row, tenants) for row in self.rows]
        wanted = {row.email for row in self.rows} | {row.values.get("manager") for row in self.rows}
        emails = sorted(address for address in wanted if address)
        self.by_email = {row[0]: row[1] for row in await session.execute(_BY_EMAIL, {**of_workspace, "emails": emails})}
        accounts = [account for row in self.rows for account in row.accounts]
        given = {
            name: [getattr(account, name[:-1]) for account in accounts]
            for name in ("platforms", "tenants", "remote_ids")
        }
        self.by_account = {
            tuple(row[:3]): row[3] for row in await session.execute(_BY_ACCOUNT, {**of_workspace, **given})
        }
        self._check_accounts()
        ids = sorted({*self.by_email.values(), *self.by_account.values()})
        rows = await session.execute(_MEMBERS, {**of_workspace, "ids": ids})
        self.known = {row["id"]: _known(row) for row in rows.mappings()}
        if any(row.values.get("manager") for row in self.rows):
            self.managed = {row[0]: row[1] for row in await session.execute(_MANAGED, of_workspace)}

    def _fault(self, row: Row, column: str, value: str, code: str, **details: Any) -> None:
        self.faults.append(Fault(row.line, column, shown(value), code, details))

    def _placed(self, row: Row, tenants: Mapping[str, Sequence[str]]) -> Row:
        """The row with the tenant of each account, taken from the workspace where the file does not say it."""
        if not row.accounts:
            return row
        placed = []
        for account in row.accounts:
            known = tenants.get(account.platform, [])
            if account.tenant or len(known) == 1:
                placed.append(account._replace(tenant=account.tenant or known[0]))
                continue
            self._fault(
                row, account.column, account.remote_id, "tenants_many" if known else "tenant_none", count=len(known)
            )
        return Row(row.line, row.values, row.attributes, tuple(placed))

    def _check_accounts(self) -> None:
        lines: dict[tuple[str, str, str], int] = {}
        for row in self.rows:
            for account in row.accounts:
                first = lines.setdefault(account[1:], row.line)
                if first != row.line:
                    self._fault(row, account.column, account.remote_id, "twice", first=first)

    def entry(self, row: Row) -> Entry:
        member_id = self._owner(row)
        known = self.known[member_id] if member_id is not None else None
        if (known is None or not known.has_profile) and not row.values.get("name"):
            self._fault(row, "name", "", "name_missing")
        is_new_address = known is None or row.email not in self.by_email
        profile = {field: value for field, value in _profile(row).items() if field != "email" or is_new_address}
        return Entry(
            row=row,
            known=known,
            member=_different(_member(row, known), known._asdict() if known else {}),
            profile=_different(profile, known.profile if known else {}),
            attributes=_different(row.attributes, known.profile["attributes"] or {} if known else {}),
            accounts=tuple(account for account in row.accounts if account[1:] not in self.by_account),
            manager=self._manager(row, known),
        )

    def _owner(self, row: Row) -> int | None:
        """The member whom the row is about: by address, else by account."""
        member_id = self.by_email.get(row.email) if row.email else None
        for account in row.accounts:
            owner = self.by_account.get(account[1:])
            if owner is not None and member_id not in {None, owner}:
                self._fault(row, account.column, account.remote_id, "account_taken")
            member_id = owner if member_id is None else member_id
        if member_id is not None:
            first = self.owners.setdefault(member_id, row.line)
            if first != row.line:
                self._fault(row, "", row.email or row.accounts[0].remote_id, "same_member", first=first)
        return member_id

    def _manager(self, row: Row, known: Known | None) -> str | None:
        if "manager" not in row.values:
            return ""
        address: str | None = row.values["manager"]
        if address is None:
            return None if known and known.manager_id else ""
        if address not in self.by_email and address not in self.sheet.emails:
            self._fault(row, "manager", address, "manager_unknown")
        return "" if known and known.manager_id and known.manager_id == self.by_email.get(address) else address

    def check_managers(self, entries: Iterable[Entry]) -> None:
        """Nobody may be their own manager, at whatever distance."""
        keys = {entry.row.email: _key(entry) for entry in entries if entry.row.email}
        above: dict[Any, Any] = dict(self.managed)
        set_here = {}
        for entry in entries:
            if entry.manager:
                above[_key(entry)] = self.by_email.get(entry.manager) or keys.get(entry.manager)
                set_here[_key(entry)] = entry
            elif entry.manager is None:
                above.pop(_key(entry), None)
        for cycle in _cycles(above):
            for entry in filter(None, map(set_here.get, cycle)):
                self._fault(entry.row, "manager", entry.manager or "", "manager_cycle", people=len(cycle))


def _key(entry: Entry) -> int | str:
    """Member id of a known one, a name of its own for a new one."""
    return entry.known.member_id if entry.known else f"line {entry.row.line}"


def _cycles(above: Mapping[Any, Any]) -> list[list[Any]]:
    """The cycles of a graph in which everybody has at most one manager."""
    found = []
    walks: dict[Any, int] = {}
    for walk, start in enumerate(above):
        path, node = [], start
        while node in above and node not in walks:
            walks[node] = walk
            path.append(node)
            node = above[node]
        if node in walks and walks[node] == walk and node in path:
            found.append(path[path.index(node) :])
    return found


def _known(row: Mapping[Any, Any]) -> Known:
    profile = {name: row[name] for name in row if name not in Known._fields and name != "id"}
    roles = [role for role in ROLES if role in row["roles"]]
    return Known(row["id"], row["status"], roles, row["is_provisional"], row["manager_id"], row["has_profile"], profile)


def _member(row: Row, known: Known | None) -> Mapping[str, Any]:
    """A row of the import makes a provisional member a full one."""
    given = {name: row.values[name] for name in ("status", "roles") if name in row.values}
    return {**given, "is_provisional": False} if known and known.is_provisional else given


def _profile(row: Row) -> dict[str, Any]:
    fields = {name: row.values[name] for name in PLAIN if name in row.values}
    if "name" in row.values:
        fields["display_name"] = row.values["name"]
    if "birthday" in row.values:
        year, month, day = row.values["birthday"] or (None, None, None)
        fields |= {"birth_year": year, "birth_month": month, "birth_day": day}
    return fields


def _different(wanted: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in wanted.items() if value != known.get(name)}
