"""What a job owes: each form of trigger, catching up, and the clocks of the world."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.badges.definition.findings import Findings
from core.badges.definition.job import Job, read
from core.schedule.due import SLOTS_MAX, due, following
from core.schedule.wall import instant

UTC_ZONE = ZoneInfo("Etc/UTC")
MADRID = ZoneInfo("Europe/Madrid")
NEW_YORK = ZoneInfo("America/New_York")


def job(**written: Any) -> Job:
    findings = Findings()
    made = read(written, "$", findings)
    assert made is not None, findings
    return made


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def keys(made: Job, since: str, now: str, zone: ZoneInfo = UTC_ZONE) -> list[str]:
    owed = due(at(now), made.model_copy(update={"catch_up": "all"}), since=at(since), zone=zone)
    return [slot.key for slot in owed]


CRONS = [
    ({"hour": 16, "minute": 0}, ["2026-11-20T16:00:00", "2026-11-21T16:00:00", "2026-11-22T16:00:00"]),
    ({"hour": "9-17/4", "day": 21}, ["2026-11-21T09:00:00", "2026-11-21T13:00:00", "2026-11-21T17:00:00"]),
    ({"day_of_week": "mon", "hour": 9}, []),
    ({"day_of_week": "fri,sun", "hour": 9}, ["2026-11-20T09:00:00", "2026-11-22T09:00:00"]),
    ({"day_of_week": "mon-fri", "hour": 12, "minute": 0}, ["2026-11-20T12:00:00"]),
    ({"day_of_week": "*/3"}, ["2026-11-22T00:00:00"]),
    ({"day_of_week": 5}, ["2026-11-21T00:00:00"]),
    ({"day": "3rd sat"}, ["2026-11-21T00:00:00"]),
    ({"day": "4TH Sun", "hour": "23"}, ["2026-11-22T23:00:00"]),
    ({"day": "last sun"}, []),
    ({"month": "nov", "day": "20-22/2"}, ["2026-11-20T00:00:00", "2026-11-22T00:00:00"]),
    ({"week": 47, "day_of_week": "sun"}, ["2026-11-22T00:00:00"]),
    ({"year": 2027}, []),
    ({"hour": 23, "minute": "50/5", "day": 20}, ["2026-11-20T23:50:00", "2026-11-20T23:55:00"]),
    ({"second": "*/30", "minute": 0, "hour": 1, "day": 20}, ["2026-11-20T01:00:00", "2026-11-20T01:00:30"]),
]  # fmt: skip


@pytest.mark.parametrize(("cron", "expected"), CRONS)
def test_a_cron_trigger_names_times_on_the_wall(cron: dict[str, Any], expected: list[str]) -> None:
    made = job(trigger="cron", cron=cron)

    assert keys(made, "2026-11-19T23:59:59", "2026-11-22T23:59:59") == expected


def test_last_is_the_last_day_of_each_month() -> None:
    made = job(trigger="cron", cron={"day": "last", "hour": 16, "minute": 0})

    found = keys(made, "2027-12-15T00:00", "2028-05-15T00:00")

    assert [key[:10] for key in found] == ["2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]


def test_the_jobs_zone_counts() -> None:
    slots = due(at("2026-07-02T00:00"), job(cron={"hour": 16}), since=at("2026-07-01T00:00"), zone=NEW_YORK)

    assert [(slot.key, slot.at) for slot in slots] == [("2026-07-01T16:00:00", at("2026-07-01T20:00"))]


def test_an_interval_is_counted_from_a_fixed_point() -> None:
    two_hours = job(trigger="interval", interval={"hours": 2})

    assert keys(two_hours, "2026-11-20T01:30", "2026-11-20T06:00", MADRID) == [
        "2026-11-20T02:00:00Z", "2026-11-20T04:00:00Z", "2026-11-20T06:00:00Z",
    ]  # fmt: skip
    assert keys(two_hours, "2026-11-20T06:00", "2026-11-20T07:59") == []


def test_whole_days_begin_at_local_midnight_and_weeks_on_monday() -> None:
    fortnight = job(schedule={"weeks": 2})
    slots = due(
        at("2026-11-30T00:00"),
        fortnight.model_copy(update={"catch_up": "all"}),
        since=at("2026-11-01T00:00"),
        zone=MADRID,
    )

    assert all(slot.at.astimezone(MADRID).strftime("%H:%M %a") == "00:00 Mon" for slot in slots)
    assert [b.at - a.at for a, b in pairwise(slots)] == [timedelta(days=14)]


def test_a_single_date_is_owed_once_also_when_it_is_past() -> None:
    christmas = job(trigger="date", run_date="2025-12-25 10:00:00")

    [slot] = due(at("2026-11-20T00:00"), christmas, since=None, zone=NEW_YORK)

    assert slot.at == at("2025-12-25T15:00")
    assert due(at("2026-11-20T00:00"), christmas, since=slot.at, zone=NEW_YORK) == []
    assert following(christmas, after=slot.at, zone=NEW_YORK) is None


def test_a_past_date_is_skipped_where_the_job_says_so() -> None:
    christmas = job(trigger="date", date={"run_date": "2025-12-25T10:00:00+02:00"}, skip_past_dates=True)

    assert due(at("2026-11-20T00:00"), christmas, since=None, zone=UTC_ZONE) == []
    assert following(christmas, after=at("2025-01-01T00:00"), zone=UTC_ZONE).at == at("2025-12-25T08:00")  # type: ignore[union-attr]


HOURLY = {"minute": 0}


@pytest.mark.parametrize(
    ("more", "owed"),
    [
        ({}, ["2026-11-20T12:00:00"]),
        ({"coalesce": False}, ["2026-11-20T10:00:00", "2026-11-20T11:00:00", "2026-11-20T12:00:00"]),
        ({"coalesce": False, "misfire_grace_time": 5400}, ["2026-11-20T11:00:00", "2026-11-20T12:00:00"]),
        ({"misfire_grace_time": 60}, []),
        ({"catch_up": "none"}, []),
        ({"catch_up": "all"}, ["2026-11-20T10:00:00", "2026-11-20T11:00:00", "2026-11-20T12:00:00"]),
        ({"catch_up": "latest", "coalesce": False}, ["2026-11-20T12:00:00"]),
    ],
)
def test_what_was_missed_is_owed_by_the_stated_policy(more: dict[str, Any], owed: list[str]) -> None:
    made = job(cron=HOURLY, **more)

    slots = due(at("2026-11-20T12:15"), made, since=at("2026-11-20T09:00"), zone=UTC_ZONE)

    assert [slot.key for slot in slots] == owed


def test_a_slot_that_is_looked_at_promptly_is_not_missed() -> None:
    made = job(cron=HOURLY, catch_up="none")

    assert len(due(at("2026-11-20T12:00:59"), made, since=at("2026-11-20T09:00"), zone=UTC_ZONE)) == 1


def test_what_was_missed_is_owed_in_portions() -> None:
    made = job(cron={"minute": "*"}, catch_up="all")
    now = at("2026-11-20T00:00")

    first = due(now, made, since=at("2026-11-01T00:00"), zone=UTC_ZONE)
    second = due(now, made, since=first[-1].at, zone=UTC_ZONE)

    assert len(first) == len(second) == SLOTS_MAX
    assert second[0].at - first[-1].at == timedelta(minutes=1)


@given(st.integers(0, 10**6), st.integers(1, 7200), st.sampled_from(["*/7", "0", "30"]))
def test_jitter_is_the_same_everywhere_and_loses_nothing(offset: int, jitter: int, minute: str) -> None:
    made = job(cron={"minute": minute}, jitter=jitter, catch_up="all")
    begin = at("2026-11-20T00:00") + timedelta(seconds=offset)
    end = begin + timedelta(hours=9)
    whole = due(end, made, since=begin, zone=UTC_ZONE, name="x")

    pieces = [
        slot
        for hour in range(9)
        for slot in due(
            begin + timedelta(hours=hour + 1), made, since=begin + timedelta(hours=hour), zone=UTC_ZONE, name="x"
        )
    ]

    assert pieces == whole
    assert len({slot.key for slot in whole}) == len(whole)
    late = [slot.at - datetime.fromisoformat(slot.key).replace(tzinfo=UTC) for slot in whole]
    assert all(timedelta(0) <= each <= timedelta(seconds=jitter) for each in late)
    assert jitter < 600 or len(set(late)) > 1


@given(
    st.sampled_from([
        {"cron": {"hour": "*/5", "minute": 30}}, {"cron": {"day": "last"}}, {"interval": {"hours": 7}}, {"interval": {"days": 3}},
        {"cron": {"minute": "*/20"}, "jitter": 900}, {"cron": {"day_of_week": "sun", "hour": 2, "minute": 30}},
    ]),
    st.integers(0, 86_400 * 300),
    st.sampled_from(["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut", "Pacific/Apia"]),
)  # fmt: skip
def test_the_next_slot_is_the_first_that_becomes_owed(written: dict[str, Any], offset: int, name: str) -> None:
    made, zone = job(**written, catch_up="all"), ZoneInfo(name)
    begin = at("2026-01-01T00:00") + timedelta(seconds=offset)

    slot = following(made, after=begin, zone=zone)

    assert slot is not None
    assert due(slot.at, made, since=begin, zone=zone)[0] == slot
    assert due(slot.at - timedelta(seconds=1), made, since=begin, zone=zone) == []
    latest = due(slot.at, made.model_copy(update={"catch_up": "latest"}), since=begin, zone=zone)
    assert [each.at for each in latest] == [slot.at]


def test_what_never_comes_is_never_owed() -> None:
    assert following(job(cron={"month": 2, "day": 30}), after=at("2026-01-01T00:00"), zone=UTC_ZONE) is None
    leap = following(
        job(cron={"month": 2, "day": 29, "day_of_week": "mon"}), after=at("2096-03-01T00:00"), zone=UTC_ZONE
    )
    assert leap is not None
    assert leap.key == "2112-02-29T00:00:00"


@pytest.mark.parametrize(
    ("wall", "zone", "expected"),
    [
        ("2026-03-29T02:30", "Europe/Madrid", "2026-03-29T01:00"),  # never comes: 02:00 is 03:00
        ("2026-10-25T02:30", "Europe/Madrid", "2026-10-25T00:30"),  # comes twice
        ("2026-04-05T01:45", "Australia/Lord_Howe", "2026-04-04T14:45"),  # half an hour twice
        ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:30"),
        ("2011-12-30T16:00", "Pacific/Apia", "2011-12-30T10:00"),  # a date that never was
        ("2026-11-20T16:00", "Asia/Kathmandu", "2026-11-20T10:15"),
    ],
)
def test_a_local_time_is_one_instant(wall: str, zone: str, expected: str) -> None:
    assert instant(datetime.fromisoformat(wall), ZoneInfo(zone)) == at(expected)


def test_times_that_never_come_are_one_slot_and_do_not_disturb_the_hour_after() -> None:
    made = job(cron={"minute": "*/15"})

    found = keys(made, "2026-03-29T00:44", "2026-03-29T01:16", MADRID)

    assert found == ["2026-03-29T01:45:00", "2026-03-29T03:00:00", "2026-03-29T03:15:00"]
