"""Message entities: what Telegram marks in a text. Offsets and lengths count UTF-16 code units, as the Bot API does."""

import re
from collections.abc import Sequence

from bots.simulator.world import Json, Part, Person

TYPED = re.compile(
    r"(?<![\w/@])(?P<command>/[A-Za-z0-9_]{1,32}(?:@\w{5,32})?)(?!\w)|(?<!\w)(?P<mention>@[A-Za-z]\w{3,31})\b|(?<!\w)(?P<hashtag>#\w+)"
)
NAMES = {"command": "bot_command", "mention": "mention", "hashtag": "hashtag"}


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def written(parts: Sequence[Part]) -> tuple[str, list[Json]]:
    """Text and entities of what a person wrote: people picked from the list are `text_mention`s, or `@username`s."""
    text, entities = "", []
    for part in parts:
        if isinstance(part, Person) and part.is_bot:
            text += f"@{part.telegram_username}"
        elif isinstance(part, Person):
            mention = {"type": "text_mention", "offset": units(text), "length": units(part.name), "user": user(part)}
            entities.append(mention)
            text += part.name
        else:
            text += part
    return text, sorted([*entities, *_typed(text, entities)], key=lambda entity: entity["offset"])


def user(person: Person) -> Json:
    """A User object."""
    named: Json = {"id": person.telegram_id, "is_bot": person.is_bot, "first_name": person.first_name}
    if person.last_name and not person.is_bot:
        named["last_name"] = person.last_name
    if person.telegram_username:
        named["username"] = person.telegram_username
    return named if person.is_bot else {**named, "language_code": person.locale.split("-", maxsplit=1)[0]}


def _typed(text: str, taken: Sequence[Json]) -> list[Json]:
    """Commands, @usernames and hashtags typed by hand, outside of picked names."""
    found = []
    for match in TYPED.finditer(text):
        offset, length = units(text[: match.start()]), units(match.group())
        if not any(entity["offset"] <= offset < entity["offset"] + entity["length"] for entity in taken):
            found.append({"type": NAMES[match.lastgroup or ""], "offset": offset, "length": length})
    return found
