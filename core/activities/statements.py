"""The statements of activities. Each serves one activity and a thousand."""

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

# What `happened` comes to for each member and type, laid onto what was there. A batch of one day that is not before the last
# known one goes on with the run, or begins another; any other leaves a run of 0: the sign that RECOUNT has to count the days.
# Rows are taken in the order of their keys, as everybody does; tallies before months.
_KEPT = """
tallied AS (
    INSERT INTO activity_tally AS kept (workspace_id, type, member_id, times, quantity, highest, days, current, longest, first_on, last_on)
    SELECT :workspace_id, type, member_id, count(*), sum(quantity), max(quantity), 1, (min(day) = max(day))::integer,
           (min(day) = max(day))::integer, min(day), max(day)
    FROM happened GROUP BY type, member_id ORDER BY type, member_id
    ON CONFLICT (workspace_id, type, member_id) DO UPDATE SET
        times = kept.times + excluded.times,
        quantity = kept.quantity + excluded.quantity,
        highest = greatest(kept.highest, excluded.highest),
        first_on = least(kept.first_on, excluded.first_on),
        last_on = greatest(kept.last_on, excluded.last_on),
        days = kept.days + (excluded.current = 1 AND kept.current > 0 AND excluded.last_on > kept.last_on)::integer,
        current = CASE WHEN excluded.current = 0 OR kept.current = 0 OR excluded.last_on < kept.last_on THEN 0
                       WHEN excluded.last_on = kept.last_on THEN kept.current
                       WHEN excluded.last_on = kept.last_on + 1 THEN kept.current + 1
                       ELSE 1 END,
        longest = greatest(kept.longest, CASE WHEN excluded.current = 1 AND kept.current > 0
                                              AND excluded.last_on = kept.last_on + 1 THEN kept.current + 1 ELSE 0 END)
    RETURNING type, member_id, current
),
marked AS (
    INSERT INTO activity_month AS kept (workspace_id, type, month, member_id, days)
    SELECT :workspace_id, type, CAST(date_trunc('month', day) AS date) AS month, member_id,
           bit_or(1 << (CAST(extract(day FROM day) AS integer) - 1))
    FROM happened GROUP BY type, month, member_id ORDER BY type, month, member_id
    ON CONFLICT (workspace_id, type, month, member_id) DO UPDATE SET days = kept.days | excluded.days
    WHERE kept.days | excluded.days <> kept.days
)
"""

# Days are those of the member's own zone, else of the company's. What a merged member did is done by the one who lives on.
# OFFSET 0 keeps the heir a column: behind row-level security no index is asked for the value of a coalesce.
RECORD = text(f"""
WITH given AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:members AS bigint[]), CAST(:types AS text[]), CAST(:quantities AS numeric[]),
        CAST(:moments AS timestamptz[]), CAST(:sources AS text[]), CAST(:references AS text[])) AS given(m, t, q, at, s, r)
),
claimed AS (
    INSERT INTO activity_key (workspace_id, source, reference, occurred_at)
    SELECT :workspace_id, s, r, at FROM given ORDER BY s, r
    ON CONFLICT DO NOTHING RETURNING source, reference
),
person AS MATERIALIZED (
    SELECT asked.m, heir.id, profile.time_zone
    FROM (SELECT DISTINCT m FROM given) AS asked
    CROSS JOIN LATERAL (
        SELECT coalesce(merged_into, id) AS id FROM member
        WHERE member.workspace_id = :workspace_id AND member.id = asked.m OFFSET 0) AS heir
    LEFT JOIN profile ON profile.workspace_id = :workspace_id AND profile.member_id = heir.id
),
zone AS MATERIALIZED (
    SELECT named.time_zone, CASE WHEN is_zone(named.time_zone) THEN named.time_zone ELSE workspace.time_zone END AS known
    FROM (SELECT DISTINCT time_zone FROM person) AS named, workspace WHERE workspace.id = :workspace_id
),
happened AS MATERIALIZED (
    SELECT person.id AS member_id, given.t AS type, given.q AS quantity, given.at, given.s, given.r,
           CAST(given.at AT TIME ZONE zone.known AS date) AS day
    FROM claimed JOIN given ON given.s = claimed.source AND given.r = claimed.reference
    JOIN person USING (m) JOIN zone ON zone.time_zone IS NOT DISTINCT FROM person.time_zone
),
written AS (
    INSERT INTO activity (workspace_id, member_id, type, occurred_at, quantity, source, reference)
    SELECT :workspace_id, member_id, type, at, quantity, s, r FROM happened
),
{_KEPT}
SELECT (SELECT count(*) FROM happened) AS recorded,
       ARRAY(SELECT m FROM given EXCEPT SELECT m FROM person ORDER BY m) AS unknown,
       ARRAY(SELECT DISTINCT member_id FROM happened ORDER BY member_id) AS members,
       ARRAY(SELECT DISTINCT type FROM happened ORDER BY type) AS types,
       coalesce((SELECT bool_or(current = 0) FROM tallied), false) AS is_late
""")  # noqa: S608 - constants of this code

