"""Malformed definitions: each fault at its JSON path, with its limit or the nearest name; nothing is loaded half."""

import json
from typing import Any

import pytest

from core.badges.definition.document import BYTES_MAX, DEPTH_MAX, NODES_MAX
from core.badges.definition.reading import Read, read, read_value
from core.rules import metrics  # noqa: F401 - registers what the product itself measures
from tests.core.badges.stock import definition, reading

RULE = "$[0].rules[0]"


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"a": value}
    return value


def found(read: Read) -> list[tuple[str, str]]:
    return [(fault.path, fault.code) for fault in read.faults]


FAULTY: list[tuple[dict[str, Any], str, str]] = [
    # The badge itself
    ({"reward_id": None}, "$[0].reward_id", "missing"),
    ({"reward_id": "7"}, "$[0].reward_id", "wrong_type"),
    ({"reward_id": True}, "$[0].reward_id", "wrong_type"),
    ({"reward_id": 0}, "$[0].reward_id", "out_of_range"),
    ({"reward_id": 1.5}, "$[0].reward_id", "wrong_type"),
    ({"reward": None}, "$[0].reward", "missing"),
    ({"reward": "  "}, "$[0].reward", "blank"),
    ({"reward": "x" * 121}, "$[0].reward", "too_long"),
    ({"reward": "a\0b"}, "$[0].reward", "control_character"),
    ({"points": -5}, "$[0].points", "out_of_range"),
    ({"points": 10**9 + 1}, "$[0].points", "out_of_range"),
    ({"points": "5"}, "$[0].points", "wrong_type"),
    ({"points": 1.5}, "$[0].points", "wrong_type"),
    ({"points": 2**63}, "$[0].points", "number_too_long"),
    ({"pionts": 5}, "$[0].pionts", "field_unknown"),
    ({"kind": "user"}, "$[0].kind", "field_unknown"),
    ({"steps": []}, "$[0].steps", "field_unknown"),
    ({"reward_type": "User Bagde"}, "$[0].reward_type", "type_unknown"),
    ({"reward_type": 5}, "$[0].reward_type", "wrong_type"),
    ({"reward_category": ""}, "$[0].reward_category", "blank"),
    ({"multiple": "yes"}, "$[0].multiple", "wrong_type"),
    ({"timeframe": "fortnightly"}, "$[0].timeframe", "timeframe_unknown"),
    ({"timeframe": "rolling:0d"}, "$[0].timeframe", "timeframe_unknown"),
    ({"timeframe": "rolling:5 moons"}, "$[0].timeframe", "timeframe_unknown"),
    ({"cooldown_minutes": -1}, "$[0].cooldown_minutes", "out_of_range"),
    ({"rarity": "epc"}, "$[0].rarity", "value_unknown"),
    ({"category": "sport"}, "$[0].category", "value_unknown"),
    ({"color": "green"}, "$[0].color", "color_invalid"),
    ({"icon": "javascript:alert(1)"}, "$[0].icon", "icon_invalid"),
    ({"timezone": "Europe/Madird"}, "$[0].timezone", "zone_unknown"),
    ({"effective_date": "soon"}, "$[0].effective_date", "moment_invalid"),
    ({"is_secret": 1}, "$[0].is_secret", "wrong_type"),
    ({"emoji": "🏆", "attributes": {"emoji": "🎖"}}, "$[0].emoji", "given_twice"),
    ({"attributes": []}, "$[0].attributes", "wrong_type"),
    # Rules
    ({"rules": {}}, "$[0].rules", "wrong_type"),
    ({"rules": [5]}, RULE, "rule_shape"),
    ({"rules": [["Birthday", {}, {}]]}, RULE, "rule_shape"),
    ({"rules": [[]]}, RULE, "rule_shape"),
    ({"rules": ["Birtday"]}, RULE, "rule_unknown"),
    ({"rules": [["Birtday"]]}, f"{RULE}[0]", "rule_unknown"),
    ({"rules": [{"rule_type": "Birtday"}]}, f"{RULE}.rule_type", "rule_unknown"),
    ({"rules": [["AchievementRule", {"threshold": 3}]]}, f"{RULE}[1].function_path", "missing"),
    ({"rules": [["AchievementRule", {"metric": "a.b", "function_path": "c.d"}]]}, f"{RULE}[1]", "metric_twice"),
    (
        {"rules": [["AchievementRule", {"function_path": "rewards.functions.engagement.get_login_streek"}]]},
        f"{RULE}[1].function_path",
        "function_unknown",
    ),
    ({"rules": [["AchievementRule", {"function_path": "os.system"}]]}, f"{RULE}[1].function_path", "function_unknown"),
    (
        {"rules": [{"type": "AchievementRule", "metric": "m", "operator": "gteq"}]},
        f"{RULE}.operator",
        "value_unknown",
    ),
    (
        {"rules": [["AchievementRule", {"function_path": "x", "threshold": "many"}]]},
        f"{RULE}[1].threshold",
        "wrong_type",
    ),
    (
        {"rules": [["AchievementRule", {"metric": "m", "function_params": {"a b": 1}}]]},
        f"{RULE}[1].function_params",
        "parameter_invalid",
    ),
    (
        {"rules": [["AchievementRule", {"metric": "activities.count", "function_params": {"typ": "sale"}}]]},
        f"{RULE}[1].function_params.typ",
        "param_unknown",
    ),
    ({"rules": [["AchievementRule", {"metric": "activities.count"}]]}, f"{RULE}[1].function_params.type", "missing"),
    (
        {"rules": [["AchievementRule", {"metric": "activities.streak", "function_params": {"type": 5}}]]},
        f"{RULE}[1].function_params.type",
        "wrong_type",
    ),
    (
        {"rules": [["AchievementRule", {"metric": "activities.count", "function_params": {"type": "x", "days": True}}]]},
        f"{RULE}[1].function_params.days",
        "wrong_type",
    ),
    ({"rules": [["AttendanceRule", {"count": 0}]]}, f"{RULE}[1].count", "out_of_range"),
    ({"rules": [["AttendanceRule", {"unit": "fortnight"}]]}, f"{RULE}[1].unit", "value_unknown"),
    ({"rules": [["RandomUsers", {"cuont": 1}]]}, f"{RULE}[1].cuont", "field_unknown"),
    ({"rules": [["RandomUsers", {"filters": {"department": ["x"]}}]]}, f"{RULE}[1].filters.department", "field_unknown"),
    ({"rules": [["RandomUsers", 5]]}, f"{RULE}[1]", "wrong_type"),
    ({"rules": [["EarlyBird", {"end_time": "25:00"}]]}, f"{RULE}[1].end_time", "time_invalid"),
    ({"rules": [["WorkAnniversary", {"years": 0}]]}, f"{RULE}[1].years", "out_of_range"),
    # Who
    ({"assigner": {"job_code": ["X"]}}, "$[0].assigner", "wrong_type"),
    ({"assigner": [{"job_cod": ["X"]}]}, "$[0].assigner[0].job_cod", "field_unknown"),
    ({"assigner": [{}]}, "$[0].assigner[0]", "empty_entry"),
    ({"assigner": [{"groups": []}]}, "$[0].assigner[0].groups", "empty_condition"),
    ({"awardee": [{"groups": [5]}]}, "$[0].awardee[0].groups[0]", "wrong_type"),
    ({"awardee": ["ana"]}, "$[0].awardee[0]", "person_invalid"),
    ({"awardee": [True]}, "$[0].awardee[0]", "wrong_type"),
    ({"awardee": [{"group": ["a"], "groups": ["b"]}]}, "$[0].awardee[0].groups", "given_twice"),
    ({"conditions": []}, "$[0].conditions", "wrong_type"),
    ({"conditions": {"department": {"equals": "X"}}}, "$[0].conditions.department.equals", "operator_unknown"),
    ({"conditions": {"department": []}}, "$[0].conditions.department", "empty_condition"),
    ({"conditions": {"department": {}}}, "$[0].conditions.department", "empty_condition"),
    ({"conditions": {"department": {"in": [["a"]]}}}, "$[0].conditions.department.in[0]", "wrong_type"),
    # When
    ({"availability_rule": []}, "$[0].availability_rule", "wrong_type"),
    ({"availability_rule": {"start_date": "2026-02-30"}}, "$[0].availability_rule.start_date", "date_invalid"),
    ({"availability_rule": {"start_date": "13-13"}}, "$[0].availability_rule.start_date", "date_invalid"),
    ({"availability_rule": {"start_date": "12-01", "end_date": "2026-12-31"}}, "$[0].availability_rule", "dates_mixed"),
    (
        {"availability_rule": {"start_date": "2026-12-31", "end_date": "2026-12-01"}},
        "$[0].availability_rule",
        "dates_reversed",
    ),
    ({"availability_rule": {"start_time": "9am"}}, "$[0].availability_rule.start_time", "time_invalid"),
    ({"availability_rule": {"start_time": "09:00", "end_time": "09:00"}}, "$[0].availability_rule", "window_empty"),
    ({"availability_rule": {"dow": [7]}}, "$[0].availability_rule.dow[0]", "out_of_range"),
    ({"availability_rule": {"dow": ["mon"]}}, "$[0].availability_rule.dow[0]", "wrong_type"),
    ({"availability_rule": {"dow": []}}, "$[0].availability_rule", "dow_empty"),
    ({"availability_rule": {"moon": "full"}}, "$[0].availability_rule.moon", "attribute_unknown"),
    ({"availability_rule": {"month": {"between": 3}}}, "$[0].availability_rule.month.between", "operator_unknown"),
    # Jobs
    ({"job": {"id": "x"}}, "$[0].job.trigger", "missing"),
    ({"job": {"trigger": "crom", "cron": {"hour": 1}}}, "$[0].job.trigger", "value_unknown"),
    ({"job": {"trigger": "cron"}}, "$[0].job.cron", "missing"),
    ({"job": {"trigger": "cron", "cron": {}}}, "$[0].job.cron", "cron_empty"),
    ({"job": {"trigger": "cron", "cron": {"hour": 24}}}, "$[0].job.cron.hour", "cron_invalid"),
    ({"job": {"trigger": "cron", "cron": {"day_of_week": "mon-fryday"}}}, "$[0].job.cron.day_of_week", "cron_invalid"),
    ({"job": {"trigger": "cron", "cron": {"minute": "*/0"}}}, "$[0].job.cron.minute", "cron_invalid"),
    ({"job": {"trigger": "cron", "cron": {"hours": 1}}}, "$[0].job.cron.hours", "field_unknown"),
    ({"job": {"trigger": "cron", "cron": {"hour": 1}, "interval": {"hours": 1}}}, "$[0].job.interval", "not_of_trigger"),
    ({"job": {"trigger": "interval", "interval": {}}}, "$[0].job.interval", "interval_empty"),
    ({"job": {"trigger": "interval", "interval": {"hours": -1}}}, "$[0].job.interval.hours", "out_of_range"),
    ({"job": {"trigger": "date", "run_date": "2025-13-01"}}, "$[0].job.run_date", "moment_invalid"),
    ({"job": {"trigger": "date", "date": {"when": "x"}}}, "$[0].job.date.when", "field_unknown"),
    ({"job": {"cron": {"hour": 1}, "timezone": "Mars/Base"}}, "$[0].job.timezone", "zone_unknown"),
    # Steps, events, campaigns, callbacks
    ({"workflow": [{"step": "a"}, {"step": "a"}]}, "$[0].workflow[1].step", "step_repeated"),
    (
        {"workflow": ["First"], "step_callbacks": {"Frist": ["rewards.callbacks.send_completion_email"]}},
        "$[0].step_callbacks.Frist",
        "step_unknown",
    ),
    ({"enroll_winners_of": ["x"]}, "$[0].enroll_winners_of[0]", "wrong_type"),
    ({"enroll_winners_of": [0]}, "$[0].enroll_winners_of[0]", "out_of_range"),
    ({"workflow": [{"stp": "a"}]}, "$[0].workflow[0].stp", "field_unknown"),
    ({"workflow": [{"step": "a", "condition": {"threshold": 1}}]}, "$[0].workflow[0].condition.function_path", "missing"),
    ({"workflow": ["a"], "challenges": ["b"]}, "$[0].challenges", "steps_twice"),
    ({"reward_type": "Workflow Badge"}, "$[0].workflow", "steps_missing"),
    ({"reward_type": "Challenge", "challenges": []}, "$[0].challenges", "steps_missing"),
    ({"events": [5]}, "$[0].events[0]", "event_shape"),
    ({"events": [{"login": 5}]}, "$[0].events[0].login", "wrong_type"),
    ({"events": [""]}, "$[0].events[0]", "blank"),
    ({"nomination_config": {"max_votes_per_user": 0}}, "$[0].nomination_config.max_votes_per_user", "out_of_range"),
    ({"nomination_config": {"max_vote_per_user": 1}}, "$[0].nomination_config.max_vote_per_user", "field_unknown"),
    ({"completion_callbacks": ["os.system"]}, "$[0].completion_callbacks[0]", "function_unknown"),
    ({"awarded_callbacks": "subprocess.run"}, "$[0].awarded_callbacks", "function_unknown"),
    ({"step_callbacks": {"a": ["nope"]}}, "$[0].step_callbacks.a[0]", "function_unknown"),
    # Messages
    ({"message": "{{ user.name"}, "$[0].message", "template_syntax"),
    ({"message": "{% for x in user %}{% endfor %}"}, "$[0].message", "template_forbidden"),
    ({"message": "{{ user.__class__ }}"}, "$[0].message", "template_forbidden"),
    ({"message": "{{ user['name'] }}"}, "$[0].message", "template_forbidden"),
    ({"message": "{{ user.delete() }}"}, "$[0].message", "template_forbidden"),
    ({"message": "{{ 9 ** 9 }}"}, "$[0].message", "template_forbidden"),
    ({"message": "{% include 'x' %}"}, "$[0].message", "template_forbidden"),
    ({"message": "{% set user = 1 %}"}, "$[0].message", "template_forbidden"),
    ({"message": "{{ config }}"}, "$[0].message", "template_name"),
    ({"message": "{{ user.name | attr('x') }}"}, "$[0].message", "template_filter"),
    ({"message": "x" * 2001}, "$[0].message", "too_long"),
    ({"message": 5}, "$[0].message", "wrong_type"),
    # Sizes
    ({"attributes": deep(DEPTH_MAX)}, "$[0].attributes" + ".a" * (DEPTH_MAX - 1), "too_deep"),
    ({"attributes": {"n": list(range(NODES_MAX))}}, "$[0]", "too_many_nodes"),
    ({"description": "x" * BYTES_MAX}, "$[0]", "too_large"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "path", "code"), FAULTY, ids=lambda value: value if isinstance(value, str) else "")
