"""Card → plain text, for logs, transcripts and surfaces that know nothing else."""

from collections.abc import Iterator
from typing import assert_never

from cards.model import (
    Button,
    Buttons,
    Card,
    Choice,
    Divider,
    Element,
    Facts,
    Heading,
    Image,
    Link,
    Paragraph,
    PeopleInput,
    Progress,
    Quote,
    Run,
    Table,
    TextInput,
)
from cards.render import Context, Rendered
from cards.render.columns import aligned
from cards.render.text import bar, visible
from cards.words import shown

WIDTH = 100


def render(card: Card, context: Context) -> Rendered:  # noqa: ARG001 - the signature of every renderer
    """`{"text"}`: one block under the other; buttons are `[labels]`."""
    lines = [line for element in card.as_form().elements for line in _lines(element)]
    return Rendered({"text": "\n".join(lines) or visible(card.summary)})


def _lines(element: Element) -> Iterator[str]:  # noqa: C901 - one case for each element
    match element:
        case Heading(text):
            yield visible(text)
        case Paragraph(runs):
            yield "".join(_inline(run) for run in runs)
        case Quote(text):
            yield from (f"> {line}" for line in visible(text).split("\n"))
        case Facts(pairs):
            yield from (f"{visible(title)}: {visible(value)}" for title, value in pairs)
        case Table():
            yield from aligned(element, WIDTH)[0]
        case Image(url, alt):
            yield f"{visible(alt)} ({url})"
        case Progress(label, share):
            yield f"{visible(label)} {bar(share)}"
        case Divider():
            yield "————"
        case Buttons(buttons):
            yield " ".join(_button(button) for button in buttons)
        case TextInput(_, label) | Choice(_, label) | PeopleInput(_, label):
            yield f"{visible(label)}: ____"
        case _:
            assert_never(element)


def _inline(run: Run) -> str:
    return f"{visible(run.text)} ({run.url})" if isinstance(run, Link) else visible(shown(run))


def _button(button: Button) -> str:
    return f"[{visible(button.label)}]"
