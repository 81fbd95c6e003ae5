"""Reads of kudos."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Hot
from core.kudos.models import Kudos, KudosReceiver

TREND = timedelta(days=30)


class Story(NamedTuple):
    """A kudos with all that a card shows of it. `tags` are (name, emoji) pairs."""

    kudos_id: int
    giver_id: int
    receiver_ids: tuple[int, ...]
    message: str
    tags: tuple[tuple[str, str], ...]
    points_each: int
    seconds: int
    is_private: bool
    given_at: datetime
    undone_at: datetime | None


class Place(NamedTuple):
    """A conversation in which a member's kudos may stand."""

    conversation_id: int
    name: str


class TagInUse(NamedTuple):
    name: str
    emoji: str
    uses: int


_STORY = """
SELECT kudos.id, kudos.giver_id,
       ARRAY(SELECT member_id FROM kudos_receiver WHERE kudos_receiver.workspace_id = kudos.workspace_id
             AND kudos_receiver.kudos_id = kudos.id ORDER BY member_id) AS receiver_ids,
       kudos.message,
       ARRAY(SELECT ARRAY[tag.name, tag.emoji] FROM kudos_tag
             JOIN tag ON tag.workspace_id = kudos_tag.workspace_id AND tag.id = kudos_tag.tag_id
             WHERE kudos_tag.workspace_id = kudos.workspace_id AND kudos_tag.kudos_id = kudos.id ORDER BY tag.name) AS tags,
       kudos.points_each,
       (SELECT count(*) FROM kudos_second WHERE kudos_second.workspace_id = kudos.workspace_id
        AND kudos_second.kudos_id = kudos.id) AS seconds,
       kudos.is_private, kudos.given_at, kudos.undone_at
FROM kudos
"""
_ONE = Hot(_STORY + "WHERE kudos.workspace_id = :workspace_id AND kudos.id = :kudos_id")
_GIVEN = text(
    _STORY
    + "WHERE kudos.workspace_id = :workspace_id AND kudos.giver_id = :member_id AND kudos.undone_at IS NULL"
    + " ORDER BY kudos.given_at DESC LIMIT :limit"
)
_RECEIVED = text(
    _STORY
    + "JOIN kudos_receiver AS mine ON mine.workspace_id = kudos.workspace_id AND mine.kudos_id = kudos.id"
    + " WHERE kudos.workspace_id = :workspace_id AND mine.member_id = :member_id AND kudos.undone_at IS NULL"
    + " ORDER BY kudos.given_at DESC LIMIT :limit"
)
_PRAISED = text(
    _STORY
    + "WHERE kudos.workspace_id = :workspace_id AND kudos.given_at >= :since AND kudos.given_at < :until"
    + " AND kudos.undone_at IS NULL AND NOT kudos.is_private ORDER BY seconds DESC, kudos.given_at DESC LIMIT :limit"
)
_COUNTS = text(
    "SELECT (SELECT count(*) FROM kudos_receiver JOIN kudos ON kudos.workspace_id = kudos_receiver.workspace_id"
    " AND kudos.id = kudos_receiver.kudos_id WHERE kudos_receiver.workspace_id = :workspace_id"
    " AND kudos_receiver.member_id = :member_id AND kudos.undone_at IS NULL) AS received,"
    " (SELECT count(*) FROM kudos WHERE workspace_id = :workspace_id AND giver_id = :member_id AND undone_at IS NULL) AS given"
)

# Bounded by the latest kudos of the member and of the workspace, however many there are.
_PLACES = text("""
WITH lately AS (
    (SELECT conversation_id, given_at FROM kudos WHERE workspace_id = :workspace_id AND giver_id = :member_id
     ORDER BY given_at DESC LIMIT 200)
    UNION ALL
    (SELECT conversation_id, given_at FROM kudos_receiver JOIN kudos ON kudos.workspace_id = kudos_receiver.workspace_id
     AND kudos.id = kudos_receiver.kudos_id WHERE kudos_receiver.workspace_id = :workspace_id
     AND kudos_receiver.member_id = :member_id AND NOT kudos.is_private ORDER BY kudos_receiver.kudos_id DESC LIMIT 200)
    UNION ALL SELECT CAST(:asked_in AS bigint), 'infinity'
)
SELECT id, name FROM conversation JOIN (SELECT conversation_id, max(given_at) AS at FROM lately GROUP BY conversation_id) AS used
    ON used.conversation_id = conversation.id
WHERE workspace_id = :workspace_id AND kind <> 'personal' AND (NOT is_gone OR id = :visited) AND (name <> '' OR id = :asked_in)
ORDER BY at DESC, id LIMIT :limit
""")
_TAGS_IN_USE = text("""
SELECT tag.name, tag.emoji, count(lately.id) AS uses FROM tag
LEFT JOIN kudos_tag ON kudos_tag.workspace_id = tag.workspace_id AND kudos_tag.tag_id = tag.id
    AND kudos_tag.kudos_id >= coalesce((SELECT min(id) FROM (SELECT id FROM kudos WHERE workspace_id = :workspace_id
    ORDER BY given_at DESC LIMIT 2000) AS newest), 0)
LEFT JOIN kudos AS lately ON lately.workspace_id = tag.workspace_id AND lately.id = kudos_tag.kudos_id
    AND lately.given_at > :since AND lately.undone_at IS NULL AND NOT lately.is_private
WHERE tag.workspace_id = :workspace_id
GROUP BY tag.id, tag.name, tag.emoji, tag.category
HAVING tag.category <> '' OR count(lately.id) > 0
ORDER BY uses DESC, tag.id LIMIT :limit
""")


