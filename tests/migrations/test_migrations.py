"""The schema: there and back, equal to the models, and walled between workspaces for whoever is not the owner."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

import migrations
from core.database import Role, Sessions, connect, constraint, sqlstate
from core.kudos import service as kudos
from core.people.models import Workspace
from migrations.schema import metadata
from tests.factories import enter, make_members, make_place, make_workspace, thank

TABLES = sorted(metadata.tables)
# Read or written before the workspace is known, or of the server as a whole.
OUTSIDE = {"action_token", "binding", "inbox", "outbox_scope", "press"}
UNCHANGED = {"transfer", "draw_list"}  # once written
WALLED = [table for table in TABLES if table not in OUTSIDE]
ROLES: tuple[Role, ...] = ("app", "ops")
NO_RIGHT, RESTRICTED, STATEMENT_OVER, LOCK_OVER = "42501", "23001", "57014", "55P03"


def differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def schema(sessions: Sessions) -> list[Any]:
    """Everything of ours that the catalogue knows, in an order of its own."""
    async with sessions.engine.connect() as connection:
        found = await connection.execute(
            text(
                "SELECT 'column', table_name || '.' || column_name || ' ' || data_type FROM information_schema.columns"
                " WHERE table_schema = 'public' UNION SELECT 'index', indexdef FROM pg_indexes WHERE schemaname = 'public'"
                " UNION SELECT 'policy', policyname || ' ' || roles::text || coalesce(qual, '') FROM pg_policies"
                " UNION SELECT 'trigger', tgname FROM pg_trigger WHERE NOT tgisinternal"
                " UNION SELECT 'function', proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
                " UNION SELECT 'grant', grantee || ' ' || privilege_type || ' ' || table_name"
                " FROM information_schema.role_table_grants WHERE table_schema = 'public'"
            )
        )
        return sorted(tuple(row) for row in found if "alembic_version" not in row[1])


async def test_the_schema_is_what_the_models_say(database: Sessions) -> None:
    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_checks_of_the_models_are_checks_of_the_schema(database: Sessions) -> None:
    """Alembic compares no checks and no identity columns."""
    async with database.engine.connect() as connection:
        found = await connection.execute(
            text("SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace")
        )
        named = set(found.scalars())
    wanted = {
        str(check.name)
        for table in metadata.tables.values()
        for check in table.constraints
        if isinstance(check, CheckConstraint)
    }
    assert wanted
    assert named == wanted


async def test_there_back_and_there_again_is_the_same(database: Sessions) -> None:
    before = await schema(database)
    assert await migrations.is_current(database.engine)
    await migrations.downgrade(database.engine)
    assert await schema(database) == []
    assert not await migrations.is_current(database.engine)
    for _ in range(2):  # the second changes nothing
        await migrations.upgrade(database.engine)
    assert await schema(database) == before
    assert await migrations.is_current(database.engine)


async def test_a_migration_that_fails_leaves_nothing(database: Sessions) -> None:
    await migrations.downgrade(database.engine)
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE vote (stands_in_the_way int)"))
    with pytest.raises(Exception, match="vote"):
        await migrations.upgrade(database.engine)
    assert [row for row in await schema(database) if "vote" not in row[1]] == []


@pytest.mark.parametrize("table", TABLES)
async def test_every_table_stands_behind_the_wall_or_is_named_here(session: AsyncSession, table: str) -> None:
    found = await session.execute(
        text("SELECT relrowsecurity FROM pg_class WHERE oid = CAST(:name AS regclass)"), {"name": table}
    )
    assert found.scalar_one() is (table in WALLED)
    policies = await session.execute(
        text("SELECT roles::text[], permissive FROM pg_policies WHERE tablename = :name"), {"name": table}
    )
    assert sorted(tuple(row) for row in policies) == (
        [(["plaudit_app"], "PERMISSIVE"), (["plaudit_ops"], "PERMISSIVE")] if table in WALLED else []
    )


async def test_no_table_is_missing_here(session: AsyncSession) -> None:
    found = await session.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"))
    assert set(found.scalars()) - {"alembic_version"} == set(TABLES)
    assert set(TABLES) >= OUTSIDE


@pytest.mark.parametrize("role", ROLES)
async def test_the_roles_can_do_no_more_than_they_need(session: AsyncSession, role: str) -> None:
    name = f"plaudit_{role}"
    found = await session.execute(
        text(
            "SELECT rolsuper, rolbypassrls, rolcanlogin, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = :name"
        ),
        {"name": name},
    )
    assert tuple(found.one()) == (False,) * 5
    rights = await session.execute(
        text(
            "SELECT relname, privilege_type FROM pg_class, aclexplode(relacl)"
            " WHERE relkind IN ('r', 'p') AND grantee = CAST(CAST(:name AS text) AS regrole)"
        ),
        {"name": name},
    )
    given: dict[str, set[str]] = {}
    for row in rights:
        given.setdefault(row.relname, set()).add(row.privilege_type)
    everything = {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert given == {table: everything - ({"UPDATE", "DELETE"} if table in UNCHANGED else set()) for table in TABLES}


CHANGES = ("UPDATE transfer SET amount = amount + 1", "DELETE FROM transfer", "TRUNCATE transfer CASCADE")


@asynccontextmanager
async def history(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """A transaction with one transfer in it, rolled back."""
    async with sessions.begin(role="ops") as (session, now):
        workspace = await make_workspace(session)
        ana, luis = await make_members(session, workspace, 2)
        await thank(session, workspace, ana, [luis], now=now)
        yield session
        await session.rollback()


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    ("role", "state"), [("plaudit_app", NO_RIGHT), ("plaudit_ops", NO_RIGHT), ("none", RESTRICTED)]
)
async def test_history_is_immutable_for_everybody_its_owner_included(
    database: Sessions, role: str, state: str, change: str
) -> None:
    async with history(database) as session:
        await session.execute(text(f"SET LOCAL ROLE {role}"))
        with pytest.raises(DBAPIError) as refused:
            await session.execute(text(change))
        assert sqlstate(refused.value) == state


async def filled(session: AsyncSession, workspace: Workspace) -> None:
    """One row of the workspace in every walled table, through the product where it has a verb for it."""
    found = await session.execute(text("SELECT clock_timestamp()"))
    now = found.scalar_one()
    ana, luis, eva = await make_members(session, workspace, 3)
    place = await make_place(session, workspace, is_connected=True)
    given = await thank(
        session,
        workspace,
        ana,
        [luis],
        now=now,
        tags=["x"],
        guards_repeats=True,
        source=kudos.Source(place.id, "m1"),
    )
    await kudos.second(session, workspace=workspace, kudos_id=given, member=eva, now=now)
    values = {"workspace": workspace.id, "member": ana.member_id}
    for statement in (
        "INSERT INTO badge_term (workspace_id, kind, name) VALUES (:workspace, 'type', 'User Badge')",
        (
            "INSERT INTO badge (workspace_id, reward_id, name, kind, type_id, points, definition)"
            " SELECT workspace_id, 1, 'Thanks', 'user', id, 10, '{}' FROM badge_term WHERE workspace_id = :workspace"
        ),
        (
            "INSERT INTO award (workspace_id, badge_id, member_id, act_id, points)"
            " SELECT workspace_id, id, :member, 1, 10 FROM badge WHERE workspace_id = :workspace"
        ),
        "INSERT INTO award_guard SELECT workspace_id, id, :member, now() FROM badge WHERE workspace_id = :workspace",
        "INSERT INTO award_like (workspace_id, award_id, member_id) SELECT workspace_id, id, member_id FROM award WHERE workspace_id = :workspace",
        (
            "INSERT INTO award_comment (workspace_id, award_id, member_id, text)"
            " SELECT workspace_id, id, member_id, 'well done' FROM award WHERE workspace_id = :workspace"
        ),
        "INSERT INTO award_report (workspace_id, award_id, member_id) SELECT workspace_id, id, member_id FROM award WHERE workspace_id = :workspace",
        ("INSERT INTO event_claim (workspace_id, source, key, digest) VALUES (:workspace, 'amqp', 'id:1', '')"),
        (
            "INSERT INTO event_parked (workspace_id, source, key, routing_key, body, state, code, details, attempts)"
            " VALUES (:workspace, 'amqp', 'id:2', 'sale', '', 'parked', 'event_unwanted', '{}', 1)"
        ),
        "INSERT INTO award_showcase SELECT workspace_id, member_id, 1, badge_id FROM award WHERE workspace_id = :workspace",
        "INSERT INTO award_draft (workspace_id, giver_id, receiver_ids, badge_ids) VALUES (:workspace, :member, '{}', '{}')",
        "INSERT INTO activity (workspace_id, member_id, type, occurred_at, quantity, source, reference) VALUES (:workspace, :member, 'sale', now(), 1, 'crm', '1')",
        "INSERT INTO activity_key VALUES (:workspace, 'crm', '1', now())",
        "INSERT INTO activity_month VALUES (:workspace, 'sale', '2026-11-01', :member, 1)",
        "INSERT INTO activity_tally VALUES (:workspace, 'sale', :member, 1, 1, 1, 1, 1, 1, now(), now())",
        "INSERT INTO attendance (workspace_id, member_id, day) VALUES (:workspace, :member, now())",
        "INSERT INTO holiday VALUES (:workspace, '', '2026-12-25', 'Christmas')",
        "INSERT INTO rule_run SELECT workspace_id, id, '2026-11', '00', now() FROM badge WHERE workspace_id = :workspace",
        (
            "INSERT INTO draw (workspace_id, name, points, winners, reserves, is_opt_in, opened_at, closes_at, notice_seconds)"
            " VALUES (:workspace, 'Coffee', 5, 1, 0, true, now(), now(), 600)"
        ),
        "INSERT INTO draw_entrant SELECT workspace_id, id, :member FROM draw WHERE workspace_id = :workspace",
        "INSERT INTO draw_list SELECT workspace_id, id, 'x 1' FROM draw WHERE workspace_id = :workspace",
        "INSERT INTO draw_result SELECT workspace_id, id, 1, :member FROM draw WHERE workspace_id = :workspace",
        (
            "INSERT INTO journey (workspace_id, badge_id, member_id, round, origin, started_at, looked_at)"
            " SELECT workspace_id, id, :member, 1, 'self', now(), now() FROM badge WHERE workspace_id = :workspace"
        ),
        (
            "INSERT INTO journey_step (workspace_id, journey_id, step, done_at, how)"
            " SELECT workspace_id, id, 'First Login', now(), 'condition' FROM journey WHERE workspace_id = :workspace"
        ),
        (
            "INSERT INTO draft (workspace_id, conversation, member_id, kind, nonce, reference, expires_at)"
            " VALUES (:workspace, 'telegram:1:1', :member, 'kudos_form', '1f', '{}', now())"
        ),
        "INSERT INTO job VALUES (:workspace, 'digest', NULL, '{}', 'Etc/UTC')",
        "INSERT INTO job_run VALUES (:workspace, 'digest', '2026-11-20')",
        "INSERT INTO digest (workspace_id, kind, since, until) VALUES (:workspace, 'daily', '2026-11-19', '2026-11-20')",
        "INSERT INTO link (workspace_id, member_id, platform, tenant, remote_id) VALUES (:workspace, :member, 'slack', 'T1', 'U1')",
        "INSERT INTO leaderboard_step VALUES (:workspace, 'points', 'all', 1, 1)",
        "INSERT INTO leaderboard_snapshot VALUES (:workspace, 'points', 'month', '2026-11', 0, NULL, NULL, '[]', true)",
        "INSERT INTO post VALUES (:workspace, 'k', 'm', '{}')",
        (
            "INSERT INTO slack_installation (workspace_id, team_id, app_id, bot_user_id, bot_id, sealed_token)"
            " SELECT id, 'T' || id, 'A1', 'U1', 'B1', 'sealed' FROM workspace WHERE id = :workspace"
        ),
        (
            "INSERT INTO campaign (workspace_id, badge_id, name, config, starts_at, nominations_end_at, voting_end_at)"
            " SELECT workspace_id, id, 'The best', '{}', now(), now(), now() FROM badge WHERE workspace_id = :workspace"
        ),
        (
            "INSERT INTO candidacy (workspace_id, campaign_id, member_id)"
            " SELECT workspace_id, id, :member FROM campaign WHERE workspace_id = :workspace"
        ),
        "INSERT INTO nomination (workspace_id, candidacy_id) SELECT workspace_id, id FROM candidacy WHERE workspace_id = :workspace",
        (
            "INSERT INTO nomination_comment (workspace_id, candidacy_id, member_id, text)"
            " SELECT workspace_id, id, member_id, 'well said' FROM candidacy WHERE workspace_id = :workspace"
        ),
        "INSERT INTO ballot_roll SELECT workspace_id, id, :member FROM campaign WHERE workspace_id = :workspace",
        "INSERT INTO vote VALUES (:workspace, 1, 'tag', 1, 1)",
    ):
        await session.execute(text(statement), {key: value for key, value in values.items() if f":{key}" in statement})


def own_column(table: str) -> str:
    return "id" if table == "workspace" else "workspace_id"


async def owners(session: AsyncSession, table: str) -> set[int]:
    return set((await session.execute(text(f"SELECT {own_column(table)} FROM {table}"))).scalars())


@pytest.fixture
async def two(session: AsyncSession) -> tuple[Workspace, Workspace]:
    """Two workspaces, each with a row in every table; the session is the second one's."""
    first = await make_workspace(session)
    await filled(session, first)
    second = await make_workspace(session)
    await filled(session, second)
    return first, second


