"""How Plaudit says no: what is wrong, by how much, until when, and what to do instead."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cards.model import Card, Paragraph, Text
from cards.words import Value, Words

# Details that are amounts of points; every other number is said as it is.
_POINTS = frozenset({"needed", "left"})
_LIMITS_OF_POINTS = frozenset({"pair_limit"})
_COUNTED = frozenset({"minutes", "seconds"})
# Details that name a person, a tag or a number as it was typed are set apart from the sentence.
_SET_APART = frozenset({"name", "tag", "given", "typed", "reference"})


def refusal(words: Words, code: str, details: Mapping[str, Any]) -> Card:
    """`details` are what the Refusal carried, with names in place of ids; moments (`…_at`) are ISO strings told in `zone`.

    Raises KeyError when a detail is missing that the sentence needs; a code without a sentence gets the general one.
    """
    key = f"refusals.{code}" if f"refusals.{code}" in words else "refusals.unknown"
    values = {_place(name): _value(words, code, name, details) for name in details}
    return Card(words(key, **values), (Paragraph(words.line(key, **values)),))


def _place(name: str) -> str:
    """Where a detail stands in the sentence; the plural is chosen by what stands at `count`."""
    return "count" if name in _COUNTED else name


def _value(words: Words, code: str, name: str, details: Mapping[str, Any]) -> Value:
    value = details[name]
    if name in _POINTS or (name == "limit" and code in _LIMITS_OF_POINTS):
        return words("amounts.points", count=value)
    if name.endswith("_at") and "zone" in details:
        return words.moment(datetime.fromisoformat(value), details["zone"])
    if name in _SET_APART:
        return Text(str(value), bold=True)
    return value if isinstance(value, int) else str(value)
