"""The queries of core.points.verify: (workspace_id, ids, expected, found) of everything in the books that must not be."""

BALANCE_DRIFT = """
WITH moved AS (
    SELECT workspace_id, account_id, sum(change) AS change FROM (
        SELECT workspace_id, credit_id AS account_id, amount AS change FROM transfer
        UNION ALL SELECT workspace_id, debit_id, -amount FROM transfer
    ) AS moves GROUP BY workspace_id, account_id
)
SELECT account.workspace_id, 'account ' || account.id,
       CASE account.kind WHEN 'receivable' THEN -coalesce(moved.change, 0) ELSE coalesce(moved.change, 0) END, account.balance
FROM account LEFT JOIN moved ON moved.workspace_id = account.workspace_id AND moved.account_id = account.id
WHERE account.balance IS NOT NULL
  AND account.balance <> CASE account.kind WHEN 'receivable' THEN -coalesce(moved.change, 0) ELSE coalesce(moved.change, 0) END
"""

BALANCE_NEGATIVE = "SELECT workspace_id, 'account ' || id, 'at least 0', balance FROM account WHERE balance < 0"

BALANCE_KEPT_WRONGLY = """
SELECT workspace_id, 'account ' || id, CASE WHEN kind IN ('issuer', 'expired', 'redeemed') THEN 'none' ELSE 'a balance' END,
       coalesce(balance::text, 'none')
FROM account WHERE (kind IN ('issuer', 'expired', 'redeemed')) <> (balance IS NULL)
"""

ACCOUNT_OWNER = """
SELECT workspace_id, 'account ' || id,
       CASE WHEN kind IN ('issuer', 'expired', 'redeemed') THEN kind || ' of nobody'
            WHEN kind = 'allowance' THEN 'allowance of a member and a week'
            WHEN kind IN ('earned', 'receivable') THEN kind || ' of a member'
            ELSE 'a known kind' END,
       kind || ' of ' || coalesce('member ' || member_id, 'nobody') || CASE period WHEN '' THEN '' ELSE ' for ' || period END
FROM account
WHERE kind NOT IN ('issuer', 'expired', 'redeemed', 'earned', 'allowance', 'receivable')
   OR (kind IN ('issuer', 'expired', 'redeemed')) <> (member_id IS NULL)
   OR (kind = 'allowance') <> (period <> '')
   OR (kind = 'allowance' AND period !~ '^\\d{4}-W\\d\\d$')
"""

ACCOUNT_REPEATED = """
SELECT workspace_id, 'accounts ' || string_agg(id::text, ', ' ORDER BY id), 1, count(*)
FROM account GROUP BY workspace_id, member_id, kind, period HAVING count(*) > 1
"""

SYSTEM_ACCOUNT_MISSING = """
SELECT workspace.id, 'workspace ' || workspace.id, wanted.kind, 'no such account'
FROM workspace CROSS JOIN (VALUES ('issuer'), ('expired'), ('redeemed')) AS wanted(kind)
WHERE NOT EXISTS (SELECT FROM account WHERE account.workspace_id = workspace.id AND account.kind = wanted.kind)
"""

ACCOUNT_MEMBER_MISSING = """
SELECT account.workspace_id, 'account ' || account.id, 'a member of the workspace', 'member ' || account.member_id
FROM account LEFT JOIN member ON member.workspace_id = account.workspace_id AND member.id = account.member_id
WHERE account.member_id IS NOT NULL AND member.id IS NULL
"""

TRANSFER_ACCOUNT_MISSING = """
SELECT transfer.workspace_id, 'transfer ' || transfer.id, 'two accounts of the workspace',
       concat_ws(', ', CASE WHEN debit.id IS NULL THEN 'no debit account ' || transfer.debit_id END,
                 CASE WHEN credit.id IS NULL THEN 'no credit account ' || transfer.credit_id END)
FROM transfer
LEFT JOIN account AS debit ON debit.workspace_id = transfer.workspace_id AND debit.id = transfer.debit_id
LEFT JOIN account AS credit ON credit.workspace_id = transfer.workspace_id AND credit.id = transfer.credit_id
WHERE debit.id IS NULL OR credit.id IS NULL
"""

TRANSFER_AMOUNT = """
SELECT workspace_id, 'transfer ' || id, '1 to 1000000000', amount FROM transfer WHERE amount NOT BETWEEN 1 AND 1000000000
"""

