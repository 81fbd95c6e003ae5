"""Verification finds every kind of corruption that the tables' own guards would refuse, and nothing in clean books."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from core.activities import service as activities
from core.activities.service import Deed, Presence
from core.badges import revoking
from core.badges import service as badges
from core.badges.models import Badge
from core.badges.verify import CHECKS
from core.database import Sessions
from core.identity import service as identity
from core.kudos import service as kudos
from core.kudos.service import Source
from core.people.models import Workspace
from core.people.queries import Person
from core.points import service as points
from core.points import verify
from core.points.models import Account
from core.points.service import Entry
from core.points.verify import Outcome
from tests.core.badges.stock import make_badge
from tests.factories import make_company, make_member, make_place, make_workspace, thank

# As the owner of the tables, in a transaction that is rolled back: without its guards everything can be planted.
DISARM = """
DO $$ DECLARE rule record; BEGIN
    ALTER TABLE transfer DISABLE TRIGGER USER;
    DROP INDEX uq_award_once;
    FOR rule IN SELECT conrelid::regclass AS owner, conname FROM pg_constraint
        WHERE contype IN ('c', 'f', 'u') AND connamespace = 'public'::regnamespace ORDER BY contype = 'u'
    LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', rule.owner, rule.conname); END LOOP;
END $$
"""

ONE_KUDOS = (
    "(SELECT min(id) FROM kudos WHERE workspace_id = :w AND undone_at IS NULL AND points_each > 0 AND NOT is_private)"
)
ONE_EARNED = "(SELECT min(id) FROM account WHERE workspace_id = :w AND kind = 'earned' AND balance > 0)"
ONE_AWARD = "(SELECT min(id) FROM award WHERE workspace_id = :w AND revoked_at IS NULL AND points > 0)"
COPIED_AWARD = (
    "INSERT INTO award (workspace_id, act_id, badge_id, member_id, giver_id, period, points, transfer_id, awarded_at)"
    " SELECT workspace_id, act_id, badge_id, member_id, giver_id, {period}, {points}, {transfer}, awarded_at FROM award"
    " WHERE workspace_id = :w AND id = " + ONE_AWARD
)
COPY = (
    "INSERT INTO transfer (workspace_id, group_id, debit_id, credit_id, amount, reason, reference, idempotency_key, reverses)"
    " SELECT workspace_id, group_id, {debit}, {credit}, {amount}, {reason}, reference, {key}, {reverses} FROM transfer"
    " WHERE workspace_id = :w AND id = {id}"
)


def a_transfer(reason: str) -> str:
    return f"(SELECT max(id) FROM transfer WHERE workspace_id = :w AND reason = '{reason}')"


def account(kind: str) -> str:
    return f"(SELECT min(id) FROM account WHERE workspace_id = :w AND kind = '{kind}')"


def copied(transfer: str, **changed: str) -> str:
    same = {
        "debit": "debit_id",
        "credit": "credit_id",
        "amount": "amount",
        "reason": "reason",
        "key": "'copy'",
        "reverses": "NULL",
    }
    return COPY.format(id=transfer, **(same | changed))


def changed(table: str, change: str, where: str) -> str:
    return f"UPDATE {table} SET {change} WHERE workspace_id = :w AND {where}"


CORRUPTIONS = (
    ("balance_drift", "UPDATE account SET balance = balance + 1 WHERE workspace_id = :w AND id = " + ONE_EARNED),
    ("balance_drift", "DELETE FROM transfer WHERE workspace_id = :w AND id = " + a_transfer("kudos_undone")),
    ("balance_drift", changed("account", "balance = balance + 1", "kind = 'receivable'")),
    ("balance_negative", changed("account", "balance = -1", f"id = {ONE_EARNED}")),
    ("balance_kept_wrongly", changed("account", "balance = 0", "kind = 'issuer'")),
    ("balance_kept_wrongly", changed("account", "balance = NULL", f"id = {ONE_EARNED}")),
    ("account_owner", changed("account", "kind = 'treasure'", "kind = 'expired'")),
    ("account_owner", changed("account", "period = ''", "kind = 'allowance'")),
    (
        "account_repeated",
        "INSERT INTO account (workspace_id, kind, member_id, balance) SELECT workspace_id, kind, member_id, 0 FROM account WHERE workspace_id = :w AND id = " + ONE_EARNED,
    ),
    ("system_account_missing", "DELETE FROM account WHERE workspace_id <> :w AND kind = 'redeemed'"),
    ("account_member_missing", changed("account", "member_id = 999999", f"id = {ONE_EARNED}")),
    (
        "transfer_account_missing",
        changed("transfer", "credit_id = (SELECT min(id) FROM account WHERE workspace_id <> :w)", f"id = {a_transfer('kudos')}"),
    ),
    ("transfer_amount", changed("transfer", "amount = -5", f"id = {a_transfer('kudos')}")),
    ("transfer_amount", changed("transfer", "amount = 2000000000", f"id = {a_transfer('kudos')}")),
    ("transfer_to_itself", changed("transfer", "debit_id = credit_id", f"id = {a_transfer('kudos')}")),
    ("transfer_kinds", changed("transfer", "reason = 'kudos'", f"id = {a_transfer('grant')}")),
    ("transfer_kinds", copied(a_transfer("grant"), credit=account("receivable"), reason="'badge_earned'")),
    ("transfer_owner", changed("transfer", f"debit_id = {ONE_EARNED}", f"id = {a_transfer('receivable_settled')}")),
    ("transfer_repeated", copied(a_transfer("kudos"), key="idempotency_key")),
    ("transfer_actor_missing", changed("transfer", "actor_id = 999999", f"id = {a_transfer('kudos')}")),
    ("transfer_in_future", changed("transfer", "at = now() + interval '1 day'", f"id = {a_transfer('kudos')}")),
    ("reversal_mismatch", changed("transfer", "amount = amount + 1", f"id = {a_transfer('kudos_undone')}")),
    ("reversal_mismatch", changed("transfer", "reverses = 999999", f"id = {a_transfer('kudos_undone')}")),
    ("reversal_mismatch", changed("transfer", "at = now() - interval '1 year'", f"id = {a_transfer('kudos_undone')}")),
    ("reversal_repeated", copied(a_transfer("kudos_undone"), reverses="reverses")),
    ("reversal_of_reversal", copied(a_transfer("kudos_undone"), debit="credit_id", credit="debit_id", reverses="id")),
    ("allowance_grant", copied(a_transfer("grant"))),
    ("allowance_grant", changed("transfer", "amount = amount * 10", f"id = {a_transfer('grant')}")),
    ("allowance_grant", "DELETE FROM transfer WHERE workspace_id = :w AND id = " + a_transfer("grant")),
    ("allowance_period", changed("account", "period = '2001-W01'", "kind = 'allowance'")),
    ("identity_member_missing", changed("identity", "member_id = 999999", "remote_id = 'UANA'")),
    (
        "identity_member_missing",
        changed("member", "merged_into = (SELECT max(id) FROM member WHERE workspace_id = :w)",
                "id = (SELECT member_id FROM identity WHERE workspace_id = :w AND remote_id = 'UANA')"),
    ),
    ("merged_balance", changed("member", "merged_into = id + 1", f"id = (SELECT member_id FROM account WHERE workspace_id = :w AND id = {ONE_EARNED})")),
    ("merged_account_open", changed("account", "is_closed = true", f"id = {ONE_EARNED}")),
    (
        "merged_account_open",
        changed("account", "is_closed = false", "member_id = (SELECT id FROM member WHERE workspace_id = :w AND merged_into IS NOT NULL)"),
    ),
    (
        "merged_into_merged",
        changed("member", "merged_into = (SELECT id FROM member AS gone WHERE workspace_id = :w AND merged_into IS NOT NULL)", "id = (SELECT min(id) FROM member AS m WHERE workspace_id = :w)"),
    ),
    ("transfer_owner", changed("transfer", f"credit_id = {ONE_EARNED}", f"id = {a_transfer('merge')}")),
    (
        "kudos_of_merged",
        changed("kudos", "giver_id = (SELECT id FROM member WHERE workspace_id = :w AND merged_into IS NOT NULL)", f"id = {ONE_KUDOS}"),
    ),
    ("transfer_without_kudos", changed("transfer", "reason = 'kudos_undone'", f"id = {a_transfer('kudos_merged')}")),
    ("kudos_without_receiver", f"DELETE FROM kudos_receiver WHERE workspace_id = :w AND kudos_id = {ONE_KUDOS}"),
    ("kudos_to_oneself", changed("kudos", f"giver_id = (SELECT min(member_id) FROM kudos_receiver WHERE workspace_id = :w AND kudos_id = {ONE_KUDOS})", f"id = {ONE_KUDOS}")),
    ("kudos_transfer_mismatch", changed("kudos", "points_each = points_each + 1", f"id = {ONE_KUDOS}")),
    ("kudos_transfer_mismatch", changed("kudos_receiver", "transfer_id = NULL", f"kudos_id = {ONE_KUDOS}")),
    ("kudos_transfer_mismatch", changed("transfer", "reference = 'kudos:0'", f"id = {a_transfer('kudos')}")),
    ("kudos_transfer_mismatch", changed("kudos_receiver", "member_id = member_id + 1000000", f"kudos_id = {ONE_KUDOS}")),
    ("transfer_without_kudos", copied(a_transfer("kudos"))),
    ("kudos_undone", changed("kudos", "undone_at = now()", f"id = {ONE_KUDOS}")),
    ("kudos_undone", changed("kudos", "undone_at = NULL", "undone_at IS NOT NULL")),
    ("kudos_pair_drift", changed("kudos_pair", "points = points + 1", "points > 0")),
    ("kudos_pair_drift", "DELETE FROM kudos_pair WHERE workspace_id = :w AND points > 0"),
    ("kudos_period", changed("kudos", "given_at = given_at - interval '30 days'", f"id = {ONE_KUDOS}")),
    (
        "seconded_by_party",
        f"INSERT INTO kudos_second SELECT workspace_id, id, giver_id, now() FROM kudos WHERE workspace_id = :w AND id = {ONE_KUDOS}",
    ),
    (
        "seconded_by_party",
        "INSERT INTO kudos_second SELECT workspace_id, kudos_id, member_id, now() FROM kudos_receiver WHERE workspace_id = :w AND kudos_id = " + ONE_KUDOS,
    ),
    ("seconded_in_private", changed("kudos", "is_private = true", "id IN (SELECT kudos_id FROM kudos_second)")),
    ("kudos_unannounced", "DELETE FROM outbox WHERE workspace_id = :w"),
    ("award_badge_missing", changed("award", "badge_id = 999999", f"id = {ONE_AWARD}")),
    ("award_repeated", COPIED_AWARD.format(transfer="NULL", points="0", period="period")),
    ("award_to_oneself", changed("award", "giver_id = member_id", f"id = {ONE_AWARD}")),
    ("award_transfer_mismatch", changed("award", "points = points + 1", f"id = {ONE_AWARD}")),
    ("award_transfer_mismatch", changed("award", "transfer_id = NULL", f"id = {ONE_AWARD}")),
    ("award_transfer_mismatch", changed("award", "member_id = giver_id, giver_id = member_id", f"id = {ONE_AWARD}")),
    ("award_transfer_mismatch", changed("transfer", "reference = 'award:0'", "reason = 'badge_earned'")),
    ("transfer_without_award", copied(a_transfer("badge_earned"))),
    ("transfer_without_award", COPIED_AWARD.format(transfer="transfer_id", points="points", period="'again'")),
    ("award_revoked", changed("award", "revoked_at = now(), revoke_reason = 'x'", f"id = {ONE_AWARD}")),
    ("award_revoked", changed("award", "revoked_at = NULL, revoke_reason = NULL", "revoked_at IS NOT NULL")),
    ("award_revoked_without_reason", changed("award", "revoke_reason = NULL", "revoked_at IS NOT NULL")),
    ("award_guard_drift", changed("award_guard", "last_at = last_at - interval '1 day'", "true")),
    ("award_guard_drift", "DELETE FROM award_guard WHERE workspace_id = :w"),
    (
        "award_guard_drift",
        "INSERT INTO award_guard SELECT workspace_id, id, 1, now() FROM badge WHERE workspace_id = :w LIMIT 1",
    ),
    ("award_act", changed("award", "act_id = 1", "true")),
    (
        "award_response_elsewhere",
        """INSERT INTO award_comment (workspace_id, award_id, member_id, text) SELECT workspace_id, max(id), min(member_id), 'x'
        FROM award WHERE workspace_id = :w GROUP BY workspace_id, act_id HAVING count(*) > 1""",
    ),
    (
        "award_liked_by_party",
        f"""INSERT INTO award_like (workspace_id, award_id, member_id) SELECT workspace_id, id, giver_id FROM award
        WHERE id = {ONE_AWARD} AND workspace_id = :w""",
    ),
    ("badge_columns", changed("badge", "points = points + 1", "true")),
    ("badge_columns", changed("badge", "name = 'other'", "true")),
    ("badge_columns", changed("badge_term", "name = 'other'", "kind = 'category'")),
    ("badge_columns", changed("badge", "category_id = type_id", "true")),
    ("leaderboard_points", changed("leaderboard_total", "score = score + 1", "measure = 'points' AND period = 'all'")),
    ("leaderboard_points", "DELETE FROM leaderboard_total WHERE workspace_id = :w AND measure = 'points' AND period LIKE '%W%'"),
    ("leaderboard_points", changed("leaderboard_total", "period = '1999'", "measure = 'points' AND period ~ '^....$'")),
    ("leaderboard_kudos", changed("leaderboard_total", "score = score - 1", "measure = 'kudos' AND period = 'all'")),
    ("leaderboard_given", changed("kudos", "giver_id = (SELECT max(member_id) FROM kudos_receiver)", f"id = {ONE_KUDOS}")),
    ("leaderboard_badges", changed("leaderboard_total", "score = 7", "measure = 'badges'")),
    ("leaderboard_ranked", changed("leaderboard_total", "is_ranked = NOT is_ranked", "measure = 'points' AND period = 'all'")),
    ("activity_tally_drift", changed("activity_tally", "times = times + 1", "type = 'sale'")),
    ("activity_tally_drift", changed("activity", "quantity = quantity + 1", "type = 'sale'")),
    ("activity_tally_drift", "DELETE FROM attendance WHERE workspace_id = :w"),
    ("activity_run_drift", changed("activity_tally", "current = current + 1", "type = 'attendance'")),
    ("activity_run_drift", changed("activity_month", "days = days | 1", "type = 'sale'")),
    ("workspace_zone", changed("workspace_zone", "zone = 'Europe/Madrid'", "true")),
)  # fmt: skip


async def test_every_planted_corruption_is_found_and_clean_books_have_none(database: Sessions) -> None:
    workspace = await history(database)
    async with database.engine.connect() as connection:
        assert await found(connection) == {}, "clean books"
        assert await found(connection, text(DISARM)) == {}, "clean books without their guards"
        missed = [
            (code, planted)
            for code, planted in CORRUPTIONS
            if code not in await found(connection, text(DISARM), text(planted).bindparams(w=workspace.id))
        ]
    assert not missed, f"found {len(CORRUPTIONS) - len(missed)} of {len(CORRUPTIONS)}"
    assert {code for code, _ in CORRUPTIONS} == {check.code for check in CHECKS}, (
        "every check has a corruption of its own"
    )


async def found(connection: AsyncConnection, *planted: object) -> dict[str, Outcome]:
    """What verification finds after the owner's statements, which are rolled back."""
    async with connection.begin() as transaction:
        for statement in planted:
            done = await connection.execute(statement)  # type: ignore[call-overload]
            assert done.rowcount != 0, f"planted nothing: {statement}"
        await connection.execute(text("SET LOCAL ROLE plaudit_ops"))
        session = AsyncSession(bind=connection)
        outcomes = [await verify.examine(session, check) for check in CHECKS]
        await session.close()
        if transaction.is_active:
            await transaction.rollback()
    return {outcome.check.code: outcome for outcome in outcomes if outcome.faults}


