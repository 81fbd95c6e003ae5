"""From people and thanks to rows, copied into an empty workspace in one transaction.

Rows are written past the services, because fifteen hundred kudos given one by one would take the patience of whoever waits
for the demo. What proves them is what proves everybody's books: `core.badges.verify`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.demo.company import Colleague, Company
from bots.demo.history import Thanks
from core.points.models import ALLOWANCE, EARNED, ISSUER

NUMBERED = ("member", "account", "kudos", "transfer")
"""Tables whose rows are given their ids here; the database counts on from there."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "member": ("workspace_id", "id", "status", "roles", "manager_id"),
    "profile": (
        "workspace_id", "member_id", "display_name", "email", "locale", "time_zone", "job_code", "department", "location",
        "groups", "hire_date", "birth_year", "birth_month", "birth_day",
    ),
    "identity": ("workspace_id", "platform", "tenant", "remote_id", "member_id", "is_alias"),
    "account": ("workspace_id", "id", "kind", "member_id", "period", "balance"),
    "kudos": ("workspace_id", "id", "giver_id", "message", "points_each", "is_private", "given_at", "undone_at"),
    "transfer": (
        "workspace_id", "id", "group_id", "debit_id", "credit_id", "amount", "reason", "reference", "actor_id",
        "idempotency_key", "reverses", "at",
    ),
    "kudos_receiver": ("workspace_id", "kudos_id", "member_id", "transfer_id"),
    "kudos_tag": ("workspace_id", "kudos_id", "tag_id"),
    "kudos_second": ("workspace_id", "kudos_id", "member_id", "at"),
    "kudos_pair": ("workspace_id", "giver_id", "receiver_id", "period", "points"),
}  # fmt: skip
"""In the order in which rows may be written: a table after those that it names."""


@dataclass(slots=True)
class Books:
    """Rows to be, by table. Members' ids are colleagues' numbers; `accounts` counts from the first free id."""

    workspace_id: int
    issuer: int
    allowance: int
    tags: Mapping[str, int]
    first_account: int
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {table: [] for table in COLUMNS})
    _accounts: dict[tuple[int, str, str], int] = field(default_factory=dict)
    _balances: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    _pairs: defaultdict[tuple[int, int, str], int] = field(default_factory=lambda: defaultdict(int))
    _transfers: Iterator[int] = field(default_factory=lambda: count(1))
    _kudos: Iterator[int] = field(default_factory=lambda: count(1))

    def enrol(self, company: Company) -> None:
        for colleague in company.colleagues:
            manager = colleague.manager or None
            self._add("member", colleague.number, colleague.status, list(colleague.roles), manager)
            self._add("profile", *_profile(colleague))
            for platform, tenant, remote_id, is_alias in _accounts_of(colleague, company):
                self._add("identity", platform, tenant, remote_id, colleague.number, is_alias)

    def enter(self, thanks: Thanks) -> None:
        """One kudos with everything that follows from it."""
        kudos_id, each = next(self._kudos), thanks.points_each
        self._add("kudos", kudos_id, thanks.giver, thanks.message, each, thanks.is_private, thanks.at, thanks.undone_at)
        purse = self._allowance(thanks)
        act = next(self._transfers)
        for receiver in thanks.receivers:
            earned = self._account(receiver, EARNED, "")
            reference = f"kudos:{kudos_id}"
            key = f"{reference}:{receiver}"
            paid = self._move(act, purse, earned, each, "kudos", reference, thanks.giver, key, thanks.at)
            self._add("kudos_receiver", kudos_id, receiver, paid)
            self._pairs[thanks.giver, receiver, thanks.week] += 0 if thanks.undone_at else each
            if thanks.undone_at:
                back = (f"reverse:{paid}", thanks.undone_at, paid)
                self._move(act, earned, purse, each, "kudos_undone", reference, thanks.giver, *back)
        for tag in thanks.tags:
            self._add("kudos_tag", kudos_id, self.tags[tag])
        for member, at in thanks.seconds:
            self._add("kudos_second", kudos_id, member, at)

    def close(self) -> None:
        """Write down what only the end tells: balances, and points per pair."""
        for (member, kind, period), account in self._accounts.items():
            self._add("account", account, kind, member, period, self._balances[account])
        for (giver, receiver, period), points in self._pairs.items():
            self._add("kudos_pair", giver, receiver, period, points)

    def _allowance(self, thanks: Thanks) -> int:
        """The giver's account of that week, granted when it is first needed."""
        is_new = (thanks.giver, ALLOWANCE, thanks.week) not in self._accounts
        account = self._account(thanks.giver, ALLOWANCE, thanks.week)
        if is_new:
            key = f"{ALLOWANCE}:{thanks.giver}:{thanks.week}"
            reference = f"{ALLOWANCE}:{thanks.week}"
            act = next(self._transfers)
            self._move(act, self.issuer, account, self.allowance, "grant", reference, None, key, thanks.at)
        return account

    def _account(self, member: int, kind: str, period: str) -> int:
        return self._accounts.setdefault((member, kind, period), self.first_account + len(self._accounts))

    def _move(
        self,
        act: int,
        debit: int,
        credit: int,
        amount: int,
        reason: str,
        reference: str,
        actor: int | None,
        key: str,
        at: datetime,
        reverses: int | None = None,
    ) -> int:
        transfer = next(self._transfers)
        self._add("transfer", transfer, act, debit, credit, amount, reason, reference, actor, key, reverses, at)
        self._balances[debit] -= amount
        self._balances[credit] += amount
        return transfer

    def _add(self, table: str, *values: object) -> None:
        self.rows[table].append((self.workspace_id, *values))


