"""Tables for monospaced surfaces: columns padded to the same width, however wide their characters are."""

import re
import unicodedata
from collections.abc import Sequence

from cards.model import Table
from cards.render.text import one_line

GAP = "  "
NARROWEST = 3
MARK = "›"
_NO_WIDTH = {"Mn", "Me", "Cf"}
_UNUSUAL = re.compile("[^ -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u2010-\u2027]")
_JOINED = re.compile("\u200d.")


def aligned(table: Table, width_max: int) -> tuple[list[str], bool]:
    """Lines of at most `width_max` columns, the titles first, and whether a cell had to be cut.

    Highlighted rows start with a mark, because monospaced text knows no bold.
    """
    marks = ["", *(MARK if index in table.highlighted else "" for index in range(len(table.rows)))]
    edge = 1 if table.highlighted else 0
    grid = [[one_line(cell) for cell in row] for row in ([column.title for column in table.columns], *table.rows)]
    wanted = [max(width(row[index]) for row in grid) for index in range(len(table.columns))]
    widths = _shared(wanted, width_max - edge - len(GAP) * (len(wanted) - 1))
    lines = []
    for mark, row in zip(marks, grid, strict=True):
        cells = (_cell(text, size, column.align) for text, size, column in zip(row, widths, table.columns, strict=True))
        lines.append((mark.ljust(edge) + GAP.join(cells)).rstrip())
    return lines, widths != wanted


def width(text: str) -> int:
    """Columns of a monospaced font. An emoji joined of several is drawn as one."""
    if not _UNUSUAL.search(text):
        return len(text)
    return sum(_character_width(character) for character in _JOINED.sub("", text))


def _character_width(character: str) -> int:
    if unicodedata.category(character) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _shared(wanted: Sequence[int], width_max: int) -> list[int]:
    """The widest column gives way first; none becomes narrower than `NARROWEST`, as long as that is possible."""
    widths = list(wanted)
    excess = sum(widths) - width_max
    while excess > 0 and max(widths) > NARROWEST:
        widest = widths.index(max(widths))
        widths[widest] -= 1
        excess -= 1
    return widths


def _cell(text: str, size: int, align: str) -> str:
    kept = text if width(text) <= size else _cut(text, size)
    blank = " " * (size - width(kept))
    return blank + kept if align == "right" else kept + blank


def _cut(text: str, size: int) -> str:
    """The longest beginning that leaves room for `…`."""
    kept = ""
    for character in text:
        if width(kept + character) > size - 1:
            break
        kept += character
    return kept.rstrip("\u200d ") + "…"