async def test_a_workspace_sees_its_own_rows_of_every_table_and_no_others(
    session: AsyncSession, two: tuple[Workspace, Workspace]
) -> None:
    ids = {workspace.id for workspace in two}
    for workspace in two:
        await enter(session, workspace.id)
        assert {table: await owners(session, table) for table in WALLED} == {table: {workspace.id} for table in WALLED}
    await enter(session, 0)
    assert {table: await owners(session, table) for table in WALLED} == {table: set() for table in WALLED}
    await enter(session, 0, role="ops")
    assert {table: await owners(session, table) for table in WALLED} == dict.fromkeys(WALLED, ids)


async def test_a_workspace_neither_writes_nor_removes_the_rows_of_another(
    session: AsyncSession, two: tuple[Workspace, Workspace]
) -> None:
    first, second = two
    await enter(session, first.id)
    for table in WALLED:
        column = own_column(table)
        if table in UNCHANGED:
            continue
        for statement in (
            f"UPDATE {table} SET {column} = {column} WHERE {column} = :other",
            f"DELETE FROM {table} WHERE {column} = :other",
        ):
            touched = await session.execute(text(statement), {"other": second.id})
            assert touched.rowcount == 0, statement  # type: ignore[attr-defined]


@pytest.mark.parametrize("table", [table for table in WALLED if table != "workspace"])
async def test_a_workspace_cannot_write_a_row_of_another(
    session: AsyncSession, two: tuple[Workspace, Workspace], table: str
) -> None:
    """A copy of one of our own rows with the other's number: only the wall can be what refuses it."""
    first, second = two
    await enter(session, first.id)
    columns = [column.name for column in metadata.tables[table].columns if column.name != "workspace_id"]
    copied = ", ".join(columns)
    with pytest.raises(DBAPIError) as refused:
        await session.execute(
            text(f"INSERT INTO {table} (workspace_id, {copied}) SELECT :other, {copied} FROM {table} LIMIT 1"),
            {"other": second.id},
        )
    assert sqlstate(refused.value) == NO_RIGHT
    assert "row-level security" in str(refused.value)


