"""An answer as the HTTP body of the invoke that asked for it. Pure.

Source: Microsoft's "Universal Actions for Adaptive Cards", "Use dialogs with bots" and "Respond to the dialog submit action".
"""

from typing import Any

from bots.chat import Answer, Audience, Manner
from bots.teams.invokes import DIALOGS, SUBMIT_COMMAND
from cards.render import Rendered

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
PREVIEW_TYPE = "application/vnd.microsoft.card.thumbnail"
TEXT_TYPE = "application/vnd.microsoft.activity.message"
ERROR_TYPE = "application/vnd.microsoft.error"
TITLE_LENGTH_MAX = 64

Json = dict[str, Any]


def body_of(name: str, answer: Answer | None, *, later: str, title: str) -> Json:
    """`later` is said where there is no answer yet; `title` stands above a dialog, as Teams wants one."""
    if name not in DIALOGS:
        return _execute(answer, later)
    if answer is None or answer.manner is Manner.TOAST:
        return _said(answer.summary or later if answer else later)
    if name == SUBMIT_COMMAND and answer.audience is Audience.HERE:
        return _in_compose_box(answer.rendered, title)
    return _dialog(answer, title)


def apology(name: str, text: str) -> Json:
    """A bug of ours."""
    if name in DIALOGS:
        return _said(text)
    return {"statusCode": 500, "type": ERROR_TYPE, "value": {"code": "InternalServerError", "message": text}}


def _execute(answer: Answer | None, later: str) -> Json:
    """Teams wants a card or a text that is not empty; everything else makes it say that something went wrong."""
    if answer is None:
        return {"statusCode": 200, "type": TEXT_TYPE, "value": later}
    if answer.manner is Manner.TOAST:
        return {"statusCode": 200, "type": TEXT_TYPE, "value": answer.summary or later}
    return {"statusCode": 200, "type": CARD_TYPE, "value": answer.rendered.payload}


def _dialog(answer: Answer, title: str) -> Json:
    """A form is taller than what is only read."""
    height = "large" if answer.manner is Manner.FORM else "medium"
    shown = {"title": title[:TITLE_LENGTH_MAX], "width": "medium", "height": height, "card": _card(answer.rendered)}
    return {"task": {"type": "continue", "value": shown}}


def _said(text: str) -> Json:
    return {"task": {"type": "message", "value": text}}


def _in_compose_box(rendered: Rendered, title: str) -> Json:
    """The member sees the card before they send it, in their own name. A preview has to be an old kind of card, and reads
    markup: nothing that a member wrote goes into it."""
    attachment = {**_card(rendered), "preview": {"contentType": PREVIEW_TYPE, "content": {"title": title}}}
    return {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": [attachment]}}


def _card(rendered: Rendered) -> Json:
    return {"contentType": CARD_TYPE, "content": rendered.payload}
