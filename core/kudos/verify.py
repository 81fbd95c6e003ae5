"""Proves that kudos and the ledger tell the same story, by SQL of its own; see core.points.verify."""

from core.leaderboards.verify import LEADERBOARDS
from core.points.verify import LEDGER, Check

_WITHOUT_RECEIVER = """
SELECT kudos.workspace_id, 'kudos ' || kudos.id, 'at least 1 receiver', 0 FROM kudos
WHERE NOT EXISTS (SELECT FROM kudos_receiver AS receiver WHERE receiver.workspace_id = kudos.workspace_id AND receiver.kudos_id = kudos.id)
"""

# What two members gave each other who were merged later was taken back, and keeps the two names.
_TO_ONESELF = """
SELECT kudos.workspace_id, 'kudos ' || kudos.id, 'receivers other than the giver', 'member ' || kudos.giver_id
FROM kudos JOIN kudos_receiver AS receiver ON receiver.workspace_id = kudos.workspace_id AND receiver.kudos_id = kudos.id
LEFT JOIN member AS giver ON giver.workspace_id = kudos.workspace_id AND giver.id = kudos.giver_id
LEFT JOIN member AS thanked ON thanked.workspace_id = kudos.workspace_id AND thanked.id = receiver.member_id
WHERE receiver.member_id = kudos.giver_id
   OR (kudos.undone_at IS NULL AND coalesce(giver.merged_into, giver.id) = coalesce(thanked.merged_into, thanked.id))
"""

_OF_MERGED = """
SELECT kudos.workspace_id, 'kudos ' || kudos.id, 'living members', 'member ' || member.id || ', merged into ' || member.merged_into
FROM member JOIN (
    SELECT workspace_id, id, giver_id AS member_id FROM kudos WHERE undone_at IS NULL
    UNION ALL
    SELECT receiver.workspace_id, kudos.id, receiver.member_id FROM kudos_receiver AS receiver
    JOIN kudos ON kudos.workspace_id = receiver.workspace_id AND kudos.id = receiver.kudos_id WHERE kudos.undone_at IS NULL
    UNION ALL SELECT workspace_id, kudos_id, member_id FROM kudos_second
) AS kudos ON kudos.workspace_id = member.workspace_id AND kudos.member_id = member.id
WHERE member.merged_into IS NOT NULL
"""

# One transfer for each receiver, of the kudos's points, from the giver's allowance to what the receiver earned. A merged
# member's transfers stay with the accounts of that member, so both sides are compared by who lives on.
_TRANSFER_MISMATCH = """
SELECT kudos.workspace_id, 'kudos ' || kudos.id || ' to member ' || receiver.member_id,
       CASE kudos.points_each WHEN 0 THEN 'no transfer'
            ELSE kudos.points_each || ' from the allowance of ' || kudos.giver_id || ' to ' || receiver.member_id END,
       CASE WHEN receiver.transfer_id IS NULL THEN 'no transfer'
            WHEN transfer.id IS NULL THEN 'transfer ' || receiver.transfer_id || ', which does not exist'
            ELSE transfer.amount || ' from ' || debit.kind || ' of ' || coalesce(debit.member_id::text, 'nobody')
                 || ' to ' || credit.kind || ' of ' || coalesce(credit.member_id::text, 'nobody')
                 || ' for ' || transfer.reason || ' ' || transfer.reference END
FROM kudos_receiver AS receiver
JOIN kudos ON kudos.workspace_id = receiver.workspace_id AND kudos.id = receiver.kudos_id
LEFT JOIN transfer ON transfer.workspace_id = receiver.workspace_id AND transfer.id = receiver.transfer_id
LEFT JOIN account AS debit ON debit.workspace_id = transfer.workspace_id AND debit.id = transfer.debit_id
LEFT JOIN account AS credit ON credit.workspace_id = transfer.workspace_id AND credit.id = transfer.credit_id
LEFT JOIN member AS giver ON giver.workspace_id = kudos.workspace_id AND giver.id = kudos.giver_id
LEFT JOIN member AS payer ON payer.workspace_id = kudos.workspace_id AND payer.id = debit.member_id
LEFT JOIN member AS thanked ON thanked.workspace_id = kudos.workspace_id AND thanked.id = receiver.member_id
LEFT JOIN member AS paid ON paid.workspace_id = kudos.workspace_id AND paid.id = credit.member_id
WHERE (kudos.points_each = 0) <> (receiver.transfer_id IS NULL)
   OR (receiver.transfer_id IS NOT NULL AND (
       transfer.id IS NULL OR transfer.amount <> kudos.points_each OR transfer.reason <> 'kudos'
       OR transfer.reference <> 'kudos:' || kudos.id OR debit.kind <> 'allowance' OR credit.kind <> 'earned'
       OR coalesce(giver.merged_into, giver.id) IS DISTINCT FROM coalesce(payer.merged_into, payer.id)
       OR coalesce(thanked.merged_into, thanked.id) IS DISTINCT FROM coalesce(paid.merged_into, paid.id)))
"""

