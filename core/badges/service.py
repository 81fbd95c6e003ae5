"""The verbs of awards: award by hand, grant by a rule. Taking back is in core.badges.revoking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import announce, paying, statements, timeframe
from core.badges.checks import BadgeDisabled, check_giver, check_people, check_receivers, check_time, zone_of
from core.badges.definition.model import Definition
from core.badges.models import Badge
from core.badges.relations import check_relations
from core.clock import Period
from core.errors import Refusal
from core.kudos import repeats
from core.people.models import Workspace
from core.people.queries import Person
from core.text import clean

MESSAGE_MAX = 1000
SOURCE_MAX = 40

_ACT = text("SELECT nextval(pg_get_serial_sequence('award', 'id'))")


class BadgeHeld(Refusal):
    """Once for ever, and they have it since `since_on`."""

    code = "badge_held"


class BadgeHeldThisPeriod(Refusal):
    """They had it in this calendar period: `timeframe`, `resets_at`."""

    code = "badge_held_this_period"


class BadgeTooSoon(Refusal):
    """The last one is not long enough ago: `resets_at` is when it may come again."""

    code = "badge_too_soon"


class BadgeMessageTooLong(Refusal):
    code = "badge_message_too_long"


class BadgeRepeated(Refusal):
    """The same badge, people and words by the same member a moment ago: a second try, not a second award."""

    code = "badge_repeated"


class Awarded(NamedTuple):
    """Awards that one act made, and who got them, in the same order."""

    act_id: int
    award_ids: Sequence[int]
    member_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class Terms:
    """How often a badge may be had: a key of the period, and a gap on top."""

    period_key: str
    period: Period | None
    gap: timeframe.Gap
    zone: str
    is_once: bool


def definition_of(badge: Badge) -> Definition:
    return Definition.model_validate(dict(badge.definition))


async def award(
    session: AsyncSession,
    *,
    workspace: Workspace,
    badge: Badge,
    giver: Person,
    receivers: Sequence[Person],
    message: str = "",
    conversation_id: int | None = None,
    source: str = "",
    guards_repeats: bool = False,
    now: datetime,
) -> Awarded:
    """Give a badge by hand to all receivers or to none, move its points, owe everybody the card.

    `source` is the id of what asked for it, the key of a badge without limits; without one each call is an award of its own.
    `guards_repeats`: the same again within 30 seconds is refused. Raises the Refusals of this module and of core.badges.checks; then nothing of the transaction may be kept.
    """
    told = cleaned(message)
    member_ids = await _check(session, workspace, badge, giver, receivers, now)
    if guards_repeats:
        await _check_repeat(session, workspace, giver, ("badge", badge.id, member_ids, told), now)
    made = await grant(
        session,
        workspace=workspace,
        badge=badge,
        giver_id=giver.member_id,
        member_ids=member_ids,
        message=told,
        why={"by": "hand"},
        source=source,
        conversation_id=conversation_id,
        now=now,
    )
    missed = sorted(set(member_ids) - set(made.member_ids))
    if missed:
        raise await _why_not(session, workspace, badge, missed, source, now)
    return made


async def _check(
    session: AsyncSession, workspace: Workspace, badge: Badge, giver: Person, receivers: Sequence[Person], now: datetime
) -> list[int]:
    """Whether the giver may give the badge to these people now; their ids, each once. Raises what core.badges.checks raises."""
    definition = definition_of(badge)
    member_ids = sorted(person.member_id for person in check_people(workspace, badge, giver, receivers))
    check_time(badge, definition, zone_of(definition, workspace), now)
    await check_giver(session, workspace=workspace, badge=badge, definition=definition, giver=giver)
    await check_receivers(session, workspace=workspace, badge=badge, definition=definition, member_ids=member_ids)
    await check_relations(session, badge=badge, definition=definition, giver_id=giver.member_id, member_ids=member_ids)
    return member_ids


async def _check_repeat(
    session: AsyncSession, workspace: Workspace, giver: Person, content: object, now: datetime
) -> None:
    if not await repeats.is_fresh(session, content, workspace_id=workspace.id, giver_id=giver.member_id, now=now):
        raise BadgeRepeated(seconds=int(repeats.REPEAT_GAP.total_seconds()))


def cleaned(message: str) -> str:
    """The message as it will be kept. Raises BadgeMessageTooLong."""
    told = clean(message)
    if len(told) > MESSAGE_MAX:
        raise BadgeMessageTooLong(length=len(told), limit=MESSAGE_MAX)
    return told


async def grant(
    session: AsyncSession,
    *,
    workspace: Workspace,
    badge: Badge,
    giver_id: int | None = None,
    member_ids: Sequence[int],
    message: str = "",
    why: Mapping[str, Any],
    source: str = "",
    conversation_id: int | None = None,
    is_told: bool = True,
    now: datetime,
) -> Awarded:
    """Award a badge to whoever its limits let have it, in a few statements however many they are; the others are left out.

    Unless it `is_told`, whoever calls owes people the news. Who may have it at all and when is not asked here, see core.badges.checks: rules select their members by it.
    """
    act_id = (await session.execute(_ACT)).scalar_one()
    terms = terms_of(definition_of(badge), workspace, now, source=source or f"act:{act_id}")
    values = {
        **_limits(workspace, badge, terms, member_ids, now),
        "is_unlimited": terms.gap.is_none,
        "act_id": act_id,
        "giver": giver_id,
        "message": message,
        "points": badge.points,
        "why": dict(why),
    }
    row = (await session.execute(statements.AWARD, values)).one()
    made = Awarded(act_id, row.awards or [], row.members or [])
    if row.undone:
        await recount(session, workspace.id, badge.id, row.undone)
    if made.award_ids:
        await _settle(session, badge, made, giver_id, now)
    if made.award_ids and is_told:
        await announce.awarded(session, badge, act_id, made.member_ids, conversation_id=conversation_id)
    return made


async def _settle(session: AsyncSession, badge: Badge, made: Awarded, giver_id: int | None, now: datetime) -> None:
    """Pay what was awarded, and owe what the badge calls."""
    first, last = min(made.award_ids), max(made.award_ids)
    await paying.pay(
        session,
        workspace_id=badge.workspace_id,
        badge_ids=[badge.id],
        first=first,
        last=last,
        count=len(made.award_ids) if badge.points else 0,
        giver_id=giver_id,
        reference=f"act:{made.act_id}",
        now=now,
    )
    await announce.called(session, badge, first, last)


def terms_of(definition: Definition, workspace: Workspace, now: datetime, *, source: str) -> Terms:
    """The limits of a badge at a moment. Without any calendar limit the key is the id of what asked for the award."""
    zone = zone_of(definition, workspace)
    if not definition.multiple:
        return Terms("", None, timeframe.Gap(), zone.key, is_once=True)
    current = timeframe.current(definition.timeframe, now, zone)
    gap = timeframe.gap(definition.timeframe, definition.cooldown_minutes)
    return Terms(current.key if current else source[:SOURCE_MAX], current, gap, zone.key, is_once=False)


def _limits(
    workspace: Workspace, badge: Badge, terms: Terms, member_ids: Sequence[int], now: datetime
) -> dict[str, Any]:
    return {
        "workspace_id": workspace.id,
        "badge_id": badge.id,
        "receivers": sorted(set(member_ids)),
        "period": terms.period_key,
        "is_once": terms.is_once,
        "zone": terms.zone,
        "calendar": terms.gap.calendar,
        "absolute": terms.gap.absolute,
        "now": now,
    }


async def _why_not(
    session: AsyncSession,
    workspace: Workspace,
    badge: Badge,
    missed: Sequence[int],
    source: str,
    now: datetime,
) -> Refusal:
    definition = definition_of(badge)
    terms = terms_of(definition, workspace, now, source=source)
    limits = _limits(workspace, badge, terms, missed, now)
    del limits["now"]
    row = (await session.execute(statements.IN_THE_WAY, limits)).one()
    known = {"badge": badge.name, "name": row.display_name or "?"}
    if row.is_enabled is not True:
        return BadgeDisabled(badge=badge.name)
    if row.held_since is None and row.free_at is not None and not terms.gap.is_none:
        return BadgeTooSoon(**known, resets_at=row.free_at.isoformat(), zone=terms.zone)
    if terms.period is not None:
        resets_at = terms.period.ends_at.isoformat()
        return BadgeHeldThisPeriod(**known, timeframe=definition.timeframe, resets_at=resets_at, zone=terms.zone)
    return BadgeHeld(**known, since_on=(row.held_since or now).isoformat(), zone=terms.zone)


async def limit_in_the_way(
    session: AsyncSession, *, workspace: Workspace, badge: Badge, member_id: int, now: datetime
) -> Refusal | None:
    """Which limit of how often would leave a member out now; None: none."""
    definition = definition_of(badge)
    limits = _limits(workspace, badge, terms_of(definition, workspace, now, source="?"), [member_id], now)
    del limits["now"]
    row = (await session.execute(statements.IN_THE_WAY, limits)).one()
    if row.held_since is None and (row.free_at is None or row.free_at <= now):
        return None
    return await _why_not(session, workspace, badge, [member_id], "?", now)


async def hold_guards(session: AsyncSession, workspace_id: int, badge_id: int, member_ids: Sequence[int]) -> None:
    """Let nobody else give a badge to these members, or take it back, until the end of the transaction."""
    values = {"workspace_id": workspace_id, "badge_id": badge_id, "receivers": list(member_ids)}
    await session.execute(statements.LOCK_GUARDS, values)


async def recount(session: AsyncSession, workspace_id: int, badge_id: int, member_ids: Sequence[int]) -> None:
    """Let the guards tell the latest award that stands."""
    await hold_guards(session, workspace_id, badge_id, member_ids)
    values = {"workspace_id": workspace_id, "badge_id": badge_id, "receivers": list(member_ids)}
    for statement in statements.RECOUNT_GUARDS:
        await session.execute(statement, values)
