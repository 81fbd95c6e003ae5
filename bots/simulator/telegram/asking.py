"""What a call of the Bot API asks for: its parameters, and the text in them."""

import json

from aiohttp import web
from aiohttp.web_request import FileField

from bots.simulator.telegram.entities import units
from bots.simulator.telegram.errors import bad_request
from bots.simulator.telegram.markup import ParseError, parse_html
from bots.simulator.world import Json

TEXT_MAX = 4096


def text_of(asked: Json) -> Json:
    text, entities = formatted(asked, "text", TEXT_MAX, "message is too long")
    if not text.strip():
        raise bad_request("message text is empty")
    return {"text": text, **({"entities": entities} if entities else {})}


def formatted(asked: Json, name: str, longest: int, words: str) -> tuple[str, list[Json]]:
    text, mode = str(asked.get(name, "")), str(asked.get("parse_mode", ""))
    entities = asked.get(f"{name}_entities" if name == "caption" else "entities") or []
    if mode.lower() == "html":
        try:
            text, entities = parse_html(text)
        except ParseError as error:
            raise bad_request(f"can't parse entities: {error}") from error
    elif mode:
        raise bad_request("unsupported parse_mode")
    if units(text) > longest:
        raise bad_request(words)
    return text, entities


async def parameters(request: web.Request) -> Json:
    """Query, form, multipart or JSON; objects inside form fields are JSON text."""
    given: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            return {**given, **json.loads(await request.read() or b"{}")}
        except (ValueError, TypeError):
            raise bad_request("can't parse request: Expected a JSON object") from None
    for name, value in (await request.post()).items():
        given[name] = value.file.read() if isinstance(value, FileField) else _decoded(name, str(value))
    return given


def _decoded(name: str, value: str) -> object:
    if name in ("text", "caption") or (value[:1] not in ("[", "{") and value not in ("true", "false")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise bad_request(f"can't parse {name} JSON object") from None
