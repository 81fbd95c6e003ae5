"""How Plaudit says no: every code has a sentence with its figures, in every language."""

from typing import Any

import pytest

from cards import refusals
from cards.model import Card, Paragraph, Text
from cards.render import Context, plain
from cards.words import locale_names, words_for
from tests.cards.cast import MADRID, NEXT_MONDAY

ENGLISH = words_for("en")


def read(card: Card) -> str:
    return str(plain.render(card, Context()).payload["text"])


LATER = {"resets_at": NEXT_MONDAY.isoformat(), "zone": MADRID}
OPENS = {"opens_at": NEXT_MONDAY.isoformat(), "zone": MADRID}
WHO = [{"job_codes": ["MANAGER", "DIRECTOR"], "groups": ["board"]}, {"people": ["2"]}]
CLOSED = {"closed_at": NEXT_MONDAY.isoformat(), "zone": MADRID}
WHEN = {*LATER, *OPENS, *CLOSED, "since_on", "ends_at"}
TOLD_IN_WORDS = {"kind", "timeframe", "attribute", "operator"}
REFUSALS: dict[str, dict[str, Any]] = {
    "unknown_person": {"name": "Ana"},
    "badge_gone": {},
    "badge_not_by_rule": {"badge": "Above and beyond", "kind": "nomination"},
    "badge_needs_event": {"badge": "Above and beyond"},
    "badge_per_member": {"badge": "Above and beyond", "function": "acme.sales.closed"},
    "badge_not_their_manager": {"badge": "Above and beyond", "name": "Ana"},
    "badge_not_above_them": {"badge": "Above and beyond", "name": "Ana"},
    "activity_invalid": {"place": 3, "field": "quantity", "found": "-1", "wanted": "0–1000000000"},
    "activity_too_many": {"count": 1204, "limit": 1000},
    "activity_member_unknown": {"count": 2},
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
    "answer_too_long": {"length": 1204, "limit": 1000},
    "too_many_tags": {"count": 12, "limit": 10},
    "tag_invalid": {"tag": "#!"},
    "self_kudos": {},
    "points_invalid": {"given": "+1.5", "limit": 50},
    "points_twice": {},
    "language_unknown": {"typed": "Klingon", "known": "en (English), es (Español)"},
    "zone_unknown": {"typed": "Madird", "near": "Europe/Madrid"},
    "quiet_invalid": {"typed": "25-7"},
    "switch_unclear": {"typed": "maybe"},
    "setting_unknown": {"typed": "colour"},
    "crowd_unknown": {"name": "#general"},
    "place_not_yours": {},
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
    "badge_unknown": {"typed": "Tema player", "nearest": ["Team player", "Above and beyond"]},
    "badge_unnamed": {"nearest": ["Team player"]},
    "badge_none_to_give": {},
    "badge_points_fixed": {"given": "+5"},
    "badge_repeated": {"seconds": 30},
    "badge_disabled": {"badge": "Team player"},
    "badge_not_by_hand": {"badge": "Team player", "kind": "achievement"},
    "badge_not_yet": {"badge": "Team player", **OPENS},
    "badge_closed": {"badge": "Team player", **OPENS},
    "badge_over": {"badge": "Team player"},
    "badge_not_yours": {"badge": "Team player", "who": WHO},
    "badge_not_for_them": {"badge": "Team player", "name": "Ana", "who": WHO},
    "badge_condition_unmet": {
        "badge": "Team player",
        "name": "Ana",
        "attribute": "tenure_days",
        "operator": "gte",
        "wanted": 90,
    },
    "badge_giver_left": {},
    "badge_receiver_left": {"name": "Ana"},
    "badge_to_oneself": {},
    "badge_to_nobody": {"badge": "Team player"},
    "badge_to_too_many": {"count": 61, "limit": 50},
    "badge_held": {"badge": "Team player", "name": "Ana", "since_on": NEXT_MONDAY.isoformat(), "zone": MADRID},
    "badge_held_this_period": {"badge": "Team player", "name": "Ana", "timeframe": "monthly", **LATER},
    "badge_too_soon": {"badge": "Team player", "name": "Ana", **LATER},
    "badge_message_too_long": {"length": 1204, "limit": 1000},
    "badge_nothing_to_undo": {"minutes": 10},
    "badge_not_held": {},
    "badge_term_taken": {"kind": "category", "name": "Sales"},
    "badge_term_gone": {},
    "badge_term_in_use": {"count": 3},
    "journey_none": {},
    "journey_unknown": {"typed": "Onbording", "known": "Onboarding, Ramp-up"},
    "journey_which": {"known": "Onboarding, Ramp-up"},
    "journey_not_yours": {"journey": "Onboarding"},
    "journey_not_for_self": {"journey": "Onboarding"},
    "journey_rules_unmet": {"journey": "Onboarding", "name": "Ana"},
    "journey_under_way": {"journey": "Onboarding", "name": "Ana"},
    "journey_not_enrolled": {"journey": "Onboarding", "name": "Ana"},
    "journey_step_unknown": {"journey": "Onboarding", "step": "Frist day", "known": "First day, Training"},
    "journey_step_done": {
        "journey": "Onboarding",
        "name": "Ana",
        "step": "First day",
        "since_on": NEXT_MONDAY.isoformat(),
        "zone": MADRID,
    },
    "journey_step_out_of_order": {
        "journey": "Onboarding",
        "name": "Ana",
        "step": "Training",
        "following": "First day",
    },
    "journey_step_nowhere": {"name": "Ana", "step": "Training"},
    "journey_step_unnamed": {},
    "journey_tick_oneself": {},
    "award_gone": {},
    "award_already_revoked": {},
    "award_unnamed": {},
    "award_not_found": {"name": "Ana"},
    "award_reported": {},
    "own_award_like": {},
    "revoke_not_allowed": {"minutes": 10},
    "revoke_reason_missing": {"limit": 1000},
    "comment_empty": {},
    "comment_too_long": {"length": 1204, "limit": 500},
    "comment_repeated": {},
    "comment_gone": {},
    "comment_not_yours": {},
    "report_too_long": {"length": 1204, "limit": 500},
    "report_decided": {},
    "showcase_full": {"limit": 3},
    "campaign_role_missing": {},
    "campaign_no_nominations": {"badge": "Thanks", "kind": "user"},
    "campaign_badge_unknown": {"typed": "Best", "nearest": ["Best colleague"]},
    "campaign_no_badges": {},
    "campaign_open_already": {"name": "Best colleague", "ends_at": NEXT_MONDAY.isoformat(), "zone": MADRID},
    "campaign_moved": {"name": "Best colleague"},
    "campaign_gone": {},
    "campaign_reason_missing": {"limit": 500},
    "campaign_unknown": {"typed": "Bst", "known": "Best colleague, Best team"},
    "campaign_unnamed": {"known": "Best colleague, Best team"},
    "campaign_none": {},
    "campaign_action_unknown": {},
    "campaign_member_left": {},
    "nominations_not_open": {"campaign": "Best colleague", **OPENS},
    "nominations_closed": {"campaign": "Best colleague", **CLOSED},
    "nomination_reason_missing": {"limit": 1000},
    "nomination_reason_too_long": {"length": 1204, "limit": 1000},
    "nominee_missing": {},
    "nominee_several": {"count": 3},
    "nominator_not_eligible": {"campaign": "Best colleague", "who": WHO},
    "nominee_not_eligible": {"campaign": "Best colleague", "name": "Ana", "who": WHO},
    "nominee_left": {"name": "Ana"},
    "nominee_not_listed": {"campaign": "Best colleague", "name": "Ana"},
    "nominate_oneself": {"campaign": "Best colleague"},
    "nominated_already": {"campaign": "Best colleague", "name": "Ana"},
    "nominations_used_up": {"campaign": "Best colleague", "limit": 3},
    "nominee_declined": {"campaign": "Best colleague", "name": "Ana"},
    "nominee_removed": {"campaign": "Best colleague", "name": "Ana", "reason": "is on the jury"},
    "candidates_full": {"campaign": "Best colleague", "limit": 100},
    "not_nominated": {"campaign": "Best colleague"},
    "not_standing": {},
    "voting_not_open": {"campaign": "Best colleague", **OPENS},
    "voting_closed": {"campaign": "Best colleague", **CLOSED},
    "voter_not_eligible": {"campaign": "Best colleague", "who": WHO},
    "nominee_barred": {"campaign": "Best colleague"},
    "manager_barred": {"campaign": "Best colleague"},
    "voted_already": {"campaign": "Best colleague"},
    "vote_no_choice": {"campaign": "Best colleague", "limit": 3},
    "vote_too_many": {"campaign": "Best colleague", "count": 4, "limit": 3},
    "vote_twice": {"campaign": "Best colleague", "limit": 3},
    "candidate_gone": {"campaign": "Best colleague", "name": "Ana"},
    "vote_for_oneself": {"campaign": "Best colleague"},
    "vote_final": {"campaign": "Best colleague"},
    "not_voted": {"campaign": "Best colleague"},
    "campaign_not_tied": {"campaign": "Best colleague"},
    "campaign_not_among_tied": {"campaign": "Best colleague"},
    "results_none": {},
    "receipt_unknown": {"typed": "ABCD-EFGH"},
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
    "board_word_unknown": {"typed": "fortnight"},
    "board_word_near": {"typed": "wek", "nearest": "week"},
    "board_word_twice": {"typed": "week"},
    "crew_unknown": {"typed": "department Sals", "known": "Sales, Support"},
    "crew_unnamed": {"typed": "team", "known": "Blue, Green"},
    "crews_missing": {"typed": "location"},
    "channel_missing": {},
    "draw_not_allowed": {},
    "draw_name_invalid": {"length": 121, "limit": 120},
    "draw_name_taken": {"name": "Friday coffee"},
    "draw_prize_missing": {},
    "draw_winners_invalid": {"given": "0", "limit": 10_000},
    "draw_time_invalid": {"limit": 90},
    "draw_closed": {"draw": "Friday coffee"},
    "draw_joined": {"draw": "Friday coffee"},
    "draw_not_joined": {"draw": "Friday coffee"},
    "draw_not_for_you": {"draw": "Friday coffee"},
    "draw_gone": {"typed": "Friday tea"},
    "draw_word_unknown": {"typed": "soon"},
    "badge_not_drawn": {"badge": "Team player"},
    "ask_later": {},
    "broken": {"reference": "7F3A"},
    "workspace_unknown": {},
    "choose_workspace": {"known": "Acme, Beta", "example": "Acme"},
    "workspace_not_yours": {"typed": "Gamma", "known": "Acme, Beta"},
}


