"""The pages that an installation ends on: a title, a few sentences, nothing that runs or leads elsewhere."""

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from typing import Final

from aiohttp import web

from cards.model import Line, Text
from cards.words import Words, locale_names, shown, words_for

_STYLE: Final = (
    ":root{color-scheme:light dark}body{font:1.125rem/1.6 system-ui,sans-serif;margin:0}"
    "main{max-width:38rem;margin:0 auto;padding:3rem 1.25rem}h1{font-size:1.75rem;line-height:1.25}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Of every answer here: its address holds a code, which no other site is to learn."""


def page(request: web.Request, key: str, *, status: int, **values: str | int) -> web.Response:
    """`key` names the outcome below `installation.`: `title`, and `text` with a line for each paragraph."""
    words = words_for(_language(request.headers.get("Accept-Language", "")))
    title = words(f"installation.{key}.title", **values)
    paragraphs = "".join(f"<p>{_marked(line)}</p>" for line in _paragraphs(words, key, values))
    body = (
        f'<!doctype html><html lang="{escape(words.locale)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)} – Plaudit</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>{paragraphs}</main></body></html>"
    )
    return web.Response(status=status, text=body, content_type="text/html", charset="utf-8", headers=HEADERS)


def _paragraphs(words: Words, key: str, values: dict[str, str | int]) -> Iterable[Line]:
    names = (f"installation.{key}.{part}" for part in ("text", "next"))
    return [words.line(name, **values) for name in names if name in words]


def _marked(line: Line) -> str:
    return "".join(_run(run) if isinstance(run, Text) else escape(shown(run)) for run in line)


def _run(text: Text) -> str:
    return f"<code>{escape(text.text)}</code>" if text.code else escape(text.text)


def _language(accepted: str) -> str:
    """The first language of the browser that we speak; browsers list them in their order."""
    wanted = [part.partition(";")[0].strip().lower() for part in accepted[:200].split(",")]
    spoken = {name.partition("-")[0].lower() for name in locale_names()}
    return next((tag for tag in wanted if tag.partition("-")[0] in spoken), "en")