async def test_finding_names_the_row_what_was_expected_and_what_was_found(database: Sessions) -> None:
    workspace = await history(database)
    async with database.engine.connect() as connection:
        planted = text(changed("account", "balance = balance + 7", f"id = {ONE_EARNED}")).bindparams(w=workspace.id)
        outcomes = await found(connection, planted)
    (finding,) = outcomes["balance_drift"].findings
    assert finding.workspace_id == workspace.id
    assert finding.ids.startswith("account ")
    assert int(finding.found) == int(finding.expected) + 7


async def test_findings_are_listed_up_to_a_limit_and_all_counted(database: Sessions) -> None:
    workspace, _ = await make_company(database, 0)
    many = verify.FINDINGS_MAX + 5
    async with database.engine.connect() as connection:
        planted = text(
            "WITH people AS (INSERT INTO member (workspace_id) SELECT :w FROM generate_series(1, :many) RETURNING id)"
            " INSERT INTO account (workspace_id, kind, member_id, balance) SELECT :w, 'earned', id, 1 FROM people"
        )
        outcomes = await found(connection, planted.bindparams(w=workspace.id, many=many))
    assert outcomes["balance_drift"].faults == many
    assert len(outcomes["balance_drift"].findings) == verify.FINDINGS_MAX


async def history(database: Sessions) -> Workspace:
    """A workspace in which everything has happened once that moves points, and a second one beside it."""
    async with database.begin(role="ops") as (session, now):
        await make_workspace(session)
        frugal = await make_workspace(session, allowance_points=0)
        await points.open_allowance(
            session, workspace=frugal, member_id=(await make_member(session, frugal)).member_id, now=now
        )
        workspace = await make_workspace(session, time_zone="Pacific/Auckland")
        place = await make_place(session, workspace, is_connected=True)
        ana = await make_member(session, workspace, "Ana", remote_id="UANA")
        luis, eva, tom = [await make_member(session, workspace, name) for name in ("Luis", "Eva", "Tom")]
        first = await thank(
            session,
            workspace,
            ana,
            [luis, eva],
            now=now,
            points_each=5,
            source=Source(place.id, "1"),
            tags=["teamwork"],
        )
        await kudos.second(session, workspace=workspace, kudos_id=first, member=tom, now=now)
        await thank(session, workspace, luis, [tom], now=now, is_private=True, message="quietly")
        spent = await thank(session, workspace, tom, [eva], now=now, points_each=7, message="too early")
        await spend(session, workspace, eva, 10, now=now)
        await kudos.undo(session, workspace=workspace, kudos_id=spent, giver=tom, now=now)
        await thank(session, workspace, luis, [eva], now=now, points_each=3, message="and again")
        ana_too = await make_member(session, workspace, "Ana", platform="teams")
        await thank(session, workspace, tom, [ana, ana_too], now=now, points_each=2, message="to both of you")
        await thank(session, workspace, tom, [ana_too], now=now, message="to one of you")
        await thank(session, workspace, ana_too, [ana, luis], now=now, message="to myself")
        await identity.merge(
            session, workspace=workspace, member_ids=(ana.member_id, ana_too.member_id), actor_id=ana.member_id, now=now
        )
        await give_badges(session, workspace, ana, luis, tom, now=now)
        await be_active(session, workspace, luis, now=now)
    return workspace