def figures(details: dict[str, Any]) -> list[Any]:
    """What has to be read of them as it stands."""
    found: list[Any] = []
    for key, value in details.items():
        if key in WHEN or (key in TOLD_IN_WORDS and value != "Sales"):
            continue
        if key == "who":
            found += [each for entry in value for values in entry.values() for each in values]
        elif isinstance(value, list):
            found += value
        else:
            found.append(value)
    return found


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
        shown = [words.number(each) if isinstance(each, int) else each for each in figures(details)]
        assert [value for value in shown if value not in text] == []
        assert ("24" in text) == bool(WHEN & details.keys())

    def test_what_is_told_in_words_is(self) -> None:
        for code, name in (("badge_not_by_hand", "kind"), ("badge_held_this_period", "timeframe")):
            assert f" {REFUSALS[code][name]}" not in read(refusals.refusal(ENGLISH, code, REFUSALS[code]))
        told = read(refusals.refusal(ENGLISH, "badge_condition_unmet", REFUSALS["badge_condition_unmet"]))
        assert "(days in the company must be at least 90)" in told
        told = read(refusals.refusal(ENGLISH, "badge_not_yours", REFUSALS["badge_not_yours"]))
        assert "Who may: job code MANAGER or DIRECTOR and group board · 2 people named for it." in told
        own = {
            **REFUSALS["badge_condition_unmet"],
            "attribute": "attributes.shoe_size",
            "operator": "in",
            "wanted": [41, 42],
        }
        assert "(shoe size must be 41 or 42)" in read(refusals.refusal(ENGLISH, "badge_condition_unmet", own))

    def test_times_of_badges_have_their_year(self) -> None:
        told = read(refusals.refusal(ENGLISH, "badge_closed", REFUSALS["badge_closed"]))
        assert "from 24 Nov 2025, 00:00 on" in told
        assert "since 24 Nov 2025," in read(refusals.refusal(ENGLISH, "badge_held", REFUSALS["badge_held"]))

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
