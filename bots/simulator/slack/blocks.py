"""What Slack refuses in blocks. Source: Slack's Block Kit reference."""

from collections.abc import Callable, Iterator, Sequence

from bots.simulator.world import Json

BLOCKS_PER_MESSAGE = 50
BLOCKS_PER_VIEW = 100
ID_MAX = 255
OPTION_LISTS = frozenset({"static_select", "multi_static_select", "radio_buttons", "checkboxes", "overflow"})
ELEMENTS = OPTION_LISTS | {
    "button",
    "users_select",
    "multi_users_select",
    "conversations_select",
    "multi_conversations_select",
    "channels_select",
    "multi_channels_select",
    "external_select",
    "multi_external_select",
    "datepicker",
    "timepicker",
    "datetimepicker",
}
INPUTS = ELEMENTS - {"button", "overflow"} | {
    "plain_text_input",
    "number_input",
    "email_text_input",
    "url_text_input",
    "rich_text_input",
    "file_input",
}


def faults(blocks: object, limit: int = BLOCKS_PER_MESSAGE) -> list[str]:
    """Everything that would make Slack answer `invalid_blocks`, with the JSON pointer."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return ["must be a list of objects [json-pointer:/blocks]"]
    found = [f"no more than {limit} items allowed [json-pointer:/blocks]"] if len(blocks) > limit else []
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    if len(ids) != len(set(ids)):
        found.append("block_id must be unique [json-pointer:/blocks]")
    for index, block in enumerate(blocks):
        check = CHECKS.get(block.get("type", ""))
        problems = check(block) if check else iter([f"unsupported type: {block.get('type')}"])
        found += [f"{problem} [json-pointer:/blocks/{index}]" for problem in problems]
    return found


def with_ids(blocks: Sequence[Json], new_id: Callable[[], str]) -> list[Json]:
    """The blocks as Slack keeps them: every block and every element has an id."""
    kept = []
    for block in blocks:
        copy = {**block, "block_id": block.get("block_id") or new_id()}
        if block["type"] == "actions":
            copy["elements"] = [{**item, "action_id": item.get("action_id") or new_id()} for item in block["elements"]]
        for key in ("accessory", "element"):
            if block.get(key, {}).get("type") in INPUTS | {"button", "overflow"}:
                copy[key] = {**block[key], "action_id": block[key].get("action_id") or new_id()}
        kept.append(copy)
    return kept


def _text(text: object, name: str, longest: int, kinds: Sequence[str] = ("plain_text", "mrkdwn")) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds or not isinstance(text.get("text"), str):
        yield f"{name} must be a text object of type {' or '.join(kinds)}"
    elif not text["text"]:
        yield f"{name} must be more than 0 characters"
    elif len(text["text"]) > longest:
        yield f"{name} must be less than {longest + 1} characters"


def _section(block: Json) -> Iterator[str]:
    if "text" not in block and not block.get("fields"):
        yield "missing required field: text or fields"
    if "text" in block:
        yield from _text(block["text"], "text", 3000)
    if len(block.get("fields", [])) > 10:
        yield "no more than 10 items allowed in fields"
    for field in block.get("fields", []):
        yield from _text(field, "field", 2000)
    if "accessory" in block and block["accessory"].get("type") != "image":
        yield from _element(block["accessory"], ELEMENTS)


def _actions(block: Json) -> Iterator[str]:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= 25:
        yield "elements must have 1 to 25 items"
    ids = [element["action_id"] for element in elements if element.get("action_id")]
    if len(ids) != len(set(ids)):
        yield "action_id must be unique within its block"
    for element in elements:
        yield from _element(element, ELEMENTS)


def _element(element: Json, allowed: frozenset[str]) -> Iterator[str]:
    kind = element.get("type", "")
    if kind not in allowed:
        yield f"unsupported element type: {kind}"
    if len(element.get("action_id", "")) > ID_MAX:
        yield f"action_id must be less than {ID_MAX + 1} characters"
    if kind == "button":
        yield from _button(element)
    if kind in OPTION_LISTS and "option_groups" not in element:
        yield from _options(element.get("options") or [])


def _button(element: Json) -> Iterator[str]:
    yield from _text(element.get("text"), "button text", 75, ("plain_text",))
    if "value" in element and not 0 < len(str(element["value"])) <= 2000:
        yield "value must be 1 to 2000 characters"
    if len(element.get("url", "")) > 3000:
        yield "url must be less than 3001 characters"
    if element.get("style", "primary") not in ("primary", "danger"):
        yield "style must be primary or danger"


def _options(options: Sequence[Json]) -> Iterator[str]:
    if not 1 <= len(options) <= 100:
        yield "options must have 1 to 100 items"
    for option in options:
        yield from _text(option.get("text"), "option text", 75)
        if not 0 < len(option.get("value", "")) <= 150:
            yield "option value must be 1 to 150 characters"


def _context(block: Json) -> Iterator[str]:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= 10:
        yield "elements must have 1 to 10 items"
    for element in elements:
        yield from _image(element) if element.get("type") == "image" else _text(element, "element", 3000)


def _image(block: Json) -> Iterator[str]:
    if not block.get("alt_text"):
        yield "missing required field: alt_text"
    if not block.get("image_url") and not block.get("slack_file"):
        yield "missing required field: image_url"
    if len(block.get("image_url", "")) > 3000:
        yield "image_url must be less than 3001 characters"


def _input(block: Json) -> Iterator[str]:
    yield from _text(block.get("label"), "label", 2000, ("plain_text",))
    yield from _element(block.get("element") or {}, INPUTS)


def _table(block: Json) -> Iterator[str]:
    rows = block.get("rows") or []
    if not 1 <= len(rows) <= 100 or any(not 1 <= len(row) <= 20 for row in rows):
        yield "rows must have 1 to 100 items of 1 to 20 cells"
    for row in rows:
        if any(cell.get("type") not in ("raw_text", "raw_number", "rich_text") for cell in row):
            yield "unsupported cell type"


def _markdown(block: Json) -> Iterator[str]:
    if not 0 < len(block.get("text", "")) <= 12_000:
        yield "text must be 1 to 12000 characters"


def _rich_text(block: Json) -> Iterator[str]:
    if not isinstance(block.get("elements"), list):
        yield "missing required field: elements"


CHECKS: dict[str, Callable[[Json], Iterator[str]]] = {
    "section": _section,
    "actions": _actions,
    "context": _context,
    "image": _image,
    "input": _input,
    "table": _table,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "header": lambda block: _text(block.get("text"), "header", 150, ("plain_text",)),
    "divider": lambda _: iter(()),
}
