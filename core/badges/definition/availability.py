"""`availability_rule`: when a badge can be had."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from core.badges.definition import conditions, days
from core.badges.definition.conditions import Condition
from core.badges.definition.findings import Findings, below
from core.badges.definition.parts import Listed, Part, refuse, validate

ENVIRONMENT = (
    "year", "quarter", "month", "week", "day", "hour", "season", "day_period", "is_weekend", "is_weekday", "is_business_hours",
    "is_month_start", "is_month_end", "is_quarter_end", "is_year_end",
)  # fmt: skip
"""Attributes of a moment that a rule may ask for, see core.badges.environment."""

Day = Annotated[str, BeforeValidator(days.day)]
Clock = Annotated[str, BeforeValidator(days.clock)]
Weekday = Annotated[int, Field(ge=0, le=6)]
END_OF_DAY = "24:00:00"


class Availability(Part):
    """All that is set must hold. Dates include both ends; times are from start until before end."""

    start_date: Day | None = None
    end_date: Day | None = None
    start_time: Clock | None = None
    end_time: Clock | None = None
    dow: Annotated[tuple[Weekday, ...], Listed] | None = None
    environment: Annotated[tuple[Condition, ...], Listed] = ()

    @model_validator(mode="after")
    def check_whole(self) -> Self:  # noqa: N804 - of an instance
        if self.start_date and self.end_date:
            if len(self.start_date) != len(self.end_date):
                raise refuse("dates_mixed", start=self.start_date, end=self.end_date)
            if len(self.start_date) > 5 and self.start_date > self.end_date:
                raise refuse("dates_reversed", start=self.start_date, end=self.end_date)
        if (self.start_time or "00:00:00") == (self.end_time or END_OF_DAY):
            raise refuse("window_empty", start=self.start_time, end=self.end_time)
        if self.start_time == END_OF_DAY:
            raise refuse("time_invalid", found=self.start_time)
        if self.dow == ():
            raise refuse("dow_empty")
        return self


def read(given: Any, path: str, findings: Findings) -> Availability | None:
    """The rule of a definition; an empty one is no rule."""
    if given == {}:
        return None
    if not isinstance(given, dict):
        return validate(Availability, given, path, findings)
    own = set(Availability.model_fields) - {"environment"}
    plain = {key: _turned(value, below(path, key), findings) for key, value in given.items() if key in own}
    rest = {key: value for key, value in given.items() if key not in own}
    environment = conditions.read(rest, path, findings, known=(*ENVIRONMENT, *sorted(own))) if rest else ()
    _warn_of_weekdays(plain.get("dow"), below(path, "dow"), findings)
    return validate(Availability, plain, path, findings, environment=environment)


def _turned(value: Any, path: str, findings: Findings) -> Any:
    turned = days.turned(value) if path.endswith("_date") else None
    if turned is None:
        return value
    findings.warn(path, "date_turned", found=value, read=turned)
    return turned


def _warn_of_weekdays(given: Any, path: str, findings: Findings) -> None:
    """Who counts from Sunday writes Monday to Friday so; here it is Tuesday to Saturday."""
    if isinstance(given, list) and given == [1, 2, 3, 4, 5]:
        findings.warn(path, "dow_from_monday")
