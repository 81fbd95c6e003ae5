"""Every card, as every surface gets it: what changes here changes for members.

Every language is judged; the files keep two, because more would show the same structure again.

`pytest tests/cards/test_golden.py --update-golden` writes the files anew.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cards.render import Rendered, adaptive, blockkit, blockkit_views, plain, telegram
from cards.words import Words, locale_names
from tests.cards.samples import SAMPLES, context_of
from tests.judges import adaptive as teams_judge
from tests.judges import slack as slack_judge
from tests.judges import telegram as telegram_judge

KEPT = ("en", "es")
GOLDEN = Path(__file__).parents[1] / "golden"

Render = Callable[..., Rendered]
RENDERERS: dict[str, Render] = {
    "adaptive": adaptive.render,
    "blockkit": blockkit.render,
    "telegram": telegram.render,
    "plain": plain.render,
    "modal": blockkit_views.modal,
    "home": blockkit_views.home,
}
SHOWN_ON = {"modal": "_form", "home": "home"}
"""Slack's views are kept of the cards that are made for them; other names have all."""
WRITTEN = [(name, renderer) for name in SAMPLES for renderer in RENDERERS if SHOWN_ON.get(renderer, "") in name]
JUDGES: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "adaptive": teams_judge.faults,
    "blockkit": slack_judge.faults,
    "telegram": telegram_judge.faults,
    "plain": lambda payload: [] if payload["text"].strip() else ["nothing to read"],
    "modal": slack_judge.view_faults,
    "home": slack_judge.view_faults,
}


def rendered(name: str, renderer: str, locale: str) -> Rendered:
    card = SAMPLES[name](Words(locale))
    return RENDERERS[renderer](card, context_of(card, renderer, locale))


@pytest.mark.parametrize(("name", "renderer"), WRITTEN)
def test_card_is_as_it_was_and_right(name: str, renderer: str, *, update_golden: bool) -> None:
    written = {locale: rendered(name, renderer, locale) for locale in locale_names()}
    for locale, one in written.items():
        assert JUDGES[renderer](one.payload) == [], locale
        assert set(one.dropped) <= {"table cells cut", "image shown as a link"}, locale
    payloads = {locale: written[locale].payload for locale in KEPT}
    file = GOLDEN / f"{name}.{renderer}.json"
    if update_golden:
        file.write_text(json.dumps(payloads, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert payloads == json.loads(file.read_text(encoding="utf-8"))


def test_no_golden_file_is_left_over() -> None:
    expected = {f"{name}.{renderer}.json" for name, renderer in WRITTEN}
    assert {file.name for file in GOLDEN.glob("*.json")} == expected
