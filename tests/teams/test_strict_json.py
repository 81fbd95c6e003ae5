"""The reader that all three platforms use."""

import json

import pytest

from bots.strict_json import SIZE_MAX, BadJson, parse_object


def nested(depth: int) -> bytes:
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


GOOD: dict[bytes, object] = {
    b"{}": {},
    b' {"a": [1, -2.5, 1e3, true, null, "\\u00e9"]} \n': {"a": [1, -2.5, 1000.0, True, None, "é"]},
    '{"é": "🦊"}'.encode(): {"é": "🦊"},
    b'{"a": 99999999999999999999}': {"a": 99999999999999999999},
    b'{"a": "x\\u0000y", "b": "\\ud83d\\ude00", "c\\ud800": ["\\udc00"]}': {
        "a": "x\ufffdy", "b": "😀", "c\ufffd": ["\ufffd"],
    },
}  # fmt: skip

BAD = {
    "empty": b"",
    "blank": b" ",
    "a list": b"[]",
    "a text": b'"x"',
    "a number": b"1",
    "null": b"null",
    "cut": b'{"a": ',
    "two": b"{}{}",
    "single quotes": b"{'a': 1}",
    "a comment": b"{/**/}",
    "a trailing comma": b'{"a": 1,}',
    "a control character": b'{"a": "\n"}',
    "not UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a key twice": b'{"a": 1, "a": 2}',
    "a key twice inside": b'{"a": [{"b": 1, "\\u0062": 2}]}',
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": [-Infinity]}',
    "overflow": b'{"a": 1e400}',
    "many digits": b'{"a": ' + b"9" * 5000 + b"}",
    "33 levels": nested(33),
    "100,000 levels": b"[" * 100_000,
    "objects without end": b'{"a":' * 50_000,
}


@pytest.mark.parametrize("body", GOOD, ids=repr)
def test_what_is_read(body: bytes) -> None:
    read = parse_object(body)
    assert read == GOOD[body]
    assert json.dumps(read).encode().decode()


@pytest.mark.parametrize("case", BAD)
def test_what_is_refused(case: str) -> None:
    with pytest.raises(BadJson) as refusal:
        parse_object(BAD[case])
    assert len(str(refusal.value)) < 40


def test_the_limits_are_exact() -> None:
    assert parse_object(nested(32))
    body = b'{"a":"' + b"x" * (SIZE_MAX - 8) + b'"}'
    assert len(body) == SIZE_MAX
    assert parse_object(body)
    with pytest.raises(BadJson):
        parse_object(body + b" ")
    assert parse_object(b'{"a":1}', limit=7)
    with pytest.raises(BadJson):
        parse_object(b'{"a":1}', limit=6)
