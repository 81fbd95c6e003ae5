"""Why rules awarded something: every rule in words, in every language, with its figures and nobody's markup."""

from typing import Any

import pytest

from cards import reasons
from cards.words import locale_names, plain, words_for
from core.badges.definition.rules import CLOCK_RULES, RULES

ENGLISH = words_for("en")
SALES = {"metric": "rewards.functions.sales.get_sales_count", "params": {}, "threshold": 100}
TOLD: list[tuple[dict[str, Any], str]] = [
    ({"rule": "AchievementRule", **SALES, "operator": "gte", "value": 1204}, "sales: 1,204 (at least 100)"),
    ({"rule": "AchievementRule", **SALES, "operator": "gt", "value": 101}, "sales: 101 (more than 100)"),
    ({"rule": "AchievementRule", **SALES, "operator": "lte", "value": None}, "sales: 0 (at most 100)"),
    ({"rule": "AchievementRule", **SALES, "operator": "lt", "value": 99.5}, "sales: 99.5 (less than 100)"),
    ({"rule": "AchievementRule", **SALES, "operator": "eq", "value": 100}, "sales: 100 (exactly 100)"),
    ({"rule": "AchievementRule", **SALES, "operator": "ne", "value": 3}, "sales: 3 (not 100)"),
    ({"rule": "AchievementRule", **SALES, "operator": "gte", "value": True}, "sales: yes"),
    ({"rule": "AchievementRule", **SALES, "operator": "gte", "value": False}, "sales: no"),
    (
        {"rule": "AchievementRule", **SALES, "metric": "activities.sum", "params": {"type": "customer_visit"}, "operator": "gte", "value": 100},
        "total: customer visit: 100 (at least 100)",
    ),
    ({"rule": "AchievementRule", **SALES, "metric": "acme.closed_deals", "operator": "gte", "value": 100}, "closed deals: 100 (at least 100)"),
    (
        {"rule": "AttendanceRule", "from": "2026-10-01", "to": "2026-10-31", "required": 22, "allowed": 2, "type": "attendance", "value": 1},
        "attendance, 1 Oct 2026 to 31 Oct 2026: 1 of 22 days missed (2 may be)",
    ),
    (
        {"rule": "AttendanceRule", "from": "2026-10-01", "to": "2026-10-31", "required": 0, "allowed": 0, "type": "visit"},
        "visit, 1 Oct 2026 to 31 Oct 2026: no day on which anybody has to be there",
    ),
    ({"rule": "Birthday", "on": "2026-11-20"}, "birthday"),
    ({"rule": "EmploymentDuration", "on": "2026-11-20", "value": 1}, "1 year in the company"),
    ({"rule": "WorkAnniversary", "on": "2026-11-20", "years": 5, "value": 5}, "5 years in the company"),
    ({"rule": "WorkAnniversary", "on": "2026-11-20", "value": None}, "the day of joining the company"),
    ({"rule": "RandomUsers", "count": 1, "seed": "x"}, "takes part in the draw"),
    ({"rule": "BestSeller", "type": "sale", "period": "2026-11", "count": 1, "value": 900}, "sale: 900 (2026-11)"),
    ({"rule": "EarlyBird"}, "early in the morning"),
    ({"rule": "SomethingOfTomorrow"}, "SomethingOfTomorrow"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "said"), TOLD, ids=[said for _, said in TOLD])
def test_a_rule_in_words(rule: dict[str, Any], said: str) -> None:
    assert reasons.reason(ENGLISH, rule) == said
    for locale in locale_names():
        assert reasons.reason(words_for(locale), rule)


@pytest.mark.parametrize("rule", [*RULES, *CLOCK_RULES])
def test_every_rule_has_words_of_its_own(rule: str) -> None:
    samples = {each["rule"]: each for each, _ in TOLD}
    assert reasons.reason(ENGLISH, samples.get(rule, {"rule": rule})) != rule


def test_an_award_tells_all_its_rules() -> None:
    why = {
        "by": "rule",
        "rank": 2,
        "rules": [{"rule": "BestSeller", "type": "sale", "period": "2026-11", "value": 9}, {"rule": "RandomUsers"}],
    }
    assert reasons.reasons(ENGLISH, why) == ("sale: 9, rank 2 (2026-11)", "drawn by lot")
    assert plain(reasons.told(ENGLISH, why)) == "Why: sale: 9, rank 2 (2026-11) · drawn by lot"


def test_an_award_of_an_event_tells_the_event() -> None:
    assert reasons.reasons(ENGLISH, {"by": "rule", "rules": [], "event": "login"}) == ("the first contact of the day",)
    assert reasons.reasons(ENGLISH, {"by": "rule", "rules": [], "event": "customer_visit"}) == ("customer visit",)


def test_an_award_by_hand_tells_nothing() -> None:
    assert reasons.told(ENGLISH, {"by": "hand"}) == ()
    assert reasons.told(ENGLISH, {}) == ()
