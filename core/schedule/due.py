"""What is owed at which time: a pure function of the clock, the job and the zone. A slot is one time at which a job is due."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from core.badges.definition.job import Interval, Job
from core.schedule import calendar
from core.schedule.wall import instant

SLOTS_MAX = 1000
"""How much of what was missed is owed at a time; the rest is owed after that."""

PROMPT = timedelta(seconds=60)
"""How late a slot may be looked at and still not be one that was missed."""

HORIZON = timedelta(days=366 * 40)
"""How far ahead the next slot is looked for: the 29th of February is on one weekday every 28 years, or 40 around 2100."""

NEVER = datetime(1, 1, 2, tzinfo=UTC)
"""Before everything that can be owed."""

_MONDAY = date(1970, 1, 5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Slot:
    """`key` is the same for the same slot wherever and whenever it is asked for; `at` is when it is due (UTC, jitter included)."""

    key: str
    at: datetime


def due(now: datetime, job: Job, *, since: datetime | None, zone: ZoneInfo, name: str = "") -> list[Slot]:
    """The slots owed after `since` and until `now`, the earliest first, by what the job says of catching up.

    `since` None: nothing of the job was ever owed, so that a single date is owed however long ago it is, unless the job skips
    past dates. Jitter comes from `name` and the slot's key: it is the same on every replica.
    """
    if since is None:
        since = now if job.run_date is None or job.skip_past_dates else NEVER
    oldest = since
    if job.misfire_grace_time is not None:
        oldest = max(oldest, now - timedelta(seconds=job.misfire_grace_time))
    policy = job.catch_up or ("latest" if job.coalesce else "all")
    if policy == "none":
        oldest = max(oldest, now - PROMPT)
    if policy == "all":
        return _all(job, zone, name, oldest, now)
    latest = _latest(job, zone, name, oldest, now)
    return [latest] if latest else []


def following(job: Job, *, after: datetime, zone: ZoneInfo, name: str = "") -> Slot | None:
    """The first slot after an instant; None: never again."""
    best: Slot | None = None
    for key, nominal in _nominal(job, zone, after - _jitter(job), after + HORIZON):
        if best is not None and nominal >= best.at:
            break
        slot = _slot(job, name, key, nominal)
        if slot.at > after and (best is None or slot.at < best.at):
            best = slot
    return best


def _all(job: Job, zone: ZoneInfo, name: str, since: datetime, now: datetime) -> list[Slot]:
    slots = (_slot(job, name, *each) for each in _nominal(job, zone, since - _jitter(job), now))
    owed = islice((slot for slot in slots if since < slot.at <= now), SLOTS_MAX)
    return sorted(owed, key=lambda slot: (slot.at, slot.key))


def _latest(job: Job, zone: ZoneInfo, name: str, since: datetime, now: datetime) -> Slot | None:
    best: Slot | None = None
    for key, nominal in _nominal(job, zone, since - _jitter(job), now, is_reversed=True):
        if best is not None and nominal + _jitter(job) <= best.at:
            break
        slot = _slot(job, name, key, nominal)
        if since < slot.at <= now and (best is None or slot.at > best.at):
            best = slot
    return best


def _jitter(job: Job) -> timedelta:
    return timedelta(seconds=job.jitter or 0)


def _slot(job: Job, name: str, key: str, nominal: datetime) -> Slot:
    if not job.jitter:
        return Slot(key, nominal)
    chance = int.from_bytes(hashlib.sha256(f"{name}\n{key}".encode()).digest()[:8], "big")
    return Slot(key, nominal + timedelta(seconds=chance % (job.jitter + 1)))


def _nominal(
    job: Job, zone: ZoneInfo, after: datetime, until: datetime, *, is_reversed: bool = False
) -> Iterator[tuple[str, datetime]]:
    """Keys and instants of a job's slots in (after, until], without jitter; the latest first if `is_reversed`."""
    if job.run_date is not None:
        return _date(job.run_date, zone, after, until)
    if job.interval is not None:
        return _interval(job.interval, zone, after, until, is_reversed=is_reversed)
    return _cron(job, zone, after, until, is_reversed=is_reversed)


def moment(run_date: str, zone: ZoneInfo) -> datetime:
    """The instant of a date and time as a job writes it: with an offset, or local."""
    written = datetime.fromisoformat(run_date)
    return written.astimezone(UTC) if written.tzinfo else instant(written, zone)


def _date(run_date: str, zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[tuple[str, datetime]]:
    at = moment(run_date, zone)
    if after < at <= until:
        yield run_date, at


def _interval(
    every: Interval, zone: ZoneInfo, after: datetime, until: datetime, *, is_reversed: bool
) -> Iterator[tuple[str, datetime]]:
    """Whole days begin at local midnight, counted from a Monday; anything else is counted in real time, from midnight UTC.

    So every replica, and a database that was restored, finds the same slots.
    """
    step = timedelta(
        weeks=every.weeks, days=every.days, hours=every.hours, minutes=every.minutes, seconds=every.seconds
    )
    if not (every.hours or every.minutes or every.seconds):
        numbers = range(
            (after.astimezone(zone).date() - _MONDAY).days // step.days,
            (until.astimezone(zone).date() - _MONDAY).days // step.days + 1,
        )
        for number in reversed(numbers) if is_reversed else numbers:
            day = _MONDAY + number * step
            at = instant(datetime.combine(day, time()), zone)
            if after < at <= until:
                yield day.isoformat(), at
        return
    numbers = range((after - _EPOCH) // step + 1, (until - _EPOCH) // step + 1)
    for number in reversed(numbers) if is_reversed else numbers:
        at = _EPOCH + number * step
        yield f"{at:%Y-%m-%dT%H:%M:%SZ}", at


def _cron(
    job: Job, zone: ZoneInfo, after: datetime, until: datetime, *, is_reversed: bool
) -> Iterator[tuple[str, datetime]]:
    """Of several local times that are one instant, because the others never come, the last stands for all."""
    waiting: tuple[str, datetime] | None = None
    for wall in _walls(job, zone, after, until, is_reversed=is_reversed):
        at = instant(wall, zone)
        if not after < at <= until:
            continue
        if waiting is not None and waiting[1] == at:
            waiting = waiting if is_reversed else (wall.isoformat(), at)
            continue
        if waiting is not None:
            yield waiting
        waiting = wall.isoformat(), at
    if waiting is not None:
        yield waiting


def _walls(job: Job, zone: ZoneInfo, after: datetime, until: datetime, *, is_reversed: bool) -> Iterator[datetime]:
    """The local times of a cron trigger around (after, until]; hours that lie outside as a whole are passed over. A clock that
    is put back over midnight shows a date again: hence the day more at either end."""
    assert job.cron is not None
    plan, day = calendar.plan(job.cron), timedelta(days=1)
    first, last = after.astimezone(zone).date() - day, until.astimezone(zone).date() + day
    for each in calendar.days(plan, first, last, is_reversed=is_reversed):
        for hour in plan.hours[::-1] if is_reversed else plan.hours:
            begin = datetime(each.year, each.month, each.day, hour)  # noqa: DTZ001 - on the wall
            if instant(begin, zone) <= until and instant(begin.replace(minute=59, second=59), zone) > after:
                yield from calendar.times(plan, each, hour, is_reversed=is_reversed)