# A share that a merge took back has no receiver any more: of a kudos between two members who became one, or to both of them.
_TRANSFER_WITHOUT_KUDOS = """
SELECT transfer.workspace_id, 'transfer ' || transfer.id, '1 receiver of a kudos', count(receiver.kudos_id)
FROM transfer
LEFT JOIN kudos_receiver AS receiver ON receiver.workspace_id = transfer.workspace_id AND receiver.transfer_id = transfer.id
LEFT JOIN transfer AS reversal ON reversal.workspace_id = transfer.workspace_id AND reversal.reverses = transfer.id
     AND reversal.reason = 'kudos_merged'
WHERE transfer.reason = 'kudos' GROUP BY transfer.workspace_id, transfer.id
HAVING count(receiver.kudos_id) > 1 OR (count(receiver.kudos_id) = 0 AND count(reversal.id) = 0)
"""

_UNDONE = """
SELECT kudos.workspace_id, 'kudos ' || kudos.id || ' to member ' || receiver.member_id,
       CASE WHEN kudos.undone_at IS NULL THEN 'not reversed' ELSE 'reversed' END,
       CASE WHEN reversal.id IS NULL THEN 'not reversed' ELSE 'reversed by transfer ' || reversal.id END
FROM kudos
JOIN kudos_receiver AS receiver ON receiver.workspace_id = kudos.workspace_id AND receiver.kudos_id = kudos.id
LEFT JOIN transfer AS reversal ON reversal.workspace_id = receiver.workspace_id AND reversal.reverses = receiver.transfer_id
WHERE receiver.transfer_id IS NOT NULL AND (kudos.undone_at IS NULL) <> (reversal.id IS NULL)
"""

# The week is read from the allowance that was spent, so that a workspace may change its zone.
_PAIR_DRIFT = """
WITH given AS (
    SELECT kudos.workspace_id, kudos.giver_id, receiver.member_id AS receiver_id, allowance.period, sum(transfer.amount) AS points
    FROM kudos
    JOIN kudos_receiver AS receiver ON receiver.workspace_id = kudos.workspace_id AND receiver.kudos_id = kudos.id
    JOIN transfer ON transfer.workspace_id = receiver.workspace_id AND transfer.id = receiver.transfer_id
    JOIN account AS allowance ON allowance.workspace_id = transfer.workspace_id AND allowance.id = transfer.debit_id
    WHERE kudos.undone_at IS NULL
    GROUP BY kudos.workspace_id, kudos.giver_id, receiver.member_id, allowance.period
)
SELECT coalesce(given.workspace_id, pair.workspace_id),
       'members ' || coalesce(given.giver_id, pair.giver_id) || ' to ' || coalesce(given.receiver_id, pair.receiver_id)
       || ' in ' || coalesce(given.period, pair.period),
       coalesce(given.points, 0), coalesce(pair.points, 0)
FROM given FULL JOIN kudos_pair AS pair ON pair.workspace_id = given.workspace_id AND pair.giver_id = given.giver_id
     AND pair.receiver_id = given.receiver_id AND pair.period = given.period
WHERE coalesce(given.points, 0) <> coalesce(pair.points, 0)
"""

