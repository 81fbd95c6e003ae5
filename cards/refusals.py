"""How Plaudit says no: what is wrong, by how much, until when, and what to do instead."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cards.model import Card, Line, Paragraph, Text
from cards.words import Value, Words, plain

# Details that are amounts of points; every other number is said as it is.
_POINTS = frozenset({"needed", "left"})
_LIMITS_OF_POINTS = frozenset({"pair_limit"})
_COUNTED = frozenset({"minutes", "seconds"})
# Details that name a person, a badge, a tag or a number as it was typed are set apart from the sentence.
_SET_APART = frozenset(
    {
        "name",
        "badge",
        "campaign",
        "tag",
        "given",
        "typed",
        "nearest",
        "reference",
        "draw",
        "journey",
        "step",
        "following",
    }
)
_ATTRIBUTES = {
    "job_codes": "job_code",
    "departments": "department",
    "emails": "email",
    "min_tenure_days": "tenure_days",
}


def refusal(words: Words, code: str, details: Mapping[str, Any]) -> Card:
    """What `sentence` says, as a card of its own."""
    said = sentence(words, code, details)
    return Card(plain(said), (Paragraph(said),))


def sentence(words: Words, code: str, details: Mapping[str, Any]) -> Line:
    """`details` are what the Refusal carried, with names in place of ids; moments (`…_at`, days `…_on`) are ISO strings told in
    `zone`.

    Raises KeyError when a detail is missing that the sentence needs; a code without a sentence gets the general one.
    """
    key = f"refusals.{code}" if f"refusals.{code}" in words else "refusals.unknown"
    values = {_place(name): _value(words, code, name, details) for name in details}
    if "operator" in details:
        values["condition"] = _condition(words, details)
    return words.line(key, **values)


def _place(name: str) -> str:
    """Where a detail stands in the sentence; the plural is chosen by what stands at `count`."""
    return "count" if name in _COUNTED else name


def _value(words: Words, code: str, name: str, details: Mapping[str, Any]) -> Value:
    value = details[name]
    if name in _POINTS or (name == "limit" and code in _LIMITS_OF_POINTS):
        return words("amounts.points", count=value)
    if name.endswith(("_at", "_on")) and "zone" in details:
        return _moment(words, code, name, datetime.fromisoformat(value), details["zone"])
    if name == "who" and isinstance(value, list):
        return " · ".join(_entry(words, entry) for entry in value)
    if name == "nearest" and isinstance(value, list):
        return words.join([Text(each, bold=True) for each in value])
    if name == "kind" and (key := f"badges.kinds.{value}") in words:
        return words(key)
    if name == "timeframe" and (key := f"badges.timeframes.{value}") in words:
        return words(key)
    if name in _SET_APART:
        return Text(str(value), bold=True)
    return value if isinstance(value, int) else str(value)


def _moment(words: Words, code: str, name: str, moment: datetime, zone: str) -> str:
    """Badges may have to wait for years: theirs is told with the year."""
    if name.endswith("_on"):
        return words.date(moment, zone)
    return words.instant(moment, zone) if code.startswith("badge_") else words.moment(moment, zone)


def _entry(words: Words, entry: Mapping[str, list[str]]) -> str:
    """One entry of who may: all of its fields, one of several values each."""
    return f" {words('badges.who.and')} ".join(_field(words, field, values) for field, values in entry.items())


def _field(words: Words, field: str, values: list[str]) -> str:
    if field == "people":
        return words("badges.who.people", count=int(values[0]))
    return words("badges.who.field", attribute=_attribute(words, field), values=_either(words, values))


def _condition(words: Words, details: Mapping[str, Any]) -> str:
    """What is wanted of whom: `department must be Sales or Support`."""
    wanted = details["wanted"]
    values = [str(value) for value in (wanted if isinstance(wanted, list) else [wanted])]
    attribute = _attribute(words, details["attribute"])
    return words(f"badges.conditions.{details['operator']}", attribute=attribute, wanted=_either(words, values))


def _attribute(words: Words, name: str) -> str:
    """The company's own attributes are called as it calls them."""
    key = f"badges.attributes.{_ATTRIBUTES.get(name, name)}"
    return words(key) if key in words else name.removeprefix("attributes.").replace("_", " ")


def _either(words: Words, values: list[str]) -> str:
    return f" {words('badges.who.or')} ".join(values)
