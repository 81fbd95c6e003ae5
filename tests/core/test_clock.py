"""Calendar periods in every zone, also where midnight does not exist or comes twice."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from core.clock import Period, period, today

KINDS = ("day", "week", "month", "quarter", "year")
INSTANT = timedelta(microseconds=1)


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def week_of(written: str, zone: str = "Etc/UTC") -> Period:
    return period("week", at(written), ZoneInfo(zone))


@pytest.mark.parametrize("zone", sorted(available_timezones() - {"localtime"}))
def test_every_day_of_every_zone_holds_its_instants_and_ends_where_the_next_begins(zone: str) -> None:
    place = ZoneInfo(zone)
    end = at("2028-01-01")
    current = period("day", at("2026-01-01T12:00"), place)
    while current.ends_at < end:
        assert today(current.starts_at, place).isoformat() == current.key
        assert today(current.ends_at - INSTANT, place).isoformat() == current.key
        assert today(current.ends_at, place).isoformat() > current.key
        following = period("day", current.ends_at, place)
        assert following.starts_at == current.ends_at
        current = following


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("zone", ["Etc/UTC", "America/Sao_Paulo", "Africa/Cairo", "Asia/Beirut", "Pacific/Apia"])
def test_periods_of_a_kind_follow_each_other_without_gap_or_overlap(kind: str, zone: str) -> None:
    place = ZoneInfo(zone)
    current = period(kind, at("2010-06-15"), place)
    keys = {current.key}
    while current.ends_at < at("2019-06-15"):
        assert current.starts_at < current.ends_at
        following = period(kind, current.ends_at, place)
        assert following.starts_at == current.ends_at
        assert period(kind, current.ends_at - INSTANT, place) == current
        assert following.key not in keys
        keys.add(following.key)
        current = following


@pytest.mark.parametrize(
    ("zone", "day", "begins", "ends"),
    [
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00", "2018-11-05T02:00"),  # midnight is skipped
        ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00", "2018-02-18T03:00"),  # 23:00 comes twice
        ("Africa/Cairo", "2024-04-26", "2024-04-25T22:00", "2024-04-26T21:00"),
        ("Africa/Cairo", "2024-10-31", "2024-10-30T21:00", "2024-10-31T22:00"),
        ("Asia/Beirut", "2024-03-31", "2024-03-30T22:00", "2024-03-31T21:00"),
        ("Asia/Beirut", "2024-10-26", "2024-10-25T21:00", "2024-10-26T22:00"),
        ("America/Havana", "2024-11-03", "2024-11-03T04:00", "2024-11-04T05:00"),
        ("Europe/Madrid", "2024-03-31", "2024-03-30T23:00", "2024-03-31T22:00"),
        ("Pacific/Kiritimati", "2024-01-01", "2023-12-31T10:00", "2024-01-01T10:00"),
    ],
)
def test_a_day_begins_at_its_first_instant(zone: str, day: str, begins: str, ends: str) -> None:
    assert period("day", at(begins), ZoneInfo(zone)) == Period(day, at(begins), at(ends))
    assert period("day", at(ends) - INSTANT, ZoneInfo(zone)) == Period(day, at(begins), at(ends))


@pytest.mark.parametrize(
    ("written", "key", "monday"),
    [
        ("2020-12-31", "2020-W53", "2020-12-28"),
        ("2021-01-03T23:59:59", "2020-W53", "2020-12-28"),
        ("2021-01-04", "2021-W01", "2021-01-04"),
        ("2024-12-30", "2025-W01", "2024-12-30"),
        ("2027-01-01", "2026-W53", "2026-12-28"),
        ("2026-11-20T12:00", "2026-W47", "2026-11-16"),
    ],
)
def test_weeks_are_iso_weeks(written: str, key: str, monday: str) -> None:
    assert week_of(written) == Period(key, at(monday), at(monday) + timedelta(days=7))


@pytest.mark.parametrize(
    ("kind", "written", "key", "starts", "ends"),
    [
        ("month", "2024-02-29T23:59:59", "2024-02", "2024-02-01", "2024-03-01"),
        ("month", "2026-12-31", "2026-12", "2026-12-01", "2027-01-01"),
        ("quarter", "2026-03-31", "2026-Q1", "2026-01-01", "2026-04-01"),
        ("quarter", "2026-04-01", "2026-Q2", "2026-04-01", "2026-07-01"),
        ("quarter", "2026-08-31", "2026-Q3", "2026-07-01", "2026-10-01"),
        ("quarter", "2026-12-31", "2026-Q4", "2026-10-01", "2027-01-01"),
        ("year", "2024-02-29", "2024", "2024-01-01", "2025-01-01"),
    ],
)
def test_months_quarters_and_years(kind: str, written: str, key: str, starts: str, ends: str) -> None:
    assert period(kind, at(written), ZoneInfo("Etc/UTC")) == Period(key, at(starts), at(ends))


def test_the_zone_decides_which_week_it_is() -> None:
    assert week_of("2026-11-22T23:30", "Europe/Madrid").key == "2026-W48"
    assert week_of("2026-11-22T23:30", "America/New_York").key == "2026-W47"


def test_an_unknown_kind_is_a_bug_not_a_period() -> None:
    with pytest.raises(ValueError, match="fortnight"):
        period("fortnight", at("2026-01-01"), ZoneInfo("Etc/UTC"))
