"""What is wrong with the times of badges at the moment of an import, which no definition can know by itself."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from core.badges.definition.findings import Fault, below
from core.badges.definition.reading import Read
from core.schedule.due import HORIZON, following, moment

_ZONE = ZoneInfo("Etc/UTC")
_AFTER = tuple(datetime(1970, 1, 1, tzinfo=UTC) + HORIZON * number for number in range(4))
"""From where it is looked whether a cron trigger comes at all: together the years 1970 to 2130."""


def faults(read: Read) -> Iterator[Fault]:
    """Jobs whose fields fit no day, such as the 30th of February, by their paths."""
    for each in read.definitions:
        if each.job is None or each.job.cron is None:
            continue
        if all(following(each.job, after=after, zone=_ZONE) is None for after in _AFTER):
            yield Fault(below(read.paths[each.reward_id], "job", "cron"), "cron_never")


def warnings(read: Read, *, time_zone: str, now: datetime) -> Iterator[Fault]:
    """Jobs whose time is past, by their paths: `time_zone` is the workspace's."""
    for each in read.definitions:
        if each.job is None:
            continue
        path, zone = below(read.paths[each.reward_id], "job"), ZoneInfo(each.job.timezone or each.timezone or time_zone)
        if each.job.run_date is not None and moment(each.job.run_date, zone) <= now:
            code = "job_past_skipped" if each.job.skip_past_dates else "job_past"
            yield Fault(below(path, "run_date"), code, {"found": each.job.run_date})
        elif each.job.cron is not None and following(each.job, after=now, zone=zone) is None:
            yield Fault(below(path, "cron"), "job_over", {})
