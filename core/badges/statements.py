"""The statements of awards. Each serves one receiver and a million."""

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from core import outbox
from core.people import modes

_RECEIVERS = bindparam("receivers", type_=ARRAY(BigInteger))

# When the limits that roll let a member have the badge again: days and longer on the local clock, hours in real time.
_FREE_AT = """\
greatest((award_guard.last_at AT TIME ZONE :zone + CAST(CAST(:calendar AS text) AS interval)) AT TIME ZONE :zone,
         award_guard.last_at + CAST(CAST(:absolute AS text) AS interval))"""

# The guard is locked first, in the order of members: who comes second finds out here, and then at the award's unique key.
# `receiver` leaves out who has the badge already, so that a guard moves only for an award, except when two come at once.
AWARD = text(f"""
WITH open_badge AS (
    SELECT id FROM badge WHERE workspace_id = :workspace_id AND id = :badge_id AND is_enabled
),
receiver AS (
    SELECT member_id FROM unnest(:receivers) AS given(member_id), open_badge
    WHERE NOT EXISTS (
        SELECT FROM award WHERE award.workspace_id = :workspace_id AND award.badge_id = :badge_id
        AND award.member_id = given.member_id AND award.revoked_at IS NULL
        AND (CAST(:is_once AS boolean) OR award.period = :period))
),
guarded AS (
    INSERT INTO award_guard (workspace_id, badge_id, member_id, last_at)
    SELECT :workspace_id, :badge_id, member_id, :now FROM receiver ORDER BY member_id
    ON CONFLICT (workspace_id, badge_id, member_id) DO UPDATE SET last_at = greatest(award_guard.last_at, excluded.last_at)
    WHERE CAST(:is_unlimited AS boolean) OR {_FREE_AT} <= CAST(:now AS timestamptz)
    RETURNING member_id, last_at
),
awarded AS (
    INSERT INTO award (workspace_id, act_id, badge_id, member_id, giver_id, period, message, points, why, awarded_at)
    SELECT :workspace_id, :act_id, :badge_id, member_id, :giver, :period, :message, :points, :why, last_at
    FROM guarded ORDER BY member_id
    ON CONFLICT (workspace_id, badge_id, member_id, period) WHERE revoked_at IS NULL DO NOTHING
    RETURNING id, member_id
)
SELECT (SELECT array_agg(id ORDER BY member_id) FROM awarded) AS awards,
       (SELECT array_agg(member_id ORDER BY member_id) FROM awarded) AS members,
       (SELECT array_agg(guarded.member_id ORDER BY guarded.member_id) FROM guarded LEFT JOIN awarded USING (member_id)
        WHERE awarded.id IS NULL) AS undone
""").bindparams(_RECEIVERS, bindparam("why", type_=JSONB))  # noqa: S608 - constants of this code

# What stood in the way of members who got nothing.
IN_THE_WAY = text(f"""
SELECT given.member_id, profile.display_name,
       (SELECT max(awarded_at) FROM award WHERE award.workspace_id = :workspace_id AND award.badge_id = :badge_id
        AND award.member_id = given.member_id AND award.revoked_at IS NULL
        AND (CAST(:is_once AS boolean) OR award.period = :period)) AS held_since,
       {_FREE_AT} AS free_at,
       (SELECT is_enabled FROM badge WHERE workspace_id = :workspace_id AND id = :badge_id) AS is_enabled
FROM unnest(:receivers) AS given(member_id)
LEFT JOIN profile ON profile.workspace_id = :workspace_id AND profile.member_id = given.member_id
LEFT JOIN award_guard ON award_guard.workspace_id = :workspace_id AND award_guard.badge_id = :badge_id
      AND award_guard.member_id = given.member_id
ORDER BY given.member_id LIMIT 1
""").bindparams(_RECEIVERS)  # noqa: S608 - constants of this code

# A guard tells the latest award that stands; where none does there is no guard. Locked before it is counted again.
LOCK_GUARDS = text(
    "SELECT member_id FROM award_guard WHERE workspace_id = :workspace_id AND badge_id = :badge_id"
    " AND member_id = ANY(:receivers) ORDER BY member_id FOR UPDATE"
).bindparams(_RECEIVERS)
RECOUNT_GUARDS = (
    text(
        "UPDATE award_guard SET last_at = standing.last_at FROM (SELECT member_id, max(awarded_at) AS last_at FROM award"
        " WHERE workspace_id = :workspace_id AND badge_id = :badge_id AND member_id = ANY(:receivers) AND revoked_at IS NULL"
        " GROUP BY member_id) AS standing WHERE award_guard.workspace_id = :workspace_id AND award_guard.badge_id = :badge_id"
        " AND award_guard.member_id = standing.member_id"
    ).bindparams(_RECEIVERS),
    text(
        "DELETE FROM award_guard WHERE workspace_id = :workspace_id AND badge_id = :badge_id AND member_id = ANY(:receivers)"
        " AND NOT EXISTS (SELECT FROM award WHERE award.workspace_id = :workspace_id AND award.badge_id = :badge_id"
        " AND award.member_id = award_guard.member_id AND award.revoked_at IS NULL)"
    ).bindparams(_RECEIVERS),
)

# `window`, if there is one, is compared with the database's clock at the very moment.
REVOKE = text("""
WITH locked AS (
    SELECT id FROM award WHERE workspace_id = :workspace_id AND id = ANY(:awards) AND revoked_at IS NULL
    AND (CAST(:window AS interval) IS NULL OR awarded_at > clock_timestamp() - CAST(:window AS interval))
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE award SET revoked_at = clock_timestamp(), revoked_by = :actor, revoke_reason = :reason FROM locked
WHERE award.workspace_id = :workspace_id AND award.id = locked.id AND award.revoked_at IS NULL
RETURNING award.act_id, award.badge_id, award.member_id, award.transfer_id
""").bindparams(bindparam("awards", type_=ARRAY(BigInteger)))

CARDS = text(f"""
WITH place AS (
    SELECT platform, tenant, concat_ws(':', platform, tenant, remote_id) AS scope,
           {modes.DAILY_ADDRESS} AS address
    FROM conversation WHERE workspace_id = :workspace_id AND NOT is_gone
      AND (({modes.AT_ONCE}) OR (id = CAST(:conversation_id AS bigint) AND kind <> 'personal'))
),
paced AS (INSERT INTO outbox_scope (scope) SELECT scope FROM place ORDER BY scope ON CONFLICT DO NOTHING),
card AS (
    INSERT INTO outbox (workspace_id, dedup_key, scope, kind, address, reference, priority)
    SELECT :workspace_id, concat('award:', CAST(:act_id AS bigint), ':in:', scope), scope, 'badge_card', address,
           jsonb_build_object('act', CAST(:act_id AS bigint)), {outbox.BROADCAST}
    FROM place ORDER BY scope ON CONFLICT (workspace_id, dedup_key) DO NOTHING
)
SELECT ARRAY(SELECT member_id FROM unnest(:receivers) AS given(member_id) WHERE NOT EXISTS (
    SELECT FROM identity JOIN place USING (platform, tenant)
    WHERE identity.workspace_id = :workspace_id AND identity.member_id = given.member_id)) AS untold
""").bindparams(_RECEIVERS)  # noqa: S608 - constants of this code
