"""Reads of badges and awards."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.checks import effective_at, is_open, zone_of
from core.badges.definition.kinds import GIVEN_BY_HAND
from core.badges.definition.model import Definition
from core.badges.eligibility import is_among
from core.badges.models import Award, Badge
from core.people.models import Member, Profile, Workspace
from core.people.queries import Person

LIST_MAX = 200


class Story(NamedTuple):
    """One act of giving, with all that a card shows. `revoked` are the receivers whose award was taken back, `reason` why the
    last of them was, `picture` the badge's public id, `whys` what each award tells of its origin, by receiver."""

    act_id: int
    badge_id: int
    giver_id: int | None
    receiver_ids: tuple[int, ...]
    revoked_ids: tuple[int, ...]
    message: str
    points: int
    awarded_at: datetime
    name: str
    definition: Definition
    picture: uuid.UUID
    likes: int
    comments: int
    reason: str
    revoked_by: int | None
    whys: Mapping[int, Mapping[str, Any]]

    @property
    def is_revoked(self) -> bool:
        return len(self.revoked_ids) == len(self.receiver_ids)


class Comment(NamedTuple):
    comment_id: int
    member_id: int
    text: str
    at: datetime


_STORY = text("""
SELECT award.act_id, award.badge_id, min(award.giver_id) AS giver_id,
       array_agg(award.member_id ORDER BY award.member_id) AS receiver_ids,
       coalesce(array_agg(award.member_id ORDER BY award.member_id) FILTER (WHERE award.revoked_at IS NOT NULL), '{}') AS revoked_ids,
       min(award.message) AS message, min(award.points) AS points, min(award.awarded_at) AS awarded_at, badge.name, badge.definition,
       badge.public_id,
       (SELECT count(*) FROM award_like WHERE award_like.workspace_id = :workspace_id AND award_like.award_id = min(award.id)),
       (SELECT count(*) FROM award_comment WHERE award_comment.workspace_id = :workspace_id
        AND award_comment.award_id = min(award.id) AND removed_at IS NULL),
       coalesce((array_agg(award.revoke_reason ORDER BY award.revoked_at DESC NULLS LAST))[1], '') AS reason,
       (array_agg(award.revoked_by ORDER BY award.revoked_at DESC NULLS LAST))[1] AS revoked_by,
       jsonb_object_agg(award.member_id, award.why) AS whys
FROM award JOIN badge ON badge.workspace_id = award.workspace_id AND badge.id = award.badge_id
WHERE award.workspace_id = :workspace_id AND award.act_id = :act_id
GROUP BY award.act_id, award.badge_id, badge.name, badge.definition, badge.public_id
""")


class Look(NamedTuple):
    """What a picture of a badge is drawn from."""

    name: str
    emoji: str
    color: str
    rarity: str


_LOOK = text(
    "SELECT name, coalesce(definition ->> 'emoji', ''), coalesce(definition ->> 'color', ''), rarity FROM badge"
    " WHERE public_id = :public_id"
)


async def look(session: AsyncSession, public_id: uuid.UUID) -> Look | None:
    """Whoever knows the public id may see what the badge looks like. Run as ops: it tells no workspace."""
    row = (await session.execute(_LOOK, {"public_id": public_id})).first()
    return Look(*row) if row else None


async def get(session: AsyncSession, badge_id: int, *, workspace_id: int) -> Badge | None:
    found: Badge | None = await session.scalar(
        select(Badge).where(Badge.workspace_id == workspace_id, Badge.id == badge_id)
    )
    return found


async def list_by_id(session: AsyncSession, badge_ids: Sequence[int], *, workspace_id: int) -> Sequence[Badge]:
    rows = await session.scalars(
        select(Badge).where(Badge.workspace_id == workspace_id, Badge.id.in_(badge_ids)).order_by(Badge.id)
    )
    return rows.all()


async def list_badges(session: AsyncSession, *, workspace_id: int, member_id: int | None = None) -> Sequence[Badge]:
    """What badges there are, by name. Secret ones only if the member holds them; None sees all, as an admin does."""
    listed = select(Badge).where(Badge.workspace_id == workspace_id, Badge.is_enabled)
    if member_id is not None:
        listed = listed.where(~Badge.is_secret | Badge.id.in_(_held_by(workspace_id, member_id)))
    return (await session.scalars(listed.order_by(func.lower(Badge.name), Badge.id).limit(LIST_MAX))).all()


def _held_by(workspace_id: int, member_id: int) -> Any:
    held = text(
        "SELECT badge_id FROM award WHERE workspace_id = :held_workspace AND member_id = :held_member AND revoked_at IS NULL"
    )
    return (
        held.bindparams(held_workspace=workspace_id, held_member=member_id)
        .columns(badge_id=Badge.id.type)
        .scalar_subquery()
    )


async def named(session: AsyncSession, name: str, *, workspace_id: int) -> Sequence[Badge]:
    """Badges of a name, without regard to case; names may repeat."""
    rows = await session.scalars(
        select(Badge)
        .where(Badge.workspace_id == workspace_id, func.lower(Badge.name) == func.lower(literal(name.strip())))
        .order_by(Badge.is_enabled.desc(), Badge.id)
        .limit(LIST_MAX)
    )
    return rows.all()


async def givable(session: AsyncSession, *, workspace: Workspace, giver: Person, now: datetime) -> Sequence[Badge]:
    """Badges that a member may give by hand at this moment, by name. Secret ones are among them: who gives one has to see it."""
    rows = await session.scalars(
        select(Badge)
        .where(Badge.workspace_id == workspace.id, Badge.is_enabled, Badge.kind.in_(GIVEN_BY_HAND))
        .order_by(func.lower(Badge.name), Badge.id)
        .limit(LIST_MAX)
    )
    return await givable_of(session, rows.all(), workspace=workspace, giver=giver, now=now)


