"""The one vocabulary of cards.

A card is a value: builders (`cards.kudos`, `cards.points`, …) turn figures and names into a `Card`, renderers turn a `Card` into
a platform's JSON. Whatever a member typed is only ever the `text` of a run, never markup.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal


class Mode(StrEnum):
    """How often a button may be pressed; the guard is a row in the database."""

    SINGLE = "single"
    PER_MEMBER = "per_member"
    REPEATABLE = "repeatable"


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text, shown literally. `code` is for what a reader may type or copy: a command or a code of ours, monospaced."""

    text: str
    bold: bool = False
    italic: bool = False
    subtle: bool = False
    code: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """A member, notified where the platform knows an account of theirs, otherwise their name in bold."""

    member_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Link:
    """Text that opens a URL of ours; never built from what a member typed."""

    text: str
    url: str


Run = Text | Mention | Link
Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    runs: Line


@dataclass(frozen=True, slots=True)
class Quote:
    """What a member wrote, set apart; may hold several lines."""

    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """(title, value) pairs."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    align: Literal["left", "right"] = "left"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells as wide as `columns`; `highlighted` are indexes of rows to set in bold (the reader's own)."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    highlighted: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Image:
    url: str
    alt: str


@dataclass(frozen=True, slots=True)
class Progress:
    """`share` is from 0.0 to 1.0."""

    label: str
    share: float


@dataclass(frozen=True, slots=True)
class Divider:
    pass


@dataclass(frozen=True, slots=True)
class Action:
    """What a press means: a verb on a row of ours. The platform only ever sees the token minted for it.

    `member_id` binds the press to one member; None lets anyone in the conversation press.
    `argument` is for paging and periods, chosen by us, never by a member.
    """

    verb: str
    object_id: int = 0
    mode: Mode = Mode.SINGLE
    member_id: int | None = None
    lifetime: timedelta = timedelta(days=30)
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    label: str
    action: Action | Link
    style: Literal["default", "primary", "danger"] = "default"


@dataclass(frozen=True, slots=True)
class Buttons:
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class TextInput:
    """`name` is the key under which the platform sends the value back."""

    name: str
    label: str
    placeholder: str = ""
    value: str = ""
    multiline: bool = False
    length_max: int = 1000
    required: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """`options` are (value, label) pairs; values are ids of ours."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    value: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class PeopleInput:
    name: str
    label: str
    several: bool = True
    required: bool = False


Input = TextInput | Choice | PeopleInput
Element = (
    Heading
    | Paragraph
    | Quote
    | Facts
    | Table
    | Image
    | Progress
    | Divider
    | Buttons
    | TextInput
    | Choice
    | PeopleInput
)


@dataclass(frozen=True, slots=True)
class Card:
    """`summary` is the one line of a notification and the fallback where a surface shows no card."""

    summary: str
    elements: tuple[Element, ...] = ()

    def actions(self) -> Iterator[Action]:
        """Every action that needs a token before the card can be rendered, in order."""
        for element in self.elements:
            if isinstance(element, Buttons):
                yield from (button.action for button in element.buttons if isinstance(button.action, Action))

    def mentioned(self) -> frozenset[int]:
        """Members whose account on the platform a renderer may need."""
        return frozenset(
            run.member_id
            for element in self.elements
            if isinstance(element, Paragraph)
            for run in element.runs
            if isinstance(run, Mention)
        )