@pytest.mark.parametrize("role", ROLES)
async def test_every_transaction_has_its_role_its_workspace_and_its_timeouts(database: Sessions, role: Role) -> None:
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "TimeZone", "plan_cache_mode")
    async with database.begin(7, role=role) as (session, now):
        found = [(await session.execute(text(f"SHOW {name}"))).scalar() for name in names]
        who = (await session.execute(text("SELECT current_user, current_workspace(), clock_timestamp()"))).one()
    assert found == ["5s", "2s", "30s", "UTC", "auto"]
    assert who[:2] == (f"plaudit_{role}", 7)
    assert 0 <= (who[2] - now).total_seconds() < 5
    async with database.begin(statement_seconds=90) as (session, _):
        assert (await session.execute(text("SHOW statement_timeout"))).scalar() == "90s"
        assert (await session.execute(text("SHOW plan_cache_mode"))).scalar() == "force_custom_plan"


async def test_nothing_of_a_transaction_is_left_on_its_connection(database: Sessions) -> None:
    single = Sessions(connect(database.engine.url.render_as_string(hide_password=False), pool_size=1))
    try:
        async with single.begin(7):
            pass
        async with single.engine.connect() as connection:
            found = await connection.execute(text("SELECT current_user = session_user, current_workspace()"))
            assert tuple(found.one()) == (True, None)
    finally:
        await single.engine.dispose()


