"""Three months of thanks, the same for the same day: who thanked whom, when, for what, and who agreed.

Only what the rules allow is made up: nobody goes over the week's allowance or the cap per pair. `bots.demo.books` turns it
into rows, and `plaudit verify` judges the result.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from bots.demo import phrases
from bots.demo.company import SEED, TIME_ZONE, Colleague
from bots.demo.names import CAST
from core.clock import period
from core.kudos.tags import SEED as TAGS
from core.points.service import ALLOWANCE_PERIOD

DAYS = 91
PER_DAY = 23.0
RHYTHM = (1.0, 1.1, 1.1, 1.2, 1.5, 0.04, 0.02)
"""Monday to Sunday: more on Fridays, hardly anything at weekends."""

POINTS = (1, 1, 1, 2, 2, 3, 3, 5, 5, 10)
RECEIVERS = (1,) * 15 + (2,) * 3 + (3, 4)
PRIVATE_SHARE, UNDONE_SHARE, OWN_DEPARTMENT_SHARE = 0.05, 0.01, 0.7


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits to keep to, in points and per week."""

    allowance: int
    pair_max: int


@dataclass(frozen=True, slots=True)
class Thanks:
    """A kudos that was given. People are colleagues' numbers; `week` is the period whose allowance it spent."""

    at: datetime
    week: str
    giver: int
    receivers: tuple[int, ...]
    message: str
    tags: tuple[str, ...]
    points_each: int
    is_private: bool
    seconds: tuple[tuple[int, datetime], ...]
    undone_at: datetime | None


class Chronicle:
    """Makes the history up day by day, up to and without `today`; the cast's allowance of this week stays whole."""

    def __init__(self, colleagues: Sequence[Colleague], policy: Policy, today: date) -> None:
        self._colleagues = colleagues
        self._policy = policy
        self._today = today
        self._zone = ZoneInfo(TIME_ZONE)
        self._chance = Random(f"{SEED} {today}")
        self._spent: defaultdict[tuple[int, str], int] = defaultdict(int)
        self._paired: defaultdict[tuple[int, int, str], int] = defaultdict(int)
        self._keenness = [self._chance.paretovariate(2.2) * each.department.warmth for each in colleagues]
        self._favour = [self._chance.paretovariate(2.5) for _ in colleagues]

    def thanks(self) -> Iterator[Thanks]:
        for days_ago in range(DAYS, 0, -1):
            day = self._today - timedelta(days=days_ago)
            count = round(PER_DAY * RHYTHM[day.weekday()] * self._chance.uniform(0.7, 1.3))
            for at in sorted(self._moment(day) for _ in range(count)):
                if given := self._one(at, day):
                    yield given

    def _moment(self, day: date) -> datetime:
        minutes = min(max(self._chance.gauss(13.5, 2.4), 7.5), 20.5) * 60
        local = datetime.combine(day, time(), self._zone) + timedelta(
            minutes=minutes, seconds=self._chance.random() * 60
        )
        return local.astimezone(UTC)

    def _one(self, at: datetime, day: date) -> Thanks | None:
        week = period(ALLOWANCE_PERIOD, at, self._zone).key
        there = [each.left_on is None or day < each.left_on for each in self._colleagues]
        giver = self._pick(self._colleagues, [keen * here for keen, here in zip(self._keenness, there, strict=True)])
        if giver.number <= len(CAST) and week == period(ALLOWANCE_PERIOD, self._noon(), self._zone).key:
            return None
        receivers = self._receivers(giver, there)
        points_each = self._affordable(giver, receivers, week)
        if not points_each:
            return None
        is_private = self._chance.random() < PRIVATE_SHARE
        is_undone = self._chance.random() < UNDONE_SHARE
        if not is_undone:
            self._spent[giver.number, week] += points_each * len(receivers)
            for receiver in receivers:
                self._paired[giver.number, receiver.number, week] += points_each
        return Thanks(
            at=at,
            week=week,
            giver=giver.number,
            receivers=tuple(sorted(receiver.number for receiver in receivers)),
            message=self._message(receivers[0]),
            tags=self._tags(),
            points_each=points_each,
            is_private=is_private,
            seconds=() if is_private or is_undone else self._seconds(giver, receivers, at),
            undone_at=at + timedelta(minutes=4) if is_undone else None,
        )

    def _noon(self) -> datetime:
        return datetime.combine(self._today, time(12), self._zone)

    def _pick(self, among: Sequence[Colleague], weights: Sequence[float]) -> Colleague:
        return self._chance.choices(among, weights)[0]

    def _receivers(self, giver: Colleague, there: Sequence[bool]) -> list[Colleague]:
        is_own = self._chance.random() < OWN_DEPARTMENT_SHARE
        weights = [
            favour * here * (each.number != giver.number) * (not is_own or each.department == giver.department)
            for each, favour, here in zip(self._colleagues, self._favour, there, strict=True)
        ]
        wanted = self._chance.choice(RECEIVERS)
        picked = {receiver.number: receiver for receiver in self._chance.choices(self._colleagues, weights, k=wanted)}
        return list(picked.values())

    def _affordable(self, giver: Colleague, receivers: Sequence[Colleague], week: str) -> int:
        """Points for each that every limit allows, 0 if none does."""
        left = (self._policy.allowance - self._spent[giver.number, week]) // len(receivers)
        pairs = [self._paired[giver.number, receiver.number, week] for receiver in receivers]
        return max(0, min(self._chance.choice(POINTS), left, self._policy.pair_max - max(pairs)))

    def _message(self, receiver: Colleague) -> str:
        deed = self._chance.choice(phrases.DEEDS[receiver.department.name])
        return f"{self._chance.choice(phrases.OPENINGS)} {deed}{self._chance.choice(phrases.TAILS)}"

    def _tags(self) -> tuple[str, ...]:
        names = [name for name, *_ in TAGS]
        return tuple(sorted(self._chance.sample(names, self._chance.choice((0, 1, 1, 1, 2)))))

    def _seconds(
        self, giver: Colleague, receivers: Sequence[Colleague], at: datetime
    ) -> tuple[tuple[int, datetime], ...]:
        parties = {giver.number, *(receiver.number for receiver in receivers)}
        others = [each for each in self._colleagues if each.number not in parties and each.status == "active"]
        agreeing = self._chance.sample(others, self._chance.choice((0, 0, 0, 1, 1, 2, 3, 5)))
        return tuple((each.number, at + timedelta(minutes=self._chance.uniform(1, 180))) for each in agreeing)
