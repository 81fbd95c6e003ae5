"""The one vocabulary of cards.

A card is a value: builders (`cards.kudos`, `cards.points`, …) turn figures and names into a `Card`, renderers turn a `Card` into
a platform's JSON. Whatever a member typed is only ever the `text` of a run, never markup.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
    """`options` are (value, label) pairs; values are ids of ours. `value` is what is chosen; with `several`, any number of
    values separated by commas."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    value: str = ""
    required: bool = False
    several: bool = False


@dataclass(frozen=True, slots=True)
class PeopleInput:
    """`accounts` are those already chosen, by the ids of the platform that the form is on."""

    name: str
    label: str
    several: bool = True
    required: bool = False
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picker:
    """The platform's own picker of people, beneath the conversation, where it has one (Telegram): a button `label` to choose up
    to `most`, answered with the number `request`. Without a label it takes an earlier one away."""

    label: str = ""
    request: int = 0
    most: int = 10


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
class Refresh:
    """`members` see a version of their own: their client asks for it by itself, with `action`. Anybody may ask."""

    action: Action
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """`summary` is the one line of a notification and the fallback where a surface shows no card.

    A card with `submit` is a form: its inputs are sent by that button. `opener` leads to it where it stands on a surface that
    shows no inputs. `picker` is shown with it or taken away by it. `way` is what a link from elsewhere does: such a card can only
    stand in a private chat. `refresh` is where a message in a group may look different to some of its readers.
    """

    summary: str
    elements: tuple[Element, ...] = ()
    submit: Button | None = None
    opener: Button | None = None
    picker: Picker | None = None
    way: Action | None = None
    refresh: Refresh | None = None

    def actions(self) -> Iterator[Action]:
        """Every action that needs a token before the card can be rendered, in order."""
        for element in self.elements:
            if isinstance(element, Buttons):
                yield from (button.action for button in element.buttons if isinstance(button.action, Action))
        for ending in (self.submit, self.opener):
            if ending is not None and isinstance(ending.action, Action):
                yield ending.action
        if self.way is not None:
            yield self.way
        if self.refresh is not None:
            yield self.refresh.action

    def inputs(self) -> Iterator[Input]:
        yield from (element for element in self.elements if isinstance(element, TextInput | Choice | PeopleInput))

    def as_form(self) -> "Card":
        """The card where inputs are shown: the button that sends them stands below."""
        if self.submit is None:
            return self
        return replace(self, elements=(*self.elements, Buttons((self.submit,))), submit=None, opener=None)

    def as_message(self) -> "Card":
        """The card where no inputs are shown: in their place stands the button that leads to them."""
        if self.opener is None:
            return self
        kept = (element for element in self.elements if not isinstance(element, TextInput | Choice | PeopleInput))
        return replace(self, elements=(*kept, Buttons((self.opener,))), submit=None, opener=None)

    def mentioned(self) -> frozenset[int]:
        """Members whose account on the platform a renderer may need."""
        named = frozenset(
            run.member_id
            for element in self.elements
            if isinstance(element, Paragraph)
            for run in element.runs
            if isinstance(run, Mention)
        )
        return named | frozenset(self.refresh.members if self.refresh else ())
