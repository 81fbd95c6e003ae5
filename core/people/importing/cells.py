"""The columns of a people file: what a cell of each may hold, and what an empty value of it is."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import available_timezones

from core.people.models import ACTIVE, LEFT, ON_LEAVE, ROLES
from core.text import clean, clean_name

CLEAR = "-"
ATTRIBUTE = "attributes."
TEXT_LENGTH_MAX = 200
EMAIL_LENGTH_MAX = 254
LIST_LENGTH_MAX = 50
SHOWN_LENGTH_MAX = 40
PLATFORMS = {"teams_id": "teams", "slack_id": "slack", "telegram_id": "telegram"}

_EMAIL = re.compile(r"[^@\s,;:<>()\"\\]+@[^@\s,;:<>()\"\\.]+(\.[^@\s,;:<>()\"\\.]+)+")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAY = re.compile(r"\d{2}-\d{2}")
_REMOTE_ID = {
    "teams_id": re.compile(r"29:[\w-]{8,200}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "slack_id": re.compile(r"[UW][A-Z0-9]{4,30}"),
    "telegram_id": re.compile(r"[1-9]\d{0,18}"),
}
_LEAP_YEAR = 2000
_YEARS = range(1900, 2101)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell (or, without a column, with a line). `code` says what, `details` are its figures."""

    line: int
    column: str
    value: str
    code: str
    details: Mapping[str, Any] = field(default_factory=dict)


class Malformed(Exception):
    """A cell holds what its column cannot."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class Account(NamedTuple):
    """A platform account as a file names it; `tenant` is empty until the workspace's own is known."""

    column: str
    platform: str
    tenant: str
    remote_id: str


class Birthday(NamedTuple):
    year: int | None
    month: int
    day: int


def shown(value: str) -> str:
    """A value for a report: on one line and not too long."""
    line = clean(value).replace("\n", " ")
    return line if len(line) <= SHOWN_LENGTH_MAX else line[: SHOWN_LENGTH_MAX - 1] + "…"


def email(typed: str) -> str:
    if len(typed) > EMAIL_LENGTH_MAX or not _EMAIL.fullmatch(typed):
        raise Malformed("email")
    return typed.lower()


def _text(typed: str) -> str:
    kept = clean(typed)
    if len(kept) > TEXT_LENGTH_MAX:
        raise Malformed("too_long", limit=TEXT_LENGTH_MAX)
    return kept


def _texts(typed: str) -> list[str]:
    kept = list(dict.fromkeys(filter(None, map(_text, typed.split(";")))))
    if len(kept) > LIST_LENGTH_MAX:
        raise Malformed("too_many", limit=LIST_LENGTH_MAX)
    return kept


def _locale(typed: str) -> str:
    tag = typed.replace("_", "-")
    if not _LOCALE.fullmatch(tag):
        raise Malformed("locale")
    language, *rest = tag.split("-")
    return "-".join([language.lower(), *rest])


@cache
def _zones() -> Mapping[str, str]:
    return {zone.casefold(): zone for zone in available_timezones()}


def _zone(typed: str) -> str:
    zone = _zones().get(typed.casefold())
    if zone is None:
        near = get_close_matches(typed.casefold(), _zones(), 1)
        raise Malformed("time_zone", nearest=_zones()[near[0]] if near else "Europe/Madrid")
    return zone


def _date(typed: str) -> date:
    if not _DATE.fullmatch(typed):
        raise Malformed("date")
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise Malformed("date") from None
    if day.year not in _YEARS:
        raise Malformed("date")
    return day


def _birthday(typed: str) -> Birthday:
    """`MM-DD` or `YYYY-MM-DD`. 29 February needs no leap year where no year is told."""
    has_year = not _DAY.fullmatch(typed)
    try:
        day = _date(typed if has_year else f"{_LEAP_YEAR}-{typed}")
    except Malformed:
        raise Malformed("birthday") from None
    return Birthday(day.year if has_year else None, day.month, day.day)


def _status(typed: str) -> str:
    if typed.lower() not in {ACTIVE, ON_LEAVE, LEFT}:
        raise Malformed("status", allowed=[ACTIVE, ON_LEAVE, LEFT])
    return typed.lower()


def _roles(typed: str) -> list[str]:
    """Everybody is a member, whether or not the cell says so."""
    given = {part.strip().lower() for part in typed.split(";")} - {""}
    if given - set(ROLES):
        raise Malformed("role", allowed=list(ROLES))
    return [role for role in ROLES if role in given | {ROLES[0]}]


PARSERS: Mapping[str, Callable[[str], Any]] = {
    "email": email,
    "name": clean_name,
    "locale": _locale,
    "time_zone": _zone,
    "job_code": _text,
    "department": _text,
    "location": _text,
    "groups": _texts,
    "programs": _texts,
    "manager": email,
    "hire_date": _date,
    "birthday": _birthday,
    "status": _status,
    "roles": _roles,
}

EMPTY: Mapping[str, Any] = {
    **dict.fromkeys(
        ("email", "locale", "time_zone", "job_code", "department", "location", "manager", "hire_date", "birthday")
    ),
    "groups": [],
    "programs": [],
    "roles": [ROLES[0]],
}
"""What a cell `-` makes of a column; the others cannot be cleared."""

COLUMNS = (*PARSERS, *PLATFORMS)


def parse(column: str, typed: str) -> Any:
    """The value of a cell that is not empty. Raises Malformed."""
    if not column:
        raise Malformed("no_column")
    if column.startswith(ATTRIBUTE):
        return None if typed == CLEAR else _text(typed)
    if typed != CLEAR:
        return PARSERS[column](typed)
    if column not in EMPTY:
        raise Malformed("not_clearable")
    return EMPTY[column]


def account(column: str, typed: str) -> Account:
    """`id`, or `tenant/id` where the platform has several tenants in the workspace. Raises Malformed."""
    if typed == CLEAR:
        raise Malformed("not_clearable")
    tenant, _, remote_id = (part.strip() for part in typed.rpartition("/"))
    if not _REMOTE_ID[column].fullmatch(remote_id):
        raise Malformed("account")
    platform = PLATFORMS[column]
    return Account(column, platform, tenant.lower() if platform == "teams" else tenant, remote_id)
