"""`sendMessage` as HTML, after Telegram's clients: a mock-up of ours, not Telegram.

The tags that the Bot API knows are tags of HTML too, and TDLib has judged the text: it stands in the page as it is.
"""

import re
from html import escape
from typing import Any

Json = dict[str, Any]

_BLOCK_BREAK = re.compile(r"\n?(</?(?:blockquote|pre)>)\n?")


def drawn(payload: Json) -> str:
    rows = payload.get("reply_markup", {}).get("inline_keyboard", [])
    keyboard = "".join(f'<div class="row">{"".join(map(_button, row))}</div>' for row in rows)
    # A quote and a listing stand on lines of their own here as there: the line break beside them is that one.
    text = _BLOCK_BREAK.sub(r"\1", payload["text"])
    return f'<div class="bubble">{text}<time>10:30</time></div><div class="keyboard">{keyboard}</div>'


def _button(button: Json) -> str:
    arrow = " ↗" if "url" in button else ""
    return f"<button>{escape(button['text'])}{arrow}</button>"
