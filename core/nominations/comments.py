"""What members say about a candidate. The same words by one member stand there once."""

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.responses import (
    COMMENT_MAX,
    CommentEmpty,
    CommentGone,
    CommentNotYours,
    CommentRepeated,
    CommentTooLong,
)
from core.nominations import announce, queries
from core.nominations.models import OPEN, STANDING, Campaign
from core.nominations.service import may_organise
from core.nominations.standing import NotStanding
from core.people.models import Workspace
from core.people.queries import Person
from core.text import clean


class Comment(NamedTuple):
    comment_id: int
    member_id: int
    text: str


_ADD = text(
    "INSERT INTO nomination_comment (workspace_id, candidacy_id, member_id, text)"
    " VALUES (:workspace_id, :candidacy_id, :member_id, :text) ON CONFLICT DO NOTHING RETURNING id"
)
_REMOVE = text(
    "UPDATE nomination_comment SET text = '', removed_at = clock_timestamp() WHERE workspace_id = :workspace_id"
    " AND id = :comment_id AND removed_at IS NULL AND (CAST(:is_any AS boolean) OR member_id = :member_id)"
    " RETURNING candidacy_id"
)
_OF_WHOM = text("SELECT removed_at FROM nomination_comment WHERE workspace_id = :workspace_id AND id = :comment_id")
_LIST = text(
    "SELECT id, member_id, text FROM nomination_comment WHERE workspace_id = :workspace_id"
    " AND candidacy_id = :candidacy_id AND removed_at IS NULL ORDER BY id DESC LIMIT :limit"
)


async def comment(
    session: AsyncSession, *, workspace: Workspace, candidacy_id: int, member: Person, words: str
) -> Campaign:
    """Say something about a candidate of a campaign that is under way. Raises CommentEmpty, CommentTooLong, CommentRepeated,
    NotStanding."""
    told = clean(words)
    if not told:
        raise CommentEmpty
    if len(told) > COMMENT_MAX:
        raise CommentTooLong(length=len(told), limit=COMMENT_MAX)
    candidacy = await queries.get_candidacy(session, candidacy_id, workspace_id=workspace.id)
    if candidacy is None or candidacy.state != STANDING:
        raise NotStanding
    campaign = await queries.hold(session, candidacy.campaign_id, workspace_id=workspace.id)
    if campaign is None or campaign.state not in OPEN:
        raise NotStanding
    values = {"workspace_id": workspace.id, "candidacy_id": candidacy_id, "member_id": member.member_id, "text": told}
    if (await session.execute(_ADD, values)).first() is None:
        raise CommentRepeated
    await announce.renominated(session, campaign, candidacy_id)
    return campaign


async def remove_comment(session: AsyncSession, *, workspace: Workspace, comment_id: int, actor: Person) -> int:
    """Take a comment away: one's own, or anybody's with a role; its words go. Returns the candidacy. Raises CommentGone,
    CommentNotYours."""
    values = {"workspace_id": workspace.id, "comment_id": comment_id}
    removing = {**values, "member_id": actor.member_id, "is_any": may_organise(actor)}
    candidacy_id = (await session.execute(_REMOVE, removing)).scalar()
    if candidacy_id is None:
        found = (await session.execute(_OF_WHOM, values)).first()
        raise CommentGone if found is None or found.removed_at is not None else CommentNotYours
    return int(candidacy_id)


async def list_comments(
    session: AsyncSession, candidacy_id: int, *, workspace_id: int, limit: int = 10
) -> list[Comment]:
    """The newest comments about a candidate, oldest of them first."""
    values = {"workspace_id": workspace_id, "candidacy_id": candidacy_id, "limit": limit}
    return [Comment(*row) for row in await session.execute(_LIST, values)][::-1]
