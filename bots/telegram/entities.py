"""A message's text and entities → parts. Offsets count UTF-16 units, so that an emoji is two."""

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import Message, MessageEntity, User

from bots.chat import Account, Part, Typed


@dataclass(frozen=True, slots=True)
class Ourselves:
    """The bot. `username` is empty until `getMe` has answered."""

    bot_id: str
    username: str = ""

    def is_named(self, username: str) -> bool:
        return bool(self.username) and username.casefold() == self.username.casefold()

    def is_user(self, user: User | None) -> bool:
        return user is not None and str(user.id) == self.bot_id


@dataclass(frozen=True, slots=True)
class Words:
    """Text or caption of a message with the entities that mean something to us, in order and never overlapping."""

    text: str
    entities: tuple[MessageEntity, ...]

    def of(self, entity: MessageEntity) -> str:
        """The entity's text. Raises ValueError if its offsets cut a character or leave the text."""
        return self.between(entity.offset, entity.offset + entity.length)

    def between(self, start: int, end: int | None = None) -> str:
        units = self.text.encode("utf-16-le")
        return units[2 * start : None if end is None else 2 * end].decode("utf-16-le")

    @property
    def command(self) -> MessageEntity | None:
        """The command the message begins with."""
        first = self.entities[0] if self.entities else None
        return first if first is not None and first.type == MessageEntity.BOT_COMMAND and first.offset == 0 else None


_MEANINGFUL = frozenset({MessageEntity.BOT_COMMAND, MessageEntity.MENTION, MessageEntity.TEXT_MENTION})


def words(message: Message) -> Words | None:
    """None when the message has neither text nor caption. Raises TypeError, and ValueError for entities that do not fit the text."""
    text, entities = (message.text, message.entities) if message.text else (message.caption, message.caption_entities)
    if not text:
        return None
    return Words(string(text), _in_order(entities, len(text.encode("utf-16-le")) // 2))


def _in_order(entities: Sequence[MessageEntity], units: int) -> tuple[MessageEntity, ...]:
    kept: list[MessageEntity] = []
    cursor = 0
    meaningful = (entity for entity in entities if entity.type in _MEANINGFUL)
    for entity in sorted(meaningful, key=lambda entity: entity.offset):
        if entity.offset < 0 or entity.length < 1 or entity.offset + entity.length > units:
            raise ValueError("an entity lies outside its text")
        if entity.offset >= cursor:
            kept.append(entity)
            cursor = entity.offset + entity.length
    return tuple(kept)


def number(value: object) -> str:
    """An id of Telegram's as text. The SDK passes on whatever stands in the JSON. Raises TypeError."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("an id is not a number")
    return str(value)


def string(value: object) -> str:
    """Raises TypeError."""
    if not isinstance(value, str):
        raise TypeError("a text is not a string")
    return value


def account(user: User) -> Account:
    """Raises TypeError for an id that is not a number."""
    return Account(number(user.id), user.full_name, foreign="bot" if user.is_bot else "")


def parts(said: Words, us: Ourselves) -> tuple[Part, ...]:
    """Text and people in their order, the bot's own mentions and the `@name` behind a leading command taken out."""
    found: list[Part] = []
    cursor = 0
    for entity in said.entities:
        found += [said.between(cursor, entity.offset), *_part(said, entity, us)]
        cursor = entity.offset + entity.length
    found.append(said.between(cursor))
    return _joined(found)


def _part(said: Words, entity: MessageEntity, us: Ourselves) -> list[Part]:
    text = said.of(entity)
    if entity.type == MessageEntity.BOT_COMMAND:
        return [text.partition("@")[0] if entity is said.command else text]
    if entity.type == MessageEntity.MENTION:
        return [] if us.is_named(text.removeprefix("@")) else [Typed(text)]
    if entity.user is None:
        raise ValueError("a text_mention names nobody")
    return [] if us.is_user(entity.user) else [account(entity.user)]


def _joined(found: Sequence[Part]) -> tuple[Part, ...]:
    """Neighbouring texts as one, empty ones left out."""
    joined: list[Part] = []
    for part in found:
        last = joined[-1] if joined else None
        if isinstance(part, str) and isinstance(last, str):
            joined[-1] = last + part
            continue
        if part != "":
            joined.append(part)
    return tuple(joined)
