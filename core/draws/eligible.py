"""Who takes part in a draw, and with how many tickets, as SQL over members: the same for one and for a million."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Numeric,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY

from core.draws.lottery import TICKETS_MAX
from core.draws.models import DRAWN, PAID, Draw, DrawEntrant, DrawResult
from core.people.models import LEFT, Member, Profile

TENURE = "tenure_days"
"""What tickets may be counted by, beside the members' free attributes."""

_NUMBER = r"^\d{1,9}$"


@dataclass(frozen=True, slots=True)
class Filters:
    """All that is set must hold. Names are compared without regard to case; a list holds if one of it does.

    `weights` are tickets by the name of a free attribute that holds them, or by job codes, departments and groups; of several the
    most. Who has none has one ticket; who has 0 takes no part.
    """

    departments: Sequence[str] = ()
    job_codes: Sequence[str] = ()
    groups: Sequence[str] = ()
    programs: Sequence[str] = ()
    min_tenure_days: int = 0
    exclude_days: int = 0
    weights: str | Mapping[str, int] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value}


def among(draw: Draw, *, also: ColumnElement[bool] | None = None, now: datetime) -> Select[Any]:
    """Public ids and tickets of who takes part in a draw, each person once. `also` is what its prize asks of a member.

    Of members who were merged the one who lives on takes part.
    """
    filters = Filters(**draw.filters)
    tickets = _tickets(filters, now)
    who = may_enter(draw, also=also, now=now)
    chosen = select(Member.public_id, tickets.label("tickets")).select_from(Member).outerjoin(Profile, _OF_MEMBER)
    if draw.is_opt_in:
        joined = (
            select(func.coalesce(Member.merged_into, Member.id))
            .join(DrawEntrant, (DrawEntrant.workspace_id == Member.workspace_id) & (DrawEntrant.member_id == Member.id))
            .where(DrawEntrant.workspace_id == draw.workspace_id, DrawEntrant.draw_id == draw.id)
        )
        chosen = chosen.where(Member.id.in_(joined))
    return chosen.where(Member.workspace_id == draw.workspace_id, who, tickets > 0)


_OF_MEMBER = (Profile.workspace_id == Member.workspace_id) & (Profile.member_id == Member.id)


def may_enter(draw: Draw, *, also: ColumnElement[bool] | None, now: datetime) -> ColumnElement[bool]:
    """Whether a member, joined with the profile, may take part."""
    filters = Filters(**draw.filters)
    tests: list[ColumnElement[bool]] = [Member.status != LEFT, Member.merged_into.is_(None)]
    for column, wanted in ((Profile.department, filters.departments), (Profile.job_code, filters.job_codes)):
        if wanted:
            tests.append(func.coalesce(func.lower(column).in_(_lowered(wanted)), False))
    for listed, wanted in ((Profile.groups, filters.groups), (Profile.programs, filters.programs)):
        if wanted:
            tests.append(_shares(listed, wanted))
    if filters.min_tenure_days:
        tests.append(func.coalesce(_tenure(now) >= filters.min_tenure_days, False))
    if filters.exclude_days:
        tests.append(~_won_lately(draw, filters.exclude_days, now))
    return and_(*tests, also if also is not None else true())


def _lowered(names: Sequence[str]) -> list[str]:
    return [name.lower() for name in names]


def _shares(column: Any, names: Sequence[str]) -> ColumnElement[bool]:
    lowered = func.string_to_array(func.lower(func.array_to_string(column, "\x1f")), "\x1f")
    return func.coalesce(cast(lowered, ARRAY(Text)).bool_op("&&")(cast(_lowered(names), ARRAY(Text))), False)


def _tenure(now: datetime) -> ColumnElement[int]:
    """Whole days since a member was hired."""
    return type_coerce(literal(now.date()) - Profile.hire_date, Integer)


def _won_lately(draw: Draw, days: int, now: datetime) -> ColumnElement[bool]:
    """Whether a member won in the last days: the same badge in a draw, or in draws for points alone."""
    return exists(
        select(DrawResult.rank)
        .join(Draw, (Draw.workspace_id == DrawResult.workspace_id) & (Draw.id == DrawResult.draw_id))
        .where(
            DrawResult.workspace_id == draw.workspace_id,
            DrawResult.paid_to == Member.id,
            Draw.badge_id.is_not_distinct_from(draw.badge_id),
            Draw.state.in_((DRAWN, PAID)),
            Draw.drawn_at > now - func.make_interval(0, 0, 0, days),
        )
        .correlate(Member)
    )


def _tickets(filters: Filters, now: datetime) -> ColumnElement[int]:
    if isinstance(filters.weights, str):
        return func.least(_attribute(filters.weights, now), TICKETS_MAX)
    if not filters.weights:
        return cast(literal(1), BigInteger)
    most = func.greatest(*(
        case((_is_called(name), tickets)) for name, tickets in filters.weights.items()
    ))  # fmt: skip
    return cast(func.least(func.coalesce(most, 1), TICKETS_MAX), BigInteger)


def _attribute(name: str, now: datetime) -> ColumnElement[Any]:
    if name == TENURE:
        return cast(func.greatest(func.coalesce(_tenure(now), 1), 1), BigInteger)
    written = Profile.attributes[name].astext
    return cast(case((written.op("~")(_NUMBER), cast(written, Numeric)), else_=1), BigInteger)


def _is_called(name: str) -> ColumnElement[bool]:
    lowered = name.lower()
    return or_(
        func.coalesce(func.lower(Profile.job_code) == lowered, False),
        func.coalesce(func.lower(Profile.department) == lowered, False),
        _shares(Profile.groups, [name]),
    )
