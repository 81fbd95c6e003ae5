"""The hot statements of kudos. One statement gives: guards, transfers, balances, the kudos itself and its cards, or nothing."""

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from core.database import Hot
from core.kudos.announce import CARDS, UNTOLD

_RECEIVERS = bindparam("receivers", type_=ARRAY(BigInteger))

# `locked` takes the accounts in the order of their ids, as everybody does, and none before all are there: who waits for
# another's new account must hold nothing that the other may want. `fresh` is empty if these very words (`content_hash`, NULL
# for no such guard) were sent less than `gap` ago. `fits` is empty unless the accounts are there, the words are fresh, the
# allowance suffices and no pair goes over its cap; then nothing below it writes, and the caller finds out which it was. An
# account that a merge closed while we waited for it is no longer `locked`: what `is_whole` lacks has moved to somebody else.
GIVE = Hot(
    text(f"""
WITH receiver AS (SELECT unnest(:receivers) AS member_id),
opened AS (
    SELECT (SELECT count(*) FROM account WHERE workspace_id = :workspace_id
            AND member_id = ANY(:receivers) AND kind = 'earned' AND period = '' AND NOT is_closed) = cardinality(:receivers)
       AND EXISTS (SELECT FROM account WHERE workspace_id = :workspace_id
                   AND member_id = :giver AND kind = 'allowance' AND period = :period AND NOT is_closed) AS yes
),
locked AS (
    SELECT id, kind, member_id, balance FROM account
    WHERE workspace_id = :workspace_id AND (SELECT yes FROM opened) AND NOT is_closed
      AND ((member_id = :giver AND kind = 'allowance' AND period = :period)
        OR (member_id = ANY(:receivers) AND kind IN ('earned', 'receivable') AND period = ''))
    ORDER BY id FOR UPDATE
),
fresh AS (
    INSERT INTO kudos_repeat (workspace_id, giver_id, content_hash, last_at) SELECT :workspace_id, :giver, :content_hash, :now
    WHERE CAST(:content_hash AS bytea) IS NOT NULL AND (SELECT count(*) FROM locked) > 0
    ON CONFLICT (workspace_id, giver_id, content_hash) DO UPDATE SET last_at = excluded.last_at
    WHERE kudos_repeat.last_at <= CAST(:now AS timestamptz) - CAST(:gap AS interval) RETURNING giver_id
),
spent AS (
    UPDATE account SET balance = account.balance - :total FROM locked
    WHERE account.workspace_id = :workspace_id AND account.id = locked.id AND locked.kind = 'allowance'
      AND account.balance >= :total AND (CAST(:content_hash AS bytea) IS NULL OR EXISTS (SELECT FROM fresh))
    RETURNING account.id
),
pair AS (
    INSERT INTO kudos_pair (workspace_id, giver_id, receiver_id, period, points)
    SELECT :workspace_id, :giver, receiver.member_id, :period, :points FROM receiver, spent
    WHERE CAST(:points AS bigint) BETWEEN 1 AND :pair_max ORDER BY receiver.member_id
    ON CONFLICT (workspace_id, giver_id, receiver_id, period) DO UPDATE SET points = kudos_pair.points + excluded.points
    WHERE kudos_pair.points + excluded.points <= :pair_max
    RETURNING receiver_id
),
fits AS (
    SELECT FROM spent WHERE (SELECT count(*) FROM locked WHERE kind = 'earned') = cardinality(:receivers)
      AND (CAST(:points AS bigint) = 0 OR (SELECT count(*) FROM pair) = cardinality(:receivers))
),
given AS (
    INSERT INTO kudos (workspace_id, giver_id, message, points_each, is_private, conversation_id, message_id, given_at)
    SELECT :workspace_id, :giver, :message, :points, :is_private, :conversation_id, :message_id, :now FROM fits
    RETURNING id
),
credited AS (
    UPDATE account SET balance = account.balance + :points FROM locked, fits
    WHERE account.workspace_id = :workspace_id AND account.id = locked.id AND locked.kind = 'earned'
      AND CAST(:points AS bigint) > 0
    RETURNING account.id, account.member_id
),
moved AS (
    INSERT INTO transfer (workspace_id, group_id, debit_id, credit_id, amount, reason, reference, actor_id, idempotency_key, at)
    SELECT :workspace_id, (SELECT nextval('transfer_id_seq')), spent.id, credited.id, :points, 'kudos', 'kudos:' || given.id, :giver,
           'kudos:' || given.id || ':' || credited.member_id, :now
    FROM given, spent, credited ORDER BY credited.member_id
    RETURNING id, credit_id
),
received AS (
    INSERT INTO kudos_receiver (workspace_id, kudos_id, member_id, transfer_id)
    SELECT :workspace_id, given.id, receiver.member_id, moved.id
    FROM given CROSS JOIN receiver
    LEFT JOIN credited ON credited.member_id = receiver.member_id LEFT JOIN moved ON moved.credit_id = credited.id
),
{CARDS}
SELECT (SELECT id FROM given) AS kudos_id,
       (SELECT yes FROM opened) AS is_opened,
       (SELECT count(*) FROM locked WHERE kind <> 'receivable') = cardinality(:receivers) + 1 AS is_whole,
       CAST(:content_hash AS bytea) IS NULL OR EXISTS (SELECT FROM fresh) AS is_fresh,
       (SELECT balance FROM locked WHERE kind = 'allowance') AS allowance,
       {UNTOLD} AS untold,
       EXISTS (SELECT FROM locked WHERE kind = 'receivable' AND balance > 0) AS is_owing
""").bindparams(_RECEIVERS)  # noqa: S608 - constants of this code
)

