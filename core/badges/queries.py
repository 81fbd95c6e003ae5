"""Reads of badges and awards."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import environment
from core.badges.checks import effective_at, zone_of
from core.badges.definition.kinds import GIVEN_BY_HAND
from core.badges.definition.model import Definition
from core.badges.eligibility import is_among
from core.badges.models import Badge
from core.people.models import Member, Profile, Workspace
from core.people.queries import Person

LIST_MAX = 200


class Held(NamedTuple):
    """A badge of a collection. `times` counts standing awards; `holders` how many members have the badge, of `members`."""

    badge_id: int
    name: str
    description: str
    rarity: str
    color: str
    icon: str
    emoji: str
    points: int
    times: int
    first_at: datetime
    last_at: datetime
    is_showcased: bool
    holders: int
    members: int


class Story(NamedTuple):
    """One act of giving, with all that a card shows. `revoked` are the receivers whose award was taken back."""

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


_COLLECTION = text("""
WITH mine AS (
    SELECT badge_id, count(*) AS times, min(awarded_at) AS first_at, max(awarded_at) AS last_at, bool_or(is_showcased) AS is_showcased
    FROM award WHERE workspace_id = :workspace_id AND member_id = :member_id AND revoked_at IS NULL GROUP BY badge_id
)
SELECT badge.id, badge.name, coalesce(definition ->> 'description', ''), rarity, coalesce(definition ->> 'color', ''),
       coalesce(definition ->> 'icon', ''), coalesce(definition ->> 'emoji', ''), points,
       mine.times, mine.first_at, mine.last_at, mine.is_showcased,
       (SELECT count(DISTINCT member_id) FROM award WHERE award.workspace_id = :workspace_id AND award.badge_id = badge.id
        AND award.revoked_at IS NULL),
       (SELECT count(*) FROM member WHERE member.workspace_id = :workspace_id AND member.status <> 'left'
        AND member.merged_into IS NULL)
FROM mine JOIN badge ON badge.workspace_id = :workspace_id AND badge.id = mine.badge_id
ORDER BY mine.is_showcased DESC, mine.last_at DESC, badge.id DESC LIMIT :limit
""")

_STORY = text("""
SELECT award.act_id, award.badge_id, min(award.giver_id) AS giver_id,
       array_agg(award.member_id ORDER BY award.member_id) AS receiver_ids,
       coalesce(array_agg(award.member_id ORDER BY award.member_id) FILTER (WHERE award.revoked_at IS NOT NULL), '{}') AS revoked_ids,
       min(award.message) AS message, min(award.points) AS points, min(award.awarded_at) AS awarded_at, badge.name, badge.definition
FROM award JOIN badge ON badge.workspace_id = award.workspace_id AND badge.id = award.badge_id
WHERE award.workspace_id = :workspace_id AND award.act_id = :act_id
GROUP BY award.act_id, award.badge_id, badge.name, badge.definition
""")


async def get(session: AsyncSession, badge_id: int, *, workspace_id: int) -> Badge | None:
    found: Badge | None = await session.scalar(
        select(Badge).where(Badge.workspace_id == workspace_id, Badge.id == badge_id)
    )
    return found


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
        .where(Badge.workspace_id == workspace_id, func.lower(Badge.name) == name.strip().lower())
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
    return definition if environment.is_open(definition.availability_rule, now, zone) else None


async def collection(
    session: AsyncSession, *, workspace_id: int, member_id: int, limit: int = LIST_MAX
) -> Sequence[Held]:
    """What a member holds, showcased first, then latest first. A secret badge is in it once it is earned."""
    rows = await session.execute(_COLLECTION, {"workspace_id": workspace_id, "member_id": member_id, "limit": limit})
    return [Held(*row) for row in rows]


async def story(session: AsyncSession, act_id: int, *, workspace_id: int) -> Story | None:
    row = (await session.execute(_STORY, {"workspace_id": workspace_id, "act_id": act_id})).first()
    if row is None:
        return None
    definition = Definition.model_validate(row.definition)
    return Story(*row)._replace(
        receiver_ids=tuple(row.receiver_ids), revoked_ids=tuple(row.revoked_ids), definition=definition
    )
