"""Once per local date in every zone of the world, 2024 to 2030, whatever its clocks do."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest

from core.badges.definition.job import Cron, Job
from core.schedule.due import due

FIRST, LAST = date(2024, 1, 1), date(2030, 12, 31)
BEGIN, END = datetime(2023, 12, 30, tzinfo=UTC), datetime(2031, 1, 3, tzinfo=UTC)
DAYS = (LAST - FIRST).days + 1
WALLS = [(0, 0), (0, 30), (2, 30), (16, 0)]

Changes = Sequence[tuple[datetime, timedelta]]


def _changes(zone: ZoneInfo) -> Changes:
    """When the zone's offset changes, by looking at each day and then closer: (first second of an offset, the offset)."""
    found = [(BEGIN, _offset(zone, BEGIN))]
    day = BEGIN
    while day < END:
        after = day + timedelta(days=1)
        if _offset(zone, after) != _offset(zone, day):
            low, high = day, after
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                low, high = (middle, high) if _offset(zone, middle) == _offset(zone, low) else (low, middle)
            found.append((high.replace(microsecond=0), _offset(zone, after)))
        day = after
    return tuple(found)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


@cache
def behaviours() -> dict[Changes, list[str]]:
    """All zones, those with the same clock in these years together: what is true of one of them is true of all."""
    found: dict[Changes, list[str]] = defaultdict(list)
    for name in sorted(available_timezones()):
        found[_changes(ZoneInfo(name))].append(name)
    return found


def _expected(changes: Changes, wall: datetime) -> datetime:
    """The first instant at which the clock on the wall shows this time or a later one: written without zoneinfo."""
    for (starts_at, offset), following in zip(changes, [*changes[1:], (END, None)], strict=True):
        at = max(wall.replace(tzinfo=UTC) - offset, starts_at)
        if at < following[0]:
            return at
    raise AssertionError("outside of the years")


@pytest.mark.parametrize(("hour", "minute"), WALLS)
def test_each_local_date_is_owed_exactly_once_in_every_zone(hour: int, minute: int) -> None:
    job = Job(trigger="cron", cron=Cron(hour=str(hour), minute=str(minute)), catch_up="all")
    zones = 0
    for changes, names in behaviours().items():
        zone = ZoneInfo(names[0])
        slots, since = [], BEGIN
        while owed := due(END, job, since=since, zone=zone):
            slots += owed
            since = owed[-1].at
        found = {slot.key: slot.at for slot in slots if FIRST.isoformat() <= slot.key[:10] <= LAST.isoformat()}
        assert len(found) == DAYS, names
        assert len({slot.at for slot in slots}) == len(slots), names
        for key, at in found.items():
            assert at == _expected(changes, datetime.fromisoformat(key)), (names, key)
        zones += len(names)
    assert zones > 550
    assert sum(len(changes) > 1 for changes in behaviours()) > 20
