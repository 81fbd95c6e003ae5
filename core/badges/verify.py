"""Proves that awards and the ledger tell the same story, by SQL of its own; see core.points.verify."""

from core.activities.verify import ACTIVITIES
from core.kudos.verify import CHECKS as KUDOS_AND_LEDGER
from core.points.verify import Check

_BADGE_MISSING = """
SELECT award.workspace_id, 'award ' || award.id, 'a badge of the workspace', 'badge ' || award.badge_id
FROM award LEFT JOIN badge ON badge.workspace_id = award.workspace_id AND badge.id = award.badge_id
WHERE badge.id IS NULL
"""

_REPEATED = """
SELECT workspace_id, 'awards ' || string_agg(id::text, ', ' ORDER BY id), '1 for badge ' || badge_id || ' and period ' || period, count(*)
FROM award WHERE revoked_at IS NULL GROUP BY workspace_id, badge_id, member_id, period HAVING count(*) > 1
"""

_TO_ONESELF = """
SELECT workspace_id, 'award ' || id, 'a receiver other than the giver', 'member ' || member_id
FROM award WHERE giver_id = member_id
"""

# One transfer for an award with points, from the issuer to what the receiver earned. A merged member's transfers stay with
# the accounts of that member, so both sides are compared by who lives on.
_TRANSFER_MISMATCH = """
SELECT award.workspace_id, 'award ' || award.id,
       CASE award.points WHEN 0 THEN 'no transfer' ELSE award.points || ' from the issuer to ' || award.member_id END,
       CASE WHEN award.transfer_id IS NULL THEN 'no transfer'
            WHEN transfer.id IS NULL THEN 'transfer ' || award.transfer_id || ', which does not exist'
            ELSE transfer.amount || ' from ' || debit.kind || ' to ' || credit.kind || ' of '
                 || coalesce(credit.member_id::text, 'nobody') || ' for ' || transfer.reason || ' ' || transfer.reference END
FROM award
LEFT JOIN transfer ON transfer.workspace_id = award.workspace_id AND transfer.id = award.transfer_id
LEFT JOIN account AS debit ON debit.workspace_id = transfer.workspace_id AND debit.id = transfer.debit_id
LEFT JOIN account AS credit ON credit.workspace_id = transfer.workspace_id AND credit.id = transfer.credit_id
LEFT JOIN member AS holder ON holder.workspace_id = award.workspace_id AND holder.id = award.member_id
LEFT JOIN member AS paid ON paid.workspace_id = award.workspace_id AND paid.id = credit.member_id
WHERE (award.points = 0) <> (award.transfer_id IS NULL)
   OR (award.transfer_id IS NOT NULL AND (
       transfer.id IS NULL OR transfer.amount <> award.points OR transfer.reason <> 'badge_earned'
       OR transfer.reference <> 'award:' || award.id OR debit.kind <> 'issuer' OR credit.kind <> 'earned'
       OR coalesce(holder.merged_into, holder.id) IS DISTINCT FROM coalesce(paid.merged_into, paid.id)))
"""

_TRANSFER_WITHOUT_AWARD = """
SELECT transfer.workspace_id, 'transfer ' || transfer.id, '1 award', count(award.id)
FROM transfer LEFT JOIN award ON award.workspace_id = transfer.workspace_id AND award.transfer_id = transfer.id
WHERE transfer.reason = 'badge_earned' AND transfer.reverses IS NULL
GROUP BY transfer.workspace_id, transfer.id HAVING count(award.id) <> 1
"""

_REVOKED = """
SELECT award.workspace_id, 'award ' || award.id, CASE WHEN award.revoked_at IS NULL THEN 'not reversed' ELSE 'reversed' END,
       coalesce('reversed by transfer ' || reversal.id, 'not reversed')
FROM award LEFT JOIN transfer AS reversal ON reversal.workspace_id = award.workspace_id AND reversal.reverses = award.transfer_id
WHERE award.transfer_id IS NOT NULL AND (award.revoked_at IS NULL) <> (reversal.id IS NULL)
"""

_REVOKED_WITHOUT_REASON = """
SELECT workspace_id, 'award ' || id, 'a reason if it was revoked, and only then', coalesce(revoke_reason, 'no reason')
FROM award WHERE (revoked_at IS NULL) <> (revoke_reason IS NULL)
"""

_GUARD_DRIFT = """
WITH standing AS (
    SELECT workspace_id, badge_id, member_id, max(awarded_at) AS last_at FROM award WHERE revoked_at IS NULL
    GROUP BY workspace_id, badge_id, member_id
)
SELECT workspace_id, 'badge ' || badge_id || ', member ' || member_id, coalesce(standing.last_at::text, 'no guard'),
       coalesce(award_guard.last_at::text, 'no guard')
FROM standing FULL JOIN award_guard USING (workspace_id, badge_id, member_id)
WHERE standing.last_at IS DISTINCT FROM award_guard.last_at
"""

