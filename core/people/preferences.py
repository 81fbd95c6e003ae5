"""What members choose for themselves: language, zone, when they want to be left alone, what they want to hear."""

from dataclasses import dataclass
from datetime import datetime, time
from difflib import get_close_matches
from zoneinfo import available_timezones

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Refusal
from core.people.models import Profile

ZONE_LENGTH_MAX = 60


class ZoneUnknown(Refusal):
    """Not an IANA zone; `near` is the nearest one there is, else an example."""

    code = "zone_unknown"


class QuietInvalid(Refusal):
    """Not two times of day, or the same one twice."""

    code = "quiet_invalid"


@dataclass(frozen=True, slots=True)
class Preferences:
    """`locale` and `time_zone` None: what the platform says, else the company's. Quiet hours are local and may pass midnight."""

    locale: str | None
    time_zone: str | None
    quiet_from: time | None
    quiet_to: time | None
    wants_notices: bool


_READ = text(
    "SELECT locale, time_zone, quiet_from, quiet_to, wants_notices FROM profile"
    " WHERE workspace_id = :workspace_id AND member_id = :member_id"
)

# Until when a notice to a member has to wait: NULL not at all, infinity for ever. The end of the quiet hours is the next time
# their clock shows it.
_HELD = text("""
SELECT CASE
    WHEN NOT (wants_notices AND sends_notices) THEN 'infinity'
    WHEN quiet_from < quiet_to AND clock >= quiet_from AND clock < quiet_to THEN (day + quiet_to) AT TIME ZONE zone
    WHEN quiet_from > quiet_to AND clock >= quiet_from THEN (day + 1 + quiet_to) AT TIME ZONE zone
    WHEN quiet_from > quiet_to AND clock < quiet_to THEN (day + quiet_to) AT TIME ZONE zone
END AS until
FROM (
    SELECT wants_notices, sends_notices, quiet_from, quiet_to, zone, CAST(local AS date) AS day, CAST(local AS time) AS clock
    FROM profile JOIN workspace ON workspace.id = profile.workspace_id,
         LATERAL (SELECT coalesce(profile.time_zone, workspace.time_zone) AS zone) AS chosen,
         LATERAL (SELECT clock_timestamp() AT TIME ZONE zone AS local) AS moment
    WHERE profile.workspace_id = :workspace_id AND profile.member_id = :member_id
) AS own
""")


async def get(session: AsyncSession, member_id: int, *, workspace_id: int) -> Preferences:
    row = (await session.execute(_READ, {"workspace_id": workspace_id, "member_id": member_id})).one()
    return Preferences(*row)


async def change(session: AsyncSession, member_id: int, preferences: Preferences, *, workspace_id: int) -> None:
    """Keep what a member chose, all of it at once."""
    await session.execute(
        update(Profile)
        .where(Profile.workspace_id == workspace_id, Profile.member_id == member_id)
        .values(
            locale=preferences.locale,
            time_zone=preferences.time_zone,
            quiet_from=preferences.quiet_from,
            quiet_to=preferences.quiet_to,
            wants_notices=preferences.wants_notices,
        )
    )


async def held_until(session: AsyncSession, member_id: int, *, workspace_id: int) -> datetime | None:
    """When a notice to a member may go out; None: now. `datetime.max` stands for never: they want none, or their company
    has switched notices off."""
    values = {"workspace_id": workspace_id, "member_id": member_id}
    until: datetime | None = (await session.execute(_HELD, values)).scalar_one_or_none()
    return until


def zone(typed: str) -> str:
    """The IANA zone that was meant, whatever its case. Raises ZoneUnknown."""
    zones = {name.casefold(): name for name in available_timezones()}
    asked = typed.strip().replace(" ", "_").casefold()[:ZONE_LENGTH_MAX]
    if asked in zones:
        return zones[asked]
    cities = {name.rpartition("/")[2]: name for name in sorted(zones, reverse=True)}
    if asked in cities:
        return zones[cities[asked]]
    near = get_close_matches(asked, [*zones, *cities], n=1, cutoff=0.6)
    raise ZoneUnknown(typed=typed.strip()[:ZONE_LENGTH_MAX], near=_named(near, zones, cities))


def _named(near: list[str], zones: dict[str, str], cities: dict[str, str]) -> str:
    if not near:
        return "Europe/Madrid"
    return zones[near[0]] if near[0] in zones else zones[cities[near[0]]]


def quiet_hours(typed: str) -> tuple[time, time]:
    """`22:00-07:00`, `22-7`: from and to. Raises QuietInvalid."""
    begin, dash, end = typed.strip().replace("–", "-").replace("—", "-").partition("-")
    try:
        window = (_time(begin), _time(end))
    except ValueError:
        raise QuietInvalid(typed=typed.strip()[:40]) from None
    if not dash or window[0] == window[1]:
        raise QuietInvalid(typed=typed.strip()[:40])
    return window


def _time(typed: str) -> time:
    hours, _, minutes = typed.strip().partition(":")
    if not (hours.isascii() and hours.isdigit() and len(hours) <= 2):
        raise ValueError
    if minutes and not (minutes.isascii() and minutes.isdigit() and len(minutes) == 2):
        raise ValueError
    return time(int(hours), int(minutes or 0))
