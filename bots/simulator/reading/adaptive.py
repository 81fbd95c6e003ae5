"""Adaptive Card → text: what Teams shows, without looks."""

import re
from collections.abc import Iterator

from bots.simulator.transcript import Reading
from bots.simulator.world import Json

AT = re.compile(r"</?at>")
CONTAINERS = {
    "Container": "items",
    "Column": "items",
    "ColumnSet": "columns",
    "ImageSet": "images",
    "TableCell": "items",
}
INPUTS = {
    "Input.Text": "text",
    "Input.ChoiceSet": "choice",
    "Input.Number": "number",
    "Input.Date": "date",
    "Input.Time": "time",
    "Input.Toggle": "yes or no",
}


def read_card(card: Json) -> Reading:
    """`card` is the content of the attachment."""
    lines = [line for element in card.get("body", []) for line in _lines(element)]
    return Reading(tuple(lines), tuple(action.get("title", "") for action in actions(card)))


def read_activity(activity: Json) -> Reading:
    """Text and all cards of a message activity."""
    lines = AT.sub("", activity.get("text") or "").splitlines()
    buttons: list[str] = []
    for attachment in activity.get("attachments") or []:
        if attachment.get("contentType") == "application/vnd.microsoft.card.adaptive":
            reading = read_card(attachment["content"])
            lines += reading.lines
            buttons += reading.buttons
        elif attachment.get("contentType", "").startswith("image/"):
            lines.append(f"(image: {attachment.get('name', attachment.get('contentUrl', '')[:60])})")
    return Reading(tuple(lines), tuple(buttons))


def actions(node: object) -> Iterator[Json]:
    """Every action of a card in reading order: ActionSets, `selectAction`s and ShowCards included."""
    if isinstance(node, list):
        for item in node:
            yield from actions(item)
    if not isinstance(node, dict):
        return
    if str(node.get("type", "")).startswith("Action."):
        yield node
    for key in (
        "body",
        "items",
        "columns",
        "rows",
        "cells",
        "images",
        "selectAction",
        "inlineAction",
        "actions",
        "card",
    ):
        yield from actions(node.get(key))


def inputs(node: object) -> Iterator[Json]:
    """Every input element of a card."""
    if isinstance(node, list):
        for item in node:
            yield from inputs(item)
    if not isinstance(node, dict):
        return
    if str(node.get("type", "")).startswith("Input."):
        yield node
    for key in ("body", "items", "columns", "rows", "cells", "actions", "card"):
        yield from inputs(node.get(key))


def _lines(element: Json) -> Iterator[str]:
    kind = element.get("type", "")
    if element.get("isVisible") is False:
        return
    if kind in CONTAINERS:
        for child in element.get(CONTAINERS[kind], []):
            yield from _lines(child)
    elif kind == "TextBlock":
        yield from AT.sub("", element.get("text", "")).splitlines()
    elif kind == "RichTextBlock":
        runs = element.get("inlines", [])
        yield "".join(run if isinstance(run, str) else run.get("text", "") for run in runs)
    elif kind == "FactSet":
        yield from (f"{fact.get('title', '')}: {fact.get('value', '')}" for fact in element.get("facts", []))
    elif kind == "Table":
        yield from (_row(row) for row in element.get("rows", []))
    elif kind == "Image":
        yield f"(image: {element.get('altText') or element.get('url', '')[:60]})"
    elif kind in INPUTS:
        yield f"{element.get('label', element.get('id', ''))}: <{element.get('placeholder') or INPUTS[kind]}>"


def _row(row: Json) -> str:
    return " | ".join(
        " ".join(line for item in cell.get("items", []) for line in _lines(item)) for cell in row.get("cells", [])
    )
