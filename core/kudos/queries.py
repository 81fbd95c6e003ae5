"""Reads of kudos."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.kudos.models import Kudos, KudosReceiver


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
_ONE = text(_STORY + "WHERE kudos.workspace_id = :workspace_id AND kudos.id = :kudos_id")
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
_COUNTS = text(
    "SELECT (SELECT count(*) FROM kudos_receiver JOIN kudos ON kudos.workspace_id = kudos_receiver.workspace_id"
    " AND kudos.id = kudos_receiver.kudos_id WHERE kudos_receiver.workspace_id = :workspace_id"
    " AND kudos_receiver.member_id = :member_id AND kudos.undone_at IS NULL) AS received,"
    " (SELECT count(*) FROM kudos WHERE workspace_id = :workspace_id AND giver_id = :member_id AND undone_at IS NULL) AS given"
)


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
    row = (await session.execute(_ONE, {"workspace_id": workspace_id, "kudos_id": kudos_id})).first()
    return _read(row) if row else None


async def given(session: AsyncSession, member_id: int, *, workspace_id: int, limit: int = 5) -> Sequence[Story]:
    """What a member gave, newest first, private ones included: for that member's eyes."""
    rows = await session.execute(_GIVEN, {"workspace_id": workspace_id, "member_id": member_id, "limit": limit})
    return [_read(row) for row in rows]


async def received(session: AsyncSession, member_id: int, *, workspace_id: int, limit: int = 5) -> Sequence[Story]:
    """What a member received, newest first, private ones included: for that member's eyes."""
    rows = await session.execute(_RECEIVED, {"workspace_id": workspace_id, "member_id": member_id, "limit": limit})
    return [_read(row) for row in rows]


async def counts(session: AsyncSession, member_id: int, *, workspace_id: int) -> tuple[int, int]:
    """How many kudos a member (received, gave)."""
    row = (await session.execute(_COUNTS, {"workspace_id": workspace_id, "member_id": member_id})).one()
    return row.received, row.given
