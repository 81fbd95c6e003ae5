"""Conditions, compared in Python: for what is no row of the database."""

from core.badges.definition.conditions import Condition, Scalar


def holds(condition: Condition, actual: Scalar) -> bool:
    """Whether a value meets a condition. Words are compared without case; what cannot be ordered is never greater or less."""
    value = condition.value
    match condition.operator:
        case "eq":
            return _same(actual, value)
        case "ne":
            return not _same(actual, value)
        case "in":
            return any(_same(actual, each) for each in _values(value))
        case "not_in":
            return not any(_same(actual, each) for each in _values(value))
        case "contains":
            return str(value).casefold() in str(actual).casefold()
    order = _order(actual, value)
    if order is None:
        return False
    return {"gt": order > 0, "gte": order >= 0, "lt": order < 0, "lte": order <= 0}[condition.operator]


def _values(value: Scalar | tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    return value if isinstance(value, tuple) else (value,)


def _same(actual: Scalar, value: object) -> bool:
    if isinstance(actual, bool) or isinstance(value, bool):
        return actual is value
    if isinstance(actual, str) and isinstance(value, str):
        return actual.casefold() == value.casefold()
    return actual == value


def _order(actual: Scalar, value: object) -> int | None:
    if isinstance(actual, bool) or isinstance(value, bool):
        return None
    if isinstance(actual, str) and isinstance(value, str):
        return (actual > value) - (actual < value)
    if isinstance(actual, int | float) and isinstance(value, int | float):
        return (actual > value) - (actual < value)
    return None
