"""The ledger's statements."""

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

SYSTEM_ACCOUNTS = text(
    "INSERT INTO account (workspace_id, kind) SELECT :workspace_id, unnest(CAST(:kinds AS text[])) ON CONFLICT DO NOTHING"
)

# Nobody opens an account of a member who was merged a moment ago: the member's row is held, so that a merge is before or after.
OPEN_EARNED = text(
    "INSERT INTO account (workspace_id, kind, member_id, balance)"
    " SELECT :workspace_id, 'earned', id, 0 FROM member WHERE workspace_id = :workspace_id AND id = ANY(CAST(:members AS bigint[]))"
    " AND merged_into IS NULL ORDER BY id FOR SHARE ON CONFLICT DO NOTHING"
)

# The allowance is there from the first moment it is asked for: the account and the grant that fills it are one statement.
OPEN_ALLOWANCE = text(
    "WITH opened AS (INSERT INTO account (workspace_id, kind, member_id, period, balance)"
    " SELECT :workspace_id, 'allowance', id, :period, CAST(:points AS bigint) FROM member WHERE workspace_id = :workspace_id"
    " AND id = :member_id AND merged_into IS NULL FOR SHARE ON CONFLICT DO NOTHING RETURNING id)"
    " INSERT INTO transfer (workspace_id, group_id, debit_id, credit_id, amount, reason, reference, actor_id, idempotency_key, at)"
    " SELECT :workspace_id, nextval(pg_get_serial_sequence('transfer', 'id')), issuer.id, opened.id, :points, 'grant',"
    " :reference, NULL, :key, :now FROM opened JOIN account AS issuer ON issuer.workspace_id = :workspace_id"
    " AND issuer.kind = 'issuer' WHERE CAST(:points AS bigint) > 0"
)

# Locked in the order of their ids, as everybody does who needs several.
LOCK = text(
    "SELECT id, kind, member_id, balance FROM account WHERE workspace_id = :workspace_id AND id = ANY(:ids)"
    " ORDER BY id FOR UPDATE"
)

BALANCES = text(
    "UPDATE account SET balance = account.balance + CASE account.kind WHEN 'receivable' THEN -given.change ELSE given.change END"
    " FROM jsonb_to_recordset(:changes) AS given(id bigint, change bigint)"
    " WHERE account.workspace_id = :workspace_id AND account.id = given.id AND account.balance IS NOT NULL"
).bindparams(bindparam("changes", type_=JSONB))

APPEND = text(
    "INSERT INTO transfer (workspace_id, group_id, debit_id, credit_id, amount, reason, reference, actor_id, idempotency_key,"
    " reverses, at) SELECT :workspace_id, (SELECT nextval(pg_get_serial_sequence('transfer', 'id'))), debit_id, credit_id,"
    " amount, reason, reference, :actor_id, idempotency_key, reverses, :now"
    " FROM ROWS FROM (jsonb_to_recordset(:entries) AS (debit_id bigint, credit_id bigint, amount bigint, reason text,"
    " reference text, idempotency_key text, reverses bigint)) WITH ORDINALITY AS given ORDER BY ordinality"
).bindparams(bindparam("entries", type_=JSONB))

# The sides of each transfer, and of a side whose member was merged the earned account of the one who lives on.
REVERSIBLE = text(
    "SELECT transfer.id, debit_id, credit_id, amount, reference, coalesce(thanked.merged_into, credit.member_id) AS member_id,"
    " debit.kind AS debit_kind, debit.period, giver.merged_into AS giver_heir_id, giver_earned.id AS giver_earned_id,"
    " thanked_earned.id AS heir_earned_id FROM transfer"
    " JOIN account AS debit ON debit.workspace_id = transfer.workspace_id AND debit.id = transfer.debit_id"
    " JOIN account AS credit ON credit.workspace_id = transfer.workspace_id AND credit.id = transfer.credit_id"
    " LEFT JOIN member AS giver ON giver.workspace_id = debit.workspace_id AND giver.id = debit.member_id"
    " LEFT JOIN member AS thanked ON thanked.workspace_id = credit.workspace_id AND thanked.id = credit.member_id"
    " LEFT JOIN account AS giver_earned ON giver_earned.workspace_id = giver.workspace_id"
    " AND giver_earned.member_id = giver.merged_into AND giver_earned.kind = 'earned'"
    " LEFT JOIN account AS thanked_earned ON thanked_earned.workspace_id = thanked.workspace_id"
    " AND thanked_earned.member_id = thanked.merged_into AND thanked_earned.kind = 'earned'"
    " WHERE transfer.workspace_id = :workspace_id AND transfer.id = ANY(:ids) ORDER BY transfer.id"
)

ISSUER = text("SELECT id FROM account WHERE workspace_id = :workspace_id AND kind = 'issuer'")

# One person has one allowance: what of it is left when all that the person gave from any of their allowances is taken off.
JOINED_ALLOWANCE = text(
    "WITH family AS (SELECT account.id, account.member_id FROM member JOIN account ON account.workspace_id = member.workspace_id"
    " AND account.member_id = member.id AND account.kind = 'allowance' AND account.period = :period"
    " WHERE member.workspace_id = :workspace_id AND (member.id = :member_id OR member.merged_into = :member_id)),"
    " given AS (SELECT coalesce(sum(amount), 0) AS points FROM transfer WHERE workspace_id = :workspace_id"
    " AND debit_id = ANY(ARRAY(SELECT id FROM family)) AND reason = 'kudos' AND NOT EXISTS (SELECT FROM transfer AS taken_back"
    " WHERE taken_back.workspace_id = :workspace_id AND taken_back.reverses = transfer.id)),"
    " granted AS (SELECT coalesce(sum(transfer.amount), 0) AS points FROM family JOIN transfer"
    " ON transfer.workspace_id = :workspace_id AND transfer.credit_id = family.id AND transfer.reason = 'grant'"
    " WHERE family.member_id = :member_id)"
    " SELECT account.id, account.balance, greatest(granted.points - given.points, 0)::bigint AS due FROM given, granted, account"
    " WHERE account.workspace_id = :workspace_id AND account.member_id = :member_id AND account.kind = 'allowance'"
    " AND account.period = :period"
)

OPEN_RECEIVABLE = text(
    "INSERT INTO account (workspace_id, kind, member_id, balance) VALUES (:workspace_id, 'receivable', :member_id, 0)"
    " ON CONFLICT (workspace_id, member_id, kind, period) DO UPDATE SET period = excluded.period RETURNING id"
)

# Locked, lest the points are spent between the look and the transfer.
OWED = text(
    "SELECT receivable.id AS receivable_id, earned.id AS earned_id, least(receivable.balance, earned.balance) AS amount"
    " FROM account AS earned JOIN account AS receivable ON receivable.workspace_id = earned.workspace_id"
    " AND receivable.member_id = earned.member_id AND receivable.kind = 'receivable'"
    " WHERE earned.workspace_id = :workspace_id AND earned.kind = 'earned' AND receivable.balance > 0"
    " AND earned.balance > 0 AND earned.member_id = ANY(:members) ORDER BY earned.id FOR UPDATE"
)
