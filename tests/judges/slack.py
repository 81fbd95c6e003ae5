"""Slack messages and views judged by a schema made from Slack's own TypeScript types and the limits in their comments.

`schemas/slack_blocks.json` and the frames of views in `schemas/slack_views.json` come from npm `@slack/types` 3.2.0 (MIT
licence, see `schemas/LICENSE`). What the types cannot say is added here: no empty texts, one native table and none in a view,
unique ids, an input's value among its options.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, ValidationError

Json = dict[str, Any]

SCHEMA = Path(__file__).parent / "schemas" / "slack_blocks.json"
VIEWS = SCHEMA.with_name("slack_views.json")
BLOCKS_MAX = 50
VIEW_BLOCKS_MAX = 100
SUBMIT_MAX = 24
FRAMES = {"modal": "ModalView", "home": "HomeView"}
IN_VIEWS = frozenset({"actions", "context", "divider", "header", "image", "input", "rich_text", "section", "video"})
OPTIONS_MAX = 100
TEXT_MAX = 40_000
MESSAGE_LENGTH_MAX = 160
FRAME_TEXTS = ("title", "submit", "close")
NEVER_EMPTY = frozenset({"actions", "context", "rich_text"})


def faults(message: Json) -> list[str]:
    """Sentences about everything that Slack would refuse in `chat.postMessage` (`text` and `blocks`)."""
    blocks = message.get("blocks", [])
    found = [] if message.get("text", "").strip() else ["text: a message needs a fallback"]
    if len(message.get("text", "")) > TEXT_MAX:
        found.append(f"text: longer than {TEXT_MAX}")
    if len(blocks) > BLOCKS_MAX:
        found.append(f"too many blocks: {len(blocks)} > {BLOCKS_MAX}")
    if sum(block.get("type") == "table" for block in blocks) > 1:
        found.append("only one table allowed")
    found += _repeated("block_id", blocks)
    found += _repeated("action_id", [element for block in blocks for element in block.get("elements", [])])
    for index, block in enumerate(blocks):
        found += _block_faults(block, f"[{index}]")
    return found


def view_faults(view: Json) -> list[str]:
    """The same for `views.open`, `views.update` and `views.publish`."""
    frame = FRAMES.get(view.get("type", ""))
    if frame is None:
        return [f"unknown view type {view.get('type')!r}"]
    blocks = view.get("blocks", [])
    found = [f"view: {_what_is_wrong(_most_specific(error))}" for error in _frame(frame).iter_errors(view)]
    if not 1 <= len(blocks) <= VIEW_BLOCKS_MAX:
        found.append(f"number of blocks: {len(blocks)}")
    if len(view.get("submit", {}).get("text", "")) > SUBMIT_MAX:
        found.append(f"submit: longer than {SUBMIT_MAX}")
    if any(block["type"] == "input" for block in blocks) and frame == "ModalView" and "submit" not in view:
        found.append("a modal with an input needs submit")
    found += [f"{block['type']} stands in messages only" for block in blocks if block["type"] not in IN_VIEWS]
    found += [f"{key}: an empty text" for key in FRAME_TEXTS if view.get(key, {}).get("text") == ""]
    found += _repeated("block_id", blocks)
    found += _repeated("action_id", [element for block in blocks for element in _elements(block)])
    for index, block in enumerate(blocks):
        found += _block_faults(block, f"[{index}]")
        found += _input_faults(block.get("element", {}), f"[{index}]")
    return found


def _elements(block: Json) -> list[Json]:
    return [*block.get("elements", []), *([block["element"]] if "element" in block else [])]


def _input_faults(element: Json, where: str) -> Iterator[str]:
    options = element.get("options", [])
    if "options" in element and not 1 <= len(options) <= OPTIONS_MAX:
        yield f"{where}: number of options: {len(options)}"
    chosen = [
        *element.get("initial_options", []),
        *([element["initial_option"]] if "initial_option" in element else []),
    ]
    if any(option not in options for option in chosen):
        yield f"{where}: what is chosen is no option"
    if len(element.get("initial_value", "")) > element.get("max_length", 3000):
        yield f"{where}: a value longer than may be typed"


def _repeated(key: str, things: list[Json]) -> list[str]:
    ids = [thing[key] for thing in things if thing.get(key)]
    return [f"duplicate {key}"] if len(ids) != len(set(ids)) else []


def _block_faults(block: Json, where: str) -> Iterator[str]:
    name = _definitions_by_type().get(block.get("type", ""))
    if name is None:
        yield f"{where}: unknown block type {block.get('type')!r}"
        return
    for error in _validator(name).iter_errors(block):
        leaf = _most_specific(error)
        path = "/".join(str(step) for step in leaf.absolute_path)
        yield f"{where}/{path}: {_what_is_wrong(leaf)[:MESSAGE_LENGTH_MAX]}"
    if block["type"] in NEVER_EMPTY and not block.get("elements"):
        yield f"{where}/elements: must not be empty"
    if any(text == "" for text in _texts(block)):
        yield f"{where}: an empty text"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for item in value.values():
            yield from _texts(item)
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)


@cache
def _schema() -> Json:
    schema: Json = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return schema


@cache
def _validator(name: str) -> Draft7Validator:
    return Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": _schema()["definitions"]})


@cache
def _frame(name: str) -> Draft7Validator:
    frames: Json = json.loads(VIEWS.read_text(encoding="utf-8"))["definitions"]
    return Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": {**_schema()["definitions"], **frames}})


@cache
def _definitions_by_type() -> dict[str, str]:
    """Block type ("section") → name of its definition ("SectionBlock")."""
    found: dict[str, str] = {}
    for name, definition in _schema()["definitions"].items():
        if not name.endswith("Block"):
            continue
        for shape in (definition, *definition.get("anyOf", []), *definition.get("allOf", [])):
            block_type = shape.get("properties", {}).get("type", {}).get("const")
            if block_type:
                found.setdefault(block_type, name)
    return found


def _what_is_wrong(error: ValidationError) -> str:
    if error.validator in {"maxLength", "maxItems"}:
        return f"longer than {error.validator_value}"
    if error.validator == "anyOf" and isinstance(error.instance, dict):
        return f"type {error.instance.get('type')!r} does not fit here"
    return str(error.message)


def _most_specific(error: ValidationError) -> ValidationError:
    """Walk into `anyOf` and pick the alternative that was meant: the one whose `type` fits, then the deepest."""
    while error.context:
        meant = [
            cause
            for causes in _by_alternative(error)
            if not any(_is_other_type(cause) for cause in causes)
            for cause in causes
        ]
        if not meant:
            return error
        error = max(meant, key=lambda cause: len(cause.absolute_path))
    return error


def _by_alternative(error: ValidationError) -> list[list[ValidationError]]:
    alternatives: dict[Any, list[ValidationError]] = defaultdict(list)
    for cause in error.context or []:
        alternatives[cause.schema_path[0]].append(cause)
    return list(alternatives.values())


def _is_other_type(cause: ValidationError) -> bool:
    """Does this alternative fail because it describes another `type` of object?"""
    if cause.validator == "const":
        return list(cause.relative_path) == ["type"]
    if cause.context and not cause.relative_path:
        return all(any(_is_other_type(inner) for inner in causes) for causes in _by_alternative(cause))
    return False