TRANSFER_TO_ITSELF = """
SELECT workspace_id, 'transfer ' || id, 'two accounts', 'account ' || debit_id || ' twice' FROM transfer WHERE debit_id = credit_id
"""

# Known reasons go one way; the others at least between kinds that points can move between at all.
TRANSFER_KINDS = """
WITH moved AS (
    SELECT transfer.workspace_id, transfer.id, transfer.reason, debit.kind || '>' || credit.kind AS kinds
    FROM transfer
    JOIN account AS debit ON debit.workspace_id = transfer.workspace_id AND debit.id = transfer.debit_id
    JOIN account AS credit ON credit.workspace_id = transfer.workspace_id AND credit.id = transfer.credit_id
),
wanted(reason, kinds) AS (VALUES
    ('grant', 'issuer>allowance'), ('kudos', 'allowance>earned'), ('kudos_undone', 'earned>allowance'),
    ('kudos_merged', 'earned>allowance'), ('allowance_joined', 'issuer>allowance'), ('allowance_returned', 'allowance>issuer'),
    ('receivable_advance', 'receivable>earned'), ('receivable_settled', 'earned>receivable'), ('draw_won', 'issuer>earned')
)
SELECT moved.workspace_id, 'transfer ' || moved.id, coalesce(wanted.kinds, 'kinds that points move between') || ' for ' || moved.reason,
       moved.kinds
FROM moved LEFT JOIN wanted ON wanted.reason = moved.reason
WHERE moved.kinds <> wanted.kinds
   OR (wanted.kinds IS NULL AND moved.kinds NOT IN (
       'issuer>allowance', 'allowance>issuer', 'issuer>earned', 'earned>issuer', 'allowance>earned', 'earned>allowance',
       'allowance>expired', 'expired>allowance', 'earned>expired', 'expired>earned', 'earned>redeemed', 'redeemed>earned',
       'receivable>earned', 'earned>receivable', 'earned>earned', 'allowance>allowance', 'receivable>receivable'))
"""

# A debt is its own member's; what a merge moves stays with one person.
TRANSFER_OWNER = """
SELECT transfer.workspace_id, 'transfer ' || transfer.id, 'one member', 'members ' || debit.member_id || ' and ' || credit.member_id
FROM transfer
JOIN account AS debit ON debit.workspace_id = transfer.workspace_id AND debit.id = transfer.debit_id
JOIN account AS credit ON credit.workspace_id = transfer.workspace_id AND credit.id = transfer.credit_id
LEFT JOIN member AS payer ON payer.workspace_id = debit.workspace_id AND payer.id = debit.member_id
LEFT JOIN member AS paid ON paid.workspace_id = credit.workspace_id AND paid.id = credit.member_id
WHERE (transfer.reason IN ('receivable_advance', 'receivable_settled') AND debit.member_id <> credit.member_id)
   OR (transfer.reason = 'merge' AND coalesce(payer.merged_into, payer.id) IS DISTINCT FROM coalesce(paid.merged_into, paid.id))
"""

TRANSFER_REPEATED = """
SELECT workspace_id, 'transfers ' || string_agg(id::text, ', ' ORDER BY id), 1, count(*)
FROM transfer GROUP BY workspace_id, idempotency_key HAVING count(*) > 1
"""

TRANSFER_ACTOR_MISSING = """
SELECT transfer.workspace_id, 'transfer ' || transfer.id, 'a member of the workspace', 'member ' || transfer.actor_id
FROM transfer LEFT JOIN member ON member.workspace_id = transfer.workspace_id AND member.id = transfer.actor_id
WHERE transfer.actor_id IS NOT NULL AND member.id IS NULL
"""

TRANSFER_IN_FUTURE = """
SELECT workspace_id, 'transfer ' || id, 'before now', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
FROM transfer WHERE at > clock_timestamp() + interval '5 minutes'
"""

REVERSAL_MISMATCH = """
SELECT reversal.workspace_id, 'transfer ' || reversal.id || ' reversing ' || reversal.reverses,
       CASE WHEN original.id IS NULL THEN 'an original'
            ELSE original.amount || ' from ' || original.credit_id || ' to ' || original.debit_id || ', later' END,
       reversal.amount || ' from ' || reversal.debit_id || ' to ' || reversal.credit_id
FROM transfer AS reversal
LEFT JOIN transfer AS original ON original.workspace_id = reversal.workspace_id AND original.id = reversal.reverses
WHERE reversal.reverses IS NOT NULL
  AND (original.id IS NULL OR original.amount <> reversal.amount OR original.at > reversal.at
    OR original.debit_id <> reversal.credit_id OR original.credit_id <> reversal.debit_id)
"""

