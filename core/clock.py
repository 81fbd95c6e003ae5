"""Calendar periods in a zone. The instant always comes in as an argument."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open: `starts_at` belongs to it, `ends_at` does not. `key` is unique among periods of its kind."""

    key: str
    starts_at: datetime
    ends_at: datetime


def _local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local date; where a clock change skips midnight, the first instant after the gap."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def today(now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(zone).date()


def period(kind: str, now: datetime, zone: ZoneInfo) -> Period:
    """The `day`, ISO `week`, `month`, `quarter` or `year` that `now` falls into."""
    local = today(now, zone)
    first, following, key = _bounds(kind, local)
    return Period(key, _local_midnight(first, zone), _local_midnight(following, zone))


def _bounds(kind: str, local: date) -> tuple[date, date, str]:
    if kind == "day":
        return local, local + timedelta(days=1), local.isoformat()
    if kind == "week":
        monday = local - timedelta(days=local.weekday())
        year, week, _ = local.isocalendar()
        return monday, monday + timedelta(days=7), f"{year}-W{week:02}"
    if kind == "month":
        first = local.replace(day=1)
        return first, (first + timedelta(days=32)).replace(day=1), f"{first:%Y-%m}"
    if kind == "quarter":
        first = local.replace(month=local.month - (local.month - 1) % 3, day=1)
        return first, (first + timedelta(days=95)).replace(day=1), f"{first.year}-Q{(first.month + 2) // 3}"
    if kind == "year":
        return local.replace(month=1, day=1), local.replace(year=local.year + 1, month=1, day=1), f"{local.year}"
    raise ValueError(f"no such kind of period: {kind}")
