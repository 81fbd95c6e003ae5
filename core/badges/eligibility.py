"""Who may give and get a badge, as SQL over members and their profiles: the same for one member and for a million."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Numeric, Text, and_, case, cast, false, func, literal, not_, or_, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute

from core.badges.definition.conditions import Condition
from core.badges.definition.people import Entry
from core.people.models import Member, Profile

Column = ColumnElement[Any] | InstrumentedAttribute[Any]

_NUMBER = r"^-?\d{1,15}(\.\d{1,15})?$"

_TEXTS: Mapping[str, Column] = {
    "job_code": Profile.job_code,
    "department": Profile.department,
    "location": Profile.location,
    "email": Profile.email,
    "display_name": Profile.display_name,
    "locale": Profile.locale,
    "time_zone": Profile.time_zone,
    "status": Member.status,
    "hire_date": cast(Profile.hire_date, Text),
}
_LISTS: Mapping[str, Column] = {
    "groups": Profile.groups, "programs": Profile.programs, "roles": Member.roles,
}  # fmt: skip
ATTRIBUTES = (*_TEXTS, *_LISTS, "tenure_days")
"""What conditions may ask of a member; every other name is one of the member's free attributes."""


def is_among(entries: Sequence[Entry]) -> ColumnElement[bool]:
    """Whether a member is one of those whom a list of entries names; an empty list names everyone."""
    return or_(false(), *(_fits(entry) for entry in entries)) if entries else true()


def _fits(entry: Entry) -> ColumnElement[bool]:
    tests = [
        _FIELDS[field](tuple(value.lower() for value in values))
        for field in _FIELDS
        if (values := getattr(entry, field)) is not None
    ]
    return and_(true(), *tests)


def _one_of(column: Column) -> Callable[[Sequence[str]], ColumnElement[bool]]:
    return lambda values: func.coalesce(func.lower(column).in_(values), false())


def _shares(column: Column) -> Callable[[Sequence[str]], ColumnElement[bool]]:
    return lambda values: func.coalesce(_lowered(column).bool_op("&&")(cast(list(values), ARRAY(Text))), false())


def _lowered(column: Column) -> ColumnElement[Any]:
    return cast(func.string_to_array(func.lower(func.array_to_string(column, "\x1f")), "\x1f"), ARRAY(Text))


def _is_named(values: Sequence[str]) -> ColumnElement[bool]:
    return or_(cast(Member.id, Text).in_(values), cast(Member.public_id, Text).in_(values))


_FIELDS: Mapping[str, Callable[[Sequence[str]], ColumnElement[bool]]] = {
    "job_codes": _one_of(Profile.job_code),
    "departments": _one_of(Profile.department),
    "emails": _one_of(Profile.email),
    "groups": _shares(Profile.groups),
    "programs": _shares(Profile.programs),
    "user_ids": _is_named,
}


def is_in_programs(programs: Sequence[str]) -> ColumnElement[bool]:
    """Whether a member is in one of a badge's programs; a badge without programs is for all."""
    return _FIELDS["programs"](tuple(program.lower() for program in programs)) if programs else true()


def meets(conditions: Sequence[Condition]) -> ColumnElement[bool]:
    return and_(true(), *(meets_one(condition) for condition in conditions))


def meets_one(condition: Condition) -> ColumnElement[bool]:
    """Whether a member meets a condition. A value that is not there meets only `ne` and `not_in`."""
    if condition.operator in {"ne", "not_in"}:
        positive = condition.model_copy(update={"operator": "eq" if condition.operator == "ne" else "in"})
        return not_(meets_one(positive))
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    return or_(false(), *(func.coalesce(_compared(condition, value), false()) for value in values))


def number_of(attribute: str) -> ColumnElement[Any]:
    """A member's attribute as a number; null if it is none."""
    if attribute == "tenure_days":
        return cast(func.current_date() - Profile.hire_date, Numeric)
    name = attribute.removeprefix("attributes.")
    return _number(_TEXTS.get(attribute, Profile.attributes[name].astext))


def _number(text: Column) -> ColumnElement[Any]:
    return case((text.op("~")(_NUMBER), cast(text, Numeric)))


def _compared(condition: Condition, value: Any) -> ColumnElement[bool]:
    attribute = condition.attribute.removeprefix("attributes.")
    if condition.attribute in _LISTS:
        return _shares(_LISTS[condition.attribute])((str(value).lower(),))
    text = _TEXTS.get(condition.attribute, Profile.attributes[attribute].astext)
    if condition.attribute == "tenure_days":
        return _ordered(cast(func.current_date() - Profile.hire_date, Numeric), condition.operator, literal(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _ordered(_number(text), condition.operator, literal(value, Numeric))
    word = str(value).lower()
    if condition.operator == "contains":
        return func.lower(text).contains(word, autoescape=True)
    return _ordered(func.lower(text), condition.operator, literal(word))


def _ordered(left: ColumnElement[Any], operator: str, right: ColumnElement[Any]) -> ColumnElement[bool]:
    match operator:
        case "gt":
            return left > right
        case "gte":
            return left >= right
        case "lt":
            return left < right
        case "lte":
            return left <= right
    return left == right
