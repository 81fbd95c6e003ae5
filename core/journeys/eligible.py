"""Who may set out on a journey, as one query: for one member and for a whole company."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import registry, timeframe
from core.badges import service as badges
from core.badges.checks import zone_of
from core.badges.definition.model import Definition
from core.badges.definition.people import Entry
from core.badges.definition.rules import AchievementRule, AttendanceRule
from core.badges.eligibility import is_among
from core.badges.models import Award, Badge
from core.journeys.facts import Trail
from core.journeys.models import WINNER, Journey
from core.people.models import Member, Profile, Workspace
from core.rules import holidays, per_member
from core.rules.asking import Asked
from core.rules.candidates import CHOOSING, Wanted, candidates
from core.rules.service import BadgePerMember

_SOURCE = "enrol"
"""No award has this key: where nothing limits how often a badge may be had, nothing stands in the way of setting out again."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who is to set out: `members`, or everybody; of those whom `entries` name, if there are any. `by` is the member who asks,
    and `ignores_rules` whether that member's word stands for the rules of the badge."""

    origin: str
    members: Sequence[int] | None = None
    entries: Sequence[Entry] = ()
    by: int | None = None
    ignores_rules: bool = False


async def chosen_by(
    session: AsyncSession, trail: Trail, asking: Asking, *, workspace: Workspace, now: datetime
) -> Select[Any]:
    """(member_id) of whom an asking means, who may have the badge, and who is not on the way to it. Raises BadgePerMember."""
    definition = trail.definition
    if asking.ignores_rules or asking.origin == WINNER:
        definition = definition.model_copy(update={"rules": ()})
    if any(isinstance(rule, CHOOSING) for rule in definition.rules):
        return select(Member.id.label("member_id")).where(Member.workspace_id == workspace.id, Member.id == 0)
    asked = await _asked(session, trail, definition, asking, workspace, now)
    terms = badges.terms_of(definition, workspace, now, source=_SOURCE)
    able = candidates(Wanted(definition, terms, _SOURCE), asked).subquery()
    under_way = select(1).where(
        Journey.workspace_id == workspace.id,
        Journey.badge_id == trail.badge.id,
        Journey.member_id == able.c.member_id,
        Journey.completed_at.is_(None),
    )
    rows = select(able.c.member_id).where(~under_way.correlate(able).exists())
    if asking.entries:
        rows = rows.where(able.c.member_id.in_(_named(asking.entries, workspace)))
    if asking.origin == WINNER:
        rows = rows.where(_has_won(trail, able.c.member_id))
    return rows


def _named(entries: Sequence[Entry], workspace: Workspace) -> Select[Any]:
    of_member = (Profile.workspace_id == Member.workspace_id) & (Profile.member_id == Member.id)
    return select(Member.id).outerjoin(Profile, of_member).where(Member.workspace_id == workspace.id, is_among(entries))


def _has_won(trail: Trail, member: Any) -> Any:
    """Whether a member won one of the badges that lead here, since there is the journey and since they last set out."""
    set_out = select(func.max(Journey.enrolled_at)).where(
        Journey.workspace_id == trail.badge.workspace_id,
        Journey.badge_id == trail.badge.id,
        Journey.member_id == Award.member_id,
    )
    since = func.greatest(trail.badge.created_at, set_out.correlate(Award).scalar_subquery())
    won = (
        select(Award.id)
        .join(Badge, (Badge.workspace_id == Award.workspace_id) & (Badge.id == Award.badge_id))
        .where(
            Award.workspace_id == trail.badge.workspace_id,
            Award.member_id == member,
            Award.revoked_at.is_(None),
            Award.awarded_at > since,
            Badge.reward_id.in_(trail.definition.enroll_winners_of),
        )
    )
    return won.correlate(member.table).exists()


async def _asked(
    session: AsyncSession, trail: Trail, definition: Definition, asking: Asking, workspace: Workspace, now: datetime
) -> Asked:
    zone = zone_of(definition, workspace)
    asked = Asked(
        workspace_id=workspace.id,
        badge_id=trail.badge.id,
        zone=zone,
        now=now,
        timeframe=definition.timeframe,
        period=timeframe.current(definition.timeframe, now, zone),
        members=None if asking.members is None else tuple(sorted(set(asking.members))),
    )
    if any(isinstance(rule, AttendanceRule) for rule in definition.rules):
        asked = replace(asked, holidays=await holidays.known(session, workspace_id=workspace.id))
    slow = _slow(definition)
    if slow and asked.members is None:
        raise BadgePerMember(badge=trail.badge.name, function=slow)
    return replace(asked, measured=await per_member.values(session, definition, asked)) if slow else asked


def _slow(definition: Definition) -> str:
    called = [rule.called for rule in definition.rules if isinstance(rule, AchievementRule)]
    return next((name for name in called if (named := registry.find("metric", name)) and named.is_per_member), "")