async def givable_of(
    session: AsyncSession, badges: Sequence[Badge], *, workspace: Workspace, giver: Person, now: datetime
) -> Sequence[Badge]:
    """Those of the badges that a member may give by hand at this moment, in their order."""
    rows = [badge for badge in badges if badge.is_enabled and badge.kind in GIVEN_BY_HAND]
    open_now = [(badge, definition) for badge in rows if (definition := _open(badge, workspace, now))]
    if giver.has_left or not open_now:
        return []
    answers = (
        await session.execute(
            select(*(is_among(definition.assigner) for _, definition in open_now))
            .select_from(Member)
            .outerjoin(Profile, (Profile.workspace_id == Member.workspace_id) & (Profile.member_id == Member.id))
            .where(Member.workspace_id == workspace.id, Member.id == giver.member_id)
        )
    ).one()
    return [badge for (badge, _), may in zip(open_now, answers, strict=True) if may]


def _open(badge: Badge, workspace: Workspace, now: datetime) -> Definition | None:
    definition = Definition.model_validate(dict(badge.definition))
    zone = zone_of(definition, workspace)
    begins_at = effective_at(definition, zone)
    if begins_at is not None and now < begins_at:
        return None
    return definition if is_open(definition, now, zone) else None


async def count_held(session: AsyncSession, *, workspace_id: int, member_id: int) -> int:
    """How many standing awards a member has."""
    held = select(func.count()).where(
        Award.workspace_id == workspace_id, Award.member_id == member_id, Award.revoked_at.is_(None)
    )
    return await session.scalar(held) or 0


async def story(session: AsyncSession, act_id: int, *, workspace_id: int) -> Story | None:
    row = (await session.execute(_STORY, {"workspace_id": workspace_id, "act_id": act_id})).first()
    if row is None:
        return None
    definition = Definition.model_validate(row.definition)
    return Story(*row)._replace(
        receiver_ids=tuple(row.receiver_ids),
        revoked_ids=tuple(row.revoked_ids),
        definition=definition,
        whys={int(member_id): why for member_id, why in row.whys.items()},
    )


_COMMENTS = text("""
SELECT award_comment.id, award_comment.member_id, award_comment.text, award_comment.at FROM award_comment
WHERE award_comment.workspace_id = :workspace_id AND removed_at IS NULL AND award_id = (
    SELECT min(id) FROM award WHERE workspace_id = :workspace_id AND act_id = :act_id)
ORDER BY award_comment.id DESC LIMIT :limit
""")
_LIKERS = text(
    "SELECT 1 FROM award_like WHERE workspace_id = :workspace_id AND member_id = :member_id AND award_id ="
    " (SELECT min(id) FROM award WHERE workspace_id = :workspace_id AND act_id = :act_id)"
)
_HAS_EARNED = text(
    "SELECT 1 FROM award WHERE workspace_id = :workspace_id AND badge_id = :badge_id AND member_id = :member_id"
    " AND revoked_at IS NULL LIMIT 1"
)
_LATEST = text("""
SELECT award.act_id, award.id FROM award JOIN badge ON badge.workspace_id = award.workspace_id AND badge.id = award.badge_id
WHERE award.workspace_id = :workspace_id AND award.member_id = :member_id AND award.revoked_at IS NULL
  AND (CAST(:name AS text) = '' OR lower(badge.name) = lower(CAST(:name AS text)))
  AND (NOT badge.is_secret OR CAST(:sees_secrets AS boolean) OR award.giver_id = :reader OR EXISTS (
      SELECT FROM award AS own WHERE own.workspace_id = :workspace_id AND own.badge_id = badge.id AND own.member_id = :reader
      AND own.revoked_at IS NULL))
ORDER BY award.awarded_at DESC, award.id DESC LIMIT 1
""")


async def comments(session: AsyncSession, act_id: int, *, workspace_id: int, limit: int = 10) -> Sequence[Comment]:
    """The newest comments on an act, oldest of them first."""
    rows = await session.execute(_COMMENTS, {"workspace_id": workspace_id, "act_id": act_id, "limit": limit})
    return [Comment(*row) for row in rows][::-1]


async def likes(session: AsyncSession, act_id: int, member_id: int, *, workspace_id: int) -> bool:
    """Whether a member likes an act."""
    values = {"workspace_id": workspace_id, "act_id": act_id, "member_id": member_id}
    return (await session.execute(_LIKERS, values)).first() is not None


async def has_earned(session: AsyncSession, badge_id: int, member_id: int, *, workspace_id: int) -> bool:
    values = {"workspace_id": workspace_id, "badge_id": badge_id, "member_id": member_id}
    return (await session.execute(_HAS_EARNED, values)).first() is not None


async def latest_award(
    session: AsyncSession, member_id: int, name: str, *, workspace_id: int, reader: Person, sees_secrets: bool
) -> tuple[int, int] | None:
    """Act and id of a member's latest standing award, of the badge of a name if one is given. Secret badges that the reader
    neither earned nor gave are passed over."""
    values = {
        "workspace_id": workspace_id,
        "member_id": member_id,
        "name": name,
        "reader": reader.member_id,
        "sees_secrets": sees_secrets,
    }
    row = (await session.execute(_LATEST, values)).first()
    return (row[0], row[1]) if row else None
