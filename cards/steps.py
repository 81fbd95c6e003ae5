"""A form on a surface that shows no inputs: one message that stands for the form, with a button for each of its inputs.

Made of any form's own inputs, so that no form knows of it. What a step does is a button's argument, chosen by us.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from cards.model import (
    Action,
    Button,
    Buttons,
    Card,
    Choice,
    Element,
    Facts,
    Heading,
    Input,
    Mode,
    Paragraph,
    PeopleInput,
    Picker,
    Quote,
    Text,
    TextInput,
)
from cards.words import Words, plain

STEP = "form_step"
LIFETIME = timedelta(days=1)
OPTIONS_PER_PAGE = 12
PICKED_MAX = 10
EMPTY = "–"

_MARK, _BEFORE, _AFTER = "✓", "‹", "›"
_AROUND_LABELS = "¿?: \u00a0\u202f"

Does = Literal["people", "text", "list", "set", "toggle", "clear", "back", "cancel"]


@dataclass(frozen=True, slots=True)
class Step:
    """What a button of the form `nonce` does to the input `name`; `value` is what is chosen, `number` a bound or a page."""

    nonce: str
    does: Does
    name: str = ""
    value: str = ""
    number: int = 0

    def written(self) -> str:
        return json.dumps([self.nonce, self.does, self.name, self.value, self.number])

    @staticmethod
    def read(argument: str) -> "Step":
        return Step(*json.loads(argument))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a member is: what is filled in by `values`, and the names of `people` chosen. `asked` is the input that is shown by
    itself, with the options from the page `page` on; empty shows the whole form."""

    nonce: str
    reader: int
    values: Mapping[str, str] = field(default_factory=dict)
    people: tuple[str, ...] = ()
    asked: str = ""
    page: int = 0


def form(words: Words, card: Card, progress: Progress) -> Card:
    """The message that stands for the form `card`; edited in place with every step."""
    asked = next((each for each in card.inputs() if each.name == progress.asked), None)
    elements = _whole(words, card, progress) if asked is None else _one(words, card, asked, progress)
    way = card.opener.action if card.opener is not None and isinstance(card.opener.action, Action) else None
    return Card(card.summary, tuple(elements), way=way)


def picker(words: Words, request: int) -> Card:
    """Shows the platform's own picker."""
    sentence = words("forms.steps.choose")
    label = words("forms.steps.choose_button")
    return Card(sentence, (Paragraph((Text(sentence),)),), picker=Picker(label, request, PICKED_MAX))


def chosen(words: Words, people: tuple[str, ...]) -> Card:
    """Takes the picker away."""
    names = words.join([Text(name, bold=True) for name in people])
    line = words.line("forms.steps.chosen", people=names) if people else words.line("forms.steps.nobody")
    return Card(plain(line), (Paragraph(line),), picker=Picker())


def closed(words: Words) -> Card:
    """The picker of a form that is no longer open."""
    sentence = words("refusals.closed")
    return Card(sentence, (Paragraph((Text(sentence),)),), picker=Picker())


def cancelled(words: Words) -> Card:
    """Takes the form's place."""
    sentence = words("forms.steps.cancelled")
    return Card(sentence, (Paragraph((Text(sentence),)),))


def _whole(words: Words, card: Card, progress: Progress) -> Iterator[Element]:
    """What is filled in, and a button for each input."""
    yield from (element for element in card.elements if not isinstance(element, TextInput | Choice | PeopleInput))
    yield Facts(tuple((each.label.strip(_AROUND_LABELS), _shown(words, each, progress)) for each in card.inputs()))
    for each in card.inputs():
        yield Buttons((_way_to(each, progress),))
    cancel = Button(words("forms.steps.cancel"), _action(progress, "cancel"))
    yield Buttons((card.submit, cancel) if card.submit is not None else (cancel,))


def _one(words: Words, card: Card, asked: Input, progress: Progress) -> Iterator[Element]:
    """One input, and what there is to choose or how to answer."""
    yield from (element for element in card.elements if isinstance(element, Heading))
    yield Paragraph((Text(asked.label, bold=True),))
    if isinstance(asked, Choice):
        yield from _options(asked, progress)
    else:
        yield from _question(words, asked, progress)
    may_be_empty = isinstance(asked, TextInput) or (isinstance(asked, Choice) and asked.several)
    is_cleared = not may_be_empty or asked.required or _shown(words, asked, progress) == EMPTY
    clear = () if is_cleared else (Button(words("forms.steps.clear"), _action(progress, "clear", asked.name)),)
    yield Buttons((*clear, Button(words("forms.steps.back"), _action(progress, "back"))))


def _question(words: Words, asked: TextInput | PeopleInput, progress: Progress) -> Iterator[Element]:
    shown = _shown(words, asked, progress)
    if shown != EMPTY:
        yield Quote(shown)
    if isinstance(asked, PeopleInput):
        yield Paragraph((Text(words("forms.steps.ask_people")),))
        return
    yield Paragraph((Text(words("forms.steps.ask_text")),))
    if asked.placeholder:
        yield Paragraph((Text(asked.placeholder, italic=True, subtle=True),))


def _options(asked: Choice, progress: Progress) -> Iterator[Element]:
    """A page of options; those chosen have a mark. Where one can be chosen, choosing it leads back to the form."""
    chosen = _chosen(asked, progress)
    does: Does = "toggle" if asked.several else "set"
    shown = asked.options[progress.page : progress.page + OPTIONS_PER_PAGE]
    yield Buttons(
        tuple(
            Button(
                f"{_MARK} {label}" if value in chosen else label,
                _action(progress, does, asked.name, value, progress.page),
            )
            for value, label in shown
        )
    )
    before, after = progress.page - OPTIONS_PER_PAGE, progress.page + OPTIONS_PER_PAGE
    turns = [(_BEFORE, before)] if before >= 0 else []
    turns += [(_AFTER, after)] if after < len(asked.options) else []
    if turns:
        yield Buttons(tuple(Button(sign, _action(progress, "list", asked.name, number=page)) for sign, page in turns))


def _way_to(each: Input, progress: Progress) -> Button:
    if isinstance(each, PeopleInput):
        return Button(f"👥 {each.label}", _action(progress, "people", each.name))
    if isinstance(each, TextInput):
        return Button(f"✏️ {each.label}", _action(progress, "text", each.name, number=each.length_max))
    if not each.several and len(each.options) == 2:
        other = next(value for value, _ in each.options if value != _value(each, progress))
        return Button(f"🔁 {each.label}", _action(progress, "set", each.name, other))
    return Button(f"☰ {each.label}", _action(progress, "list", each.name))


def _shown(words: Words, each: Input, progress: Progress) -> str:
    """What is filled in, as it is read."""
    if isinstance(each, PeopleInput):
        return plain(words.join([Text(name) for name in progress.people])) or EMPTY
    if isinstance(each, TextInput):
        return _value(each, progress) or EMPTY
    chosen = _chosen(each, progress)
    return ", ".join(label for value, label in each.options if value in chosen) or EMPTY


def _chosen(each: Choice, progress: Progress) -> frozenset[str]:
    value = _value(each, progress)
    return frozenset(value.split(",")) if each.several else frozenset((value,))


def _value(each: TextInput | Choice, progress: Progress) -> str:
    return progress.values.get(each.name, each.value)


def _action(progress: Progress, does: Does, name: str = "", value: str = "", number: int = 0) -> Action:
    step = Step(progress.nonce, does, name, value, number)
    return Action(STEP, 0, Mode.REPEATABLE, member_id=progress.reader, lifetime=LIFETIME, argument=step.written())
