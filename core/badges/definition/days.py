"""Dates, times and zones as definitions write them."""

import re
from datetime import date, datetime, time
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from core.badges.definition.findings import nearest, shown
from core.badges.definition.parts import refuse

_MONTH_DAY = re.compile(r"(\d{1,2})-(\d{1,2})")
_FULL = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
LEAP_YEAR = 2024


@cache
def zones() -> frozenset[str]:
    return frozenset(available_timezones())


def day(value: Any) -> str:
    """`MM-DD` or `YYYY-MM-DD`. `DD-MM` was turned before, see `turned`."""
    text = _text(value)
    match = _MONTH_DAY.fullmatch(text)
    try:
        if match:
            return date(LEAP_YEAR, int(match[1]), int(match[2])).strftime("%m-%d")
        if _FULL.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise refuse("date_invalid", found=shown(value))


def turned(value: Any) -> str | None:
    """`31-12` → `12-31`: where the first number cannot be a month but the second can. None: not so written."""
    match = _MONTH_DAY.fullmatch(value) if isinstance(value, str) else None
    if match is None or not int(match[1]) > 12 >= int(match[2]):
        return None
    return f"{int(match[2]):02}-{int(match[1]):02}"


def clock(value: Any) -> str:
    """`HH:MM` or `HH:MM:SS`; `24:00` is the end of a day."""
    text = _text(value)
    match = _TIME.fullmatch(text)
    if match is None:
        raise refuse("time_invalid", found=shown(value))
    parts = [int(each) for each in match.groups("0")]
    if parts == [24, 0, 0]:
        return "24:00:00"
    try:
        return time(parts[0], parts[1], parts[2]).isoformat()
    except ValueError:
        raise refuse("time_invalid", found=shown(value)) from None


def moment(value: Any) -> str:
    """A date and time without or with an offset, or a date; kept in ISO form."""
    text = _text(value).strip()
    try:
        if _FULL.fullmatch(text):
            return date.fromisoformat(text).isoformat()
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        raise refuse("moment_invalid", found=shown(value)) from None


def zone(value: Any) -> str:
    text = _text(value)
    if text not in zones():
        raise refuse("zone_unknown", found=shown(value), nearest=nearest(text, zones()))
    return text


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise refuse("wrong_type", wanted="text", found=shown(value))
    return value
