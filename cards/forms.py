"""Forms: what a bare command asks for, and the same form again with what was wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from cards.kudos import AllowanceView, TagView
from cards.model import (
    Action,
    Button,
    Buttons,
    Card,
    Choice,
    Element,
    Heading,
    Line,
    Mode,
    Paragraph,
    PeopleInput,
    Text,
    TextInput,
)
from cards.people import Person
from cards.words import Words, plain

OPEN, SEND_KUDOS = "form", "kudos_send"
PEOPLE = "people"
"""The name of the input that holds people; a form has at most one."""
LIFETIME = timedelta(days=1)
MESSAGE_MAX = 1000
AMOUNT_LENGTH_MAX = 11


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening of a form by `reader` (a member's id): `nonce` tells it from the next one, so that each can be sent once.

    `place` is the conversation of ours in which it was asked for. `values` and `accounts` are what is filled in already,
    `wrong` says why it was not taken.
    """

    reader: int
    nonce: str
    place: int
    values: Mapping[str, str] = field(default_factory=dict)
    accounts: tuple[str, ...] = ()
    wrong: Line = ()

    def value(self, name: str, otherwise: str = "") -> str:
        return self.values.get(name, otherwise)


@dataclass(frozen=True, slots=True)
class KudosForm:
    """`places` are (id, name) of conversations in which the kudos may stand, the one it was asked for in first."""

    opening: Opening
    places: tuple[tuple[int, str], ...]
    tags: tuple[TagView, ...]
    allowance: AllowanceView | None


def kudos(words: Words, form: KudosForm) -> Card:
    title = words("forms.kudos.title")
    elements = (Heading(title), *wrong(form.opening), *_hint(words, form), *_inputs(words, form))
    return framed(words, Card(title, elements), form.opening, verb=SEND_KUDOS, form="kudos")


def framed(words: Words, card: Card, opening: Opening, *, verb: str, form: str) -> Card:
    """The card as a form: its inputs are sent as `verb`; `form` is what the opener asks for."""
    send = Action(verb, opening.place, Mode.SINGLE, member_id=opening.reader, lifetime=LIFETIME, argument=opening.nonce)
    again = Action(OPEN, opening.place, Mode.REPEATABLE, opening.reader, LIFETIME, form)
    return Card(
        card.summary,
        card.elements,
        submit=Button(words(f"forms.{form}.send"), send, "primary"),
        opener=Button(words(f"forms.{form}.open"), again, "primary"),
    )


def opener(words: Words, form: str, place: int, reader: Person) -> Card:
    """For one member, where everybody sees it: the button that opens a form for them alone. `form` and `place` as in `framed`."""
    line = words.line("forms.opener", name=reader.mention())
    action = Action(OPEN, place, Mode.REPEATABLE, member_id=reader.member_id, argument=form)
    button = Button(words(f"forms.{form}.open"), action, "primary")
    return Card(plain(line), (Paragraph(line), Buttons((button,))))


def wrong(opening: Opening) -> Iterator[Element]:
    if opening.wrong:
        yield Paragraph((Text("⚠️ "), *opening.wrong))


def _hint(words: Words, form: KudosForm) -> Iterator[Element]:
    if form.allowance is None:
        return
    left = words("amounts.points", count=form.allowance.left)
    yield Paragraph((Text(words("forms.kudos.allowance", left=left), subtle=True),))


def _inputs(words: Words, form: KudosForm) -> Iterator[Element]:
    opening = form.opening
    yield PeopleInput(PEOPLE, words("forms.kudos.people"), required=True, accounts=opening.accounts)
    yield TextInput(
        "message",
        words("forms.kudos.message"),
        words("forms.kudos.message_example"),
        opening.value("message"),
        multiline=True,
        length_max=MESSAGE_MAX,
        required=True,
    )
    if form.tags:
        options = tuple((tag.name, f"{tag.emoji} #{tag.name}".strip()) for tag in form.tags)
        yield Choice("tags", words("forms.kudos.tags"), options, opening.value("tags"), several=True)
    if form.allowance is not None:
        label, example = words("forms.kudos.points"), words("forms.kudos.points_example")
        yield TextInput("points", label, example, opening.value("points"), length_max=AMOUNT_LENGTH_MAX)
    yield _who_sees(words, opening)
    if form.places:
        yield _where(words, form)


def _who_sees(words: Words, opening: Opening) -> Choice:
    options = (("public", words("forms.kudos.public")), ("private", words("forms.kudos.private")))
    return Choice("privacy", words("forms.kudos.privacy"), options, opening.value("privacy", "public"))


def _where(words: Words, form: KudosForm) -> Choice:
    everywhere = ("0", words("forms.kudos.everywhere"))
    named = tuple((str(number), name) for number, name in form.places)
    asked_here = form.places[0][0] == form.opening.place
    options = (*named, everywhere) if asked_here else (everywhere, *named)
    return Choice("place", words("forms.kudos.place"), options, form.opening.value("place", options[0][0]))
