"""What must hold before a badge is given, and how it is said which of it does not: who, whom, and when.

Limits of how often are no checks: the statement that awards keeps them, see core.badges.service.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, and_, any_, literal, not_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import environment
from core.badges.definition.availability import Availability
from core.badges.definition.kinds import GIVEN_BY_HAND
from core.badges.definition.model import Definition
from core.badges.definition.people import FIELDS, Entry
from core.badges.definition.rules import ClockRule
from core.badges.eligibility import is_among, is_in_programs, meets, meets_one
from core.badges.models import Badge
from core.badges.moments import times_of
from core.errors import Refusal
from core.people.models import LEFT, Member, Profile, Workspace
from core.people.queries import Person

_OF_MEMBER = and_(Profile.workspace_id == Member.workspace_id, Profile.member_id == Member.id)
_PERSONAL = ("user_ids", "emails")
MEETINGS_MAX = 400
"""How often two rules may miss each other before it is said that they never meet."""


class BadgeDisabled(Refusal):
    code = "badge_disabled"


class BadgeNotByHand(Refusal):
    """`kind` says how it is got instead."""

    code = "badge_not_by_hand"


class BadgeNotYet(Refusal):
    """Before its effective date."""

    code = "badge_not_yet"


class BadgeClosed(Refusal):
    """Outside of its times, until `opens_at`."""

    code = "badge_closed"


class BadgeOver(Refusal):
    """Outside of its times, for good."""

    code = "badge_over"


class BadgeNotYours(Refusal):
    """The giver is not among those who may. `who` are the entries of those who may, as lists by field."""

    code = "badge_not_yours"


class BadgeNotForThem(Refusal):
    """A receiver is not among those who may have it. `who` as above."""

    code = "badge_not_for_them"


class BadgeConditionUnmet(Refusal):
    """A receiver does not meet a condition: `attribute`, `operator`, `wanted`."""

    code = "badge_condition_unmet"


class BadgeGiverGone(Refusal):
    code = "badge_giver_left"


class BadgeReceiverGone(Refusal):
    code = "badge_receiver_left"


class BadgeToOneself(Refusal):
    code = "badge_to_oneself"


class BadgeToNobody(Refusal):
    code = "badge_to_nobody"


class BadgeToTooMany(Refusal):
    code = "badge_to_too_many"


def zone_of(definition: Definition, workspace: Workspace) -> ZoneInfo:
    return ZoneInfo(definition.timezone or workspace.time_zone)


def effective_at(definition: Definition, zone: ZoneInfo) -> datetime | None:
    """When the badge begins to exist: a date means its first instant in the zone."""
    if definition.effective_date is None:
        return None
    given = datetime.fromisoformat(definition.effective_date)
    return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)


def check_time(badge: Badge, definition: Definition, zone: ZoneInfo, now: datetime) -> None:
    """Raises BadgeDisabled, BadgeNotYet, BadgeClosed, BadgeOver."""
    if not badge.is_enabled:
        raise BadgeDisabled(badge=badge.name)
    begins_at = effective_at(definition, zone)
    if begins_at is not None and now < begins_at:
        raise BadgeNotYet(badge=badge.name, opens_at=begins_at.isoformat(), zone=zone.key)
    if is_open(definition, now, zone):
        return
    # From the next second on: what is open now and no more in a moment must not be told as its own next opening.
    opens = _opens_at(_times(definition), now + timedelta(seconds=1), zone)
    if opens is None:
        raise BadgeOver(badge=badge.name)
    raise BadgeClosed(badge=badge.name, opens_at=opens.isoformat(), zone=zone.key)


def is_open(definition: Definition, now: datetime, zone: ZoneInfo) -> bool:
    """Whether a badge's own times and those of its clock rules are open; its effective date is another matter."""
    return all(environment.is_open(rule, now, zone) for rule in _times(definition))