async def be_active(session: AsyncSession, workspace: Workspace, member: Person, *, now: datetime) -> None:
    """Sales of two days, the later told first, and three days of attendance over the end of a month."""
    deeds = [
        Deed(member.member_id, "sale", now - timedelta(days=ago), "crm", str(ago), Decimal(3)) for ago in (3, 4, 40)
    ]
    for deed in deeds:
        await activities.record(session, workspace_id=workspace.id, activities=[deed], now=now)
    days = [Presence(member.member_id, date(2026, 10, 30) + timedelta(days=day)) for day in (0, 1, 2, 5)]
    await activities.attend(session, workspace_id=workspace.id, days=days, source="gate", now=now)


async def give_badges(
    session: AsyncSession, workspace: Workspace, giver: Person, first: Person, second: Person, *, now: datetime
) -> None:
    """One badge that stands, one that was taken back, and one without points."""
    badge = await make_badge(session, workspace, points=25, multiple=True)
    plain = await make_badge(session, workspace, points=0)

    async def give(given: Badge, *receivers: Person) -> list[int]:
        made = await badges.award(session, workspace=workspace, badge=given, giver=giver, receivers=receivers, now=now)
        return list(made.award_ids)

    await give(badge, first)
    (taken,) = await give(badge, second)
    await give(plain, first, second)
    await revoking.revoke(session, workspace=workspace, award_id=taken, actor=giver, reason="by mistake", now=now)


async def spend(session: AsyncSession, workspace: Workspace, member: Person, amount: int, *, now: datetime) -> None:
    of_workspace = select(Account.id).where(Account.workspace_id == workspace.id)
    earned = await session.scalar(of_workspace.where(Account.member_id == member.member_id, Account.kind == "earned"))
    redeemed = await session.scalar(of_workspace.where(Account.kind == "redeemed"))
    assert earned is not None
    assert redeemed is not None
    entry = Entry(earned, redeemed, amount, "redemption", "perk:1", "perk:1")
    await points.append(session, [entry], workspace_id=workspace.id, actor_id=member.member_id, now=now)
