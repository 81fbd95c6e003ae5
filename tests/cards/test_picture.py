"""Pictures: drawn without fonts, from nothing that anybody typed, and different where it matters."""

import re
import struct
from itertools import pairwise

import pytest

from cards.glyphs import EMOJI, LETTERS, SIGNS
from cards.picture import SIZE, BadgePicture, badge_png, badge_svg, initials
from core.badges.definition.model import RARITIES

PNG = b"\x89PNG\r\n\x1a\n"
BYTES_MAX = 32 * 1024
NUMBER = r"-?\d+(?:\.\d+)?"
PATH = re.compile(rf"(?:[MLHVQCAZ]|{NUMBER}|[ ,-])+")


def picture(name: str = "Team player", emoji: str = "", color: str = "", rarity: str = "common") -> BadgePicture:
    return BadgePicture(name, emoji, color, rarity)


def size(png: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize("sign", sorted(SIGNS))
def test_every_sign_is_drawn_for_an_emoji(sign: str) -> None:
    emoji = next(each for each, drawn in EMOJI.items() if drawn == sign)
    assert SIGNS[sign] in badge_svg(picture(emoji=emoji + "\ufe0f"))
    assert badge_png(picture(emoji=emoji)) != badge_png(picture(emoji=""))


def test_paths_are_paths() -> None:
    for path in (*LETTERS.values(), *SIGNS.values()):
        assert PATH.fullmatch(path)
    assert set(LETTERS) == {*map(chr, range(ord("A"), ord("Z") + 1)), *"0123456789"}


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Above and beyond", "AB"),
        ("Team", "T"),
        ("5 Year Milestone", "5M"),
        ("Überflieger", "U"),
        ("élan vital", "EV"),
        ("<b>Bold</b>", "BB"),
        ("李小龍", ""),
        ("🏆", ""),
        ("", ""),
        ("№1", "N"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_picture_is_a_small_png_whatever_the_badge_is_called() -> None:
    for name in ("Above and beyond", "李小龍", "", "x" * 120, '"/><script>alert(1)</script>', "\u202e\u0000\ud800"):
        png = badge_png(picture(name=name, emoji=name[:32], rarity="legendary"))
        assert png.startswith(PNG)
        assert size(png) == (SIZE, SIZE)
        assert len(png) < BYTES_MAX


@pytest.mark.parametrize(
    "typed", ['"/><image href="file:///etc/passwd"/>', "#12", "red", "#GGGGGG", "url(x)", "#fff;x"]
)
def test_nothing_typed_becomes_part_of_the_drawing(typed: str) -> None:
    assert typed not in badge_svg(picture(name=typed, emoji=typed, color=typed, rarity=typed))


def test_rarities_and_colors_are_told_apart() -> None:
    drawn = [badge_png(picture(rarity=rarity)) for rarity in RARITIES]
    assert len(set(drawn)) == len(RARITIES)
    assert all(
        one != other for one, other in pairwise(badge_png(picture(color=color)) for color in ("#000", "#fff", "#F00"))
    )
    assert "#1F2328" in badge_svg(picture(color="#FFFFFF"))
    assert "#1F2328" not in badge_svg(picture(color="#000000"))


def test_a_tag_changes_with_the_picture_alone() -> None:
    assert picture().tag == picture().tag
    assert (
        len({each.tag for each in (picture(), picture(name="Other"), picture(rarity="epic"), picture(color="#000"))})
        == 4
    )


def test_one_name_has_one_color() -> None:
    assert badge_svg(picture("Star")) == badge_svg(picture("Star"))
