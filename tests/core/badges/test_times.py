"""Availability and timeframes as tables: New Year, midnight, weekdays, zones and the two nights when clocks change."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import timeframe
from core.badges.definition.availability import Availability
from core.badges.environment import environment, is_open, opens_at
from core.badges.timeframe import Gap
from tests.core.badges.stock import definition, reading

MADRID, NEW_YORK, UTC_ZONE = ZoneInfo("Europe/Madrid"), ZoneInfo("America/New_York"), ZoneInfo("Etc/UTC")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


def rule(**fields: Any) -> Availability:
    (made,) = reading(definition(availability_rule=fields)).definitions
    assert made.availability_rule is not None
    return made.availability_rule


def local(moment: str, zone: ZoneInfo = UTC_ZONE) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=zone).astimezone(UTC)


DECEMBER = {"start_date": "12-01", "end_date": "12-31"}
NEW_YEAR = {"start_date": "12-20", "end_date": "01-06"}
NIGHT = {"start_time": "22:00", "end_time": "02:00"}
WORK = {"dow": [0, 1, 2, 3, 4], "start_time": "06:00:00", "end_time": "09:00:00"}

OPEN: list[tuple[dict[str, Any], str, bool]] = [
    (DECEMBER, "2026-11-30 23:59:59", False),
    (DECEMBER, "2026-12-01 00:00:00", True),
    (DECEMBER, "2026-12-31 23:59:59", True),
    (DECEMBER, "2027-01-01 00:00:00", False),
    (NEW_YEAR, "2026-12-19 23:59:59", False),
    (NEW_YEAR, "2026-12-20 00:00:00", True),
    (NEW_YEAR, "2027-01-01 12:00:00", True),
    (NEW_YEAR, "2027-01-06 23:59:59", True),
    (NEW_YEAR, "2027-01-07 00:00:00", False),
    ({"start_date": "2026-03-01", "end_date": "2026-03-01"}, "2026-03-01 23:00:00", True),
    ({"start_date": "2026-03-01"}, "2030-01-01 00:00:00", True),
    ({"start_date": "2026-03-01"}, "2026-02-28 23:59:59", False),
    ({"end_date": "2026-03-01"}, "2026-03-02 00:00:00", False),
    ({"end_date": "03-01"}, "2026-02-01 00:00:00", True),
    ({"start_date": "02-29", "end_date": "02-29"}, "2028-02-29 12:00:00", True),
    ({"start_date": "02-29", "end_date": "02-29"}, "2027-02-28 12:00:00", False),
    (WORK, "2026-11-20 05:59:59", False),
    (WORK, "2026-11-20 06:00:00", True),  # a Friday
    (WORK, "2026-11-20 08:59:59", True),
    (WORK, "2026-11-20 09:00:00", False),
    (WORK, "2026-11-21 07:00:00", False),
    (NIGHT, "2026-11-20 21:59:59", False),
    (NIGHT, "2026-11-20 22:00:00", True),
    (NIGHT, "2026-11-21 01:59:59", True),
    (NIGHT, "2026-11-21 02:00:00", False),
    ({**NIGHT, "dow": [4]}, "2026-11-20 23:00:00", True),
    ({**NIGHT, "dow": [4]}, "2026-11-21 01:00:00", True),  # still Friday's night
    ({**NIGHT, "dow": [4]}, "2026-11-20 01:00:00", False),  # Thursday's
    ({**NIGHT, "dow": [4]}, "2026-11-21 23:00:00", False),
    ({**NIGHT, "start_date": "12-31", "end_date": "12-31"}, "2027-01-01 01:00:00", True),
    ({**NIGHT, "start_date": "12-31", "end_date": "12-31"}, "2026-12-31 01:00:00", False),
    ({"start_time": "12:00"}, "2026-11-20 23:59:59", True),
    ({"end_time": "24:00", "start_time": "23:00"}, "2026-11-20 23:59:59", True),
    ({"month": 11}, "2026-11-20 00:00:00", True),
    ({"month": [6, 7, 8]}, "2026-11-20 00:00:00", False),
    ({"month": {"gte": 6, "lte": 11}}, "2026-11-30 00:00:00", True),
    ({"quarter": 4}, "2026-10-01 00:00:00", True),
    ({"season": "Winter"}, "2026-12-01 00:00:00", True),
    ({"season": ["summer", "spring"]}, "2026-09-01 00:00:00", False),
    ({"is_weekend": True}, "2026-11-21 00:00:00", True),
    ({"is_weekend": False}, "2026-11-21 00:00:00", False),
    ({"is_weekend": 1}, "2026-11-21 00:00:00", False),  # a truth value is not a number
    ({"is_business_hours": True}, "2026-11-20 16:59:59", True),
    ({"is_business_hours": True}, "2026-11-20 17:00:00", False),
    ({"day_period": "morning"}, "2026-11-20 05:00:00", True),
    ({"day_period": {"not_in": ["night", "evening"]}}, "2026-11-20 22:00:00", False),
    ({"is_month_end": True}, "2028-02-29 00:00:00", True),
    ({"is_month_end": True}, "2028-02-28 00:00:00", False),
    ({"is_quarter_end": True}, "2026-09-30 00:00:00", True),
    ({"is_year_end": True}, "2026-12-31 00:00:00", True),
    ({**DECEMBER, "is_weekend": True, "start_time": "10:00"}, "2026-12-05 09:59:59", False),
    ({**DECEMBER, "is_weekend": True, "start_time": "10:00"}, "2026-12-05 10:00:00", True),
]


@pytest.mark.parametrize(("fields", "moment", "expected"), OPEN)
def test_a_rule_is_open(fields: dict[str, Any], moment: str, expected: bool) -> None:
    for zone in (UTC_ZONE, MADRID, NEW_YORK):
        assert is_open(rule(**fields), local(moment, zone), zone) is expected


DST: list[tuple[dict[str, Any], str, ZoneInfo, bool]] = [
    # Spring: 02:00–03:00 does not exist on 29 March 2026 in Madrid.
    ({"start_time": "02:30", "end_time": "04:00"}, "2026-03-29T00:59:59+00:00", MADRID, False),  # 01:59:59
    ({"start_time": "02:30", "end_time": "04:00"}, "2026-03-29T01:00:00+00:00", MADRID, True),  # 03:00
    ({"start_time": "02:00", "end_time": "03:00"}, "2026-03-29T01:00:00+00:00", MADRID, False),
    # Autumn: 02:00–03:00 comes twice on 25 October 2026.
    ({"start_time": "02:00", "end_time": "03:00"}, "2026-10-25T00:30:00+00:00", MADRID, True),
    ({"start_time": "02:00", "end_time": "03:00"}, "2026-10-25T01:30:00+00:00", MADRID, True),
    ({"start_time": "02:00", "end_time": "03:00"}, "2026-10-25T02:00:00+00:00", MADRID, False),
    (DECEMBER, "2026-12-01T04:59:59+00:00", NEW_YORK, False),
    (DECEMBER, "2026-12-01T05:00:00+00:00", NEW_YORK, True),
]


@pytest.mark.parametrize(("fields", "moment", "zone", "expected"), DST)
def test_a_rule_follows_the_local_clock(fields: dict[str, Any], moment: str, zone: ZoneInfo, expected: bool) -> None:
    assert is_open(rule(**fields), datetime.fromisoformat(moment), zone) is expected


OPENS: list[tuple[dict[str, Any], str, str | None]] = [
    (DECEMBER, "2026-11-20 10:00:00", "2026-12-01 00:00:00"),
    (DECEMBER, "2027-01-01 00:00:00", "2027-12-01 00:00:00"),
    (NEW_YEAR, "2027-01-07 00:00:00", "2027-12-20 00:00:00"),
    (WORK, "2026-11-20 09:00:00", "2026-11-23 06:00:00"),
    (WORK, "2026-11-20 07:00:00", "2026-11-20 07:00:00"),
    (NIGHT, "2026-11-20 12:00:00", "2026-11-20 22:00:00"),
    ({"is_business_hours": True}, "2026-11-20 18:00:00", "2026-11-23 09:00:00"),
    ({"start_date": "02-29", "end_date": "02-29"}, "2026-11-20 10:00:00", "2028-02-29 00:00:00"),
    ({"start_date": "2040-01-01"}, "2026-11-20 10:00:00", "2040-01-01 00:00:00"),
    ({"end_date": "2026-11-01"}, "2026-11-20 10:00:00", None),
    ({"month": 13}, "2026-11-20 10:00:00", None),
]


@pytest.mark.parametrize(("fields", "moment", "expected"), OPENS)
def test_when_a_rule_opens_next(fields: dict[str, Any], moment: str, expected: str | None) -> None:
    for zone in (UTC_ZONE, MADRID):
        opens = opens_at(rule(**fields), local(moment, zone), zone)
        assert opens == (local(expected, zone) if expected else None)


moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds it
zones = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)


@given(moments, zones)
def test_what_opens_is_open_and_nothing_opened_before(moment: datetime, zone: ZoneInfo) -> None:
    night = rule(**NIGHT, dow=[4, 5])
    opens = opens_at(night, moment, zone)
    assert opens is not None
    assert opens >= moment
    assert is_open(night, opens, zone)
    if opens > moment:
        assert not is_open(night, moment, zone)
        assert not is_open(night, opens - timedelta(seconds=1), zone)


@given(moments, zones)
def test_environment_has_every_attribute(moment: datetime, zone: ZoneInfo) -> None:
    known = environment(moment, zone)
    assert known["is_weekend"] is not known["is_weekday"]
    assert known["month"] == moment.astimezone(zone).month


PERIODS: list[tuple[str, str, ZoneInfo, str]] = [
    ("hourly", "2026-11-20T14:59:59+00:00", UTC_ZONE, "2026-11-20T14+0000"),
    ("hourly", "2026-10-25T00:30:00+00:00", MADRID, "2026-10-25T02+0200"),
    ("hourly", "2026-10-25T01:30:00+00:00", MADRID, "2026-10-25T02+0100"),  # the same hour of the clock, another hour
    ("daily", "2026-11-20T23:30:00+00:00", MADRID, "2026-11-21"),
    ("weekly", "2027-01-01T12:00:00+00:00", UTC_ZONE, "2026-W53"),
    ("weekly", "2026-11-22T23:30:00+00:00", MADRID, "2026-W48"),
    ("biweekly", "2026-11-22T23:59:59+00:00", UTC_ZONE, "2026-W46+2"),
    ("biweekly", "2026-11-23T00:00:00+00:00", UTC_ZONE, "2026-W48+2"),
    ("biweekly", "2026-12-06T23:59:59+00:00", UTC_ZONE, "2026-W48+2"),
    ("biweekly", "2027-01-03T23:59:59+00:00", UTC_ZONE, "2026-W52+2"),  # a year with 53 weeks
    (
        "biweekly",
        "2025-12-29T00:00:00+00:00",
        UTC_ZONE,
        "2025-W52+2",
    ),  # W01 of 2026, in a pair over the end of the year
    ("monthly", "2026-11-30T23:30:00+00:00", MADRID, "2026-12"),
    ("quarterly", "2026-12-31T23:59:59+00:00", UTC_ZONE, "2026-Q4"),
    ("yearly", "2026-12-31T23:30:00+00:00", MADRID, "2027"),
]


@pytest.mark.parametrize(("kind", "moment", "zone", "key"), PERIODS)
def test_key_of_a_period(kind: str, moment: str, zone: ZoneInfo, key: str) -> None:
    period = timeframe.current(kind, datetime.fromisoformat(moment), zone)
    assert period is not None
    assert period.key == key


@given(st.sampled_from(timeframe.KINDS), moments, zones)
def test_periods_hold_their_moment_and_follow_without_gap(kind: str, moment: datetime, zone: ZoneInfo) -> None:
    period = timeframe.current(kind, moment, zone)
    assert period is not None
    assert period.starts_at <= moment < period.ends_at
    following = timeframe.current(kind, period.ends_at, zone)
    last = timeframe.current(kind, period.ends_at - timedelta(microseconds=1), zone)
    assert following is not None
    assert last is not None
    assert following.starts_at == period.ends_at
    assert (last.key, following.key != period.key) == (period.key, True)
    assert len(period.key) <= 40


GAPS: list[tuple[str | None, int, Gap]] = [
    (None, 0, Gap()),
    ("daily", 0, Gap()),
    (None, 90, Gap("0", "5400 seconds")),
    ("rolling:30d", 0, Gap("30 days", "0")),
    ("rolling:2w", 60, Gap("2 weeks", "3600 seconds")),
    ("rolling:12h", 60, Gap("0", "43200 seconds")),
    ("rolling:30min", 60, Gap("0", "3600 seconds")),
    ("rolling:1 month", 0, Gap("1 months", "0")),
]


@pytest.mark.parametrize(("written", "cooldown", "expected"), GAPS)
async def test_gap_is_one_that_the_database_reads(
    session: AsyncSession, written: str | None, cooldown: int, expected: Gap
) -> None:
    made = timeframe.gap(written, cooldown)
    assert made == expected
    for each in (made.calendar, made.absolute):
        assert await session.scalar(text("SELECT CAST(CAST(:given AS text) AS interval)"), {"given": each}) is not None
