"""How Plaudit says no: every code has a sentence with its figures, in every language."""

from typing import Any

import pytest

from cards import refusals
from cards.model import Card, Paragraph, Text
from cards.render import Context, plain
from cards.words import locale_names, words_for
from tests.cards.samples import MADRID, NEXT_MONDAY

ENGLISH = words_for("en")


def read(card: Card) -> str:
    return str(plain.render(card, Context()).payload["text"])


LATER = {"resets_at": NEXT_MONDAY.isoformat(), "zone": MADRID}
REFUSALS: dict[str, dict[str, Any]] = {
    "unknown_person": {"name": "Ana"},
    "person_not_found": {"name": "Ana"},
    "receiver_is_bot": {"name": "Ana"},
    "receiver_is_guest": {"name": "Ana"},
    "receiver_is_stranger": {"name": "Ana"},
    "receiver_left": {"name": "Ana"},
    "giver_left": {},
    "giver_is_guest": {},
    "giver_is_stranger": {},
    "no_receivers": {},
    "no_message": {},
    "message_too_long": {"length": 1204, "limit": 1000},
    "too_many_receivers": {"count": 61, "limit": 50},
    "too_many_tags": {"count": 12, "limit": 10},
    "tag_invalid": {"tag": "#!"},
    "self_kudos": {},
    "points_invalid": {"given": "+1.5", "limit": 50},
    "points_twice": {},
    "allowance_short": {"needed": 10, "left": 1, **LATER},
    "balance_short": {"needed": 10, "left": 3},
    "edit_changes_people": {},
    "pair_limit": {"name": "Ana", "limit": 20, "left": 3, **LATER},
    "nothing_to_undo": {"minutes": 10},
    "undo_too_late": {"minutes": 10},
    "already_undone": {},
    "not_your_kudos": {},
    "kudos_gone": {},
    "own_kudos_second": {},
    "repeated": {"seconds": 30},
    "closed": {},
    "already_done": {},
    "not_for_you": {},
    "other_place": {},
    "not_connected": {},
    "admin_only": {},
    "code_invalid": {},
    "place_taken": {},
    "private_chat_closed": {},
    "nothing_typed": {},
    "period_unknown": {"typed": "fortnight"},
    "ask_later": {},
    "broken": {"reference": "7F3A"},
    "workspace_unknown": {},
    "choose_workspace": {},
}


class TestRefusals:
    @pytest.mark.parametrize("locale", locale_names())
    @pytest.mark.parametrize("code", REFUSALS)
    def test_it_has_a_sentence_with_all_figures(self, code: str, locale: str) -> None:
        details = REFUSALS[code]
        words = words_for(locale)
        card = refusals.refusal(words, code, details)
        text = read(card)
        assert text == card.summary
        assert text != words("refusals.unknown")
        shown = [
            words.number(value) if isinstance(value, int) else value
            for key, value in details.items()
            if key not in LATER
        ]
        assert [value for value in shown if value not in text] == []
        assert ("24" in text) == ("resets_at" in details)

    def test_units_are_said(self) -> None:
        text = read(refusals.refusal(ENGLISH, "pair_limit", REFUSALS["pair_limit"]))
        assert "at most 20 points a week, and 3 points of that are left until Mon 24 Nov, 00:00" in text
        assert "1 minute," in read(refusals.refusal(ENGLISH, "undo_too_late", {"minutes": 1}))

    def test_names_are_set_apart(self) -> None:
        (paragraph,) = refusals.refusal(ENGLISH, "receiver_left", {"name": "{name} `x`"}).elements
        assert isinstance(paragraph, Paragraph)
        assert paragraph.runs[0] == Text("{name} `x`", bold=True)

    def test_a_code_without_a_sentence_gets_the_general_one(self) -> None:
        assert read(refusals.refusal(ENGLISH, "something_new", {"some_id": 7})) == ENGLISH("refusals.unknown")

    def test_details_that_the_sentence_does_not_need_do_no_harm(self) -> None:
        assert refusals.refusal(ENGLISH, "closed", {"token": "x", "at": 7, "who": None}).elements
