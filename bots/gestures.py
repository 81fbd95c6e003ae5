"""What people do without a word: two more of the acts that `bots.chat` names."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reacted:
    """An emoji was put under the message `message_id`, or taken away again; `emoji` is the character in no tone of skin."""

    message_id: str
    emoji: str
    added: bool


@dataclass(frozen=True, slots=True)
class Visited:
    """Somebody opened the page that is their own with us; `shown` is the adapter's mark of what stands there already."""

    shown: str = ""
