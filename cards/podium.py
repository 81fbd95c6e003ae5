"""The podium of a digest as a picture: initials and figures alone, drawn as strokes; whoever finds it learns no name."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import resvg_py

from cards.picture import initials, strokes

WIDTH, HEIGHT = 480, 280
DRAWING = 1
"""Counts how often the drawing changed."""
KEPT = 64

_FLOOR, _COLUMN, _DISC = 268, 120, 36
_HEIGHTS = {1: 132, 2: 96, 3: 66}
_PLACES = (180, 40, 320)
"""Left edges: the first in the middle, the second to its left, the third to its right."""
_METALS = {1: "#E5A50A", 2: "#9AA5B1", 3: "#B9743A"}
_INK, _PAPER, _BEHIND = "#1F2328", "#FFFFFF", "#3B5BA5"


@dataclass(frozen=True, slots=True)
class Stand:
    """Who stands on a step, and with how many kudos. Ties share a rank."""

    rank: int
    name: str
    kudos: int


@dataclass(frozen=True, slots=True)
class Podium:
    stands: tuple[Stand, ...]

    @property
    def tag(self) -> str:
        """Another one if the picture would be another."""
        drawn = repr((DRAWING, self.stands))
        return hashlib.sha256(drawn.encode(errors="surrogatepass")).hexdigest()[:32]


def podium_svg(podium: Podium) -> str:
    """Up to three steps as high as their ranks."""
    steps = "".join(_step(stand, left) for stand, left in zip(podium.stands, _lefts(podium.stands), strict=True))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="12" fill="{_PAPER}"/>{steps}'
        f'<path d="M24 {_FLOOR}H{WIDTH - 24}" stroke="{_INK}" stroke-width="3" stroke-linecap="round"/></svg>'
    )


@lru_cache(maxsize=KEPT)
def podium_png(podium: Podium) -> bytes:
    return resvg_py.svg_to_bytes(svg_string=podium_svg(podium), skip_system_fonts=True)


def _lefts(stands: Sequence[Stand]) -> tuple[int, ...]:
    return _PLACES[: len(stands)]


def _step(stand: Stand, left: int) -> str:
    metal, height = _METALS[stand.rank], _HEIGHTS[stand.rank]
    middle, top = left + _COLUMN / 2, _FLOOR - height
    disc = top - _DISC - 8
    letters = initials(stand.name)
    face = strokes(letters, _PAPER, middle=(middle, disc), scale=1.7) if letters else ""
    return (
        f'<rect x="{left}" y="{top}" width="{_COLUMN}" height="{height}" fill="{metal}"/>'
        f'<circle cx="{middle}" cy="{disc}" r="{_DISC}" fill="{_BEHIND}" stroke="{metal}" stroke-width="5"/>{face}'
        f"{strokes(str(stand.rank), _INK, middle=(middle, top + 26), scale=2)}"
        f"{strokes(_short(stand.kudos), _INK, middle=(middle, _FLOOR - 18), scale=1.1)}"
    )


def _short(number: int) -> str:
    """As many digits as a step is wide."""
    return str(min(number, 9_999_999))
