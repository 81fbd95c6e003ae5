"""The statements of leaderboards.

A ranking is read around a point, (score, member): rows above it, or rows from it on, in the order of scores and, where they
are equal, of members. A point names no row: whoever comes and goes, it stays where it is.
"""

from collections.abc import Mapping

from sqlalchemy import BigInteger, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

_LISTED = (
    "kept.workspace_id = :workspace_id AND kept.measure = :measure AND kept.period = :period AND kept.is_ranked"
    " AND kept.score > 0"
)

ROWS_MAX = 11
"""A page and one row more: as many as are ever read on one side of a point."""

# Two ranges of the index, each read from one end. A total knows who is ranked, but may learn it a moment late: that a member
# neither hides nor left is asked again of the few rows that are shown, and of no others. The number of rows is written into the
# statement: the planner knows nothing of a parameter, and would plan anew each time, which costs three times the reading.
_PAGE = """
SELECT near.score, near.member_id FROM (
    SELECT score, member_id FROM (
        (SELECT kept.score, kept.member_id FROM leaderboard_total AS kept
         WHERE {listed} AND kept.score = :score AND kept.member_id {tied} :member ORDER BY {order} LIMIT {rows})
        UNION ALL
        (SELECT kept.score, kept.member_id FROM leaderboard_total AS kept
         WHERE {listed} AND kept.score {beyond} :score ORDER BY {order} LIMIT {rows})
    ) AS kept ORDER BY {order} LIMIT {rows}
) AS near
JOIN member ON member.workspace_id = :workspace_id AND member.id = near.member_id
WHERE member.status <> 'left' AND NOT member.hides_rank ORDER BY near.score DESC, near.member_id
"""
BELOW = text(
    _PAGE.format(listed=_LISTED, tied=">=", beyond="<", order="kept.score DESC, kept.member_id", rows=ROWS_MAX)
)
ABOVE = text(_PAGE.format(listed=_LISTED, tied="<", beyond=">", order="kept.score, kept.member_id DESC", rows=ROWS_MAX))

# The rank of a score is one more than the members above it: those of the next step up, where the ranking is big enough to have
# steps, and those between. Below the score 0 there would be everybody.
RANKS = text(f"""
WITH asked AS MATERIALIZED (
    SELECT given.score, coalesce(step.score, 9223372036854775807) AS ceiling, coalesce(step.members, 0) AS members
    FROM unnest(:scores) AS given(score) LEFT JOIN LATERAL (
        SELECT score, members FROM leaderboard_step AS kept WHERE kept.workspace_id = :workspace_id
        AND kept.measure = :measure AND kept.period = :period AND kept.score > given.score ORDER BY kept.score LIMIT 1
    ) AS step ON true
)
SELECT score, 1 + members + (
    SELECT count(*) FROM leaderboard_total AS kept WHERE {_LISTED} AND kept.score > asked.score AND kept.score < asked.ceiling
) AS rank FROM asked
""").bindparams(bindparam("scores", type_=ARRAY(BigInteger)))  # noqa: S608 - constants of this code

_CREWS: Mapping[str, str] = {
    "department": "SELECT member_id FROM profile WHERE workspace_id = :workspace_id AND department = :crew",
    "location": "SELECT member_id FROM profile WHERE workspace_id = :workspace_id AND location = :crew",
    "job": "SELECT member_id FROM profile WHERE workspace_id = :workspace_id AND job_code = :crew",
    "team": "SELECT member_id FROM profile WHERE workspace_id = :workspace_id AND groups @> ARRAY[CAST(:crew AS text)]",
    "program": "SELECT member_id FROM profile WHERE workspace_id = :workspace_id AND programs @> ARRAY[CAST(:crew AS text)]",
    "channel": """
        SELECT giver_id AS member_id FROM kudos WHERE workspace_id = :workspace_id
        AND conversation_id = CAST(CAST(:crew AS text) AS bigint) AND NOT is_private AND undone_at IS NULL
        UNION
        SELECT receiver.member_id FROM kudos JOIN kudos_receiver AS receiver ON receiver.workspace_id = kudos.workspace_id
        AND receiver.kudos_id = kudos.id WHERE kudos.workspace_id = :workspace_id
        AND kudos.conversation_id = CAST(CAST(:crew AS text) AS bigint) AND NOT kudos.is_private AND kudos.undone_at IS NULL""",
}

# A group is read as a whole: that costs by its own size, whatever the company's.
_OF_CREW = """
WITH ranked AS MATERIALIZED (
    SELECT kept.score, kept.member_id, rank() OVER (ORDER BY kept.score DESC) AS rank,
           row_number() OVER (ORDER BY kept.score DESC, kept.member_id) AS position, count(*) OVER () AS participants
    FROM ({crew}) AS crew
    JOIN leaderboard_total AS kept ON kept.workspace_id = :workspace_id AND kept.member_id = crew.member_id
         AND kept.measure = :measure AND kept.period = :period AND kept.is_ranked AND kept.score > 0
    JOIN member ON member.workspace_id = kept.workspace_id AND member.id = kept.member_id
         AND member.status <> 'left' AND NOT member.hides_rank
),
point AS (SELECT count(*) AS position FROM ranked WHERE score > :score OR (score = :score AND member_id < :member))
SELECT score, member_id, rank, participants FROM ranked, point
WHERE ranked.position > point.position - :above AND ranked.position <= point.position + :below ORDER BY ranked.position
"""

OF_CREW: Mapping[str, TextClause] = {kind: text(_OF_CREW.format(crew=crew)) for kind, crew in _CREWS.items()}

OWN = text(
    "SELECT member.hides_rank, coalesce(kept.score, 0) AS score FROM member LEFT JOIN leaderboard_total AS kept"
    " ON kept.workspace_id = member.workspace_id AND kept.member_id = member.id AND kept.measure = :measure"
    " AND kept.period = :period WHERE member.workspace_id = :workspace_id AND member.id = :member"
    " AND member.status <> 'left'"
)
