"""`job`: when a badge's rules are looked at. Runs are the schedule's; here only what is written is understood."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from core.badges.definition import days
from core.badges.definition.cron import RANGES, read_field
from core.badges.definition.findings import Findings, below, nearest, shown
from core.badges.definition.parts import Part, Word, refuse, validate

TRIGGERS = ("cron", "interval", "date")


class Cron(Part):
    """Fields as APScheduler reads them, kept as text: `*`, `*/5`, `1-5`, `mon-fri`, `1,15`, day `last` or `2nd tue`.

    What is below the smallest field that is set is at its first value, everything else at any: `{"hour": 16}` is 16:00:00.
    """

    year: str | None = None
    month: str | None = None
    week: str | None = None
    day: str | None = None
    day_of_week: str | None = None
    hour: str | None = None
    minute: str | None = None
    second: str | None = None


Amount = Annotated[int, Field(ge=0, le=1_000_000)]


class Interval(Part):
    weeks: Amount = 0
    days: Amount = 0
    hours: Amount = 0
    minutes: Amount = 0
    seconds: Amount = 0

    @model_validator(mode="after")
    def check_runs(self) -> Self:  # noqa: N804 - of an instance
        if not any((self.weeks, self.days, self.hours, self.minutes, self.seconds)):
            raise refuse("interval_empty")
        return self


class Job(Part):
    """`catch_up` says what is owed of what was missed while nothing ran: only the `latest`, `all` of it, or `none`. Not set, it is
    `latest`, or `all` where `coalesce` is false. What is older than `misfire_grace_time` seconds is never caught up."""

    trigger: Literal["cron", "interval", "date"]
    cron: Cron | None = None
    interval: Interval | None = None
    run_date: Annotated[str, BeforeValidator(days.moment)] | None = None
    id: Word | None = None
    name: Word | None = None
    timezone: Annotated[str, BeforeValidator(days.zone)] | None = None
    jitter: Annotated[int, Field(ge=0, le=86_400)] | None = None
    misfire_grace_time: Annotated[int, Field(ge=1)] | None = None
    coalesce: bool = True
    catch_up: Literal["latest", "all", "none"] | None = None
    max_instances: Annotated[int, Field(ge=1, le=100)] = 1
    skip_past_dates: bool = False


def read(given: Any, path: str, findings: Findings) -> Job | None:
    """A job; intervals also under `schedule`, `run_date` at the top or under `date`."""
    if given == {}:
        return None
    if not isinstance(given, dict):
        return validate(Job, given, path, findings)
    rest = {key: value for key, value in given.items() if value is not None}
    trigger = _trigger(rest, path, findings)
    if trigger is None:
        return None
    fixed: dict[str, Any] = {"trigger": trigger}
    _take(rest, trigger, fixed, path, findings)
    rest.pop("trigger", None)
    return validate(Job, rest, path, findings, **fixed)


def _trigger(rest: dict[str, Any], path: str, findings: Findings) -> str | None:
    named = rest.get("trigger")
    if named is None:
        told = [name for name, keys in _KEYS.items() if any(key in rest for key in keys)]
        if len(told) != 1:
            findings.fault(below(path, "trigger"), "missing")
            return None
        return told[0]
    if named not in TRIGGERS:
        near = nearest(named, TRIGGERS) if isinstance(named, str) else ""
        findings.fault(
            below(path, "trigger"), "value_unknown", found=shown(named), nearest=near, allowed=list(TRIGGERS)
        )
        return None
    return str(named)


_KEYS = {"cron": ("cron",), "interval": ("interval", "schedule"), "date": ("run_date", "date")}


def _take(rest: dict[str, Any], trigger: str, fixed: dict[str, Any], path: str, findings: Findings) -> None:
    """Move what belongs to the trigger from `rest` to `fixed`."""
    for other, keys in _KEYS.items():
        for key in keys:
            if other != trigger and key in rest and not (key == "schedule" and trigger == "cron"):
                findings.fault(below(path, key), "not_of_trigger", trigger=trigger)
                del rest[key]
    keys = ("cron", "schedule") if trigger == "cron" else _KEYS[trigger]
    given = [key for key in keys if key in rest]
    if len(given) != 1:
        findings.fault(below(path, keys[0]), "given_twice" if given else "missing")
        for key in given:
            del rest[key]
        return
    value, place = rest.pop(given[0]), below(path, given[0])
    if trigger == "cron":
        fixed["cron"] = _cron(value, place, findings)
    elif trigger == "interval":
        fixed["interval"] = validate(Interval, value, place, findings)
    else:
        fixed["run_date"] = _run_date(value, place, findings)


def _run_date(value: Any, path: str, findings: Findings) -> Any:
    if not isinstance(value, dict):
        return value
    extra = sorted(set(value) - {"run_date"})
    for key in extra:
        findings.fault(below(path, key), "field_unknown", nearest=nearest(key, ["run_date"]), allowed=["run_date"])
    if "run_date" not in value:
        findings.fault(below(path, "run_date"), "missing")
    return value.get("run_date")


def _cron(value: Any, path: str, findings: Findings) -> Cron | None:
    if isinstance(value, dict) and all(field is None for field in value.values()):
        findings.fault(path, "cron_empty")
        return None
    if isinstance(value, dict):
        for key, field in value.items():
            if key in RANGES and field is not None and read_field(key, field) is None:
                low, high, words = RANGES[key]
                findings.fault(
                    below(path, key), "cron_invalid", found=shown(field), low=low, high=high, words=list(words)
                )
        value = {key: str(field) if isinstance(field, int) else field for key, field in value.items()}
    return validate(Cron, value, path, findings)
