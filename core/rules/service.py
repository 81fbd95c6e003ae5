"""The verbs of rules: evaluate a badge, for everybody or for those whom something touched; plan what that would do."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Final

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.activities.models import LOGIN
from core.badges import announce, paying, queries, registry, timeframe
from core.badges import service as badges
from core.badges.checks import check_time, zone_of
from core.badges.definition.model import Definition
from core.badges.definition.rules import AchievementRule, AttendanceRule, Birthday, EmploymentDuration, WorkAnniversary
from core.badges.models import Badge
from core.errors import Refusal
from core.people import queries as people
from core.people.models import Workspace
from core.rules import attendance, awarding, holidays, metrics, per_member
from core.rules.asking import Asked
from core.rules.candidates import Wanted, candidates
from core.rules.models import RuleRun
from core.rules.touching import is_touched, list_touchable

BY_RULE: Final = ("automated", "recognition", "achievement", "computed")
QUIET: Final = ("automated", "recognition")
"""What comes with everyday work is told to its receiver alone."""
ROUNDS_MAX = 3
"""An award may touch the rules of another badge, and that one's again; what is left waits for the next touch."""

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
    if wanted.chooses and not await _claims(session, wanted, asked):
        return Evaluation(badge_id)
    why = {"by": "rule", **({"run": run} if run else {}), **({"event": event} if event else {})}
    given = await awarding.give(
        session, candidates(wanted, asked), badge=badge, terms=wanted.terms, asked=asked, why=why
    )
    await _follow(session, badge, given, now)
    if wanted.chooses and not given.many:
        await _release(session, wanted, asked)
    return Evaluation(badge_id, given.many, given.act_id, tuple(given.members), slow=_slow(wanted.definition))


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
    zone = zone_of(definition, workspace)
    _require_rules(badge, definition, members, event)
    check_time(badge, definition, zone, now)
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
    source = _source(definition, asked, run)
    terms = badges.terms_of(definition, workspace, _as_of(definition, asked), source=source)
    slow = _slow(definition)
    if slow and members is None:
        raise BadgePerMember(badge=badge.name, function=slow[0])
    if slow:
        asked = replace(asked, measured=await per_member.values(session, definition, asked))
    return Wanted(definition, terms, source), asked


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


async def _claims(session: AsyncSession, wanted: Wanted, asked: Asked) -> bool:
    """Whether this is the evaluation that chooses in this period or run; whoever else asks waits for it, and then does nothing."""
    if asked.members is not None:
        raise ValueError("rules that choose are evaluated for everybody")
    made = await session.execute(
        insert(RuleRun)
        .values(
            workspace_id=asked.workspace_id,
            badge_id=asked.badge_id,
            run=wanted.run,
            seed=asked.seed,
            at=asked.now,
        )
        .on_conflict_do_nothing()
        .returning(RuleRun.run)
    )
    return made.first() is not None


async def _release(session: AsyncSession, wanted: Wanted, asked: Asked) -> None:
    """Nobody was chosen: somebody may be later on."""
    await session.execute(
        delete(RuleRun).where(
            RuleRun.workspace_id == asked.workspace_id,
            RuleRun.badge_id == asked.badge_id,
            RuleRun.run == wanted.run,
        )
    )


async def _follow(session: AsyncSession, badge: Badge, given: awarding.Given, now: datetime) -> None:
    """What awards bring: their points, and who is told of them."""
    if given.undone:
        await badges.recount(session, badge.workspace_id, badge.id, given.undone)
    if not given.many:
        return
    await paying.pay(
        session,
        badge=badge,
        first=given.first,
        last=given.last,
        count=given.many,
        giver_id=None,
        reference=f"act:{given.act_id or given.first}",
        now=now,
    )
    crowd = announce.Crowd(given.first, given.last, given.many)
    if given.act_id is None:
        await announce.crowded(session, badge, crowd, is_quiet=badge.kind in QUIET)
    elif badge.kind in QUIET:
        await announce.in_private(session, given.act_id, given.members, workspace_id=badge.workspace_id)
    else:
        await announce.awarded(session, badge, given.act_id, given.members, conversation_id=None)


async def touch(
    session: AsyncSession, *, workspace_id: int, members: Sequence[int], types: Collection[str], now: datetime
) -> list[Evaluation]:
    """Something of these types happened to members: award them what they have earned by it.

    Badges whose rules do not look at any of the types are left alone. What comes of it is told in the evaluations, also of badges
    that are closed.
    """
    done: list[Evaluation] = []
    if not members:
        return done
    touchable = await list_touchable(session, workspace_id=workspace_id)
    touched = set(types)
    for _ in range(ROUNDS_MAX):
        fitting = [badge for badge in touchable if is_touched(badges.definition_of(badge), badge.kind, touched)]
        evaluations = [
            await evaluate(
                session,
                workspace_id=workspace_id,
                badge_id=badge.id,
                members=members,
                now=now,
                event=_event(touched),
            )
            for badge in fitting
        ]
        done += evaluations
        if not any(evaluation.awarded for evaluation in evaluations):
            break
        touched = {metrics.EARNED}
    return done


def _event(types: Collection[str]) -> str:
    return LOGIN if LOGIN in types else min(types)
