"""Card → platform JSON: pure functions, no SDK, one per surface. Platform limits live here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cards.model import Action


@dataclass(frozen=True, slots=True)
class Context:
    """What a renderer needs besides the card.

    `tokens` holds one opaque token for each of `card.actions()`; `accounts` the platform's own id of a mentioned member
    (members without one are shown by name); `locale` is for labels a renderer adds by itself. `is_form` asks for the surface
    that a platform fills forms in on (a modal, a dialog) rather than for a message, `is_page` for the reader's own page;
    `in_group` says that the message stands where others are, too.
    """

    tokens: Mapping[Action, str] = field(default_factory=dict)
    accounts: Mapping[int, str] = field(default_factory=dict)
    locale: str = "en"
    is_form: bool = False
    is_page: bool = False
    in_group: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """`payload` is the platform's JSON; `dropped` says in short English phrases what was clamped or left out. `start` is the token
    of a card that can only stand in a private chat, for a link that leads there."""

    payload: dict[str, Any]
    dropped: tuple[str, ...] = ()
    start: str = ""