# See ALLOWANCE_PERIOD of the ledger: right in some zone of the earth.
_PERIOD = """
SELECT kudos.workspace_id, 'kudos ' || kudos.id, to_char(kudos.given_at AT TIME ZONE workspace.time_zone, 'IYYY-"W"IW'), allowance.period
FROM kudos JOIN workspace ON workspace.id = kudos.workspace_id
JOIN kudos_receiver AS receiver ON receiver.workspace_id = kudos.workspace_id AND receiver.kudos_id = kudos.id
JOIN transfer ON transfer.workspace_id = receiver.workspace_id AND transfer.id = receiver.transfer_id
JOIN account AS allowance ON allowance.workspace_id = transfer.workspace_id AND allowance.id = transfer.debit_id
WHERE allowance.kind = 'allowance'
  AND allowance.period NOT IN (to_char(kudos.given_at AT TIME ZONE 'UTC' - interval '12 hours', 'IYYY-"W"IW'),
                               to_char(kudos.given_at AT TIME ZONE 'UTC' + interval '14 hours', 'IYYY-"W"IW'))
"""

_SECONDED_BY_PARTY = """
SELECT second.workspace_id, 'kudos ' || second.kudos_id, 'neither giver nor receiver', 'member ' || second.member_id
FROM kudos_second AS second JOIN kudos ON kudos.workspace_id = second.workspace_id AND kudos.id = second.kudos_id
WHERE second.member_id = kudos.giver_id
   OR EXISTS (SELECT FROM kudos_receiver AS receiver WHERE receiver.workspace_id = second.workspace_id
              AND receiver.kudos_id = second.kudos_id AND receiver.member_id = second.member_id)
"""

_SECONDED_IN_PRIVATE = """
SELECT second.workspace_id, 'kudos ' || second.kudos_id, 'a public kudos', 'seconded by member ' || second.member_id
FROM kudos_second AS second JOIN kudos ON kudos.workspace_id = second.workspace_id AND kudos.id = second.kudos_id
WHERE kudos.is_private
"""

# Older rows may have been cleared away, so only the last day can be asked.
_UNANNOUNCED = """
SELECT kudos.workspace_id, 'kudos ' || kudos.id, 'a card', 'nothing in the outbox'
FROM kudos JOIN conversation ON conversation.workspace_id = kudos.workspace_id AND conversation.id = kudos.conversation_id
WHERE NOT kudos.is_private AND conversation.kind <> 'personal' AND NOT conversation.is_gone
  AND kudos.given_at > clock_timestamp() - interval '1 day'
  AND NOT EXISTS (SELECT FROM outbox WHERE outbox.workspace_id = kudos.workspace_id
                  AND outbox.dedup_key >= 'kudos:' || kudos.id || ':' AND outbox.dedup_key < 'kudos:' || kudos.id || ';')
"""

KUDOS = (
    Check("kudos_without_receiver", "a kudos has a receiver", _WITHOUT_RECEIVER),
    Check("kudos_to_oneself", "nobody thanks themselves", _TO_ONESELF),
    Check("kudos_of_merged", "a kudos that stands, and a second, are a living member's", _OF_MERGED),
    Check("kudos_transfer_mismatch", "each receiver has one transfer of the kudos's points", _TRANSFER_MISMATCH),
    Check("transfer_without_kudos", "a transfer for a kudos belongs to one receiver of one", _TRANSFER_WITHOUT_KUDOS),
    Check("kudos_undone", "the points of a kudos are reversed if it was undone, and only then", _UNDONE),
    Check("kudos_pair_drift", "the points kept per pair and week are the sum of the kudos that stand", _PAIR_DRIFT),
    Check("kudos_period", "a kudos spends the allowance of its own week", _PERIOD),
    Check("seconded_by_party", "only others second a kudos", _SECONDED_BY_PARTY),
    Check("seconded_in_private", "a private kudos is not seconded", _SECONDED_IN_PRIVATE),
    Check("kudos_unannounced", "a kudos of the last day has its card", _UNANNOUNCED),
)

CHECKS = (*LEDGER, *KUDOS, *LEADERBOARDS)
"""All that `plaudit verify` asks, in this order."""
