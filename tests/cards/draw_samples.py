"""One of each card about draws."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from cards import draw_forms, draws, refusals
from cards.draw_forms import DrawForm
from cards.draws import DrawView, ResultView
from cards.forms import Opening
from cards.model import Card, Paragraph
from cards.words import Words
from tests.cards.cast import ANA, CROWD, INES, LUIS, MADRID, NOW, ZOE

LIST, COMMITMENT, SEED = "5f" * 32, "c0" * 32, "07" * 32
PUBLIC_ID = "0b8f2c1e-8f5b-4c52-9d0c-3f0a5d2f7a11"
TICKET = "6f0d0a52-3f37-4b6e-9d0e-3f4b1f3f9c11"


def draw_view(**changes: Any) -> DrawView:
    usual: dict[str, Any] = {
        "draw_id": 5,
        "name": "Friday <b>coffee</b> *2 for 1*",
        "badge": "🏆 Lucky one",
        "points": 50,
        "winners": 3,
        "entrants": 12,
        "tickets": 0,
        "state": "open",
        "is_opt_in": True,
        "closes_at": NOW + timedelta(hours=2),
        "draws_at": None,
        "zone": MADRID,
        "opener": ANA,
        "public_id": PUBLIC_ID,
    }
    return DrawView(**{**usual, **changes})


def sealed(**changes: Any) -> DrawView:
    usual: dict[str, Any] = {
        "state": "frozen",
        "tickets": 30,
        "draws_at": NOW + timedelta(hours=2, minutes=10),
        "list_hash": LIST,
        "commitment": COMMITMENT,
    }
    return draw_view(**{**usual, **changes})


def over(**changes: Any) -> DrawView:
    return sealed(**{"state": "paid", "seed": SEED, **changes})


def by_the_clock(**changes: Any) -> DrawView:
    """A draw of a badge's job: nobody joins it."""
    usual: dict[str, Any] = {"name": "Daily Lottery", "opener": None, "is_opt_in": False, "winners": 1, "badge": ""}
    return sealed(**{**usual, **changes})


RESULT = ResultView((LUIS, INES, ZOE), (CROWD[0], CROWD[1]))


def form(words: Words, **changes: Any) -> Card:
    opening = Opening(reader=1, nonce="4f7k2m9q", place=7, **changes)
    return draw_forms.draw(words, DrawForm(opening, ((17, "🏆 Lucky one"), (18, "Team <b>player</b>"))))


def form_again(words: Words) -> Card:
    wrong = refusals.refusal(words, "draw_prize_missing", {}).elements[0]
    assert isinstance(wrong, Paragraph)
    values = {"name": "Friday coffee", "badge": "0", "points": "", "winners": "3", "closes": "1d"}
    return form(words, values=values, wrong=wrong.runs)


def several(words: Words, **changes: Any) -> Card:
    views = (draw_view(), sealed(draw_id=6, name="Cinema", opener=LUIS), by_the_clock(draw_id=7, state="paid"))
    usual: dict[str, Any] = {"open_to": frozenset({5}), "reader_id": 2, "may_open": False}
    return draws.listed(words, views, **{**usual, **changes})


DRAWS: Mapping[str, Callable[[Words], Card]] = {
    "draw_open": lambda words: draws.card(words, draw_view()),
    "draw_open_to_nobody_yet": lambda words: draws.card(words, draw_view(entrants=0, winners=1, badge="")),
    "draw_frozen": lambda words: draws.card(words, sealed()),
    "draw_frozen_by_the_clock": lambda words: draws.card(words, by_the_clock()),
    "draw_over": lambda words: draws.card(words, over()),
    "draw_void": lambda words: draws.card(words, draw_view(state="void", void_reason="nobody", entrants=0)),
    "draw_called_off": lambda words: draws.card(words, sealed(state="void", void_reason="called_off")),
    "draw_result": lambda words: draws.result(words, over(), RESULT),
    "draw_result_of_many": lambda words: draws.result(
        words, over(winners=50, badge=""), ResultView(CROWD, (), passed_over=2)
    ),
    "draw_result_of_nobody": lambda words: draws.result(words, over(entrants=1), ResultView((), (), passed_over=1)),
    "draw_won": lambda words: draws.won(words, over()),
    "draw_joined": lambda words: draws.joined(words, draw_view()),
    "draw_left": lambda words: draws.left(words, draw_view()),
    "draw_opened": lambda words: draws.opened(words, draw_view()),
    "draw_cancelled": lambda words: draws.cancelled(words, draw_view()),
    "draw_list": several,
    "draw_list_for_a_role": lambda words: several(words, may_open=True),
    "draw_list_empty": lambda words: draws.listed(words, (), open_to=frozenset(), reader_id=2, may_open=False),
    "draw_proof_open": lambda words: draws.proof(
        words, draw_view(), None, reader_id=2, has_joined=False, ticket=TICKET
    ),
    "draw_proof": lambda words: draws.proof(words, over(), RESULT, reader_id=2, has_joined=True, ticket=TICKET),
    "draw_form": form,
    "draw_form_again": form_again,
}