# What one part of a merged member gave the other was taken back and has no giver any more.
_ACT = """
SELECT workspace_id, 'awards ' || string_agg(id::text, ', ' ORDER BY id), 'one badge and giver in act ' || act_id,
       count(DISTINCT badge_id) || ' badges, ' || count(DISTINCT coalesce(giver_id, 0)) || ' givers'
FROM award WHERE giver_id IS NOT NULL OR revoked_at IS NULL GROUP BY workspace_id, act_id
HAVING count(DISTINCT badge_id) > 1 OR count(DISTINCT coalesce(giver_id, 0)) > 1
"""

_COLUMNS = """
SELECT badge.workspace_id, 'badge ' || badge.id, badge.definition ->> 'reward' || ', ' || (badge.definition ->> 'points') || ' points',
       badge.name || ', ' || badge.points || ' points'
FROM badge
LEFT JOIN badge_term AS type ON type.workspace_id = badge.workspace_id AND type.id = badge.type_id
LEFT JOIN badge_term AS category ON category.workspace_id = badge.workspace_id AND category.id = badge.category_id
LEFT JOIN badge_term AS sorted ON sorted.workspace_id = badge.workspace_id AND sorted.id = badge.group_id
WHERE badge.definition ->> 'reward' IS DISTINCT FROM badge.name
   OR (badge.definition ->> 'reward_id')::bigint IS DISTINCT FROM badge.reward_id
   OR (badge.definition ->> 'points')::bigint IS DISTINCT FROM badge.points
   OR badge.definition ->> 'kind' IS DISTINCT FROM badge.kind
   OR badge.definition ->> 'rarity' IS DISTINCT FROM badge.rarity
   OR (badge.definition ->> 'is_secret')::boolean IS DISTINCT FROM badge.is_secret
   OR (badge.definition ->> 'is_enabled')::boolean IS DISTINCT FROM badge.is_enabled
   OR badge.definition ->> 'reward_type' IS DISTINCT FROM type.name OR type.kind <> 'type'
   OR badge.definition ->> 'reward_category' IS DISTINCT FROM category.name OR category.kind <> 'category'
   OR badge.definition ->> 'reward_group' IS DISTINCT FROM sorted.name OR sorted.kind <> 'group'
"""

_RESPONSE_ELSEWHERE = """
SELECT said.workspace_id, said.what || ' of award ' || said.award_id, 'the first award of its act', 'award ' || said.award_id
FROM (SELECT workspace_id, award_id, 'like' AS what FROM award_like UNION ALL SELECT workspace_id, award_id, 'comment' FROM award_comment
      UNION ALL SELECT workspace_id, award_id, 'report' FROM award_report) AS said
JOIN award ON award.workspace_id = said.workspace_id AND award.id = said.award_id
WHERE EXISTS (SELECT FROM award AS before WHERE before.workspace_id = award.workspace_id AND before.act_id = award.act_id
              AND before.id < award.id)
"""

_OWN_LIKE = """
SELECT award_like.workspace_id, 'like of award ' || award_like.award_id, 'neither giver nor receiver', 'member ' || award_like.member_id
FROM award_like JOIN award AS first ON first.workspace_id = award_like.workspace_id AND first.id = award_like.award_id
JOIN award ON award.workspace_id = first.workspace_id AND award.act_id = first.act_id
WHERE award_like.member_id IN (award.member_id, award.giver_id)
GROUP BY award_like.workspace_id, award_like.award_id, award_like.member_id
"""

BADGES = (
    Check("award_badge_missing", "an award is of a badge of its workspace", _BADGE_MISSING),
    Check("award_repeated", "a member has a badge once in a period", _REPEATED),
    Check("award_to_oneself", "nobody gives a badge to themselves", _TO_ONESELF),
    Check("award_transfer_mismatch", "an award has one transfer of its points, if it has points", _TRANSFER_MISMATCH),
    Check("transfer_without_award", "a transfer for a badge belongs to one award", _TRANSFER_WITHOUT_AWARD),
    Check("award_revoked", "the points of an award are reversed if it was revoked, and only then", _REVOKED),
    Check("award_revoked_without_reason", "a revoked award says why", _REVOKED_WITHOUT_REASON),
    Check("award_guard_drift", "a guard tells the latest award that stands", _GUARD_DRIFT),
    Check("award_act", "one act gives one badge by one giver", _ACT),
    Check("award_response_elsewhere", "what is said of an act is kept with its first award", _RESPONSE_ELSEWHERE),
    Check("award_liked_by_party", "nobody likes what they gave or received", _OWN_LIKE),
    Check("badge_columns", "a badge's columns and words are those of its definition", _COLUMNS),
)

CHECKS = (*KUDOS_AND_LEDGER, *ACTIVITIES, *BADGES)
"""All that `plaudit verify` asks, in this order."""