REVERSAL_REPEATED = """
SELECT workspace_id, 'transfer ' || reverses || ' by ' || string_agg(id::text, ', ' ORDER BY id), 1, count(*)
FROM transfer WHERE reverses IS NOT NULL GROUP BY workspace_id, reverses HAVING count(*) > 1
"""

REVERSAL_OF_REVERSAL = """
SELECT later.workspace_id, 'transfer ' || later.id, 'an original', 'transfer ' || earlier.id || ', itself a reversal'
FROM transfer AS later
JOIN transfer AS earlier ON earlier.workspace_id = later.workspace_id AND earlier.id = later.reverses
WHERE earlier.reverses IS NOT NULL
"""

ALLOWANCE_GRANT = """
WITH granted AS (
    SELECT workspace_id, credit_id, count(*) AS grants, sum(amount) AS points FROM transfer WHERE reason = 'grant'
    GROUP BY workspace_id, credit_id
)
SELECT account.workspace_id, 'account ' || account.id,
       CASE workspace.allowance_points WHEN 0 THEN 'no grant' ELSE '1 grant of ' || workspace.allowance_points END,
       CASE WHEN granted.grants IS NULL THEN 'no grant' ELSE granted.grants || ' of ' || granted.points || ' together' END
FROM account JOIN workspace ON workspace.id = account.workspace_id
LEFT JOIN granted ON granted.workspace_id = account.workspace_id AND granted.credit_id = account.id
WHERE account.kind = 'allowance'
  AND (coalesce(granted.points, 0) <> workspace.allowance_points OR granted.grants > 1)
"""

# Whatever zone the workspace has had: the earth's local times are between UTC-12 and UTC+14.
ALLOWANCE_PERIOD = """
SELECT account.workspace_id, 'account ' || account.id, to_char(transfer.at AT TIME ZONE workspace.time_zone, 'IYYY-"W"IW'),
       account.period
FROM account JOIN workspace ON workspace.id = account.workspace_id
JOIN transfer ON transfer.workspace_id = account.workspace_id AND transfer.credit_id = account.id AND transfer.reason = 'grant'
WHERE account.kind = 'allowance'
  AND account.period NOT IN (to_char(transfer.at AT TIME ZONE 'UTC' - interval '12 hours', 'IYYY-"W"IW'),
                             to_char(transfer.at AT TIME ZONE 'UTC' + interval '14 hours', 'IYYY-"W"IW'))
"""

IDENTITY_MEMBER_MISSING = """
SELECT identity.workspace_id, identity.platform || ' account ' || identity.remote_id, 'a member of the workspace, not a merged one',
       'member ' || identity.member_id || coalesce(', merged into ' || member.merged_into, ', who does not exist')
FROM identity LEFT JOIN member ON member.workspace_id = identity.workspace_id AND member.id = identity.member_id
WHERE member.id IS NULL OR member.merged_into IS NOT NULL
"""

MERGED_BALANCE = """
SELECT account.workspace_id, 'account ' || account.id || ' of member ' || member.id, 0, account.balance
FROM account JOIN member ON member.workspace_id = account.workspace_id AND member.id = account.member_id
WHERE member.merged_into IS NOT NULL AND account.balance <> 0
"""

ACCOUNT_CLOSED = """
SELECT account.workspace_id, 'account ' || account.id || ' of member ' || member.id,
       CASE WHEN member.merged_into IS NULL THEN 'open' ELSE 'closed' END, CASE WHEN account.is_closed THEN 'closed' ELSE 'open' END
FROM account JOIN member ON member.workspace_id = account.workspace_id AND member.id = account.member_id
WHERE account.is_closed <> (member.merged_into IS NOT NULL)
"""

MERGED_INTO_MERGED = """
SELECT gone.workspace_id, 'member ' || gone.id, 'a member who lives', 'member ' || heir.id || ', merged into ' || heir.merged_into
FROM member AS gone JOIN member AS heir ON heir.workspace_id = gone.workspace_id AND heir.id = gone.merged_into
WHERE heir.merged_into IS NOT NULL
"""
