"""The icons of the Teams app: of the size that Teams wants, and what their drawings give."""

import struct
import zlib
from collections.abc import Iterator

import pytest

from tests.manifest.draw_icons import ICONS, SIZES, drawn

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGBA = 6


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    assert png.startswith(SIGNATURE)
    at = len(SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def pixels(png: bytes, width: int, height: int) -> list[bytes]:
    """Four bytes each, by the rules of PNG's five filters."""
    data = zlib.decompress(b"".join(content for name, content in chunks(png) if name == b"IDAT"))
    stride, above, rows = 4 * width, bytearray(4 * width), []
    for top in range(0, height * (stride + 1), stride + 1):
        row = bytearray(data[top + 1 : top + 1 + stride])
        for at in range(stride):
            left, up, corner = (row[at - 4], above[at], above[at - 4]) if at >= 4 else (0, above[at], 0)
            row[at] = (row[at] + predicted(data[top], left, up, corner)) % 256
        rows.append(row)
        above = row
    return [bytes(row[at : at + 4]) for row in rows for at in range(0, stride, 4)]


def predicted(kind: int, left: int, up: int, corner: int) -> int:
    nearest = min((left, up, corner), key=lambda value: abs(left + up - corner - value))
    return (0, left, up, (left + up) // 2, nearest)[kind]


@pytest.mark.parametrize(("name", "size"), SIZES.items())
def test_size(name: str, size: int) -> None:
    _, header = next(chunks((ICONS / f"{name}.png").read_bytes()))
    width, height, depth, colours = struct.unpack(">IIBB", header[:10])
    assert (width, height, depth, colours) == (size, size, 8, RGBA)


def test_colour_icon_fills_its_square() -> None:
    assert {pixel[3] for pixel in pixels((ICONS / "color.png").read_bytes(), 192, 192)} == {255}


def test_outline_is_white_on_nothing() -> None:
    shown = [pixel for pixel in pixels((ICONS / "outline.png").read_bytes(), 32, 32) if pixel[3]]
    assert {pixel[:3] for pixel in shown} == {b"\xff\xff\xff"}
    assert 100 < len(shown) < 32 * 32 / 2


@pytest.mark.parametrize("name", SIZES)
def test_picture_is_what_the_drawing_gives(name: str) -> None:
    pytest.importorskip("resvg_py")
    assert (ICONS / f"{name}.png").read_bytes() == drawn(name), "run python -m tests.manifest.draw_icons"
