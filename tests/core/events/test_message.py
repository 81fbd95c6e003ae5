"""The format of an event: what is understood, and each fault by its path, quoting nobody."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.events.message import EventInvalid, Who, read

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_message_with_everything() -> None:
    event = read(
        {
            "type": "Sales",
            "user_id": 7,
            "user_ids": ["Ana@Example.com ", "slack:T1:U2", "7", "9"],
            "quantity": 12.5,
            "occurred_at": "2026-11-20T10:00:00+01:00",
            "reference": " order-17 ",
            "data": {"region": ["EU"]},
        },
        key="orders.closed",
        now=NOW,
    )
    assert (event.key, event.type, event.quantity, event.reference) == (
        "orders.closed",
        "sale",
        Decimal("12.5"),
        "order-17",
    )
    assert event.users == (
        Who(7),
        Who(email="ana@example.com"),
        Who(platform="slack", tenant="T1", remote_id="U2"),
        Who(9),
    )
    assert event.occurred_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert event.data == {"region": ["EU"]}


def test_what_is_left_out_is_one_of_the_key_now() -> None:
    event = read({"user_ids": 7, "reference": None}, key="Customer visit", now=NOW)
    assert (event.key, event.type, event.users) == ("Customer visit", "customer_visit", (Who(7),))
    assert (event.quantity, event.occurred_at) == (Decimal(1), NOW)


def test_without_a_key_the_type_is_it() -> None:
    event = read({"type": "order-closed"}, key="", now=NOW)
    assert (event.key, event.type) == ("order-closed", "order_closed")


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "$.type", "missing"),
    ({"type": ""}, "$.type", "type_invalid"),
    ({"type": "!"}, "$.type", "type_invalid"),
    ({"type": 5}, "$.type", "type_invalid"),
    ({"type": "x" * 61}, "$.type", "type_invalid"),
    ({"type": "sale", "user_id": "ana"}, "$.user_id", "user_invalid"),
    ({"type": "sale", "user_id": True}, "$.user_id", "user_invalid"),
    ({"type": "sale", "user_id": 0}, "$.user_id", "user_invalid"),
    ({"type": "sale", "user_id": 2**63}, "$.user_id", "user_invalid"),
    ({"type": "sale", "user_id": "9" * 19}, "$.user_id", "user_invalid"),
    ({"type": "sale", "user_id": 1.5}, "$.user_id", "user_invalid"),
    ({"type": "sale", "user_ids": [1, {"email": "ana@example.com"}]}, "$.user_ids[1]", "user_invalid"),
    ({"type": "sale", "user_ids": {"email": "ana@example.com"}}, "$.user_ids", "wrong_type"),
    ({"type": "sale", "user_ids": [7] * 1001}, "$.user_ids", "too_long"),
    ({"type": "sale", "quantity": "5"}, "$.quantity", "wrong_type"),
    ({"type": "sale", "quantity": True}, "$.quantity", "wrong_type"),
    ({"type": "sale", "quantity": -1}, "$.quantity", "beyond"),
    ({"type": "sale", "quantity": 1_000_000_001}, "$.quantity", "beyond"),
    ({"type": "sale", "quantity": 0.00001}, "$.quantity", "too_precise"),
    ({"type": "sale", "occurred_at": "yesterday"}, "$.occurred_at", "instant_invalid"),
    ({"type": "sale", "occurred_at": 1_700_000_000}, "$.occurred_at", "instant_invalid"),
    ({"type": "sale", "occurred_at": "2026-11-20T10:00:00"}, "$.occurred_at", "offset_missing"),
    ({"type": "sale", "occurred_at": "1999-12-31T23:59:59Z"}, "$.occurred_at", "too_long_ago"),
    ({"type": "sale", "occurred_at": "2026-11-21T12:00:01Z"}, "$.occurred_at", "too_far_ahead"),
    ({"type": "sale", "reference": 17}, "$.reference", "wrong_type"),
    ({"type": "sale", "reference": "x" * 101}, "$.reference", "too_long"),
    ({"type": "sale", "data": [1]}, "$.data", "wrong_type"),
    ({"type": "sale", "email": "ana@example.com"}, "$.email", "field_unknown"),
]


@pytest.mark.parametrize(("content", "path", "code"), FAULTS, ids=str)
def test_each_fault_has_its_path_and_quotes_nobody(content: dict[str, Any], path: str, code: str) -> None:
    with pytest.raises(EventInvalid) as refused:
        read(content, key="", now=NOW)
    faults = refused.value.details["faults"]
    assert [(each["path"], each["code"]) for each in faults] == [(path, code)]
    assert "ana" not in str([value for value in faults[0].values() if value != path]).replace("allowed", "")


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(EventInvalid) as refused:
        read({"user_id": "x", "quantity": -1, "at": "now"}, key="sale", now=NOW)
    assert [each["path"] for each in refused.value.details["faults"]] == ["$.user_id", "$.quantity", "$.at"]


def test_a_key_that_is_no_type_wants_one() -> None:
    with pytest.raises(EventInvalid) as refused:
        read({}, key="*", now=NOW)
    assert refused.value.details["faults"][0]["code"] == "type_of_key"
    assert read({"type": "sale"}, key="*", now=NOW).type == "sale"
