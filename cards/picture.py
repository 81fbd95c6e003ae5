"""Pictures: a badge as SVG of ours, and SVG as PNG.

Nothing is drawn with a font, so that a server without any draws the same as every other: an emoji becomes a sign of ours if there
is one for it, else the name's initials are drawn as strokes, else (a script that we have no letters for) a star. No text of
anybody's is ever part of the SVG; the one thing taken as it is, the color, is checked to be one.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import combining, normalize

import resvg_py

from cards.glyphs import EMOJI, LETTER_HEIGHT, LETTER_WIDTH, LETTERS, SIGNS

SIZE = 160
"""Pixels of either side."""
DRAWING = 1
"""Counts how often the drawing changed: part of the name that caches know a picture by."""
KEPT = 256

_RINGS = {"common": "#9AA5B1", "rare": "#2F80ED", "epic": "#8E44AD", "legendary": "#E5A50A"}
_PALETTE = ("#1B7F79", "#3B5BA5", "#7A4EAB", "#B0413E", "#2E7D32", "#AD5A00", "#5D4E8C", "#00687A")
_COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_LIGHT = 150  # of 255: beyond it dark signs are read better


@dataclass(frozen=True, slots=True)
class BadgePicture:
    """What a badge looks like. `color` may be empty: then one that always is the same for the name."""

    name: str
    emoji: str
    color: str
    rarity: str

    @property
    def tag(self) -> str:
        """Another one if the picture would be another."""
        drawn = repr((DRAWING, self.name, self.emoji, self.color, self.rarity))
        return hashlib.sha256(drawn.encode()).hexdigest()[:32]


def badge_svg(picture: BadgePicture) -> str:
    """A disc in the badge's color with its sign, in the ring of its rarity."""
    color = _color(picture)
    ink = "#1F2328" if _brightness(color) > _LIGHT else "#FFFFFF"
    ring = _RINGS.get(picture.rarity, _RINGS["common"])
    middle = SIZE // 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIZE}" height="{SIZE}" viewBox="0 0 {SIZE} {SIZE}">'
        f'<circle cx="{middle}" cy="{middle}" r="74" fill="none" stroke="{ring}" stroke-width="8"{_dashes(picture.rarity)}/>'
        f'<circle cx="{middle}" cy="{middle}" r="65" fill="{color}"/>'
        f"{_sign(picture, ink)}</svg>"
    )


@lru_cache(maxsize=KEPT)
def badge_png(picture: BadgePicture) -> bytes:
    return resvg_py.svg_to_bytes(svg_string=badge_svg(picture), skip_system_fonts=True)


def _dashes(rarity: str) -> str:
    """Rings differ in more than their color, for those who cannot tell colors apart."""
    return {
        "rare": ' stroke-dasharray="52 6"',
        "epic": ' stroke-dasharray="26 5"',
        "legendary": ' stroke-dasharray="9 4"',
    }.get(rarity, "")


def _color(picture: BadgePicture) -> str:
    if _COLOR.fullmatch(picture.color):
        return picture.color
    return _PALETTE[hashlib.sha256(picture.name.encode(errors="surrogatepass")).digest()[0] % len(_PALETTE)]


def _brightness(color: str) -> float:
    digits = color[1:] if len(color) == 7 else "".join(digit * 2 for digit in color[1:])
    red, green, blue = (int(digits[start : start + 2], 16) for start in (0, 2, 4))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def _sign(picture: BadgePicture, ink: str) -> str:
    shape = next((EMOJI[character] for character in picture.emoji if character in EMOJI), "")
    letters = "" if shape else initials(picture.name)
    if letters:
        return _strokes(letters, ink)
    side = 78
    start = (SIZE - side) / 2
    path = SIGNS[shape or "star"]
    return f'<path transform="translate({start} {start}) scale({side / 100})" fill="{ink}" fill-rule="evenodd" d="{path}"/>'


def initials(name: str) -> str:
    """The first letters of the first and the last word, without accents; empty where we have no such letters."""
    plain = "".join(each for each in normalize("NFKD", name) if not combining(each)).upper()
    words: list[str] = [word for word in re.findall(r"\w+", plain) if word[0] in LETTERS]
    if not words:
        return ""
    return words[0][0] + (words[-1][0] if len(words) > 1 else "")


def _strokes(letters: str, ink: str) -> str:
    return strokes(letters, ink, middle=(SIZE / 2, SIZE / 2), scale=3.6 if len(letters) > 1 else 5)


def strokes(letters: str, ink: str, *, middle: tuple[float, float], scale: float) -> str:
    """Letters and digits of `LETTERS` around a point, `scale` times as large as those are drawn there."""
    gap = 4
    width = len(letters) * LETTER_WIDTH + (len(letters) - 1) * gap
    left, top = middle[0] - width * scale / 2, middle[1] - LETTER_HEIGHT * scale / 2
    drawn = "".join(
        f'<path transform="translate({index * (LETTER_WIDTH + gap)} 0)" d="{LETTERS[letter]}"/>'
        for index, letter in enumerate(letters)
    )
    return (
        f'<g transform="translate({left:g} {top:g}) scale({scale})" fill="none" stroke="{ink}" stroke-width="2.2"'
        f' stroke-linecap="round" stroke-linejoin="round">{drawn}</g>'
    )
