"""How likely each of those who take part in a draw is to win."""

from typing import Any

from sqlalchemy import ColumnElement, Numeric, case, cast, func, literal

from core.badges.definition.rules import RandomUsers
from core.badges.eligibility import number_of
from core.people.models import Profile

OTHERS = "*"


def weight_of(rule: RandomUsers) -> ColumnElement[Any]:
    """1, or what an attribute of the member says, or what the rule says of their job code; 0 takes no part."""
    if rule.weights is None:
        return literal(1, Numeric)
    if isinstance(rule.weights, str):
        return func.greatest(func.coalesce(number_of(rule.weights), 0), 0)
    others = literal(rule.weights.get(OTHERS, 1), Numeric)
    named = {code.lower(): literal(weight, Numeric) for code, weight in rule.weights.items() if code != OTHERS}
    return cast(case(named, value=func.lower(Profile.job_code), else_=others), Numeric) if named else others
