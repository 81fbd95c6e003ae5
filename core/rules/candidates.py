"""Who meets all of a badge's rules and limits, as one query; and of those the few whom a rule chooses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Interval,
    LargeBinary,
    Select,
    Text,
    cast,
    exists,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import FromClause

from core.badges.checks import may_get
from core.badges.definition.model import Definition
from core.badges.definition.rules import BestSeller, RandomUsers
from core.badges.models import Award, AwardGuard
from core.badges.service import Terms
from core.people.models import Member, Profile
from core.rules.asking import Asked, Measure, among
from core.rules.measures import measured
from core.rules.weights import weight_of

CHOOSING = (RandomUsers, BestSeller)
"""Rules that choose some of those who meet all others, once for each run."""

_OF_MEMBER = (Profile.workspace_id == Member.workspace_id) & (Profile.member_id == Member.id)
_CHANCE_BYTES = 6


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be awarded: the badge's definition, how often it may be had, and the id of what asks."""

    definition: Definition
    terms: Terms
    source: str

    @property
    def run(self) -> str:
        """For which choice a rule that chooses chooses once: that of a period of the badge, else of what asks."""
        return self.source if self.terms.is_once else self.terms.period_key

    @property
    def chooses(self) -> bool:
        return any(isinstance(rule, CHOOSING) for rule in self.definition.rules)


def candidates(wanted: Wanted, asked: Asked) -> Select[Any]:
    """(member_id, rules, more): whoever may have the badge, does not have it, and meets every rule; with the figures of each
    rule, and what choosing them came to."""
    measures = [measured(rule, asked) for rule in wanted.definition.rules]
    found = _meeting(wanted, asked, measures)
    for place, rule in enumerate(wanted.definition.rules):
        if isinstance(rule, BestSeller):
            found = _best(found, rule, place)
        elif isinstance(rule, RandomUsers):
            found = _drawn(found, rule, place, asked)
    inner = found.subquery()
    return select(inner.c.member_id, inner.c.rules, inner.c.more)


def joined(measures: Sequence[Measure], *, is_inner: bool = True) -> FromClause:
    """Members with their profiles and what each rule measures of them. `is_inner`: without those who cannot meet a rule."""
    tables: FromClause = Member.__table__.outerjoin(Profile.__table__, _OF_MEMBER)
    for measure in measures:
        if measure.source is not None:
            tables = tables.join(
                measure.source, measure.source.c[0] == Member.id, isouter=not (is_inner and measure.is_inner)
            )
    return tables


def _meeting(wanted: Wanted, asked: Asked, measures: Sequence[Measure]) -> Select[Any]:
    rows = (
        select(
            Member.id.label("member_id"),
            func.jsonb_build_array(*(measure.told for measure in measures)).label("rules"),
            literal({}, JSONB).label("more"),
            *_ordering(wanted.definition, measures),
        )
        .select_from(joined(measures))
        .where(
            Member.workspace_id == asked.workspace_id,
            may_get(wanted.definition),
            *(measure.holds for measure in measures),
            *_limits(wanted.terms, asked),
        )
    )
    return rows if asked.members is None else rows.where(Member.id == among(asked.members))


def _ordering(definition: Definition, measures: Sequence[Measure]) -> Iterator[Any]:
    """What the choosing rules choose by, as `by_0`, `by_1`, … in the order of the rules."""
    for place, (rule, measure) in enumerate(zip(definition.rules, measures, strict=True)):
        if isinstance(rule, BestSeller):
            assert measure.value is not None
            yield measure.value.label(f"by_{place}")
        elif isinstance(rule, RandomUsers):
            yield weight_of(rule).label(f"by_{place}")


def _limits(terms: Terms, asked: Asked) -> list[ColumnElement[bool]]:
    """Whoever has the badge already is left out before anybody is chosen; the keys decide in the end, see core.rules.awarding."""
    held = select(1).where(
        Award.workspace_id == asked.workspace_id,
        Award.badge_id == asked.badge_id,
        Award.member_id == Member.id,
        Award.revoked_at.is_(None),
        *([] if terms.is_once else [Award.period == terms.period_key]),
    )
    limits: list[ColumnElement[bool]] = [~exists(held.correlate(Member))]
    if not terms.gap.is_none:
        guarded = select(1).where(
            AwardGuard.workspace_id == asked.workspace_id,
            AwardGuard.badge_id == asked.badge_id,
            AwardGuard.member_id == Member.id,
            free_at(terms) > asked.now,
        )
        limits.append(~exists(guarded.correlate(Member)))
    return limits


def free_at(terms: Terms) -> ColumnElement[Any]:
    """When the limits that roll let a member have the badge again, by `award_guard`: days and longer on the local clock."""
    calendar = cast(cast(literal(terms.gap.calendar), Text), Interval)
    absolute = cast(cast(literal(terms.gap.absolute), Text), Interval)
    local = func.timezone(terms.zone, AwardGuard.last_at)
    found: ColumnElement[Any] = func.greatest(
        func.timezone(terms.zone, local + calendar), AwardGuard.last_at + absolute
    )
    return found


def _best(found: Select[Any], rule: BestSeller, place: int) -> Select[Any]:
    """Whoever sold as much as the last of the best shares that rank."""
    inner = found.subquery()
    sold = inner.c[f"by_{place}"]
    ranked = select(inner, func.rank().over(order_by=sold.desc()).label("rank")).subquery()
    kept = [column for column in ranked.c if column.key not in {"more", "rank"}]
    told = func.jsonb_build_object("rank", ranked.c.rank, "sales_count", ranked.c[f"by_{place}"])
    return select(*kept, ranked.c.more.op("||")(told).label("more")).where(ranked.c.rank <= rule.count)


def _drawn(found: Select[Any], rule: RandomUsers, place: int, asked: Asked) -> Select[Any]:
    """In the order of SHA-256 of seed and member, so that whoever knows the seed finds the same; by weight as Efraimidis and
    Spirakis do: the least -ln(chance)/weight first."""
    inner = found.subquery()
    digest = func.sha256(cast(func.concat(asked.seed, ":", inner.c.member_id), LargeBinary))
    if rule.weights is None:
        return select(inner).order_by(digest, inner.c.member_id).limit(rule.count)
    whole: ColumnElement[Any] = cast(0, BigInteger)
    for position in range(_CHANCE_BYTES):
        whole = whole * 256 + func.get_byte(digest, position)
    chance = (cast(whole, Float) + 0.5) / float(256**_CHANCE_BYTES)
    weight = inner.c[f"by_{place}"]
    order = -func.ln(chance) / cast(weight, Float)
    return select(inner).where(weight > 0).order_by(order, inner.c.member_id).limit(rule.count)