def test_fault_is_found_at_its_place(fields: dict[str, Any], path: str, code: str) -> None:
    result = reading(definition(**fields))
    assert (path, code) in found(result)
    assert result.definitions == ()


def test_there_are_many() -> None:
    assert len(FAULTY) >= 60
    assert len({code for _, _, code in FAULTY}) >= 40


DOCUMENTS: list[tuple[bytes, str, str]] = [
    (b"", "$", "not_json"),
    (b"{", "$", "not_json"),
    (b"\xff\xfe", "$", "not_utf8"),
    (b"5", "$", "not_badges"),
    (b"[]", "$", "empty"),
    (b"[5]", "$[0]", "not_a_badge"),
    (b'{"reward_id": 1, "reward_id": 2, "reward": "x"}', "$.reward_id", "key_repeated"),
    (b'{"reward_id": 1, "reward": "x", "points": NaN}', "$.points", "not_finite"),
    (b'{"reward_id": 1, "reward": "x", "points": 1e400}', "$.points", "not_finite"),
    (b'{"reward_id": 1, "reward": "\\ud800"}', "$.reward", "control_character"),
    (b"[" * 100_000, "$", "too_deep"),
    (b'{"reward_id": 1' + b"0" * 5000 + b"}", "$", "number_too_long"),
    (b'[{"reward_id": 1, "reward": "a"}, {"reward_id": 1, "reward": "b"}]', "$[1].reward_id", "reward_id_repeated"),
]


