"""Proves that tallies and months tell what was recorded, by SQL of its own; see core.points.verify."""

from core.activities.models import ATTENDANCE
from core.points.verify import Check

# Days are not asked for here: which day it was depended on where the member was then.
_TALLY_DRIFT = f"""
WITH recorded AS (
    SELECT workspace_id, member_id, type, count(*) AS times, sum(quantity) AS quantity, max(quantity) AS highest
    FROM activity GROUP BY workspace_id, member_id, type
    UNION ALL
    SELECT workspace_id, member_id, '{ATTENDANCE}', count(*), count(*), 1 FROM attendance GROUP BY workspace_id, member_id
)
SELECT workspace_id, 'member ' || member_id || ', ' || type,
       coalesce(sum(recorded.times), 0) || ' times, ' || coalesce(sum(recorded.quantity), 0) || ' in all',
       coalesce(max(activity_tally.times), 0) || ' times, ' || coalesce(max(activity_tally.quantity), 0) || ' in all'
FROM recorded FULL JOIN activity_tally USING (workspace_id, member_id, type)
GROUP BY workspace_id, member_id, type
HAVING coalesce(sum(recorded.times), 0) <> coalesce(max(activity_tally.times), 0)
    OR coalesce(sum(recorded.quantity), 0) <> coalesce(max(activity_tally.quantity), 0)
    OR coalesce(max(recorded.highest), 0) <> coalesce(max(activity_tally.highest), 0)
"""  # noqa: S608 - constants of this code

# A run begins on a day whose day before is missing.
_RUN_DRIFT = """
WITH day AS (
    SELECT workspace_id, member_id, type, month + bit AS day FROM activity_month, generate_series(0, 30) AS bit
    WHERE get_bit(days::bit(32), 31 - bit) = 1
),
marked AS (
    SELECT *, (day - lag(day) OVER (PARTITION BY workspace_id, member_id, type ORDER BY day) IS DISTINCT FROM 1)::integer AS begins
    FROM day
),
numbered AS (SELECT *, sum(begins) OVER (PARTITION BY workspace_id, member_id, type ORDER BY day) AS number FROM marked),
run AS (
    SELECT workspace_id, member_id, type, min(day) AS first_on, max(day) AS last_on FROM numbered
    GROUP BY workspace_id, member_id, type, number
),
counted AS (
    SELECT workspace_id, member_id, type, sum(last_on - first_on + 1) AS days, max(last_on - first_on + 1) AS longest,
           (array_agg(last_on - first_on + 1 ORDER BY last_on DESC))[1] AS current, min(first_on) AS first_on, max(last_on) AS last_on
    FROM run GROUP BY workspace_id, member_id, type
)
SELECT workspace_id, 'member ' || member_id || ', ' || type,
       concat_ws(', ', counted.days, counted.current, counted.longest, counted.first_on, counted.last_on),
       concat_ws(', ', kept.days, kept.current, kept.longest, kept.first_on, kept.last_on)
FROM counted FULL JOIN activity_tally AS kept USING (workspace_id, member_id, type)
WHERE (counted.days, counted.current, counted.longest, counted.first_on, counted.last_on)
      IS DISTINCT FROM (kept.days, kept.current, kept.longest, kept.first_on, kept.last_on)
"""

ACTIVITIES = (
    Check("activity_tally_drift", "a tally is the sum of what was recorded", _TALLY_DRIFT),
    Check("activity_run_drift", "days in a row are those of the months", _RUN_DRIFT),
)
