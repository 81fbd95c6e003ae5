"""The verbs of rules: evaluate a badge, for everybody or for those whom something touched; plan what that would do."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

from sqlalchemy import ColumnElement, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from core.activities.models import LOGIN
from core.badges import queries, registry, timeframe
from core.badges import service as badges
from core.badges.checks import check_time, zone_of
from core.badges.definition.kinds import BY_RULE
from core.badges.definition.model import Definition
from core.badges.definition.rules import AchievementRule, AttendanceRule, Birthday, EmploymentDuration, WorkAnniversary
from core.badges.models import Badge
from core.database import LOCK_SECONDS, sqlstate
from core.errors import Refusal
from core.people import queries as people
from core.people.models import Workspace
from core.rules import attendance, choosing, granting, holidays, metrics, per_member
from core.rules.asking import Asked
from core.rules.awarding import Given, Grant
from core.rules.candidates import Wanted
from core.rules.listening import listeners
from core.rules.touching import is_touched, list_touchable

LOCK_NOT_AVAILABLE = "55P03"
_HURRY = text("SELECT set_config('lock_timeout', '50ms', true)")
_TAKE_TIME = text(f"SELECT set_config('lock_timeout', '{LOCK_SECONDS}s', true)")

_OF_DAY = (Birthday, EmploymentDuration, WorkAnniversary)


class BadgeGone(Refusal):
    """There is no such badge in the workspace."""

    code = "badge_gone"


class BadgeNotByRule(Refusal):
    """`kind` says how it is got instead."""

    code = "badge_not_by_rule"


class BadgeNeedsEvent(Refusal):
    """Without rules it comes with an event: there is nothing to evaluate for everybody."""

    code = "badge_needs_event"


class BadgePerMember(Refusal):
    """A rule calls `function`, which can only be asked for one member at a time: it is for touched members."""

    code = "badge_per_member"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What an evaluation came to. `refused` says why nothing could be awarded at all; `act_id` is the act if all awards are one.
    `slow` are functions that were asked for one member at a time."""

    badge_id: int
    awarded: int = 0
    act_id: int | None = None
    members: tuple[int, ...] = ()
    refused: Refusal | None = None
    slow: tuple[str, ...] = ()


async def evaluate(
    session: AsyncSession,
    *,
    workspace_id: int,
    badge_id: int,
    members: Sequence[int] | None = None,
    now: datetime,
    run: str | None = None,
    event: str | None = None,
    seed: str | None = None,
) -> Evaluation:
    """Award a badge to everybody who meets its rules and does not have it: one statement, for `members` or for all.

    `run` names what asks, such as a due period of a job: where no calendar limits the badge, each run may award it once, and
    without a run each day. `event` is what touched the members. `seed` decides a draw; without one it is drawn by lot. What
    stands in the way of everybody (closed, disabled, not by rules) is told in the result and not raised.
    """
    badge = await queries.get(session, badge_id, workspace_id=workspace_id)
    if badge is None:
        return Evaluation(badge_id, refused=BadgeGone())
    workspace = await people.workspace(session, workspace_id)
    try:
        wanted, asked = await question(
            session, badge, workspace=workspace, members=members, now=now, run=run, event=event, seed=seed
        )
    except Refusal as refused:
        return Evaluation(badge_id, refused=refused)
    if wanted.chooses and not await choosing.claim(session, wanted, asked):
        return Evaluation(badge_id)
    given = await granting.grant(session, [Grant(badge, wanted, asked, _why(run, event))])
    made = next(iter(given), None)
    if made is None:
        if wanted.chooses:
            await choosing.release(session, wanted, asked)
        return Evaluation(badge_id, slow=_slow(wanted.definition))
    return Evaluation(badge_id, made.many, made.act_id, tuple(made.members), slow=_slow(wanted.definition))


def _why(run: str | None, event: str | None) -> dict[str, str]:
    return {"by": "rule", **({"run": run} if run else {}), **({"event": event} if event else {})}


async def question(
    session: AsyncSession,
    badge: Badge,
    *,
    workspace: Workspace,
    members: Sequence[int] | None,
    now: datetime,
    run: str | None = None,
    event: str | None = None,
    seed: str | None = None,
) -> tuple[Wanted, Asked]:
    """What has to be asked to evaluate a badge. Raises what stands in everybody's way: a Refusal of this module or of
    core.badges.checks."""
    definition = badges.definition_of(badge)
    _require_rules(badge, definition, members, event)
    check_time(badge, definition, zone_of(definition, workspace), now)
    if (slow := _slow(definition)) and members is None:
        raise BadgePerMember(badge=badge.name, function=slow[0])
    asked = await asking(session, badge, definition, workspace=workspace, members=members, now=now, seed=seed)
    source = _source(definition, asked, run)
    terms = badges.terms_of(definition, workspace, _as_of(definition, asked), source=source)
    return Wanted(definition, terms, source), asked


async def asking(
    session: AsyncSession,
    badge: Badge,
    definition: Definition,
    *,
    workspace: Workspace,
    members: Sequence[int] | None,
    now: datetime,
    seed: str | None = None,
) -> Asked:
    """What the badge's rules are asked, with what they need that is no query."""
    zone = zone_of(definition, workspace)
    asked = Asked(
        workspace_id=workspace.id,
        badge_id=badge.id,
        zone=zone,
        now=now,
        timeframe=definition.timeframe,
        period=timeframe.current(definition.timeframe, now, zone),
        members=None if members is None else tuple(sorted(set(members))),
        seed=seed or secrets.token_hex(16),
    )
    if any(isinstance(rule, AttendanceRule) for rule in definition.rules):
        asked = replace(asked, holidays=await holidays.known(session, workspace_id=workspace.id))
    if members is not None and _slow(definition):
        asked = replace(asked, measured=await per_member.values(session, definition, asked))
    return asked


