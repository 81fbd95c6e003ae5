"""Quillmoor, a company that does not exist: two hundred people, the same in every run, and the world they chat in."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from bots.demo import names
from bots.demo.names import DEPARTMENTS, LOCATIONS, Department
from bots.simulator import Ids, Person, World

COMPANY = "Quillmoor"
TIME_ZONE = "Europe/Madrid"
SEED = "quillmoor"
SIZE = 200
TEAM_SIZE = 8
LEAVERS = (61, 74, 97, 118, 143, 171)
ON_LEAVE = (88, 129, 160)
ALL_PLATFORMS = frozenset({"teams", "slack", "telegram"})


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member to be. `number` counts from 1; `manager` is a colleague's number, 0 for whom nobody manages.

    `platforms` are those where the member's account is known beforehand. `left_on` ends a leaver's history.
    """

    number: int
    person: Person
    department: Department
    location: str
    title: str
    manager: int
    hired_on: date
    born_on: date
    platforms: frozenset[str]
    status: str = "active"
    roles: tuple[str, ...] = ("member",)
    locale: str | None = None
    left_on: date | None = None


@dataclass(frozen=True, slots=True)
class Company:
    colleagues: tuple[Colleague, ...]
    world: World
    app_id: str


def found(today: date) -> Company:
    """The company as of a day. Who is who depends on the seed alone, dates of hiring and leaving on the day too."""
    ids, chance = Ids(SEED), Random(SEED)
    bot = Person(
        name="Plaudit",
        email="",
        teams_id=f"28:{(app_id := ids.uuid())}",
        aad_id=ids.uuid(),
        slack_id=ids.slack("U"),
        telegram_id=ids.number(10),
        is_bot=True,
        telegram_username="plaudit_bot",
    )
    colleagues = [
        *_cast(ids, today),
        *_crowd(ids, chance, today),
    ]
    world = World(
        [colleague.person for colleague in colleagues],
        bot=bot,
        tenant_id=ids.uuid(),
        slack_domain=SEED,
        ids=ids,
    )
    return Company(tuple(colleagues), world, app_id)


def _cast(ids: Ids, today: date) -> list[Colleague]:
    """Those who speak in the story. They come first, so that their first names are enough to mean them."""
    by_name = {department.name: department for department in DEPARTMENTS}
    cast = []
    for number, role in enumerate(names.CAST, start=1):
        location = next(place for place in LOCATIONS if place.name == role.location)
        person = _person(role.name, ids, locale=role.locale, time_zone=location.time_zone)
        cast.append(
            Colleague(
                number=number,
                person=person,
                department=by_name[role.department],
                location=role.location,
                title=role.title,
                manager=0 if number == 1 else 1,
                hired_on=today - timedelta(days=400 + 173 * number),
                born_on=date(1979 + number, 1 + 2 * number % 12, 3 * number),
                platforms=ALL_PLATFORMS,
                roles=("member", "admin") if number == 1 else ("member", "manager"),
                locale=role.locale if role.locale != "en-US" else None,
            )
        )
    return cast


def _crowd(ids: Ids, chance: Random, today: date) -> list[Colleague]:
    """The others, department by department; the first of each team of eight manages the rest of it."""
    used = {role.name for role in names.CAST}
    crowd: list[Colleague] = []
    number = len(names.CAST)
    for department in DEPARTMENTS:
        head = 1
        for place in range(department.size - sum(role.department == department.name for role in names.CAST)):
            number += 1
            is_lead = place % TEAM_SIZE == 0
            crowd.append(_colleague(number, department, ids, chance, today, used, manager=1 if is_lead else head))
            head = number if is_lead else head
    return crowd


def _colleague(
    number: int, department: Department, ids: Ids, chance: Random, today: date, used: set[str], *, manager: int
) -> Colleague:
    location = chance.choice([place for place in LOCATIONS if place.name in department.locations])
    person = _person(_new_name(chance, used), ids, locale="en-US", time_zone=location.time_zone)
    left_on = today - timedelta(days=20 + number % 40) if number in LEAVERS else None
    status = "left" if left_on else "leave" if number in ON_LEAVE else "active"
    return Colleague(
        number=number,
        person=person,
        department=department,
        location=location.name,
        title=department.title,
        manager=manager,
        hired_on=today - timedelta(days=chance.randrange(100, 4000)),
        born_on=date(1962, 1, 1) + timedelta(days=chance.randrange(40 * 365)),
        platforms=frozenset(chance.choice(department.platforms)),
        status=status,
        roles=("member", "manager") if manager == 1 else ("member",),
        left_on=left_on,
    )


def _new_name(chance: Random, used: set[str]) -> str:
    while True:
        name = f"{chance.choice(names.FIRST)} {chance.choice(names.LAST)}"
        if name not in used:
            used.add(name)
            return name


def _person(name: str, ids: Ids, *, locale: str, time_zone: str) -> Person:
    handle = name.lower().translate(names.PLAIN_LETTERS).replace(" ", ".")
    return Person(
        name=name,
        email=f"{handle}@quillmoor.example",
        teams_id=f"29:1{ids.hexadecimal(40)}",
        aad_id=ids.uuid(),
        slack_id=ids.slack("U"),
        telegram_id=ids.number(9),
        telegram_username=None,
        locale=locale,
        time_zone=time_zone,
    )
