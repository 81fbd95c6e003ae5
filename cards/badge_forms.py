"""The forms of badges: what a bare `/badge` asks for, and the words of a comment."""

from collections.abc import Iterator
from dataclasses import dataclass

from cards.forms import MESSAGE_MAX, PEOPLE, Opening, framed, wrong
from cards.model import Card, Choice, Element, Heading, Paragraph, PeopleInput, Text, TextInput
from cards.words import Words

SEND_BADGE, SEND_COMMENT = "badge_send", "badge_comment_send"
COMMENT_MAX = 500
NAMED_MAX = 10


@dataclass(frozen=True, slots=True)
class BadgeForm:
    """`badges` are (id, name) of those that the reader may give now."""

    opening: Opening
    badges: tuple[tuple[int, str], ...]


def badge(words: Words, form: BadgeForm) -> Card:
    title = words("forms.badge.title")
    if not form.badges:
        return Card(title, (Heading(title), Paragraph(words.line("refusals.badge_none_to_give"))))
    elements = (Heading(title), *wrong(form.opening), *_named(words, form), *_inputs(words, form))
    return framed(words, Card(title, elements), form.opening, verb=SEND_BADGE, form="badge")


def _named(words: Words, form: BadgeForm) -> Iterator[Element]:
    """What can be given, for who rather types."""
    names = [name for _, name in form.badges[:NAMED_MAX]]
    if len(form.badges) > NAMED_MAX:
        names.append(words("amounts.more", count=len(form.badges) - NAMED_MAX))
    told = words.line("forms.badge.names", names=words.join([Text(name, bold=True) for name in names]))
    yield Paragraph(told)
    yield Paragraph(words.line("forms.badge.typed"))


def _inputs(words: Words, form: BadgeForm) -> Iterator[Element]:
    opening = form.opening
    yield PeopleInput(PEOPLE, words("forms.badge.people"), required=True, accounts=opening.accounts)
    options = tuple((str(number), name) for number, name in form.badges)
    yield Choice("badge", words("forms.badge.badge"), options, opening.value("badge"), required=True)
    yield TextInput(
        "message",
        words("forms.badge.message"),
        words("forms.badge.message_example"),
        opening.value("message"),
        multiline=True,
        length_max=MESSAGE_MAX,
    )


def comment(words: Words, opening: Opening) -> Card:
    """`opening.place` is the act that is commented on."""
    title = words("forms.badge_comment.title")
    field = TextInput(
        "comment",
        words("forms.badge_comment.comment"),
        words("forms.badge_comment.comment_example"),
        opening.value("comment"),
        multiline=True,
        length_max=COMMENT_MAX,
        required=True,
    )
    hint = Paragraph(words.line("badges.comment_hint"))
    elements = (Heading(title), *wrong(opening), hint, field)
    return framed(words, Card(title, elements), opening, verb=SEND_COMMENT, form="badge_comment")
