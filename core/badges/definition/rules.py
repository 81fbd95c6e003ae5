"""The rules a badge may have, and the four ways in which they are written."""

from inspect import Parameter
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from core.badges import registry
from core.badges.definition import availability
from core.badges.definition.availability import Availability
from core.badges.definition.conditions import Threshold
from core.badges.definition.findings import Findings, below, nearest, shown
from core.badges.definition.parts import Part, Word, Words, validate

Count = Annotated[int, Field(ge=1, le=1_000_000)]
Days = Annotated[int, Field(ge=0, le=36_500)]


class AchievementRule(Threshold):
    """A metric against a threshold."""

    type: Literal["AchievementRule"]


class AttendanceRule(Part):
    type: Literal["AttendanceRule"]
    count: Count = 1
    unit: Literal["day", "week", "month"] = "day"
    period_type: Literal["rolling", "fixed"] = "fixed"
    dataset: Word | None = None
    filter_by: Word | None = None
    match: Literal["perfect", "partial"] = "perfect"
    deviation: Days = 0
    only_weekdays: bool = False
    holidays: bool | Words | None = None


class Filters(Part):
    departments: Words = ()
    job_codes: Words = ()
    groups: Words = ()
    programs: Words = ()
    min_tenure_days: Days | None = None


class RandomUsers(Part):
    type: Literal["RandomUsers"]
    count: Count = 1
    filters: Filters | None = None
    weights: Word | dict[str, Annotated[int, Field(ge=0, le=1_000_000)]] | None = None
    exclude_recent_winners: bool = False
    recent_winner_days: Days = 30


class Birthday(Part):
    type: Literal["Birthday"]


class EmploymentDuration(Part):
    type: Literal["EmploymentDuration"]


class WorkAnniversary(Part):
    type: Literal["WorkAnniversary"]
    years: Annotated[int, Field(ge=1, le=100)] | None = None


class BestSeller(Part):
    type: Literal["BestSeller"]
    count: Count = 1
    column: Word | None = None
    period: Literal["current", "last"] = "current"


class DirectManagerRule(Part):
    type: Literal["DirectManagerRule"]


class HierarchyRelationship(Part):
    type: Literal["HierarchyRelationship"]


class ClockRule(Part):
    """Holds at the moments that its name stands for, or that its parameters (those of `availability_rule`) tell."""

    type: Literal["EarlyBird", "MidWeekMotivator", "QuarterEndChampion", "SeasonalBonus"]
    when: Availability | None = None


Rule = Annotated[
    AchievementRule | AttendanceRule | RandomUsers | Birthday | EmploymentDuration | WorkAnniversary | BestSeller
    | DirectManagerRule | HierarchyRelationship | ClockRule,
    Field(discriminator="type"),
]  # fmt: skip

RULES: dict[str, type[Part]] = {
    model.__name__: model
    for model in (
        AchievementRule, AttendanceRule, RandomUsers, Birthday, EmploymentDuration, WorkAnniversary, BestSeller, DirectManagerRule,
        HierarchyRelationship,
    )
}  # fmt: skip
CLOCK_RULES = ("EarlyBird", "MidWeekMotivator", "QuarterEndChampion", "SeasonalBonus")
OF_GIVER = {"DirectManagerRule", "HierarchyRelationship"}
"""Rules about who gives."""
COMPUTED = {"RandomUsers", "Birthday", "EmploymentDuration", "WorkAnniversary", "BestSeller"}


def read(given: Any, path: str, findings: Findings) -> tuple[Any, ...]:
    """All rules: a list of `["Name"]`, `["Name", {…}]`, `{"type": "Name", …}`, `{"rule_type": "Name", …}` or `"Name"`."""
    if not isinstance(given, list):
        findings.fault(path, "wrong_type", wanted="list", found=shown(given))
        return ()
    made = [_one(each, below(path, place), findings) for place, each in enumerate(given)]
    return tuple(rule for rule in made if rule is not None)


def _one(given: Any, path: str, findings: Findings) -> Part | None:
    found = _split(given, path)
    if found is None:
        findings.fault(path, "rule_shape", found=shown(given))
        return None
    name, name_path, parameters, parameters_path = found
    if name in CLOCK_RULES:
        when = availability.read(parameters, parameters_path, findings)
        return validate(ClockRule, {}, parameters_path, findings, type=name, when=when)
    if name not in RULES:
        known = [*RULES, *CLOCK_RULES]
        findings.fault(name_path, "rule_unknown", found=shown(name), nearest=nearest(name, known), allowed=known)
        return None
    rule = validate(RULES[name], parameters, parameters_path, findings, type=name)
    if isinstance(rule, Threshold):
        check_metric(rule, parameters_path, findings)
    return rule


def _split(given: Any, path: str) -> tuple[str, str, Any, str] | None:
    """(name, its path, parameters, their path) of one rule, None if it is written in none of the ways."""
    match given:
        case str(name):
            return name, path, {}, path
        case [str(name)] | [str(name), None]:
            return name, below(path, 0), {}, path
        case [str(name), parameters]:
            return name, below(path, 0), parameters, below(path, 1)
        case {"type": str(name), **rest} | {"rule_type": str(name), **rest}:
            key = "type" if "type" in given else "rule_type"
            if set(rest) == {"params"} or set(rest) == {"parameters"}:
                ((inner, parameters),) = rest.items()
                return name, below(path, key), parameters, below(path, str(inner))
            return name, below(path, key), rest, path
    return None


def check_metric(threshold: Threshold, path: str, findings: Findings) -> None:
    """A metric is named once, by a name of the registry."""
    if threshold.function_path and threshold.metric:
        findings.fault(path, "metric_twice")
    elif not threshold.called:
        findings.fault(below(path, "function_path"), "missing")
    else:
        check_name(
            "metric", threshold.called, below(path, "function_path" if threshold.function_path else "metric"), findings
        )
        _check_params(threshold, below(path, "function_params"), findings)


_PLAIN = {int: "whole number", float: "number", str: "text", bool: "true or false"}


def _check_params(threshold: Threshold, path: str, findings: Findings) -> None:
    """What a metric is given is what its function takes, of the type that it says."""
    named = registry.find("metric", threshold.called)
    known = named.parameters if named else None
    if known is None:
        return
    for name, value in threshold.function_params.items():
        if name not in known:
            near = nearest(name, known)
            findings.fault(
                below(path, name), "param_unknown", found=threshold.called, nearest=near, allowed=sorted(known)
            )
        elif not _fits(value, wanted := _types(known[name])):
            told = " or ".join(_PLAIN[each] for each in wanted)
            findings.fault(below(path, name), "wrong_type", wanted=told, found=shown(value))
    for name, parameter in known.items():
        if parameter.default is Parameter.empty and name not in threshold.function_params:
            findings.fault(below(path, name), "missing")


def _types(parameter: Parameter) -> tuple[type, ...]:
    """The plain types that a parameter is annotated with; none: anything goes."""
    told = get_args(parameter.annotation) or (parameter.annotation,)
    return tuple(each for each in told if each in _PLAIN)


def _fits(value: Any, wanted: tuple[type, ...]) -> bool:
    if not wanted:
        return True
    if isinstance(value, bool):
        return bool in wanted
    return isinstance(value, wanted) or (float in wanted and isinstance(value, int))


def check_name(kind: registry.Kind, name: str, path: str, findings: Findings) -> None:
    if registry.find(kind, name) is None:
        findings.fault(path, "function_unknown", kind=kind, found=shown(name), nearest=registry.nearest(kind, name))
