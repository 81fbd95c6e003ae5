"""Making a card smaller when a surface has no room for all of it: the longest element gives way, buttons and headings stay."""

from dataclasses import replace

from cards.model import Card, Element, Facts, Paragraph, Quote, Table, Text
from cards.render.text import clipped, read

_SHORTEST = 40


def characters(card: Card) -> int:
    """About how much there is to read in what could be cut."""
    return sum(_size(element) for element in card.elements)


def shrunk(card: Card) -> tuple[Card, str] | None:
    """The card with its longest element halved, and a phrase about what was cut; None when nothing can give way."""
    sizes = [_size(element) for element in card.elements]
    longest = max(sizes, default=0)
    if longest <= _SHORTEST:
        return None
    index = sizes.index(longest)
    element, phrase = _halved(card.elements[index])
    return replace(card, elements=(*card.elements[:index], element, *card.elements[index + 1 :])), phrase


def _size(element: Element) -> int:
    """How many characters could go; 0 for what is never cut."""
    match element:
        case Quote(text):
            return len(text)
        case Paragraph(runs) if len(runs) > 1 or isinstance(next(iter(runs), None), Text):
            return len(read(runs))
        case Facts(pairs) if len(pairs) > 1:
            return sum(len(title) + len(value) for title, value in pairs)
        case Table(_, rows) if len(rows) > 1:
            return sum(len(cell) for row in rows for cell in row)
        case _:
            return 0


def _halved(element: Element) -> tuple[Element, str]:
    match element:
        case Quote(text):
            return Quote(clipped(text, len(text) // 2)), "quote cut"
        case Paragraph(runs) if len(runs) > 1:
            return Paragraph(runs[: (len(runs) + 1) // 2]), "paragraph cut"
        case Paragraph((Text(text) as run,)):
            return Paragraph((replace(run, text=clipped(text, len(text) // 2)),)), "paragraph cut"
        case Facts(pairs):
            return Facts(pairs[: (len(pairs) + 1) // 2]), "facts cut"
        case Table(columns, rows, highlighted):
            return Table(columns, rows[: (len(rows) + 1) // 2], highlighted), "table rows cut"
        case _:
            return element, ""
