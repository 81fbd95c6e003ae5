"""Which badge a giver means: by the name in quotation marks, by the words a message begins with, or by asking back."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import queries
from core.badges.definition.findings import nearest
from core.badges.models import AwardDraft, Badge
from core.errors import Refusal
from core.people.models import Workspace
from core.people.queries import Person
from core.text import clean
from core.tokens import Closed

NAME_MAX = 120
NEAREST_MAX = 3
CHOICES_MAX = 5

_AFTER_NAME = re.compile(r"\s*[,:;.–—-]*\s*")
_BLANKS = re.compile(r"\s+")
_DRAFT = (
    AwardDraft.id,
    AwardDraft.giver_id,
    AwardDraft.receiver_ids,
    AwardDraft.badge_ids,
    AwardDraft.message,
    AwardDraft.conversation_id,
)


class BadgeUnknown(Refusal):
    """No badge of this name that the giver may see. `typed` is the name, `nearest` names that they may give."""

    code = "badge_unknown"


class BadgeUnnamed(Refusal):
    """The message names no badge. `nearest` are names that the giver may give."""

    code = "badge_unnamed"


class NoBadgeToGive(Refusal):
    """There is no badge at all that this member may give now."""

    code = "badge_none_to_give"


class Named(NamedTuple):
    """Badges that a message may mean, and what it says besides the name."""

    badges: Sequence[Badge]
    message: str


class Draft(NamedTuple):
    """An award that waits for its badge."""

    draft_id: int
    giver_id: int
    receiver_ids: Sequence[int]
    badge_ids: Sequence[int]
    message: str
    conversation_id: int | None


async def by_name(
    session: AsyncSession, name: str, *, workspace: Workspace, giver: Person, now: datetime
) -> Sequence[Badge]:
    """The badges of a name that the giver may give; if there is none, one of it that tells why not. Raises BadgeUnknown."""
    typed = _folded(name)
    badges = await queries.named(session, typed, workspace_id=workspace.id)
    givable = await queries.givable_of(session, badges, workspace=workspace, giver=giver, now=now)
    if givable:
        return givable
    if visible := [badge for badge in badges if not badge.is_secret]:
        return visible[:1]
    raise BadgeUnknown(typed=typed[:NAME_MAX], nearest=await _near(session, typed, workspace, giver, now))


async def at_start(session: AsyncSession, words: str, *, workspace: Workspace, giver: Person, now: datetime) -> Named:
    """The badges with whose name a message begins, and the rest of it: the longest name that the giver may give, else the
    longest that tells why not. Raises BadgeUnnamed."""
    said = clean(words)
    begins = [badge for badge in await _beginnings(session, said, workspace) if _is_at_start(badge.name, said)]
    meant = await queries.givable_of(session, begins, workspace=workspace, giver=giver, now=now)
    meant = meant or [badge for badge in begins if not badge.is_secret][:1]
    if not meant:
        raise BadgeUnnamed(nearest=await _near(session, said, workspace, giver, now))
    longest = max(len(badge.name) for badge in meant)
    message = _AFTER_NAME.sub("", said[longest:], count=1).strip()
    return Named([badge for badge in meant if len(badge.name) == longest], message)


async def unnamed(session: AsyncSession, *, workspace: Workspace, giver: Person, now: datetime) -> Refusal:
    """What to say to somebody who named none. Raises NoBadgeToGive."""
    return BadgeUnnamed(nearest=await _near(session, "", workspace, giver, now))


async def _beginnings(session: AsyncSession, said: str, workspace: Workspace) -> Sequence[Badge]:
    rows = await session.scalars(
        select(Badge)
        .where(
            Badge.workspace_id == workspace.id,
            func.starts_with(func.lower(literal(said[:NAME_MAX])), func.lower(Badge.name)),
        )
        .order_by(func.length(Badge.name).desc(), Badge.id)
        .limit(queries.LIST_MAX)
    )
    return rows.all()


def _is_at_start(name: str, said: str) -> bool:
    following = said[len(name) : len(name) + 1]
    return said[: len(name)].casefold() == name.casefold() and not following.isalnum()


def _folded(name: str) -> str:
    return _BLANKS.sub(" ", clean(name)).strip()


async def _near(session: AsyncSession, typed: str, workspace: Workspace, giver: Person, now: datetime) -> list[str]:
    """Names that the giver may give: the one most like what was typed, else the first few. Raises NoBadgeToGive."""
    badges = await queries.givable(session, workspace=workspace, giver=giver, now=now)
    if not badges:
        raise NoBadgeToGive
    names = {badge.name.casefold(): badge.name for badge in badges}
    close = nearest(typed[:NAME_MAX].casefold(), names)
    return [names[close]] if close else list(names.values())[:NEAREST_MAX]


def _is(draft_id: int, workspace_id: int) -> ColumnElement[bool]:
    return and_(AwardDraft.workspace_id == workspace_id, AwardDraft.id == draft_id)


async def keep(
    session: AsyncSession,
    badges: Sequence[Badge],
    *,
    workspace: Workspace,
    giver: Person,
    receivers: Sequence[Person],
    message: str,
    conversation_id: int | None,
    now: datetime,
) -> int:
    """Remember what is to be given until one of several badges of a name is chosen; returns the draft's id."""
    made = await session.execute(
        insert(AwardDraft)
        .values(
            workspace_id=workspace.id,
            giver_id=giver.member_id,
            receiver_ids=sorted({person.member_id for person in receivers}),
            badge_ids=[badge.id for badge in badges[:CHOICES_MAX]],
            message=message,
            conversation_id=conversation_id,
            at=now,
        )
        .returning(AwardDraft.id)
    )
    return int(made.scalar_one())


async def get_draft(session: AsyncSession, draft_id: int, *, workspace_id: int) -> Draft | None:
    row = (await session.execute(select(*_DRAFT).where(_is(draft_id, workspace_id)))).first()
    return Draft(*row) if row else None


async def take(session: AsyncSession, draft_id: int, *, workspace_id: int, giver: Person) -> Draft:
    """What was remembered, which is forgotten with that. Raises Closed if it was taken before."""
    row = (
        await session.execute(
            delete(AwardDraft)
            .where(_is(draft_id, workspace_id), AwardDraft.giver_id == giver.member_id)
            .returning(*_DRAFT)
        )
    ).first()
    if row is None:
        raise Closed
    return Draft(*row)


async def forget(session: AsyncSession, *, before: datetime) -> None:
    """Delete drafts that nobody chose a badge for. Run as ops."""
    old = select(AwardDraft.id).where(AwardDraft.at < before).limit(5000)
    await session.execute(delete(AwardDraft).where(AwardDraft.id.in_(old)))
