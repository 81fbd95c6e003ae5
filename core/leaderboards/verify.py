"""Proves that the totals of leaderboards are what the history says, by SQL of its own; see core.points.verify."""

from core.points.verify import Check

# Local days, told in the zone that was the workspace's at the time, and the periods they are in. Who was merged counts for the
# one who lives on.
_TOTALS = """
WITH zone AS (
    SELECT workspace_id, zone, since, lead(since, 1, 'infinity') OVER (PARTITION BY workspace_id ORDER BY since) AS until
    FROM workspace_zone
),
happened AS ({{happened}}),
by_day AS (
    SELECT happened.workspace_id, coalesce(member.merged_into, member.id) AS member_id,
           CAST(happened.at AT TIME ZONE zone.zone AS date) AS day, sum(happened.change) AS change
    FROM happened JOIN zone ON zone.workspace_id = happened.workspace_id AND happened.at >= zone.since AND happened.at < zone.until
    JOIN member ON member.workspace_id = happened.workspace_id AND member.id = happened.member_id
    GROUP BY 1, 2, 3
),
counted AS (
    SELECT workspace_id, member_id, period, sum(change) AS score FROM by_day CROSS JOIN LATERAL (VALUES
        (to_char(CAST(day AS timestamp), 'YYYY-MM-DD')), (to_char(CAST(day AS timestamp), 'IYYY-"W"IW')),
        (to_char(CAST(day AS timestamp), 'YYYY-MM')), (to_char(CAST(day AS timestamp), 'YYYY-"Q"Q')),
        (to_char(CAST(day AS timestamp), 'YYYY')), ('all')) AS told(period)
    GROUP BY 1, 2, 3
),
kept AS (SELECT workspace_id, member_id, period, score FROM leaderboard_total WHERE measure = '{measure}' AND score <> 0)
SELECT workspace_id, '{measure} of member ' || member_id || ' in ' || period, coalesce(counted.score, 0), coalesce(kept.score, 0)
FROM counted FULL JOIN kept USING (workspace_id, member_id, period) WHERE counted.score IS DISTINCT FROM kept.score
"""

_POINTS = """
SELECT account.workspace_id, account.member_id, transfer.at, transfer.amount AS change
FROM transfer JOIN account ON account.workspace_id = transfer.workspace_id AND account.id = transfer.credit_id
LEFT JOIN transfer AS reversal ON reversal.workspace_id = transfer.workspace_id AND reversal.reverses = transfer.id
WHERE account.kind = 'earned' AND transfer.reverses IS NULL AND reversal.id IS NULL
  AND transfer.reason IN ('kudos', 'badge_earned', 'achievement_earned', 'manual_adjustment', 'draw_won')
"""
_KUDOS = """
SELECT kudos.workspace_id, receiver.member_id, kudos.given_at AS at, 1 AS change
FROM kudos JOIN kudos_receiver AS receiver ON receiver.workspace_id = kudos.workspace_id AND receiver.kudos_id = kudos.id
WHERE kudos.undone_at IS NULL
"""
_GIVEN = "SELECT workspace_id, giver_id AS member_id, given_at AS at, 1 AS change FROM kudos WHERE undone_at IS NULL"
_BADGES = "SELECT workspace_id, member_id, awarded_at AS at, 1 AS change FROM award WHERE revoked_at IS NULL"


def _totals(measure: str, happened: str) -> str:
    return _TOTALS.format(measure=measure).format(happened=happened)


# What began while somebody was about to hide is put right by the ticker within a minute.
_HIDDEN = """
SELECT kept.workspace_id, 'totals of member ' || kept.member_id,
       CASE WHEN member.status = 'left' OR member.hides_rank THEN 'not ranked' ELSE 'ranked' END, count(*) || ' not so'
FROM leaderboard_total AS kept
JOIN member ON member.workspace_id = kept.workspace_id AND member.id = kept.member_id
WHERE kept.is_ranked <> (member.status <> 'left' AND NOT member.hides_rank)
GROUP BY kept.workspace_id, kept.member_id, member.status, member.hides_rank
"""

_ZONE = """
SELECT workspace.id, 'workspace ' || workspace.id, workspace.time_zone, coalesce(latest.zone, 'no zone')
FROM workspace LEFT JOIN (
    SELECT DISTINCT ON (workspace_id) workspace_id, zone FROM workspace_zone ORDER BY workspace_id, since DESC
) AS latest ON latest.workspace_id = workspace.id
WHERE latest.zone IS DISTINCT FROM workspace.time_zone
"""

LEADERBOARDS = (
    Check("leaderboard_points", "totals of points are what was earned and stands", _totals("points", _POINTS)),
    Check("leaderboard_kudos", "totals of kudos are the kudos received that stand", _totals("kudos", _KUDOS)),
    Check("leaderboard_given", "totals of kudos given are the kudos that stand", _totals("given", _GIVEN)),
    Check("leaderboard_badges", "totals of badges are the awards that stand", _totals("badges", _BADGES)),
    Check("leaderboard_ranked", "who left or hides is ranked nowhere, everybody else is", _HIDDEN),
    Check("workspace_zone", "the zone that days are told in is the workspace's", _ZONE),
)