async def test_a_statement_and_a_wait_for_a_lock_end(database: Sessions) -> None:
    with pytest.raises(DBAPIError) as refused:
        async with database.begin(statement_seconds=1) as (session, _):
            await session.execute(text("SELECT pg_sleep(10)"))
    assert sqlstate(refused.value) == STATEMENT_OVER
    async with database.begin(role="ops") as (session, _):
        await make_workspace(session)
    lock = text("SELECT id FROM workspace FOR UPDATE")
    async with database.begin(role="ops") as (holder, _), database.begin(role="ops") as (waiter, _):
        await holder.execute(lock)
        await waiter.execute(text("SET LOCAL lock_timeout = '50ms'"))
        with pytest.raises(DBAPIError) as refused:
            await waiter.execute(lock)
        assert sqlstate(refused.value) == LOCK_OVER
        await waiter.rollback()


TRANSFER = "INSERT INTO transfer (workspace_id, group_id, debit_id, credit_id, amount, reason, idempotency_key)"


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE account SET balance = -1 WHERE kind = 'earned'", "ck_account_balance"),
        ("UPDATE account SET is_closed = true WHERE balance > 0", "ck_account_closed"),
        ("UPDATE account SET balance = NULL WHERE kind = 'earned'", "ck_account_kept_balance"),
        ("UPDATE account SET kind = 'issuer' WHERE kind = 'earned'", "ck_account_owner"),
        ("INSERT INTO account (workspace_id, kind) SELECT id, 'issuer' FROM workspace", "uq_account_owner"),
        ("UPDATE kudos SET message = repeat('x', 1001)", "ck_kudos_message"),
        ("UPDATE kudos_pair SET points = -1", "ck_kudos_pair_points"),
        ("UPDATE member SET roles = ARRAY['root']", "ck_member_roles"),
        ("UPDATE member SET manager_id = id", "ck_member_not_oneself"),
        ("UPDATE profile SET email = 'Ana@acme.example'", "ck_profile_email"),
        (
            "INSERT INTO award (workspace_id, badge_id, member_id, act_id, points) SELECT workspace_id, badge_id, member_id, act_id, points FROM award",
            "uq_award_once",
        ),
        (
            "INSERT INTO award_comment (workspace_id, award_id, member_id, text) SELECT workspace_id, award_id, member_id, text FROM award_comment",
            "uq_award_comment_words",
        ),
        (
            "INSERT INTO award_report (workspace_id, award_id, member_id) SELECT workspace_id, award_id, member_id FROM award_report",
            "uq_award_report_once",
        ),
        ("UPDATE award_showcase SET place = 4", "ck_award_showcase_place"),
        ("UPDATE campaign SET outcome = 'won'", "ck_campaign_outcome"),
        ("UPDATE campaign SET ballot_key = 'k'", "ck_campaign_key"),
        (
            (
                "INSERT INTO campaign (workspace_id, badge_id, name, config, starts_at, nominations_end_at, voting_end_at)"
                " SELECT workspace_id, badge_id, name, config, starts_at, nominations_end_at, voting_end_at FROM campaign"
            ),
            "uq_campaign_open",
        ),
        (
            "INSERT INTO candidacy (workspace_id, campaign_id, member_id) SELECT workspace_id, campaign_id, member_id FROM candidacy",
            "uq_candidacy_member",
        ),
        (
            TRANSFER + " SELECT workspace_id, 1, debit_id, debit_id, 1, 'x', 'x' FROM transfer LIMIT 1",
            "ck_transfer_two_accounts",
        ),
        (
            TRANSFER + " SELECT workspace_id, 1, debit_id, credit_id, 0, 'x', 'x' FROM transfer LIMIT 1",
            "ck_transfer_amount",
        ),
    ],
    ids=lambda value: value if value[:3] in {"ck_", "uq_"} else "",
)
async def test_the_database_itself_refuses(session: AsyncSession, statement: str, name: str) -> None:
    await filled(session, await make_workspace(session))
    with pytest.raises(DBAPIError) as refused:
        await session.execute(text(statement))
    assert constraint(refused.value) == name