@pytest.mark.parametrize(("content", "path", "code"), DOCUMENTS)
def test_document_that_is_none(content: bytes, path: str, code: str) -> None:
    assert (path, code) in found(read(content))


def test_all_faults_are_told_at_once() -> None:
    result = reading(definition(points=-1, rarity="x"), definition(), definition(color="red"))
    assert sorted(path for path, _ in found(result)) == ["$[0].points", "$[0].rarity", "$[2].color"]
    assert len(result.definitions) == 1


@pytest.mark.parametrize(
    ("fields", "nearest"),
    [
        ({"pionts": 5}, "points"),
        ({"reward_type": "User Bagde"}, "User Badge"),
        ({"rules": ["Birtday"]}, "Birthday"),
        ({"rules": [["AchievementRule", {"function_path": "get_login_streak"}]]}, "rewards.functions.engagement.get_login_streak"),
        ({"completion_callbacks": ["rewards.callbacks.send_completion_mail"]}, "rewards.callbacks.send_completion_email"),
        ({"timezone": "Europe/Madird"}, "Europe/Madrid"),
        ({"assigner": [{"job_cod": ["X"]}]}, "job_code"),
        ({"rules": [["RandomUsers", {"filters": {"department": ["x"]}}]]}, "departments"),
        ({"rarity": "legendry"}, "legendary"),
        ({"message": "{{ usr.name }}"}, "user"),
    ],
)  # fmt: skip
def test_nearest_name_is_told(fields: dict[str, Any], nearest: str) -> None:
    assert nearest in {fault.details.get("nearest") for fault in reading(definition(**fields)).faults}


