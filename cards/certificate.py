"""A certificate as a picture: who earned which badge, and when. Drawn without any font, as badges are.

Letters are strokes of ours, with their accents; a name in a script that we have no letters for is left out, and the card that
shows the picture says it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import combining, normalize

import resvg_py

from cards.glyphs import LETTER_HEIGHT, LETTER_WIDTH, LETTERS
from cards.picture import BadgePicture, badge_svg

WIDTH, HEIGHT = 842, 595
"""Pixels: A4, lying, at 72 dots an inch."""
DRAWING = 1
LENGTH_MAX = 40
KEPT = 64

_GAP = 3
_INK, _SOFT, _GOLD = "#1F2328", "#59636E", "#B08D57"
_PUNCTUATION: Mapping[str, str] = {"-": "M2 8H8", ".": "M5 13V14", "'": "M5 0V3", "’": "M5 0V3", "&": LETTERS["8"]}
_MARKS: Mapping[str, str] = {
    "\u0300": "M3 -5L6 -2", "\u0301": "M7 -5L4 -2", "\u0302": "M2 -2L5 -5L8 -2", "\u0303": "M1 -2Q3 -5 5 -3.5Q7 -2 9 -5",
    "\u0308": "M3 -4V-3M7 -4V-3", "\u030a": "M5 -6A1.6 1.6 0 1 0 5 -2.8A1.6 1.6 0 1 0 5 -6", "\u030c": "M2 -5L5 -2L8 -5",
    "\u0327": "M5 14Q7 16 4 18",
}  # fmt: skip
_WHOLE: Mapping[str, str] = {
    "ß": "SS",
    "ẞ": "SS",
    "æ": "AE",
    "Æ": "AE",
    "œ": "OE",
    "Œ": "OE",
    "ø": "O",
    "Ø": "O",
    "ł": "L",
    "Ł": "L",
}


@dataclass(frozen=True, slots=True)
class CertificatePicture:
    """`title` and `on` (a date) are in the reader's language."""

    title: str
    name: str
    badge: BadgePicture
    on: str

    @property
    def tag(self) -> str:
        """Another one if the picture would be another."""
        drawn = repr((DRAWING, self.title, self.name, self.badge.tag, self.on))
        return hashlib.sha256(drawn.encode(errors="surrogatepass")).hexdigest()[:32]


def certificate_svg(picture: CertificatePicture) -> str:
    badge = badge_svg(picture.badge).replace("<svg ", f'<svg x="{(WIDTH - 150) / 2:g}" y="330" ', 1)
    badge = badge.replace('width="160" height="160"', 'width="150" height="150"', 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#FFFDF7"/>'
        f'<rect x="24" y="24" width="{WIDTH - 48}" height="{HEIGHT - 48}" fill="none" stroke="{_GOLD}" stroke-width="6"/>'
        f'<rect x="36" y="36" width="{WIDTH - 72}" height="{HEIGHT - 72}" fill="none" stroke="{_GOLD}" stroke-width="1.5"/>'
        f"{_text(picture.title, top=78, scale=2.2, ink=_SOFT)}"
        f"{_text(picture.name, top=156, scale=4.0, ink=_INK)}"
        f"{_text(picture.badge.name, top=258, scale=2.4, ink=_GOLD)}"
        f"{badge}{_text(picture.on, top=506, scale=1.6, ink=_SOFT)}</svg>"
    )


@lru_cache(maxsize=KEPT)
def certificate_png(picture: CertificatePicture) -> bytes:
    return resvg_py.svg_to_bytes(svg_string=certificate_svg(picture), skip_system_fonts=True)


def _text(text: str, *, top: float, scale: float, ink: str) -> str:
    """One line in the middle, smaller if it is long; nothing if we have letters for less than half of it."""
    drawn = list(_glyphs(text))
    letters = [glyph for glyph in drawn if glyph]
    if len(letters) * 2 < sum(not character.isspace() for character in text[:LENGTH_MAX]):
        return ""
    width = len(drawn) * (LETTER_WIDTH + _GAP) - _GAP
    fitting = min(scale, (WIDTH - 120) / max(width, 1))
    left = (WIDTH - width * fitting) / 2
    lower = top + LETTER_HEIGHT * (scale - fitting) / 2
    paths = "".join(
        f'<path transform="translate({place * (LETTER_WIDTH + _GAP)} 0)" d="{glyph}"/>'
        for place, glyph in enumerate(drawn)
        if glyph
    )
    return (
        f'<g transform="translate({left:g} {lower:g}) scale({fitting:g})" fill="none" stroke="{ink}" stroke-width="1.3"'
        f' stroke-linecap="round" stroke-linejoin="round">{paths}</g>'
    )


def _glyphs(text: str) -> Iterator[str]:
    """The strokes of each letter with its accents; empty for a blank and for what we have no letter for."""
    whole = "".join(_WHOLE.get(character, character) for character in text[:LENGTH_MAX])
    glyph: str | None = None
    for character in normalize("NFKD", whole):
        if combining(character):
            glyph = glyph + _MARKS.get(character, "") if glyph else glyph
            continue
        if glyph is not None:
            yield glyph
        glyph = LETTERS.get(character.upper(), _PUNCTUATION.get(character, ""))
    if glyph is not None:
        yield glyph
