"""What colleagues say of an award: likes and comments. Both are of the act that a card tells of."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import announce
from core.badges.revoking import AwardGone, may_revoke
from core.errors import Refusal
from core.people.models import Workspace
from core.people.queries import Person
from core.text import clean

COMMENT_MAX = 500

_PARTIES = text("""
SELECT min(id) AS first_id, array_agg(DISTINCT giver_id) || array_agg(DISTINCT member_id) AS parties
FROM award WHERE workspace_id = :workspace_id AND act_id = :act_id HAVING bool_or(revoked_at IS NULL)
""")
_LIKE = text(
    "INSERT INTO award_like (workspace_id, award_id, member_id, at) VALUES (:workspace_id, :award_id, :member_id, :now)"
    " ON CONFLICT DO NOTHING RETURNING award_id"
)
_COMMENT = text(
    "INSERT INTO award_comment (workspace_id, award_id, member_id, text, at)"
    " VALUES (:workspace_id, :award_id, :member_id, :text, :now) ON CONFLICT DO NOTHING RETURNING id"
)
_REMOVE = text("""
UPDATE award_comment SET text = '', removed_at = :now FROM award
WHERE award_comment.workspace_id = :workspace_id AND award_comment.id = :comment_id AND removed_at IS NULL
  AND (CAST(:is_any AS boolean) OR award_comment.member_id = :member_id)
  AND award.workspace_id = :workspace_id AND award.id = award_comment.award_id
RETURNING award.act_id
""")
_OF_WHOM = text(
    "SELECT award.act_id, award_comment.removed_at FROM award_comment"
    " JOIN award ON award.workspace_id = award_comment.workspace_id AND award.id = award_comment.award_id"
    " WHERE award_comment.workspace_id = :workspace_id AND award_comment.id = :comment_id"
)


class OwnAwardLike(Refusal):
    code = "own_award_like"


class LikedAlready(Refusal):
    code = "already_done"


class CommentEmpty(Refusal):
    code = "comment_empty"


class CommentTooLong(Refusal):
    code = "comment_too_long"


class CommentRepeated(Refusal):
    """The same words by the same member stand there already."""

    code = "comment_repeated"


class CommentGone(Refusal):
    code = "comment_gone"


class CommentNotYours(Refusal):
    code = "comment_not_yours"


class _Act(NamedTuple):
    first_id: int
    parties: list[int | None]


async def like(session: AsyncSession, *, workspace: Workspace, act_id: int, member: Person, now: datetime) -> None:
    """Like an act, once. Costs and gives no points. Raises AwardGone, OwnAwardLike, LikedAlready."""
    act = await _standing(session, workspace, act_id)
    if member.member_id in act.parties:
        raise OwnAwardLike
    values = {"workspace_id": workspace.id, "award_id": act.first_id, "member_id": member.member_id, "now": now}
    if (await session.execute(_LIKE, values)).first() is None:
        raise LikedAlready
    await announce.changed(session, act_id, workspace_id=workspace.id)


async def comment(
    session: AsyncSession, *, workspace: Workspace, act_id: int, member: Person, words: str, now: datetime
) -> int:
    """Say something under an act; returns the comment's id. Raises AwardGone, CommentEmpty, CommentTooLong, CommentRepeated."""
    told = clean(words)
    if not told:
        raise CommentEmpty
    if len(told) > COMMENT_MAX:
        raise CommentTooLong(length=len(told), limit=COMMENT_MAX)
    act = await _standing(session, workspace, act_id)
    values = {
        "workspace_id": workspace.id,
        "award_id": act.first_id,
        "member_id": member.member_id,
        "text": told,
        "now": now,
    }
    made = (await session.execute(_COMMENT, values)).scalar()
    if made is None:
        raise CommentRepeated
    await announce.changed(session, act_id, workspace_id=workspace.id)
    return int(made)


async def remove_comment(
    session: AsyncSession, *, workspace: Workspace, comment_id: int, actor: Person, now: datetime
) -> int:
    """Take a comment away: one's own, or anybody's with a role; its words go. Returns the act.

    Raises CommentGone, CommentNotYours.
    """
    values = {"workspace_id": workspace.id, "comment_id": comment_id}
    removing = {**values, "member_id": actor.member_id, "is_any": may_revoke(actor), "now": now}
    act_id = (await session.execute(_REMOVE, removing)).scalar()
    if act_id is None:
        found = (await session.execute(_OF_WHOM, values)).first()
        raise CommentGone if found is None or found.removed_at is not None else CommentNotYours
    await announce.changed(session, act_id, workspace_id=workspace.id)
    return int(act_id)


async def _standing(session: AsyncSession, workspace: Workspace, act_id: int) -> _Act:
    row = (await session.execute(_PARTIES, {"workspace_id": workspace.id, "act_id": act_id})).first()
    if row is None:
        raise AwardGone
    return _Act(row.first_id, row.parties)