def test_limit_is_told() -> None:
    limits = {(fault.code, fault.details["limit"]) for fault in reading(definition(points=-1, reward="x" * 121)).faults}
    assert limits == {("out_of_range", 0), ("too_long", 120)}


SPELLINGS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"rules": ["Birthday"]}, {"rules": [["Birthday"]]}),
    ({"rules": [["Birthday", None]]}, {"rules": [["Birthday"]]}),
    ({"rules": [{"type": "BestSeller", "count": 3}]}, {"rules": [["BestSeller", {"count": 3}]]}),
    ({"rules": [{"rule_type": "BestSeller", "count": 3}]}, {"rules": [["BestSeller", {"count": 3}]]}),
    ({"rules": [{"type": "BestSeller", "params": {"count": 3}}]}, {"rules": [["BestSeller", {"count": 3}]]}),
    (
        {"job": {"trigger": "interval", "schedule": {"hours": 2}}},
        {"job": {"trigger": "interval", "interval": {"hours": 2}}},
    ),
    (
        {"job": {"trigger": "date", "date": {"run_date": "2025-12-25 10:00:00"}}},
        {"job": {"trigger": "date", "run_date": "2025-12-25T10:00:00"}},
    ),
    (
        {"job": {"trigger": "date", "date": "2025-12-25 10:00:00"}},
        {"job": {"trigger": "date", "run_date": "2025-12-25 10:00:00"}},
    ),
    ({"availability_rule": {"start_date": "31-12"}}, {"availability_rule": {"start_date": "12-31"}}),
    ({"availability_rule": {"end_time": "9:00"}}, {"availability_rule": {"end_time": "09:00:00"}}),
    ({"events": ["user.login"]}, {"events": [{"user.login": {}}]}),
    ({"events": "user.login"}, {"events": ["user.login"]}),
    ({"reward_type": "Test Badge"}, {"reward_type": "User Badge"}),
    ({"challenges": ["a"], "reward_type": "Challenge"}, {"workflow": [{"step": "a"}], "reward_type": "Challenge"}),
    ({"attributes": {"emoji": "🏆"}}, {"emoji": "🏆"}),
    ({"assigner": [{"job_code": "MANAGER"}]}, {"assigner": [{"job_codes": ["MANAGER"]}]}),
    ({"assigner": [7, "Ana@Example.com"]}, {"assigner": [{"user_id": 7}, {"email": "ana@example.com"}]}),
    ({"timeframe": None, "rules": [], "conditions": {}, "availability_rule": {}, "job": None}, {}),
    ({"step_callbacks": []}, {}),
]


