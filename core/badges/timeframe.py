"""How often a member may have a badge: calendar periods as keys, rolling ones as gaps. Pure; the instant is an argument."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from core.clock import Period, period

_OF_CLOCK = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year"}
KINDS: Final = ("hourly", "daily", "weekly", "biweekly", "monthly", "quarterly", "yearly")

_ROLLING = re.compile(r"rolling:([1-9]\d{0,4})\s*([a-z]+)")
_CLOCK_UNITS = {
    "min": "minutes",
    "minute": "minutes",
    "minutes": "minutes",
    "h": "hours",
    "hour": "hours",
    "hours": "hours",
}
_CALENDAR_UNITS = {
    "d": "days", "day": "days", "days": "days", "w": "weeks", "week": "weeks", "weeks": "weeks", "mo": "months", "month": "months",
    "months": "months", "y": "years", "year": "years", "years": "years",
}  # fmt: skip
_YEARS_MAX = {"minutes": 525_600, "hours": 87_600, "days": 36_500, "weeks": 5_200, "months": 1_200, "years": 100}


@dataclass(frozen=True, slots=True)
class Gap:
    """PostgreSQL intervals: `calendar` counts on local clocks (days and longer), `absolute` real time (hours and shorter)."""

    calendar: str = "0"
    absolute: str = "0"

    @property
    def is_none(self) -> bool:
        return self == Gap()


def is_rolling(timeframe: str) -> bool:
    return _rolling(timeframe) is not None


def _rolling(timeframe: str) -> tuple[int, str, bool] | None:
    """(number, PostgreSQL's unit, whether of the calendar)."""
    match = _ROLLING.fullmatch(timeframe.strip().lower())
    if match is None:
        return None
    unit = _CLOCK_UNITS.get(match[2]) or _CALENDAR_UNITS.get(match[2])
    if unit is None or int(match[1]) > _YEARS_MAX[unit]:
        return None
    return int(match[1]), unit, match[2] in _CALENDAR_UNITS


def gap(timeframe: str | None, cooldown_minutes: int) -> Gap:
    """How long after an award the next may come; both limits hold."""
    found = _rolling(timeframe) if timeframe else None
    absolute = timedelta(minutes=cooldown_minutes)
    calendar = "0"
    if found is not None and found[2]:
        calendar = f"{found[0]} {found[1]}"
    elif found is not None:
        absolute = max(absolute, timedelta(**{found[1]: found[0]}))
    seconds = int(absolute.total_seconds())
    return Gap(calendar, f"{seconds} seconds" if seconds else "0")


def current(timeframe: str | None, now: datetime, zone: ZoneInfo) -> Period | None:
    """The calendar period that `now` falls into; None where no calendar limits."""
    if timeframe is None or timeframe not in KINDS:
        return None
    if timeframe == "hourly":
        return _hour(now, zone)
    if timeframe == "biweekly":
        return _two_weeks(now, zone)
    return period(_OF_CLOCK[timeframe], now, zone)


def _hour(now: datetime, zone: ZoneInfo) -> Period:
    """An hour of the local clock; one that the clock shows twice is two, told apart by the offset in its key."""
    local = now.astimezone(zone)
    begins = now.astimezone(UTC) - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return Period(f"{local:%Y-%m-%dT%H%z}", begins, begins + timedelta(hours=1))


def _two_weeks(now: datetime, zone: ZoneInfo) -> Period:
    """Two ISO weeks, counted in pairs since Monday, 5 January 1970, so that no year's end breaks a pair."""
    week = period("week", now, zone)
    monday = now.astimezone(zone).date()
    monday -= timedelta(days=monday.weekday())
    is_second = (monday - datetime(1970, 1, 5, tzinfo=UTC).date()).days // 7 % 2 == 1
    if is_second:
        earlier = period("week", week.starts_at - timedelta(days=1), zone)
        return Period(f"{earlier.key}+2", earlier.starts_at, week.ends_at)
    later = period("week", week.ends_at, zone)
    return Period(f"{week.key}+2", week.starts_at, later.ends_at)
