"""Cards about accounts of one person: the code, the question it raises, and what came of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from cards.model import Action, Button, Buttons, Card, Element, Heading, Paragraph, Text
from cards.words import Words


@dataclass(frozen=True, slots=True)
class Merge:
    """What the newer of two histories brings along, and how many kudos the two gave each other, which are taken back."""

    points: int
    kudos: int
    between: int


@dataclass(frozen=True, slots=True)
class Question:
    """Whose account typed the code: its own name and its platform (`teams`, `slack`, `telegram`). `merge` if both have a history."""

    link_id: int
    name: str
    platform: str
    merge: Merge | None
    minutes: int


def code(words: Words, code: str, minutes: int) -> Card:
    """For one member alone. The summary, which notifications show, keeps the code to itself."""
    title = words("identity.code")
    command = Text(words("identity.code_command", code=code), code=True)
    return Card(
        title,
        (
            Heading(title),
            Paragraph(words.line("identity.code_how", count=minutes)),
            Paragraph((command,)),
            Paragraph(words.line("identity.code_then")),
            Paragraph((Text(words("identity.code_secret"), subtle=True),)),
        ),
    )


def code_seen(words: Words) -> Card:
    """A code was typed where others read it: it is void now."""
    return Card(words("identity.code_seen"), (Paragraph(words.line("identity.code_seen")),))


def claimed(words: Words, platform: str) -> Card:
    """To the account that typed the code: where the answer has to be given."""
    sentence = words.line("identity.claimed", platform=words(f"platforms.{platform}"))
    return Card(words("identity.claimed", platform=words(f"platforms.{platform}")), (Paragraph(sentence),))


def question(words: Words, view: Question) -> Card:
    platform = words(f"platforms.{view.platform}")
    title = words("identity.question", platform=platform)
    lifetime = timedelta(minutes=view.minutes)
    buttons = (
        Button(words("identity.yes"), Action("link_confirm", view.link_id, lifetime=lifetime), "primary"),
        Button(words("identity.no"), Action("link_decline", view.link_id, lifetime=lifetime), "danger"),
    )
    asked = words.line("identity.typed", name=Text(view.name, bold=True), platform=platform)
    return Card(title, (Heading(title), Paragraph(asked), *_consequences(words, view.merge), Buttons(buttons)))


def done(words: Words, platform: str, *, is_merged: bool, taken_back: int) -> Card:
    title = words("identity.linked", platform=words(f"platforms.{platform}"))
    elements: list[Element] = [Heading(title), Paragraph(words.line("identity.one_balance"))]
    if is_merged:
        elements.append(Paragraph(words.line("identity.merged")))
    if taken_back:
        elements.append(Paragraph(words.line("identity.taken_back", count=taken_back)))
    return Card(title, tuple(elements))


def declined(words: Words) -> Card:
    return Card(words("identity.declined"), (Paragraph(words.line("identity.declined")),))


def _consequences(words: Words, merge: Merge | None) -> Iterator[Element]:
    if merge is None:
        yield Paragraph(words.line("identity.will_link"))
        return
    points = words("amounts.points", count=merge.points)
    yield Paragraph(words.line("identity.will_merge", points=points, count=merge.kudos))
    if merge.between:
        yield Paragraph(words.line("identity.will_take_back", count=merge.between))
    yield Paragraph(words.line("identity.for_good"))
