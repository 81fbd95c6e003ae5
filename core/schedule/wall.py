"""From the clock on a wall to the instant it means."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a naive local time: of one that comes twice the first, of one that never comes the first after the gap."""
    first = wall.replace(tzinfo=zone, fold=0)
    at = first.astimezone(UTC)
    if first.utcoffset() == at.astimezone(zone).utcoffset():
        return at
    return _end_of_gap(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), at, zone)


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second from which `zone` has another offset than at `before`, which is before the change; `after` is not."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + ((after - before) // 2 // _SECOND) * _SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
