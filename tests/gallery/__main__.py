"""`make gallery`: draw every sample card on every platform into .gallery/, and say what does not fit."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bots.cli.screen import progress
from cards.words import locale_names
from tests.cards.samples import SAMPLES
from tests.gallery import chromium, index, packages
from tests.gallery.drawing import WIDTH, Drawing, call, drawings, stage

OUT = Path(".gallery")
GOOD, FOUND, WRONG = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """0: all is drawn; 1: something does not fit; 2: called wrongly, or something has to be installed first."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if unknown := [name for name in asked.cards if name not in SAMPLES]:
        parser.error(f"no card is called {unknown[0]}; there are {', '.join(SAMPLES)}")
    names = [name for name in SAMPLES if not asked.cards or name in asked.cards]
    try:
        program = chromium.find()
        modules = packages.installed(OUT / "npm")
        wanted = list(drawings(names, list(dict.fromkeys(("en", asked.locale)))))
        for earlier in OUT.glob("*.png"):
            earlier.unlink()
        faults = asyncio.run(_draw(program, modules, wanted))
    except chromium.Missing as missing:
        print(f"gallery: {missing}", file=sys.stderr)
        return WRONG
    (OUT / "index.html").write_text(index.page(wanted), encoding="utf-8")
    for fault in faults:
        print(fault)
    print(f"{len(wanted)} pictures of {len(names)} cards: {OUT / 'index.html'}")
    return FOUND if faults else GOOD


async def _draw(program: str, modules: Path, wanted: Sequence[Drawing]) -> list[str]:
    """Write every picture; returns a line for each fault."""
    faults = []
    with tempfile.TemporaryDirectory(prefix="plaudit-gallery-") as folder, progress("Drawing", len(wanted)) as bar:
        file = Path(folder) / "stage.html"
        file.write_text(stage(modules), encoding="utf-8")
        async with chromium.page(program) as page:
            await page.open(file, width=WIDTH)
            for drawing in wanted:
                drawn = await page.run(call(drawing))
                faults += [f"{drawing.file}: {fault}" for fault in drawn["faults"]]
                (OUT / drawing.file).write_bytes(await page.picture(width=drawn["width"], height=drawn["height"]))
                bar.advance()
    return faults


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make gallery",
        description="Draw every sample card on every platform into .gallery/.",
        epilog='Example: make gallery ARGS="kudos_given --locale fr"',
    )
    parser.add_argument("cards", nargs="*", metavar="CARD", help="names in tests/cards/samples.py; none means all")
    parser.add_argument("--locale", default="de", choices=locale_names(), help="language besides English (de)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
