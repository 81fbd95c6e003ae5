"""What each rule is as SQL over members and their profiles."""

import operator
from calendar import isleap
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import singledispatch
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Numeric,
    and_,
    case,
    cast,
    extract,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.sql.selectable import Subquery

from core.badges import environment, registry, timeframe
from core.badges.definition.people import Entry
from core.badges.definition.rules import (
    AchievementRule,
    AttendanceRule,
    BestSeller,
    Birthday,
    ClockRule,
    DirectManagerRule,
    EmploymentDuration,
    HierarchyRelationship,
    RandomUsers,
    WorkAnniversary,
)
from core.badges.eligibility import is_among
from core.badges.models import Award
from core.badges.moments import times_of
from core.clock import Period, period
from core.people.models import Member, Profile
from core.rules import attendance, metrics
from core.rules.asking import Asked, Measure, key_of

_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    "gte": operator.ge, "gt": operator.gt, "lte": operator.le, "lt": operator.lt, "eq": operator.eq, "ne": operator.ne,
}  # fmt: skip


@singledispatch
def measured(rule: Any, asked: Asked) -> Measure:
    """A rule of a definition as a Measure."""
    raise TypeError(f"no rule: {type(rule).__name__}, asked of workspace {asked.workspace_id}")


@measured.register
def _(rule: AchievementRule, asked: Asked) -> Measure:
    named = registry.find("metric", rule.called)
    assert named is not None
    facts = {
        "metric": rule.called,
        "operator": rule.operator,
        "threshold": rule.threshold,
        "params": dict(rule.function_params),
    }
    if named.is_per_member:
        return _of_values(rule, asked.measured.get(key_of(rule.called, rule.function_params), {}), facts)
    rows = metrics.query(named, asked, rule.function_params).subquery()
    return _compared(rule, facts, rows)


def _compared(rule: AchievementRule, facts: Mapping[str, Any], rows: Subquery) -> Measure:
    member, value = (rows.c[0], rows.c[1])
    joined = select(member.label("member_id"), value.label("value")).subquery()
    if isinstance(value.type, Boolean):
        found: ColumnElement[Any] = func.coalesce(joined.c.value, false())
        return Measure("AchievementRule", facts, found, value=found, source=joined, is_inner=True)
    compare = _COMPARED[rule.operator]
    if not compare(0, rule.threshold):
        return Measure(
            "AchievementRule",
            facts,
            compare(joined.c.value, _as_it_is(rule.threshold)),
            value=joined.c.value,
            source=joined,
            is_inner=True,
        )
    found = func.coalesce(joined.c.value, 0)
    return Measure("AchievementRule", facts, compare(found, _as_it_is(rule.threshold)), value=found, source=joined)


def _as_it_is(threshold: float) -> ColumnElement[Any]:
    """A whole number stays one: a column of whole numbers that is turned into decimals has no statistics any more."""
    return literal(threshold, BigInteger if isinstance(threshold, int) else Numeric)


def _of_values(rule: AchievementRule, values: Mapping[int, Any], facts: Mapping[str, Any]) -> Measure:
    """A metric of the per-member form, whose values were asked for beforehand: truth passes, numbers are compared."""
    compare = _COMPARED[rule.operator]
    passing = {
        member_id: value
        for member_id, value in values.items()
        if (value if isinstance(value, bool) else compare(value or 0, rule.threshold))
    }
    told: ColumnElement[Any] = case(
        {member_id: func.to_jsonb(_plain(value)) for member_id, value in values.items()} or {0: func.to_jsonb(0)},
        value=Member.id,
    )
    return Measure("AchievementRule", facts, Member.id.in_(sorted(passing)), value=told)


def _plain(value: Any) -> ColumnElement[Any]:
    return literal(value, Boolean) if isinstance(value, bool) else literal(value or 0, Numeric)


@measured.register
def _(rule: AttendanceRule, asked: Asked) -> Measure:
    return attendance.measure(rule, asked)


@measured.register
def _(rule: Birthday, asked: Asked) -> Measure:
    days = [(Profile.birth_month, Profile.birth_day, day) for day in _days_of(asked.today)]
    holds = or_(*(and_(month == day[0], number == day[1]) for month, number, day in days))
    return Measure(rule.type, {"on": asked.today.isoformat()}, func.coalesce(holds, false()))


