"""When a badge can be had: what is true of a moment, whether a rule is open at it, and when it opens next. Pure."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.badges.comparing import holds
from core.badges.definition.availability import END_OF_DAY, Availability

SEASONS = ("winter", "spring", "summer", "autumn")
SEARCH_DAYS = 8 * 366  # long enough to meet the next 29 February after a century's
_OF_HOUR = {"hour", "day_period", "is_business_hours"}


def environment(now: datetime, zone: ZoneInfo) -> Mapping[str, str | int | bool]:
    """The attributes of a moment. Seasons are those of months, northern; business hours Monday to Friday, 9 to 17."""
    local = now.astimezone(zone)
    today = local.date()
    is_month_end = (today + timedelta(days=1)).day == 1
    return {
        "year": today.year,
        "quarter": (today.month + 2) // 3,
        "month": today.month,
        "week": today.isocalendar().week,
        "day": today.day,
        "hour": local.hour,
        "season": SEASONS[today.month % 12 // 3],
        "day_period": _day_period(local.hour),
        "is_weekend": today.weekday() >= 5,
        "is_weekday": today.weekday() < 5,
        "is_business_hours": today.weekday() < 5 and 9 <= local.hour < 17,
        "is_month_start": today.day == 1,
        "is_month_end": is_month_end,
        "is_quarter_end": is_month_end and today.month % 3 == 0,
        "is_year_end": is_month_end and today.month == 12,
    }


def _day_period(hour: int) -> str:
    return (
        "night"
        if hour < 5
        else "morning"
        if hour < 12
        else "afternoon"
        if hour < 17
        else "evening"
        if hour < 22
        else "night"
    )


def is_open(rule: Availability | None, now: datetime, zone: ZoneInfo) -> bool:
    """Whether all of a rule holds. What passes midnight belongs to the day it begins on, date and weekday included."""
    if rule is None:
        return True
    local = now.astimezone(zone)
    begins_on = _day_of(rule, local.date(), local.time().isoformat())
    if begins_on is None or not _is_day(rule, begins_on):
        return False
    known = environment(now, zone)
    return all(holds(condition, known[condition.attribute]) for condition in rule.environment)


def _day_of(rule: Availability, today: date, at: str) -> date | None:
    """The day whose window a local time is in, None if it is in none."""
    start, end = rule.start_time or "00:00:00", rule.end_time or END_OF_DAY
    if start < end:
        return today if start <= at < end else None
    if at >= start:
        return today
    return today - timedelta(days=1) if at < end else None


def _is_day(rule: Availability, day: date) -> bool:
    if rule.dow is not None and day.weekday() not in rule.dow:
        return False
    is_full = len(rule.start_date or rule.end_date or "") > 5
    text = day.isoformat() if is_full else day.strftime("%m-%d")
    start, end = rule.start_date or "", rule.end_date or "9999-12-31"
    if is_full or start <= end:
        return start <= text <= end
    return text >= start or text <= end


def opens_at(rule: Availability | None, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant from now on at which the rule is open; None if that is not within eight years."""
    if is_open(rule, now, zone):
        return now
    assert rule is not None
    for moment in _candidates(rule, now, zone):
        if moment >= now and is_open(rule, moment, zone):
            return moment
    return None


def _candidates(rule: Availability, now: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Instants at which something may begin to hold, in order: a window's start, midnight, and hours if a rule asks for them."""
    start = time.fromisoformat(rule.start_time) if rule.start_time else time()
    times = {time(), start}
    if any(condition.attribute in _OF_HOUR for condition in rule.environment):
        times |= {time(hour) for hour in range(24)}
    first = now.astimezone(zone).date()
    if rule.start_date and len(rule.start_date) > 5:
        first = max(first, date.fromisoformat(rule.start_date))
    for ahead in range(SEARCH_DAYS):
        day = first + timedelta(days=ahead)
        yield from sorted(datetime.combine(day, each, zone).astimezone(UTC) for each in times)
