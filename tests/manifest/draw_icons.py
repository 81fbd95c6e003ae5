"""`python -m tests.manifest.draw_icons`: the icons of the Teams app, drawn anew from their SVG."""

from pathlib import Path

ICONS = Path(__file__).resolve().parents[2] / "manifest"
SIZES = {"color": 192, "outline": 32}


def drawn(name: str) -> bytes:
    """The PNG that an icon's SVG gives. Raises ModuleNotFoundError where resvg is not installed."""
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=(ICONS / f"{name}.svg").read_text(encoding="utf-8")))


def main() -> None:
    for name in SIZES:
        (ICONS / f"{name}.png").write_bytes(drawn(name))
        print(f"manifest/{name}.png is drawn.")


if __name__ == "__main__":
    main()