ATTEND = text(f"""
WITH given AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(:rows) AS given(m bigint, day date)
),
person AS MATERIALIZED (
    SELECT asked.m, heir.id FROM (SELECT DISTINCT m FROM given) AS asked
    CROSS JOIN LATERAL (
        SELECT coalesce(merged_into, id) AS id FROM member
        WHERE member.workspace_id = :workspace_id AND member.id = asked.m OFFSET 0) AS heir
),
attended AS (
    INSERT INTO attendance (workspace_id, member_id, day, source)
    SELECT DISTINCT :workspace_id, person.id, given.day, CAST(:source AS text) FROM given JOIN person USING (m)
    ORDER BY 2, 3 ON CONFLICT DO NOTHING RETURNING member_id, day
),
happened AS MATERIALIZED (SELECT member_id, CAST(:type AS text) AS type, CAST(1 AS numeric) AS quantity, day FROM attended),
{_KEPT}
SELECT (SELECT count(*) FROM happened) AS recorded,
       ARRAY(SELECT m FROM given EXCEPT SELECT m FROM person ORDER BY m) AS unknown,
       ARRAY(SELECT DISTINCT member_id FROM happened ORDER BY member_id) AS members,
       ARRAY[CAST(:type AS text)] AS types,
       coalesce((SELECT bool_or(current = 0) FROM tallied), false) AS is_late
""").bindparams(bindparam("rows", type_=JSONB))  # noqa: S608 - constants of this code

# The rows were locked by what left them a run of 0; the months are read after that.
RECOUNT = text("""
WITH late AS MATERIALIZED (
    SELECT type, member_id FROM activity_tally
    WHERE workspace_id = :workspace_id AND member_id = ANY(CAST(:members AS bigint[])) AND current = 0
),
day AS (
    SELECT type, member_id, month + bit AS day FROM late
    JOIN activity_month USING (type, member_id), generate_series(0, 30) AS bit
    WHERE activity_month.workspace_id = :workspace_id AND days & (1 << bit) <> 0
),
run AS (
    SELECT type, member_id, count(*) AS days, min(day) AS first_on, max(day) AS last_on
    FROM (SELECT *, day - CAST(row_number() OVER (PARTITION BY type, member_id ORDER BY day) AS integer) AS island FROM day) AS numbered
    GROUP BY type, member_id, island
),
counted AS (
    SELECT type, member_id, sum(days) AS days, max(days) AS longest, (array_agg(days ORDER BY last_on DESC))[1] AS current,
           min(first_on) AS first_on, max(last_on) AS last_on
    FROM run GROUP BY type, member_id
)
UPDATE activity_tally AS kept SET days = counted.days, longest = counted.longest, current = counted.current,
       first_on = counted.first_on, last_on = counted.last_on
FROM counted WHERE kept.workspace_id = :workspace_id AND kept.type = counted.type AND kept.member_id = counted.member_id
""")

# One statement for what is asked at every contact. The second contact of a day finds the key and writes nothing.
LOG_IN = text(f"""
WITH claimed AS (
    INSERT INTO activity_key (workspace_id, source, reference, occurred_at)
    VALUES (:workspace_id, :source, :reference, CAST(:now AS timestamptz)) ON CONFLICT DO NOTHING RETURNING occurred_at
),
happened AS MATERIALIZED (
    SELECT CAST(:member_id AS bigint) AS member_id, CAST(:type AS text) AS type, CAST(1 AS numeric) AS quantity,
           occurred_at AS at, CAST(:day AS date) AS day FROM claimed
),
written AS (
    INSERT INTO activity (workspace_id, member_id, type, occurred_at, quantity, source, reference)
    SELECT :workspace_id, member_id, type, at, quantity, :source, :reference FROM happened
),
{_KEPT}
SELECT EXISTS (SELECT FROM claimed) AS is_first, coalesce((SELECT bool_or(current = 0) FROM tallied), false) AS is_late
""")  # noqa: S608 - constants of this code

HAS_LOGGED_IN = text(
    "SELECT EXISTS (SELECT FROM activity_key WHERE workspace_id = :workspace_id AND source = :source AND reference = :reference)"
    " AS is_known"
)

MAKE_MONTHS = text("SELECT make_activity_month(day) FROM unnest(CAST(:days AS date[])) AS day")

MEMBERS_BY_ADDRESS = text(
    "SELECT profile.email, coalesce(member.merged_into, member.id) AS member_id FROM profile"
    " JOIN member ON member.workspace_id = profile.workspace_id AND member.id = profile.member_id"
    " WHERE profile.workspace_id = :workspace_id AND profile.email = ANY(CAST(:emails AS text[]))"
)
MEMBERS_BY_ID = text(
    "SELECT id, coalesce(merged_into, id) AS member_id FROM member"
    " WHERE workspace_id = :workspace_id AND id = ANY(CAST(:ids AS bigint[]))"
)
