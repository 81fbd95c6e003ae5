"""What is drawn: each sample on each platform in each language, as the stage wants it."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from cards.model import Card, Mention, Paragraph
from cards.render import Context, adaptive, blockkit, plain, telegram
from cards.words import Words
from tests.cards.samples import SAMPLES, context_of
from tests.gallery import packages
from tests.gallery import slack as slack_html
from tests.gallery import telegram as telegram_html

Json = dict[str, Any]

HERE = Path(__file__).parent
ICON = HERE.parents[1] / "manifest" / "color.png"
WIDTH = 720


@dataclass(frozen=True, slots=True)
class Drawing:
    """`stage` is what `window.draw` takes; `alt` says all that the picture shows."""

    name: str
    platform: str
    locale: str
    alt: str
    stage: Json

    @property
    def file(self) -> str:
        return f"{self.name}.{self.platform}.{self.locale}.png"


def drawings(names: Sequence[str], locales: Sequence[str]) -> Iterator[Drawing]:
    """Card by card, so that the first ones can be looked at while the rest is drawn."""
    for name in names:
        for platform, draw in PLATFORMS.items():
            for locale in locales:
                card = SAMPLES[name](Words(locale))
                alt = plain.render(card, Context()).payload["text"]
                stage = {"platform": platform, "head": _head(platform), **draw(card, locale)}
                yield Drawing(name, platform, locale, alt, stage)


def stage(modules: Path) -> str:
    """The page on which everything is drawn; it takes its scripts and styles from where they lie."""
    styles = (modules / packages.STYLE, HERE / "look.css")
    scripts = (*(modules / name for name in packages.SCRIPTS), HERE / "stage.js")
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>One card</title>\n'
        + "".join(f'<link rel="stylesheet" href="{style.resolve().as_uri()}">\n' for style in styles)
        # Of carousels, which we have none of: the renderer asks for their library as soon as it is loaded.
        + "<script>window.Swiper = function () {}; window.SwiperModules = {};</script>\n"
        + "".join(f'<script src="{script.resolve().as_uri()}"></script>\n' for script in scripts)
        + '<body><main id="frame"></main></body>\n</html>\n'
    )


def call(drawing: Drawing) -> str:
    """The script that draws it."""
    return f"window.draw({json.dumps(drawing.stage)})"


def _teams(card: Card, locale: str) -> Json:
    return {"card": adaptive.render(card, context_of(card, "adaptive", locale)).payload}


def _slack(card: Card, locale: str) -> Json:
    context = context_of(card, "blockkit", locale)
    mentions = [
        run for each in card.elements if isinstance(each, Paragraph) for run in each.runs if isinstance(run, Mention)
    ]
    names = {context.accounts[run.member_id]: run.name for run in mentions if run.member_id in context.accounts}
    return {"html": slack_html.drawn(blockkit.render(card, context).payload, names)}


def _telegram(card: Card, locale: str) -> Json:
    return {"html": telegram_html.drawn(telegram.render(card, context_of(card, "telegram", locale)).payload)}


def _plain(card: Card, locale: str) -> Json:
    text = plain.render(card, context_of(card, "plain", locale)).payload["text"]
    return {"html": f"<pre>{escape(text)}</pre>"}


PLATFORMS: Mapping[str, Callable[[Card, str], Json]] = {
    "teams": _teams,
    "slack": _slack,
    "telegram": _telegram,
    "plain": _plain,
}


def _head(platform: str) -> str:
    """Who says it."""
    icon = base64.b64encode(ICON.read_bytes()).decode()
    badge = '<span class="badge">APP</span>' if platform == "slack" else ""
    return f'<div class="head"><img alt="" src="data:image/png;base64,{icon}">Plaudit {badge}<time>10:30</time></div>'
