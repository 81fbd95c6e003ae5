"""What becomes of a member's journeys when the member is merged into another: on one way to a badge both have come as far as
either did."""

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

# A journey is locked before anything else of a member: so is it by a merge.
_HOLD = text(
    "SELECT id FROM journey WHERE workspace_id = :workspace_id AND member_id = ANY(:members) AND completed_at IS NULL"
    " ORDER BY id FOR UPDATE"
).bindparams(bindparam("members", type_=ARRAY(BigInteger)))

# Rounds of the younger follow those of the older; an award whose key is its round has another one from now on.
_NUMBER = text("""
WITH moved AS (
    SELECT journey.id, journey.award_id, (SELECT max(round) FROM journey AS theirs WHERE theirs.workspace_id = :workspace_id
        AND theirs.badge_id = journey.badge_id AND theirs.member_id = :older) + journey.round AS round
    FROM journey WHERE journey.workspace_id = :workspace_id AND journey.member_id = :younger AND journey.completed_at IS NOT NULL
),
keyed AS (
    UPDATE award SET period = 'journey:' || moved.id FROM moved
    WHERE award.workspace_id = :workspace_id AND award.id = moved.award_id AND award.period LIKE 'round:%' AND moved.round IS NOT NULL
)
UPDATE journey SET member_id = :older, round = coalesce(moved.round, journey.round) FROM moved
WHERE journey.workspace_id = :workspace_id AND journey.id = moved.id
""")

# Both are on the way: what the younger did is done on the older's, and the younger's way ends here.
_STEPS = text("""
INSERT INTO journey_step (workspace_id, journey_id, step, done_at, how, event, actor_id)
SELECT step.workspace_id, kept.id, step.step, step.done_at, step.how, step.event, step.actor_id
FROM journey AS gone
JOIN journey AS kept ON kept.workspace_id = :workspace_id AND kept.badge_id = gone.badge_id AND kept.member_id = :older
     AND kept.completed_at IS NULL
JOIN journey_step AS step ON step.workspace_id = :workspace_id AND step.journey_id = gone.id
WHERE gone.workspace_id = :workspace_id AND gone.member_id = :younger AND gone.completed_at IS NULL
ORDER BY kept.id, step.step ON CONFLICT (workspace_id, journey_id, step) DO NOTHING
""")
_TWINS = (
    "SELECT gone.id FROM journey AS gone JOIN journey AS kept ON kept.workspace_id = :workspace_id AND kept.badge_id = gone.badge_id"
    " AND kept.member_id = :older AND kept.completed_at IS NULL"
    " WHERE gone.workspace_id = :workspace_id AND gone.member_id = :younger AND gone.completed_at IS NULL"
)
_ACTORS = (
    text("UPDATE journey_step SET actor_id = :older WHERE workspace_id = :workspace_id AND actor_id = :younger"),
    text("UPDATE journey SET enrolled_by = :older WHERE workspace_id = :workspace_id AND enrolled_by = :younger"),
)
_DROP = (
    text(
        "UPDATE journey AS kept SET started_at = least(kept.started_at, gone.started_at), looked_at = '-infinity' FROM journey AS gone"
        " WHERE kept.workspace_id = :workspace_id AND kept.member_id = :older AND kept.completed_at IS NULL"
        " AND gone.workspace_id = :workspace_id AND gone.member_id = :younger AND gone.completed_at IS NULL"
        " AND gone.badge_id = kept.badge_id"
    ),
    text(f"DELETE FROM journey_step WHERE workspace_id = :workspace_id AND journey_id IN ({_TWINS})"),  # noqa: S608
    text(f"DELETE FROM journey WHERE workspace_id = :workspace_id AND id IN ({_TWINS})"),  # noqa: S608 - constants of this code
)
_REST = text("""
UPDATE journey SET member_id = :older, looked_at = '-infinity', round = journey.round + coalesce((
    SELECT max(theirs.round) FROM journey AS theirs WHERE theirs.workspace_id = :workspace_id AND theirs.badge_id = journey.badge_id
    AND theirs.member_id = :older), 0)
WHERE journey.workspace_id = :workspace_id AND journey.member_id = :younger AND journey.completed_at IS NULL
""")

# Who has a badge once for all, by either of the two, is no more on the way to it.
_NEEDLESS = (
    "SELECT journey.id FROM journey JOIN badge ON badge.workspace_id = :workspace_id AND badge.id = journey.badge_id"
    " WHERE journey.workspace_id = :workspace_id AND journey.member_id = :older AND journey.completed_at IS NULL"
    " AND NOT coalesce(CAST(badge.definition ->> 'multiple' AS boolean), false)"
    " AND EXISTS (SELECT FROM award WHERE award.workspace_id = :workspace_id AND award.badge_id = badge.id"
    " AND award.member_id = :older AND award.revoked_at IS NULL)"
)
_DROP_NEEDLESS = (
    text(f"DELETE FROM journey_step WHERE workspace_id = :workspace_id AND journey_id IN ({_NEEDLESS})"),  # noqa: S608
    text(f"DELETE FROM journey WHERE workspace_id = :workspace_id AND id IN ({_NEEDLESS})"),  # noqa: S608 - constants of this code
)


async def hold(session: AsyncSession, member_ids: list[int], *, workspace_id: int) -> None:
    """Wait for whoever moves these members' journeys, before anything else of theirs is held."""
    await session.execute(_HOLD, {"workspace_id": workspace_id, "members": member_ids})


async def number(session: AsyncSession, *, workspace_id: int, younger: int, older: int) -> None:
    """Journeys that ended are the older's, behind the older's own; to be called before the awards are merged."""
    await session.execute(_NUMBER, {"workspace_id": workspace_id, "younger": younger, "older": older})


async def merge(session: AsyncSession, *, workspace_id: int, younger: int, older: int) -> None:
    """Journeys under way are one; the clock ends those that are through by what both did. Called after the awards were merged."""
    values = {"workspace_id": workspace_id, "younger": younger, "older": older}
    for statement in (_STEPS, *_DROP, _REST, *_ACTORS):
        await session.execute(statement, values)
    for statement in _DROP_NEEDLESS:
        await session.execute(statement, {"workspace_id": workspace_id, "older": older})