@pytest.mark.parametrize(("spelled", "same"), SPELLINGS)
def test_spellings_mean_the_same(spelled: dict[str, Any], same: dict[str, Any]) -> None:
    (left,) = reading(definition(**(spelled | {"reward_id": 1}))).definitions
    (right,) = reading(definition(**(same | {"reward_id": 1}))).definitions
    assert left == right


def test_dates_turned_round_and_weekdays_from_sunday_are_warned_of() -> None:
    rule = {"start_date": "31-12", "dow": [1, 2, 3, 4, 5]}
    result = reading(definition(availability_rule=rule))
    assert result.faults == ()
    assert [(warning.path, warning.code) for warning in result.warnings] == [
        ("$[0].availability_rule.start_date", "date_turned"),
        ("$[0].availability_rule.dow", "dow_from_monday"),
    ]


def test_names_may_repeat() -> None:
    assert len(reading(definition(reward="Same"), definition(reward="Same")).definitions) == 2


def test_parsed_json_is_read_like_a_file() -> None:
    given = definition(points=-1)
    assert read_value(given).faults == read(json.dumps(given).encode()).faults
    assert found(read_value([given])) == [("$[0].points", "out_of_range")]


def test_branches_of_a_union_are_one_fault() -> None:
    rule = ["AchievementRule", {"function_path": "rewards.functions.sales.get_sales_count", "threshold": "many"}]
    assert found(reading(definition(rules=[rule]))) == [("$[0].rules[0][1].threshold", "wrong_type")]


def test_defaults() -> None:
    (made,) = reading({"reward_id": 1, "reward": "x"}).definitions
    assert (made.points, made.multiple, made.kind, made.rarity, made.is_enabled, made.is_secret) == (
        10, False, "user", "common", True, False,
    )  # fmt: skip


def test_what_of_a_journey_never_comes_about_is_warned_of() -> None:
    def warned(**fields: Any) -> list[tuple[str, str]]:
        return [(each.path, each.code) for each in reading(definition(**fields)).warnings]

    state = {"function_path": "rewards.functions.engagement.get_points_earned", "threshold": 5}
    usual = {"reward_type": "Workflow Badge", "workflow": [{"step": "Earn", "condition": state}]}
    assert warned(**usual) == []
    assert warned(**usual, multiple=True) == [("$[0].steps", "condition_once")]
    assert warned(**usual, multiple=True, timeframe="monthly") == []
    assert warned(**usual, rules=[["RandomUsers"]]) == [("$[0].rules[0]", "rule_chooses")]
    assert warned(auto_enroll=True, enroll_winners_of=[7]) == [
        ("$[0].auto_enroll", "not_a_journey"), ("$[0].enroll_winners_of", "not_a_journey"),
    ]  # fmt: skip