# The pairs that the new points would take over their cap, with what is left of it.
PAIRS = text("""
SELECT receiver.member_id, :pair_max - coalesce(kudos_pair.points, 0) AS points_left
FROM unnest(:receivers) AS receiver(member_id)
LEFT JOIN kudos_pair ON kudos_pair.workspace_id = :workspace_id AND kudos_pair.giver_id = :giver
      AND kudos_pair.receiver_id = receiver.member_id AND kudos_pair.period = :period
WHERE coalesce(kudos_pair.points, 0) + :points > :pair_max
ORDER BY points_left, receiver.member_id LIMIT 1
""").bindparams(_RECEIVERS)

TAG = text("""
WITH named AS (
    INSERT INTO tag (workspace_id, name) SELECT :workspace_id, name FROM unnest(CAST(:names AS text[])) AS name ORDER BY name
    ON CONFLICT (workspace_id, name) DO UPDATE SET name = excluded.name RETURNING id
)
INSERT INTO kudos_tag (workspace_id, kudos_id, tag_id) SELECT :workspace_id, :kudos_id, id FROM named
""")

# Who reacted and then presses the button means it more firmly: the second no longer goes with the reaction.
SECOND = text("""
INSERT INTO kudos_second (workspace_id, kudos_id, member_id, at, by_reaction)
SELECT workspace_id, id, :member_id, :now, :by_reaction FROM kudos
WHERE workspace_id = :workspace_id AND id = :kudos_id AND undone_at IS NULL AND NOT is_private
ON CONFLICT (workspace_id, kudos_id, member_id) DO UPDATE SET by_reaction = false
WHERE kudos_second.by_reaction AND NOT excluded.by_reaction
RETURNING xmax = 0 AS is_new
""")

UNSECOND = text("""
DELETE FROM kudos_second USING kudos
WHERE kudos_second.workspace_id = :workspace_id AND kudos_second.kudos_id = :kudos_id
  AND kudos_second.member_id = :member_id AND kudos_second.by_reaction
  AND kudos.workspace_id = :workspace_id AND kudos.id = :kudos_id AND kudos.undone_at IS NULL
RETURNING kudos_second.kudos_id
""")

# The window is compared with the database's clock at the very moment. The kudos is held and only marked when its points are
# back: what it counts on leaderboards is locked after accounts, as everybody does.
HOLD_UNDONE = text("""
SELECT points_each, given_at FROM kudos
WHERE workspace_id = :workspace_id AND id = :kudos_id AND giver_id = :giver AND undone_at IS NULL
  AND given_at > clock_timestamp() - CAST(:window AS interval)
FOR NO KEY UPDATE
""")

UNDO = text("""
UPDATE kudos SET undone_at = clock_timestamp(), message = '' WHERE workspace_id = :workspace_id AND id = :kudos_id
""")

RETURN_PAIRS = text("""
UPDATE kudos_pair SET points = kudos_pair.points - :points FROM kudos_receiver
WHERE kudos_receiver.workspace_id = :workspace_id AND kudos_receiver.kudos_id = :kudos_id
  AND kudos_pair.workspace_id = :workspace_id AND kudos_pair.giver_id = :giver
  AND kudos_pair.receiver_id = kudos_receiver.member_id AND kudos_pair.period = :period
""")

REWORD = text("""
UPDATE kudos SET message = :message
WHERE workspace_id = :workspace_id AND id = :kudos_id AND giver_id = :giver AND undone_at IS NULL
  AND given_at > clock_timestamp() - CAST(:window AS interval)
RETURNING id
""")

UNTAG = text("DELETE FROM kudos_tag WHERE workspace_id = :workspace_id AND kudos_id = :kudos_id")
