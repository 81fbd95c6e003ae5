"""What a period came to: each a bounded list in one statement. Private kudos and secret badges are not told of."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.digests.models import Digest

PODIUM = 3
NAMES_MAX = 5
BADGES_MAX = 5
BIRTHDAYS_MAX = 15
STREAKS_MAX = 10
STREAKS = (7, 14, 30, 60, 100, 180, 365)
"""Days in a row that are told of on the day they are reached."""


class Figures(NamedTuple):
    """Of public kudos and of awards that still stand."""

    kudos: int
    givers: int
    receivers: int
    awards: int


class Placed(NamedTuple):
    """How many kudos a member received; ties share a rank."""

    rank: int
    member_id: int
    kudos: int


class Won(NamedTuple):
    """A badge, how many got it, and the first few of them."""

    name: str
    emoji: str
    awards: int
    member_ids: tuple[int, ...]


class Birthday(NamedTuple):
    member_id: int
    on: date


class Streak(NamedTuple):
    member_id: int
    days: int


class Spell(NamedTuple):
    """A half-open period of a workspace."""

    workspace_id: int
    since: datetime
    until: datetime


_FIGURES = text("""
SELECT (SELECT count(*) FROM kudos WHERE workspace_id = :workspace_id AND given_at >= :since AND given_at < :until
        AND undone_at IS NULL AND NOT is_private) AS kudos,
       (SELECT count(DISTINCT giver_id) FROM kudos WHERE workspace_id = :workspace_id AND given_at >= :since
        AND given_at < :until AND undone_at IS NULL AND NOT is_private) AS givers,
       (SELECT count(DISTINCT kudos_receiver.member_id) FROM kudos JOIN kudos_receiver USING (workspace_id)
        WHERE kudos_receiver.kudos_id = kudos.id AND kudos.workspace_id = :workspace_id AND given_at >= :since
        AND given_at < :until AND undone_at IS NULL AND NOT is_private) AS receivers,
       (SELECT count(*) FROM award JOIN badge ON badge.workspace_id = award.workspace_id AND badge.id = award.badge_id
        WHERE award.workspace_id = :workspace_id AND awarded_at >= :since AND awarded_at < :until AND revoked_at IS NULL
        AND NOT badge.is_secret) AS awards
""")

_PODIUM = text("""
SELECT rank, member_id, kudos FROM (
    SELECT rank() OVER (ORDER BY count(*) DESC) AS rank, kudos_receiver.member_id, count(*) AS kudos
    FROM kudos JOIN kudos_receiver ON kudos_receiver.workspace_id = kudos.workspace_id AND kudos_receiver.kudos_id = kudos.id
    JOIN member ON member.workspace_id = kudos_receiver.workspace_id AND member.id = kudos_receiver.member_id
    WHERE kudos.workspace_id = :workspace_id AND given_at >= :since AND given_at < :until AND undone_at IS NULL
      AND NOT is_private AND member.status <> 'left' AND NOT member.hides_rank
    GROUP BY kudos_receiver.member_id
) AS ranked ORDER BY rank, member_id LIMIT :limit
""")

_WON = text("""
SELECT badge.name, coalesce(badge.definition ->> 'emoji', '') AS emoji, count(*) AS awards, (array_agg(award.member_id ORDER BY award.id))[1 : :names] AS member_ids
FROM award JOIN badge ON badge.workspace_id = award.workspace_id AND badge.id = award.badge_id
WHERE award.workspace_id = :workspace_id AND awarded_at >= :since AND awarded_at < :until AND revoked_at IS NULL
  AND NOT badge.is_secret
GROUP BY badge.id, badge.name, badge.definition ORDER BY awards DESC, badge.id LIMIT :limit
""")

# Whoever was born on 29 February has it on the 28th where there is no 29th.
_BIRTHDAYS = text("""
SELECT profile.member_id, day
FROM (SELECT CAST(generate_series(CAST(:first AS date), CAST(:last AS date), interval '1 day') AS date) AS day) AS days
JOIN profile ON profile.workspace_id = :workspace_id AND profile.birth_month = extract(month FROM day)
  AND (profile.birth_day = extract(day FROM day) OR (profile.birth_month = 2 AND profile.birth_day = 29
       AND extract(day FROM day) = 28 AND extract(day FROM day + 1) = 1))
JOIN member ON member.workspace_id = profile.workspace_id AND member.id = profile.member_id AND member.status = 'active'
ORDER BY day, profile.member_id LIMIT :limit
""")

_STREAKS = text("""
SELECT member_id, current FROM activity_tally JOIN member ON member.workspace_id = activity_tally.workspace_id
  AND member.id = activity_tally.member_id AND member.status = 'active' AND NOT member.hides_rank
WHERE activity_tally.workspace_id = :workspace_id AND type = 'login' AND current = ANY(:streaks)
  AND last_on >= :first AND last_on <= :last
ORDER BY current DESC, member_id LIMIT :limit
""")


async def get(session: AsyncSession, digest_id: int, *, workspace_id: int) -> Digest | None:
    found: Digest | None = await session.scalar(
        select(Digest).where(Digest.workspace_id == workspace_id, Digest.id == digest_id)
    )
    return found


async def told(session: AsyncSession, public_id: UUID) -> Spell | None:
    """The digest that a picture is of. Read as ops."""
    asked = select(Digest.workspace_id, Digest.since, Digest.until).where(Digest.public_id == public_id)
    row = (await session.execute(asked)).first()
    return Spell._make(row) if row else None


async def figures(session: AsyncSession, spell: Spell) -> Figures:
    return Figures._make((await session.execute(_FIGURES, spell._asdict())).one())


async def podium(session: AsyncSession, spell: Spell) -> Sequence[Placed]:
    """The three who received most public kudos. Who hides from leaderboards, or has left, stands on none."""
    rows = await session.execute(_PODIUM, {**spell._asdict(), "limit": PODIUM})
    return [Placed._make(row) for row in rows]


async def won(session: AsyncSession, spell: Spell) -> Sequence[Won]:
    """The badges that were given most."""
    rows = await session.execute(_WON, {**spell._asdict(), "names": NAMES_MAX, "limit": BADGES_MAX})
    return [Won(row.name, row.emoji, row.awards, tuple(row.member_ids)) for row in rows]


async def birthdays(session: AsyncSession, *, workspace_id: int, first: date, last: date) -> Sequence[Birthday]:
    """Who has one on a local day from `first` to `last`, in the order of the days."""
    values = {"workspace_id": workspace_id, "first": first, "last": last, "limit": BIRTHDAYS_MAX}
    return [Birthday._make(row) for row in await session.execute(_BIRTHDAYS, values)]


async def streaks(session: AsyncSession, *, workspace_id: int, first: date, last: date) -> Sequence[Streak]:
    """Who reached one of `STREAKS` on a local day from `first` to `last`, the longest first."""
    values = {
        "workspace_id": workspace_id,
        "first": first,
        "last": last,
        "streaks": list(STREAKS),
        "limit": STREAKS_MAX,
    }
    return [Streak._make(row) for row in await session.execute(_STREAKS, values)]
