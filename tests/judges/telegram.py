"""Telegram messages judged by TDLib, the parser inside Telegram's own Bot API server (PyPI `tdjson`, no network).

Lengths count UTF-16 units, as in the Bot API.
"""

import json
from collections.abc import Iterator
from typing import Any

import tdjson

Json = dict[str, Any]

TEXT_MAX = 4096
ENTITIES_MAX = 100
BUTTONS_MAX = 100
ROW_MAX = 8
CALLBACK_BYTES_MAX = 64
PARAMETERS = frozenset(
    {"chat_id", "text", "parse_mode", "reply_markup", "link_preview_options", "reply_parameters"}
    | {"ephemeral_message_parameters"}
)
EPHEMERAL = frozenset({"receiver_user_id", "callback_query_id", "replace_callback_query_message"})
PICKER = frozenset({"request_id", "user_is_bot", "user_is_premium", "max_quantity", "request_name"})
PICKED_MAX = 10


def faults(parameters: Json) -> list[str]:
    """Sentences about everything that Telegram would refuse in this `sendMessage`."""
    found = [f"unknown parameter {name}" for name in sorted(set(parameters) - PARAMETERS)]
    found += [f"unknown {name}" for name in sorted(set(parameters.get("ephemeral_message_parameters", {})) - EPHEMERAL)]
    markup = parameters.get("reply_markup", {})
    rows = markup.get("inline_keyboard", [])
    return [*found, *_text_faults(parameters), *_keyboard_faults(rows), *_picker_faults(markup.get("keyboard", []))]


def parsed(html: str) -> Json:
    """TDLib's answer: {"@type": "formattedText", "text", "entities"} or {"@type": "error", "code", "message"}."""
    mode = {"@type": "textParseModeHTML"}
    return _execute({"@type": "parseTextEntities", "text": html, "parse_mode": mode})


def shown(html: str) -> str:
    """What a reader sees. Raises ValueError with Telegram's words when it refuses the HTML."""
    answer = parsed(html)
    if answer["@type"] == "error":
        raise ValueError(answer["message"])
    return str(answer["text"])


def links(text: str) -> list[str]:
    """What Telegram would make a link of in this text: addresses, names, tags, commands."""
    encoded = text.encode("utf-16-le")
    return [
        encoded[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")
        for entity in _execute({"@type": "getTextEntities", "text": text}).get("entities", [])
        if entity["type"]["@type"] != "textEntityTypeMediaTimestamp"
    ]


def _execute(request: Json) -> Json:
    answer: Json = json.loads(tdjson.td_execute(json.dumps(request).encode()) or b"{}")
    return answer


def _text_faults(parameters: Json) -> Iterator[str]:
    visible = parameters.get("text", "")
    if parameters.get("parse_mode") == "HTML":
        answer = parsed(visible)
        if answer["@type"] == "error":
            yield answer["message"]
            return
        visible = answer["text"]
        if len(answer["entities"]) > ENTITIES_MAX:
            yield f"{len(answer['entities'])} entities > {ENTITIES_MAX}; Telegram drops the rest"
    length = len(visible.encode("utf-16-le")) // 2
    if length > TEXT_MAX:
        yield f"text is too long: {length} > {TEXT_MAX}"
    if not visible.strip():
        yield "message text is empty"


def _keyboard_faults(rows: list[list[Json]]) -> Iterator[str]:
    if sum(map(len, rows)) > BUTTONS_MAX:
        yield f"more than {BUTTONS_MAX} buttons"
    for row in rows:
        if len(row) > ROW_MAX:
            yield f"row of {len(row)} buttons > {ROW_MAX}"
        for button in row:
            yield from _button_faults(button)


def _picker_faults(rows: list[list[Json]]) -> Iterator[str]:
    for button in (button for row in rows for button in row):
        if not button.get("text", "").strip() or set(button) != {"text", "request_users"}:
            yield "a reply button needs a label and one request"
            continue
        asked = button["request_users"]
        yield from (f"unknown {name} in request_users" for name in sorted(set(asked) - PICKER))
        if not -(2**31) <= asked.get("request_id", 2**31) < 2**31:
            yield f"request_id {asked.get('request_id')} is no number of 32 bits"
        if not 1 <= asked.get("max_quantity", 1) <= PICKED_MAX:
            yield f"max_quantity {asked['max_quantity']} is not 1 to {PICKED_MAX}"


def _button_faults(button: Json) -> Iterator[str]:
    size = len(button.get("callback_data", "").encode())
    if size > CALLBACK_BYTES_MAX or ("callback_data" in button and size == 0):
        yield f"BUTTON_DATA_INVALID: callback_data has {size} bytes, allowed 1 to {CALLBACK_BYTES_MAX}"
    if len(set(button) - {"text"}) != 1:
        yield f"button {button.get('text')!r} needs one action"
    if not button.get("text", "").strip():
        yield "a button without a label"


_execute({"@type": "setLogVerbosityLevel", "new_verbosity_level": 0})
