"""The moments that clock rules stand for."""

from collections.abc import Mapping

from core.badges.definition.availability import Availability
from core.badges.definition.conditions import Condition
from core.badges.definition.rules import ClockRule

USUAL: Mapping[str, Availability] = {
    "EarlyBird": Availability(start_time="06:00:00", end_time="09:00:00"),
    "MidWeekMotivator": Availability(dow=(2,)),
    "QuarterEndChampion": Availability(environment=(Condition(attribute="is_quarter_end", operator="eq", value=True),)),
    "SeasonalBonus": Availability(start_date="12-01", end_date="12-31"),
}
"""What the names mean where a rule says no more: 6 to 9 o'clock, Wednesday, the last day of a quarter, December."""


def times_of(rule: ClockRule) -> Availability:
    return rule.when or USUAL[rule.type]