def _read(row: Sequence[object]) -> Story:
    story = Story._make(row)
    return story._replace(
        receiver_ids=tuple(story.receiver_ids), tags=tuple((name, emoji) for name, emoji in story.tags)
    )


async def get(session: AsyncSession, kudos_id: int, *, workspace_id: int) -> Kudos | None:
    found: Kudos | None = await session.scalar(
        select(Kudos).where(Kudos.workspace_id == workspace_id, Kudos.id == kudos_id)
    )
    return found


async def receiver_ids(session: AsyncSession, kudos: Kudos) -> Sequence[int]:
    rows = await session.scalars(
        select(KudosReceiver.member_id).where(
            KudosReceiver.workspace_id == kudos.workspace_id, KudosReceiver.kudos_id == kudos.id
        )
    )
    return rows.all()


async def latest_given(session: AsyncSession, giver_id: int, *, workspace_id: int) -> Kudos | None:
    """The latest kudos of a giver that was not taken back."""
    found: Kudos | None = await session.scalar(
        select(Kudos)
        .where(Kudos.workspace_id == workspace_id, Kudos.giver_id == giver_id, Kudos.undone_at.is_(None))
        .order_by(Kudos.given_at.desc(), Kudos.id.desc())
        .limit(1)
    )
    return found


async def of_message(
    session: AsyncSession, *, workspace_id: int, conversation_id: int, message_id: str
) -> Kudos | None:
    """The kudos that a message of a conversation gave."""
    found: Kudos | None = await session.scalar(
        select(Kudos)
        .where(
            Kudos.workspace_id == workspace_id, Kudos.conversation_id == conversation_id, Kudos.message_id == message_id
        )
        .order_by(Kudos.id.desc())
        .limit(1)
    )
    return found


async def story(session: AsyncSession, kudos_id: int, *, workspace_id: int) -> Story | None:
    rows = await _ONE.all(session, {"workspace_id": workspace_id, "kudos_id": kudos_id})
    return _read(rows[0]) if rows else None


async def given(session: AsyncSession, member_id: int, *, workspace_id: int, limit: int = 5) -> Sequence[Story]:
    """What a member gave, newest first, private ones included: for that member's eyes."""
    rows = await session.execute(_GIVEN, {"workspace_id": workspace_id, "member_id": member_id, "limit": limit})
    return [_read(row) for row in rows]


async def received(session: AsyncSession, member_id: int, *, workspace_id: int, limit: int = 5) -> Sequence[Story]:
    """What a member received, newest first, private ones included: for that member's eyes."""
    rows = await session.execute(_RECEIVED, {"workspace_id": workspace_id, "member_id": member_id, "limit": limit})
    return [_read(row) for row in rows]


async def praised(
    session: AsyncSession, *, workspace_id: int, since: datetime, until: datetime, limit: int
) -> Sequence[Story]:
    """The public kudos given from `since` until `until` that most colleagues seconded; of equal ones the latest."""
    values = {"workspace_id": workspace_id, "since": since, "until": until, "limit": limit}
    return [_read(row) for row in await session.execute(_PRAISED, values)]


async def counts(session: AsyncSession, member_id: int, *, workspace_id: int) -> tuple[int, int]:
    """How many kudos a member (received, gave)."""
    row = (await session.execute(_COUNTS, {"workspace_id": workspace_id, "member_id": member_id})).one()
    return row.received, row.given


async def places(
    session: AsyncSession,
    member_id: int,
    *,
    workspace_id: int,
    asked_in: int | None,
    visited: int = 0,
    limit: int = 200,
) -> Sequence[Place]:
    """Conversations that a member knows from kudos given or received there, latest first; before them the one asked in, which
    alone may be without a name. `visited` is one that we are not in, but the member is."""
    values = {
        "workspace_id": workspace_id,
        "member_id": member_id,
        "asked_in": asked_in,
        "visited": visited,
        "limit": limit,
    }
    return [Place._make(row) for row in await session.execute(_PLACES, values)]


async def tags_in_use(session: AsyncSession, *, workspace_id: int, now: datetime, limit: int) -> Sequence[TagInUse]:
    """Tags by how often public kudos carried them in the last 30 days (of the latest 2,000 kudos), then the company's own ones."""
    values = {"workspace_id": workspace_id, "since": now - TREND, "limit": limit}
    return [TagInUse._make(row) for row in await session.execute(_TAGS_IN_USE, values)]
