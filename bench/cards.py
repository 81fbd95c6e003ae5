"""A leaderboard card of ten rows on all four surfaces, against one hand-written Adaptive Card as a dict.

The limit builds nested dicts for the same table and buttons and writes them with orjson: what one card costs at the very
least. Ours starts at a `cards.model.Card` and ends at the bytes of Adaptive Card, Block Kit, Telegram and plain text.
"""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import orjson

from bench.figures import Figure
from cards import leaderboards
from cards.leaderboards import LeaderboardView, Row
from cards.model import Card
from cards.people import Person
from cards.render import Context, adaptive, blockkit, plain, telegram
from cards.words import Words
from core.leaderboards.asking import Asked
from core.leaderboards.models import PERIODS

MILLISECONDS_MAX = 0.5
BARE_MICROSECONDS = 12
ROUNDS = 300
REPEATS = 20
RENDERERS = (adaptive.render, blockkit.render, telegram.render, plain.render)


def run() -> list[Figure]:
    rows = tuple(Row(rank, Person(rank, f"Colleague {rank}"), 1000 - rank) for rank in range(1, 11))
    view = LeaderboardView(
        asked=Asked("points", "all"),
        starts_at=None,
        ends_at=None,
        zone="Etc/UTC",
        rows=rows,
        own=rows[3],
        neighbours=(),
        participants=120,
        reader_id=4,
    )
    card = leaderboards.page(Words("en"), view)
    tokens = {action: f"token-{number:018}" for number, action in enumerate(dict.fromkeys(card.actions()))}
    context = Context(tokens=tokens)
    sizes = [len(orjson.dumps(render(card, context).payload)) for render in RENDERERS]
    assert min(sizes) > 0
    ours, bare = _seconds(lambda: _render(card, context), lambda: _bare(rows))
    work = (
        f"{ROUNDS * REPEATS} times four cards of {'+'.join(map(str, sizes))} bytes: {ours * 1e3:.3f} ms for all four, "
        f"{bare * 1e6:.1f} µs for the dict"
    )
    goal = MILLISECONDS_MAX * 1000 / BARE_MICROSECONDS
    return [
        Figure("cards", "all four renderers, CPU milliseconds", ours * 1e3, MILLISECONDS_MAX, "max", 1, work),
        Figure(
            "cards",
            "all four renderers to one bare dict, CPU microseconds",
            ours * 1e6,
            bare * 1e6,
            "max",
            round(goal, 1),
            work,
        ),
    ]


def _render(card: Card, context: Context) -> None:
    for render in RENDERERS:
        orjson.dumps(render(card, context).payload)


def _bare(rows: tuple[Row, ...]) -> bytes:
    cells = [[str(row.rank), row.person.name, str(row.score)] for row in rows]
    body: list[dict[str, Any]] = [
        {"type": "TextBlock", "text": "Points", "size": "Large", "weight": "Bolder", "wrap": True},
        {"type": "Table", "columns": [{"width": 1}] * 3, "rows": [_row(texts) for texts in cells]},
    ]
    actions = [
        {"type": "Action.Execute", "title": period, "verb": "leaderboard", "data": {"token": f"token-{period}"}}
        for period in PERIODS
    ]
    card = {"type": "AdaptiveCard", "version": "1.5", "body": [*body, {"type": "ActionSet", "actions": actions}]}
    return orjson.dumps(card)


def _row(texts: list[str]) -> dict[str, Any]:
    items = [{"type": "TableCell", "items": [{"type": "TextBlock", "text": text, "wrap": True}]} for text in texts]
    return {"type": "TableRow", "cells": items}


def _seconds(ours: Callable[[], object], limit: Callable[[], object]) -> tuple[float, float]:
    """Medians of this thread's CPU for one call each, measured in turns; who else uses the machine does not count."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for kept, call in zip(taken, (ours, limit), strict=True):
            began = time.thread_time()
            for _ in range(REPEATS):
                call()
            kept.append((time.thread_time() - began) / REPEATS)
    return median(taken[0]), median(taken[1])