async def open_books(connection: AsyncConnection, workspace_id: int) -> Books:
    """Books on a workspace that has its system accounts and tags, and nothing else."""
    found = await connection.execute(
        text(
            "SELECT (SELECT id FROM account WHERE workspace_id = :id AND kind = :issuer),"
            " (SELECT allowance_points FROM workspace WHERE id = :id), (SELECT max(id) + 1 FROM account)"
        ),
        {"id": workspace_id, "issuer": ISSUER},
    )
    issuer, allowance, first_account = found.one()
    tags = await connection.execute(text("SELECT name, id FROM tag WHERE workspace_id = :id"), {"id": workspace_id})
    return Books(workspace_id, issuer, allowance, {row.name: row.id for row in tags}, first_account)


async def write(connection: AsyncConnection, books: Books) -> None:
    """Copy the rows and let the database count on from them. In the connection's transaction, as the tables' owner."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    for table, columns in COLUMNS.items():
        await driver.copy_records_to_table(table, records=books.rows[table], columns=columns)
    for table in NUMBERED:
        await connection.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")  # noqa: S608 - constants of this file
        )


def filled(books: Books, company: Company, history: Iterable[Thanks]) -> Books:
    """Put people and their history into the books."""
    books.enrol(company)
    for thanks in history:
        books.enter(thanks)
    books.close()
    return books


def _profile(colleague: Colleague) -> Sequence[object]:
    born, person = colleague.born_on, colleague.person
    job = f"{colleague.department.name[:3].upper()}-{1 + colleague.number % 4}"
    return (
        colleague.number, person.name, person.email, colleague.locale, person.time_zone, job, colleague.department.name,
        colleague.location, [colleague.title], colleague.hired_on, born.year, born.month, born.day,
    )  # fmt: skip


def _accounts_of(colleague: Colleague, company: Company) -> Iterator[tuple[str, str, str, bool]]:
    """(platform, tenant, remote id, is alias) of each account that is known beforehand."""
    person, world = colleague.person, company.world
    if "teams" in colleague.platforms:
        yield "teams", world.tenant_id, person.teams_id, False
        yield "teams", world.tenant_id, person.aad_id, True
    if "slack" in colleague.platforms:
        yield "slack", world.slack_team_id, person.slack_id, False
    if "telegram" in colleague.platforms:
        yield "telegram", str(world.bot.telegram_id), str(person.telegram_id), False
