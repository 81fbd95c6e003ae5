"""The page that shows all pictures, card by card."""

from collections.abc import Sequence
from html import escape
from itertools import groupby

from tests.gallery.drawing import Drawing

TITLES = {"teams": "Microsoft Teams", "slack": "Slack", "telegram": "Telegram", "plain": "plain text"}
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 24px; background: #fafafa; color: #222; }
nav { columns: 16em; margin-bottom: 32px; }
section { margin: 0 0 48px; }
h2 { border-bottom: 1px solid #ccc; }
.row { display: flex; flex-wrap: wrap; gap: 16px; align-items: flex-start; margin-bottom: 16px; }
figure { margin: 0; max-width: 480px; }
img { max-width: 100%; height: auto; border: 1px solid #ddd; border-radius: 6px; }
figcaption { font-size: 13px; color: #555; }
"""


def page(drawings: Sequence[Drawing]) -> str:
    """`drawings` in the order they were drawn. What a picture shows stands in its alternative text."""
    groups = [(name, list(group)) for name, group in groupby(drawings, key=lambda drawing: drawing.name)]
    links = "\n".join(f'<a href="#{name}">{_title(name)}</a><br>' for name, _ in groups)
    sections = "\n".join(_section(name, group) for name, group in groups)
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Cards of Plaudit</title>\n<style>{STYLE}</style>\n'
        "<h1>Cards of Plaudit</h1>\n<p>Teams is drawn by Microsoft’s renderer; Slack and Telegram are mock-ups.</p>\n"
        f"<nav>\n{links}\n</nav>\n{sections}\n</html>\n"
    )


def _section(name: str, drawings: Sequence[Drawing]) -> str:
    by_locale = groupby(sorted(drawings, key=_order), key=lambda drawing: drawing.locale)
    rows = "\n".join(f'<div class="row">\n{"".join(map(_figure, row))}</div>' for _, row in by_locale)
    return f'<section id="{name}">\n<h2>{_title(name)}</h2>\n{rows}\n</section>'


def _figure(drawing: Drawing) -> str:
    alt = escape(drawing.alt).replace("\n", "&#10;")
    shown = f'<img loading="lazy" src="{drawing.file}" alt="{alt}">'
    return f"<figure>{shown}<figcaption>{TITLES[drawing.platform]} · {drawing.locale}</figcaption></figure>\n"


def _order(drawing: Drawing) -> tuple[bool, str, int]:
    """English first; the platforms as they are listed."""
    return drawing.locale != "en", drawing.locale, [*TITLES].index(drawing.platform)


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