async def narrowing(
    session: AsyncSession, *, workspace_id: int, badge_id: int, now: datetime
) -> ColumnElement[bool] | None:
    """What a badge's other rules ask of those among whom its rule RandomUsers draws; None: nothing."""
    badge = await queries.get(session, badge_id, workspace_id=workspace_id)
    if badge is None:
        return None
    workspace, definition = await people.workspace(session, workspace_id), badges.definition_of(badge)
    asked = await asking(session, badge, definition, workspace=workspace, members=None, now=now)
    return choosing.among_others(badge, asked, workspace=workspace, now=now)


def _require_rules(badge: Badge, definition: Definition, members: Sequence[int] | None, event: str | None) -> None:
    if badge.kind not in BY_RULE:
        raise BadgeNotByRule(badge=badge.name, kind=badge.kind)
    if not definition.rules and badge.kind != "computed" and (members is None or event is None):
        raise BadgeNeedsEvent(badge=badge.name)


def _as_of(definition: Definition, asked: Asked) -> datetime:
    """The moment whose period an award belongs to: what was earned by a month's attendance is that month's."""
    rules = [rule for rule in definition.rules if isinstance(rule, AttendanceRule)]
    ends = [day for rule in rules if (day := attendance.ends_on(rule, asked))]
    return min([asked.now, *(datetime.combine(day, time(12), asked.zone).astimezone(UTC) for day in ends)])


def _source(definition: Definition, asked: Asked, run: str | None) -> str:
    """The key of an award that no calendar limits. What holds on one day is had once on it, however often somebody asks."""
    if run is None or any(isinstance(rule, _OF_DAY) for rule in definition.rules):
        return f"on:{asked.today.isoformat()}"
    return f"run:{run}"


def _slow(definition: Definition) -> tuple[str, ...]:
    called = [rule.called for rule in definition.rules if isinstance(rule, AchievementRule)]
    return tuple(name for name in called if (named := registry.find("metric", name)) and named.is_per_member)


async def touch(
    session: AsyncSession,
    *,
    workspace_id: int,
    members: Sequence[int],
    types: Collection[str],
    now: datetime,
    run: str | None = None,
) -> Sequence[Evaluation]:
    """Something of these types happened to members: award them what they have earned by it, all badges in one statement.

    `run` names the event: a badge that names its `events` and has no calendar limit may be had once for each.

    Badges whose rules look at none of the types are left alone. What awards bring may be what another badge's rules look at:
    that one is looked at right after, unless somebody else is busy with it; then it is at the next touch, or on its schedule.
    """
    if not members:
        return []
    workspace = await people.workspace(session, workspace_id)
    for listener in listeners:
        await listener(session, workspace=workspace, members=members, types=types, now=now)
    touchable = [
        (badge, badges.definition_of(badge)) for badge in await list_touchable(session, workspace_id=workspace_id)
    ]
    done = await _touched(session, workspace, touchable, members, types, now, run)
    if any(evaluation.awarded for evaluation in done):
        done += await _afterwards(session, workspace, touchable, members, now)
    return done


async def _touched(
    session: AsyncSession,
    workspace: Workspace,
    touchable: Sequence[tuple[Badge, Definition]],
    members: Sequence[int],
    types: Collection[str],
    now: datetime,
    run: str | None = None,
) -> list[Evaluation]:
    grants: list[Grant] = []
    refused: list[Evaluation] = []
    event = LOGIN if LOGIN in types else min(types, default="")
    for badge, definition in touchable:
        if not is_touched(definition, badge.kind, types):
            continue
        by = run if definition.events else None
        try:
            wanted, asked = await question(
                session, badge, workspace=workspace, members=members, now=now, run=by, event=event
            )
        except Refusal as refusal:
            refused.append(Evaluation(badge.id, refused=refusal))
            continue
        grants.append(Grant(badge, wanted, asked, _why(by, event)))
    choosing = [grant for grant in grants if grant.wanted.chooses]
    plain = [grant for grant in grants if grant not in choosing]
    given = {each.badge_id: each for each in await granting.grant(session, plain)} if plain else {}
    return refused + [_evaluated(grant, given.get(grant.badge.id)) for grant in plain]


def _evaluated(grant: Grant, given: Given | None) -> Evaluation:
    slow = _slow(grant.wanted.definition)
    if given is None:
        return Evaluation(grant.badge.id, slow=slow)
    return Evaluation(grant.badge.id, given.many, given.act_id, tuple(given.members), slow=slow)


async def _afterwards(
    session: AsyncSession,
    workspace: Workspace,
    touchable: Sequence[tuple[Badge, Definition]],
    members: Sequence[int],
    now: datetime,
) -> list[Evaluation]:
    """The badges that look at points and badges. Their guards are asked for while accounts are held, which is against the order:
    so nobody is waited for."""
    if not any(is_touched(definition, badge.kind, {metrics.EARNED}) for badge, definition in touchable):
        return []
    try:
        async with session.begin_nested():
            await session.execute(_HURRY)
            done = await _touched(session, workspace, touchable, members, {metrics.EARNED}, now)
            await session.execute(_TAKE_TIME)
            return done
    except DBAPIError as error:
        if sqlstate(error) != LOCK_NOT_AVAILABLE:
            raise
        return []