def _opens_at(times: Sequence[Availability | None], after: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant from `after` on at which all are open at once; None if there is none in sight."""
    moment = after
    for _ in range(MEETINGS_MAX):
        found = [environment.opens_at(rule, moment, zone) for rule in times]
        if None in found:
            return None
        latest = max(each for each in found if each is not None)
        if latest == moment:
            return moment
        moment = latest
    return None


def _times(definition: Definition) -> list[Availability | None]:
    """All that must be open: the badge's own times, and the moments that its clock rules stand for."""
    return [definition.availability_rule, *(times_of(rule) for rule in definition.rules if isinstance(rule, ClockRule))]


def check_people(workspace: Workspace, badge: Badge, giver: Person | None, receivers: Sequence[Person]) -> list[Person]:
    """The receivers, each once. `giver` is None when nobody gives but a rule."""
    unique = list({person.member_id: person for person in receivers}.values())
    if not unique:
        raise BadgeToNobody(badge=badge.name)
    if giver is not None:
        if badge.kind not in GIVEN_BY_HAND:
            raise BadgeNotByHand(badge=badge.name, kind=badge.kind)
        if giver.has_left:
            raise BadgeGiverGone
        if any(person.member_id == giver.member_id for person in unique):
            raise BadgeToOneself
    for person in unique:
        if person.has_left:
            raise BadgeReceiverGone(name=person.name)
    if giver is not None and len(unique) > workspace.receivers_max:
        raise BadgeToTooMany(count=len(unique), limit=workspace.receivers_max)
    return unique


def may_give(definition: Definition) -> ColumnElement[bool]:
    """Of a member: whether they may give the badge, by its assigner."""
    return and_(Member.status != LEFT, Member.merged_into.is_(None), is_among(definition.assigner))


def may_get(definition: Definition) -> ColumnElement[bool]:
    """Of a member: whether they may have the badge, by its awardee, its programs and its conditions."""
    return and_(
        Member.status != LEFT,
        Member.merged_into.is_(None),
        is_among(definition.awardee),
        is_in_programs(definition.programs),
        meets(definition.conditions),
    )


async def check_giver(
    session: AsyncSession, *, workspace: Workspace, badge: Badge, definition: Definition, giver: Person
) -> None:
    """Raises BadgeNotYours."""
    if not definition.assigner:
        return
    found = await session.scalar(
        select(Member.id)
        .outerjoin(Profile, _OF_MEMBER)
        .where(Member.workspace_id == workspace.id, Member.id == giver.member_id, may_give(definition))
    )
    if found is None:
        raise BadgeNotYours(badge=badge.name, who=told(definition.assigner))


async def check_receivers(
    session: AsyncSession, *, workspace: Workspace, badge: Badge, definition: Definition, member_ids: Sequence[int]
) -> None:
    """One statement for all of them. Raises BadgeReceiverGone, BadgeNotForThem, BadgeConditionUnmet of the first who may not."""
    row = (
        await session.execute(
            select(
                Profile.display_name,
                and_(Member.status != LEFT, Member.merged_into.is_(None)),
                and_(is_among(definition.awardee), is_in_programs(definition.programs)),
                *(meets_one(condition) for condition in definition.conditions),
            )
            .select_from(Member)
            .outerjoin(Profile, _OF_MEMBER)
            .where(Member.workspace_id == workspace.id, Member.id == _any(member_ids), not_(may_get(definition)))
            .order_by(Member.id)
            .limit(1)
        )
    ).first()
    if row is None:
        return
    name, is_here, is_named, *met = row
    if not is_here:
        raise BadgeReceiverGone(name=name or "?")
    if not is_named:
        who = told(definition.awardee) + ([{"programs": list(definition.programs)}] if definition.programs else [])
        raise BadgeNotForThem(badge=badge.name, name=name or "?", who=who)
    failed = definition.conditions[met.index(False)]
    wanted = list(failed.value) if isinstance(failed.value, tuple) else failed.value
    raise BadgeConditionUnmet(
        badge=badge.name, name=name or "?", attribute=failed.attribute, operator=failed.operator, wanted=wanted
    )


def _any(member_ids: Sequence[int]) -> Any:
    return any_(literal(list(member_ids), ARRAY(BigInteger)))


def told(entries: Sequence[Entry]) -> list[dict[str, list[str]]]:
    """Entries as data of a refusal; people named by address or id are told as a number of people, not by who they are."""
    return [
        {
            field: list(values)
            for field in FIELDS
            if (values := getattr(entry, field)) is not None and field not in _PERSONAL
        }
        or {"people": [str(sum(len(getattr(entry, field) or ()) for field in _PERSONAL))]}
        for entry in entries
    ]
