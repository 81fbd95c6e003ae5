"""The form that opens a draw."""

from collections.abc import Iterator
from dataclasses import dataclass

from cards.forms import AMOUNT_LENGTH_MAX, Opening, framed, wrong
from cards.model import Card, Choice, Element, Heading, Paragraph, TextInput
from cards.words import Words

SEND_DRAW = "draw_send"
NAME_MAX = 120
SPANS = ("10m", "1h", "4h", "1d", "3d", "7d")
"""How long members may join, as `/lottery open` takes it."""


@dataclass(frozen=True, slots=True)
class DrawForm:
    """`badges` are (id, name) of those that the reader may make a prize."""

    opening: Opening
    badges: tuple[tuple[int, str], ...]


def draw(words: Words, form: DrawForm) -> Card:
    title = words("forms.lottery.title")
    typed = Paragraph(words.line("forms.lottery.typed"))
    elements = (Heading(title), *wrong(form.opening), typed, *_inputs(words, form))
    return framed(words, Card(title, elements), form.opening, verb=SEND_DRAW, form="lottery")


def _inputs(words: Words, form: DrawForm) -> Iterator[Element]:
    opening = form.opening
    name, example = words("forms.lottery.name"), words("forms.lottery.name_example")
    yield TextInput("name", name, example, opening.value("name"), length_max=NAME_MAX, required=True)
    if form.badges:
        none = ("0", words("forms.lottery.no_badge"))
        options = (none, *((str(number), label) for number, label in form.badges))
        yield Choice("badge", words("forms.lottery.badge"), options, opening.value("badge", "0"))
    points, empty = words("forms.lottery.points"), words("forms.lottery.points_example")
    yield TextInput("points", points, empty, opening.value("points"), length_max=AMOUNT_LENGTH_MAX)
    winners, one = words("forms.lottery.winners"), words("forms.lottery.winners_example")
    yield TextInput("winners", winners, one, opening.value("winners"), length_max=5)
    spans = tuple((span, words(f"forms.lottery.spans.{span}")) for span in SPANS)
    yield Choice("closes", words("forms.lottery.closes"), spans, opening.value("closes", "1h"))
