"""The fields of a cron trigger: what may be written in them, and what it means. The one reader of them."""

from dataclasses import dataclass
from typing import Any

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ORDINALS = ("1st", "2nd", "3rd", "4th", "5th", "last")
LAST = "last"
RANGES: dict[str, tuple[int, int, tuple[str, ...]]] = {
    "year": (1970, 9999, ()), "month": (1, 12, MONTHS), "week": (1, 53, ()), "day": (1, 31, ()), "day_of_week": (0, 6, WEEKDAYS),
    "hour": (0, 23, ()), "minute": (0, 59, ()), "second": (0, 59, ()),
}  # fmt: skip
"""First and last number of each field, and the words that stand for its numbers."""

FIELDS = tuple(RANGES)


@dataclass(frozen=True, slots=True)
class Values:
    """What a field takes: numbers; of `day` also the last one of a month, and weekdays of it as (ordinal from 0, weekday);
    the ordinal -1 is the last."""

    numbers: frozenset[int]
    is_last: bool = False
    weekdays: frozenset[tuple[int, int]] = frozenset()


def read_field(name: str, given: Any) -> Values | None:
    """`*`, `*/5`, `1-5`, `5/10`, `mon-fri`, `1,15`; of day `last`, `2nd tue`, `last fri`. None: it is nothing of the kind."""
    if isinstance(given, bool) or not isinstance(given, int | str):
        return None
    numbers: set[int] = set()
    weekdays: set[tuple[int, int]] = set()
    is_last = False
    for part in str(given).strip().lower().split(","):
        word = part.strip()
        if name == "day" and word == LAST:
            is_last = True
        elif name == "day" and (weekday := _weekday_of_month(word)) is not None:
            weekdays.add(weekday)
        elif (found := _range(name, word)) is not None:
            numbers.update(found)
        else:
            return None
    return Values(frozenset(numbers), is_last, frozenset(weekdays))


def _weekday_of_month(word: str) -> tuple[int, int] | None:
    ordinal, _, weekday = word.partition(" ")
    if ordinal not in ORDINALS or weekday.strip() not in WEEKDAYS:
        return None
    return (-1 if ordinal == LAST else ORDINALS.index(ordinal)), WEEKDAYS.index(weekday.strip())


def _range(name: str, word: str) -> range | None:
    low, high, words = RANGES[name]
    span, slash, step = word.partition("/")
    if slash and not (step.isascii() and step.isdecimal() and len(step) <= 4 and 0 < int(step) <= high):
        return None
    if span == "*":
        return range(low, high + 1, int(step or 1))
    ends = [_number(end, words, low) for end in span.split("-")]
    if len(ends) not in {1, 2} or any(end is None or not low <= end <= high for end in ends):
        return None
    first, last = ends[0], ends[-1]
    assert first is not None
    assert last is not None
    if len(ends) == 1 and slash:
        last = high
    return range(first, last + 1, int(step or 1)) if first <= last else None


def _number(end: str, words: tuple[str, ...], low: int) -> int | None:
    if end in words:
        return words.index(end) + low
    return int(end) if end.isascii() and end.isdecimal() and len(end) <= 4 else None
