"""The gallery draws what the renderers write, shows what members typed as they typed it, and says what is missing."""

import json
import re
import shutil
import struct
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from cards.render import blockkit, telegram
from cards.words import Words
from tests.cards.samples import SAMPLES, context_of
from tests.gallery import chromium, index, packages, slack
from tests.gallery.__main__ import main
from tests.gallery.drawing import PLATFORMS, drawings, stage
from tests.judges import telegram as telegram_judge

TAG = re.compile(r"<[^>]+>")


def squeezed(text: str) -> str:
    """Without blanks and joiners: what stands in cells and buttons stands in lines elsewhere."""
    return re.sub(r"[\s\u2060\u00a0]", "", text)


def shown(html: str) -> str:
    return squeezed(unescape(TAG.sub("", html)))


def texts(value: Any) -> Iterator[str]:
    """Everything that Slack is given to show."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for item in value.values():
            yield from texts(item)
    if isinstance(value, list):
        for item in value:
            yield from texts(item)


@pytest.mark.parametrize("name", SAMPLES)
def test_mock_ups_leave_nothing_out(name: str) -> None:
    card = SAMPLES[name](Words("en"))
    blocks = blockkit.render(card, context_of(card, "blockkit")).payload["blocks"]
    seen = shown(PLATFORMS["slack"](card, "en")["html"])
    assert [text for text in texts(blocks) if squeezed(text) not in seen] == []
    message = telegram.render(card, context_of(card, "telegram")).payload
    seen = shown(PLATFORMS["telegram"](card, "en")["html"])
    labels = [button["text"] for row in message.get("reply_markup", {}).get("inline_keyboard", []) for button in row]
    expected = [telegram_judge.shown(message["text"]), *labels]
    assert [text for text in expected if squeezed(text) not in seen] == []


def test_nothing_that_was_typed_becomes_markup() -> None:
    for platform in ("slack", "plain", "telegram"):
        html = PLATFORMS[platform](SAMPLES["kudos_given"](Words("en")), "en")["html"]
        assert "&lt;b&gt;really&lt;/" in html
        assert "Inés &lt;Admin&gt; *QA*" in html


@pytest.mark.parametrize(
    "block",
    [
        {"type": "video"},
        {"type": "rich_text", "elements": [{"type": "rich_text_list", "elements": []}]},
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "emoji", "name": "x"}]}],
        },
        {"type": "actions", "elements": [{"type": "overflow"}]},
    ],
    ids=["block", "list", "emoji", "menu"],
)
def test_what_the_mock_up_does_not_know_is_an_error(block: slack.Json) -> None:
    with pytest.raises(slack.Undrawn):
        slack.drawn({"text": "x", "blocks": [block]}, {})


def test_the_page_names_every_picture() -> None:
    wanted = list(drawings(["kudos_given", "leaderboard"], ["en", "de"]))
    html = index.page(wanted)
    assert len(wanted) == 2 * len(PLATFORMS) * 2
    assert re.findall(r'src="([^"]+)"', html) == [
        f"{name}.{platform}.{locale}.png"
        for name in ("kudos_given", "leaderboard")
        for locale in ("en", "de")
        for platform in PLATFORMS
    ]
    assert len(re.findall(r'alt="Ana García thanked Luis Peña[^"]+\[Second it · 3\]"', html)) == len(PLATFORMS)


async def test_no_chromium(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main([]) == 2
    assert "apt install chromium" in capsys.readouterr().err
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    assert main([]) == 2
    assert "CHROMIUM names /nowhere/chromium" in capsys.readouterr().err


def test_no_npm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(chromium.Missing, match="Install Node"):
        packages.installed(tmp_path)


def drawing(platform: str, html: str) -> str:
    return f"window.draw({json.dumps({'platform': platform, 'head': '', 'html': html})})"


@pytest.mark.skipif(not any(map(shutil.which, chromium.NAMES)), reason="Chromium is not installed")
async def test_a_picture_is_as_large_as_what_it_shows(tmp_path: Path) -> None:
    """The mock-ups need nothing from npm."""
    for name in (*packages.SCRIPTS, packages.STYLE):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("", encoding="utf-8")
    page_file = tmp_path / "stage.html"
    page_file.write_text(stage(tmp_path), encoding="utf-8")
    async with chromium.page(chromium.find()) as page:
        await page.open(page_file, width=720)
        short = await page.run(drawing("plain", "<pre>short</pre>"))
        long = await page.run(drawing("plain", f"<pre>{'x<br>' * 50}</pre>"))
        wide = await page.run(drawing("telegram", '<div style="width: 900px">x</div>'))
        assert (short["faults"], long["faults"]) == ([], [])
        assert short["width"] == long["width"] == 640
        assert long["height"] > 10 * short["height"]
        assert wide["faults"] == ["500 pixels wider than its place"]
        png = await page.picture(width=long["width"], height=long["height"])
        assert struct.unpack(">II", png[16:24]) == (2 * long["width"], 2 * long["height"])
        with pytest.raises(chromium.PageFault, match="nothing is not defined"):
            await page.run("nothing")