def _days_of(day: date) -> list[tuple[int, int]]:
    """The days of a year that are celebrated on a day: in years without one, 29 February is on the 28th."""
    own = [(day.month, day.day)]
    return [*own, (2, 29)] if own == [(2, 28)] and not isleap(day.year) else own


@measured.register
def _(rule: EmploymentDuration, asked: Asked) -> Measure:
    return _anniversary(rule.type, asked, None)


@measured.register
def _(rule: WorkAnniversary, asked: Asked) -> Measure:
    return _anniversary(rule.type, asked, rule.years)


def _anniversary(name: str, asked: Asked, wanted: int | None) -> Measure:
    years = asked.today.year - extract("year", Profile.hire_date)
    month, number = extract("month", Profile.hire_date), extract("day", Profile.hire_date)
    on_day = or_(*(and_(month == day[0], number == day[1]) for day in _days_of(asked.today)))
    holds = and_(on_day, years == wanted if wanted else years >= 1)
    facts = {"on": asked.today.isoformat(), **({"years": wanted} if wanted else {})}
    return Measure(name, facts, func.coalesce(holds, false()), value=years)


@measured.register
def _(rule: ClockRule, asked: Asked) -> Measure:
    holds = environment.is_open(times_of(rule), asked.now, asked.zone)
    return Measure(rule.type, {"at": asked.now.isoformat()}, true() if holds else false())


@measured.register
def _(rule: DirectManagerRule, _: Asked) -> Measure:
    """Asks how a giver is related to the receiver; what rules give has no giver. By hand: core.badges.relations."""
    return Measure(rule.type, {}, false())


@measured.register
def _(rule: HierarchyRelationship, _: Asked) -> Measure:
    return Measure(rule.type, {}, false())


@measured.register
def _(rule: RandomUsers, asked: Asked) -> Measure:
    """Who takes part; who of them wins is chosen afterwards, see core.rules.picking."""
    holds: list[ColumnElement[bool]] = [true()]
    if rule.filters is not None:
        entry = Entry(
            departments=rule.filters.departments or None,
            job_codes=rule.filters.job_codes or None,
            groups=rule.filters.groups or None,
            programs=rule.filters.programs or None,
        )
        holds.append(is_among([entry]))
        if rule.filters.min_tenure_days is not None:
            latest = asked.today - timedelta(days=rule.filters.min_tenure_days)
            holds.append(func.coalesce(Profile.hire_date <= latest, false()))
    if rule.exclude_recent_winners:
        holds.append(_is_no_recent_winner(rule.recent_winner_days, asked))
    return Measure(rule.type, {"count": rule.count, "seed": asked.seed}, and_(*holds))


def _is_no_recent_winner(days: int, asked: Asked) -> ColumnElement[bool]:
    won = select(1).where(
        Award.workspace_id == asked.workspace_id,
        Award.badge_id == asked.badge_id,
        Award.member_id == Member.id,
        Award.revoked_at.is_(None),
        Award.awarded_at > asked.now - timedelta(days=days),
    )
    return ~won.correlate(Member).exists()


@measured.register
def _(rule: BestSeller, asked: Asked) -> Measure:
    """Who sold anything; who of them sold most is chosen afterwards."""
    current = asked.period or period("month", asked.now, asked.zone)
    if rule.period == "last":
        current = _before(current, asked)
    kind = metrics.type_of(rule.column)
    rows = metrics.sold(asked, kind, starts_at=current.starts_at, ends_at=current.ends_at).subquery()
    joined = select(rows.c[0].label("member_id"), rows.c[1].label("value")).subquery()
    facts = {"count": rule.count, "type": kind, "period": current.key}
    return Measure(
        rule.type, facts, joined.c.value > 0, value=cast(joined.c.value, Numeric), source=joined, is_inner=True
    )


def _before(current: Period, asked: Asked) -> Period:
    """The period before one: that of the badge's timeframe, else the month."""
    earlier = current.starts_at - timedelta(microseconds=1)
    if asked.period is None:
        return period("month", earlier, asked.zone)
    found = timeframe.current(asked.timeframe, earlier, asked.zone)
    assert found is not None
    return found
