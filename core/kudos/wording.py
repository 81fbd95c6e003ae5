"""What a kudos says: the words and tags as they are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from core.errors import Refusal
from core.kudos.models import MESSAGE_LENGTH_MAX, TAGS_MAX
from core.text import clean, tag_name


class NoMessage(Refusal):
    code = "no_message"


class MessageTooLong(Refusal):
    code = "message_too_long"


class TooManyTags(Refusal):
    code = "too_many_tags"


class TagInvalid(Refusal):
    code = "tag_invalid"


@dataclass(frozen=True, slots=True)
class Wording:
    """What was written, as it will be kept. Raises a Refusal when it is made of something that cannot be kept."""

    message: str
    tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, message: str, tags: Sequence[str] = ()) -> Self:
        kept = clean(message)
        if not kept:
            raise NoMessage
        if len(kept) > MESSAGE_LENGTH_MAX:
            raise MessageTooLong(length=len(kept), limit=MESSAGE_LENGTH_MAX)
        names = {tag: tag_name(tag) for tag in tags}
        for typed, name in names.items():
            if not name:
                raise TagInvalid(tag=clean(typed)[:40])
        unique = tuple(dict.fromkeys(names.values()))
        if len(unique) > TAGS_MAX:
            raise TooManyTags(count=len(unique), limit=TAGS_MAX)
        return cls(kept, unique)
